// A countersignature is somebody else's word for the time; the other dates are what a tool wrote.
#include "media/definitions_date.h"

#include "formats/pe_debug.h"
#include "support/date.h"

#include <functional>

namespace remedia::definitions {

namespace {

// Before Defender there were no definitions; later dates are digests or rubbish.
bool can_be_true(std::int64_t time) {
  auto second = [](std::string_view day) {
    return days_of(day).time_since_epoch().count() * std::int64_t{86400};
  };
  return time >= second("2005-01-01") && time < second("2100-01-01");
}

std::optional<std::int64_t> time_of_filetime(std::uint64_t filetime) {
  constexpr std::uint64_t second = 10'000'000;
  constexpr std::uint64_t until_1970 = std::uint64_t{11'644'473'600} * second;
  if (filetime < until_1970) return std::nullopt;
  return static_cast<std::int64_t>((filetime - until_1970) / second);
}

std::optional<std::int64_t> countersigned(const Member& member) {
  return member.signer ? member.signer->countersigned : std::nullopt;
}

std::optional<std::int64_t> resource_date(const Member& member) {
  return time_of_filetime(member.version.date);
}

// Of a reproducible build it is a hash.
std::optional<std::int64_t> timestamp(const Member& member) {
  if (pe::is_reproducible(member.image)) return std::nullopt;
  return std::int64_t{member.image.header().timestamp};
}

}  // namespace

std::optional<Dated> date_of(const std::vector<const Member*>& newest,
                             const std::optional<signature::Signer>& package) {
  auto oldest = [&](std::optional<std::int64_t> (*time_of)(const Member&), const char* by) {
    std::optional<Dated> found;
    for (const Member* member : newest) {
      std::optional<std::int64_t> time = time_of(*member);
      if (time && can_be_true(*time) && (!found || *time < found->time)) found = Dated{*time, by};
    }
    return found;
  };
  if (auto dated = oldest(countersigned, "countersignature")) return dated;
  if (package && package->countersigned && can_be_true(*package->countersigned))
    return Dated{*package->countersigned, "countersignature"};
  if (auto dated = oldest(resource_date, "version resource")) return dated;
  return oldest(timestamp, "timestamp");
}

}  // namespace remedia::definitions
