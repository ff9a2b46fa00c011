// Reads the two streams of a PDB that say which program it belongs to.
//
// The way there: the header names the blocks of the block map, that names the blocks of the
// directory, and that has the sizes of all streams and then their blocks. Each number of a block is
// checked where it is used, and nothing is read as a whole but the sizes of the streams before the
// one that is sought, of which there are three.
#include "formats/pdb.h"

#include "formats/pe_debug.h"
#include "support/diagnostic.h"

namespace remedia::pdb {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMsf7 =
    "Microsoft C/C++ MSF 7.00\r\n\x1a"
    "DS\0\0\0"sv;
constexpr std::string_view kOld = "Microsoft C/C++ program database 2.00"sv;
constexpr std::uint64_t kHeader = 56;
constexpr std::uint64_t kBlockMapAt = 52;  // in the header: the first block of the block map
constexpr std::uint64_t kLeastBlock = 512;
constexpr std::uint64_t kLargestBlock = 64u << 10;
constexpr std::uint32_t kInfo = 1;
constexpr std::uint32_t kDbi = 3;
constexpr std::uint32_t kNoStream = 0xFFFFFFFF;     // in place of a size
constexpr std::uint32_t kFirstWithGuid = 20000404;  // version of stream 1, Visual Studio .NET
constexpr std::uint64_t kInfoSize = 28;
constexpr std::uint64_t kDbiSize = 12;

std::uint32_t u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

class Reader {
 public:
  Reader(const Slice& slice, std::string_view shown)
      : slice_(slice), shown_(shown), fd_(Fd::open_read(slice.file)), size_(slice.size()) {
    check_kind();
    read_header();
  }

  /// The first `size` bytes, at most a block, of a stream; "" if there is no such stream.
  std::string start_of(std::uint32_t stream, std::uint64_t size) const {
    if (stream >= streams_) return {};
    std::uint64_t blocks_before = 0;
    for (std::uint32_t i = 0; i < stream; ++i) blocks_before += blocks(stream_size(i));
    const std::uint32_t length = stream_size(stream);
    if (length == 0 || length == kNoStream) return {};
    if (length < size) damaged(fmt::format("stream {} has {} bytes", stream, length));
    return read(block_start(directory_word(1 + streams_ + blocks_before)), size);
  }

  [[noreturn]] void damaged(std::string_view why) const {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is a damaged PDB: {}", shown_, why),
                             .hint = "fetch it again"});
  }
  [[noreturn]] void refuse(std::string_view why) const { fail("'{}' {}", shown_, why); }

 private:
  std::string read(std::uint64_t offset, std::uint64_t size) const {
    std::string bytes(size, '\0');
    bytes.resize(read_at(slice_, fd_.get(), offset, bytes));
    if (bytes.size() != size) damaged("it ends too early");
    return bytes;
  }

  void check_kind() const {
    std::string start(kMsf7.size(), '\0');
    std::string_view seen(start.data(), read_at(slice_, fd_.get(), 0, start));
    if (seen == kMsf7) return;
    if (seen.empty()) refuse("is empty, so it is no PDB");
    if (kOld.starts_with(seen) || seen.starts_with(kOld.substr(0, kMsf7.size())))
      refuse("is a PDB 2.00, older than Visual Studio .NET, which is not read");
    if (seen.starts_with("BSJB"))
      refuse("is a portable PDB of .NET, which no debugger of Windows reads");
    if (seen.starts_with("MSCF"))
      refuse("is a cabinet; rename it to end in .pd_, and it is unpacked");
    refuse("is no PDB: it does not begin as one does");
  }

  void read_header() {
    if (size_ < kHeader) damaged("it ends in its header");
    const std::string header = read(0, kHeader);
    block_ = u32(header, 32);
    count_ = u32(header, 40);
    directory_ = u32(header, 44);
    if (block_ < kLeastBlock || block_ > kLargestBlock || (block_ & (block_ - 1)) != 0)
      damaged(fmt::format("its blocks cannot have {} bytes", block_));
    if (count_ * block_ > size_) {
      damaged(fmt::format("it is cut off: it has {} bytes of {}", size_, count_ * block_));
    }
    // The numbers of the directory's blocks stand in blocks, and of those the numbers in the
    // header.
    if (directory_ < 4 || kBlockMapAt + 4 * blocks(4 * blocks(directory_)) > block_)
      damaged(fmt::format("its directory cannot have {} bytes", directory_));
    streams_ = directory_word(0);
    if ((1 + streams_) * 4 > directory_)
      damaged(fmt::format("its directory of {} bytes has no room for {} streams", directory_,
                          streams_));
  }

  std::uint64_t blocks(std::uint64_t size) const {
    return size == kNoStream ? 0 : (size + block_ - 1) / block_;
  }

  std::uint64_t block_start(std::uint32_t block) const {
    if (block == 0 || block >= count_)
      damaged(fmt::format("it names block {} of {}", block, count_));
    return block * block_;
  }

  std::uint32_t word(std::uint64_t offset) const { return u32(read(offset, 4), 0); }

  std::uint32_t directory_word(std::uint64_t index) const {
    const std::uint64_t at = index * 4;
    if (at + 4 > directory_) damaged("its directory ends before what it lists");
    const std::uint64_t in_map = at / block_ * 4;
    const std::uint32_t map_block = word(kBlockMapAt + in_map / block_ * 4);
    const std::uint32_t block = word(block_start(map_block) + in_map % block_);
    return word(block_start(block) + at % block_);
  }

  std::uint32_t stream_size(std::uint32_t stream) const { return directory_word(1 + stream); }

  const Slice& slice_;
  std::string_view shown_;
  Fd fd_;
  std::uint64_t size_;
  std::uint64_t block_ = 0;      // bytes
  std::uint64_t count_ = 0;      // of blocks
  std::uint64_t directory_ = 0;  // bytes
  std::uint64_t streams_ = 0;
};

}  // namespace

std::string read_id(const Slice& file, std::string_view shown) {
  const Reader reader(file, shown);
  const std::string info = reader.start_of(kInfo, kInfoSize);
  if (info.empty()) reader.damaged("it does not say which program it belongs to");
  const std::uint32_t version = u32(info, 0);
  if (version < kFirstWithGuid)
    reader.refuse(fmt::format("is a PDB of version {}, which has no GUID", version));
  const std::string dbi = reader.start_of(kDbi, kDbiSize);
  const std::uint32_t age = dbi.empty() ? u32(info, 8) : u32(dbi, 8);
  return pe::symbol_key(std::string_view(info).substr(12, 16), age);
}

}  // namespace remedia::pdb
