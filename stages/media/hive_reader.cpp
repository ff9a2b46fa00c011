// Answers about a few keys of a hive through libhivex, which maps the file: nothing else is
// decoded.
#include "formats/win_names.h"
#include "media/hive_lib.h"
#include "support/diagnostic.h"

#include <cerrno>
#include <cstring>

namespace remedia::hive {

struct Reader::State {
  fs::path file;
  Fd fd;
  HivePtr hive{nullptr, hivex_close};

  [[noreturn]] void fail_read(int error) const {
    fail("cannot read registry hive '{}': {}", file.string(), reason(error));
  }

  std::string text(char* utf8, std::size_t length) const {
    auto owner = owned(utf8);
    if (!owner) fail_read(errno);
    return {owner.get(), length};
  }

  std::string name(hive_node_h node) const {
    return text(hivex_node_name(hive.get(), node), hivex_node_name_len(hive.get(), node));
  }

  auto children(hive_node_h node) const {
    auto list = owned(hivex_node_children(hive.get(), node));
    if (!list) fail_read(errno);
    return list;
  }

  hive_node_h child(hive_node_h node, std::string_view wanted) const {
    std::string folded = fold_case(wanted);
    auto list = children(node);
    for (std::size_t i = 0; list[i] != 0; ++i) {
      if (fold_case(name(list[i])) == folded) return list[i];
    }
    return 0;
  }

  // 0 if there is none.
  hive_node_h find(const std::vector<std::string>& names) const {
    hive_node_h node = hivex_root(hive.get());
    if (node == 0) fail("cannot read registry hive '{}': it has no root key", file.string());
    for (const std::string& each : names) {
      if (node != 0) node = child(node, each);
    }
    return node;
  }

  hive_node_h resolved(std::string_view key) const {
    std::vector<std::string> names = split_key(key);
    std::string asked = names.empty() ? "" : names[0];
    resolve_control_set(
        names, [this] { return value(find({"Select"}), "Current"); }, file);
    if (!names.empty() && names[0] != asked && find({names[0]}) == 0) {
      fail("registry hive '{}' lacks its current control set '{}'", file.string(), names[0]);
    }
    return find(names);
  }

  std::optional<RegistryValue> value(hive_node_h node, std::string_view wanted) const {
    if (node == 0) return std::nullopt;
    auto list = owned(hivex_node_values(hive.get(), node));
    if (!list) fail_read(errno);
    std::string folded = fold_case(wanted);
    for (std::size_t i = 0; list[i] != 0; ++i) {
      std::string here =
          text(hivex_value_key(hive.get(), list[i]), hivex_value_key_len(hive.get(), list[i]));
      if (fold_case(here) == folded) return decoded(list[i], std::move(here));
    }
    return std::nullopt;
  }

  RegistryValue decoded(hive_value_h handle, std::string here) const {
    hive_type type = {};
    std::size_t length = 0;
    auto data = owned(hivex_value_value(hive.get(), handle, &type, &length));
    if (!data) fail_read(errno);
    // The type is any number that the hive holds, not only one that the enumeration has.
    std::uint32_t number = 0;
    static_assert(sizeof number == sizeof type);
    std::memcpy(&number, &type, sizeof number);
    return {std::move(here), static_cast<RegistryType>(number), {data.get(), length}};
  }
};

Reader::Reader(const fs::path& file) : state_(std::make_unique<State>()) {
  state_->file = file;
  state_->fd = Fd::open_read(file);
  check_file(state_->fd, file);
  state_->hive = open_hive(state_->fd, 0, file);
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::optional<RegistryValue> Reader::value(std::string_view key, std::string_view name) const {
  return state_->value(state_->resolved(key), name);
}

std::vector<std::string> Reader::children(std::string_view key) const {
  std::vector<std::string> names;
  hive_node_h node = state_->resolved(key);
  if (node == 0) return names;
  auto list = state_->children(node);
  for (std::size_t i = 0; list[i] != 0; ++i) names.push_back(state_->name(list[i]));
  return names;
}

bool Reader::has_key(std::string_view key) const { return state_->resolved(key) != 0; }

}  // namespace remedia::hive
