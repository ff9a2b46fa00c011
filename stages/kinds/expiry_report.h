// `remedia check --at DATE`: which images will have expired on a day.
#pragma once

#include "graph/build.h"

#include <string>

namespace remedia::kinds {

struct ExpiryReport {
  std::string
      text;  ///< for people: the images that have expired, oldest first; those that never do
  bool expired = false;  ///< whether one has
};

/// Looks at every image that the recipes build. The expiry is the last good day: an image that
/// expires 2026-12-21 has expired on 2026-12-22; days of grace do not count. Throws Failure if `at`
/// is no day of the calendar as "YYYY-MM-DD".
ExpiryReport expiry_report(const graph::Plan& plan, const std::string& at);

}  // namespace remedia::kinds
