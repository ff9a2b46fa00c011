#include "launcher/policy.h"

#include "launcher/text.h"

#include <utility>

namespace remedia::launcher {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;
constexpr std::size_t kMostTools = 200;
constexpr std::size_t kLongestValue = 8192;
constexpr std::size_t kLongestMessage = 2048;
constexpr std::size_t kMostErrors = 50;

struct Setting {
  int line;
  std::string_view key;
  std::string value;  // unescaped
};

// One section: its settings in order, and the line to which what is missing is reported.
struct Section {
  int line;
  std::string id;  // of the tool; empty: the head of the file
  std::vector<Setting> settings;
  bool good = true;  // false: not a section that we know; only its lines are looked at
};

class Reader {
 public:
  explicit Reader(std::vector<PolicyError>& errors) : errors_(errors) {}

  std::vector<Section> sections(std::string_view text);
  void head(const Section& section, Policy& policy);
  void tool(const Section& section, Tool& tool);

 private:
  void error(int line, std::string reason) {
    if (errors_.size() < kMostErrors) errors_.push_back({line, std::move(reason)});
  }
  void open(int number, std::string_view line, std::vector<Section>& found);
  void setting(int number, std::string_view line, Section& section);
  std::string unescaped(int line, std::string_view value);
  void check_known(const Section& section, std::string_view keys);

  const Setting* find(const Section& section, std::string_view key);
  const Setting* need(const Section& section, std::string_view key);
  void text(const Section& section, std::string_view key, std::string& out);
  void optional_text(const Section& section, std::string_view key, std::string& out);
  bool date(const Section& section, std::string_view key, bool needed, Date& out);
  template <typename T>
  void choice(const Section& section, std::string_view key, T& out,
              std::initializer_list<std::pair<std::string_view, T>> choices);
  template <typename T>
  void optional_choice(const Section& section, std::string_view key, T& out,
                       std::initializer_list<std::pair<std::string_view, T>> choices);
  void yes_no(const Section& section, std::string_view key, bool& out);
  void revision(const Section& section, Policy& policy);
  void keyboards(const Section& section, Policy& policy);
  void remote(const Section& section, Policy& policy);
  void version(const Section& section, std::string_view key, std::string& out);
  void definitions(const Section& section, Policy& policy);
  void evidence(const Section& section, Policy& policy);
  void needs(const Section& section, Tool& tool);

  std::vector<PolicyError>& errors_;
};

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 60)) + "'"; }

bool is_id(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  for (const char c : id) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!good) return false;
  }
  return true;
}

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::vector<Section> Reader::sections(std::string_view text) {
  std::vector<Section> found = {{1, "", {}, true}};
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.empty() || lines[0] != "remedia policy 1") {
    error(1, "the first line has to be 'remedia policy 1'");
    return found;
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    const std::string_view line = trimmed(lines[i]);
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      open(number, line, found);
    } else {
      setting(number, line, found.back());
    }
  }
  return found;
}

void Reader::open(int number, std::string_view line, std::vector<Section>& found) {
  std::string id;
  const std::string_view begin = "[tool ";
  const bool good = line.back() == ']' && line.substr(0, begin.size()) == begin;
  if (!good) {
    error(number, "a section is '[tool ID]', not " + quoted(line));
  } else {
    id = trimmed(line.substr(begin.size(), line.size() - begin.size() - 1));
    if (!is_id(id)) error(number, quoted(id) + " is no id of a tool: a-z, 0-9, - and _, up to 64");
  }
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (good && found[i].id == id) error(number, "the tool " + quoted(id) + " is here twice");
  }
  if (found.size() == kMostTools + 1) error(number, "more than 200 tools");
  found.push_back({number, std::move(id), {}, good});
}

