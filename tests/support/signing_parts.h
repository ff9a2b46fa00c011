// What the two sources of support/signing.h share. For these only.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace remedia::signing {

inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

template <typename T>
std::string der_of(int (*encode)(const T*, unsigned char**), const T* object) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  require(size > 0, "encoding failed");
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

inline const EVP_MD* algorithm(const std::string& digest) {
  const EVP_MD* found = EVP_get_digestbyname(digest.c_str());
  require(found != nullptr, "no such digest");
  return found;
}

}  // namespace remedia::signing
