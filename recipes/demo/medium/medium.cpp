#include "medium/medium.h"

#include "medium/boot_programs.h"
#include "medium/files.h"
#include "medium/images.h"
#include "medium/udf_dates.h"
#include "support/diagnostic.h"
#include "support/digest.h"
#include "support/process.h"

#include <cerrno>
#include <map>
#include <set>
#include <span>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia::medium {

namespace {

// Spelt in mixed case here and there, as real media are; Windows does not care, so nobody may.
constexpr std::string_view uefi_boot_image = "efi/Microsoft/boot/efisys_noprompt.bin";
constexpr std::string_view bios_boot_image = "boot/etfsboot.com";
constexpr std::string_view readme = "README.TXT";

bool has_bios_files(const Options& options) {
  return options.boot_files && options.bios_files && options.arch != "arm64";
}

/// One file of the medium and where it comes from in Windows/Boot.
struct Origin {
  std::string_view path;
  std::string_view store;
};

constexpr Origin uefi_files[] = {
    {"bootmgr.efi", "EFI/bootmgr.efi"},
    {"boot/boot.sdi", "DVD/EFI/boot.sdi"},
    {"efi/Microsoft/boot/bcd", "DVD/EFI/BCD"},
    {"efi/Microsoft/boot/boot.stl", "EFI/boot.stl"},
    {"efi/Microsoft/boot/efisys.bin", "DVD/EFI/en-US/efisys.bin"},
    {"efi/Microsoft/boot/efisys_noprompt.bin", "DVD/EFI/en-US/efisys_noprompt.bin"},
    {"efi/Microsoft/boot/memtest.efi", "EFI/memtest.efi"},
    {"efi/Microsoft/boot/winsipolicy.p7b", "EFI/winsipolicy.p7b"},
    {"efi/Microsoft/boot/Resources/bootres.dll", "Resources/bootres.dll"},
};

constexpr Origin bios_files[] = {
    {"bootmgr", "PCAT/bootmgr"},
    {"boot/bcd", "DVD/PCAT/BCD"},
    {"boot/bootfix.bin", "DVD/PCAT/en-US/bootfix.bin"},
    {"boot/etfsboot.com", "DVD/PCAT/etfsboot.com"},
    {"boot/memtest.exe", "PCAT/memtest.exe"},
    {"boot/resources/bootres.dll", "Resources/bootres.dll"},
};

/// What a variant of the medium leaves out is not in its store either.
void add_from(const Files& store, std::span<const Origin> origins, Files& files) {
  for (const auto& [path, name] : origins) {
    const auto file = store.find(std::string(name));
    if (file != store.end()) files[std::string(path)] = file->second;
  }
}

void add_fonts(Files& files, const Files& store, std::string_view folder) {
  for (const auto& [path, content] : store) {
    if (path.starts_with("Fonts/")) files[fmt::format("{}/{}", folder, path)] = content;
  }
}

Files boot_files(const Options& options, const Files& store, const BootPrograms& programs) {
  Files files;
  add_from(store, uefi_files, files);
  files["efi/boot/" + loader_name(options.arch)] = store.at("EFI/bootmgfw.efi");
  files["efi/Microsoft/boot/cdboot.efi"] = program_for(programs.cdboot, options.arch, "cdboot.efi");
  files["efi/Microsoft/boot/cdboot_noprompt.efi"] =
      program_for(programs.cdboot_noprompt, options.arch, "cdboot_noprompt.efi");
  add_fonts(files, store, "efi/Microsoft/boot");
  if (!has_bios_files(options)) return files;
  add_from(store, bios_files, files);
  files["boot/bootsect.exe"] = program_for(programs.other, options.arch, "bootsect.exe");
  add_fonts(files, store, "boot");
  return files;
}

Files boot_store_of(const Options& options, const BootPrograms& programs, const fs::path& work) {
  Files store = boot_store(programs, options.arch, work);
  if (!options.efi_floppies) {
    std::erase_if(store,
                  [](const auto& file) { return file.first.find("/efisys") != std::string::npos; });
  }
  return store;
}

/// Splits a WIM into parts. libwim gives these one GUID by chance; here it is that of the whole. It
/// lies at byte 24 of a header.
void split(const fs::path& whole, const fs::path& folder) {
  run_checked({"wimsplit", whole, folder / "install.swm", "1"});
  std::string guid(16, '\0');
  read_at(Slice::whole(whole), Fd::open_read(whole).get(), 24, guid);
  for (const auto& part : fs::directory_iterator(folder)) {
    if (part.path().extension() != ".swm") continue;
    const Fd file(open(part.path().c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) fail_errno(errno, "open", part.path());
    write_at(file.get(), guid, 24, part.path());
  }
}

void write_install(Install kind, const ImageOptions& images, const Files& store,
                   const BootPrograms& programs, const fs::path& work, const fs::path& sources) {
  if (kind != Install::swm) {
    const fs::path out = sources / (kind == Install::esd ? "install.esd" : "install.wim");
    write_install_wim(images, store, programs, work, out);
    return;
  }
  write_install_wim(images, store, programs, work, work / "whole.wim");
  split(work / "whole.wim", sources);
}

/// Every file and folder under `folder` gets the time of the medium.
void set_times(const fs::path& folder) {
  const timespec times[2] = {{clock_seconds, 0}, {clock_seconds, 0}};
  std::vector<fs::path> paths = {folder};
  for (const auto& entry : fs::recursive_directory_iterator(folder)) paths.push_back(entry.path());
  for (const fs::path& path : paths) {
    const int status = utimensat(AT_FDCWD, path.c_str(), times, 0);
    if (status != 0) fail_errno(errno, "set the time of", path);
  }
}

/// Moves the files of each folder of the medium into a tree of its own and returns these trees in
/// the order of the folders' names. genisoimage merges them. Given one tree, it would number
/// folders in the order in which the file system happens to list them.
std::vector<fs::path> one_tree_per_folder(const fs::path& medium, const fs::path& trees) {
  std::map<fs::path, std::vector<fs::path>> files;
  for (const auto& entry : fs::recursive_directory_iterator(medium)) {
    const fs::path name = entry.path().lexically_relative(medium);
    if (!entry.is_directory()) files[name.parent_path()].push_back(name);
  }
  std::vector<fs::path> order;
  for (const auto& [folder, names] : files) {
    order.push_back(trees / std::to_string(order.size()));
    fs::create_directories(order.back() / folder);
    for (const fs::path& name : names) fs::rename(medium / name, order.back() / name);
    set_times(order.back());
  }
  return order;
}

/// genisoimage's list of weights, heaviest first on the disc: the order of content, for the same
/// reason.
std::string placement(const std::vector<fs::path>& trees) {
  std::set<fs::path> files;
  for (const fs::path& tree : trees) {
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
      if (!entry.is_directory()) files.insert(entry.path());
    }
  }
  std::string lines;
  int weight = static_cast<int>(files.size());
  for (const fs::path& file : files) lines += fmt::format("{} {}\n", file.string(), weight--);
  return lines;
}

std::vector<std::string> boot_arguments(const Options& options) {
  std::vector<std::string> arguments;
  const auto add = [&](std::initializer_list<std::string_view> words) {
    arguments.insert(arguments.end(), words.begin(), words.end());
  };
  if (has_bios_files(options)) {
    add({"-b", bios_boot_image, "-no-emul-boot", "-boot-load-size", "8", "-eltorito-alt-boot"});
  }
  if (options.boot_files && options.efi_floppies) add({"-e", uefi_boot_image, "-no-emul-boot"});
  return arguments;
}

/// The ISO 9660 side hides all but the readme, as on Microsoft's media. The readme and the boot
/// catalog are seen on the UDF side here, which is not so there: genisoimage hides nothing from it.
std::vector<std::string> hiding_arguments(const fs::path& medium) {
  std::set<std::string> names = {"boot.catalog"};
  for (const auto& entry : fs::directory_iterator(medium)) names.insert(entry.path().filename());
  names.erase(std::string(readme));
  std::vector<std::string> arguments;
  for (const std::string& name : names) arguments.insert(arguments.end(), {"-hide", name});
  return arguments;
}

}  // namespace

