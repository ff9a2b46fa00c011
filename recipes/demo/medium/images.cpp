#include "medium/images.h"

#include "formats/bcd.h"
#include "media/hive.h"
#include "media/wim.h"
#include "medium/pe_file.h"
#include "medium/programs.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <random>
#include <vector>

namespace remedia::medium {

namespace {

const Edition windows_pe = {"Microsoft Windows PE", "WindowsPE", "WindowsPE", "X:"};
const Edition windows_setup = {"Microsoft Windows Setup", "WindowsPE", "WindowsPE", "X:"};
const Edition windows_re = {"Microsoft Windows Recovery Environment", "WindowsPE", "WindowsPE",
                            "X:"};

void merge(Files& into, const Files& from, std::string_view folder = {}) {
  for (const auto& [path, content] : from) into[std::string(folder) + path] = content;
}

/// Bytes that no compressor makes smaller; the same for the same seed (the standard fixes
/// mt19937_64).
std::string noise(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 engine(seed);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) {
    const std::uint64_t word = engine();
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(word >> shift & 0xFF);
  }
  bytes.resize(size);
  return bytes;
}

Files programs_at(const std::vector<std::string>& paths, const BootPrograms& programs,
                  std::string_view arch) {
  Files files;
  for (const std::string& path : paths) {
    files[path] = program_for(programs.other, arch, fs::path(path).filename().string());
  }
  return files;
}

/// The kernel and the loaders, which tell their version, and the translations of a PE in English.
/// Windows has each system file twice, by hard link: in its place and in the component store. The
/// copies here are equal; libwim stores the content once.
Files versioned_programs(const ImageOptions& options) {
  constexpr std::uint16_t boot_application = 16;
  const Identity& identity = options.identity;
  const std::string system32 = "Windows/System32/";
  const std::string kernel = windows_kernel(
      identity.kernel_arch.empty() ? options.arch : identity.kernel_arch, identity.kernel);
  Files files;
  for (const std::string name : {"winload.efi", "winload.exe"}) {
    const std::string loader =
        windows_program(name, options.arch, boot_application, identity.loader);
    files[system32 + name] = loader;
    files[system32 + "boot/" + name] = loader;
    files[system32 + "en-US/" + name + ".mui"] = text_for(name + ".mui");
  }
  files[system32 + "ntoskrnl.exe"] = kernel;
  files[fmt::format(
      "Windows/WinSxS/{}_microsoft-windows-os-kernel_31bf3856ad364e35_{}_none_"
      "0123456789abcdef/ntoskrnl.exe",
      options.arch, identity.kernel)] = kernel;
  return files;
}

/// What every Windows image of the medium holds.
Files common_files(const Edition& edition, const ImageOptions& options, const Files& boot_store,
                   const BootPrograms& programs) {
  Files files =
      programs_at({"Windows/System32/drvload.exe", "Windows/System32/drivers/storport.sys"},
                  programs, options.arch);
  merge(files, common_programs(options.arch, options.identity.kernel));
  merge(files, versioned_programs(options));
  merge(files, hive_files(edition, options.arch, options.identity.registry, options.hives));
  if (options.boot_files) merge(files, boot_store, "Windows/Boot/");
  return files;
}

/// `edition` as a Windows PE: what starts it, and a bulk like that of a real one.
Files pe_files(const Edition& edition, const ImageOptions& options, const Files& boot_store,
               const BootPrograms& programs) {
  Files files = common_files(edition, options, boot_store, programs);
  merge(files, pe_programs(options.arch, options.identity.kernel));
  merge(files, programs_at({"Windows/System32/winpeshl.exe", "Windows/System32/wpeinit.exe",
                            "Windows/System32/wpeutil.exe", "Windows/System32/wpeutil.dll"},
                           programs, options.arch));
  files["Windows/System32/startnet.cmd"] = "wpeinit\r\n";
  files["Windows/WinSxS/payload.bin"] =
      noise(1, static_cast<std::size_t>(options.payload_mib) << 20);
  return files;
}

Files setup_files(const ImageOptions& options, const Files& boot_store,
                  const BootPrograms& programs) {
  Files files = pe_files(windows_setup, options, boot_store, programs);
  merge(files, programs_at({"setup.exe", "sources/setup.exe", "sources/setupcore.dll"}, programs,
                           options.arch));
  files["Windows/System32/winpeshl.ini"] = "[LaunchApp]\r\nAppPath = X:\\setup.exe\r\n";
  return files;
}

Files recovery_files(const ImageOptions& options, const Files& boot_store,
                     const BootPrograms& programs) {
  Files files = pe_files(windows_re, options, boot_store, programs);
  merge(files, recovery_programs(options.arch, options.identity.kernel));
  files["Windows/System32/winpeshl.ini"] =
      "[LaunchApp]\r\nAppPath=X:\\sources\\recovery\\recenv.exe\r\n";
  return files;
}

Files edition_files(const Edition& edition, const ImageOptions& options, const Files& boot_store,
                    const BootPrograms& programs, const std::string& winre) {
  Files files = common_files(edition, options, boot_store, programs);
  merge(files, programs_at({"Windows/explorer.exe", "Windows/System32/reagentc.exe"}, programs,
                           options.arch));
  files["Windows/System32/Recovery/winre.wim"] = winre;
  files["Windows/System32/Recovery/ReAgent.xml"] =
      "<?xml version='1.0' encoding='utf-8'?>\r\n<WindowsRE version=\"2.0\"/>\r\n";
  return files;
}

std::map<std::string, std::string> properties(const Edition& edition, const ImageOptions& options) {
  const auto version = version_numbers(options.identity.xml);
  const auto number = [&](std::size_t i) { return std::to_string(version[i]); };
  return {
      {"DISPLAYNAME", edition.name},
      {"WINDOWS/ARCH", options.arch == "arm64" ? "12" : "9"},
      {"WINDOWS/PRODUCTNAME", "Microsoft\u00ae Windows\u00ae Operating System (stand-in)"},
      {"WINDOWS/EDITIONID", edition.id},
      {"WINDOWS/INSTALLATIONTYPE", edition.installation},
      {"WINDOWS/LANGUAGES/LANGUAGE", "en-US"},
      {"WINDOWS/LANGUAGES/DEFAULT", "en-US"},
      {"WINDOWS/VERSION/MAJOR", number(0)},
      {"WINDOWS/VERSION/MINOR", number(1)},
      {"WINDOWS/VERSION/BUILD", number(2)},
      {"WINDOWS/VERSION/SPBUILD", number(3)},
      {"WINDOWS/VERSION/SPLEVEL", "0"},
      {"WINDOWS/SYSTEMROOT", "WINDOWS"},
  };
}

/// libwim reads from files, so each content is written once, to a file named by its digest.
std::vector<wim::Addition> additions(const Files& files, const fs::path& work) {
  std::vector<wim::Addition> list;
  for (const auto& [path, content] : files) {
    const fs::path file = work / "content" / sha256(content);
    if (!fs::exists(file)) save(file, content);
    list.push_back({.target = path, .directory = false, .content = Slice::whole(file)});
  }
  return list;
}

wim::Capture image(const Edition& edition, const Files& files, const ImageOptions& options,
                   const fs::path& work) {
  const std::string name =
      edition.is_pe() ? fmt::format("{} ({})", edition.name, options.arch) : edition.name;
  return {.name = name,
          .description = name,
          .additions = additions(files, work),
          .properties = properties(edition, options)};
}

/// Two WIMs of one GUID would be taken for one: it is made of all that they hold.
void write_wim(const std::vector<wim::Capture>& images, int boot_index, bool solid,
               const fs::path& out) {
  std::string identity = "stand-in";
  for (const wim::Capture& image : images) {
    identity += "\n" + image.name;
    for (const auto& [name, value] : image.properties) identity += "\n" + name + "=" + value;
    for (const wim::Addition& file : image.additions) {
      identity += "\n" + file.target + " " + file.content.file.filename().native();
    }
  }
  wim::capture(images,
               {.compression = solid ? wim::Compression::lzms : wim::Compression::lzx,
                .boot_index = boot_index,
                .solid = solid,
                .guid = derived_guid(identity),
                .clock = clock_seconds},
               out);
}

}  // namespace

