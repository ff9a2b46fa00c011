// What the parts of media/hive share.
#include "media/hive_lib.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace remedia::hive {

namespace {

constexpr std::string_view kCurrent = "CurrentControlSet";

}  // namespace

std::uint32_t get32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

// XOR of the 127 words before it; two results are reserved.
std::uint32_t checksum(std::string_view base_block) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 0x1fc; at += 4) sum ^= get32(base_block, at);
  if (sum == 0) return 1;
  return sum == 0xffffffff ? 0xfffffffe : sum;
}

// libhivex reports by errno; what its values mean was read off its manual.
std::string_view reason(int error) {
  switch (error) {
    case ENOMEM:
      return "there is not enough memory";
    case ERANGE:
      return "it is larger than libhivex handles";
    case EILSEQ:
      return "a name is not valid text";
    case ENOTSUP:
      return "it is not a hive that libhivex knows";
    case EFAULT:
    case EINVAL:
      return "it is damaged";
    default:
      return strerror(error);
  }
}

void check_base_block(std::string_view block, std::uint64_t size, const fs::path& file) {
  if (block.substr(0, 4) != "regf") fail("'{}' is not a registry hive", file.string());
  std::uint64_t expected = block.size() < kBaseBlock ? kBaseBlock : kBaseBlock + get32(block, 0x28);
  if (size < expected) {
    fail("registry hive '{}' is truncated: it has {} bytes of at least {}", file.string(), size,
         expected);
  }
  if (get32(block, 0x1fc) != checksum(block)) {
    fail("registry hive '{}' is damaged: the checksum of its base block is wrong", file.string());
  }
  if (get32(block, 0x04) != get32(block, 0x08)) {
    throw Failure(Diagnostic{
        .message = fmt::format("registry hive '{}' is dirty: sequence numbers {} and {}",
                               file.string(), get32(block, 0x04), get32(block, 0x08)),
        .hint = "its last changes are in its log; take it from a Windows that was shut down"});
  }
}

std::uint64_t check_file(const Fd& fd, const fs::path& file) {
  std::uint64_t size = Slice::whole(file).size();
  Slice slice{file, {{0, std::min<std::uint64_t>(size, kBaseBlock), false}}};
  std::string block(static_cast<std::size_t>(slice.size()), '\0');
  read_at(slice, fd.get(), 0, block);
  check_base_block(block, size, file);
  return size;
}

fs::path path_of(const Fd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

HivePtr open_hive(const Fd& fd, int flags, const fs::path& shown) {
  HivePtr hive(hivex_open(path_of(fd).c_str(), flags), hivex_close);
  if (!hive) fail("cannot open registry hive '{}': {}", shown.string(), reason(errno));
  return hive;
}

void check_key_name(std::string_view name) {
  bool plain = std::all_of(name.begin(), name.end(),
                           [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
  if (!plain || name.empty() || name.size() > kMaxKeyName) {
    fail("a registry key cannot be named '{}' here: 1 to {} ASCII characters without '\\'", name,
         kMaxKeyName);
  }
}

std::vector<std::string> split_key(std::string_view key) {
  std::vector<std::string> names;
  if (key.empty()) return names;
  for (std::size_t start = 0; start != std::string_view::npos;) {
    std::size_t end = key.find('\\', start);
    std::string_view name = key.substr(start, end == std::string_view::npos ? end : end - start);
    if (name.empty()) fail("registry key '{}' has an empty name in its path", key);
    names.emplace_back(name);
    start = end == std::string_view::npos ? end : end + 1;
  }
  if (names.size() >= static_cast<std::size_t>(kMaxDepth)) {
    fail("registry keys are nested more than {} deep", kMaxDepth);
  }
  return names;
}

std::string join_key(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, "\\"));
}

void resolve_control_set(std::vector<std::string>& names,
                         const std::function<std::optional<RegistryValue>()>& current,
                         const fs::path& file) {
  if (names.empty() || fold_case(names[0]) != fold_case(kCurrent)) return;
  std::optional<RegistryValue> value = current();
  if (!value || value->type != RegistryType::dword || value->data.size() != 4) {
    throw Failure(Diagnostic{
        .message = fmt::format("registry hive '{}' has no current control set: the number Current "
                               "of its key 'Select' is missing",
                               file.string()),
        .hint = "only a SYSTEM hive has one"});
  }
  std::uint32_t number = get32(value->data, 0);
  if (number == 0 || number > 999) {
    fail("registry hive '{}' has no current control set: 'Select\\Current' is {}", file.string(),
         number);
  }
  names[0] = fmt::format("ControlSet{:03}", number);
}

}  // namespace remedia::hive
