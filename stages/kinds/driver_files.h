#pragma once

#include "graph/graph.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Plans the listing of one path of `drivers`: `file` is a tree, whose targets are paths from
/// there; the part "digests" names the file that read_image_digests() reads.
graph::Planned plan_driver_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                 const graph::SourcePath& path);

/// By SHA-256 of a file, that of what Authenticode covers, for each that is a program.
using ImageDigests = std::map<std::string, std::string>;
void read_image_digests(const fs::path& file, ImageDigests& digests);

}  // namespace remedia::kinds
