// The libraries whose version decides bytes: with other ones, equal recipes may give other images.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace remedia {

/// Name and version, in a fixed order, this program first.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace remedia
