#include "support/date.h"

#include <charconv>

#include <fmt/core.h>

namespace remedia {

std::chrono::sys_days days_of(std::string_view date) {
  auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    if (at + size <= date.size()) std::from_chars(&date[at], &date[at] + size, value);
    return value;
  };
  return std::chrono::year(number(0, 4)) / number(5, 2) / number(8, 2);
}

std::string date_text(std::chrono::sys_days day) {
  std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string date_of_clock(std::int64_t clock) {
  return date_text(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(clock))));
}

}  // namespace remedia
