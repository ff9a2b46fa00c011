// tier { ... }: a support level, as one value: its tools, expiry and remote help cannot disagree.
//
// A tier is a promise about what is absent. What it does not allow does not go into the image, and
// what it forbids is taken out of the base under every name that it has.

#include "kinds/tier.h"

#include "formats/win_names.h"
#include "kinds/evidence.h"
#include "kinds/kinds.h"
#include "media/closure.h"
#include "media/wim_glob.h"
#include "support/date.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "tier",
    .role = recipe::Role::description,
    .help =
        "A support level: the tools of an image, its last day, and who may help from afar.\n"
        "Files of tools that are not allowed are not in the image; what the base carries stays "
        "unless it is forbidden. include \"remedia/tiers\" has examples.",
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
             .help = "its last day, \"2026-12-31\", or days from as_of, \"30d\"; after that day "
                     "the launcher offers no tools (with shell = \"winre\" it warns only)",
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
             .help = "if the PC's clock stands before as_of, as with an empty battery: ask and go "
                     "on, or refuse",
             .words = {"ask", "refuse"},
             .fallback = "ask"},
            {.name = "contact",
             .type = Type::text,
             .help = "whom to ask, shown in the menu",
             .max = 200},
            {.name = "language",
             .type = Type::choice,
             .help =
                 "of the launcher; without it that of the image's locale, if it is one of these",
             .words = {"en", "de"}},
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
             .help = "the risk from which on a tool asks before it starts; one that destroys data "
                     "always wants a typed word",
             .words = {"destructive", "high", "all"},
             .fallback = "destructive"},
            {.name = "remote",
             .type = Type::value,
             .help = "Remote Connection: its agent, port and message",
             .words = {"remote"}},
        },
};

[[noreturn]] void refuse(const recipe::Node& node, std::string_view field, std::string message,
                         std::string hint = {}, std::vector<Diagnostic> notes = {}) {
  throw Failure(Diagnostic{.message = std::move(message),
                           .where = node.place(field),
                           .hint = std::move(hint),
                           .notes = std::move(notes)});
}

// Of a folded command line: whether what it starts waits for commands.
bool opens_prompt(const std::string& command) {
  bool quoted = command.starts_with('"');
  std::string program =
      command.substr(quoted ? 1 : 0, command.find(quoted ? '"' : ' ', 1) - (quoted ? 1 : 0));
  program = program.substr(program.find_last_of("\\/") + 1);
  if (program.ends_with(fold_case(".exe"))) program.resize(program.size() - 4);
  auto has = [&](std::string_view option) {
    return command.find(fold_case(option)) != command.npos;
  };
  if (program == fold_case("cmd")) return has("/k") || !has("/c");
  if (program == fold_case("powershell") || program == fold_case("pwsh"))
    return has("-noexit") || (!has("-file") && !has("-command") && !has("-c "));
  return false;
}

/// Collects the tools of one tier.
class Collection {
 public:
  /// `had`: what the image has for tools, beside its tier.
  Collection(const recipe::Node& level, const std::vector<std::string>& had)
      : level_(level), provided_(had.begin(), had.end()) {}

  void add(const recipe::NodeRef& item, std::string_view field) {
    std::string id = item->text("id");
    auto [known, fresh] = tools_.emplace(id, item);
    if (!fresh) {
      if (known->second == item || canonical_text(*known->second) == canonical_text(*item)) return;
      refuse(level_, field, fmt::format("two tools have the id '{}'", id),
             "give one of them another id",
             {{.message = "the first", .where = known->second->where},
              {.message = "the second", .where = item->where}});
    }
    if (!item->has("files") && !item->has("programs")) {
      refuse(level_, field,
             item->has("supply")
                 ? fmt::format("the tool '{}' does not work yet: {}", id, item->text("supply"))
                 : fmt::format("the tool '{}' has neither files nor programs", id),
             "extend(TOOL, { files = { \"FOLDER\" } }) supplies what it takes", note(*item));
    }
    if (item->flag("show_output") && !item->has("command")) {
      refuse(level_, field,
             fmt::format("the tool '{}' shows its output, but has no command that prints", id),
             "extend(TOOL, { command = ... }), or leave show_output out", note(*item));
    }
    for (const recipe::NodeRef& other : item->nodes("with")) add(other, field);
  }

