// What a compiler takes for granted even where there is no library.
#include <stddef.h>
#include <stdint.h>

extern "C" {

void* memcpy(void* to, const void* from, size_t size) {
  auto* t = static_cast<uint8_t*>(to);
  const auto* f = static_cast<const uint8_t*>(from);
  for (size_t i = 0; i < size; ++i) t[i] = f[i];
  return to;
}

void* memset(void* to, int value, size_t size) {
  auto* t = static_cast<uint8_t*>(to);
  for (size_t i = 0; i < size; ++i) t[i] = static_cast<uint8_t>(value);
  return to;
}

}  // extern "C"
