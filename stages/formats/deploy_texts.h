// The scripts and the instructions that go with an image to the PCs and servers of a fleet.
//
// They run as SYSTEM under Windows PowerShell 5.1. What comes from a recipe reaches them only in
// string literals of ASCII, because PowerShell 5.1 reads a script without a byte order mark in the
// code page of the PC, and takes typographic quotes (U+2018 to U+201B) for the end of a literal.
// tests/powershell runs the scripts on a PC that exists in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// What the scripts beside a recovery image need to know about it.
struct RecoveryFacts {
  std::string name;
  std::string title;
  std::string arch;   ///< amd64, arm64 or x86, as Windows says in PROCESSOR_ARCHITECTURE
  std::string build;  ///< of its kernel: "10.0.26100.1742"; may be empty: then it is not compared
  /// What the XML of the WIM says, which servicing raises while the kernel stays behind; may be
  /// empty or no version. A registered image whose XML says more than both is left alone.
  std::string xml_version = {};
  std::string revision;
  std::string built;                        ///< "2024-01-01"
  std::vector<std::string> languages = {};  ///< "en-US"; none: they are not compared
  std::string wim_sha256;                   ///< 64 hexadecimal digits, lower case
  std::string sdi_sha256;
  std::uint64_t wim_size = 0;        ///< bytes
  std::uint64_t sdi_size = 0;        ///< bytes
  std::uint64_t partition_size = 0;  ///< bytes of a partition laid out for the image
  /// Its tools open without an account, so where BitLocker asks for no PIN they reach the data.
  bool bypasses_bitlocker = false;
};

/// Deploy-RecoveryImage.ps1, Get-RecoveryImageState.ps1 and README.txt; lines end in CR LF. Throw
/// Failure for facts that are not of the form above.
std::string deploy_script(const RecoveryFacts& facts);
std::string detection_script(const RecoveryFacts& facts);
std::string recovery_readme(const RecoveryFacts& facts);

/// A boot image in the folder of an import script.
struct WdsImage {
  std::string file;  ///< from the script's folder: "tftp\Boot\boot.wim"
  std::string name;  ///< what the boot menu shows, without the version
  std::string description;
  std::string arch;
  std::string version;  ///< 8 hexadecimal digits, lower case: makes the names unique
  std::string sha256;
  /// Which artifact of which recipe it is: letters, digits, '.', '_', '-', '/'. The description on
  /// the server ends in "[remedia ARTIFACT]", and -Replace removes only images that say the same.
  std::string artifact = {};
};

/// Import-RecoveryImage.ps1. Throws Failure for none, for two of one name, architecture and
/// version, for a file outside of the folder.
std::string import_script(const std::vector<WdsImage>& images);

/// `text` as an expression of PowerShell in ASCII: 'it''s' or ('caf' + [char]0xe9). Throws Failure
/// for control characters and what is not UTF-8.
std::string ascii_powershell_string(std::string_view text);

}  // namespace remedia
