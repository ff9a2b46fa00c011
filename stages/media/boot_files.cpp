#include "media/boot_files.h"

#include "support/diagnostic.h"

namespace remedia {

namespace {

// BIOS programs do not exist for arm64.
std::vector<BootFile> bios_files() {
  return {
      {"bootmgr", {}, {"bootmgr"}, {"Windows/Boot/PCAT/bootmgr"}},
      {"boot/etfsboot.com", {}, {"boot/etfsboot.com"}, {"Windows/Boot/DVD/PCAT/etfsboot.com"}},
      // Its presence makes etfsboot.com ask for a key.
      {"boot/bootfix.bin", {}, {"boot/bootfix.bin"}, {"Windows/Boot/DVD/PCAT/en-US/bootfix.bin"}},
      {"boot/memtest.exe", {}, {"boot/memtest.exe"}, {"Windows/Boot/PCAT/memtest.exe"}},
      {"boot/fonts", ".ttf", {"boot/fonts"}, {"Windows/Boot/Fonts"}},
      {"boot/resources/bootres.dll",
       {},
       {"boot/resources/bootres.dll"},
       {"Windows/Boot/Resources/bootres.dll"}},
      // Network boot programs; no medium of its own holds them.
      {"pxe/pxeboot.n12", {}, {}, {"Windows/Boot/PXE/pxeboot.n12"}},
      {"pxe/bootmgr.exe", {}, {}, {"Windows/Boot/PXE/bootmgr.exe"}},
  };
}

}  // namespace

std::string uefi_loader(std::string_view arch) {
  if (arch == "amd64") return "efi/boot/bootx64.efi";
  if (arch == "arm64") return "efi/boot/bootaa64.efi";
  if (arch == "x86") return "efi/boot/bootia32.efi";
  fail("there is no UEFI loader name for the architecture '{}'", arch);
}

std::vector<BootFile> boot_files(std::string_view arch) {
  const std::string efi = "efi/microsoft/boot/";
  const std::string dvd = "Windows/Boot/DVD/EFI/";
  std::string loader = uefi_loader(arch);
  std::vector<BootFile> files = {
      {"boot/boot.sdi",
       {},
       {"boot/boot.sdi"},
       {dvd + "boot.sdi", "Windows/Boot/DVD/PCAT/boot.sdi", "sms/boot/boot.sdi"}},
      {"bootmgr.efi", {}, {"bootmgr.efi"}, {"Windows/Boot/EFI/bootmgr.efi"}},
      {loader, {}, {loader}, {"Windows/Boot/EFI/bootmgfw.efi"}},
      {efi + "efisys.bin",
       {},
       {efi + "efisys.bin"},
       {dvd + "en-US/efisys.bin", dvd + "efisys.bin"},
       {efi + "cdboot.efi"}},
      {efi + "efisys_noprompt.bin",
       {},
       {efi + "efisys_noprompt.bin"},
       {dvd + "en-US/efisys_noprompt.bin", dvd + "efisys_noprompt.bin"},
       {efi + "cdboot_noprompt.efi"}},
      {efi + "memtest.efi", {}, {efi + "memtest.efi"}, {"Windows/Boot/EFI/memtest.efi"}},
      // Loaders of Windows 11 24H2 stop with 0xc000000f without it when Secure Boot is on.
      {efi + "boot.stl", {}, {efi + "boot.stl"}, {"Windows/Boot/EFI/boot.stl"}},
      {efi + "winsipolicy.p7b",
       {},
       {efi + "winsipolicy.p7b"},
       {"Windows/Boot/EFI/winsipolicy.p7b"}},
      {efi + "fonts", ".ttf", {efi + "fonts", "boot/fonts"}, {"Windows/Boot/Fonts"}},
      {efi + "resources/bootres.dll",
       {},
       {efi + "resources/bootres.dll", "boot/resources/bootres.dll"},
       {"Windows/Boot/Resources/bootres.dll"}},
  };
  if (arch == "arm64") return files;
  std::vector<BootFile> bios = bios_files();
  files.insert(files.end(), bios.begin(), bios.end());
  return files;
}

}  // namespace remedia
