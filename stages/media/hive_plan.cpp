// What edits amount to, and what libhivex cannot write of it: known before anything is touched.
#include "media/hive_plan.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <set>

namespace remedia::hive {

namespace {

using Action = Edit::Action;

std::string describe(const Edit& edit);

// Long data is of no use to a reader.
std::string with_value(const Edit& edit) {
  if (edit.action != Action::set_value) return describe(edit);
  std::string text = registry_text(edit.value);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return fmt::format("{} to {}", describe(edit), text);
}

std::string describe(const Edit& edit) {
  std::string name = edit.value.name.empty() ? "(default)" : edit.value.name;
  switch (edit.action) {
    case Action::set_value:
      return fmt::format("set value '{}' of key '{}'", name, edit.key);
    case Action::delete_value:
      return fmt::format("delete value '{}' of key '{}'", name, edit.key);
    case Action::create_key:
      return fmt::format("create key '{}'", edit.key);
    case Action::delete_key:
      return fmt::format("delete key '{}'", edit.key);
  }
  return {};
}

class Planner {
 public:
  Planner(const Cells& cells, const fs::path& file, Plan& root)
      : cells_(cells), file_(file), root_(root) {
    root_.offset = cells.root();
    open(root_);
  }

  std::vector<Change> add(const std::vector<Edit>& edits) {
    std::vector<Change> changes;
    for (const Edit& each : edits) changes.push_back(add(each));
    settle(root_, "");
    return changes;
  }

 private:
  // Learns what the original holds in this key.
  void open(Plan& plan) const {
    KeyCells key = cells_.key(*plan.offset);
    plan.name = key.name();
    for (std::uint32_t child : key.children)
      plan.known[fold_case(cells_.key(child).name())] = child;
    for (std::uint32_t value : key.values) plan.before.push_back(cells_.value(value));
  }

  Plan& child(Plan& parent, const std::string& name) const {
    std::string folded = fold_case(name);
    auto [at, added] = parent.children.try_emplace(folded);
    Plan& plan = at->second;
    if (!added) return plan;
    plan.name = name;
    auto known = parent.known.find(folded);
    if (known == parent.known.end()) return plan;
    plan.offset = known->second;
    open(plan);
    return plan;
  }

  std::optional<RegistryValue> current_set() {
    const Plan& select = child(root_, "Select");
    auto at = find(select.before, "Current");
    if (at == select.before.end()) return std::nullopt;
    return *at;
  }

  static std::vector<RegistryValue>::const_iterator find(const std::vector<RegistryValue>& values,
                                                         const std::string& name) {
    std::string folded = fold_case(name);
    return std::find_if(values.begin(), values.end(),
                        [&](const RegistryValue& v) { return fold_case(v.name) == folded; });
  }

  std::vector<std::string> path_of_key(const Edit& each) {
    std::vector<std::string> names = split_key(each.key);
    std::string asked = names.empty() ? "" : names[0];
    resolve_control_set(
        names, [this] { return current_set(); }, file_);
    if (!names.empty() && names[0] != asked && !child(root_, names[0]).offset) {
      fail("registry hive '{}' lacks its current control set '{}'", file_.string(), names[0]);
    }
    if (names.empty() && each.action == Action::delete_key) {
      fail("the root key of a registry hive cannot be deleted ('{}')", file_.string());
    }
    return names;
  }

  Change add(const Edit& each) {
    check_value(each);
    std::vector<std::string> names = path_of_key(each);
    bool makes = each.action == Action::set_value || each.action == Action::create_key;
    Plan* plan = &root_;
    for (std::string& name : names) {
      plan = &child(*plan, name);
      if (makes && !plan->offset) check_key_name(name);
      if (makes && plan->wanted == nullptr) plan->wanted = &each;
      name = plan->name;
    }
    if (each.action == Action::delete_key) plan->gone = &each;
    Change change{join_key(names), "", each.action, std::nullopt, false};
    if (each.action == Action::create_key) change.already = plan->offset.has_value();
    if (each.action == Action::delete_key) change.already = !plan->offset;
    if (each.action == Action::set_value || each.action == Action::delete_value) {
      add_value(each, *plan, change);
    }
    return change;
  }

