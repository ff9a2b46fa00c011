// What a user calls "the Windows medium": an ISO, a folder with the same layout, or a bare WIM.
//
// All three are asked the same question, "where are the bytes of sources/boot.wim?", in any case,
// and answer with a Slice; nothing is copied or mounted.
//
// An ISO is read as UDF if it has a UDF volume, as Microsoft's do, whose ISO 9660 side is a stub;
// else as ISO 9660 with its extensions.
//
// Folders of the Windows ADK answer as if they were media (layouts: Microsoft's copype.cmd):
//   what copype makes   a folder without `sources`, but with `media/sources` in it: files come from
//                       `media`, boot sectors from `fwfiles` or, in newer kits, `bootbins`
//   its `media`         a folder of that name with `sources`: `fwfiles` or `bootbins` beside it, if
//                       there at that time
//   the kit             a folder (`amd64`) without `sources`, but with `Media` and
//                       `<language>/winpe.wim` in it: the latter is sources/boot.wim, boot sectors
//                       come from `../../Deployment Tools/amd64/Oscdimg`
// Boot sectors are etfsboot.com, found as boot/etfsboot.com, and efisys*.bin (in newer kits there
// are efisys_EX.bin, efisys_noprompt_EX.bin), found in efi/microsoft/boot. What `media` itself has
// at these places wins.
#pragma once

#include "support/file.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct MediumFile {
  std::string path;  ///< as spelt on the medium; `sources/boot.wim` for the kit's winpe.wim
  Slice content;
};

class Medium {
 public:
  enum class Kind { iso, folder, wim };

  /// Throws Failure: nothing that holds Windows, a damaged volume, names that differ only in case,
  /// a pipable WIM.
  explicit Medium(const fs::path& path);

  Kind kind() const { return kind_; }
  const fs::path& path() const { return path_; }
  const std::string& label() const { return label_; }  ///< of the volume; empty for other kinds
  /// Null if it is not there (always, on a bare WIM).
  const MediumFile* find(std::string_view path) const;
  /// The files directly in a folder whose names end so: `boot/fonts`, `.ttf`; sorted.
  std::vector<const MediumFile*> list(std::string_view folder, std::string_view ending) const;
  /// The first part of a split WIM, `sources/install.swm`, and all that follow it by number,
  /// install2.swm, install3.swm and so on (as DISM and wimsplit name them), in this order. Empty
  /// without the first; whether numbers are missing is not looked at. Of a bare WIM, whatever
  /// `first` is: itself and, if it ends in .swm, those beside it. Of other files: that file.
  std::vector<const MediumFile*> parts(std::string_view first) const;
  /// Folders that were read: adding a file to one of them may change an answer.
  const std::vector<fs::path>& folders() const { return folders_; }

 private:
  using Files = std::map<std::string, MediumFile>;  // by folded path

  void read_iso();
  void read_wim();
  void read_folder();
  void read_working_folder(const fs::path& media);
  void read_kit(const fs::path& media, const fs::path& pe_image);
  void read_tree(const fs::path& top);
  void read_boot_sectors(const fs::path& folder);
  void add(Files& files, std::string path, Slice content) const;

  Kind kind_ = Kind::iso;
  fs::path path_;
  std::string label_;
  Files files_;
  Files beside_;  // of a bare WIM: itself and what lies in its folder and could be its parts
  std::vector<fs::path> folders_;
};

}  // namespace remedia
