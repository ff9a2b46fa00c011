// The folder that takes a recovery image to PCs, and how large a recovery partition must be.
#pragma once

#include "graph/graph.h"
#include "graph/job.h"
#include "support/byte_size.h"
#include "support/tree.h"

#include <algorithm>
#include <string>

namespace remedia::kinds {

/// How large the partition must be, by each of the rules that are known, in bytes.
struct PartitionRules {
  std::uint64_t image = 0;
  std::uint64_t sdi = 0;
  std::uint64_t file_system = 0;
  // Updates of Windows RE fail on partitions with less room (KB5028997).
  std::uint64_t headroom = 250 * kMiB;
  // What Setup of 23H2 was seen to ask for: the image and 52 MiB.
  std::uint64_t setup = 52 * kMiB;
  // The smallest that Microsoft documents for partitions of its recovery images.
  std::uint64_t floor = 500 * kMiB;

  std::uint64_t with_headroom() const { return image + sdi + file_system + headroom; }
  std::uint64_t least() const {
    return round_up(std::max({with_headroom(), image + setup, floor}), kMiB);
  }

  nlohmann::ordered_json json() const {
    return {{"image", image},
            {"boot_sdi", sdi},
            {"file_system", file_system},
            {"servicing_headroom", headroom},
            {"with_headroom", with_headroom()},
            {"image_and_setup", image + setup},
            {"floor", floor},
            {"least", least()}};
  }
};

PartitionRules rules_for(std::uint64_t image, std::uint64_t sdi);

/// Of the source whose boot files are the parameter `boot_tree`; throws Failure if it has none.
TreeEntry boot_sdi(const graph::Job& job);

/// Plans OUT/RECIPE/NAME/recovery/ for a `partition`. Its record is added to those of `planned`.
void plan_recovery(graph::Planner& planner, const recipe::NodeRef& node, const std::string& name,
                   const graph::Planned& image, graph::Planned& planned);

}  // namespace remedia::kinds