std::string text_for(std::string_view stands_for, std::size_t size) {
  const std::string line =
      fmt::format("Remedia stand-in for {}. This is not Windows.\r\n", stands_for);
  std::string text = line;
  while (text.size() < size) text += line;
  if (size > 0) text.resize(size);
  return text;
}

std::string bcd_store(bool uefi) {
  bcd::StoreOptions options;
  options.firmware = uefi ? bcd::Firmware::uefi : bcd::Firmware::bios;
  options.entries = {
      {.description = "Windows Setup", .wim_path = "\\sources\\boot.wim", .identity = "stand-in"}};
  options.identity = "stand-in";
  return hive::write(bcd::store(options));
}

std::string boot_sdi() {
  std::string bytes(3170304, '\0');
  const auto number = [&](std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xFF);
  };
  bytes.replace(0, 8, "$SDI0001");
  number(0x70, 2);      // pages of 8 KiB
  number(0x1F8, 0x39);  // makes the sum of the header's bytes a multiple of 256
  bytes.replace(0x400, 4, "PART");
  number(0x410, 0x2000);
  number(0x418, 0x303C00);
  number(0x420, 7);  // NTFS
  bytes.replace(0x440, 3, "WIM");
  number(0x450, 0x306000);
  return bytes;
}

Files boot_store(const BootPrograms& programs, std::string_view arch, const fs::path& work) {
  const auto program = [&](std::string_view from, std::string_view name) {
    return program_for(from, arch, name);
  };
  const std::string cdboot = program(programs.cdboot, "cdboot.efi");
  const std::string noprompt = program(programs.cdboot_noprompt, "cdboot_noprompt.efi");
  Files store = {
      {"EFI/bootmgfw.efi", program(programs.bootmgfw, "bootmgfw.efi")},
      {"EFI/bootmgr.efi", program(programs.bootmgfw, "bootmgr.efi")},
      {"EFI/memtest.efi", program(programs.other, "memtest.efi")},
      {"EFI/boot.stl", text_for("boot.stl")},
      {"EFI/winsipolicy.p7b", text_for("winsipolicy.p7b")},
      {"EFI_EX/bootmgfw_EX.efi", program(programs.bootmgfw, "bootmgfw_EX.efi")},
      {"EFI_EX/bootmgr_EX.efi", program(programs.bootmgfw, "bootmgr_EX.efi")},
      {"DVD/EFI/BCD", bcd_store(true)},
      {"DVD/EFI/boot.sdi", boot_sdi()},
      {"DVD/EFI/en-US/efisys.bin", efi_floppy(cdboot, arch, work)},
      {"DVD/EFI/en-US/efisys_noprompt.bin", efi_floppy(noprompt, arch, work)},
      {"DVD_EX/EFI/en-US/efisys_EX.bin",
       efi_floppy(program(programs.cdboot, "cdboot_EX.efi"), arch, work)},
      {"DVD_EX/EFI/en-US/efisys_noprompt_EX.bin",
       efi_floppy(program(programs.cdboot_noprompt, "cdboot_noprompt_EX.efi"), arch, work)},
      {"PXE/wdsmgfw.efi", program(programs.bootmgfw, "wdsmgfw.efi")},
      {"Resources/bootres.dll", program(programs.other, "bootres.dll")},
  };
  for (const std::string font : {"segmono_boot", "segoe_slboot", "segoen_slboot", "wgl4_boot"}) {
    store["Fonts/" + font + ".ttf"] = text_for(font + ".ttf", 8192);
    store["Fonts_EX/" + font + "_EX.ttf"] = text_for(font + "_EX.ttf", 8192);
  }
  if (arch == "arm64") return store;
  merge(store, {
                   {"DVD/PCAT/BCD", bcd_store(false)},
                   {"DVD/PCAT/boot.sdi", boot_sdi()},
                   {"DVD/PCAT/etfsboot.com", programs.etfsboot},
                   {"DVD/PCAT/en-US/bootfix.bin", text_for("bootfix.bin", 1024)},
                   {"PCAT/bootmgr", programs.bootmgr},
                   {"PCAT/memtest.exe", program(programs.other, "memtest.exe")},
                   {"PXE/bootmgr.exe", program(programs.other, "bootmgr.exe")},
                   {"PXE/abortpxe.com", text_for("abortpxe.com")},
                   {"PXE/pxeboot.com", text_for("pxeboot.com")},
                   {"PXE/pxeboot.n12", programs.pxeboot},
                   {"PXE/wdsnbp.com", text_for("wdsnbp.com")},
               });
  return store;
}

void write_boot_wim(const ImageOptions& options, const Files& boot_store,
                    const BootPrograms& programs, const fs::path& work, const fs::path& out) {
  std::vector<wim::Capture> images = {
      image(windows_pe, pe_files(windows_pe, options, boot_store, programs), options, work)};
  if (!options.single_image) {
    images.push_back(
        image(windows_setup, setup_files(options, boot_store, programs), options, work));
  }
  write_wim(images, static_cast<int>(images.size()), false, out);
}

void write_install_wim(const ImageOptions& options, const Files& boot_store,
                       const BootPrograms& programs, const fs::path& work, const fs::path& out) {
  const fs::path winre = work / "winre.wim";
  write_wim({image(windows_re, recovery_files(options, boot_store, programs), options, work)}, 1,
            false, winre);
  const std::string winre_bytes = read_file(winre, 1u << 30);
  std::vector<wim::Capture> images;
  for (const auto& [name, id] : options.editions) {
    const Edition edition = {name, id, "Client", "C:"};
    images.push_back(image(edition,
                           edition_files(edition, options, boot_store, programs, winre_bytes),
                           options, work));
  }
  write_wim(images, 0, options.solid, out);
}

}  // namespace remedia::medium
