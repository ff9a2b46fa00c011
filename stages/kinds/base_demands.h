// What a recipe demands of the Windows that an image starts from: `requires` and `min_build`.
#pragma once

#include "graph/job.h"
#include "media/base_facts.h"

namespace remedia::kinds {

/// Versions and packages of the base, from what the source's stage found out about it.
BaseFacts base_facts_of(const nlohmann::ordered_json& image);

/// `image` is what the source's stage found out about the base. The job's parameters hold
/// `requires` and `min_build`. Throws Failure with every package that is missing.
void check_demands(const graph::Job& job, const nlohmann::ordered_json& image);

}  // namespace remedia::kinds
