// Hashes programs as Authenticode does ("Windows Authenticode Portable Executable Signature
// Format"), and judges the signature inside.
//
// Hashed is the file from its first byte to its last, but for what signing changes: the checksum,
// the place and size of the certificates, and these themselves. What follows the certificates is
// hashed too, so nothing can be added there. A program whose certificates overlap its headers or
// sections is not sound here: else these would be covered by no hash. Before signing, a program is
// filled with zeros up to a multiple of 8 (as osslsigncode does, and signtool).
#include "formats/authenticode.h"

#include "formats/der.h"
#include "formats/pe.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <openssl/evp.h>

namespace remedia::authenticode {

namespace {

constexpr std::uint64_t kCoffHeader = 24;  // with the signature "PE\0\0"
constexpr std::uint64_t kSectionHeader = 40;
constexpr std::uint64_t kEntryHeader = 8;  // of a certificate: size, revision, type
constexpr std::uint64_t kMaxEntry = 64u << 20;
constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr std::string_view kProgram = "1.3.6.1.4.1.311.2.1.15";  // SPC_PE_IMAGE_DATA

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What of a program is not hashed, in order, and how many zeros are hashed after its end.
struct Layout {
  std::array<Range, 3> left_out = {};
  std::size_t padding = 0;
};

/// Where the last of the headers and sections ends.
std::uint64_t end_of_parts(const pe::Image& image, std::uint64_t start, std::string_view coff) {
  const std::uint64_t count = little(coff, 6, 2);
  const std::uint64_t table = start + kCoffHeader + little(coff, 20, 2);
  const std::string headers = image.read_at(table, count * kSectionHeader, "its section table");
  std::uint64_t end = table + headers.size();
  for (std::size_t at = 0; at < headers.size(); at += kSectionHeader) {
    const std::uint64_t size = little(headers, at + 16, 4);
    if (size > 0) end = std::max(end, little(headers, at + 20, 4) + size);
  }
  return end;
}

Layout layout_of(const pe::Image& image, std::uint64_t size) {
  const std::uint64_t start = little(image.read_at(0x3C, 4, "its DOS header"), 0, 4);
  const std::string coff = image.read_at(start, kCoffHeader, "its PE header");
  const std::uint64_t optional = start + kCoffHeader;
  Layout layout;
  layout.left_out[0] = {optional + 64, optional + 68};
  const std::uint64_t directories = optional + (image.header().pe32_plus ? 112 : 96);
  const std::uint64_t count =
      little(image.read_at(directories - 4, 4, "the number of its directories"), 0, 4);
  if (count > pe::kCertificates) {
    const std::uint64_t entry = directories + pe::kCertificates * 8;
    layout.left_out[1] = {entry, entry + 8};
  }
  const pe::Directory table = image.directory(pe::kCertificates);
  if (table.size == 0) {
    layout.padding = static_cast<std::size_t>((8 - size % 8) % 8);
    return layout;
  }
  if (table.address < end_of_parts(image, start, coff)) {
    image.fail_at(table.address, "its certificates overlap its headers or sections");
  }
  layout.left_out[2] = {table.address, std::uint64_t{table.address} + table.size};
  return layout;
}

class Hash {
 public:
  explicit Hash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1) {
      fail("OpenSSL cannot make a hash; is its configuration sound?");
    }
  }
  void update(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
  }

