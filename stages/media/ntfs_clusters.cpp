#include "media/ntfs_clusters.h"

#include <algorithm>
#include <cerrno>

namespace remedia::ntfs {

bool ClusterMap::refresh() {
  if (free_ == volume_->free_clusters) return true;
  used_.resize(static_cast<std::size_t>((volume_->nr_clusters + 7) / 8));
  s64 size = static_cast<s64>(used_.size());
  if (ntfs_attr_pread(volume_->lcnbmp_na, 0, size, used_.data()) != size) return false;
  free_ = volume_->free_clusters;
  return true;
}

bool ClusterMap::is_used(LCN cluster) const {
  return (used_[static_cast<std::size_t>(cluster / 8)] >> (cluster % 8) & 1) != 0;
}

LCN ClusterMap::aligned_place(LCN from, s64 count, s64 step) const {
  auto round_up = [&](LCN cluster) { return (cluster + step - 1) / step * step; };
  LCN start = round_up(from);
  LCN at = start;
  while (start + count <= volume_->nr_clusters && at < start + count) {
    bool used = is_used(at++);
    if (used) at = start = round_up(at);
  }
  return start + count <= volume_->nr_clusters ? start : -1;
}

// All free pieces of [from, end), the largest first.
std::vector<Clusters> ClusterMap::free_pieces(LCN from, LCN end) const {
  std::vector<Clusters> pieces;
  for (LCN at = from; at < end; ++at) {
    if (is_used(at)) continue;
    bool goes_on = !pieces.empty() && pieces.back().first + pieces.back().count == at;
    if (!goes_on) pieces.push_back({at, 0});
    ++pieces.back().count;
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Clusters& a, const Clusters& b) { return a.count > b.count; });
  return pieces;
}

// The zone of the MFT, which is to grow there, comes last. Empty if there are not enough.
std::vector<Clusters> ClusterMap::in_pieces(s64 count) const {
  std::vector<Clusters> pieces = free_pieces(volume_->mft_zone_end, volume_->nr_clusters);
  std::vector<Clusters> last = free_pieces(0, volume_->mft_zone_end);
  pieces.insert(pieces.end(), last.begin(), last.end());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i].count = std::min(pieces[i].count, count);
    count -= pieces[i].count;
    if (count > 0) continue;
    pieces.resize(i + 1);
    return pieces;
  }
  return {};
}

bool ClusterMap::reserve(const Clusters& piece) {
  if (ntfs_bitmap_set_run(volume_->lcnbmp_na, piece.first, piece.count) != 0) return false;
  for (LCN at = piece.first; at < piece.first + piece.count; ++at) {
    std::uint8_t& byte = used_[static_cast<std::size_t>(at / 8)];
    byte = static_cast<std::uint8_t>(byte | 1 << at % 8);
  }
  volume_->free_clusters -= piece.count;
  free_ = volume_->free_clusters;
  return true;
}

std::vector<Clusters> ClusterMap::take(s64 count, s64 step) {
  if (!refresh()) return {};
  errno = ENOSPC;
  std::vector<Clusters> pieces;
  LCN place = aligned_place(step == 1 ? next_ : volume_->mft_zone_end, count, step);
  if (place >= 0) pieces.push_back({place, count});
  if (place >= 0 && step == 1) next_ = place + count;
  if (place < 0) pieces = in_pieces(count);
  for (const Clusters& piece : pieces) {
    if (!reserve(piece)) return {};
  }
  return pieces;
}

}  // namespace remedia::ntfs
