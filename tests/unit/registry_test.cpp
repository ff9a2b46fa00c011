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

TEST(RegistryValues, FromFieldsOfARecipe) {
  EXPECT_EQ(registry_number("n", RegistryType::dword, 0xffffffff),
            (RegistryValue{"n", RegistryType::dword, "\xff\xff\xff\xff"}));
  EXPECT_EQ(registry_number("n", RegistryType::qword, 0x1122334455667788),
            (RegistryValue{"n", RegistryType::qword, "\x88\x77\x66\x55\x44\x33\x22\x11"}));
  EXPECT_EQ(registry_expand_string("n", "%a%").data, "%\0a\0%\0\0\0"s);
  for (const char* hex : {"0a ff,01", "0AFF01", " 0a,ff,\t01 ,\n", "0aff,01"}) {
    EXPECT_EQ(registry_hex("n", hex), registry_binary("n", "\x0a\xff\x01"));
  }
  EXPECT_EQ(registry_hex("n", ""), registry_binary("n", ""));
}

TEST(RegistryValues, RefuseFieldsThatDoNotFit) {
  auto number = [](RegistryType type, std::int64_t value) {
    return failure_of([&] { registry_number("v", type, value); });
  };
  EXPECT_EQ(number(RegistryType::dword, 0x100000000),
            "registry value 'v' cannot be 4294967296: a dword is from 0 to 4294967295");
  EXPECT_EQ(number(RegistryType::dword, -1),
            "registry value 'v' cannot be -1: a dword is from 0 to 4294967295");
  EXPECT_EQ(number(RegistryType::qword, -1),
            "registry value 'v' cannot be -1: a qword is from 0 to 9223372036854775807");
  struct {
    const char *hex, *message;
  } cases[] = {
      {"0a f", "registry value 'v' ends in half a byte: every byte has two hexadecimal digits"},
      {"0a f 0", "registry value 'v' has ' ' at character 5 where a hexadecimal digit belongs"},
      {"0x0a", "registry value 'v' has 'x' at character 2 where a hexadecimal digit belongs"},
      {"0a;0b", "registry value 'v' has ';' at character 3 where a hexadecimal digit belongs"},
      {"\u00e4",
       "registry value 'v' has '\u00e4' at character 1 where a hexadecimal digit belongs"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(failure_of([&] { registry_hex("v", c.hex); }), c.message);
  }
  EXPECT_EQ(failure_of([] { registry_expand_string("v", "\xff"); }),
            "invalid UTF-8 at byte 0 of a text");
}

TEST(RegistryValues, AsText) {
  struct {
    RegistryValue value;
    std::string text;
  } cases[] = {
      {registry_dword("", 512), "dword:512"},
      {registry_qword("", ~0ull), "qword:18446744073709551615"},
      {registry_string("", "X:\\ \u00e4"), "string:X:\\ \u00e4"},
      {registry_string("", ""), "string:"},
      {registry_expand_string("", "%a%"), "expand_string:%a%"},
      {registry_multi_string("", {"a", "b\"\\"}), "multi_string:[\"a\",\"b\\\"\\\\\"]"},
      {registry_multi_string("", {}), "multi_string:[]"},
      {registry_binary("", "\x0a\xff"), "binary:0aff"},
      {registry_binary("", ""), "binary:"},
      {{"", RegistryType::none, ""}, "type 0:"},
      {{"", RegistryType::dword, "abc"}, "type 4:616263"},
      {{"", RegistryType::string, "a\0"s}, "type 1:6100"},
      {{"", RegistryType::string, "a\0\0\0b\0\0\0"s}, "type 1:6100000062000000"},
      {{"", RegistryType::string, "\0\xd8\0\0"s}, "type 1:00d80000"},
      {{"", RegistryType::multi_string, "a\0\0\0"s}, "type 7:61000000"},
      {{"", static_cast<RegistryType>(0xffff0012), "\1"}, "type 4294901778:01"},
  };
  for (const auto& c : cases) EXPECT_EQ(registry_text(c.value), c.text);
}

TEST(RegistryPlaces, Known) {
  struct {
    const char* full;
    RegistryPlace place;
  } cases[] = {
      {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\x",
       {"SYSTEM", "Windows/System32/config/SYSTEM", "CurrentControlSet\\Services\\x"}},
      {"hkey_local_machine\\Software\\A b",
       {"SOFTWARE", "Windows/System32/config/SOFTWARE", "A b"}},
      {"HKLM:\\COMPONENTS", {"COMPONENTS", "Windows/System32/config/COMPONENTS", ""}},
      {"HKLM\\drivers\\x", {"DRIVERS", "Windows/System32/config/DRIVERS", "x"}},
      {"HKU\\.DEFAULT\\Keyboard Layout",
       {"DEFAULT", "Windows/System32/config/DEFAULT", "Keyboard Layout"}},
      {"Computer\\HKEY_USERS\\.Default", {"DEFAULT", "Windows/System32/config/DEFAULT", ""}},
  };
  for (const auto& c : cases) EXPECT_EQ(registry_place(c.full), c.place) << c.full;
}

TEST(RegistryPlaces, Refused) {
  struct {
    const char *full, *message, *hint;
  } cases[] = {
      {"HKLM\\SAM\\SAM", "SAM holds secrets", "left as it is"},
      {"HKLM\\security", "SECURITY holds secrets", "left as it is"},
      {"HKLM\\HARDWARE\\x", "in memory", "no image"},
      {"HKLM\\BCD00000000", "boot manager", "store of its own"},
      {"HKCU\\Software", "logged on", "HKU\\.DEFAULT"},
      {"HKEY_CLASSES_ROOT\\.txt", "view", "HKLM\\SOFTWARE\\Classes"},
      {"HKCC\\x", "view", "Hardware Profiles\\Current"},
      {"HKU\\S-1-5-18\\x", "another name", "HKU\\.DEFAULT"},
      {"HKU\\S-1-5-21-1\\x", "'S-1-5-21-1' is not known", "keys start with"},
      {"HKLM\\SYSTEN\\x", "'SYSTEN' is not known", "did you mean 'SYSTEM'?"},
      {"HKML\\SYSTEM", "'HKML' is not known", "did you mean 'HKLM'?"},
      {"SYSTEM\\x", "'SYSTEM' is not known", "keys start with"},
      {"HKLM/SOFTWARE", "'HKLM/SOFTWARE' is not known", "keys start with"},
      {"HKLM", "'' is not known", "keys start with"},
      {"", "'' is not known", "keys start with"},
      {"HKLM\\SOFTWARE\\", "empty name", ""},
      {"HKLM\\SOFTWARE\\\\x", "empty name", ""},
      {"HKLM\\SOFTWARE\\x\\", "empty name", ""},
      {"HKLM\\SOFTWARE\\x\\\\y", "empty name", ""},
  };
  for (const auto& c : cases) {
    try {
      registry_place(c.full);
      ADD_FAILURE() << c.full;
    } catch (const Failure& failure) {
      const Diagnostic& said = failure.diagnostics().at(0);
      EXPECT_NE(said.message.find(c.message), std::string::npos) << said.message;
      EXPECT_NE(said.hint.find(c.hint), std::string::npos) << c.full << ": " << said.hint;
    }
  }
}

}  // namespace
}  // namespace remedia
