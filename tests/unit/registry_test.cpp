#include "formats/registry.h"

#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

using namespace std::string_literals;

TEST(Utf16, BothWays) {
  struct {
    std::string utf8, utf16le;
  } cases[] = {
      {"", ""},
      {"Ab", "A\0b\0"s},
      {"\x7f", "\x7f\0"s},
      {"\u0080", "\x80\0"s},
      {"\u07ff", "\xff\x07"s},
      {"\u0800", "\0\x08"s},
      {"\ud7ff", "\xff\xd7"s},
      {"\ue000", "\0\xe0"s},
      {"\uffff", "\xff\xff"s},
      {"\U00010000", "\0\xd8\0\xdc"s},
      {"\U0010ffff", "\xff\xdb\xff\xdf"s},
      {"a\0b"s, "a\0\0\0b\0"s},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(to_utf16le(c.utf8), c.utf16le);
    EXPECT_EQ(from_utf16le(c.utf16le), c.utf8);
  }
}

TEST(Utf16, InvalidUtf8IsRefusedWithItsPlace) {
  const std::string bad[] = {
      "ab\x80",              // a continuation alone
      "ab\xc3",              // cut short
      "ab\xc0\xaf",          // '/' in two bytes
      "ab\xe0\x80\xaf",      // '/' in three
      "ab\xf0\x80\x80\xaf",  // '/' in four
      "ab\xed\xa0\x80",      // a surrogate
      "ab\xf4\x90\x80\x80",  // above U+10FFFF
      "ab\xf5\x80\x80\x80",
      "ab\xff",
      "ab\xe2\x82\x41",
  };
  for (const std::string& text : bad) {
    EXPECT_EQ(failure_of([&] { to_utf16le(text); }), "invalid UTF-8 at byte 2 of a text");
  }
}

TEST(Utf16, InvalidUtf16IsShown) {
  const std::string bad[] = {
      "\x00\xd8"s,  // a high surrogate at the end
      "\x00\xdc"s,  // a low one alone
      "x"s,         // half a unit
  };
  for (const std::string& text : bad) EXPECT_EQ(from_utf16le(text), "\ufffd");
  EXPECT_EQ(from_utf16le("\x00\xd8\x41\x00"s),
            "\ufffd"
            "A");
  EXPECT_EQ(from_utf16le("\x00\xd8\x00\xd8\x00\xdc"s), "\ufffd\U00010000");
}

TEST(RegistryValues, AreStoredAsHivesStoreThem) {
  EXPECT_EQ(registry_string("n", "x"), (RegistryValue{"n", RegistryType::string, "x\0\0\0"s}));
  EXPECT_EQ(registry_string("", ""), (RegistryValue{"", RegistryType::string, "\0\0"s}));
  EXPECT_EQ(registry_multi_string("n", {"x", "y"}),
            (RegistryValue{"n", RegistryType::multi_string, "x\0\0\0y\0\0\0\0\0"s}));
  EXPECT_EQ(registry_multi_string("n", {}),
            (RegistryValue{"n", RegistryType::multi_string, "\0\0"s}));
  EXPECT_EQ(registry_dword("n", 0x81234567),
            (RegistryValue{"n", RegistryType::dword, "\x67\x45\x23\x81"s}));
  EXPECT_EQ(registry_binary("n", "\0\1"s), (RegistryValue{"n", RegistryType::binary, "\0\1"s}));
}

TEST(RegistryValues, RefuseWhatWindowsWouldReadOtherwise) {
  EXPECT_EQ(failure_of([] { registry_string("Path", "a\0b"s); }),
            "the text for registry value 'Path' has a NUL in it");
  EXPECT_EQ(failure_of([] {
              registry_multi_string("List", {"a", ""});
            }),
            "registry value 'List' is a list of strings and one is empty");
}

}  // namespace
}  // namespace remedia
