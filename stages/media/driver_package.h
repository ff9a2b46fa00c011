// Driver packages: an INF with the files that it needs, found in a folder or pack of the user.
#pragma once

#include "formats/inf_driver.h"
#include "formats/signature.h"
#include "support/diagnostic.h"
#include "support/tree.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::drivers {

/// What one path of a recipe holds; targets are paths from there. Names match in any case.
class Folder {
 public:
  /// `image_digests`: of each program, by its SHA-256, that of what Authenticode covers. Both must
  /// outlive this.
  Folder(std::string written, const std::vector<TreeEntry>& entries,
         const std::map<std::string, std::string>& image_digests);

  const std::string& written() const { return written_; }
  const std::vector<TreeEntry>& entries() const { return entries_; }
  /// Null if there is none. Throws Failure if there are two that differ in case only.
  const TreeEntry* find(const std::string& path) const;
  /// Another file of that name, for hints; null if there is none.
  const TreeEntry* find_elsewhere(std::string_view name) const;
  std::string image_digest(const TreeEntry& entry) const;  ///< "" if it is no program

  /// The INFs and templates (.inf, .inx), by path.
  std::vector<const TreeEntry*> infs() const;
  /// An INF as text; read once. Throws Failure as inf::File, and if its bytes changed since the
  /// folder was listed.
  const inf::File& inf_file(const TreeEntry& entry) const;
  void forget_infs() const;  ///< ends the references that inf_file() gave; INFs are large in memory
  /// The bytes of a small file, as they were when it was listed. Throws Changed.
  static std::string read(const TreeEntry& entry, std::uint64_t limit);

 private:
  std::string written_;
  const std::vector<TreeEntry>& entries_;
  const std::map<std::string, std::string>& image_digests_;
  std::map<std::string, std::vector<const TreeEntry*>> by_path_;
  std::map<std::string, const TreeEntry*> by_name_;
  mutable std::map<const TreeEntry*, std::unique_ptr<inf::File>> files_;
};

/// A file is not what it was when the folder was listed.
class Changed : public Failure {
 public:
  explicit Changed(const TreeEntry& entry);
  const std::string& origin() const { return origin_; }

 private:
  std::string origin_;
};

/// One file of a package: where it lies below the INF's folder.
struct PackageFile {
  std::string path;  ///< '/' between names
  const TreeEntry* entry = nullptr;
};

/// What one INF brings, and the catalogue that has to list it. More than one if it copies others
/// (CopyINF).
struct PackagePart {
  const TreeEntry* inf = nullptr;
  std::string catalog_name = {};        ///< "": its INF names none
  const TreeEntry* catalog = nullptr;   ///< null: it names none, or it is not there
  std::vector<PackageFile> files = {};  ///< the INF and its closure, without the catalogue
};

/// Hardware and compatible ids of devices, upper case, sorted, each once.
struct Ids {
  std::vector<std::string> hardware = {};
  std::vector<std::string> compatible = {};
};

struct Package {
  const Folder* folder = nullptr;
  const TreeEntry* inf = nullptr;
  inf::Driver driver = {};
  Ids ids = {};  ///< of all devices
  std::vector<PackagePart> parts = {};
  std::vector<PackageFile> files = {};  ///< of all parts, catalogues included, each once, by path
  std::uint64_t size = 0;               ///< bytes of them
  std::string id = {};  ///< "e1d-1a2b3c4d": name and digest of the closure; its folder in the image

  std::string name() const;  ///< of the INF's file
  std::string shown() const { return inf->origin; }
};

/// Reads an INF and works out what it needs, for one kind of Windows. Files are resolved only if it
/// serves that. Throws a Failure with everything that is wrong: what inf::describe() finds, and
/// files of the closure that are not there.
///
/// Of a driver that `wanted` turns down nothing more is asked.
Package read_package(const Folder& folder, const TreeEntry& inf, const inf::Target& target,
                     const std::function<bool(const inf::Driver&)>& wanted = {});

/// Whose signature a package has. Every file of the closure has to be in the catalogue of its INF.
/// Throws Failure: no catalogue, a damaged or tampered one, a foreign signer, files that it does
/// not list.
signature::Signer check_catalogue(const Package& package, const signature::Policy& policy);

/// Whether `package` has everything that `other` has devices for.
bool serves_all_of(const Package& package, const Package& other);

/// Whether it only adds to the driver that a device has (an extension INF).
bool is_extension(const inf::Driver& driver);

Ids ids_of(const inf::Driver& driver);

}  // namespace remedia::drivers
