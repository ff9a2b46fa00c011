#include "support/signing.h"

#include "support/date.h"
#include "support/signing_parts.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace remedia::signing {

namespace {

constexpr int kSequence = 0x30;
constexpr int kSet = 0x31;

}  // namespace

// --- DER ---

std::string item(int tag, const std::string& body) {
  std::string length;
  if (body.size() < 0x80) {
    length = static_cast<char>(body.size());
  } else {
    for (std::size_t rest = body.size(); rest > 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<char>(rest));
    }
    length.insert(length.begin(), static_cast<char>(0x80 | length.size()));
  }
  return static_cast<char>(tag) + length + body;
}

std::string oid(std::string_view dotted) {
  const std::string text(dotted);
  const std::shared_ptr<ASN1_OBJECT> object(OBJ_txt2obj(text.c_str(), 1), ASN1_OBJECT_free);
  require(object != nullptr, "no object identifier");
  return der_of(i2d_ASN1_OBJECT, object.get());
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[c >> shift & 15];
  }
  return text;
}

namespace {

std::string integer(char value) { return item(0x02, {value}); }
std::string octets(const std::string& bytes) { return item(0x04, bytes); }

std::string digest_algorithm(const std::string& digest) {
  const ASN1_OBJECT* object = OBJ_nid2obj(EVP_MD_get_type(algorithm(digest)));
  return item(kSequence, der_of(i2d_ASN1_OBJECT, object) + item(0x05, ""));
}

std::string attribute(std::string_view type, const std::string& value) {
  return item(kSequence, oid(type) + item(kSet, value));
}

std::string time_text(std::int64_t moment, bool long_year) {
  const std::int64_t second = (moment % 86400 + 86400) % 86400;
  std::string date = date_of_clock(moment);
  std::erase(date, '-');
  const auto two = [](std::int64_t n) {
    return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  };
  return date.substr(long_year ? 0 : 2) + two(second / 3600) + two(second / 60 % 60) +
         two(second % 60);
}

std::string utc_time(std::int64_t moment) { return item(0x17, time_text(moment, false) + "Z"); }

}  // namespace

// --- signatures ---

namespace {

constexpr std::string_view kData = "1.2.840.113549.1.7.1";
constexpr std::string_view kSigned = "1.2.840.113549.1.7.2";
constexpr std::string_view kTokenContent = "1.2.840.113549.1.9.16.1.4";

std::string raw_signature(const Identity& signer, const std::string& digest,
                          const std::string& bytes) {
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, algorithm(digest), nullptr, signer.key.get());
  std::size_t size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size());
  std::string value(size, '\0');
  require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(value.data()), &size, data,
                         bytes.size()) == 1,
          "not signed");
  value.resize(size);
  return value;
}

std::string signature_algorithm(const Identity& signer, const std::string& digest) {
  if (EVP_PKEY_get_base_id(signer.key.get()) == EVP_PKEY_RSA) {
    return item(kSequence, oid("1.2.840.113549.1.1.1") + item(0x05, ""));
  }
  int nid = NID_undef;
  require(OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(algorithm(digest)),
                                 NID_X9_62_id_ecPublicKey) == 1,
          "no such signature");
  return item(kSequence, der_of(i2d_ASN1_OBJECT, OBJ_nid2obj(nid)));
}

struct Info {
  const Identity& signer;
  std::string digest;
  std::string_view type;
  std::string content;                    // without its header
  std::vector<std::string> further = {};  // signed attributes
  bool attributes = true;
};

struct Made {
  std::string front;  // of the SignerInfo, up to the signature
  std::string value;

  std::string whole(const std::string& unsigned_attributes) const {
    return item(kSequence,
                front + octets(value) +
                    (unsigned_attributes.empty() ? "" : item(0xA1, unsigned_attributes)));
  }
};

Made make_info(const Info& info) {
  std::vector<std::string> attributes = info.further;
  attributes.push_back(attribute("1.2.840.113549.1.9.3", oid(info.type)));
  attributes.push_back(
      attribute("1.2.840.113549.1.9.4", octets(flat_hash(info.content, info.digest))));
  std::sort(attributes.begin(), attributes.end());  // DER: sets are sorted
  std::string all;
  for (const std::string& one : attributes) all += one;
  const X509* certificate = info.signer.certificate.get();
  const std::string id =
      item(kSequence, der_of(i2d_X509_NAME, X509_get_issuer_name(certificate)) +
                          der_of(i2d_ASN1_INTEGER, X509_get0_serialNumber(certificate)));
  Made made;
  made.front = integer(1) + id + digest_algorithm(info.digest) +
               (info.attributes ? item(0xA0, all) : "") +
               signature_algorithm(info.signer, info.digest);
  made.value =
      raw_signature(info.signer, info.digest, info.attributes ? item(kSet, all) : info.content);
  return made;
}

