// Which parts there are, from their headers alone.
#include "media/wim_split.h"

#include "formats/win_names.h"
#include "media/wim_table.h"
#include "support/diagnostic.h"

#include <map>

namespace remedia::wim {

namespace {

// "install" of "install.swm", of part 1, and of "install3.swm", of part 3.
std::string stem_of(std::string_view shown, unsigned part) {
  constexpr std::string_view kExtension = ".swm";
  std::string folded = fold_case(shown);
  if (!folded.ends_with(fold_case(kExtension))) return "NAME";
  std::string stem(shown.substr(0, shown.size() - kExtension.size()));
  std::string number = std::to_string(part);
  if (part > 1 && stem.ends_with(number)) stem.resize(stem.size() - number.size());
  return stem;
}

std::string all_names(std::string_view shown, const Head& head) {
  std::string stem = stem_of(shown, head.part);
  if (head.parts == 2) return fmt::format("{0}.swm and {0}2.swm", stem);
  return fmt::format("{0}.swm and {0}2.swm to {0}{1}.swm", stem, head.parts);
}

[[noreturn]] void fail_parts(std::string message, std::string_view shown, const Head& head) {
  throw Failure(
      Diagnostic{.message = std::move(message),
                 .hint = fmt::format("all its parts belong beside each other: {}; or join them "
                                     "first (wimjoin)",
                                     all_names(shown, head))});
}

unsigned checked_number(const Head& first, const Slice& part, std::string_view shown) {
  std::optional<Head> head = read_head(part);
  std::string name = part.file.string();
  if (!head) fail("'{}' is not a part of '{}': it is no WIM", name, shown);
  if (head->guid != first.guid || head->parts != first.parts) {
    fail("'{}' is not a part of '{}': it is part {} of {} of another WIM", name, shown, head->part,
         head->parts);
  }
  if (head->part < 1 || head->part > first.parts) {
    fail("'{}' is damaged: it is part {} of {}", name, head->part, first.parts);
  }
  return head->part;
}

std::string missing_numbers(const std::map<unsigned, Slice>& parts, unsigned count) {
  std::string text;
  unsigned missing = 0;
  for (unsigned number = 1; number <= count; ++number) {
    if (parts.contains(number)) continue;
    if (++missing > 8) return text + ", ...";
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  }
  return text;
}

}  // namespace

std::vector<Slice> ordered_parts(const Slice& slice, std::string_view shown,
                                 const std::vector<Slice>& more_parts) {
  std::optional<Head> first = read_head(slice);
  if (!first || first->part < 1 || first->part > first->parts) return {slice};
  if (first->parts == 1) {
    if (more_parts.empty()) return {slice};
    fail("'{}' is a whole WIM; '{}' cannot be a part of it", shown,
         more_parts.front().file.string());
  }
  if (more_parts.empty() && first->part > 1) {
    throw Failure(Diagnostic{
        .message =
            fmt::format("'{}' is part {} of {} of a split WIM", shown, first->part, first->parts),
        .hint = fmt::format("name the first: {}.swm", stem_of(shown, first->part))});
  }
  if (more_parts.empty()) {
    fail_parts(
        fmt::format("'{}' is part {} of {} of a split WIM", shown, first->part, first->parts),
        shown, *first);
  }
  std::map<unsigned, Slice> parts{{first->part, slice}};
  for (const Slice& part : more_parts) {
    unsigned number = checked_number(*first, part, shown);
    auto [it, added] = parts.emplace(number, part);
    if (!added) {
      fail("part {} of '{}' is there twice: '{}' and '{}'", number, shown, it->second.file.string(),
           part.file.string());
    }
  }
  if (parts.size() != first->parts) {
    fail_parts(fmt::format("the split WIM '{}' lacks part {} of {}", shown,
                           missing_numbers(parts, first->parts), first->parts),
               shown, *first);
  }
  std::vector<Slice> ordered;
  for (auto& [number, part] : parts) ordered.push_back(std::move(part));
  return ordered;
}

}  // namespace remedia::wim
