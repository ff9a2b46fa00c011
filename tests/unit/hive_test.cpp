#include "media/hive.h"

#include "unit/hive_listing.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::hive {
namespace {

using namespace std::string_literals;

RegistryKey sample() {
  RegistryKey services{"Services", {}, {}};
  for (const char* name : {"Zeta", "_under", "alpha", "Alpha2", "[x]", "a"}) {
    services.children.push_back({name, {registry_dword("Start", 3)}, {}});
  }
  return {"ROOT",
          {
              registry_string("", "the default"),
              registry_string("Text <&>", "a \"b\" \u00e9 \u65e5 \U0001f600"),
              registry_multi_string("List", {"x", "y z"}),
              registry_dword("Number", 0x80000001),
              {"Big", RegistryType::qword, "\1\0\0\0\0\0\0\x80"s},
              registry_binary("Empty", ""),
              registry_binary("Four", "\1\2\3\4"s),
              registry_binary("Long", std::string(16344, '\xab')),
              {"\u00e9", RegistryType::expand_string, "%\0\0\0"s},
              {"\u65e5", RegistryType::none, "x"},
              {"Odd", static_cast<RegistryType>(0xffff0012), "abc"},
          },
          {services, {"Empty key", {}, {}}}};
}

// What read() gives back: subkeys in the order of the hive.
RegistryKey in_order(RegistryKey key) {
  std::vector<RegistryKey> children;
  for (const char* name : {"[x]", "_under", "a", "alpha", "Alpha2", "Zeta"}) {
    for (RegistryKey& child : key.children[0].children) {
      if (child.name == name) children.push_back(std::move(child));
    }
  }
  // Upper-cased: A ALPHA ALPHA2 ZETA [X] _UNDER
  std::rotate(children.begin(), children.begin() + 2, children.end());
  key.children[0].children = std::move(children);
  std::swap(key.children[0], key.children[1]);
  return key;
}

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void set_word(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

std::string with_checksum(std::string bytes) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 508; at += 4) sum ^= word(bytes, at);
  set_word(bytes, 508, sum);
  return bytes;
}

TEST(Hive, GivesBackWhatWasWritten) {
  Scratch scratch;
  EXPECT_EQ(read(scratch.write("h", write(sample()))), in_order(sample()));
}

TEST(Hive, ReadsTheSameInAnotherProgram) {
  Scratch scratch;
  RegistryKey root{
      "ROOT",
      {registry_string("Text <&>", "\u00e9"), registry_multi_string("List", {"x", "y"}),
       registry_dword("Number", 7), registry_binary("Bytes", "\1\2\3\4\5"s)},
      {{"b", {}, {}}, {"A", {registry_string("", "default")}, {{"deep", {}, {}}}}}};
  std::vector<std::string> expected = {
      "\\",
      "\\ Bytes=binary:0102030405",
      "\\ List=string-list:[x][y][]",
      "\\ Number=int32:7",
      "\\ Text <&>=string:\u00e9",
      "\\A",
      "\\A =string:default",
      "\\A\\deep",
      "\\b",
  };
  EXPECT_EQ(hive_listing(scratch.write("h", write(root))), expected);
}

TEST(Hive, BaseBlockIsAsWindowsHasIt) {
  std::string bytes = write({"ROOT", {}, {}}, {5, "\\SystemRoot\\System32\\Config\\SOFTWARE"});
  EXPECT_EQ(bytes.substr(0, 4), "regf");
  EXPECT_EQ(word(bytes, 0x04), word(bytes, 0x08));
  EXPECT_EQ(bytes.substr(0x0c, 8), std::string(8, '\0'));
  EXPECT_EQ(word(bytes, 0x14), 1u);
  EXPECT_EQ(word(bytes, 0x18), 5u);
  EXPECT_EQ(word(bytes, 0x28), bytes.size() - 4096);
  EXPECT_EQ(from_utf16le(bytes.substr(0x30, 64)),
            "temRoot\\System32\\Config\\SOFTWARE\0"s.substr(1));
  EXPECT_EQ(bytes, with_checksum(bytes));
  // The root key is the first cell of the first bin, its security descriptor the second.
  EXPECT_EQ(bytes.substr(4096 + 0x24, 2), "nk");
  std::size_t next = 4096 + 0x20 - word(bytes, 4096 + 0x20) % 0x100000000;
  EXPECT_EQ(bytes.substr((next & 0xffffffff) + 4, 2), "sk");
}

