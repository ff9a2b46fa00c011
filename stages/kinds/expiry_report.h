// `remedia check --at DATE`: which images will have expired on a day, and whose definitions will be
// stale.
#pragma once

#include "graph/build.h"

#include <string>

namespace remedia::kinds {

struct ExpiryReport {
  /// For people: the images that have expired, and those with definitions, by date; those that
  /// never expire.
  std::string text;
  bool expired = false;  ///< whether an image has expired, or definitions are stale
};

/// Looks at every image that the recipes build, and into the packages of definitions as they are
/// now. The expiry is the last good day: an image that expires 2026-12-21 has expired on
/// 2026-12-22; days of grace do not count. So it is with the last day of definitions. Throws
/// Failure if `at` is no day of the calendar as "YYYY-MM-DD", and for definitions that cannot be
/// read, or of which nothing says how old they are.
ExpiryReport expiry_report(const graph::Plan& plan, const std::string& at);

}  // namespace remedia::kinds