  void check() const {
    std::set<std::string> provided = provided_;
    for (const auto& [id, item] : tools_) {
      for (const std::string& thing : item->texts("provides")) provided.insert(thing);
    }
    for (const auto& [id, item] : tools_) {
      check_needs(*item, provided);
      check_command(*item);
      check_not_forbidden(*item);
    }
  }

  std::vector<recipe::NodeRef> sorted() const {
    std::vector<recipe::NodeRef> list;
    for (const auto& [id, item] : tools_) list.push_back(item);
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return std::pair(group_of(*a), a->text("title")) < std::pair(group_of(*b), b->text("title"));
    });
    return list;
  }

 private:
  static std::vector<Diagnostic> note(const recipe::Node& item) {
    return {{.message = "the tool", .where = item.where}};
  }

  void check_needs(const recipe::Node& item, const std::set<std::string>& provided) const {
    for (const std::string& need : item.texts("needs")) {
      if (need == "windows" || provided.contains(need)) continue;
      if (need == "network") {
        if (level_.flag("network")) continue;
        refuse(level_, "allow",
               fmt::format("the tool '{}' needs the network, which this tier does not start",
                           item.text("id")),
               "network = true, or leave the tool out", note(item));
      }
      refuse(level_, "allow",
             fmt::format("the tool '{}' needs {}, which neither the image has nor a tool provides",
                         item.text("id"), need),
             fmt::format("give the wim {0} = {0} {{ ... }}",
                         need == "definitions" ? "defender" : need),
             note(item));
    }
  }

  // What a person can do with a tool is decided by what it starts, not by what it is called.
  void check_command(const recipe::Node& item) const {
    std::string command = fold_case(item.text("command"));
    std::vector<std::string> needs = item.texts("needs");
    if (command.find(fold_case("%TARGET_")) != command.npos &&
        std::find(needs.begin(), needs.end(), "windows") == needs.end()) {
      refuse(level_, "allow",
             fmt::format("the command of the tool '{}' works on a chosen Windows, and nothing says "
                         "that it needs one",
                         item.text("id")),
             "needs = { \"windows\" }", note(item));
    }
    if (is_dangerous(item) || !opens_prompt(command)) return;
    refuse(level_, "allow",
           fmt::format("the tool '{}' opens a command prompt, which is no risk \"{}\"",
                       item.text("id"), item.text("risk")),
           "risk = \"destructive\"; or run one program only: cmd.exe /c", note(item));
  }

  void check_not_forbidden(const recipe::Node& item) const {
    for (const std::string& pattern : forbidden_by(level_)) {
      wim::Glob glob(pattern);
      for (const std::string& program : item.texts("programs")) {
        if (!glob.takes(closure::image_path(program))) continue;
        refuse(level_, "forbid",
               fmt::format("'{}' is forbidden, but the tool '{}' takes '{}'", pattern,
                           item.text("id"), program),
               "forbid less, or do not allow the tool", note(item));
      }
    }
  }

  const recipe::Node& level_;
  std::set<std::string> provided_;
  std::map<std::string, recipe::NodeRef> tools_;
};

// "30d" as days; nothing for another text.
std::optional<int> number_of_days(const std::string& text) {
  bool days = text.size() >= 2 && text.size() <= 5 && text.back() == 'd' &&  // up to 27 years
              text.find_first_not_of("0123456789") == text.size() - 1;
  if (!days) return std::nullopt;
  return std::stoi(text);
}

