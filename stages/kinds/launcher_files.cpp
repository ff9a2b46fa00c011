#include "kinds/launcher_files.h"

#include "graph/build.h"
#include "kinds/evidence.h"
#include "kinds/shell.h"
#include "kinds/tier.h"
#include "launcher/policy.h"
#include "recipe/value.h"
#include "support/date.h"
#include "support/digest.h"

#include <algorithm>
#include <functional>

namespace remedia::kinds {

namespace {

constexpr const char* kPolicy = "Remedia/policy.txt";
constexpr const char* kProgram = "Remedia/remedia.exe";
constexpr const char* kWinreFolder = "Sources/Recovery/Tools/";

// Of the policy, in the order in which a person reads it.
constexpr const char* kKeys[] = {"image",
                                 "title",
                                 "tier",
                                 "revision",
                                 "built",
                                 "as_of",
                                 "arch",
                                 "expires",
                                 "expired",
                                 "grace_days",
                                 "clock",
                                 "contact",
                                 "shell",
                                 "language",
                                 "network",
                                 "bitlocker",
                                 "confirm",
                                 "remote_agent",
                                 "remote_port",
                                 "remote_message",
                                 "definitions",
                                 "definitions_date",
                                 "definitions_until",
                                 "debuggers",
                                 "symbols"};
constexpr const char* kToolKeys[] = {"title",   "description", "group", "risk",
                                     "command", "needs",       "show"};

// Line breaks and backslashes of values, as the launcher reads them.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool first_of_two = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (first_of_two) continue;
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n' || c == '\r')
      out += "\\n";
    else
      out += c == '\t' ? ' ' : c;
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
    if (item->flag("show_output")) entry["show"] = "output";
    menu.push_back(std::move(entry));
  }
  return menu;
}

// What the launcher itself starts. Other failures would be seen by whoever stands before the PC.
void check_base(const graph::Job& job, const wim::File& base, const nlohmann::json& policy) {
  const bool below = policy.at("shell") == "winre";
  auto need = [&](bool needed, const std::string& program, std::string_view what,
                  std::string hint) {
    std::string path = "Windows/System32/" + program;
    if (!needed || base.find(1, path) != nullptr) return;
    job.fail_at("tier",
                fmt::format("the launcher {} by {}, which the base lacks or which is taken "
                            "out of it",
                            what, path),
                std::move(hint));
  };
  const char* keep = "leave it in the image";
  need(!below, "wpeutil.exe", "restarts the PC", keep);
  need(policy.at("network") == "yes", "wpeinit.exe", "starts the network", keep);
  need(policy.at("network") == "yes", "wpeutil.exe", "starts the network", keep);
  need(policy.contains("remote_agent"), "netsh.exe", "opens the agent's port", keep);
  need(policy.at("bitlocker") == "yes", "manage-bde.exe", "unlocks drives",
       "start from image = \"winre\", which has it, or leave bitlocker out of the tier");
  need(below, "manage-bde.exe", "locks drives",
       "start from image = \"winre\", which has it, and do not forbid it");
}

// The launcher would start with an error message, and with nothing else.
void check_policy(const std::string& text, const std::function<void(std::string)>& refuse) {
  launcher::PolicyResult read = launcher::read_policy(text);
  if (read.errors.empty()) return;
  const launcher::PolicyError& error = read.errors.front();
  std::vector<std::string> lines;
  std::string_view rest = text;
  for (int i = 1; i < error.line && !rest.empty(); ++i)
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  refuse(error.line == 0
             ? fmt::format("the launcher would not take its settings: {}", error.reason)
             : fmt::format("the launcher would not take its settings: {} (in '{}')", error.reason,
                           rest.substr(0, std::min(rest.find('\r'), std::size_t{60}))));
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
  // Where nobody said when (SOURCE_DATE_EPOCH), the day of the policy is the best that is known.
  const bool said = planner.clock() != graph::kDefaultClock || !as_of;
  p["built"] = said ? date_of_clock(planner.clock()) : *as_of;
  p["as_of"] = as_of ? *as_of : p["built"].get<std::string>();
  p["arch"] = image.node("from")->text("arch");
  // Who says no as_of has images that are as old as their files.
  if (std::string expires = expiry_of(*level, p["as_of"]); !expires.empty()) {
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
  check_policy(policy_text(p, "unknown", {}), [&](std::string message) {
    throw Failure(Diagnostic{.message = std::move(message), .where = image.place("tier")});
  });
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

fs::path launcher_program(graph::Job& job, const std::string& arch, std::string_view field) {
  fs::path program = graph::shipped_folder() / "launcher" / arch / "remedia.exe";
  if (!fs::exists(program)) {
    job.fail_at(
        field, fmt::format("this Remedia was built without its launcher for {}", arch),
        arch == "x86" ? "it is made for amd64 and arm64" : "configure it with REMEDIA_LAUNCHER=ON");
  }
  job.reads(program);
  return program;
}

void add_launcher(graph::Job& job, const wim::File& base, const std::string& version,
                  const std::vector<std::string>& keyboards, Pack& pack) {
  nlohmann::json policy = job.parameters().at("policy");
  policy.update(evidence_policy(job.parameters()));
  const bool below = policy.at("shell") == "winre";
  check_base(job, base, policy);
  fs::path program = launcher_program(job, policy.at("arch"), "tier");
  std::string text = policy_text(policy, version, keyboards);
  check_policy(text, [&](std::string message) { job.fail_at("tier", std::move(message)); });
  pack.add(kPolicy, text, "the tier");
  pack.add(below ? std::string(kWinreFolder) + "remedia.exe" : std::string(kProgram),
           Slice::whole(program), "Remedia's launcher");
  if (below) {
    pack.add(std::string(kWinreFolder) + "WinREConfig.xml", winre_config("remedia.exe", ""),
             "the tier");
  }
}

}  // namespace remedia::kinds
