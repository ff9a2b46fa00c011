#pragma once

#include <filesystem>
#include <string>

namespace remedia::kinds {

/// `remedia help source MEDIUM`: what is found on a medium and where; as a recipe would find it.
std::string source_report(const std::filesystem::path& medium);

}  // namespace remedia::kinds