TEST(Hive, EveryTimeStampIsZero) {
  std::string bytes = write(sample());
  int keys = 0;
  for (std::size_t at = 4096; (at = bytes.find("nk", at)) != std::string::npos; ++at) {
    if (at % 8 != 4) continue;
    EXPECT_EQ(bytes.substr(at + 4, 8), std::string(8, '\0')) << "key at " << at;
    ++keys;
  }
  EXPECT_EQ(keys, 9);
}

TEST(Hive, SameKeysSameBytesInAnyOrder) {
  RegistryKey shuffled = sample();
  std::reverse(shuffled.children.begin(), shuffled.children.end());
  std::reverse(shuffled.children[1].children.begin(), shuffled.children[1].children.end());
  EXPECT_EQ(write(sample()), write(shuffled));
  shuffled.children[0].name += "x";
  EXPECT_NE(write(sample()), write(shuffled));
}

TEST(Hive, ManyKeys) {
  Scratch scratch;
  RegistryKey root{"ROOT", {}, {}};
  for (int i = 999; i >= 0; --i) root.children.push_back({fmt::format("key{:03}", i), {}, {}});
  RegistryKey back = read(scratch.write("h", write(root)));
  std::reverse(root.children.begin(), root.children.end());
  EXPECT_EQ(back, root);
}

TEST(Hive, RefusesWhatAHiveCannotHold) {
  RegistryKey deep{"ROOT", {}, {}};
  for (int i = 0; i < 600; ++i) deep = {"k", {}, {deep}};
  struct {
    RegistryKey root;
    std::string message;
  } cases[] = {
      {{"ROOT", {}, {{"\u00e4", {}, {}}}},
       "a registry key cannot be named '\u00e4' here: 1 to 255 ASCII characters without '\\'"},
      {{"ROOT", {}, {{"a\\b", {}, {}}}}, "a registry key cannot be named 'a\\b' here"},
      {{"ROOT", {}, {{"", {}, {}}}}, "a registry key cannot be named '' here"},
      {{"", {}, {}}, "a registry key cannot be named '' here"},
      {{"ROOT", {}, {{std::string(256, 'a'), {}, {}}}}, "a registry key cannot be named 'aaa"},
      {{"ROOT", {}, {{"a\nb", {}, {}}}}, "a registry key cannot be named 'a\nb' here"},
      {{"ROOT", {}, {{"Key", {}, {}}, {"x", {}, {}}, {"KEY", {}, {}}}},
       "registry key 'ROOT' has two subkeys named"},
      {{"ROOT", {registry_dword("V", 1), registry_dword("v", 2)}, {}},
       "registry key 'ROOT' has two values named 'v'"},
      {{"ROOT", {registry_binary("V", std::string(16345, 'x'))}, {}},
       "value 'V' of registry key 'ROOT' has 16345 bytes; a hive written here holds at most 16344"},
      {{"ROOT", {registry_dword(std::string(16384, 'n'), 1)}, {}},
       "a value of registry key 'ROOT' has a name that no hive can hold"},
      {{"ROOT", {registry_dword("a\0b"s, 1)}, {}},
       "a value of registry key 'ROOT' has a name that no hive can hold"},
      {{"ROOT", {registry_dword("\xff", 1)}, {}}, "invalid UTF-8"},
      {deep, "registry keys are nested more than 512 deep"},
  };
  for (const auto& c : cases) {
    std::string message = failure_of([&] { write(c.root); });
    EXPECT_EQ(message.substr(0, c.message.size()), c.message);
  }
}