 private:
  struct Freed {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Freed> context_;
};

/// Of `bytes`, which stand at `offset`, what lies in none of the ranges.
void update_covered(Hash& hash, const Layout& layout, std::string_view bytes,
                    std::uint64_t offset) {
  std::uint64_t at = offset;
  const std::uint64_t end = offset + bytes.size();
  for (const Range& range : layout.left_out) {
    if (range.end <= at || range.begin >= end) continue;
    if (range.begin > at) hash.update(bytes.substr(at - offset, range.begin - at));
    at = std::min(range.end, end);
  }
  hash.update(bytes.substr(at - offset));
}

Digests hash_all(const Slice& content, const EVP_MD* algorithm,
                 const std::optional<Layout>& layout) {
  Hash flat(algorithm);
  Hash image(algorithm);
  Fd fd = Fd::open_read(content.file);
  std::vector<char> buffer(256 << 10);
  std::uint64_t offset = 0;
  while (const std::size_t n = read_at(content, fd.get(), offset, buffer)) {
    const std::string_view bytes(buffer.data(), n);
    flat.update(bytes);
    if (layout) update_covered(image, *layout, bytes, offset);
    offset += n;
  }
  if (!layout) return {flat.hex(), ""};
  image.update(std::string(layout->padding, '\0'));
  return {flat.hex(), image.hex()};
}

std::optional<Layout> layout_if_sound(const Slice& content) {
  try {
    return layout_of(pe::Image(content, ""), content.size());
  } catch (const Failure&) {
    return std::nullopt;  // a file that cannot be read at all is found when it is hashed
  }
}

struct Expected {
  const EVP_MD* algorithm = nullptr;
  std::string digest;  // hex
};

/// What a signature says about the program: SpcIndirectDataContent without its outer header.
Expected read_statement(std::string_view content, std::string_view shown) {
  const std::string what = fmt::format("what the signature of '{}' signs", shown);
  der::Reader reader(content, what);
  der::Reader kind = reader.enter(der::kSequence);
  if (der::oid_text(kind.take(der::kOid)) != kProgram) {
    kind.fail_here("it is about something else than a program");
  }
  der::Reader digest = reader.enter(der::kSequence);
  reader.expect_end();
  const std::string name = der::oid_text(digest.enter(der::kSequence).take(der::kOid));
  Expected expected;
  if (name == "1.3.14.3.2.26") expected.algorithm = EVP_sha1();
  if (name == "2.16.840.1.101.3.4.2.1") expected.algorithm = EVP_sha256();
  if (name == "2.16.840.1.101.3.4.2.2") expected.algorithm = EVP_sha384();
  if (name == "2.16.840.1.101.3.4.2.3") expected.algorithm = EVP_sha512();
  if (expected.algorithm == nullptr) {
    fail("the signature of '{}' gives a hash of a kind that is not known or protects nothing: {}",
         shown, name);
  }
  for (const char c : digest.take(der::kOctets)) {
    expected.digest += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  digest.expect_end();
  return expected;
}

/// The first of the certificates: PKCS #7 SignedData.
std::string first_entry(const pe::Image& image) {
  const pe::Directory table = image.directory(pe::kCertificates);
  const std::string header = image.read_at(table.address, kEntryHeader, "its first certificate");
  const std::uint64_t size = little(header, 0, 4);
  if (size <= kEntryHeader || size > table.size || size > kMaxEntry) {
    image.fail_at(table.address, fmt::format("its first certificate says that it has {} bytes of "
                                             "{}",
                                             size, table.size));
  }
  if (little(header, 4, 2) != 0x0200 || little(header, 6, 2) != 0x0002) {
    image.fail_at(table.address, "its first certificate is of a kind that Windows does not check");
  }
  return image.read_at(table.address + kEntryHeader, size - kEntryHeader, "its first certificate");
}

}  // namespace

Digests digests(const Slice& content, Algorithm algorithm) {
  return hash_all(content, algorithm == Algorithm::sha1 ? EVP_sha1() : EVP_sha256(),
                  layout_if_sound(content));
}

std::optional<signature::Signer> embedded_signer(const Slice& content, std::string_view shown,
                                                 const signature::Policy& policy) {
  const pe::Image image(content, shown);
  if (image.directory(pe::kCertificates).size == 0) return std::nullopt;
  const Layout layout = layout_of(image, content.size());
  std::string statement;
  signature::Signer signer =
      signature::check_signed_data(first_entry(image), kIndirectData, shown, policy, statement);
  const Expected expected = read_statement(statement, shown);
  if (hash_all(content, expected.algorithm, layout).image != expected.digest) {
    fail("the signature of '{}' is wrong: the program was changed after '{}' signed it", shown,
         signer.name);
  }
  return signer;
}

}  // namespace remedia::authenticode
