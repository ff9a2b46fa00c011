#include "support/pack.h"

#include "support/digest.h"

namespace remedia {

namespace {

constexpr std::uint64_t kSector = 2048;  // of an ISO
// The first sector is not used for content: an offset of 0 in a tree means a file of its own.
constexpr std::string_view kMark = "remedia pack\n";

}  // namespace

Pack::Pack(const fs::path& part, std::string file)
    : out_(Fd::open_empty(part)), file_(std::move(file)) {
  write_at(out_.get(), kMark, 0, file_);
  end_ = kSector;
}

void Pack::add(std::string target, const Slice& content, std::string origin) {
  copy_to(content, out_.get(), end_, file_);
  note(std::move(target), content.size(), sha256(content), std::move(origin));
}

void Pack::add(std::string target, std::string_view bytes, std::string origin) {
  write_at(out_.get(), bytes, end_, file_);
  note(std::move(target), bytes.size(), sha256(bytes), std::move(origin));
}

void Pack::note(std::string target, std::uint64_t size, std::string digest, std::string origin) {
  entries_.push_back({.target = std::move(target),
                      .source = file_,
                      .offset = end_,
                      .size = size,
                      .sha256 = std::move(digest),
                      .origin = std::move(origin)});
  end_ += (size + kSector - 1) / kSector * kSector;
}

}  // namespace remedia
