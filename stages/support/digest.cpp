#include "support/digest.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

#include <openssl/evp.h>
#include <sys/stat.h>

namespace remedia {

namespace {

std::string to_hex(const std::array<std::uint8_t, 32>& bytes) {
  std::string text;
  for (std::uint8_t b : bytes) text += fmt::format("{:02x}", b);
  return text;
}

std::int64_t nanoseconds(const timespec& t) {
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

std::string identity(const struct stat& s) {
  return fmt::format("{} {} {} {} {}", s.st_dev, s.st_ino, s.st_size, nanoseconds(s.st_mtim),
                     nanoseconds(s.st_ctim));
}

// File systems stamp with the kernel's coarse clock, a few milliseconds wide; a change within one
// tick of the previous one is invisible in a stat.
bool settled(const struct stat& s) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now) - nanoseconds(s.st_ctim) > 50'000'000;
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

std::array<std::uint8_t, 32> Sha256::bytes() {
  std::array<std::uint8_t, 32> out = {};
  EVP_DigestFinal_ex(state_->context, out.data(), nullptr);
  return out;
}

std::string Sha256::hex() { return to_hex(bytes()); }

std::string sha256(std::string_view bytes) { return Sha256().update(bytes).hex(); }

std::string sha256(const Slice& slice) {
  Sha256 hash;
  Fd fd = Fd::open_read(slice.file);
  std::vector<char> buffer(256 << 10);
  std::uint64_t offset = 0;
  while (std::size_t n = read_at(slice, fd.get(), offset, buffer)) {
    hash.update({buffer.data(), n});
    offset += n;
  }
  return hash.hex();
}

std::array<std::uint8_t, 16> derived_guid(std::string_view what) {
  std::array<std::uint8_t, 32> digest = Sha256().update(what).bytes();
  std::array<std::uint8_t, 16> guid = {};
  std::copy_n(digest.begin(), guid.size(), guid.begin());
  // Microsoft's structure is little-endian: the version nibble is in byte 7, not 6.
  guid[7] = static_cast<std::uint8_t>((guid[7] & 0x0f) | 0x80);
  guid[8] = static_cast<std::uint8_t>((guid[8] & 0x3f) | 0x80);
  return guid;
}

std::string guid_text(const std::array<std::uint8_t, 16>& guid) {
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", guid[kGuidTextOrder[i]]);
  }
  return text;
}

DigestCache::DigestCache(fs::path store) : store_(std::move(store)) {
  std::ifstream in(store_);
  std::string digest;
  std::string key;
  while (in >> digest && std::getline(in >> std::ws, key)) {
    if (digest.size() >= 64) known_[key] = digest;
  }
}

DigestCache::~DigestCache() {
  if (used_ == known_) return;
  fs::path part = store_;
  part += ".part";
  std::error_code ignored;
  fs::create_directories(store_.parent_path(), ignored);
  std::ofstream out(part, std::ios::trunc);
  for (const auto& [key, digest] : used_) out << digest << ' ' << key << '\n';
  out.close();
  if (out) {
    fs::rename(part, store_, ignored);
  } else {
    fs::remove(part, ignored);
  }
}

std::string DigestCache::sha256_of(const fs::path& file) {
  return value_of(file, [&] { return sha256(Slice::whole(file)); });
}

std::string DigestCache::value_of(const fs::path& file,
                                  const std::function<std::string()>& find_out) {
  struct stat before = {};
  if (stat(file.c_str(), &before) != 0) fail_errno(errno, "read", file);
  std::string key = identity(before);
  auto known = used_.find(key);
  if (known == used_.end()) {
    known = known_.find(key);
    if (known == known_.end()) known = used_.end();
  }
  std::string digest = known != used_.end() ? known->second : find_out();
  struct stat after = {};
  if (stat(file.c_str(), &after) != 0 || identity(after) != key) {
    fail("'{}' changed while it was read; run the build again", file.string());
  }
  if (settled(before)) used_[key] = digest;
  return digest;
}

}  // namespace remedia
