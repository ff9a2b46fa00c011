#include "media/volume_file.h"

#include <algorithm>

namespace remedia {

std::uint64_t VolumeFile::size() const {
  if (auto* bytes = std::get_if<std::string>(&content)) return bytes->size();
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 63) - 1;
  std::uint64_t total = 0;
  for (const Extent& e : std::get<Slice>(content).extents) {
    total += std::min(e.length, kMost - total);
  }
  return total;
}

void VolumeFile::write_content(int out, std::uint64_t offset, const fs::path& out_name) const {
  if (auto* bytes = std::get_if<std::string>(&content)) {
    return write_at(out, *bytes, offset, out_name);
  }
  const Slice& slice = std::get<Slice>(content);
  for (const Extent& e : slice.extents) {
    if (!e.hole) copy_to({slice.file, {e}}, out, offset, out_name);
    offset += e.length;
  }
}

}  // namespace remedia
