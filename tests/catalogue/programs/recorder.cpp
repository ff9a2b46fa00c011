// Stands in for programs of Windows: appends its command line to X:\calls.txt, and what the file
// after /s holds, as DiskPart would read it. Puts out X:\<its name>.out, and fails if its command
// line or that file holds the text of X:\<its name>.fails. If there is an X:\<its name>.shows, it
// also appends its current folder, what it finds as input, and the variables that debuggers obey.
#include "launcher/text.h"
#include "launcher/windows/system.h"

#include <string>

namespace {

using namespace remedia::launcher;

std::string own_name(const std::string& line) {
  std::string path =
      line[0] == '"' ? line.substr(1, line.find('"', 1) - 1) : line.substr(0, line.find(' '));
  path.erase(0, path.rfind('\\') + 1);
  return path.substr(0, path.rfind('.'));
}

std::string script_of(const std::string& line) {
  const std::size_t at = line.find(" /s \"");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + 5;
  return read_file(line.substr(begin, line.find('"', begin) - begin)).value_or("no script");
}

std::string current_folder() {
  std::wstring folder(MAX_PATH, L'\0');
  folder.resize(GetCurrentDirectoryW(MAX_PATH, folder.data()));
  return to_utf8(folder);
}

std::string input() {
  char bytes[100];
  DWORD got = 0;
  if (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof bytes, &got, nullptr) == 0) return {};
  return {bytes, got};
}

std::string variables() {
  std::string lines;
  wchar_t* const all = GetEnvironmentStringsW();
  for (const wchar_t* at = all; *at != L'\0';) {
    const std::wstring_view one(at);
    for (const wchar_t* name : {L"_NT_", L"DBGHELP_", L"INIT="}) {
      if (one.starts_with(name)) lines += to_utf8(one) + "\r\n";
    }
    at += one.size() + 1;
  }
  FreeEnvironmentStringsW(all);
  return lines;
}

}  // namespace

int launcher_main() {
  std::string line = to_utf8(GetCommandLineW());
  while (line.back() == ' ') line.pop_back();
  const std::string name = own_name(line);
  const std::string script = script_of(line);
  append_file("X:\\calls.txt", line + "\r\n" + script);
  if (file_exists("X:\\" + name + ".shows")) {
    append_file("X:\\calls.txt",
                "in " + current_folder() + "\r\ninput [" + input() + "]\r\n" + variables());
  }
  const std::string output = read_file("X:\\" + name + ".out").value_or("");
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), output.data(), static_cast<DWORD>(output.size()),
            &written, nullptr);
  const auto fails = read_file("X:\\" + name + ".fails");
  return fails && (line + "\n" + script).find(*fails) != std::string::npos ? 5 : 0;
}
