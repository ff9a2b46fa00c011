// tier { ... }: a support level, as one value: its tools, expiry and remote help cannot disagree.
//
// A tier is a promise about what is absent. What it does not allow does not go into the image, and
// what it forbids is taken out of the base under every name that it has.

#include "kinds/tier.h"

#include "kinds/kinds.h"
#include "support/digest.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "tier",
    .role = recipe::Role::description,
    .help =
        "A support level: the tools of an image, until when it may be used, who may help from "
        "afar.\n"
        "Tools that are not allowed are not in the image. include \"remedia/tiers\" has examples.",
    .fields =
        {
            {.name = "name",
             .type = Type::text,
             .help = "as people call it, such as \"L1\"",
             .required = true,
             .max = 40},
            {.name = "allow",
             .type = Type::value,
             .help = "the tools that the image has",
             .list = true,
             .words = {"tool"}},
            {.name = "forbid",
             .type = Type::value,
             .help = "what is taken out of the base, under every name that has the content; what "
                     "the base does not have is no error here",
             .list = true,
             .words = {"remove"}},
            {.name = "shell",
             .type = Type::choice,
             .help = "\"launcher\": Remedia's menu starts first; \"winre\": it is the one tool in "
                     "the menu of Windows RE, which stays in charge",
             .words = {"launcher", "winre"},
             .fallback = "launcher"},
            {.name = "expires",
             .type = Type::text,
             .help = "a date, \"2026-12-31\", or days from as_of, \"30d\"; from that day on the "
                     "launcher offers no tools (with shell = \"winre\" it warns only)",
             .max = 12},
            {.name = "expired",
             .type = Type::choice,
             .help = "what an expired image still offers: nothing, or tools of risk \"low\"",
             .words = {"nothing", "read_only"},
             .fallback = "nothing"},
            {.name = "grace_days",
             .type = Type::integer,
             .help = "days after the expiry on which it warns only",
             .fallback = "0",
             .min = 0,
             .max = 365},
            {.name = "clock",
             .type = Type::choice,
             .help = "if the PC's clock stands before the day of the build, as with an empty "
                     "battery: ask and go on, or refuse",
             .words = {"ask", "refuse"},
             .fallback = "ask"},
            {.name = "contact",
             .type = Type::text,
             .help = "whom to ask, shown in the menu",
             .max = 200},
            {.name = "language",
             .type = Type::choice,
             .help = "of the launcher",
             .words = {"en", "de"},
             .fallback = "en"},
            {.name = "network",
             .type = Type::boolean,
             .help = "start the network",
             .fallback = "false"},
            {.name = "bitlocker",
             .type = Type::boolean,
             .help = "offer to unlock drives; the base must have manage-bde.exe",
             .fallback = "false"},
            {.name = "confirm",
             .type = Type::choice,
             .help = "the risk from which on a tool starts only after a typed word",
             .words = {"destructive", "high", "all"},
             .fallback = "destructive"},
            {.name = "remote_agent",
             .type = Type::text,
             .help = "command line of the program that lets the help desk in; {ticket} and {port} "
                     "are filled in",
             .max = 500},
            {.name = "remote_port",
             .type = Type::integer,
             .help = "its TCP port; 0 takes another one each time",
             .fallback = "0",
             .min = 0,
             .max = 65535},
            {.name = "remote_message",
             .type = Type::script,
             .help = "shown to whoever asks for help",
             .max = 2048},
        },
};

[[noreturn]] void refuse(const recipe::Node& node, std::string_view field, std::string message,
                         std::string hint = {}, std::vector<Diagnostic> notes = {}) {
  throw Failure(Diagnostic{.message = std::move(message),
                           .where = node.place(field),
                           .hint = std::move(hint),
                           .notes = std::move(notes)});
}

std::string group_of(const recipe::Node& item) {
  return item.has("group") ? item.text("group") : "Tools";
}

using Tools = std::map<std::string, recipe::NodeRef>;

void add_tool(const recipe::Node& level, const recipe::NodeRef& item, Tools& tools) {
  auto [known, fresh] = tools.emplace(item->text("id"), item);
  if (!fresh) {
    if (known->second == item || canonical_text(*known->second) == canonical_text(*item)) return;
    refuse(level, "allow", fmt::format("two tools have the id '{}'", item->text("id")),
           "give one of them another id",
           {{.message = "the first", .where = known->second->where},
            {.message = "the second", .where = item->where}});
  }
  if (!item->has("files") && !item->has("programs")) {
    refuse(level, "allow",
           item->has("supply")
               ? fmt::format("the tool '{}' does not work yet: {}", item->text("id"),
                             item->text("supply"))
               : fmt::format("the tool '{}' has neither files nor programs", item->text("id")),
           "extend(TOOL, { files = { \"FOLDER\" } }) supplies what it takes",
           {{.message = "the tool", .where = item->where}});
  }
  for (const recipe::NodeRef& other : item->nodes("with")) add_tool(level, other, tools);
}

// Days since 1970 of a date that is_date() accepted.
std::chrono::sys_days days_of(const std::string& date) {
  auto number = [&](std::size_t at, std::size_t size) { return std::stoi(date.substr(at, size)); };
  return std::chrono::year(number(0, 4)) / number(5, 2) / number(8, 2);
}

std::string text_of(std::chrono::sys_days days) {
  std::chrono::year_month_day date(days);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// Line breaks and backslashes of values, as the launcher reads them.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c != '\r')
      out += c;
  }
  return out;
}

}  // namespace

