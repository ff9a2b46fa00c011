#include "launcher/date.h"

#include "launcher/text.h"

namespace remedia::launcher {
namespace {

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

// Days from 0001-01-01 to the first of January of `year`.
int days_before(int year) {
  const int past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400;
}

constexpr int kEpoch = 719162;  // days_before(1970)

std::string padded(int value, std::size_t width) {
  std::string text = decimal(static_cast<unsigned>(value));
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

}  // namespace

std::optional<Date> make_date(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return std::nullopt;
  if (day < 1 || day > days_in(year, month)) return std::nullopt;
  int days = days_before(year) + day - 1;
  for (int earlier = 1; earlier < month; ++earlier) days += days_in(year, earlier);
  return Date{days - kEpoch};
}

std::optional<Date> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number(text.substr(0, 4), 9999);
  const auto month = parse_number(text.substr(5, 2), 12);
  const auto day = parse_number(text.substr(8, 2), 31);
  if (!year || !month || !day) return std::nullopt;
  return make_date(static_cast<int>(*year), static_cast<int>(*month), static_cast<int>(*day));
}

std::string to_string(Date date) {
  int rest = date.days + kEpoch;
  int year = rest / 366 + 1;  // never too late, at most a few years too early
  while (days_before(year + 1) <= rest) ++year;
  rest -= days_before(year);
  int month = 1;
  while (rest >= days_in(year, month)) rest -= days_in(year, month++);
  return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(rest + 1, 2);
}

}  // namespace remedia::launcher
