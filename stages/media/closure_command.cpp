// Follows CreateProcess, by which the launcher starts tools (Microsoft's description of that
// function, lpCommandLine): a program that is not in quotes may end at each space, the first that
// is there is taken, ".exe" is added to a name without a dot and no other extension to any. PATHEXT
// and what is registered for extensions belong to cmd.exe and to the Explorer.
#include "media/closure_command.h"

#include "formats/win_names.h"
#include "media/closure_programs.h"

namespace remedia::closure {

namespace {

constexpr std::size_t kMaxCommandWord = 260;  // MAX_PATH
constexpr std::string_view kStarted[] = {".EXE", ".COM", ".BAT", ".CMD"};

/// The text in quotes; without them the text up to each space. The first is the one to tell people.
std::vector<std::string_view> program_words(std::string_view command) {
  command.remove_prefix(std::min(command.size(), command.find_first_not_of(" \t")));
  if (command.starts_with('"')) return {command.substr(1, command.find('"', 1) - 1)};
  std::vector<std::string_view> words;
  for (std::size_t end = 0; end < command.size() && end <= kMaxCommandWord; ++end) {
    end = std::min(command.size(), command.find_first_of(" \t", end));
    words.push_back(command.substr(0, end));
  }
  return words;
}

bool has_folder(std::string_view word) { return word.find_first_of("\\/:%") != word.npos; }

/// Whether it does not depend on the folder in which the command is started.
bool is_absolute(std::string_view word) {
  return word.starts_with('\\') || word.starts_with('/') || word.find_first_of(":%") != word.npos;
}

bool has_dot(std::string_view word) {
  return word.substr(word.find_last_of("\\/") + 1).find('.') != word.npos;
}

const Plan::File* find_program(const Plan& plan, std::string_view word) {
  // winpeshl starts the launcher in System32, and the launcher tools.
  Folders folders = {std::string(kSystem32)};
  if (is_absolute(word)) folders = {""};
  if (!has_folder(word)) folders = search_order({});
  for (const std::string& folder : folders) {
    const std::string path = join(folder, word);
    const Plan::File* file = has_dot(word) ? nullptr : plan.find(path + ".exe");
    if (file == nullptr) file = plan.find(path);
    if (file != nullptr) return file;
  }
  return nullptr;
}

}  // namespace

Start find_start(const Plan& plan, std::string_view command) {
  const std::vector<std::string_view> words = program_words(command);
  if (words.empty() || words.front().empty()) return {};
  for (const std::string_view word : words) {
    if (const Plan::File* file = find_program(plan, word)) return {file, word};
  }
  return {nullptr, words.front()};
}

bool can_start(std::string_view path) { return contains(kStarted, extension_of(path)); }

bool is_elsewhere(std::string_view word) {
  return word.find_first_of(":%") != word.npos && image_path(word).empty();
}

void Mentions::add(std::string_view text) {
  constexpr std::string_view kBetween = " \t\r\n\\/\"'`&|()<>@=,;:%^!";
  // %~dp0 is the folder of the batch file, with its last backslash.
  const std::string folded = with_replaced(fold_case(text), "%~DP0", "\\");
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t end = std::min(folded.size(), folded.find_first_of(kBetween, at));
    const bool folder = end < folded.size() && folded[end] == '\\';
    if (end > at && !folder) words_.insert(folded.substr(at, end - at));
    at = end + 1;
  }
  text_ += folded + '\n';
}

bool Mentions::name(std::string_view path) const {
  return text_.find(fold_case(name_of(path))) != std::string::npos;
}

bool Mentions::stem(std::string_view path) const {
  const std::string folded = fold_case(name_of(path));
  return words_.contains(folded.substr(0, folded.rfind('.')));
}

}  // namespace remedia::closure