  static void add_value(const Edit& each, Plan& plan, Change& change) {
    auto [at, added] = plan.by_value.try_emplace(fold_case(each.value.name), &each);
    const Edit& other = *at->second;
    if (!added && (other.action != each.action ||
                   (each.action == Action::set_value && (other.value.type != each.value.type ||
                                                         other.value.data != each.value.data)))) {
      fail_contradiction(other, each);
    }
    auto before = find(plan.before, each.value.name);
    change.name = each.value.name;
    if (before != plan.before.end()) {
      change.name = before->name;
      change.before = *before;
    }
    change.already = each.action == Action::delete_value
                         ? !change.before
                         : change.before && change.before->type == each.value.type &&
                               change.before->data == each.value.data;
  }

  static void check_value(const Edit& each) {
    if (each.action != Action::set_value && each.action != Action::delete_value) return;
    const std::string& name = each.value.name;
    if (to_utf16le(name).size() / 2 > kMaxValueName || name.find('\0') != std::string::npos) {
      fail(
          "a value of registry key '{}' has a name that no hive can hold: at most {} units of "
          "UTF-16, no NUL",
          each.key, kMaxValueName);
    }
    if (each.action == Action::set_value && each.value.data.size() > kMaxValue) {
      fail("cannot {}: it has {} bytes, and libhivex writes at most {} as Windows reads them",
           describe(each), each.value.data.size(), kMaxValue);
    }
  }

  [[noreturn]] static void fail_contradiction(const Edit& one, const Edit& other) {
    fail("two edits of the registry contradict each other: {}; {}", with_value(one),
         with_value(other));
  }

  // All edits are known: what each key will hold, and whether libhivex can write it.
  void settle(Plan& plan, const std::string& path) {
    if (plan.gone != nullptr && plan.wanted != nullptr)
      fail_contradiction(*plan.gone, *plan.wanted);
    if (plan.gone == nullptr && (plan.offset || plan.wanted != nullptr)) {
      settle_values(plan, path);
      std::size_t children = plan.known.size();
      for (const auto& [name, child] : plan.children) children += child.is_new() ? 1 : 0;
      if (children > std::max(kMaxChildren, plan.known.size())) {
        fail("registry key '{}' would have {} subkeys; libhivex writes at most {}", path, children,
             kMaxChildren);
      }
    }
    for (auto& [name, child] : plan.children) {
      settle(child, path.empty() ? child.name : path + '\\' + child.name);
    }
  }

  static void settle_values(Plan& plan, const std::string& path) {
    std::vector<RegistryValue> after;
    std::map<std::string, const Edit*> fresh = plan.by_value;
    for (const RegistryValue& old : plan.before) {
      auto at = plan.by_value.find(fold_case(old.name));
      fresh.erase(fold_case(old.name));
      if (at == plan.by_value.end()) {
        after.push_back(old);
      } else if (at->second->action == Action::set_value) {
        after.push_back({old.name, at->second->value.type, at->second->value.data});
      }
    }
    for (const auto& [name, each] : fresh) {
      if (each->action == Action::set_value) after.push_back(each->value);
    }
    if (after == plan.before) return;
    check_values(after, path);
    plan.values = std::move(after);
  }

  // The values of the original are written anew with the others, and must survive that.
  static void check_values(const std::vector<RegistryValue>& values, const std::string& path) {
    if (values.size() > kMaxValues) {
      fail("registry key '{}' would have {} values; libhivex writes at most {}", path,
           values.size(), kMaxValues);
    }
    std::set<std::string> names;
    for (const RegistryValue& value : values) {
      if (value.data.size() > kMaxValue) {
        fail(
            "no value of registry key '{}' can be changed: its value '{}' has {} bytes, which "
            "libhivex would have to write anew and can only up to {}",
            path, value.name, value.data.size(), kMaxValue);
      }
      if (value.name.find('\0') != std::string::npos ||
          value.name.find("\ufffd") != std::string::npos ||
          !names.insert(fold_case(value.name)).second) {
        fail(
            "no value of registry key '{}' can be changed: the name '{}' of one of its values is "
            "not one that libhivex could write again",
            path, value.name);
      }
    }
  }

  const Cells& cells_;
  const fs::path& file_;
  Plan& root_;
};

}  // namespace

std::vector<Change> plan_edits(const Cells& cells, const fs::path& file,
                               const std::vector<Edit>& edits, Plan& root) {
  return Planner(cells, file, root).add(edits);
}

}  // namespace remedia::hive
