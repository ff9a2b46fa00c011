// Which clusters the content of files gets. For ntfs_fill.cpp; others want ntfs.h.
//
// libntfs-3g begins at the middle of a volume, and does not find all that is free when little is;
// and large files are better aligned, for copies that are clones.
#pragma once

#include "media/ntfs_lib.h"

#include <cstdint>
#include <vector>

namespace remedia::ntfs {

/// Consecutive clusters.
struct Clusters {
  LCN first = 0;
  s64 count = 0;
};

class ClusterMap {
 public:
  /// Wants a volume whose free clusters were counted (ntfs_volume_get_free_space).
  explicit ClusterMap(ntfs_volume* volume) : volume_(volume), next_(volume->mft_zone_end) {}

  /// Reserves `count` clusters: in one piece that begins at a multiple of `step`, if there is one;
  /// else in the largest pieces that are free, those near the MFT last. Empty, with errno set, if
  /// they are not to be had.
  std::vector<Clusters> take(s64 count, s64 step);

 private:
  bool refresh();
  bool is_used(LCN cluster) const;
  LCN aligned_place(LCN from, s64 count, s64 step) const;
  std::vector<Clusters> free_pieces(LCN from, LCN end) const;
  std::vector<Clusters> in_pieces(s64 count) const;
  bool reserve(const Clusters& piece);

  ntfs_volume* volume_;
  s64 free_ = -1;  ///< when `used_` was read; fewer: libntfs-3g took some (nothing is given back)
  std::vector<std::uint8_t> used_;
  LCN next_;  ///< where pieces that need no alignment go on
};

}  // namespace remedia::ntfs
