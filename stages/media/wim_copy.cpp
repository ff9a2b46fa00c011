#include "media/wim_copy.h"

#include "media/wim_table.h"

#include <set>

namespace remedia::wim {

namespace {

// A name for the WIM as libwim shall see it.
std::string marked_name(Host& host, const Slice& wim, std::set<Sha1>& stored) {
  std::optional<Head> head = read_head(wim);
  if (!head || !head->compressed_for_boot()) return host.add_file(wim);
  std::optional<std::string> table = read_table_bytes(wim, *head);
  if (!table) return host.add_file(wim);
  mark_stored(*table, stored);
  std::uint64_t end = head->table.offset + head->table.stored;
  return host.add_parts({{part_of(wim, 0, head->table.offset), {}},
                         {{}, *table},
                         {part_of(wim, end, wim.size() - end), {}}});
}

}  // namespace

Handle open_for_copy(Host& host, const std::vector<Slice>& parts, std::string_view shown) {
  std::set<Sha1> stored;
  std::vector<std::string> names;
  for (const Slice& part : parts) names.push_back(marked_name(host, part, stored));
  Handle wim = open_wim(host, names.front(), 0, shown);
  names.erase(names.begin());
  reference(host, wim.get(), names, shown);
  host.edit_table(
      [stored = std::move(stored)](std::span<char> table) { unmark_stored(table, stored); });
  return wim;
}

}  // namespace remedia::wim