void write_folder(const Options& options, const fs::path& folder) {
  if (options.arch != "amd64" && options.arch != "arm64") {
    fail("there is no stand-in medium for '{}': amd64 and arm64 are known", options.arch);
  }
  const WorkFolder work;
  const BootPrograms programs = build_boot_programs(options.arch, work.path());
  const Files store = boot_store_of(options, programs, work.path());
  const ImageOptions images = {.arch = options.arch,
                               .payload_mib = options.payload_mib,
                               .boot_files = options.image_boot_files,
                               .single_image = options.single_image,
                               .identity = options.identity,
                               .hives = options.hives,
                               .editions = options.editions,
                               .solid = options.install == Install::esd};
  Files files = options.boot_files ? boot_files(options, store, programs) : Files();
  files["autorun.inf"] = "[AutoRun.Amd64]\r\nopen=setup.exe\r\n";
  for (const std::string path : {"setup.exe", "sources/setup.exe"}) {
    files[path] = program_for(programs.other, options.arch, path);
  }
  for (const auto& [path, content] : files) save(folder / path, content);
  fs::create_directories(folder / "sources");
  write_boot_wim(images, store, programs, work.path(), folder / "sources/boot.wim");
  if (options.install_wim) {
    write_install(options.install, images, store, programs, work.path(), folder / "sources");
  }
}

void write_iso(const Options& options, const fs::path& out) {
  const WorkFolder work;
  const fs::path medium = work / "medium";
  write_folder(options, medium);
  save(medium / readme,
       "This disc holds a UDF volume. It is a stand-in for a Windows medium, made by Remedia\r\n"
       "for its demo and its tests; nothing on it is Windows.\r\n");
  std::vector<std::string> command = {
      "genisoimage", "-quiet", "-udf",       "-iso-level", "3",  "-V", options.label, "-sysid", "",
      "-A",          "",       "-publisher", "",           "-p", "",   "-o",          out};
  for (const auto& part : {hiding_arguments(medium), boot_arguments(options)}) {
    command.insert(command.end(), part.begin(), part.end());
  }
  const std::vector<fs::path> trees = one_tree_per_folder(medium, work / "trees");
  save(work / "placement", placement(trees));
  command.insert(command.end(), {"-sort", work / "placement"});
  command.insert(command.end(), trees.begin(), trees.end());
  run_checked(command, {.environment = {{"TZ", "UTC"}, {"LC_ALL", "C.UTF-8"}}});
  settle_dates(out, sha256(options.label));
}

}  // namespace remedia::medium
