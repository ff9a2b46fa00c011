// What SetupAPI understands of INF files: `inf_dump`, without arguments because command lines are
// short, reads commands from X:\commands.txt and writes answers to X:\answers.txt, in UTF-8, with
// tabs between words and texts as inf_text.h has them.
//
//   system             the ANSI code page and the language of the user
//   open PATH          `open PATH ok`, or `open PATH CODE LINE`: the error and its line, from 1
//   dump               `section NAME`, then `line KEY FIELD...`; KEY is \- if there is none
//   value SECTION KEY  the fields of the first line with this key
//   install SECTION    the section that is taken for it at this PC, an amd64 one
//   source FILE        `source FILE DISK CABINET PATH`
//
// All but `system` and `open` are about the file that was opened last and begin an answer with
// their own words; what fails is answered by `\! CODE` in the place of the answer.
#include "inf_text.h"
#include "launcher/text.h"
#include "launcher/windows/system.h"

#include <string>
#include <vector>

#include <setupapi.h>

namespace {

using namespace remedia::launcher;
using remedia::wine::escaped;

constexpr DWORD kLongest = 8192;
wchar_t buffer[kLongest];  // of what SetupAPI answers

std::string buffered() { return "\t" + escaped(to_utf8(buffer)); }

std::string failed() { return "\t\\!\t" + hexadecimal(GetLastError()); }

std::string field(INFCONTEXT& line, DWORD index) {
  if (SetupGetStringFieldW(&line, index, buffer, kLongest, nullptr)) return buffered();
  return index == 0 ? "\t\\-" : failed();
}

std::string fields(INFCONTEXT& line) {
  std::string text;
  const DWORD count = SetupGetFieldCount(&line);
  for (DWORD i = 1; i <= count; ++i) text += field(line, i);
  return text;
}

// The file that was opened last.
class Inf {
 public:
  std::string open(const std::string& path);
  std::string dump() const;
  std::string value(const std::string& section, const std::string& key) const;
  std::string install(const std::string& section) const;
  std::string source(const std::string& file) const;
  bool good() const { return inf_ != INVALID_HANDLE_VALUE; }

 private:
  HINF inf_ = INVALID_HANDLE_VALUE;
};

std::string Inf::open(const std::string& path) {
  if (good()) SetupCloseInfFile(inf_);
  UINT line = 0;
  inf_ = SetupOpenInfFileW(to_wide(path).c_str(), nullptr, INF_STYLE_WIN4, &line);
  const DWORD error = GetLastError();
  return good() ? "\tok" : "\t" + hexadecimal(error) + "\t" + decimal(line);
}

std::string Inf::dump() const {
  std::string text;
  for (UINT i = 0; SetupEnumInfSectionsW(inf_, i, buffer, kLongest, nullptr); ++i) {
    const std::wstring name = buffer;
    text += "section" + buffered() + "\n";
    INFCONTEXT line{};
    for (BOOL more = SetupFindFirstLineW(inf_, name.c_str(), nullptr, &line); more;
         more = SetupFindNextLine(&line, &line)) {
      text += "line" + field(line, 0);
      text += fields(line) + "\n";
    }
  }
  return text;
}

std::string Inf::value(const std::string& section, const std::string& key) const {
  INFCONTEXT line{};
  const bool found =
      SetupFindFirstLineW(inf_, to_wide(section).c_str(), to_wide(key).c_str(), &line);
  return found ? fields(line) : failed();
}

std::string Inf::install(const std::string& section) const {
  const bool found = SetupDiGetActualSectionToInstallExW(
      inf_, to_wide(section).c_str(), nullptr, buffer, kLongest, nullptr, nullptr, nullptr);
  return found ? buffered() : failed();
}

std::string Inf::source(const std::string& file) const {
  UINT disk = 0;
  if (!SetupGetSourceFileLocationW(inf_, nullptr, to_wide(file).c_str(), &disk, buffer, kLongest,
                                   nullptr)) {
    return failed();
  }
  std::string text = "\t" + decimal(disk);
  for (const unsigned part : {unsigned{SRCINFO_TAGFILE}, unsigned{SRCINFO_PATH}}) {
    const bool found = SetupGetSourceInfoW(inf_, disk, part, buffer, kLongest, nullptr);
    text += found ? buffered() : failed();
  }
  return text;
}

std::string answer(Inf& inf, const std::string& command) {
  std::vector<std::string> words;
  for (const std::string_view word : split(command, '\t')) words.emplace_back(word);
  words.resize(3);
  const std::string& what = words[0];
  if (what == "system") {
    return what + "\t" + decimal(GetACP()) + "\t" + decimal(GetUserDefaultLangID()) + "\n";
  }
  if (what == "open") return command + inf.open(words[1]) + "\n";
  if (!inf.good()) return {};
  if (what == "dump") return inf.dump();
  std::string text;
  if (what == "value") text = inf.value(words[1], words[2]);
  if (what == "install") text = inf.install(words[1]);
  if (what == "source") text = inf.source(words[1]);
  return command + text + "\n";
}

}  // namespace

int launcher_main() {
  const auto commands = read_file("X:\\commands.txt");
  if (!commands) return 2;
  Inf inf;
  std::string answers;
  for (const std::string_view command : lines_of(*commands)) {
    answers += answer(inf, std::string(command));
  }
  return write_file("X:\\answers.txt", answers) ? 0 : 3;
}
