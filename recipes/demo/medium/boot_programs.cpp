#include "medium/boot_programs.h"

#include "medium/files.h"
#include "support/diagnostic.h"
#include "support/process.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace remedia::medium {

namespace {

using Words = std::vector<std::string>;

// What every GRUB here needs to run a script and to find files on the volumes that Remedia makes.
const Words common_modules = {"normal",     "configfile", "memdisk", "tar", "echo",
                              "test",       "regexp",     "sleep",   "fat", "part_gpt",
                              "part_msdos", "iso9660",    "udf"};
const Words report_modules = {"hashsum", "gcry_sha256", "serial", "terminfo", "gfxterm",
                              "font",    "halt",        "ntfs",   "exfat"};
const Words report_scripts = {"report.cfg", "find.cfg", "find_recovery.cfg", "report_network.cfg"};
const Words network_modules = {"net", "tftp", "http"};

fs::path source(std::string_view name) { return fs::path(REMEDIA_MEDIUM_SOURCES) / name; }

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// A GRUB image that runs `scripts[0]`; the further scripts lie beside it in its memory disk.
/// grub-mkimage and a tar of our own: grub-mkstandalone packs 4 MB of modules that nothing uses.
std::string grub(std::string_view format, const Words& scripts, const Words& modules,
                 const fs::path& work) {
  const fs::path disk = work / "disk";
  fs::remove_all(disk);
  for (const std::string& script : scripts) {
    const bool first = script == scripts.front();
    save(disk / "boot/grub" / (first ? "grub.cfg" : script), read_file(source(script)));
  }
  save(disk / "boot/grub/ascii.pf2", read_file("/usr/share/grub/ascii.pf2"));
  run_checked({"tar", "--format=ustar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0",
               "--numeric-owner", "--mode=u=rwX,go=rX", "-C", disk, "-cf", work / "disk.tar",
               "boot"});
  run_checked(Words{"grub-mkimage", "-O", std::string(format), "-o", work / "grub.img", "-p",
                    "(memdisk)/boot/grub", "-m", work / "disk.tar"} +
              modules);
  return read_file(work / "grub.img");
}

std::string assemble(std::string_view name, std::string_view address, const Words& symbols,
                     const fs::path& work) {
  Words as = {"as", "--32", "-o", work / "code.o"};
  for (const std::string& symbol : symbols) as = as + Words{"--defsym", symbol};
  run_checked(as + Words{source(name)});
  run_checked({"ld", "-m", "elf_i386", "-Ttext", std::string(address), "--oformat=binary", "-o",
               work / "code.bin", work / "code.o"});
  return read_file(work / "code.bin");
}

/// Our head in place of the first sector of GRUB's core image, which would load the rest from a
/// disk.
std::string bios_boot_manager(const fs::path& work) {
  const std::string core = grub("i386-pc", report_scripts,
                                common_modules + report_modules + Words{"biosdisk", "vbe"}, work);
  if (core.size() <= 512) fail("grub-mkimage made a core image of {} bytes", core.size());
  const std::string rest = core.substr(512);
  return assemble("bootmgr.s", "0", {fmt::format("CORE_SIZE={}", rest.size())}, work) + rest;
}

/// One of the programs in arm64/. Their sources are ours: GRUB for arm64 is no package of amd64.
/// Neither times nor paths get into the program.
std::string efi_program_for_arm64(const Words& parts, const Words& definitions,
                                  const fs::path& work) {
  const fs::path program = work / "arm64.efi";
  Words link = {"lld-link",
                "/subsystem:efi_application",
                "/entry:efi_main",
                "/nodefaultlib",
                "/timestamp:0",
                "/machine:arm64",
                "/out:" + program.native()};
  for (const std::string& part : parts) {
    const fs::path object = work / (part + ".o");
    run_checked(Words{"clang", "--target=aarch64-unknown-windows", "-std=c++20", "-ffreestanding",
                      "-nostdinc++", "-fno-exceptions", "-fno-rtti", "-fno-stack-protector",
                      "-mno-stack-arg-probe", "-O2"} +
                definitions + Words{"-c", source("arm64/" + part + ".cpp"), "-o", object});
    link.push_back(object);
  }
  run_checked(link);
  return read_file(program);
}

BootPrograms build_for_arm64(const fs::path& work) {
  const Words common = {"firmware", "iso9660", "runtime"};
  BootPrograms programs;
  programs.bootmgfw = efi_program_for_arm64(common + Words{"bootmgfw", "sha256"}, {}, work);
  programs.cdboot = efi_program_for_arm64(common + Words{"cdboot"}, {"-DREMEDIA_PROMPT"}, work);
  programs.cdboot_noprompt = efi_program_for_arm64(common + Words{"cdboot"}, {}, work);
  programs.other = programs.cdboot_noprompt;
  return programs;
}

BootPrograms build_for_amd64(const fs::path& work) {
  const Words chain = common_modules + Words{"chain", "boot", "minicmd"};
  const Words report = common_modules + report_modules;
  BootPrograms programs;
  programs.etfsboot = assemble("etfsboot.s", "0x7C00", {}, work);
  programs.bootmgr = bios_boot_manager(work);
  programs.pxeboot =
      grub("i386-pc-pxe", report_scripts, report + network_modules + Words{"pxe", "vbe"}, work);
  programs.bootmgfw = grub("x86_64-efi", report_scripts,
                           report + network_modules + Words{"efi_gop", "efinet"}, work);
  programs.cdboot =
      grub("x86_64-efi", {"cdboot_prompt.cfg", "cdboot.cfg", "find.cfg"}, chain, work);
  programs.cdboot_noprompt = grub("x86_64-efi", {"cdboot.cfg", "find.cfg"}, chain, work);
  programs.other = grub("x86_64-efi", {"find.cfg"}, {"memdisk", "tar"}, work);
  if (programs.etfsboot.size() != 4096) fail("etfsboot.com has {} bytes", programs.etfsboot.size());
  return programs;
}

std::uint16_t machine_of(std::string_view arch) { return arch == "arm64" ? 0xAA64 : 0x8664; }

}  // namespace

