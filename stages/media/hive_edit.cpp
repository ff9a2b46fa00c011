// Edits of a hive in one session of libhivex, planned before and judged after.
//
// The plan is made from the cells of the original, applied through libhivex to a copy in memory,
// and then both files are walked side by side: what the plan does not touch must be the same to the
// byte, what it does touch must be as planned. libhivex can only set all values of a key at once,
// so the plan holds the whole list, in the order of the original.
#include "media/hive_plan.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace remedia::hive {

namespace {

using namespace std::string_view_literals;

class Writer {
 public:
  Writer(hive_h* hive, const fs::path& file) : hive_(hive), file_(file) {}

  void apply(const Plan& plan, hive_node_h node) {
    if (plan.values) set_values(node, *plan.values, plan.name);
    for (const auto& [name, child] : plan.children) {
      if (child.gone != nullptr) {
        if (child.offset) remove(child);
      } else if (child.offset) {
        apply(child, existing(child));
      } else if (child.wanted != nullptr) {
        hive_node_h added = hivex_node_add_child(hive_, node, child.name.c_str());
        if (added == 0) fail_write(child.name);
        apply(child, added);
      }
    }
  }

 private:
  // libhivex's handle of a key is the place of its cell in the file; its name proves it.
  hive_node_h existing(const Plan& plan) const {
    hive_node_h node = kBaseBlock + *plan.offset;
    auto name = owned(hivex_node_name(hive_, node));
    if (!name || plan.name.rfind(name.get(), 0) != 0) fail_write(plan.name);
    return node;
  }

  void remove(const Plan& plan) const {
    if (hivex_node_delete_child(hive_, existing(plan)) == 0) return;
    if (errno != ENOTSUP) fail_write(plan.name);
    throw Failure(Diagnostic{
        .message = fmt::format("cannot delete registry key '{}' of '{}': libhivex cannot shorten "
                               "the kind of list ('li') that its parent keeps",
                               plan.name, file_.string()),
        .hint = "delete its values instead, or its parent as a whole"});
  }

  void set_values(hive_node_h node, const std::vector<RegistryValue>& values,
                  const std::string& name) const {
    std::vector<hive_set_value> list;
    for (const RegistryValue& v : values) {
      // The structure is not const-correct; libhivex only reads.
      list.push_back({const_cast<char*>(v.name.c_str()), static_cast<hive_type>(v.type),
                      v.data.size(), const_cast<char*>(v.data.data())});
    }
    if (hivex_node_set_values(hive_, node, list.size(), list.data(), 0) != 0) fail_write(name);
  }

  [[noreturn]] void fail_write(const std::string& name) const {
    fail("cannot change registry key '{}' of '{}': {}", name, file_.string(), reason(errno));
  }

  hive_h* hive_;
  const fs::path& file_;
};

// libhivex 1.3.23 aborts the program when it drops an empty value that is not marked as lying in
// its own record (delete_values in its write.c); so in the copy that it works on, they are.
class LooseValues {
 public:
  explicit LooseValues(const Cells& cells) : cells_(cells) {}

  void collect(const Plan& plan) {
    if (plan.offset && plan.gone != nullptr) return collect(*plan.offset, true);
    if (plan.offset && plan.values) collect(*plan.offset, false);
    for (const auto& [name, child] : plan.children) collect(child);
  }

  void mark(const Fd& copy, const fs::path& shown) const {
    for (std::uint32_t value : found_) {
      write_at(copy.get(), "\0\0\0\x80"sv, kBaseBlock + value + 8, shown);
    }
  }

 private:
  void collect(std::uint32_t offset, bool below) {
    KeyCells key = cells_.key(offset);
    std::copy_if(key.values.begin(), key.values.end(), std::back_inserter(found_),
                 [this](std::uint32_t value) { return cells_.is_loose(value); });
    if (!below) return;
    for (std::uint32_t child : key.children) collect(child, true);
  }

