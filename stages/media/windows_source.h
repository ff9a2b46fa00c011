// Where Windows comes from: a medium, the image on it that is meant, and the files that boot it.
#pragma once

#include "media/boot_files.h"
#include "media/medium.h"
#include "media/wim.h"
#include "support/artifact.h"
#include "support/diagnostic.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace remedia {

/// Where the recovery image lies inside the images of install.wim.
inline constexpr const char* kRecoveryImage = "Windows/System32/Recovery/winre.wim";
/// The WIMs of a medium that hold Windows.
inline constexpr const char* kWindowsWims[] = {"sources/boot.wim", "sources/install.wim",
                                               "sources/install.esd", "sources/install.swm"};

class WindowsSource {
 public:
  /// `written` names the medium in messages. Failures are about the fields of the word `source`:
  /// media, image, edition (Diagnostic::field).
  WindowsSource(const fs::path& medium, std::string written);

  /// "winre", "pe", "setup", an index of boot.wim, or an image's name there or in install.wim.
  /// `edition`: whose recovery image is meant, if the images of install.wim have different ones.
  /// `scratch`: where a recovery image is unpacked to, for the life of this object.
  void choose(const std::string& image, const std::string& edition, const fs::path& scratch);

  /// Opens one of the medium's WIMs, with its first image chosen; false if it is not there. A bare
  /// WIM counts as sources/install.wim.
  bool open_wim(const std::string& name);

  const Medium& medium() const { return medium_; }
  const std::string& written() const { return written_; }

  // Of the chosen image:
  const wim::File& file() const { return *wim_; }
  int index() const { return index_; }
  const wim::Image& image() const;
  /// Where it was found, for people: `sources/install.wim image 1, winre.wim`.
  const std::string& found_in() const { return found_in_; }
  /// The WIM on the medium that holds it, all its parts.
  const std::vector<Slice>& container() const { return container_; }
  /// Writes it as a WIM of its own. Compressed data are copied as they are and nothing looks at
  /// them, so the copy is verified, unless the medium is known to be `intact`; a recovery image was
  /// when it was unpacked.
  void write_base(const fs::path& out, const wim::ExportOptions& options, bool intact) const;

  /// A boot file where it lies: on the medium, or in the chosen image if `entry` is set.
  struct Found {
    std::string target;  ///< on the media that we write
    std::string place;   ///< for people
    Slice content;
    const wim::Entry* entry = nullptr;
    bool rebuilt = false;  ///< `content` or `entry` is the program of an efisys.bin to be made
  };
  /// Every file that `wanted` stands for, from the first of its places that has one.
  std::vector<Found> find(const BootFile& wanted) const;
  /// The bytes of a file that find() found, unpacked to `scratch` if they lie in the image.
  Slice content(const Found& found, const fs::path& scratch) const;

 private:
  void choose_recovery(const std::string& edition, const fs::path& scratch);
  void choose_boot_image(int index);
  void choose_by_name(const std::string& wanted);
  const MediumFile* install_wim() const;
  void open(const MediumFile& file);
  void open_bare();
  [[noreturn]] void fail_no_windows(std::string_view missing) const;
  int found_image(const std::string& wanted, const char* field) const;
  Diagnostic image_list() const;
  std::vector<Found> on_medium(const BootFile& wanted) const;
  std::vector<Found> in_image(const BootFile& wanted) const;

  Medium medium_;
  std::string written_;
  std::string found_in_;
  std::vector<Slice> container_;
  std::optional<ScratchFile> nested_;
  std::unique_ptr<wim::File> wim_;
  int index_ = 0;
};

}  // namespace remedia