std::string wrap(char version, const std::string& digest, std::string_view type,
                 const std::string& content, const std::string& certificates,
                 const std::string& infos) {
  return item(
      kSequence,
      oid(kSigned) +
          item(0xA0, item(kSequence, integer(version) + item(kSet, digest_algorithm(digest)) +
                                         item(kSequence, oid(type) + item(0xA0, content)) +
                                         (certificates.empty() ? "" : item(0xA0, certificates)) +
                                         item(kSet, infos))));
}

std::string token(const std::string& value, const SignOptions& options) {
  const std::string imprint = item(kSequence, digest_algorithm(options.stamp_digest) +
                                                  octets(flat_hash(value, options.stamp_digest)));
  const std::string statement = item(kSequence, integer(1) + oid("1.2.3.4") + imprint + integer(7) +
                                                    item(0x18, time_text(options.stamp_time, true) +
                                                                   options.stamp_fraction + "Z"));
  // ESSCertIDv2: which certificate, by its SHA-256.
  const std::string id = item(
      kSequence, item(kSequence, item(kSequence, octets(flat_hash(options.tsa.der(), "sha256")))));
  const Made made = make_info({options.tsa,
                               options.stamp_digest,
                               kTokenContent,
                               statement,
                               {attribute("1.2.840.113549.1.9.16.2.47", id)}});
  return wrap(3, options.stamp_digest, kTokenContent, octets(statement), options.tsa.der(),
              made.whole(""));
}

std::string countersignature(const std::string& signature, const SignOptions& options) {
  const std::string value = options.stamp_of_another ? signature + "x" : signature;
  if (options.stamp == Stamp::none) return "";
  if (options.stamp == Stamp::token) {
    return attribute("1.3.6.1.4.1.311.3.3.1", token(value, options));
  }
  const Made made = make_info({options.tsa,
                               options.stamp_digest,
                               kData,
                               value,
                               {attribute("1.2.840.113549.1.9.5", utc_time(options.stamp_time))}});
  return attribute("1.2.840.113549.1.9.6", made.whole(""));
}

/// What follows the header of an item.
std::string body_of(const std::string& bytes) {
  const auto first = static_cast<unsigned char>(bytes.at(1));
  return bytes.substr(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

}  // namespace

std::string signed_data(std::string_view content_type, const std::string& content,
                        const SignOptions& options) {
  const Made made = make_info(
      {options.signer, options.digest, content_type, body_of(content), {}, options.attributes});
  std::string certificates;
  if (!options.leave_out_certificate) certificates += options.signer.der();
  for (const Identity& identity : options.further) certificates += identity.der();
  if (options.stamp == Stamp::second_signer) certificates += options.tsa.der();
  const std::string info = made.whole(countersignature(made.value, options));
  std::string infos;
  for (int i = 0; i < options.signers; ++i) infos += info;
  return wrap(1, options.digest, content_type, content, certificates, infos);
}

// --- programs ---

namespace {

std::size_t number_at(const std::string& bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  }
  return value;
}

void put(std::string& bytes, std::size_t at, std::size_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.at(at + i) = static_cast<char>(value >> 8 * i);
}

bool is_program(const std::string& bytes) {
  if (bytes.size() < 0x40 || bytes.substr(0, 2) != "MZ") return false;
  const std::size_t start = number_at(bytes, 0x3C, 4);
  return start + 200 < bytes.size() && bytes.substr(start, 2) == "PE";
}

std::size_t optional_header(const std::string& program) {
  require(is_program(program), "no program");
  return number_at(program, 0x3C, 4) + 24;
}

/// Of the fifth directory: where the certificates are.
std::size_t entry_in(const std::string& program) {
  const std::size_t optional = optional_header(program);
  return optional + (number_at(program, optional, 2) == 0x20B ? 112 : 96) + 4 * 8;
}

void put_checksum(std::string& program) {
  const std::size_t at = optional_header(program) + 64;
  put(program, at, 0, 4);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < program.size(); i += 2) {
    sum += number_at(program, i, std::min<std::size_t>(2, program.size() - i));
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  put(program, at, sum + program.size(), 4);
}

std::string digest_info(const std::string& digest, const std::string& hash) {
  return item(kSequence, digest_algorithm(digest) + octets(hash));
}

/// SpcPeImageData without page hashes, and its type.
std::string program_kind() {
  const std::string link = item(0xA0, item(0xA2, item(0x80, "")));
  return oid("1.3.6.1.4.1.311.2.1.15") + item(kSequence, item(0x03, std::string(1, '\0')) + link);
}

/// SpcIndirectDataContent of a program.
std::string statement(const std::string& digest, const std::string& hash) {
  return item(kSequence, item(kSequence, program_kind()) + digest_info(digest, hash));
}

}  // namespace