void Reader::setting(int number, std::string_view line, Section& section) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    error(number, "a line is 'key = value', not " + quoted(line));
    return;
  }
  const std::string_view key = trimmed(line.substr(0, equals));
  const std::string_view value = trimmed(line.substr(equals + 1));
  if (has_control(line)) {
    error(number, "the line holds a control character");
  } else if (find(section, key) != nullptr) {
    error(number, quoted(key) + " is here twice");
  } else if (value.empty()) {
    error(number, quoted(key) + " has no value");
  } else if (value.size() > kLongestValue) {
    error(number, quoted(key) + " has more than 8192 bytes");
  } else {
    section.settings.push_back({number, key, unescaped(number, value)});
  }
}

std::string Reader::unescaped(int line, std::string_view value) {
  std::string result;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\') {
      result += value[i];
      continue;
    }
    const char next = ++i < value.size() ? value[i] : '\0';
    if (next == 'n') {
      result += '\n';
    } else if (next == '\\') {
      result += '\\';
    } else {
      error(line, "a backslash is written '\\\\' and a new line '\\n'; nothing else follows '\\'");
      return result;
    }
  }
  return result;
}

void Reader::check_known(const Section& section, std::string_view keys) {
  for (const Setting& setting : section.settings) {
    bool known = false;
    for (const std::string_view key : words(keys)) known = known || key == setting.key;
    if (!known) error(setting.line, "unknown key " + quoted(setting.key));
  }
}

const Setting* Reader::find(const Section& section, std::string_view key) {
  for (const Setting& setting : section.settings) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

const Setting* Reader::need(const Section& section, std::string_view key) {
  const Setting* setting = find(section, key);
  if (setting == nullptr) {
    const std::string where = section.id.empty() ? "" : " of the tool " + quoted(section.id);
    error(section.id.empty() ? 0 : section.line, quoted(key) + where + " is missing");
  }
  return setting;
}

void Reader::text(const Section& section, std::string_view key, std::string& out) {
  if (const Setting* setting = need(section, key)) out = setting->value;
}

void Reader::optional_text(const Section& section, std::string_view key, std::string& out) {
  if (const Setting* setting = find(section, key)) out = setting->value;
}

bool Reader::date(const Section& section, std::string_view key, bool needed, Date& out) {
  const Setting* setting = needed ? need(section, key) : find(section, key);
  if (setting == nullptr) return false;
  const auto date = parse_date(setting->value);
  if (!date) {
    error(setting->line, quoted(key) + " is no date like 2026-12-20: " + quoted(setting->value));
    return false;
  }
  out = *date;
  return true;
}

template <typename T>
void Reader::choice(const Section& section, std::string_view key, T& out,
                    std::initializer_list<std::pair<std::string_view, T>> choices) {
  if (need(section, key) != nullptr) optional_choice(section, key, out, choices);
}

template <typename T>
void Reader::optional_choice(const Section& section, std::string_view key, T& out,
                             std::initializer_list<std::pair<std::string_view, T>> choices) {
  const Setting* setting = find(section, key);
  if (setting == nullptr) return;
  std::string known;
  for (const auto& [name, value] : choices) {
    if (setting->value == name) {
      out = value;
      return;
    }
    if (!known.empty()) known += ", ";
    known += name;
  }
  error(setting->line, quoted(key) + " is one of " + known + ", not " + quoted(setting->value));
}

void Reader::yes_no(const Section& section, std::string_view key, bool& out) {
  choice<bool>(section, key, out, {{"yes", true}, {"no", false}});
}

void Reader::revision(const Section& section, Policy& policy) {
  const Setting* setting = need(section, "revision");
  if (setting == nullptr) return;
  policy.revision = setting->value;
  if (!is_hex(setting->value, 16)) {
    error(setting->line, "'revision' has 16 hexadecimal digits, not " + quoted(setting->value));
  }
}

void Reader::keyboards(const Section& section, Policy& policy) {
  const Setting* setting = find(section, "keyboards");
  if (setting == nullptr) return;
  for (const std::string_view part : split(setting->value, ',')) {
    const std::string_view code = trimmed(part);
    if (code.size() != 13 || code[4] != ':' || !is_hex(code.substr(0, 4), 4) ||
        !is_hex(code.substr(5), 8)) {
      error(setting->line, "a keyboard is written like 0407:00000407, not " + quoted(code));
      return;
    }
    policy.keyboards.push_back({std::string(code), std::string(code.substr(5))});
  }
}

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return count;
}