TEST(Hive, RefusesFilesThatAreNoCleanHive) {
  Scratch scratch;
  const std::string good = write(sample());
  std::string dirty = good;
  set_word(dirty, 4, word(good, 4) + 1);
  std::string flipped = good;
  flipped[0x40] ^= 1;
  struct {
    std::string bytes, message;
  } cases[] = {
      {"", "is not a registry hive"},
      {std::string(9000, 'x'), "is not a registry hive"},
      {"regf", "is truncated: it has 4 bytes of at least 4096"},
      {good.substr(0, 4095), "is truncated: it has 4095 bytes of at least 4096"},
      {good.substr(0, good.size() - 1), "is truncated"},
      {good.substr(0, 8192), "is truncated"},
      {flipped, "the checksum of its base block is wrong"},
      {with_checksum(dirty), "is dirty: sequence numbers 3 and 2"},
  };
  for (const auto& c : cases) {
    std::string message = failure_of([&] { read(scratch.write("h", c.bytes)); });
    EXPECT_NE(message.find(c.message), std::string::npos) << message;
  }
  EXPECT_NE(failure_of([&] { read(scratch / "none"); }).find("cannot open"), std::string::npos);
  EXPECT_NE(failure_of([&] { read(scratch.path()); }).find("is a folder"), std::string::npos);
}

// Any damage must end in keys or in a Failure, never in a crash or in endless work.
TEST(Hive, SurvivesDamage) {
  Scratch scratch;
  const std::string good = write({"ROOT",
                                  {registry_string("V", "text"), registry_dword("N", 1)},
                                  {{"a", {registry_binary("B", "12345678")}, {{"b", {}, {}}}}}});
  int refused = 0;
  for (std::size_t at = 4096; at < good.size(); ++at) {
    if (at >= 4096 + 0x80 && at < 8192) continue;  // free space
    for (char value : {'\x20', '\xff'}) {
      if (good[at] == value) continue;
      std::string bytes = good;
      bytes[at] = value;
      try {
        read(scratch.write(fmt::format("{}.{}", at, value & 0xff), bytes));
      } catch (const Failure&) {
        ++refused;
      }
    }
    if (at > 8192 + 0x240) break;
  }
  EXPECT_GT(refused, 0);
}

// Each key lists the next one many times: 8 cells that unfold to more keys than fit in any memory.
TEST(Hive, RefusesKeysThatUnfoldWithoutEnd) {
  Scratch scratch;
  RegistryKey chain{"k8", {}, {}};
  for (int i = 7; i >= 0; --i) {
    RegistryKey parent{fmt::format("k{}", i), {}, {std::move(chain)}};
    for (int twin = 1; twin < 16; ++twin)
      parent.children.push_back({fmt::format("x{}", twin), {}, {}});
    chain = std::move(parent);
  }
  std::string bytes = write(chain);
  // Let all entries of each subkey list point to the first: offsets stand 8 bytes apart.
  for (std::size_t at = 4096; (at = bytes.find("lh", at)) != std::string::npos; ++at) {
    std::size_t count = static_cast<unsigned char>(bytes[at + 2]);
    if (at % 8 != 4 || count != 16) continue;
    for (std::size_t i = 1; i < count; ++i) set_word(bytes, at + 4 + 8 * i, word(bytes, at + 4));
  }
  EXPECT_NE(failure_of([&] { read(scratch.write("h", bytes)); }).find("more than once"),
            std::string::npos);
}

// The same with one key whose 1000 values are one and the same value of 16 KB.
TEST(Hive, RefusesValuesThatUnfoldWithoutEnd) {
  Scratch scratch;
  RegistryKey root{"ROOT", {registry_binary("big", std::string(16000, 'x'))}, {}};
  for (int i = 1; i < 1000; ++i) root.values.push_back(registry_dword(fmt::format("{}", i), 0));
  std::string bytes = write(root);
  // A value record: its cell size, "vk", the length of its name, ..., 20 bytes on its name.
  std::size_t record = bytes.find("big") - 20 - 4;
  ASSERT_EQ(bytes.substr(record + 4, 2), "vk");
  std::string offset(4, '\0');
  set_word(offset, 0, static_cast<std::uint32_t>(record - 4096));
  std::size_t list = bytes.find(offset);
  ASSERT_NE(list, std::string::npos);
  for (std::size_t i = 1; i < 1000; ++i) bytes.replace(list + 4 * i, 4, offset);
  EXPECT_NE(failure_of([&] { read(scratch.write("h", bytes)); }).find("more than once"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia::hive
