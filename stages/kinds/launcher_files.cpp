#include "kinds/launcher_files.h"

#include "graph/build.h"
#include "kinds/shell.h"
#include "kinds/tier.h"
#include "recipe/value.h"
#include "support/digest.h"

#include <chrono>

namespace remedia::kinds {

namespace {

constexpr const char* kManageBde = "Windows/System32/manage-bde.exe";
constexpr const char* kPolicy = "Remedia/policy.txt";
constexpr const char* kProgram = "Remedia/remedia.exe";
constexpr const char* kWinreFolder = "Sources/Recovery/Tools/";

// Of the policy, in the order in which a person reads it.
constexpr const char* kKeys[] = {"image",   "title",        "tier",        "revision",
                                 "built",   "as_of",        "arch",        "expires",
                                 "expired", "grace_days",   "clock",       "contact",
                                 "shell",   "language",     "network",     "bitlocker",
                                 "confirm", "remote_agent", "remote_port", "remote_message"};
constexpr const char* kToolKeys[] = {"title", "description", "group", "risk", "command", "needs"};

std::string date_text(std::int64_t clock) {
  std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(clock))));
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

// A locale like "de-DE" is a language that the launcher speaks, or not.
std::string language_of(const recipe::Node& image, const recipe::Node& level) {
  if (level.has("language")) return level.text("language");
  std::string locale = image.text("locale");
  return locale.starts_with("de-") || locale.starts_with("DE-") ? "de" : "en";
}

const char* yes_no(bool flag) { return flag ? "yes" : "no"; }

nlohmann::ordered_json menu_of(const recipe::Node& image) {
  nlohmann::ordered_json menu = nlohmann::ordered_json::array();
  recipe::NodeRef help = image.node("tier")->node("remote");
  std::string agent = help ? help->node("agent")->text("id") : "";
  for (const recipe::NodeRef& item : tools_of(image)) {
    // The agent is started by Remote Connection, which asks for consent.
    if (!item->has("command") || item->text("id") == agent) continue;
    nlohmann::ordered_json entry = {{"id", item->text("id")},
                                    {"title", item->text("title")},
                                    {"description", item->text("description")},
                                    {"group", group_of(*item)},
                                    {"risk", item->text("risk")},
                                    {"command", item->text("command")}};
    // What other tools provide is in the image: the build has seen to that.
    std::vector<std::string> needs = item->texts("needs");
    std::erase_if(needs, [](const auto& n) { return n != "network" && n != "windows"; });
    if (!needs.empty()) entry["needs"] = fmt::format("{}", fmt::join(needs, " "));
    menu.push_back(std::move(entry));
  }
  return menu;
}

}  // namespace

nlohmann::ordered_json launcher_parameters(const graph::Planner& planner,
                                           const recipe::Node& image) {
  recipe::NodeRef level = image.node("tier");
  if (level == nullptr) return nullptr;
  const std::optional<std::string>& as_of = planner.evaluation().as_of;
  nlohmann::ordered_json p;
  p["image"] = image.text("name");
  p["title"] = image.has("title") ? image.text("title") : image.text("name");
  p["tier"] = level->text("name");
  p["revision"] = image_revision(image);
  p["built"] = date_text(planner.clock());
  p["as_of"] = as_of ? *as_of : p["built"].get<std::string>();
  p["arch"] = image.node("from")->text("arch");
  if (std::string expires = expiry_of(*level, as_of); !expires.empty()) {
    p["expires"] = expires;
    p["expired"] = level->text("expired");
    p["grace_days"] = std::to_string(level->integer("grace_days"));
  }
  p["clock"] = level->text("clock");
  if (level->has("contact")) p["contact"] = level->text("contact");
  p["shell"] = shell_of(image);
  p["language"] = language_of(image, *level);
  p["network"] = yes_no(level->flag("network"));
  p["bitlocker"] = yes_no(level->flag("bitlocker"));
  p["confirm"] = level->text("confirm");
  if (recipe::NodeRef help = level->node("remote")) {
    p["remote_agent"] = help->node("agent")->text("command");
    p["remote_port"] = help->has("port") ? std::to_string(help->integer("port")) : "random";
    if (help->has("message")) p["remote_message"] = help->text("message");
  }
  p["tools"] = menu_of(image);
  return p;
}

std::string image_revision(const recipe::Node& image) {
  return sha256(recipe::canonical_text(image)).substr(0, 16);
}

// winpeshl starts one after the other: if the first ended by a crash, the second says why, where
// otherwise the PC would restart without a word.
std::vector<std::string> launcher_start(const recipe::Node& image) {
  if (image.node("tier") == nullptr || shell_of(image) != "launcher") return {};
  return {R"(%SYSTEMDRIVE%\Remedia\remedia.exe)", R"(%SYSTEMDRIVE%\Remedia\remedia.exe, --after)"};
}

std::string policy_text(const nlohmann::json& parameters, const std::string& base,
                        const std::vector<std::string>& keyboards) {
  std::string text = "remedia policy 1\r\n";
  auto line = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{} = {}\r\n", key, escaped(value));
  };
  for (const char* key : kKeys) {
    if (parameters.contains(key)) line(key, parameters.at(key).get<std::string>());
  }
  line("base", base);
  if (!keyboards.empty()) line("keyboards", fmt::format("{}", fmt::join(keyboards, ", ")));
  for (const auto& item : parameters.at("tools")) {
    text += fmt::format("\r\n[tool {}]\r\n", item.at("id").get<std::string>());
    for (const char* key : kToolKeys) {
      if (item.contains(key)) line(key, item.at(key).get<std::string>());
    }
  }
  return text;
}

void add_launcher(graph::Job& job, const wim::File& base, const std::string& version,
                  const std::vector<std::string>& keyboards, Pack& pack) {
  const nlohmann::json& policy = job.parameters().at("policy");
  const bool below = policy.at("shell") == "winre";
  if ((below || policy.at("bitlocker") == "yes") && base.find(1, kManageBde) == nullptr) {
    job.fail_at(
        "tier",
        fmt::format("the tier {} BitLocker drives, but the base has no {}",
                    below ? "has to lock" : "unlocks", kManageBde),
        below ? "start from image = \"winre\" as Microsoft ships it, which has it"
              : "start from image = \"winre\", which has it, or leave bitlocker out of the tier");
  }
  std::string arch = policy.at("arch");
  fs::path program = graph::shipped_folder() / "launcher" / arch / "remedia.exe";
  if (!fs::exists(program)) {
    job.fail_at("tier", fmt::format("this Remedia was built without its launcher for {}", arch),
                "configure it with REMEDIA_LAUNCHER=ON");
  }
  job.reads(program);
  pack.add(kPolicy, policy_text(policy, version, keyboards), "the tier");
  pack.add(below ? std::string(kWinreFolder) + "remedia.exe" : std::string(kProgram),
           Slice::whole(program), "Remedia's launcher");
  if (below) {
    pack.add(std::string(kWinreFolder) + "WinREConfig.xml", winre_config("remedia.exe", ""),
             "the tier");
  }
}

}  // namespace remedia::kinds