void Reader::remote(const Section& section, Policy& policy) {
  optional_text(section, "remote_agent", policy.remote_agent);
  optional_text(section, "remote_message", policy.remote_message);
  optional_text(section, "remote_title", policy.remote_title);
  if (policy.remote_title.find('\n') != std::string::npos) {
    error(find(section, "remote_title")->line, "'remote_title' is a single line");
  }
  if (characters(policy.remote_message) > kLongestMessage) {
    error(find(section, "remote_message")->line, "'remote_message' has more than 2048 characters");
  }
  const Setting* port = find(section, "remote_port");
  if (port != nullptr && port->value != "random") {
    policy.remote_port = parse_number(port->value, 65535).value_or(0);
    if (policy.remote_port == 0) {
      error(port->line, "'remote_port' is 'random' or 1 to 65535, not " + quoted(port->value));
    }
  }
  if (policy.remote_agent.empty()) {
    for (const std::string_view key : {"remote_message", "remote_port", "remote_title"}) {
      const Setting* setting = find(section, key);
      if (setting) error(setting->line, quoted(key) + " has no effect without 'remote_agent'");
    }
  }
}

void Reader::version(const Section& section, std::string_view key, std::string& out) {
  const Setting* setting = find(section, key);
  if (setting == nullptr) return;
  out = setting->value;
  const auto parts = split(out, '.');
  bool good = parts.size() == 4;
  for (const std::string_view part : parts) good = good && parse_number(part, 65535).has_value();
  if (!good) {
    error(setting->line, quoted(key) + " is a version of four numbers, not " + quoted(out));
  }
}

void Reader::definitions(const Section& section, Policy& policy) {
  version(section, "definitions", policy.definitions);
  Date day;
  if (date(section, "definitions_date", false, day)) policy.definitions_date = day;
  if (date(section, "definitions_until", false, day)) policy.definitions_until = day;
  const Setting* dated = find(section, "definitions_date");
  const Setting* until = find(section, "definitions_until");
  if (dated != nullptr && find(section, "definitions") == nullptr) {
    error(dated->line, "'definitions_date' has no effect without 'definitions'");
  }
  if (until != nullptr && dated == nullptr) {
    error(until->line, "'definitions_until' has no effect without 'definitions_date'");
  }
  if (policy.definitions_date && policy.definitions_until &&
      *policy.definitions_until < *policy.definitions_date) {
    error(until->line, "'definitions_until' is before 'definitions_date'");
  }
}

// What the image knows beyond its tools.
void Reader::evidence(const Section& section, Policy& policy) {
  definitions(section, policy);
  version(section, "debuggers", policy.debuggers);
  if (const Setting* count = find(section, "symbols")) {
    policy.symbols = parse_number(count->value, 999999999);
    if (!policy.symbols) {
      error(count->line, "'symbols' is a number of files, not " + quoted(count->value));
    }
  }
}

