// Catalogues (.cat): the signed list of hashes by which Windows knows the files of a driver
// package.
#pragma once

#include "formats/signature.h"

#include <set>
#include <string>
#include <string_view>

namespace remedia::catalog {

struct Catalog {
  signature::Signer signer;
  std::set<std::string>
      sha256;                  ///< lower-case hex, of members: Authenticode of PE files, else flat
  std::set<std::string> sha1;  ///< the same
};

/// The members of a list without its outer header, whoever signed it; `catalog.signer` stays empty.
/// Throws Failure if it is damaged, or a list of something else than files.
Catalog read_list(std::string_view list, std::string_view shown);

/// Reads and judges. Throws Failure as check_signed_data(), and if the list is damaged.
Catalog read(std::string_view bytes, std::string_view shown, const signature::Policy& policy);

}  // namespace remedia::catalog
