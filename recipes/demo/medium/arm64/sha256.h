// SHA-256 (FIPS 180-4) for programs that no library can be linked to. Where there is one, use
// support/digest.h; a unit test holds this one against it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace remedia::efi {

class Sha256 {
 public:
  void update(const void* bytes, size_t size);

  /// Ends the message; `text` gets 64 lower-case hex digits and a zero.
  void finish(char (&text)[65]);

 private:
  void block(const uint8_t* bytes);

  uint32_t state_[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                        0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  uint8_t rest_[64] = {};
  uint64_t size_ = 0;  ///< bytes so far; those beyond the last whole block are in rest_
};

}  // namespace remedia::efi
