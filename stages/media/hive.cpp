// Registry hives through libhivex, which edits them but can make none and trusts them a good deal.
//
// Written: an empty hive of our own bytes (base block, one bin holding root key, security
// descriptor and free space), which libhivex fills inside a memfd. It copies time stamps and
// security from the parent key, so all stamps stay zero and the same keys give the same bytes.
// Read: the base block is judged here first, since libhivex ignores dirt and logs; then every key
// and value is charged to a budget of the file's size, so that no crafted hive can refer to the
// same cells again and again and grow without end.
#include "media/hive_lib.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include <sys/mman.h>
#include <unistd.h>

namespace remedia::hive {

namespace {

constexpr std::size_t kBin = 4096;

// --- the empty hive ---

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.at(at + i) = static_cast<char>(value >> (8 * i));
}

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  put(bytes, 0, value, size);
  return bytes;
}

std::string base_block(const WriteOptions& options) {
  std::string block(kBaseBlock, '\0');
  block.replace(0, 4, "regf");
  put(block, 0x04, 1, 4);  // two sequence numbers; equal: clean
  put(block, 0x08, 1, 4);
  put(block, 0x14, 1, 4);  // version 1.x
  put(block, 0x18, options.minor_version, 4);
  put(block, 0x20, 1, 4);     // format: memory load
  put(block, 0x24, 0x20, 4);  // the root key, behind the header of the first bin
  put(block, 0x28, kBin, 4);
  put(block, 0x2c, 1, 4);
  std::string name = to_utf16le(options.file_name);
  if (name.size() > 62) name.erase(0, name.size() - 62);
  block.replace(0x30, name.size(), name);
  put(block, 0x1fc, checksum(block), 4);
  return block;
}

std::string sid(std::initializer_list<std::uint32_t> authorities) {
  std::string bytes = little(1, 1) + little(authorities.size(), 1) + std::string(5, '\0') + '\5';
  for (std::uint32_t authority : authorities) bytes += little(authority, 4);
  return bytes;
}

// Allow everything on this key and those below it.
std::string full_access(const std::string& who) {
  return little(0, 1) + little(2, 1) + little(8 + who.size(), 2) + little(0xf003f, 4) + who;
}

// O:BA G:SY D:(A;CI;KA;;;BA)(A;CI;KA;;;SY)
std::string security_descriptor() {
  std::string administrators = sid({32, 544});
  std::string system = sid({18});
  std::string entries = full_access(administrators) + full_access(system);
  std::string acl = little(2, 2) + little(8 + entries.size(), 2) + little(2, 4) + entries;
  std::size_t owner = 20 + acl.size();
  return little(1, 2) + little(0x8004, 2) + little(owner, 4) +
         little(owner + administrators.size(), 4) + little(0, 4) + little(20, 4) + acl +
         administrators + system;
}

// A used cell: its negative size, its content, padded to 8 bytes.
std::string cell(const std::string& content) {
  std::size_t size = (4 + content.size() + 7) / 8 * 8;
  std::string bytes = little(0 - static_cast<std::uint64_t>(size), 4) + content;
  bytes.resize(size, '\0');
  return bytes;
}

std::string root_key(const std::string& name, std::size_t security_offset) {
  std::string key(76, '\0');
  key.replace(0, 2, "nk");
  put(key, 2, 0x2c, 2);    // root, not to be deleted, name in one byte per character
  put(key, 16, kNone, 4);  // parent
  put(key, 28, kNone, 4);  // lists of subkeys, volatile subkeys, values
  put(key, 32, kNone, 4);
  put(key, 40, kNone, 4);
  put(key, 44, security_offset, 4);
  put(key, 48, kNone, 4);  // class
  put(key, 72, name.size(), 2);
  return key + name;
}

std::string security_cell(std::size_t offset) {
  std::string descriptor = security_descriptor();
  return cell("sk" + little(0, 2) + little(offset, 4) + little(offset, 4) + little(1, 4) +
              little(descriptor.size(), 4) + descriptor);
}

// The root key comes first: Windows always has it there, and some readers look nowhere else.
std::string empty_hive(const std::string& root_name, const WriteOptions& options) {
  std::string bin = "hbin" + little(0, 4) + little(kBin, 4);
  bin.resize(0x20, '\0');
  std::size_t security_offset = bin.size() + cell(root_key(root_name, 0)).size();
  bin += cell(root_key(root_name, security_offset)) + security_cell(security_offset);
  bin += little(kBin - bin.size(), 4);  // the free rest
  bin.resize(kBin, '\0');
  return base_block(options) + bin;
}

// --- writing ---