nlohmann::ordered_json tool_record(const recipe::Node& item) {
  nlohmann::ordered_json json = {{"id", item.text("id")},
                                 {"title", item.text("title")},
                                 {"group", group_of(item)},
                                 {"risk", item.text("risk")}};
  if (item.has("command")) json["command"] = item.text("command");
  if (item.flag("show_output")) json["show_output"] = true;
  json["needs"] = item.texts("needs");
  if (item.has("licence")) json["licence"] = item.text("licence");
  json["redistributable"] = item.flag("redistributable");
  json["programs"] = item.texts("programs");
  return json;
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
  Collection tools(*level, evidence_of(image));
  for (const recipe::NodeRef& item : level->nodes("allow")) tools.add(item, "allow");
  if (recipe::NodeRef help = level->node("remote")) {
    recipe::NodeRef agent = help->node("agent");
    if (!agent->has("command")) {
      refuse(
          *help, "agent",
          fmt::format("the tool '{}' has no command, so it cannot be the agent", agent->text("id")),
          "extend(TOOL, { command = ... })", {{.message = "the tool", .where = agent->where}});
    }
    if (!level->flag("network")) {
      refuse(*level, "remote", "remote help needs the network, which this tier does not start",
             "network = true, or leave it out");
    }
    tools.add(agent, "remote");
  }
  tools.check();
  return tools.sorted();
}

std::vector<std::string> forbidden_by(const recipe::Node& level) {
  std::vector<std::string> patterns;
  for (const recipe::NodeRef& removal : level.nodes("forbid")) {
    for (const std::string& text : removal->texts("paths")) {
      patterns.push_back(closure::image_path(text));
      if (!patterns.back().empty()) continue;
      refuse(level, "forbid", fmt::format("'{}' is no path in the image", text),
             "write it from the root of the image: Windows/regedit.exe");
    }
  }
  return patterns;
}

bool is_dangerous(const recipe::Node& item) {
  return item.text("risk") == "high" || item.text("risk") == "destructive";
}

std::string group_of(const recipe::Node& item) {
  return item.has("group") ? item.text("group") : "Tools";
}

std::string expiry_of(const recipe::Node& level, const std::optional<std::string>& as_of) {
  if (!level.has("expires")) {
    for (const char* field : {"expired", "grace_days"}) {
      if (level.given(field))
        refuse(level, field, fmt::format("'{}' means nothing without 'expires'", field),
               "say when: expires = \"90d\"");
    }
    return {};
  }
  std::string text = level.text("expires");
  std::string last = text;
  if (!recipe::is_date(text)) {
    std::optional<int> days = number_of_days(text);
    if (!days) {
      refuse(level, "expires", fmt::format("'{}' is neither a date nor a number of days", text),
             "write \"2026-12-31\" or \"30d\"");
    }
    if (!as_of) {
      refuse(level, "expires", fmt::format("'{}' counts from as_of, which nobody said", text),
             "give -D as_of=YYYY-MM-DD, or as_of in recipes/project.lua");
    }
    std::chrono::sys_days day = days_of(*as_of) + std::chrono::days(*days);
    if (day > std::chrono::sys_days(std::chrono::year(9999) / 12 / 31))
      refuse(level, "expires", fmt::format("{} after {} is beyond the year 9999", text, *as_of));
    last = date_text(day);
  }
  if (as_of && last < *as_of) {
    refuse(level, "expires",
           fmt::format("{} is over on {} (as_of): nobody could use such an image", last, *as_of),
           "give it a later day");
  }
  return last;
}

nlohmann::ordered_json tier_record(const recipe::Node& image,
                                   const std::optional<std::string>& as_of) {
  recipe::NodeRef level = image.node("tier");
  nlohmann::ordered_json record = {{"name", level->text("name")}, {"shell", shell_of(image)}};
  if (as_of) record["as_of"] = *as_of;
  if (std::string expires = expiry_of(*level, as_of); !expires.empty()) {
    record["expires"] = expires;
    record["expired"] = level->text("expired");
    record["grace_days"] = level->integer("grace_days");
  }
  for (const char* field : {"clock", "confirm", "contact", "language"}) {
    if (level->has(field)) record[field] = level->text(field);
  }
  record["network"] = level->flag("network");
  record["bitlocker"] = level->flag("bitlocker");
  if (recipe::NodeRef help = level->node("remote")) {
    record["remote"] = {{"agent", help->node("agent")->text("id")}};
    if (help->has("port")) record["remote"]["port"] = help->integer("port");
    if (help->has("message")) record["remote"]["message"] = help->text("message");
  }
  record["tools"] = nlohmann::ordered_json::array();
  for (const recipe::NodeRef& item : tools_of(image)) record["tools"].push_back(tool_record(*item));
  return record;
}

const graph::Kind tier = {"tier", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