void Reader::head(const Section& section, Policy& policy) {
  check_known(section,
              "image title tier revision built as_of base arch expires expired grace_days clock "
              "contact language keyboards network bitlocker confirm shell remote_agent "
              "remote_port remote_message remote_title definitions definitions_date "
              "definitions_until debuggers symbols");
  optional_choice<Language>(section, "language", policy.language,
                            {{"en", Language::en}, {"de", Language::de}});
  text(section, "image", policy.image);
  text(section, "title", policy.title);
  text(section, "tier", policy.tier);
  revision(section, policy);
  date(section, "built", true, policy.built);
  date(section, "as_of", true, policy.as_of);
  text(section, "base", policy.base);
  choice<std::string>(section, "arch", policy.arch, {{"amd64", "amd64"}, {"arm64", "arm64"}});
  if (Date last; date(section, "expires", false, last)) policy.expires = last;
  optional_choice<WhenExpired>(
      section, "expired", policy.expired,
      {{"nothing", WhenExpired::nothing}, {"read_only", WhenExpired::read_only}});
  if (const Setting* grace = find(section, "grace_days")) {
    const auto days = parse_number(grace->value, 365);
    if (!days) error(grace->line, "'grace_days' is 0 to 365, not " + quoted(grace->value));
    policy.grace_days = days.value_or(0);
  }
  optional_choice<WrongClock>(section, "clock", policy.clock,
                              {{"ask", WrongClock::ask}, {"refuse", WrongClock::refuse}});
  optional_text(section, "contact", policy.contact);
  keyboards(section, policy);
  yes_no(section, "network", policy.network);
  yes_no(section, "bitlocker", policy.bitlocker);
  choice<Confirm>(
      section, "confirm", policy.confirm,
      {{"destructive", Confirm::destructive}, {"high", Confirm::high}, {"all", Confirm::all}});
  optional_choice<Shell>(section, "shell", policy.shell,
                         {{"launcher", Shell::launcher}, {"winre", Shell::winre}});
  remote(section, policy);
  evidence(section, policy);
}

void Reader::needs(const Section& section, Tool& tool) {
  const Setting* setting = find(section, "needs");
  if (setting == nullptr) return;
  for (const std::string_view word : words(setting->value)) {
    if (word == "network") {
      tool.needs_network = true;
    } else if (word == "windows") {
      tool.needs_windows = true;
    } else {
      error(setting->line, "'needs' lists network and windows, not " + quoted(word));
    }
  }
}

void Reader::tool(const Section& section, Tool& tool) {
  check_known(section, "title description group risk command needs file show");
  tool.id = section.id;
  text(section, "title", tool.title);
  text(section, "description", tool.description);
  text(section, "group", tool.group);
  choice<Risk>(section, "risk", tool.risk,
               {{"low", Risk::low},
                {"data", Risk::data},
                {"high", Risk::high},
                {"destructive", Risk::destructive}});
  text(section, "command", tool.command);
  needs(section, tool);
  optional_text(section, "file", tool.file);
  optional_choice<bool>(section, "show", tool.show_output, {{"output", true}});
  for (const std::string_view key : {"title", "group", "command", "file"}) {
    const Setting* setting = find(section, key);
    if (setting != nullptr && setting->value.find('\n') != std::string::npos) {
      error(setting->line, quoted(key) + " is a single line");
    }
  }
}

}  // namespace

PolicyResult read_policy(std::string_view text) {
  PolicyResult result;
  if (text.size() > kLargestFile) {
    result.errors.push_back({0, "the file is larger than 1 MiB"});
  } else if (!is_utf8(text)) {
    result.errors.push_back({0, "the file is not UTF-8"});
  }
  if (!result.errors.empty()) return result;

  Reader reader(result.errors);
  const std::vector<Section> sections = reader.sections(text);
  if (sections.size() == 1 && sections[0].settings.empty() && !result.errors.empty()) return result;
  reader.head(sections[0], result.policy);
  for (std::size_t i = 1; i < sections.size() && i <= kMostTools; ++i) {
    if (sections[i].good) reader.tool(sections[i], result.policy.tools.emplace_back());
  }
  // Found by key, told by line: a stable order for people who fix them from the top.
  for (std::size_t i = 1; i < result.errors.size(); ++i) {
    for (std::size_t j = i; j > 0 && result.errors[j].line < result.errors[j - 1].line; --j) {
      std::swap(result.errors[j], result.errors[j - 1]);
    }
  }
  return result;
}

Shell shell_of_place(std::string_view program) {
  const bool tool = upper_ascii(program).find("\\SOURCES\\RECOVERY\\TOOLS\\") != std::string::npos;
  return tool ? Shell::winre : Shell::launcher;
}

std::string to_string(const PolicyError& error) {
  if (error.line == 0) return error.reason;
  return "line " + decimal(static_cast<unsigned>(error.line)) + ": " + error.reason;
}

}  // namespace remedia::launcher
