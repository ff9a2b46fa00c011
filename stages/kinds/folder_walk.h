// What a folder of the user holds: for the stages that list overlays and drivers.
#pragma once

#include "graph/job.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::kinds {

struct FoundFile {
  std::string path;  ///< from the folder that was walked, '/' between names; "" for itself
  fs::path file;
  std::string shown;  ///< for people: as the recipe writes it
  bool directory = false;
  std::uint64_t size = 0;
};

/// All files and folders, each folder before what it holds, by name. Every folder that was looked
/// into is declared as read; files are for the caller to declare. Links to files are followed. A
/// `.gitkeep` stays out. Throws Failure: links to folders and to nowhere, devices, what cannot be
/// read, what an interrupted `remedia fetch` left.
std::vector<FoundFile> walk_folder(graph::Job& job, const fs::path& folder,
                                   const std::string& written);

}  // namespace remedia::kinds
