// What a graph reads that git does not keep: media, definitions, debuggers, symbols, drivers and
// tools below a root ("@media/..."). One record for each word lists them as a lock file does.
#pragma once

#include "graph/graph.h"
#include "kinds/lock_file.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Plans a record for each word that reads something; by word.
std::map<std::string, std::string> plan_inputs(graph::Planner& planner);

/// An entry, and how the recipe writes what it belongs to (of a folder it may be one file).
struct FoundInput {
  LockEntry entry;
  std::string written;
};

std::vector<FoundInput> read_inputs(const fs::path& record);

}  // namespace remedia::kinds
