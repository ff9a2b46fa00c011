#include "launcher/expiry.h"

#include <algorithm>

namespace remedia::launcher {

Expiry check_expiry(const Policy& policy, Date today) {
  // `built` may be a fixed date for the sake of reproducible bytes; `as_of` never is.
  const Date made = std::max(policy.built, policy.as_of);
  if (today.days < made.days - 1) return {Validity::clock_wrong, 0, 0};
  if (!policy.expires) return {};

  const int over = today.days - policy.expires->days;
  if (over <= 0) return {Validity::ok, -over, 0};
  const int grace = static_cast<int>(policy.grace_days);
  if (policy.shell == Shell::winre) return {Validity::warn, 0, over};
  if (over <= grace) return {Validity::grace, grace - over, over};
  if (policy.expired == WhenExpired::read_only) return {Validity::read_only, 0, over};
  return {Validity::expired, 0, over};
}

}  // namespace remedia::launcher