BootPrograms build_boot_programs(std::string_view arch, const fs::path& work) {
  return arch == "arm64" ? build_for_arm64(work) : build_for_amd64(work);
}

std::string program_for(std::string_view program, std::string_view arch,
                        std::string_view stands_for) {
  std::string bytes(program);
  const auto at = [&](std::size_t i) -> unsigned char {
    return static_cast<unsigned char>(bytes.at(i));
  };
  const std::size_t header = at(0x3C) + at(0x3D) * 256u;
  const std::uint16_t machine = machine_of(arch);
  bytes.at(header + 4) = static_cast<char>(machine & 0xFF);
  bytes.at(header + 5) = static_cast<char>(machine >> 8);
  return bytes +
         fmt::format("Remedia stand-in for {} ({}). This is not Windows.\n", stands_for, arch);
}

std::string efi_floppy(std::string_view loader, std::string_view arch, const fs::path& work) {
  const fs::path image = work / "floppy.img";
  const ProcessOptions dated = {
      .environment = {{"SOURCE_DATE_EPOCH", std::to_string(clock_seconds)}, {"TZ", "UTC"}}};
  fs::remove(image);
  save(work / "loader.efi", loader);
  std::string name = loader_name(arch);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  run_checked({"mkfs.fat", "-F", "12", "--invariant", "-n", "EFISECTOR", "-C", image, "1440"},
              dated);
  run_checked({"mmd", "-i", image, "::/EFI", "::/EFI/BOOT"}, dated);
  run_checked({"mcopy", "-i", image, work / "loader.efi", "::/EFI/BOOT/" + name}, dated);
  return read_file(image);
}

std::string loader_name(std::string_view arch) {
  return arch == "arm64" ? "bootaa64.efi" : "bootx64.efi";
}

}  // namespace remedia::medium
