// Each is a PE file that returns at once and differs from all others by the name in its version
// resource. Which program imports what is a choice of common ones, not what Windows' own import:
// the build asks whether libraries are there, and these are asked for.
//
// Where the lists are from: Microsoft's documentation of each command, of winpeshl.exe and of
// Windows RE's tools. What a real base has may differ between releases.
#include "medium/programs.h"

#include "medium/pe_file.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <string>
#include <vector>

namespace remedia::medium {

namespace {

constexpr std::uint16_t kWindow = 2;
constexpr std::uint16_t kConsole = 3;

const std::vector<std::string> console_imports = {"msvcrt.dll", "ntdll.dll", "KERNEL32.dll",
                                                  "ADVAPI32.dll",
                                                  "api-ms-win-core-processthreads-l1-1-0.dll"};
const std::vector<std::string> window_imports = {"msvcrt.dll", "ntdll.dll",   "KERNEL32.dll",
                                                 "USER32.dll", "GDI32.dll",   "SHELL32.dll",
                                                 "ole32.dll",  "COMCTL32.dll"};

/// What our programs import, some common ones, and one that Windows PE does not have. Which hosts
/// real ones have differs between releases.
const std::vector<ApiSet> api_sets = {{"api-ms-win-core-file-l1-2-2", {{"kernelbase.dll"}}},
                                      {"api-ms-win-core-processthreads-l1-1-3",
                                       {{"kernel32.dll"}, {"kernelbase.dll", "kernel32.dll"}}},
                                      {"api-ms-win-core-synch-l1-2-1", {{"kernelbase.dll"}}},
                                      {"api-ms-win-crt-runtime-l1-1-0", {{"ucrtbase.dll"}}},
                                      {"api-ms-win-crt-stdio-l1-1-0", {{"ucrtbase.dll"}}},
                                      {"ext-ms-win-ntuser-window-l1-1-6", {{"user32.dll"}}},
                                      {"ext-ms-win-shell-shell32-l1-2-4", {{""}}}};

struct Program {
  std::string_view path;
  std::uint16_t subsystem = kConsole;
  std::string_view component = {};  ///< of Windows/WinSxS, where it is once more
};

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

void add(Files& files, const Program& program, std::string_view arch, std::string_view version) {
  const std::string name = name_of(program.path);
  const bool library = name.ends_with(".dll");
  std::vector<std::string> imports =
      program.subsystem == kWindow ? window_imports : console_imports;
  // ntdll is at the bottom, and these libraries stand on nothing else.
  if (library) imports = {"ntdll.dll"};
  if (name == "ntdll.dll" || name == "apisetschema.dll") imports.clear();
  std::string sets = name == "apisetschema.dll" ? api_set_table(api_sets) : std::string();
  const std::string bytes =
      windows_program(name, arch, program.subsystem, version, std::move(imports), std::move(sets));
  files[std::string(program.path)] = bytes;
  if (program.component.empty()) return;
  files[fmt::format("Windows/WinSxS/{}_microsoft-windows-{}_31bf3856ad364e35_{}_none_{}/{}", arch,
                    program.component, version, sha256(program.component).substr(0, 16), name)] =
      bytes;
}

template <std::size_t count>
Files made(const Program (&programs)[count], std::string_view arch, std::string_view version) {
  Files files;
  for (const Program& program : programs) add(files, program, arch, version);
  return files;
}

constexpr Program kCommon[] = {
    {"Windows/System32/ntdll.dll"},
    {"Windows/System32/apisetschema.dll"},
    {"Windows/System32/kernel32.dll"},
    {"Windows/System32/KernelBase.dll"},
    {"Windows/System32/user32.dll"},
    {"Windows/System32/gdi32.dll"},
    {"Windows/System32/advapi32.dll"},
    {"Windows/System32/msvcrt.dll"},
    {"Windows/System32/ucrtbase.dll"},
    {"Windows/System32/ole32.dll"},
    {"Windows/System32/shell32.dll"},
    {"Windows/System32/comctl32.dll"},
    {"Windows/System32/iphlpapi.dll"},
    {"Windows/System32/ws2_32.dll"},
    {"Windows/System32/setupapi.dll"},
    {"Windows/System32/version.dll"},
    {"Windows/System32/cmd.exe", kConsole, "commandprompt"},
};

constexpr Program kPe[] = {
    {"Windows/System32/conhost.exe"},
    {"Windows/System32/bcdboot.exe"},
    {"Windows/System32/bcdedit.exe"},
    {"Windows/System32/chkdsk.exe"},
    {"Windows/System32/diskpart.exe", kConsole, "diskpart"},
    {"Windows/System32/Dism.exe"},
    {"Windows/System32/format.com"},
    {"Windows/System32/ipconfig.exe"},
    {"Windows/System32/more.com"},
    {"Windows/System32/net.exe"},
    {"Windows/System32/netsh.exe"},
    {"Windows/System32/notepad.exe", kWindow, "notepad"},
    {"Windows/System32/ping.exe"},
    {"Windows/System32/reg.exe"},
    {"Windows/System32/regedt32.exe", kWindow},
    {"Windows/System32/robocopy.exe"},
    {"Windows/System32/sfc.exe"},
    {"Windows/System32/Taskmgr.exe", kWindow, "taskmgr"},
    {"Windows/System32/wevtutil.exe"},
    {"Windows/System32/xcopy.exe"},
    {"Windows/regedit.exe", kWindow, "registry-editor"},
};

constexpr Program kRecovery[] = {
    {"Windows/System32/bootrec.exe"},
    {"Windows/System32/cscript.exe"},
    {"Windows/System32/manage-bde.exe"},
    {"Windows/System32/mshta.exe", kWindow},
    {"Windows/System32/ReAgentc.exe"},
    {"Windows/System32/rstrui.exe", kWindow, "systemrestore-main"},
    {"Windows/System32/wscript.exe", kWindow},
    {"sources/recovery/RecEnv.exe", kWindow},
    {"sources/recovery/StartRep.exe", kWindow},
};

}  // namespace

Files common_programs(std::string_view arch, std::string_view version) {
  return made(kCommon, arch, version);
}

Files pe_programs(std::string_view arch, std::string_view version) {
  return made(kPe, arch, version);
}

Files recovery_programs(std::string_view arch, std::string_view version) {
  return made(kRecovery, arch, version);
}

}  // namespace remedia::medium
