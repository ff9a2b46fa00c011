// The files that a boot medium needs beside the images: where Microsoft keeps them on a medium and
// inside a WIM, and what they are called on what we write.
//
// Source: the trees of genuine Windows media and WIMs, and Microsoft's lists of the BootEnvironment
// packages. `\Windows\Boot\DVD` is a removable package, hence the alternatives.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct BootFile {
  std::string target;                  ///< on the medium we write; a folder if `ending` is set
  std::string_view ending = {};        ///< every file of the folder that ends so
  std::vector<std::string> on_medium;  ///< candidates, in this order
  std::vector<std::string> in_wim;     ///< candidates inside an image
  /// Programs on the medium from which the file can be made anew (efisys.bin: a floppy image with
  /// one program), if it is nowhere.
  std::vector<std::string> rebuilt_from = {};
};

/// Everything that is looked for, for an architecture ("amd64", "arm64", "x86").
std::vector<BootFile> boot_files(std::string_view arch);

/// `efi/boot/bootx64.efi`, `bootaa64.efi`, `bootia32.efi`.
std::string uefi_loader(std::string_view arch);

}  // namespace remedia
