// May this image be used today? Protects against lost and outdated media; not against someone who
// writes to the stick, since Secure Boot does not verify what is inside boot.wim.
#pragma once

#include "launcher/policy.h"

namespace remedia::launcher {

enum class Validity {
  ok,
  warn,         ///< expired, but Windows' own menu is in charge: say so and go on
  grace,        ///< expired, within the days of grace
  read_only,    ///< expired: only tools of risk `low`
  expired,      ///< nothing but restart and shut down
  clock_wrong,  ///< the clock is before the image was made, as after a dead CMOS battery
};

struct Expiry {
  Validity validity = Validity::ok;
  int days_left = 0;  ///< until `expires` (ok), or until grace ends; 0 is the last day
  int days_over = 0;  ///< days since `expires`, when past
};

/// `today` is the PC's local date. A day less than as_of or built is no wrong clock: time zones
/// differ by more than a day, and Windows PE knows none.
Expiry check_expiry(const Policy& policy, Date today);

}  // namespace remedia::launcher
