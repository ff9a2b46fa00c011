#include "support/debugger_kits.h"

#include "medium/pe_file.h"
#include "support/archive_writers.h"
#include "support/diagnostic.h"
#include "support/pe_builder.h"
#include "support/process.h"

#include <fstream>
#include <string_view>

namespace remedia::debugger_kits {

namespace {

struct Part {
  const char* path;
  std::vector<std::string> loaded;
  std::vector<std::string> delayed = {};
};

const std::vector<Part>& parts() {
  static const std::vector<Part> list = {
      {"cdb.exe", {"KERNEL32.dll", "dbgeng.dll"}},
      {"kd.exe", {"KERNEL32.dll", "DbgEng.dll"}},
      {"dbghelp.dll", {"KERNEL32.dll", "dbgcore.dll"}},
      {"dbgcore.dll", {"KERNEL32.dll"}},
      {"dbgmodel.dll", {"KERNEL32.dll"}},
      {"symsrv.dll", {"KERNEL32.dll"}},
      {"srcsrv.dll", {"KERNEL32.dll"}},
      {"winext/ext.dll", {"KERNEL32.dll", "dbgeng.dll"}, {"extra.dll"}},
      {"winext/extra.dll", {"deep.dll"}},
      {"deep.dll", {"KERNEL32.dll"}},
      {"winext/kext.dll", {"KERNEL32.dll"}},
      {"winxp/kdexts.dll", {"KERNEL32.dll", "dbghelp.dll"}},
      {"winxp/exts.dll", {"KERNEL32.dll"}},
      {"winxp/ntsdexts.dll", {"KERNEL32.dll"}},
      // What a kit has besides.
      {"windbg.exe", {"KERNEL32.dll", "MFC42u.dll"}},
      {"winext/uext.dll", {"KERNEL32.dll"}},
      {"winext/manifest.dll", {"mscoree.dll"}},
  };
  return list;
}

}  // namespace

std::string program(const std::string& arch, const std::vector<std::string>& loaded,
                    const std::vector<std::string>& delayed) {
  return pe_builder::program({.arch = arch, .loaded = loaded, .delayed = delayed});
}

Files tools(const Options& options) {
  const std::string below = options.folder.empty() ? "" : options.folder + "/";
  Files files;
  for (const Part& part : parts()) {
    files[below + part.path] =
        pe_builder::program({.arch = options.arch,
                             .library = std::string_view(part.path).ends_with(".dll"),
                             .loaded = part.loaded,
                             .delayed = part.delayed}) +
        part.path;  // so that no two are equal
  }
  files[below + "dbgeng.dll"] =
      medium::windows_program("dbgeng.dll", options.arch, 3, options.version, {"KERNEL32.dll"});
  files[below + "symsrv.yes"] = "";
  files[below + "triage/triage.ini"] = "[triage]\r\n";
  files[below + "triage/oca.ini"] = "[oca]\r\n";
  files[below + "triage/pooltag.txt"] = "Nt!  - nt!\r\n";
  files[below + "debugger.chm"] = "a manual";
  files[below + "sdk/inc/dbgeng.h"] = "/* a header */";
  return files;
}

void write(const fs::path& root, const Files& files) {
  for (const auto& [path, content] : files) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path, std::ios::binary | std::ios::trunc) << content;
  }
}

std::string zip(const Files& files) {
  std::vector<ZipFileSpec> list;
  for (const auto& [path, content] : files) list.push_back({.name = path, .content = content});
  return write_zip(list);
}

void write_msi(const fs::path& msi, const Files& files, const std::string& cabinet) {
  const fs::path work = msi.string() + ".tables";
  std::string folders =
      "Directory\tDirectory_Parent\tDefaultDir\r\ns72\tS72\tl255\r\nDirectory\tDirectory\r\n"
      "TARGETDIR\t\tSourceDir\r\n";
  std::string components =
      "Component\tComponentId\tDirectory_\tAttributes\tCondition\tKeyPath\r\n"
      "s72\tS38\ts72\ti2\tS255\tS72\r\nComponent\tComponent\r\n";
  std::string table =
      "File\tComponent_\tFileName\tFileSize\tVersion\tLanguage\tAttributes\tSequence\r\n"
      "s72\ts72\tl255\ti4\tS72\tS20\tI2\ti2\r\nFile\tFile\r\n";
  std::map<std::string, std::string> keys = {{"", "TARGETDIR"}};
  const auto key_of = [&](const auto& self, const std::string& folder) -> std::string {
    if (keys.contains(folder)) return keys.at(folder);
    const std::size_t slash = folder.rfind('/');
    const std::string parent = self(self, slash == folder.npos ? "" : folder.substr(0, slash));
    const std::string name = folder.substr(slash == folder.npos ? 0 : slash + 1);
    const std::string key = fmt::format("D{}", keys.size());
    folders += fmt::format("{}\t{}\tD{}~1|{}\r\n", key, parent, keys.size(), name);
    const std::size_t number = keys.size();
    components += fmt::format("c{}\t{{3F2504E0-4F89-11D3-9A0C-0305E82C{:04X}}}\t{}\t0\t\t\r\n",
                              number, number, key);
    return keys[folder] = key;
  };
  CabFolderSpec cab{.method = CabMethod::mszip, .files = {}};
  int number = 0;
  for (const auto& [path, content] : files) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = key_of(key_of, slash == path.npos ? "" : path.substr(0, slash));
    const std::string name = path.substr(slash == path.npos ? 0 : slash + 1);
    ++number;
    table += fmt::format("f{0}\tc{1}\tF{0}.BIN|{2}\t{3}\t\t\t512\t{0}\r\n", number,
                         folder.substr(1), name, content.size());
    cab.files.push_back({.name = fmt::format("f{}", number), .content = content});
  }
  write(work,
        {{"Directory.idt", folders},
         {"Component.idt", components},
         {"File.idt", table},
         {"Media.idt", fmt::format("DiskId\tLastSequence\tDiskPrompt\tCabinet\tVolumeLabel\t"
                                   "Source\r\ni2\ti2\tL64\tS255\tS32\tS72\r\nMedia\tDiskId\r\n"
                                   "1\t{}\t\t{}\t\t\r\n",
                                   number, cabinet.empty() ? "#all.cab" : cabinet)},
         {"all.cab", write_cab({.folders = {cab}})}});
  fs::remove(msi);
  run_checked({"msibuild", fs::absolute(msi), "-i", "Directory.idt", "-i", "Component.idt", "-i",
               "File.idt", "-i", "Media.idt", "-s", "Debuggers", "Acme", ";1033",
               "{3F2504E0-4F89-11D3-9A0C-0305E82C3303}"},
              {.directory = work});
  if (cabinet.empty()) {
    run_checked({"msibuild", fs::absolute(msi), "-a", "all.cab", "all.cab"}, {.directory = work});
  } else {
    fs::rename(work / "all.cab", msi.parent_path() / cabinet);
  }
  fs::remove_all(work);
}

}  // namespace remedia::debugger_kits