std::string shell_of(const recipe::Node& image) {
  recipe::NodeRef level = image.node("tier");
  std::string own = image.text("shell");
  if (level == nullptr) return own;
  std::string shell = level->text("shell");
  if (own.empty() || own == shell) return shell;
  refuse(image, "shell", fmt::format("the tier says shell = \"{}\"", shell), "leave it out here",
         {{.message = "the tier", .where = level->place("shell")}});
}

std::vector<recipe::NodeRef> tools_of(const recipe::Node& image) {
  recipe::NodeRef level = image.node("tier");
  if (level == nullptr) return {};
  Tools tools;
  for (const recipe::NodeRef& item : level->nodes("allow")) add_tool(*level, item, tools);
  std::vector<recipe::NodeRef> sorted;
  for (const auto& [id, item] : tools) sorted.push_back(item);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(group_of(*a), a->text("title")) < std::pair(group_of(*b), b->text("title"));
  });
  return sorted;
}

std::string expiry_of(const recipe::Node& level, const std::optional<std::string>& as_of) {
  if (!level.has("expires")) return {};
  std::string text = level.text("expires");
  if (recipe::is_date(text)) return text;
  bool days = text.size() >= 2 && text.size() <= 5 && text.back() == 'd' &&
              text.find_first_not_of("0123456789") == text.size() - 1;
  if (!days) {
    refuse(level, "expires", fmt::format("'{}' is neither a date nor a number of days", text),
           "write \"2026-12-31\" or \"30d\"");
  }
  if (!as_of) {
    refuse(level, "expires", fmt::format("'{}' counts from as_of, which nobody said", text),
           "give -D as_of=YYYY-MM-DD, or as_of in recipes/project.lua");
  }
  return text_of(days_of(*as_of) + std::chrono::days(std::stoi(text)));
}

nlohmann::ordered_json policy_parameters(const graph::Planner& planner, const recipe::Node& image) {
  recipe::NodeRef level = image.node("tier");
  if (level == nullptr) return nullptr;
  const std::optional<std::string>& as_of = planner.evaluation().as_of;
  nlohmann::ordered_json p;
  p["image"] = image.text("name");
  p["title"] = image.has("title") ? image.text("title") : image.text("name");
  p["tier"] = level->text("name");
  p["revision"] = sha256(recipe::canonical_text(image)).substr(0, 16);
  p["built"] = text_of(std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(planner.clock()))));
  // The day of the policy, not that of the files: a build of yesterday's commit is not a day old.
  if (as_of) p["as_of"] = *as_of;
  p["arch"] = image.node("from")->text("arch");
  std::string expires = expiry_of(*level, as_of);
  if (!expires.empty()) {
    p["expires"] = expires;
    p["expired"] = level->text("expired");
    p["grace_days"] = std::to_string(level->integer("grace_days"));
  }
  p["clock"] = level->text("clock");
  if (level->has("contact")) p["contact"] = level->text("contact");
  p["language"] = level->text("language");
  p["network"] = level->flag("network") ? "yes" : "no";
  p["bitlocker"] = level->flag("bitlocker") ? "yes" : "no";
  p["confirm"] = level->text("confirm");
  if (level->has("remote_agent")) {
    std::int64_t port = level->integer("remote_port");
    p["remote_agent"] = level->text("remote_agent");
    p["remote_port"] = port == 0 ? "random" : std::to_string(port);
    if (level->has("remote_message")) p["remote_message"] = level->text("remote_message");
  }
  p["tools"] = nlohmann::ordered_json::array();
  for (const recipe::NodeRef& item : tools_of(image)) {
    std::string needs;
    for (const std::string& need : item->texts("needs")) needs += (needs.empty() ? "" : " ") + need;
    nlohmann::ordered_json entry = {{"id", item->text("id")},
                                    {"title", item->text("title")},
                                    {"description", item->text("description")},
                                    {"group", group_of(*item)},
                                    {"risk", item->text("risk")},
                                    {"command", item->text("command")}};
    if (!needs.empty()) entry["needs"] = needs;
    p["tools"].push_back(std::move(entry));
  }
  return p;
}

std::string policy_text(const nlohmann::json& parameters, const std::string& base) {
  // In a fixed order, whatever the order of the parameters.
  static constexpr const char* kKeys[] = {
      "image",     "title",   "tier",         "revision",    "built",         "as_of",    "arch",
      "expires",   "expired", "grace_days",   "clock",       "contact",       "language", "network",
      "bitlocker", "confirm", "remote_agent", "remote_port", "remote_message"};
  std::string text = "remedia policy 1\r\n";
  auto line = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{} = {}\r\n", key, escaped(value));
  };
  for (const char* key : kKeys) {
    if (parameters.contains(key)) line(key, parameters.at(key).get<std::string>());
  }
  if (!base.empty()) line("base", base);
  for (const auto& item : parameters.at("tools")) {
    text += fmt::format("\r\n[tool {}]\r\n", item.at("id").get<std::string>());
    for (const char* key : {"title", "description", "group", "risk", "command", "needs"}) {
      if (item.contains(key)) line(key, item.at(key).get<std::string>());
    }
  }
  return text;
}

nlohmann::ordered_json tier_record(const recipe::Node& image, const std::string& expires) {
  recipe::NodeRef level = image.node("tier");
  nlohmann::ordered_json record = {{"name", level->text("name")}};
  if (!expires.empty()) record["expires"] = expires;
  record["tools"] = nlohmann::ordered_json::array();
  for (const recipe::NodeRef& item : tools_of(image)) {
    record["tools"].push_back({{"id", item->text("id")},
                               {"title", item->text("title")},
                               {"risk", item->text("risk")},
                               {"licence", item->text("licence")},
                               {"redistributable", item->flag("redistributable")},
                               {"programs", item->texts("programs")}});
  }
  return record;
}

const graph::Kind tier = {"tier", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
