// libwim verifies with one thread. It looks at the images first, then tells how much data it is
// about to read, and can be stopped there (seen with 1.13.6). At that moment all processors verify
// the data; when nothing is wrong with it, libwim is stopped. When something is, or looks unusual,
// libwim goes on by itself: so every verdict but "good", and every message, is libwim's, and does
// not depend on which thread was first.
//
// A compressed resource is a table of where its chunks start, without the first: u32 each, u64 if
// the content has 4 GiB or more, counted from the end of the table. A chunk that is as long as its
// content is not compressed. (Microsoft's white paper; the last is seen in its files and libwim's.)
#include "media/wim_verify.h"

#include "media/wim_host.h"
#include "media/wim_lib.h"
#include "media/wim_table.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <thread>

namespace remedia::wim {

namespace {

constexpr unsigned kMostThreads = 16;
// Times two per thread. LZX knows no chunks above 2 MiB, XPRESS none above 64 KiB.
constexpr std::uint32_t kLargestChunk = 4u << 20;
constexpr std::size_t kBlock = std::size_t{64} << 10;

struct FreeDecompressor {
  void operator()(wimlib_decompressor* decompressor) const {
    wimlib_free_decompressor(decompressor);
  }
};
using Decompressor = std::unique_ptr<wimlib_decompressor, FreeDecompressor>;

std::optional<wimlib_compression_type> type_of(Compression compression) {
  if (compression == Compression::none) return std::nullopt;
  return library_type(compression);
}

// A part of the WIM, opened once for all threads: they read at positions.
struct Source {
  const Slice& slice;
  Fd fd;

  bool read(std::uint64_t offset, std::span<char> buffer) const {
    return read_at(slice, fd.get(), offset, buffer) == buffer.size();
  }
};

struct Job {
  const Source* source;
  Blob blob;
};

// Where the chunks of a resource end, of which it reads a block at a time.
class ChunkEnds {
 public:
  ChunkEnds(const Job& job, std::uint32_t chunk_size)
      : job_(job), width_(job.blob.resource.size > UINT32_MAX ? 8 : 4) {
    const Resource& resource = job.blob.resource;
    count_ = resource.size / chunk_size + (resource.size % chunk_size != 0 ? 1 : 0);
    // No chunk is empty, and `stored` has 56 bits: so the size of the table cannot overflow.
    if (count_ == 0 || count_ > resource.stored || table() >= resource.stored) count_ = 0;
  }

  std::uint64_t count() const { return count_; }  ///< 0: it cannot be a resource
  std::uint64_t table() const { return (count_ - 1) * width_; }
  std::uint64_t data() const { return job_.blob.resource.stored - table(); }

  /// Of chunk `index`, to be asked in order; nothing if it cannot be read.
  std::optional<std::uint64_t> end_of(std::uint64_t index) {
    if (index + 1 == count_) return data();
    std::size_t at = static_cast<std::size_t>(index * width_ % kBlock);
    if (at == 0 && !load(index * width_)) return std::nullopt;
    std::uint64_t end = 0;
    for (std::size_t i = width_; i-- > 0;) {
      end = end << 8 | static_cast<unsigned char>(block_[at + i]);
    }
    return end;
  }

 private:
  bool load(std::uint64_t from) {
    block_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, table() - from)));
    return job_.source->read(job_.blob.resource.offset + from, block_);
  }

  const Job& job_;
  std::uint64_t count_ = 0;
  unsigned width_;
  std::vector<char> block_;
};

// What a thread needs to check one resource after another.
class Checker {
 public:
  explicit Checker(const Info& info) : chunk_size_(info.chunk_size) {
    std::optional<wimlib_compression_type> type = type_of(info.compression);
    if (!type || chunk_size_ == 0 || chunk_size_ > kLargestChunk) return;
    wimlib_decompressor* decompressor = nullptr;
    if (wimlib_create_decompressor(*type, chunk_size_, &decompressor) == 0) {
      decompressor_.reset(decompressor);
    }
  }

  bool good(const Job& job) {
    Digest digest;
    bool compressed = (job.blob.resource.flags & Resource::kCompressed) != 0;
    bool read = compressed ? add_chunks(job, digest) : add_stored(job, digest);
    return read && digest.finish() == job.blob.sha1;
  }

 private:
  bool add_stored(const Job& job, Digest& digest) {
    const Resource& resource = job.blob.resource;
    if (resource.stored != resource.size) return false;
    raw_.resize(std::max(raw_.size(), kBlock));
    for (std::uint64_t at = 0; at < resource.size;) {
      std::uint64_t n = std::min<std::uint64_t>(raw_.size(), resource.size - at);
      std::span<char> bytes(raw_.data(), static_cast<std::size_t>(n));
      if (!job.source->read(resource.offset + at, bytes)) return false;
      digest.update({bytes.data(), bytes.size()});
      at += n;
    }
    return true;
  }

