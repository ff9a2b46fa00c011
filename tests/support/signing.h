// Signs for tests: certificates, catalogues and programs, as Microsoft's tools make them.
//
// The structures are written byte by byte here, not by the functions that judge them; OpenSSL makes
// certificates and signatures. osslsigncode takes what this makes, and its own verify agrees.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/types.h>

namespace remedia::signing {

namespace fs = std::filesystem;

/// A certificate and its key, which live as long as any copy.
struct Identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;

  std::string der() const;
  std::string pem() const;      ///< the certificate: what `anchors` takes
  std::string key_pem() const;  ///< for other tools that sign
};

enum class Usage { code, whql, times, servers, none };  ///< none: without the extension

struct Certificate {
  std::string name = "Remedia Test Signer";
  Usage usage = Usage::code;
  std::string from = "2020-01-01";  ///< dates, at 00:00:00 UTC
  std::string until = "2035-01-01";
  bool authority = false;          ///< may issue others
  bool elliptic = false;           ///< ECDSA on P-256, else RSA 2048
  std::string digest = "sha256";   ///< that its issuer signs with
  bool organisation_only = false;  ///< `name` is that of an organisation
  std::string key = {};            ///< keys are made once per process and name; empty: `name`
};

/// Valid from 2015 to 2045; "Remedia Test Root" and "Foreign Root".
const Identity& test_ca();
const Identity& foreign_ca();
const Identity& test_signer();  ///< of test_ca(), may sign code
const Identity& test_tsa();     ///< of test_ca(), may sign times
Identity issued_by(const Identity& authority, const Certificate& options);

enum class Stamp { none, token, second_signer };  ///< RFC 3161, or PKCS #9

struct SignOptions {
  Identity signer = test_signer();
  std::string digest = "sha256";       ///< or sha1, sha384, sha512, md5
  std::vector<Identity> further = {};  ///< certificates that go with it: intermediates
  bool leave_out_certificate = false;  ///< of the signer
  int signers = 1;                     ///< so many times the same one
  bool attributes = true;              ///< else the signature is of the content itself
  Stamp stamp = Stamp::none;
  Identity tsa = test_tsa();
  std::int64_t stamp_time = 1700000000;  ///< 2023-11-14
  std::string stamp_digest = "sha256";
  std::string stamp_fraction = {};  ///< of the second, e.g. ".25"; of tokens only
  bool stamp_of_another = false;    ///< it is about another signature
};

/// PKCS #7 SignedData in DER. `content`: DER, with its header.
std::string signed_data(std::string_view content_type, const std::string& content,
                        const SignOptions& options = {});

struct CatalogOptions {
  SignOptions sign = {};
  bool sha256 = true;
  bool sha1 = false;
  bool old_form = false;  ///< tags are hashes in UTF-16, not in binary
  std::string usage = "1.3.6.1.4.1.311.12.1.1";
};

/// A signed catalogue of files: the hash of Authenticode of programs, the flat one of all others.
std::string make_catalog(const std::vector<fs::path>& files, const CatalogOptions& options = {});
/// The list alone, with its header; `contents`: of files.
std::string make_list(const std::vector<std::string>& contents, const CatalogOptions& options = {});

/// A signed copy of a program without signature, with its checksum right. Throws std::logic_error
/// if it is no program.
std::string sign_program(std::string program, const SignOptions& options = {});

/// Raw bytes: of everything, and of what Authenticode covers (of `program` as it is).
std::string flat_hash(std::string_view bytes, const std::string& digest);
std::string image_hash(std::string program, const std::string& digest);

/// DER of one item, and of an object identifier.
std::string item(int tag, const std::string& body);
std::string oid(std::string_view dotted);

std::string hex(std::string_view bytes);

}  // namespace remedia::signing
