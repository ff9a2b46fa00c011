#include "launcher/drivers.h"

#include "launcher/text.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

constexpr std::size_t kMostErrors = 20;

bool before(const DriverEntry& a, const DriverEntry& b) { return a.id < b.id; }

}  // namespace

DriverIndex read_driver_index(std::string_view text) {
  DriverIndex index;
  if (!is_utf8(text)) {
    index.errors.push_back("the file is not UTF-8");
    return index;
  }
  unsigned number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() == 2 && !trimmed(fields[0]).empty() && !trimmed(fields[1]).empty()) {
      index.entries.push_back({upper_ascii(trimmed(fields[0])), std::string(trimmed(fields[1]))});
    } else if (index.errors.size() < kMostErrors) {
      index.errors.push_back("line " + decimal(number) + " is not 'ID<tab>path'");
    }
  }
  std::stable_sort(index.entries.begin(), index.entries.end(), before);
  return index;
}

std::vector<std::string> match_drivers(const DriverIndex& index,
                                       const std::vector<std::vector<std::string>>& devices) {
  std::vector<std::string> infs;
  for (const std::vector<std::string>& ids : devices) {
    for (const std::string& id : ids) {
      const auto [first, last] = std::equal_range(index.entries.begin(), index.entries.end(),
                                                  DriverEntry{upper_ascii(id), {}}, before);
      for (auto entry = first; entry != last; ++entry) {
        if (std::find(infs.begin(), infs.end(), entry->inf) == infs.end()) {
          infs.push_back(entry->inf);
        }
      }
      if (first != last) break;
    }
  }
  return infs;
}

}  // namespace remedia::launcher
