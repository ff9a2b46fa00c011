// Calendar dates as counts of days, so that "30 days later" is an addition.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace remedia::launcher {

/// A day of the Gregorian calendar, 0001-01-01 to 9999-12-31; day 0 is 1970-01-01.
struct Date {
  int days = 0;

  auto operator<=>(const Date&) const = default;
};

/// `year`-`month`-`day`, or nothing if there is no such day.
std::optional<Date> make_date(int year, int month, int day);

/// `2026-12-20`, exactly so.
std::optional<Date> parse_date(std::string_view text);

/// The same text again.
std::string to_string(Date date);

}  // namespace remedia::launcher
