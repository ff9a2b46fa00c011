// What Authenticode hashes of a file, and signatures inside programs.
#pragma once

#include "formats/signature.h"
#include "support/file.h"

#include <optional>
#include <string>
#include <string_view>

namespace remedia::authenticode {

enum class Algorithm { sha256, sha1 };

struct Digests {
  std::string flat;   ///< of all bytes, lower-case hex
  std::string image;  ///< of what Authenticode covers, if it is a sound PE file; else ""
};

/// Both in one reading of the content. Never throws because of what the bytes are.
Digests digests(const Slice& content, Algorithm algorithm = Algorithm::sha256);

/// The signature inside a program: that it covers just these bytes, and by whom. Nothing if it has
/// none. Of several, the first is judged. Throws Failure as check_signed_data(), and if the file is
/// no sound PE file or its hash is another.
std::optional<signature::Signer> embedded_signer(const Slice& content, std::string_view shown,
                                                 const signature::Policy& policy);

}  // namespace remedia::authenticode