std::string flat_hash(std::string_view bytes, const std::string& digest) {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), value, &size, algorithm(digest), nullptr);
  return {reinterpret_cast<char*>(value), size};
}

std::string image_hash(std::string program, const std::string& digest) {
  const std::size_t entry = entry_in(program);
  const std::size_t table = number_at(program, entry, 4);
  const std::size_t size = number_at(program, entry + 4, 4);
  if (size > 0) {
    program.erase(table, size);
  } else {
    program.resize((program.size() + 7) / 8 * 8);
  }
  program.erase(entry, 8);
  program.erase(optional_header(program) + 64, 4);
  return flat_hash(program, digest);
}

std::string sign_program(std::string program, const SignOptions& options) {
  const std::size_t entry = entry_in(program);
  program.resize((program.size() + 7) / 8 * 8);
  const std::string content = statement(options.digest, image_hash(program, options.digest));
  std::string signature = signed_data("1.3.6.1.4.1.311.2.1.4", content, options);
  signature.resize((signature.size() + 7) / 8 * 8);
  std::string header(8, '\0');
  put(header, 0, signature.size() + 8, 4);
  put(header, 4, 0x00020200, 4);
  put(program, entry, program.size(), 4);
  put(program, entry + 4, signature.size() + 8, 4);
  program += header + signature;
  put_checksum(program);
  return program;
}

// --- catalogues ---

namespace {

std::string utf16(const std::string& ascii) {
  std::string text;
  for (const char c : ascii) (text += c) += '\0';
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// Tag and member, by which they are sorted.
std::pair<std::string, std::string> member(const std::string& content, const std::string& digest,
                                           bool old_form) {
  const bool program = is_program(content);
  const std::string hash = program ? image_hash(content, digest) : flat_hash(content, digest);
  const std::string tag = old_form ? utf16(upper(hex(hash)) + '\0') : hash;
  const std::string kind =
      program ? program_kind() : oid("1.3.6.1.4.1.311.2.1.25") + item(0xA2, item(0x80, ""));
  std::string attributes =
      attribute("1.3.6.1.4.1.311.12.2.1",
                item(kSequence, item(0x1E, "") + item(0x02, std::string(1, '\x01')) + octets("x")));
  attributes += attribute("1.3.6.1.4.1.311.2.1.4",
                          item(kSequence, item(kSequence, kind) + digest_info(digest, hash)));
  return {tag, item(kSequence, octets(tag) + item(kSet, attributes))};
}

}  // namespace

std::string make_list(const std::vector<std::string>& contents, const CatalogOptions& options) {
  std::map<std::string, std::string> members;
  for (const std::string& content : contents) {
    if (options.sha256) members.insert(member(content, "sha256", options.old_form));
    if (options.sha1) members.insert(member(content, "sha1", options.old_form));
  }
  std::string all;
  for (const auto& [tag, one] : members) all += one;
  const std::string kind =
      oid(options.old_form ? "1.3.6.1.4.1.311.12.1.2" : "1.3.6.1.4.1.311.12.1.3");
  const std::string extension =
      item(kSequence, oid("1.3.6.1.4.1.311.12.2.1") +
                          octets(item(kSequence, item(0x1E, "") + integer(1) + octets("x"))));
  return item(kSequence, item(kSequence, oid(options.usage)) + octets(std::string(16, 'i')) +
                             utc_time(1600000000) + item(kSequence, kind + item(0x05, "")) +
                             item(kSequence, all) + item(0xA0, item(kSequence, extension)));
}

std::string make_catalog(const std::vector<fs::path>& files, const CatalogOptions& options) {
  std::vector<std::string> contents;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    require(in.good(), "a file cannot be read");
    contents.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return signed_data("1.3.6.1.4.1.311.10.1", make_list(contents, options), options.sign);
}

}  // namespace remedia::signing
