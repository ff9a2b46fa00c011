// What a recipe demands of the Windows that an image starts from: `requires` and `min_build`.
#pragma once

#include "graph/job.h"

namespace remedia::kinds {

/// `image` is what the source's stage found out about the base. The job's parameters hold
/// `requires` and `min_build`. Throws Failure with every package that is missing.
void check_demands(const graph::Job& job, const nlohmann::ordered_json& image);

}  // namespace remedia::kinds
