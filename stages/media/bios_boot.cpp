#include "media/bios_boot.h"

#include "support/artifact.h"
#include "support/diagnostic.h"
#include "support/process.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia {

namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kMbrCode = 440;
constexpr std::size_t kDriveCheck = 0x66;
constexpr std::size_t kMostSectors = 2047;  // up to 1 MiB
constexpr std::uint64_t kMostBytes = 1 << 20;

// GRUB reads it line by line, without `if`: a line that fails says so and the next one follows. The
// prefix has set the root to the first partition of the drive that was booted.
constexpr std::string_view kConfig = R"(ntldr /bootmgr
boot
echo
echo "This disk does not start: its first partition holds no readable \bootmgr."
echo "Press Enter to restart the computer."
read
reboot
)";

[[noreturn]] void not_as_expected(std::string_view what) {
  throw Failure(Diagnostic{.message = fmt::format("the boot code of GRUB is unusable: {}", what),
                           .hint = "reinstall the packages grub-common and grub-pc-bin"});
}

std::string required_file(const fs::path& path) {
  if (!fs::exists(path)) {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is not there", path.string()),
                             .hint = "install the package grub-pc-bin"});
  }
  return read_file(path, kMostBytes);
}

std::string mkimage(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "grub-mkimage");
  try {
    return run_checked(arguments, {.environment = {{"LC_ALL", "C"}}});
  } catch (const Failure& failure) {
    Diagnostic diagnostic = failure.diagnostics().front();
    diagnostic.hint = "install the packages grub-common and grub-pc-bin";
    throw Failure(std::move(diagnostic));
  }
}

std::uint64_t number_at(const std::string& bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i - 1));
  }
  return value;
}

// boot.img says at byte 92 in which sector the core image begins; the first sector of that says in
// its last twelve bytes which sectors hold the rest: the first, how many, where in memory. Both are
// made for the sectors after the MBR. At byte 0x66 boot.img jumps over what mends the number of the
// drive for a BIOS that passes a wrong one; for hard disks, which sticks are to a BIOS,
// grub-bios-setup puts two no-operations there, and so do we.
void check_places(const std::string& boot, const std::string& core) {
  if (boot.size() != kSector || boot.substr(510) != "\x55\xaa") {
    not_as_expected("boot.img is not a boot sector");
  }
  if (core.size() < 2 * kSector || core.size() % kSector != 0) {
    not_as_expected("the core image has no whole sectors");
  }
  if (core.size() / kSector > kMostSectors) {
    not_as_expected("the core image does not fit before the first partition");
  }
  if (boot.substr(kDriveCheck, 1) != "\xeb") not_as_expected("boot.img has another drive check");
  if (number_at(boot, 92, 8) != 1 || number_at(core, 500, 8) != 2 ||
      number_at(core, 508, 2) != core.size() / kSector - 1) {
    not_as_expected("it is not made for the sectors after the MBR");
  }
}

}  // namespace

BiosBoot bios_boot(const fs::path& scratch) {
  std::string boot = required_file(fs::path(kGrubFolder) / "boot.img");
  ScratchFile config(scratch / "bios-boot.cfg");
  ScratchFile core(scratch / "bios-boot.img");
  Fd written = Fd::open_empty(config.path());
  write_at(written.get(), kConfig, 0, config.path());
  mkimage({"--format=i386-pc", "--directory=" + std::string(kGrubFolder), "--prefix=(,msdos1)/",
           "--config=" + config.path().string(), "--output=" + core.path().string(), "biosdisk",
           "part_msdos", "fat", "ntldr", "echo", "read", "reboot"});
  std::string core_bytes = read_file(core.path(), kMostBytes);
  core_bytes.resize((core_bytes.size() + kSector - 1) / kSector * kSector, '\0');
  check_places(boot, core_bytes);
  boot.replace(kDriveCheck, 2, "\x90\x90");
  std::string version = mkimage({"--version"});
  return {boot.substr(0, kMbrCode), std::move(core_bytes), version.substr(0, version.find('\n'))};
}

void install_bios_boot(const BiosBoot& boot, const fs::path& image) {
  Fd fd(open(image.c_str(), O_WRONLY | O_CLOEXEC));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0) fail_errno(errno, "open", image);
  if (static_cast<std::uint64_t>(info.st_size) < kSector + boot.core.size()) {
    fail("'{}' has {} bytes; boot code alone takes {}", image.string(), info.st_size,
         kSector + boot.core.size());
  }
  write_at(fd.get(), boot.mbr_code, 0, image);
  write_at(fd.get(), boot.core, kSector, image);
}

}  // namespace remedia
