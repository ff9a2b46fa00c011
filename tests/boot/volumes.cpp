#include "boot/volumes.h"

#include "medium/files.h"
#include "medium/medium.h"
#include "support/diagnostic.h"
#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <map>
#include <vector>

#include <fcntl.h>

namespace remedia::boot {

namespace {

constexpr std::uint64_t mebibyte = 1u << 20;
constexpr std::uint64_t gap = mebibyte;  ///< before the first partition, as everybody leaves it

using Words = std::vector<std::string>;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::uint64_t size_of(const fs::path& folder) {
  std::uint64_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) size += entry.file_size();
  }
  return size;
}

std::uint64_t mebibytes(std::uint64_t bytes) { return (bytes + mebibyte - 1) / mebibyte; }

void make_empty(const fs::path& file, std::uint64_t size) {
  fs::remove(file);
  std::ofstream(file, std::ios::binary).close();
  fs::resize_file(file, size);
}

/// Puts the partition in `part` into the disk at `offset`; what is zero stays a hole.
void put(const fs::path& part, const fs::path& disk, std::uint64_t offset) {
  run_checked({"dd", "status=none", "conv=notrunc,sparse", "bs=1M", "if=" + part.native(),
               "of=" + disk.native(), fmt::format("seek={}", offset / mebibyte)});
}

void write_into(const fs::path& disk, std::string_view bytes, std::uint64_t offset) {
  const Fd file(open(disk.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) fail_errno(errno, "open", disk);
  write_at(file.get(), bytes, offset, disk);
}

/// sfdisk takes its orders from a file of standard input alone.
void partition(const fs::path& disk, std::string_view script) {
  const fs::path file = disk.string() + ".sfdisk";
  medium::save(file, script);
  run_checked({"sh", "-c", "exec sfdisk --quiet \"$1\" < \"$2\"", "sh", disk, file});
  fs::remove(file);
}

/// A FAT32 volume of the files in `folder`, with clusters of one sector: FAT32 means that there are
/// at least 65525. mkfs.fat would choose them otherwise.
void make_fat(const fs::path& folder, std::uint64_t sector_size, const fs::path& out) {
  const std::uint64_t clusters =
      std::max<std::uint64_t>(70000, size_of(folder) / sector_size + 4096);
  make_empty(out, mebibytes(clusters * sector_size * 102 / 100) * mebibyte);
  run_checked({"mkfs.fat", "-F", "32", "-S", std::to_string(sector_size), "-s", "1", "-h",
               std::to_string(gap / sector_size), out});
  Words copy = {"mcopy", "-i", out, "-s", "-Q"};
  for (const auto& entry : fs::directory_iterator(folder)) copy.push_back(entry.path());
  copy.push_back("::/");
  run_checked(copy);
}

/// GRUB in the MBR and the gap behind it. It starts /bootmgr at 2000:0000.
void add_bios_loader(const fs::path& disk) {
  const fs::path script = disk.string() + ".cfg";
  const fs::path core = disk.string() + ".core";
  medium::save(script, "search --file --set=root /bootmgr\nntldr /bootmgr\nboot\n");
  run_checked({"grub-mkimage", "-O", "i386-pc", "-o", core, "-p", "/", "-c", script, "biosdisk",
               "part_msdos", "fat", "search", "search_fs_file", "ntldr", "boot"});
  const std::string bytes = read_file(core);
  if (bytes.size() > gap - 512) fail("GRUB takes {} bytes", bytes.size());
  write_into(disk, read_file("/usr/lib/grub/i386-pc/boot.img").substr(0, 440), 0);
  write_into(disk, bytes, 512);
  fs::remove(script);
  fs::remove(core);
}

}  // namespace

const fs::path& stand_in(std::string_view arch) {
  static const Scratch scratch;
  static std::map<std::string, fs::path, std::less<>> made;
  const auto known = made.find(arch);
  if (known != made.end()) return known->second;
  medium::Options options;
  options.arch = arch;
  options.payload_mib = 1;
  options.install_wim = false;
  const fs::path folder = scratch / arch;
  medium::write_folder(options, folder);
  return made[std::string(arch)] = folder;
}

Digests digests_of(const fs::path& folder, std::initializer_list<std::string_view> paths) {
  Digests digests;
  for (std::string_view path : paths) {
    digests["/" + lower(std::string(path))] = sha256(Slice::whole(folder / path));
  }
  return digests;
}

