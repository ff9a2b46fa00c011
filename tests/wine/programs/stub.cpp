// Stands in for drvload, manage-bde, netsh, wpeutil, wpeinit and tools: writes its command line to
// X:\calls.txt and does what X:\<its name>.txt says, a line for each:
//
//   output TEXT            puts out TEXT
//   error TEXT             the same, to standard error
//   bytes HEX              puts out bytes, such as 0D81
//   repeat NUMBER TEXT     puts out so many lines of TEXT
//   forever TEXT           puts out TEXT until somebody ends it
//   asks                   reads standard input up to its end
//   exit WORD NUMBER       ends with NUMBER if its command line holds WORD (`*`: always)
//   crash                  ends like a program that reads where nothing is
//   wait                   stays until the probe lets it go
#include "launcher/text.h"
#include "launcher/windows/system.h"

#include <string>

namespace {

using namespace remedia::launcher;

std::string own_name() {
  const std::string line = to_utf8(GetCommandLineW());
  std::string path = line;
  if (line[0] == '"') {
    path = line.substr(1, line.find('"', 1) - 1);
  } else {
    path = line.substr(0, line.find(' '));
  }
  const std::size_t slash = path.rfind('\\');
  if (slash != std::string::npos) path.erase(0, slash + 1);
  const std::size_t dot = path.rfind('.');
  return path.substr(0, dot);
}

void put_bytes(DWORD where, std::string_view bytes) {
  DWORD written = 0;
  WriteFile(GetStdHandle(where), bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr);
}

void put_out(std::string_view text, DWORD where = STD_OUTPUT_HANDLE) {
  put_bytes(where, std::string(text) + "\r\n");
}

std::string bytes_of(std::string_view hex) {
  const std::string_view digits = "0123456789ABCDEF";
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digits.find(hex[i]) * 16 + digits.find(hex[i + 1]));
  }
  return bytes;
}

void repeat(unsigned times, std::string_view text) {
  std::string lines;
  for (unsigned i = 0; i < times; ++i) lines += std::string(text) + "\r\n";
  put_bytes(STD_OUTPUT_HANDLE, lines);
}

void ask() {
  char answer[16];
  DWORD got = 0;
  const BOOL read = ReadFile(GetStdHandle(STD_INPUT_HANDLE), answer, sizeof answer, &got, nullptr);
  put_out(read && got == 0 ? "nobody answers" : "something is wrong with standard input");
}

// For the probe, which may be waiting for what is done here.
void pulse() {
  const HANDLE event = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"RemediaPulse");
  if (event == nullptr) return;
  SetEvent(event);
  CloseHandle(event);
}

int obey(std::string_view line, std::string_view arguments) {
  const std::vector<std::string_view> parts = words(line);
  if (parts.empty()) return -1;
  if (parts[0] == "output" && line.size() > 7) put_out(line.substr(7));
  if (parts[0] == "error" && line.size() > 6) put_out(line.substr(6), STD_ERROR_HANDLE);
  if (parts[0] == "bytes" && parts.size() == 2) put_bytes(STD_OUTPUT_HANDLE, bytes_of(parts[1]));
  if (parts[0] == "repeat" && parts.size() == 3) {
    repeat(parse_number(parts[1], 999999).value_or(0), parts[2]);
  }
  if (parts[0] == "forever" && parts.size() == 2) {
    repeat(20000, parts[1]);  // more than a pipe holds: somebody reads it
    append_file("X:\\calls.txt", "printing\n");
    pulse();
    for (;;) put_out(parts[1]);
  }
  if (parts[0] == "asks") ask();
  if (parts[0] == "crash") RaiseException(0xC0000005, EXCEPTION_NONCONTINUABLE, 0, nullptr);
  if (parts[0] == "wait") {
    const HANDLE go = CreateEventW(nullptr, TRUE, FALSE, L"RemediaGo");
    pulse();
    WaitForSingleObject(go, 60000);
  }
  if (parts[0] == "exit" && parts.size() == 3 &&
      (parts[1] == "*" || arguments.find(parts[1]) != std::string_view::npos)) {
    return static_cast<int>(parse_number(parts[2], 99999).value_or(99));
  }
  return -1;
}

}  // namespace

int launcher_main() {
  const std::string line = to_utf8(GetCommandLineW());
  append_file("X:\\calls.txt", line + "\n");
  pulse();
  const auto orders = read_file("X:\\" + own_name() + ".txt");
  if (!orders) return 0;
  for (const std::string_view order : lines_of(*orders)) {
    const int code = obey(order, line);
    if (code >= 0) return code;
  }
  return 0;
}
