// What the compiler and the C++ library's headers expect of a run-time library, so that the
// launcher needs none: no msvcrt, no ucrt, the same for x64 and arm64. Nothing throws; what the
// standard library would throw for ends the program, and `--after` says so.
#include <cstddef>
#include <new>

#include <windows.h>

int launcher_main();

namespace {

[[noreturn]] void die(UINT code) {
  RaiseException(0xE0524D00U | code, EXCEPTION_NONCONTINUABLE, 0, nullptr);
  TerminateProcess(GetCurrentProcess(), code);
  for (;;) {
  }
}

void* allocate(std::size_t size) {
  void* memory = HeapAlloc(GetProcessHeap(), 0, size == 0 ? 1 : size);
  if (memory == nullptr) die(1);
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) HeapFree(GetProcessHeap(), 0, memory);
}

}  // namespace

extern "C" {

// Compiled with -fno-builtin: the loops must not become calls of themselves.
void* memcpy(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  for (std::size_t i = 0; i < size; ++i) out[i] = in[i];
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  if (out <= in) return memcpy(to, from, size);
  for (std::size_t i = size; i > 0; --i) out[i - 1] = in[i - 1];
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(value);
  return to;
}

int memcmp(const void* a, const void* b, std::size_t size) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  for (std::size_t i = 0; i < size; ++i) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

void* memchr(const void* text, int wanted, std::size_t size) {
  const auto* in = static_cast<const unsigned char*>(text);
  for (std::size_t i = 0; i < size; ++i) {
    if (in[i] == static_cast<unsigned char>(wanted)) return const_cast<unsigned char*>(in + i);
  }
  return nullptr;
}

std::size_t strlen(const char* text) {
  std::size_t size = 0;
  while (text[size] != '\0') ++size;
  return size;
}

std::size_t wcslen(const wchar_t* text) {
  std::size_t size = 0;
  while (text[size] != L'\0') ++size;
  return size;
}

[[noreturn]] void __cxa_pure_virtual() { die(2); }

[[noreturn]] void start() { ExitProcess(static_cast<UINT>(launcher_main())); }

}  // extern "C"

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace std {

const nothrow_t nothrow{};

[[noreturn]] void __throw_bad_alloc() { die(3); }
[[noreturn]] void __throw_bad_array_new_length() { die(4); }
[[noreturn]] void __throw_length_error(const char*) { die(5); }
[[noreturn]] void __throw_logic_error(const char*) { die(6); }
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { die(7); }

}  // namespace std