std::string upper(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

void check_value(const RegistryKey& key, const RegistryValue& value) {
  if (value.data.size() > kMaxValue) {
    fail("value '{}' of registry key '{}' has {} bytes; a hive written here holds at most {}",
         value.name, key.name, value.data.size(), kMaxValue);
  }
  std::size_t length = to_utf16le(value.name).size() / 2;
  if (length > kMaxValueName || value.name.find('\0') != std::string::npos) {
    fail("a value of registry key '{}' has a name that no hive can hold", key.name);
  }
}

void check_values(const RegistryKey& key) {
  if (key.values.size() > kMaxValues) {
    fail("registry key '{}' has {} values; libhivex writes at most {}", key.name, key.values.size(),
         kMaxValues);
  }
  std::set<std::string> names;
  for (const RegistryValue& value : key.values) {
    check_value(key, value);
    if (!names.insert(upper(value.name)).second) {
      fail("registry key '{}' has two values named '{}'", key.name, value.name);
    }
  }
}

// Sorted by the upper-cased name, as Windows does: the bytes do not depend on the order of a
// caller.
std::vector<const RegistryKey*> sorted_children(const RegistryKey& key) {
  if (key.children.size() > kMaxChildren) {
    fail("registry key '{}' has {} subkeys; libhivex writes at most {}", key.name,
         key.children.size(), kMaxChildren);
  }
  std::vector<const RegistryKey*> children;
  for (const RegistryKey& child : key.children) children.push_back(&child);
  std::sort(children.begin(), children.end(),
            [](auto* a, auto* b) { return upper(a->name) < upper(b->name); });
  auto twin = std::adjacent_find(children.begin(), children.end(),
                                 [](auto* a, auto* b) { return upper(a->name) == upper(b->name); });
  if (twin != children.end()) {
    fail("registry key '{}' has two subkeys named '{}'", key.name, (*twin)->name);
  }
  return children;
}

// After an error libhivex's handle is unusable; the caller drops it and commits nothing.
[[noreturn]] void fail_write(const std::string& name) {
  fail("cannot write registry key '{}': {}", name, reason(errno));
}

void set_values(hive_h* hive, hive_node_h node, const RegistryKey& key) {
  check_values(key);
  if (key.values.empty()) return;
  std::vector<hive_set_value> values;
  for (const RegistryValue& v : key.values) {
    // The structure is not const-correct; libhivex only reads.
    values.push_back({const_cast<char*>(v.name.c_str()), static_cast<hive_type>(v.type),
                      v.data.size(), const_cast<char*>(v.data.data())});
  }
  if (hivex_node_set_values(hive, node, values.size(), values.data(), 0) != 0) fail_write(key.name);
}

void fill(hive_h* hive, hive_node_h node, const RegistryKey& key, int depth) {
  if (depth > kMaxDepth) fail("registry keys are nested more than {} deep", kMaxDepth);
  set_values(hive, node, key);
  for (const RegistryKey* child : sorted_children(key)) {
    check_key_name(child->name);
    hive_node_h added = hivex_node_add_child(hive, node, child->name.c_str());
    if (added == 0) fail_write(child->name);
    fill(hive, added, *child, depth + 1);
  }
}

// --- reading ---

class TreeReader {
 public:
  TreeReader(hive_h* hive, std::uint64_t size, const fs::path& file)
      : hive_(hive), budget_(size), file_(file) {}

  RegistryKey key(hive_node_h node, int depth) {
    if (depth > kMaxDepth) fail_damaged("keys are nested too deep");
    charge(hivex_node_struct_length(hive_, node));
    RegistryKey result{text(hivex_node_name(hive_, node)), values(node), {}};
    auto children = owned(hivex_node_children(hive_, node));
    if (!children) fail_damaged(reason(errno));
    for (std::size_t i = 0; children[i] != 0; ++i) {
      result.children.push_back(key(children[i], depth + 1));
    }
    return result;
  }

 private:
  std::vector<RegistryValue> values(hive_node_h node) {
    auto list = owned(hivex_node_values(hive_, node));
    if (!list) fail_damaged(reason(errno));
    std::vector<RegistryValue> result;
    for (std::size_t i = 0; list[i] != 0; ++i) result.push_back(value(list[i]));
    return result;
  }

  RegistryValue value(hive_value_h handle) {
    charge(hivex_value_struct_length(hive_, handle));
    hive_type type = {};
    std::size_t length = 0;
    auto data = owned(hivex_value_value(hive_, handle, &type, &length));
    if (!data) fail_damaged(reason(errno));
    if (length > 4) charge(length);  // up to 4 bytes lie in the value's own cell
    // The type is any number that the hive holds, not only one that the enumeration has.
    std::uint32_t number = 0;
    static_assert(sizeof number == sizeof type);
    std::memcpy(&number, &type, sizeof number);
    return {text(hivex_value_key(hive_, handle)), static_cast<RegistryType>(number),
            std::string(data.get(), length)};
  }

  std::string text(char* utf8) {
    auto owner = owned(utf8);
    if (!owner) fail_damaged(reason(errno));
    return owner.get();
  }

  void charge(std::size_t bytes) {
    if (bytes == 0) fail_damaged(reason(errno));
    if (bytes > budget_) fail_damaged("it refers to the same cells more than once");
    budget_ -= bytes;
  }

  [[noreturn]] void fail_damaged(std::string_view why) const {
    fail("cannot read registry hive '{}': {}", file_.string(), why);
  }

  hive_h* hive_;
  std::uint64_t budget_;
  const fs::path& file_;
};

}  // namespace

std::string write(const RegistryKey& root, const WriteOptions& options) {
  check_key_name(root.name);
  Fd memory(memfd_create("hive", MFD_CLOEXEC));
  if (!memory) fail_errno(errno, "make", "a file in memory");
  write_at(memory.get(), empty_hive(root.name, options), 0, "a hive in memory");
  HivePtr hive = open_hive(memory, HIVEX_OPEN_WRITE, "in memory");
  fill(hive.get(), hivex_root(hive.get()), root, 1);
  if (hivex_commit(hive.get(), nullptr, 0) != 0) fail_write(root.name);
  return read_file(path_of(memory), kMaxFile);
}

RegistryKey read(const fs::path& file) {
  Fd fd = Fd::open_read(file);
  std::uint64_t size = check_file(fd, file);
  HivePtr hive = open_hive(fd, 0, file);
  hive_node_h root = hivex_root(hive.get());
  if (root == 0) fail("cannot read registry hive '{}': it has no root key", file.string());
  return TreeReader(hive.get(), size, file).key(root, 1);
}

}  // namespace remedia::hive