  const Cells& cells_;
  std::vector<std::uint32_t> found_;
};

// The output: open, and removed again unless it is kept.
class Output {
 public:
  explicit Output(const fs::path& path)
      : path_(path), fd_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (!fd_) fail_errno(errno, "create", path);
  }
  ~Output() {
    if (!kept_) unlink(path_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  const Fd& fd() const { return fd_; }
  void keep() { kept_ = true; }

 private:
  const fs::path& path_;
  Fd fd_;
  bool kept_ = false;
};

bool changes_nothing(const Plan& plan) {
  if (plan.values || plan.is_new() || (plan.gone != nullptr && plan.offset)) return false;
  return std::all_of(plan.children.begin(), plan.children.end(),
                     [](const auto& child) { return changes_nothing(child.second); });
}

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i));
  return value;
}

// What is deleted stays in freed cells, so that it could be read from the file: they are cleared.
// A bin has its size at byte 8 and 32 bytes of header; a cell its size, positive if it is free.
void clear_free_cells(std::string& bytes, const Output& out, const fs::path& shown) {
  constexpr std::size_t kBinHeader = 32;
  for (std::size_t bin = kBaseBlock; bin + kBinHeader <= bytes.size();) {
    std::size_t end = std::min<std::size_t>(bin + number_at(bytes, bin + 8), bytes.size());
    if (end <= bin + kBinHeader) return;
    for (std::size_t cell = bin + kBinHeader; cell + 4 <= end;) {
      std::uint32_t size = number_at(bytes, cell);
      bool free = (size & 0x80000000) == 0;
      std::size_t length = free ? size : 0u - size;
      if (length < 8 || length > end - cell) return;  // judged elsewhere
      if (free) {
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(cell + 4), length - 4, '\0');
        write_at(out.fd().get(), std::string_view(bytes).substr(cell, length), cell, shown);
      }
      cell += length;
    }
    bin = end;
  }
}

void write_edited(std::string_view original, const fs::path& file, const Cells& before,
                  const Plan& plan, const Output& out) {
  Fd copy(memfd_create("hive", MFD_CLOEXEC));
  if (!copy) fail_errno(errno, "make", "a file in memory");
  write_at(copy.get(), original, 0, file);
  LooseValues loose(before);
  loose.collect(plan);
  loose.mark(copy, file);
  HivePtr session = open_hive(copy, HIVEX_OPEN_WRITE, file);
  Writer(session.get(), file).apply(plan, hivex_root(session.get()));
  if (hivex_commit(session.get(), path_of(out.fd()).c_str(), 0) != 0) {
    fail("cannot write the edited registry hive '{}': {}", file.string(), reason(errno));
  }
  session.reset();
  std::string bytes = read_file(path_of(out.fd()), kMaxFile);
  clear_free_cells(bytes, out, file);
  check_base_block(std::string_view(bytes).substr(0, kBaseBlock), bytes.size(), file);
  Cells after(bytes, file);
  after.check();
  judge(before, after, plan);
}

}  // namespace

std::vector<Change> edit(const fs::path& hive, const std::vector<Edit>& edits,
                         const fs::path& out) {
  Fd in = Fd::open_read(hive);
  check_file(in, hive);
  std::error_code none_there;
  if (fs::equivalent(hive, out, none_there)) {
    fail("registry hive '{}' cannot be edited in place", hive.string());
  }
  std::string bytes = read_file(path_of(in), kMaxFile);
  check_base_block(std::string_view(bytes).substr(0, kBaseBlock), bytes.size(), hive);
  Cells before(bytes, hive);
  before.check();
  Plan plan;
  std::vector<Change> changes = plan_edits(before, hive, edits, plan);

  Output output(out);
  if (changes_nothing(plan)) {
    write_at(output.fd().get(), bytes, 0, out);
  } else {
    write_edited(bytes, hive, before, plan, output);
  }
  output.keep();
  return changes;
}

}  // namespace remedia::hive
