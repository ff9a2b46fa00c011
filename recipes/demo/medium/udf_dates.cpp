#include "medium/udf_dates.h"

#include "medium/files.h"
#include "support/diagnostic.h"

#include <cerrno>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>

namespace remedia::medium {

namespace {

constexpr std::size_t sector = 2048;
constexpr std::string_view iso_date("2024010203040500\0", 17);                // ECMA-119 8.4.26.1
constexpr std::string_view udf_date("\x00\x10\xE8\x07\1\2\3\4\5\0\0\0", 12);  // ECMA-167 1/7.3

// Where the descriptors of ECMA-167 hold timestamps, by tag identifier.
const std::map<unsigned, std::vector<std::size_t>> date_fields = {
    {1, {376}},           // primary volume descriptor
    {9, {16}},            // logical volume integrity descriptor
    {256, {16}},          // file set descriptor
    {261, {72, 84, 96}},  // file entry
};

unsigned u8(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
unsigned u16(std::string_view bytes, std::size_t at) {
  return u8(bytes, at) | u8(bytes, at + 1) << 8;
}

void put(std::string& bytes, std::size_t at, std::string_view what) {
  bytes.replace(at, what.size(), what);
}

void put_u16(std::string& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<char>(value & 0xFF);
  bytes[at + 1] = static_cast<char>(value >> 8 & 0xFF);
}

/// CRC-16 of ECMA-167 7.2.6: polynomial 0x1021, starts at 0.
unsigned crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (char c : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021u : 0u)) & 0xFFFF;
  }
  return crc;
}

unsigned tag_checksum(std::string_view bytes) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < 16; ++i) sum += i == 4 ? 0 : u8(bytes, i);
  return sum & 0xFF;
}

bool is_descriptor(std::string_view bytes) {
  const std::size_t covered = u16(bytes, 10);
  return u16(bytes, 2) == 2 && date_fields.contains(u16(bytes, 0)) &&
         u8(bytes, 4) == tag_checksum(bytes) && covered <= sector - 16 &&
         u16(bytes, 8) == crc16(bytes.substr(16, covered));
}

void settle_udf_descriptor(std::string& bytes, std::string_view identity) {
  for (std::size_t field : date_fields.at(u16(bytes, 0))) put(bytes, field, udf_date);
  if (u16(bytes, 0) == 1) put(bytes, 73, identity);  // after the compression id of the dstring
  put_u16(bytes, 8, crc16(std::string_view(bytes).substr(16, u16(bytes, 10))));
  bytes[4] = static_cast<char>(tag_checksum(bytes));
}

/// Creation, modification and effective date; there is no expiration date.
void settle_volume_descriptor(std::string& bytes) {
  for (std::size_t field : {813U, 830U, 864U}) put(bytes, field, iso_date);
}

bool settle(std::string& bytes, std::uint64_t number, std::string_view identity) {
  if (number == 16) {
    settle_volume_descriptor(bytes);
  } else if (is_descriptor(bytes)) {
    settle_udf_descriptor(bytes, identity);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void settle_dates(const fs::path& iso, std::string_view identity) {
  Fd file(open(iso.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) fail_errno(errno, "open", iso);
  const Slice whole = Slice::whole(iso);
  std::string bytes(sector, '\0');
  for (std::uint64_t number = 16; (number + 1) * sector <= whole.size(); ++number) {
    read_at(whole, file.get(), number * sector, bytes);
    if (settle(bytes, number, identity.substr(0, 16))) {
      write_at(file.get(), bytes, number * sector, iso);
    }
  }
}

}  // namespace remedia::medium
