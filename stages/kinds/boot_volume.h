// What iso, usb and wds have in common: images behind one boot menu, the boot files of a source,
// BCD stores. Which files a medium takes, and where they go on it, its own kind says.
#pragma once

#include "formats/bcd.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "media/volume_file.h"
#include "support/tree.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::kinds {

/// The fields `boot`, `name` and `firmware`, and those of the menu.
std::vector<recipe::Field> boot_fields();

/// `name`, or that of the first image.
std::string artifact_name(const recipe::Node& node);

/// Plans the images of `boot` and adds what BootVolume needs to the parameters and inputs of
/// `edge`. Returns the records of the images. Throws Failure: images for several architectures, two
/// that a menu cannot tell apart, a default that is none of them, BIOS where there is none.
std::vector<std::string> plan_boot(graph::Planner& planner, const recipe::Node& node,
                                   graph::Edge& edge);

/// A volume that boots, collected file by file; of a stage whose edge plan_boot() made.
class BootVolume {
 public:
  explicit BootVolume(graph::Job& job);

  /// Decides by what the recipe asks for and by what is there: UEFI always, unless only BIOS was
  /// asked for; BIOS if it was asked for or the source has all of `bios`. Half of it is an error.
  void choose_firmware(std::span<const std::string_view> bios,
                       std::span<const std::string_view> uefi);
  bool bios() const { return bios_; }
  bool uefi() const { return uefi_; }

  const TreeEntry* find(std::string_view boot_file) const;
  /// Adds every boot file of the source that the firmware takes and for which `place` gives a path.
  void add_boot_files(const std::function<std::string(const std::string&)>& place);
  /// Adds one boot file; throws Failure if the source has none, or another content than it had.
  void add_boot_file(std::string_view boot_file, const std::string& target);

  /// Where an image is, by its number.
  using ImagePath = std::function<std::string(std::size_t)>;
  /// Adds the images; `limit` is what fits into one file of the volume, `why` says so to people.
  void add_images(const ImagePath& path, std::uint64_t limit, std::string_view why);
  /// Adds a store that starts them. What is not said in `options` comes from the recipe.
  void add_store(const std::string& target, const ImagePath& images, bcd::StoreOptions options);

  const std::vector<VolumeFile>& files() const { return files_; }
  /// What the images are, and this volume of all that hold them: what serials and GUIDs are derived
  /// from. Never a path of this machine.
  std::string identity() const;
  /// For the record: `firmware`, `images` and `files`.
  void describe(nlohmann::ordered_json& record) const;

 private:
  void add(const std::string& target, std::variant<Slice, std::string> content,
           const std::string& origin, const std::string& digest);
  [[noreturn]] void fail_missing(std::string_view boot_file) const;
  bool asked_for(std::string_view firmware) const;

  graph::Job& job_;
  std::vector<TreeEntry> tree_;
  std::vector<VolumeFile> files_;
  nlohmann::ordered_json listed_ = nlohmann::ordered_json::array();
  bool bios_ = false;
  bool uefi_ = false;
};

/// Adds the store that firmware of this kind reads from a disk or disc: `boot/bcd` or
/// `efi/microsoft/boot/bcd`.
void add_disk_store(BootVolume& volume, bcd::Firmware firmware,
                    const BootVolume::ImagePath& images);

/// Throws Failure unless the pack of the source still holds what its tree says of a boot file.
void check_intact(const TreeEntry& entry);

/// `sources/boot.wim`, `sources/boot2.wim`, ...: names that fit 8.3, so that no file system
/// shortens them.
std::string numbered_wim(std::string_view folder, std::size_t index);

/// `\boot\boot.sdi` for `boot/boot.sdi`.
std::string windows_path(std::string_view target);

}  // namespace remedia::kinds
