#include "support/byte_size.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

TEST(ByteSize, ReadsWhatPackagingSays) {
  EXPECT_EQ(parse_byte_size("512MiB"), 536870912u);
  EXPECT_EQ(parse_byte_size("16 GB"), 16000000000u);
  EXPECT_EQ(parse_byte_size("1.5GiB"), 1610612736u);
  EXPECT_EQ(parse_byte_size("0.5MB"), 500000u);
  EXPECT_EQ(parse_byte_size("2TB"), 2000000000000u);
  EXPECT_EQ(parse_byte_size("0.001MiB"), 1048u);
}

TEST(ByteSize, RefusesEverythingElse) {
  for (const char* text :
       {"",        "MiB",   "12",      "12 ",           "12  MiB",      "12mib",  "12KB",
        "-1MiB",   "1.MiB", ".5MiB",   "1.2.3MiB",      "1.2345MiB",    "1e3MiB", "12MiBs",
        "12 MiB ", "0MiB",  "0.000GB", "9999999999MiB", "999999999TiB", " 12MiB", "1,5GiB",
        "0x10MiB"}) {
    EXPECT_EQ(parse_byte_size(text), std::nullopt) << text;
  }
}

TEST(ByteSize, IsShownExactlyAndReadably) {
  EXPECT_EQ(byte_size_text(0), "0 bytes (0 MiB)");
  EXPECT_EQ(byte_size_text(734003200), "734003200 bytes (700 MiB)");
  EXPECT_EQ(byte_size_text(734003201), "734003201 bytes (700.1 MiB)");
  EXPECT_EQ(byte_size_text(1572864), "1572864 bytes (1.5 MiB)");
  EXPECT_EQ(byte_size_text(1048575), "1048575 bytes (1 MiB)");
}

}  // namespace
}  // namespace remedia
