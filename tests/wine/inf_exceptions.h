// What we read otherwise than the SetupAPI of Wine, one by one.
#pragma once

#include <string>
#include <vector>

namespace remedia::wine {

struct Exception {
  const char* why;
  std::string bytes;  ///< of the INF
  std::string wine;   ///< its dump, without_head
  std::string ours;
};

std::vector<Exception> exceptions();

/// A dump without the section that every exception begins with, if it is there.
std::string without_head(const std::string& dump);

}  // namespace remedia::wine
