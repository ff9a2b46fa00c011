// Days of the calendar, as recipes, policies and manifests write them: YYYY-MM-DD, UTC.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace remedia {

/// Of a text that is a date; what comes out for another is of no use, but no error.
std::chrono::sys_days days_of(std::string_view date);

/// Years from 0 to 9999.
std::string date_text(std::chrono::sys_days day);

/// The day of a second since 1970.
std::string date_of_clock(std::int64_t clock);

}  // namespace remedia
