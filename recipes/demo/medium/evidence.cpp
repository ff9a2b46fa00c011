#include "medium/evidence.h"

#include "medium/cabinet.h"
#include "medium/files.h"
#include "medium/pe_file.h"

#include <map>
#include <vector>

namespace remedia::medium {

namespace {

constexpr std::uint16_t kWindow = 2;
constexpr std::uint16_t kConsole = 3;

/// Its timestamp is a date, as that of a package of definitions has to be if nobody signed it.
std::string definition_file(const EvidenceOptions& options, const std::string& name,
                            const std::string& version) {
  return pe_file({.arch = options.arch,
                  .subsystem = kWindow,
                  .timestamp = options.definitions_date,
                  .version = version,
                  .strings = {{"CompanyName", "Remedia"},
                              {"FileDescription", "Stand-in; this finds nothing"},
                              {"FileVersion", version},
                              {"OriginalFilename", name},
                              {"ProductVersion", version}},
                  .library = true});
}

/// A program with a cabinet behind it: the engine, what it has known for long, what is new, and
/// what unpacks them.
std::string definition_package(const EvidenceOptions& options) {
  Files files;
  const auto add = [&](const std::string& name, const std::string& version) {
    files[name] = definition_file(options, name, version);
  };
  add("mpengine.dll", options.engine);
  for (const std::string name : {"mpasbase.vdm", "mpavbase.vdm"})
    add(name, options.definitions_base);
  for (const std::string name : {"mpasdlta.vdm", "mpavdlta.vdm"}) add(name, options.definitions);
  files["MpSigStub.exe"] = windows_program("MpSigStub.exe", options.arch, kWindow, options.engine);
  return windows_program("mpam-fe.exe", options.arch, kWindow, options.definitions) +
         cabinet(files);
}

/// Paths below the tools' folder, and what each loads. As in the SDK some lie there that nobody
/// needs to read a dump.
const std::map<std::string, std::vector<std::string>> kDebuggers = {
    {"cdb.exe", {"dbgeng.dll", "dbghelp.dll", "KERNEL32.dll", "msvcrt.dll"}},
    {"kd.exe", {"dbgeng.dll", "dbghelp.dll", "KERNEL32.dll", "msvcrt.dll"}},
    {"windbg.exe", {"dbgeng.dll", "USER32.dll", "COMCTL32.dll"}},
    {"dbgsrv.exe", {"dbgeng.dll", "WS2_32.dll"}},
    {"dbgeng.dll", {"dbghelp.dll", "dbgmodel.dll", "ADVAPI32.dll", "KERNEL32.dll", "VERSION.dll"}},
    {"dbghelp.dll", {"dbgcore.dll", "KERNEL32.dll", "msvcrt.dll"}},
    {"dbgcore.dll", {"KERNEL32.dll"}},
    {"dbgmodel.dll", {"KERNEL32.dll", "ole32.dll"}},
    {"symsrv.dll", {"KERNEL32.dll", "ADVAPI32.dll"}},
    {"winext/ext.dll", {"dbgeng.dll", "dbghelp.dll", "KERNEL32.dll"}},
    {"winext/kext.dll", {"dbghelp.dll", "KERNEL32.dll"}},
    {"winxp/exts.dll", {"dbghelp.dll", "KERNEL32.dll"}},
    {"winxp/kdexts.dll", {"dbghelp.dll", "KERNEL32.dll"}},
};

void write_debuggers(const EvidenceOptions& options, const fs::path& folder) {
  for (const auto& [path, imports] : kDebuggers) {
    const std::string name = fs::path(path).filename().string();
    save(folder / path, windows_program(name, options.arch, kConsole, options.debuggers, imports));
  }
  save(folder / "symsrv.yes", "yes\r\n");
  save(folder / "triage/triage.ini", "; Stand-in: no module has an owner.\r\n");
}

void write_symbols(const EvidenceOptions& options, const fs::path& folder) {
  const Pdb pdb = kernel_pdb(options.arch, options.kernel);
  save(folder / "pingme.txt", "");
  save(folder / store_path(pdb), pdb_file(pdb, machine_number(options.arch)));
}

}  // namespace

void write_evidence(const EvidenceOptions& options, const fs::path& folder) {
  fs::remove_all(folder / "debuggers-stand-in");
  fs::remove_all(folder / "symbols-stand-in");
  save(folder / "mpam-stand-in.exe", definition_package(options));
  write_debuggers(options, folder / "debuggers-stand-in");
  write_symbols(options, folder / "symbols-stand-in");
}

}  // namespace remedia::medium