Digests digests_of_medium(const fs::path& folder) {
  Digests digests;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = "/" + lower(entry.path().lexically_relative(folder).native());
    const bool image = path.starts_with("/sources/") && path.ends_with(".wim");
    const bool boot_file =
        path == "/boot/bcd" || path == "/boot/boot.sdi" || path == "/efi/microsoft/boot/bcd";
    if (image || boot_file) digests[path] = sha256(Slice::whole(entry.path()));
  }
  return digests;
}

fs::path make_iso(const fs::path& folder, const fs::path& out, IsoNames names) {
  Words command = {"xorriso",
                   "-as",
                   "mkisofs",
                   "-quiet",
                   "-iso-level",
                   "3",
                   "-J",
                   "-joliet-long",
                   "-V",
                   "STAND_IN",
                   "-o",
                   out,
                   "-full-iso9660-filenames"};
  if (names == IsoNames::plain) command.insert(command.end(), {"-N", "-d"});
  if (fs::exists(folder / "boot/etfsboot.com")) {
    command.insert(command.end(), {"-b", "boot/etfsboot.com", "-no-emul-boot", "-boot-load-size",
                                   "8", "-eltorito-alt-boot"});
  }
  command.insert(command.end(),
                 {"-e", "efi/Microsoft/boot/efisys_noprompt.bin", "-no-emul-boot", folder});
  run_checked(command);
  return out;
}

fs::path make_stick(const fs::path& folder, const StickOptions& options, const fs::path& out) {
  const auto sector_size = static_cast<std::uint64_t>(options.sector_size);
  const fs::path part = out.string() + ".part";
  make_fat(folder, sector_size, part);
  const std::uint64_t size = fs::file_size(part);
  make_empty(out, gap + size + mebibyte);
  // sfdisk takes a file for a disk of 512-byte sectors. An MBR does not say what its numbers count,
  // so the right ones are as good.
  partition(out,
            fmt::format("label: dos\nlabel-id: 0x52454d45\nstart={}, size={}, type=c, bootable\n",
                        gap / sector_size, size / sector_size));
  put(part, out, gap);
  fs::remove(part);
  if (options.bios) add_bios_loader(out);
  return out;
}

fs::path make_ntfs(const fs::path& folder, const fs::path& out) {
  const fs::path wim = out.string() + ".wim";
  run_checked({"wimcapture", folder, wim, "--compress=none"});
  make_empty(out, mebibytes(size_of(folder) + 16 * mebibyte) * mebibyte);
  run_checked({"mkntfs", "-F", "-Q", "-q", "-L", "Recovery", "-p", "2048", "-H", "255", "-S", "63",
               "-s", "512", "-c", "4096", out});
  run_checked({"wimapply", wim, "1", out});
  fs::remove(wim);
  return out;
}

fs::path make_disk(const fs::path& esp, const fs::path& recovery, const fs::path& out) {
  const fs::path part = out.string() + ".part";
  make_fat(esp, 512, part);
  const std::uint64_t first = fs::file_size(part);
  const std::uint64_t second = mebibytes(fs::file_size(recovery)) * mebibyte;
  make_empty(out, gap + first + second + mebibyte);
  partition(out, fmt::format("label: gpt\n"
                             "start=2048, size={}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n"
                             "start={}, size={}, type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC\n",
                             first / 512, (gap + first) / 512, second / 512));
  put(part, out, gap);
  put(recovery, out, gap + first);
  fs::remove(part);
  return out;
}

fs::path make_network_tree(const fs::path& out) {
  const fs::path& medium = stand_in();
  fs::create_directories(out / "Boot/x64");
  fs::copy_file(medium / "efi/boot/bootx64.efi", out / "Boot/x64/bootmgfw.efi");
  run_checked({"wimextract", medium / "sources/boot.wim", "1", "/Windows/Boot/PXE/pxeboot.n12",
               "/Windows/Boot/PXE/bootmgr.exe", "--dest-dir=" + (out / "Boot/x64").native()});
  fs::copy_file(medium / "efi/Microsoft/boot/bcd", out / "Boot/BCD");
  fs::copy_file(medium / "efi/Microsoft/boot/bcd", out / "BCD");
  fs::copy_file(medium / "boot/boot.sdi", out / "Boot/boot.sdi");
  fs::copy_file(medium / "sources/boot.wim", out / "Boot/boot.wim");
  medium::save(out / "Boot/boot2.wim", "another image");
  medium::save(out / "Boot/boot4.wim", "an image that no number leads to");
  return out;
}

Digests digests_of_network_tree(const fs::path& tree) {
  return digests_of(tree, {"BCD", "Boot/BCD", "Boot/boot.sdi", "Boot/boot.wim", "Boot/boot2.wim"});
}

}  // namespace remedia::boot
