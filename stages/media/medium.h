// What a user calls "the Windows medium": an ISO, a folder with the same layout, or a bare WIM.
//
// All three are asked the same question, "where are the bytes of sources/boot.wim?", in any case,
// and answer with a Slice; nothing is copied or mounted.
#pragma once

#include "support/file.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct MediumFile {
  std::string path;  ///< as spelt on the medium
  Slice content;
};

class Medium {
 public:
  enum class Kind { iso, folder, wim };

  /// Throws Failure: nothing that holds Windows, a damaged volume, names that differ only in case.
  explicit Medium(const fs::path& path);

  Kind kind() const { return kind_; }
  const fs::path& path() const { return path_; }
  const std::string& label() const { return label_; }  ///< of the volume; empty for other kinds
  /// Null if it is not there (always, on a bare WIM).
  const MediumFile* find(std::string_view path) const;
  /// The files directly in a folder whose names end so: `boot/fonts`, `.ttf`; sorted.
  std::vector<const MediumFile*> list(std::string_view folder, std::string_view ending) const;
  /// Folders that were walked: adding a file to one of them may change an answer.
  const std::vector<fs::path>& folders() const { return folders_; }

 private:
  void read_iso();
  void read_folder();
  void add(std::string path, Slice content);

  Kind kind_ = Kind::iso;
  fs::path path_;
  std::string label_;
  std::map<std::string, MediumFile> files_;  // by folded path
  std::vector<fs::path> folders_;
};

}  // namespace remedia
