// `remedia fetch`: brings the downloads of a project into its roots, each of them just as the lock
// files of the recipes say. The one command that uses the network; no build does.
#pragma once

#include "graph/build.h"
#include "kinds/lock_file.h"

#include <functional>
#include <string>

namespace remedia::kinds {

/// Signer, version and date of definitions; of other words the signature inside a program and no
/// version. Without anchors, since only a build knows them: a signer is the same by its
/// certificate.
LockEntry examine_signed(const LockEntry& locked, const fs::path& file);

struct FetchRequest {
  graph::BuildRequest build = {};  ///< recipes and definitions
  std::string only = {};           ///< a word of the recipe language, or "@root/file"; "": all
  bool first = false;              ///< also what no lock file has, as it is
  bool check = false;              ///< brings nothing, only looks
  std::uint64_t max_size = 16 * (std::uint64_t{1} << 30);  ///< of what the lock does not bound
};

/// Brings what is not there as it is locked; `say` hears a line of each download when it is done.
/// The file that was there stays until the new one is verified. Throws Failure with the errors of
/// all downloads, when all others are done. With `check`: false if something is missing, differs or
/// is in no lock file, of which `say` hears; else true.
bool fetch(const FetchRequest& request, const std::function<void(const std::string&)>& say);

}  // namespace remedia::kinds
