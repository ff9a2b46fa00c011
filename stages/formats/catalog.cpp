// Reads the list of a catalogue: a certificate trust list (CTL_INFO of wincrypt.h), which Windows
// also uses for lists of roots; that of a catalogue says so in its usage.
//
//   version, usage, identifier, number, from, until, kind of members, members, [0] extensions
//
// A member is a tag and attributes. In the older kind (1.3.6.1.4.1.311.12.1.2) the tag is any text,
// mostly the hash in UTF-16, and the hash is in an attribute, as in a signature of Authenticode; in
// the newer (12.1.3) the tag is the hash. A driver of a vendor, signed by Microsoft, had both SHA-1
// and SHA-256 members for each of its files.
#include "formats/catalog.h"

#include "formats/der.h"
#include "support/diagnostic.h"

#include <optional>
#include <utility>

namespace remedia::catalog {

namespace {

constexpr std::string_view kTrustList = "1.3.6.1.4.1.311.10.1";
constexpr std::string_view kCatalogList = "1.3.6.1.4.1.311.12.1.1";
constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr std::size_t kSha1 = 20;
constexpr std::size_t kSha256 = 32;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// The hexadecimal number that a tag spells in UTF-16, lower case; "" if it spells something else.
std::string spelled(std::string_view tag) {
  std::string text;
  if (tag.size() % 2 != 0) return "";
  for (std::size_t i = 0; i < tag.size(); i += 2) {
    const char c = tag[i];
    if (tag[i + 1] != '\0') return "";
    if (c == '\0' && i + 2 == tag.size()) break;  // some end in one
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!digit) return "";
    text += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

class ListReader {
 public:
  explicit ListReader(std::string_view shown)
      : what_(fmt::format("the list of catalogue '{}'", shown)) {}

  Catalog read(std::string_view list) {
    der::Reader reader(list, what_);
    reader.skip(der::kInteger);
    check_usage(reader.enter(der::kSequence));
    reader.skip(der::kOctets);
    reader.skip(der::kInteger);
    reader.take(reader.has(der::kTime) ? der::kTime : der::kUtcTime);
    reader.skip(reader.has(der::kTime) ? der::kTime : der::kUtcTime);
    reader.take(der::kSequence);
    if (reader.has(der::kSequence)) read_members(reader.enter(der::kSequence));
    reader.skip(der::kExplicit0);
    reader.expect_end();
    return std::move(catalog_);
  }

 private:
  static void check_usage(der::Reader usages) {
    bool found = false;
    while (!usages.at_end()) found |= der::oid_text(usages.take(der::kOid)) == kCatalogList;
    if (!found) usages.fail_here("it is a list of something else than files");
  }

  void read_members(der::Reader members) {
    while (!members.at_end()) {
      der::Reader member = members.enter(der::kSequence);
      const std::string_view tag = member.take(der::kOctets);
      std::optional<std::string_view> digest;
      if (!member.at_end()) digest = digest_in(member.enter(der::kSet));
      member.expect_end();
      if (digest) {
        add(hex(*digest));
      } else if (tag.size() == kSha1 || tag.size() == kSha256) {
        add(hex(tag));
      } else {
        add(spelled(tag));
      }
    }
  }

  /// The digest that the attributes of a member give, if they give one.
  static std::optional<std::string_view> digest_in(der::Reader attributes) {
    std::optional<std::string_view> digest;
    while (!attributes.at_end()) {
      der::Reader attribute = attributes.enter(der::kSequence);
      const bool wanted = der::oid_text(attribute.take(der::kOid)) == kIndirectData;
      der::Reader values = attribute.enter(der::kSet);
      attribute.expect_end();
      if (!wanted) continue;
      der::Reader data = values.enter(der::kSequence);
      values.expect_end();
      data.take(der::kSequence);  // what kind of file
      der::Reader hash = data.enter(der::kSequence);
      data.expect_end();
      hash.take(der::kSequence);  // the algorithm, which the size tells
      digest = hash.take(der::kOctets);
      hash.expect_end();
    }
    return digest;
  }

  /// Of other algorithms nobody asks for.
  void add(std::string digits) {
    if (digits.size() == kSha1 * 2)
      catalog_.sha1.insert(std::move(digits));
    else if (digits.size() == kSha256 * 2)
      catalog_.sha256.insert(std::move(digits));
  }

  std::string what_;
  Catalog catalog_;
};

}  // namespace

Catalog read_list(std::string_view list, std::string_view shown) {
  return ListReader(shown).read(list);
}

Catalog read(std::string_view bytes, std::string_view shown, const signature::Policy& policy) {
  std::string list;
  signature::Signer signer = signature::check_signed_data(bytes, kTrustList, shown, policy, list);
  Catalog catalog = read_list(list, shown);
  catalog.signer = std::move(signer);
  return catalog;
}

}  // namespace remedia::catalog
