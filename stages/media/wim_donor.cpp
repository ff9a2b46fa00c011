#include "media/wim_donor.h"

#include "media/wim_host.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia::wim {

namespace {

constexpr std::uint64_t kHeadSize = 208, kGuidOffset = 24;

// XML and integrity table: some KB and 20 bytes for every 10 MB.
constexpr std::uint64_t kLargestTail = std::uint64_t{64} << 20;

std::optional<Slice> tail_of(const Slice& wim, const Head& head) {
  std::uint64_t size = wim.size();
  const Resource& table = head.table;
  if (table.offset > size || table.stored > size - table.offset) return std::nullopt;
  std::uint64_t end = table.offset + table.stored;
  if (size - end > kLargestTail) return std::nullopt;
  return part_of(wim, end, size - end);
}

bool has_integrity(const Slice& wim, const Head& head) {
  const Resource& table = head.integrity;
  return table.stored != 0 && table.offset >= head.table.offset + head.table.stored &&
         table.offset <= wim.size() && table.stored <= wim.size() - table.offset;
}

}  // namespace

std::optional<std::string> seal_of(const Slice& wim) {
  std::optional<Head> head = read_head(wim);
  if (!head || !has_integrity(wim, *head)) return std::nullopt;
  std::optional<Slice> tail = tail_of(wim, *head);
  if (!tail) return std::nullopt;
  return Sha256()
      .update(read_all(part_of(wim, 0, kHeadSize)))
      .update(read_all(*tail, kLargestTail))
      .hex();
}

std::optional<Donor> Donor::open(const fs::path& file, std::uint64_t size, std::string_view seal) {
  // Without O_NONBLOCK a pipe of that name would be waited for.
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) ||
      static_cast<std::uint64_t>(info.st_size) != size) {
    return std::nullopt;
  }
  Slice slice{fmt::format("/proc/self/fd/{}", fd.get()), {{0, size, false}}};
  try {
    if (seal_of(slice) != seal) return std::nullopt;
    if (check_integrity(slice, read_head(slice).value()) != Integrity::good) return std::nullopt;
  } catch (const Failure&) {
    return std::nullopt;  // it cannot be read, or got shorter
  }
  return Donor(std::move(fd), std::move(slice));
}

void copy_donor(const Donor& donor, const std::array<std::uint8_t, 16>& guid, const fs::path& out) {
  Fd fd = Fd::open_empty(out);
  copy_to(donor.slice(), fd.get(), 0, out);
  std::string_view bytes(reinterpret_cast<const char*>(guid.data()), guid.size());
  write_at(fd.get(), bytes, kGuidOffset, out);
}

}  // namespace remedia::wim
