// What images know beyond their tools, for tests: definitions, a kit of debuggers and symbols, in
// the folders of a project.
#pragma once

#include "incremental/space.h"
#include "support/debug_programs.h"
#include "support/signing.h"

namespace remedia::evidence {

/// The PDBs of a store, and the programs that ask for them. Made once per process.
const debug_programs::Pair& first_pair();   ///< a.pdb
const debug_programs::Pair& second_pair();  ///< b.pdb

/// Writes defs/mpam.exe (1.403.55.0 of 2026-11-15), defs/nis, kit, and store with both PDBs.
void fill(const Space& space);

/// fill() without b.pdb, and a recipe of an image "helpdesk" with all three words and of a stick
/// "helpdesk" that has the definitions and symbols of a second image on its data partition.
void fill_image_and_stick(const Space& space);

/// mpam-fe.exe whose package, not its files, is signed by `signer`.
std::string package_by(const signing::Identity& signer, const std::string& version,
                       const std::string& day = "2026-11-15");

/// What a recipe says of both PDBs: ids = { ... }
std::string ids();

}  // namespace remedia::evidence
