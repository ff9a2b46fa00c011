// WIMs that capture() wrote before, from which it may take compressed data.
//
// Raw data is not looked at when it is copied, and a donor lies in a folder where it may be half
// written, damaged, or another file of that name by now. So whoever wrote it notes its seal, and it
// is opened only by that.
#pragma once

#include "media/wim_table.h"
#include "support/file.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remedia::wim {

/// SHA-256 (hex) of all that the WIM's integrity table does not cover: the header, and what lies
/// behind the table of contents. As the integrity table itself is part of that, the seal stands for
/// every byte, and costs nothing to make. Nothing if the file is not a WIM with an integrity table.
/// Throws Failure if it cannot be read.
std::optional<std::string> seal_of(const Slice& wim);

/// A WIM with the seal that it should have, and all its bytes as they were sealed. It is open:
/// nobody can take it away or put another one in its place.
class Donor {
 public:
  /// Nothing if `file` is not that: gone, no plain file (a link is none), damaged, another one. Of
  /// one file of this size, this reads all; of other files, next to nothing.
  static std::optional<Donor> open(const fs::path& file, std::uint64_t size, std::string_view seal);

  const Slice& slice() const { return slice_; }

 private:
  Donor(Fd fd, Slice slice) : fd_(std::move(fd)), slice_(std::move(slice)) {}

  Fd fd_;
  Slice slice_;  ///< of the file as this process has it open
};

/// Makes `out` the donor's bytes, but for the GUID: what capture() would write if the two had equal
/// images, equal contents and equal options.
void copy_donor(const Donor& donor, const std::array<std::uint8_t, 16>& guid, const fs::path& out);

}  // namespace remedia::wim
