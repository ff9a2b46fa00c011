// libmspack as a decoder of data blocks, and nothing else.
//
// It is shown each folder as a cabinet of its own with one file that is the whole folder: tables
// that we write, followed by the blocks where they lie. So it never sees tables of a stranger, each
// block is decoded once, and its only way to the outside world are the calls below.
#include "media/archive_cab.h"
#include "media/archive_readers.h"
#include "support/diagnostic.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>

#include <mspack.h>

namespace remedia {

namespace {

void put(std::string& bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// The tables of a cabinet that holds this folder and one file. Its layout: [MS-CAB] 2.
std::string tables_for(const CabFolder& folder) {
  constexpr std::uint64_t kHeader = 36;
  constexpr std::uint64_t kFiles = kHeader + 8;
  constexpr std::uint64_t kData = kFiles + 16 + 2;
  std::string bytes = "MSCF";
  put(bytes, 0, 4);
  put(bytes, kData + folder.packed, 4);
  put(bytes, 0, 4);
  put(bytes, kFiles, 4);
  put(bytes, 0, 4);
  put(bytes, 0x0103, 2);  // version
  put(bytes, 1, 2);       // folders
  put(bytes, 1, 2);       // files
  put(bytes, 0, 2);       // flags
  put(bytes, 0, 2 + 2);   // no set
  put(bytes, kData, 4);
  put(bytes, folder.blocks, 2);
  put(bytes, folder.compression, 2);
  put(bytes, folder.size, 4);
  put(bytes, 0, 4 + 2);      // the file begins where the first folder does
  put(bytes, 0, 2 + 2 + 2);  // date, time, attributes
  return bytes + "f" + '\0';
}

/// What libmspack takes for an operating system.
class Host : public mspack_system {
 public:
  Host(int cabinet, const CabFolder& folder, int out, std::uint64_t at, const fs::path& out_name)
      : mspack_system{open_file, close_file, read_file_, write_file, seek_file, tell_file,
                      say,       allocate,   std::free,  copy,       nullptr},
        cabinet_(cabinet),
        folder_(folder),
        tables_(tables_for(folder)),
        out_(out),
        at_(at),
        out_name_(out_name) {}

  /// Throws what went wrong in a call: no exception may pass through libmspack.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  std::uint64_t written() const { return written_; }

 private:
  struct OpenFile : mspack_file {
    Host* host = nullptr;
    bool output = false;
    std::uint64_t position = 0;
  };

  static OpenFile& of(mspack_file* file) { return *static_cast<OpenFile*>(file); }

  static mspack_file* open_file(mspack_system* self, const char*, int mode) {
    OpenFile* file = new (std::nothrow) OpenFile;
    if (file == nullptr) return nullptr;
    file->host = static_cast<Host*>(self);
    file->output = mode == MSPACK_SYS_OPEN_WRITE;
    return file;
  }
  static void close_file(mspack_file* file) { delete static_cast<OpenFile*>(file); }

  static int read_file_(mspack_file* file, void* buffer, int size) {
    OpenFile& from = of(file);
    if (from.output || size < 0) return -1;
    std::span<char> bytes(static_cast<char*>(buffer), static_cast<std::size_t>(size));
    return static_cast<int>(from.host->read(from, bytes));
  }

  static int write_file(mspack_file* file, void* buffer, int size) {
    OpenFile& to = of(file);
    if (!to.output || size < 0) return -1;
    std::string_view bytes(static_cast<char*>(buffer), static_cast<std::size_t>(size));
    return to.host->write(bytes) ? size : -1;
  }

  static int seek_file(mspack_file* file, off_t offset, int mode) {
    OpenFile& moved = of(file);
    off_t base = 0;
    if (mode == MSPACK_SYS_SEEK_CUR) base = static_cast<off_t>(moved.position);
    if (mode == MSPACK_SYS_SEEK_END) base = static_cast<off_t>(moved.host->size());
    if (offset < -base || offset > static_cast<off_t>(moved.host->size()) - base) return -1;
    moved.position = static_cast<std::uint64_t>(base + offset);
    return 0;
  }
  static off_t tell_file(mspack_file* file) { return static_cast<off_t>(of(file).position); }
  static void say(mspack_file*, const char*, ...) {}
  static void* allocate(mspack_system*, std::size_t size) { return std::malloc(size); }
  static void copy(void* from, void* to, std::size_t size) { std::memcpy(to, from, size); }

  std::uint64_t size() const { return tables_.size() + folder_.packed; }

  std::size_t read(OpenFile& from, std::span<char> bytes) {
    std::size_t done = 0;
    if (from.position < tables_.size()) {
      done = tables_.copy(bytes.data(), bytes.size(), static_cast<std::size_t>(from.position));
    }
    try {
      done += read_blocks(from.position + done, bytes.subspan(done));
    } catch (...) {
      failure_ = std::current_exception();
    }
    from.position += done;
    return done;
  }

  std::size_t read_blocks(std::uint64_t position, std::span<char> bytes) {
    if (position < tables_.size()) return 0;  // the buffer is full
    std::uint64_t skipped = position - tables_.size();
    Slice rest{"the cabinet", {{folder_.data + skipped, folder_.packed - skipped, false}}};
    return read_at(rest, cabinet_, 0, bytes);
  }

  bool write(std::string_view bytes) {
    if (bytes.size() > folder_.size - written_) return false;
    try {
      write_at(out_, bytes, at_ + written_, out_name_);
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
    written_ += bytes.size();
    return true;
  }

  int cabinet_;
  const CabFolder& folder_;
  std::string tables_;
  int out_;
  std::uint64_t at_;
  fs::path out_name_;
  std::uint64_t written_ = 0;
  std::exception_ptr failure_;
};

std::string_view text_of(int error) {
  switch (error) {
    case MSPACK_ERR_CHECKSUM:
      return "the checksum of a data block is not that of its data";
    case MSPACK_ERR_NOMEMORY:
      return "its decoder could not begin (not enough memory, or a window that none can have)";
    default:
      return "its compressed data is not valid";
  }
}

}  // namespace

void decode_cab_folder(int cabinet, const CabFolder& folder, const std::string& shown, int out,
                       std::uint64_t at, const fs::path& out_name) {
  int error = MSPACK_ERR_OK;
  MSPACK_SYS_SELFTEST(error);
  if (error != MSPACK_ERR_OK) fail("libmspack was built for files of another size than we are");
  Host host(cabinet, folder, out, at, out_name);
  std::unique_ptr<mscab_decompressor, void (*)(mscab_decompressor*)> decoder(
      mspack_create_cab_decompressor(&host), mspack_destroy_cab_decompressor);
  if (!decoder) throw std::bad_alloc();
  mscabd_cabinet* opened = decoder->open(decoder.get(), "cabinet");
  error = MSPACK_ERR_NOMEMORY;  // nothing else can be wrong with tables of our own
  if (opened != nullptr) {
    error = decoder->extract(decoder.get(), opened->files, "content");
    decoder->close(decoder.get(), opened);
  }
  host.rethrow();
  if (error != MSPACK_ERR_OK) fail_archive(shown, text_of(error));
  if (host.written() != folder.size) {
    fail_archive(shown, "its data blocks decode to another size than they say");
  }
}

}  // namespace remedia
