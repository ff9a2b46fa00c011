// What a component was made from, noted beside it: so that another run, of the same stage or of one
// with much the same files, takes the compressed data instead of compressing again.
#pragma once

#include "kinds/component.h"
#include "media/wim_donor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace remedia::kinds {

/// A content as both trees and WIMs know it.
struct MadeContent {
  std::string sha1;
  std::uint64_t size = 0;

  bool operator==(const MadeContent&) const = default;
};

struct Made {
  std::string maker = {};  ///< digest of program and options: others compress in another way
  std::string shape = {};  ///< digest of all that the WIM depends on, but for its GUID
  std::string seal = {};   ///< of the WIM, see wim_donor.h
  std::uint64_t wim_size = 0;
  std::map<std::string, MadeContent> contents = {};  ///< by SHA-256, without the empty one

  bool operator==(const Made&) const = default;
};

/// Lower-case digests; equal notes are equal texts.
std::string write_made(const Made& made);
/// Nothing if the text is not, byte for byte, what write_made() wrote.
std::optional<Made> read_made(const std::string& text);

std::string shape_of(const std::vector<TreeEntry>& entries);

/// What there is to be had for a component.
struct Donors {
  std::optional<wim::Donor> twin;  ///< the same but for its GUID; then there are no others
  std::vector<wim::Donor> others;
  Sha1BySha256 digests;  ///< of the contents that they have
};

/// Looks at the component `output` as an earlier run left it, and at others beside it by name, if
/// `maker` made them too; never elsewhere. Their number, and the bytes read of notes, are bounded;
/// a WIM is only opened to be used. What is damaged is passed over in silence: all that this finds
/// saves time, and the result is the same without. Notes whose component is gone are removed.
Donors find_donors(const fs::path& output, const std::string& maker,
                   const std::vector<TreeEntry>& entries);

}  // namespace remedia::kinds
