// Judges an edited hive: both files are walked side by side, cell by cell.
#include "formats/win_names.h"
#include "media/hive_plan.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::hive {

namespace {

class Judge {
 public:
  Judge(const Cells& before, const Cells& after) : before_(before), after_(after) {}

  void compare(std::uint32_t old_offset, std::uint32_t new_offset, const Plan* plan) const {
    KeyCells a = before_.key(old_offset), b = after_.key(new_offset);
    bool same = old_offset == new_offset && before_.security(a) == after_.security(b) &&
                before_.class_name(a) == after_.class_name(b) &&
                (plan == nullptr ? a.record == b.record : blank(a.record) == blank(b.record));
    if (!same) fail_result(a.name());
    if (plan != nullptr && plan->values) {
      compare_values(b, *plan->values);
    } else if (!std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                           [&](auto x, auto y) { return before_.same_value(x, after_, y); })) {
      fail_result(a.name());
    }
    compare_children(a, b, plan);
  }

 private:
  // Without the counts and lists of subkeys and values, and their greatest lengths.
  static std::string blank(std::string_view record) {
    std::string text(record);
    for (auto [at, size] : {std::pair{20, 4}, {28, 4}, {36, 8}, {52, 4}, {60, 8}}) {
      text.replace(static_cast<std::size_t>(at), static_cast<std::size_t>(size),
                   static_cast<std::size_t>(size), '\0');
    }
    return text;
  }

  void compare_values(const KeyCells& key, const std::vector<RegistryValue>& expected) const {
    if (!std::equal(key.values.begin(), key.values.end(), expected.begin(), expected.end(),
                    [&](auto at, const RegistryValue& v) { return after_.value(at) == v; })) {
      fail_result(key.name());
    }
  }

  // The old subkeys stand in their old order, less those deleted; the rest are the new ones.
  void compare_children(const KeyCells& a, const KeyCells& b, const Plan* plan) const {
    std::map<std::uint32_t, const Plan*> planned;
    std::map<std::string, const Plan*> fresh;
    if (plan != nullptr) {
      for (const auto& [name, child] : plan->children) {
        if (child.offset) planned[*child.offset] = &child;
        if (child.is_new()) fresh[name] = &child;
      }
    }
    std::size_t next = 0;
    for (std::uint32_t old : a.children) {
      auto at = planned.find(old);
      const Plan* child = at == planned.end() ? nullptr : at->second;
      if (child != nullptr && child->gone != nullptr) continue;
      while (next < b.children.size() && b.children[next] != old) take(b, next++, fresh);
      if (next == b.children.size()) fail_result(a.name());
      compare(old, b.children[next++], child);
    }
    while (next < b.children.size()) take(b, next++, fresh);
    if (!fresh.empty()) fail_result(a.name());
  }

  void take(const KeyCells& parent, std::size_t index,
            std::map<std::string, const Plan*>& fresh) const {
    KeyCells key = after_.key(parent.children[index]);
    auto at = fresh.find(fold_case(key.name()));
    if (at == fresh.end()) fail_result(parent.name());
    const Plan& plan = *at->second;
    fresh.erase(at);
    if (key.name() != plan.name || after_.security(key) != after_.security(parent)) {
      fail_result(plan.name);
    }
    compare_values(key, plan.values.value_or(std::vector<RegistryValue>{}));
    std::map<std::string, const Plan*> below;
    for (const auto& [name, child] : plan.children) {
      if (child.is_new()) below[name] = &child;
    }
    for (std::size_t i = 0; i < key.children.size(); ++i) take(key, i, below);
    if (!below.empty()) fail_result(plan.name);
  }

  [[noreturn]] static void fail_result(const std::string& key) {
    fail("libhivex wrote registry key '{}' otherwise than it was told", key);
  }

  const Cells& before_;
  const Cells& after_;
};

}  // namespace

void judge(const Cells& before, const Cells& after, const Plan& root) {
  Judge(before, after).compare(before.root(), after.root(), &root);
}

}  // namespace remedia::hive