  bool add_chunks(const Job& job, Digest& digest) {
    if (!decompressor_) return false;
    ChunkEnds ends(job, chunk_size_);
    std::uint64_t start = 0, left = job.blob.resource.size;
    for (std::uint64_t i = 0; i < ends.count(); ++i) {
      std::optional<std::uint64_t> end = ends.end_of(i);
      std::uint64_t size = std::min<std::uint64_t>(left, chunk_size_);
      if (!end || *end <= start || *end > ends.data() || *end - start > size) return false;
      std::uint64_t offset = job.blob.resource.offset + ends.table() + start;
      if (!add_chunk(*job.source, offset, static_cast<std::size_t>(*end - start),
                     static_cast<std::size_t>(size), digest)) {
        return false;
      }
      start = *end;
      left -= size;
    }
    return left == 0;
  }

  bool add_chunk(const Source& source, std::uint64_t offset, std::size_t stored, std::size_t size,
                 Digest& digest) {
    raw_.resize(std::max(raw_.size(), stored));
    if (!source.read(offset, {raw_.data(), stored})) return false;
    if (stored == size) {
      digest.update({raw_.data(), size});
      return true;
    }
    content_.resize(chunk_size_);
    if (wimlib_decompress(raw_.data(), stored, content_.data(), size, decompressor_.get()) != 0) {
      return false;
    }
    digest.update({content_.data(), size});
    return true;
  }

  std::uint32_t chunk_size_;
  Decompressor decompressor_;
  std::vector<char> raw_;
  std::vector<char> content_;
};

// libwim passes over entries of the table that say "no content".
bool has_content(const Blob& blob) { return blob.resource.size != 0 && blob.sha1 != Sha1{}; }

// The jobs of one part; false if it is not of the ordinary kind. What lies in the file more than
// once could take any time.
bool add_jobs(const Source& source, const Head& first, std::vector<Job>& jobs) {
  std::optional<Head> head = read_head(source.slice);
  if (!head || !head->stores_like(first)) return false;
  std::optional<std::vector<Blob>> blobs = read_table(source.slice, *head);
  if (!blobs) return false;
  std::uint64_t left = source.slice.size();
  for (const Blob& blob : *blobs) {
    constexpr std::uint8_t kOrdinary = Resource::kMetadata | Resource::kCompressed;
    if ((blob.resource.flags & ~kOrdinary) != 0 || blob.resource.stored > left) return false;
    left -= blob.resource.stored;
    if (has_content(blob)) jobs.push_back({&source, blob});
  }
  return true;
}

// Large ones first, so that no thread begins one when the others are done; of the rest, in order of
// their place, so that disks can read ahead.
void put_in_order(std::vector<Job>& jobs) {
  auto megabytes = [](const Job& job) { return job.blob.resource.size >> 20; };
  std::stable_sort(jobs.begin(), jobs.end(), [&](const Job& a, const Job& b) {
    return megabytes(a) != megabytes(b) ? megabytes(a) > megabytes(b)
                                        : a.blob.resource.offset < b.blob.resource.offset;
  });
}

bool all_good(const std::vector<Job>& jobs, const Info& info) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> good = true;
  auto work = [&]() noexcept {
    try {
      Checker checker(info);
      for (std::size_t i = next++; good && i < jobs.size(); i = next++) {
        if (!checker.good(jobs[i])) good = false;
      }
    } catch (...) {  // not readable, or no memory: libwim will find out which
      good = false;
    }
  };
  std::size_t wanted = std::min<std::size_t>(
      {std::max(std::thread::hardware_concurrency(), 1u), kMostThreads, jobs.size()});
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < wanted) others.emplace_back(work);
    } catch (const std::system_error&) {  // as many as the system allows
    }
    work();
  }
  return good;
}

struct Question {
  const std::vector<Slice>& parts;
  const Info& info;
  bool asked = false;
  bool proven = false;
};

wimlib_progress_status answer(wimlib_progress_msg message, wimlib_progress_info*, void* context) {
  auto& question = *static_cast<Question*>(context);
  if (message != WIMLIB_PROGRESS_MSG_VERIFY_STREAMS || question.asked) {
    return WIMLIB_PROGRESS_STATUS_CONTINUE;
  }
  question.asked = true;
  question.proven = data_is_proven(question.parts, question.info);
  return question.proven ? WIMLIB_PROGRESS_STATUS_ABORT : WIMLIB_PROGRESS_STATUS_CONTINUE;
}

}  // namespace

bool data_is_proven(const std::vector<Slice>& parts, const Info& info) noexcept {
  try {
    std::vector<Source> sources;
    for (const Slice& part : parts) sources.push_back({part, open_quietly(part.file)});
    if (parts.empty()) return false;
    std::optional<Head> first = read_head(parts.front());
    if (!first || first->chunk_size != info.chunk_size) return false;
    std::vector<Job> jobs;
    for (const Source& source : sources) {
      if (!add_jobs(source, *first, jobs)) return false;
    }
    put_in_order(jobs);
    return all_good(jobs, info);
  } catch (...) {
    return false;
  }
}

int verify_wim(WIMStruct* wim, const std::vector<Slice>& parts, const Info& info) {
  Question question{parts, info};
  wimlib_register_progress_function(wim, answer, &question);
  int code = wimlib_verify_wim(wim, 0);
  wimlib_register_progress_function(wim, nullptr, nullptr);
  return question.proven && code == WIMLIB_ERR_ABORTED_BY_PROGRESS ? 0 : code;
}

}  // namespace remedia::wim
