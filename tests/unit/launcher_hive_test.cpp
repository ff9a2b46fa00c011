// The launcher's own look at a registry hive, against hives that the rest of Remedia writes.
#include "launcher/hive.h"
#include "launcher/text.h"
#include "media/hive.h"

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

class Bytes final : public HiveSource {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string read(std::uint64_t offset, std::size_t size) override {
    if (offset >= bytes_.size()) return {};
    return bytes_.substr(static_cast<std::size_t>(offset), size);
  }

 private:
  std::string bytes_;
};

constexpr const char* kVersion = "Microsoft\\Windows NT\\CurrentVersion";

RegistryKey key(const std::string& name, std::vector<RegistryKey> children) {
  RegistryKey made;
  made.name = name;
  made.children = std::move(children);
  return made;
}

// Enough keys for lists of lists, as a SOFTWARE hive has them.
std::string software() {
  RegistryKey version = key("CurrentVersion", {});
  version.values = {registry_string("ProductName", "Windows 10 Pro für Köln 😀"),
                    registry_expand_string("PathName", "%SystemRoot%"),
                    registry_string("Empty", ""),
                    registry_string("Long", std::string(3000, 'x')),
                    registry_dword("UBR", 1742),
                    registry_binary("DigitalProductId", "abcd")};
  std::vector<RegistryKey> many;
  for (int i = 0; i < 3000; ++i) many.push_back(key("Key" + std::to_string(i), {}));
  many.push_back(key("Windows NT", {version}));
  return hive::write(key("ROOT", {key("Microsoft", std::move(many))}),
                     {.minor_version = 5, .file_name = "SOFTWARE"});
}

std::string number(std::uint32_t value, std::size_t size) {
  std::string bytes;
  for (; bytes.size() < size; value >>= 8) bytes += static_cast<char>(value & 0xffU);
  return bytes;
}

std::string value_of(const std::string& bytes, const std::string& path, const std::string& name) {
  Bytes source(bytes);
  return Hive(source).text(path, name);
}

TEST(LauncherHive, ReadsTextsAndNumbers) {
  const std::string bytes = software();
  EXPECT_EQ(value_of(bytes, kVersion, "ProductName"), "Windows 10 Pro für Köln 😀");
  EXPECT_EQ(value_of(bytes, "microsoft\\WINDOWS nt\\currentversion", "productname"),
            "Windows 10 Pro für Köln 😀");
  EXPECT_EQ(value_of(bytes, kVersion, "PathName"), "%SystemRoot%");
  EXPECT_EQ(value_of(bytes, kVersion, "UBR"), "1742");
}

TEST(LauncherHive, HasNothingForTheRest) {
  const std::string bytes = software();
  EXPECT_EQ(value_of(bytes, kVersion, "Empty"), "");
  EXPECT_EQ(value_of(bytes, kVersion, "Long"), "");
  EXPECT_EQ(value_of(bytes, kVersion, "DigitalProductId"), "");
  EXPECT_EQ(value_of(bytes, kVersion, "Product"), "");
  EXPECT_EQ(value_of(bytes, kVersion, ""), "");
  EXPECT_EQ(value_of(bytes, "Microsoft\\Key3000", "x"), "");
  EXPECT_EQ(value_of(bytes, "", "ProductName"), "");
  EXPECT_EQ(value_of(bytes, std::string(kVersion) + "\\More", "ProductName"), "");
}

TEST(LauncherHive, KnowsWhatIsNoHive) {
  for (const std::string& bytes :
       {std::string(), std::string("regf"), std::string(8192, '\0'), std::string("no hive"),
        "regf" + std::string(8188, '\xff'), software().substr(0, 4096)}) {
    Bytes source(bytes);
    EXPECT_FALSE(Hive(source).good());
    EXPECT_EQ(value_of(bytes, kVersion, "ProductName"), "");
  }
}

// Lists of lists, all of which lead to the same: four thousand million keys to look at.
TEST(LauncherHive, GivesUpOnListsWithoutEnd) {
  class Counting final : public HiveSource {
   public:
    explicit Counting(const std::string& bytes) : bytes_(bytes) {}
    std::string read(std::uint64_t offset, std::size_t size) override {
      if (++reads > 300000) return {};  // a hive without a limit has to end, too
      return offset < bytes_.size() ? bytes_.substr(offset, size) : std::string();
    }
    std::size_t reads = 0;

   private:
    const std::string& bytes_;
  };
  const auto cell = [](std::string content) {
    const auto size = static_cast<std::uint32_t>(-static_cast<std::int32_t>(content.size() + 4));
    return number(size, 4) + content;
  };
  constexpr std::uint32_t kRoot = 0x20;
  constexpr std::uint32_t kLists = 0x20 + 0x50;
  constexpr std::uint32_t kKeys = kLists + 8 + 65535 * 4;
  std::string root = "nk" + std::string(0x4a, '\0');
  root.replace(0x14, 4, number(1, 4)).replace(0x1c, 4, number(kLists, 4));
  std::string lists = "ri" + number(65535, 2);
  std::string keys = "li" + number(65535, 2);
  for (int i = 0; i < 65535; ++i) lists += number(kKeys, 4);
  for (int i = 0; i < 65535; ++i) keys += number(kRoot, 4);
  std::string base = "regf" + std::string(4092, '\0');
  base.replace(0x24, 4, number(kRoot, 4));
  const std::string bytes = base + std::string(kRoot, '\0') + cell(root) + cell(lists) + cell(keys);
  Counting source(bytes);
  Hive hive(source);
  ASSERT_TRUE(hive.good());
  EXPECT_EQ(hive.text("A", "V"), "");
  EXPECT_GT(source.reads, 50000U);
  EXPECT_LE(source.reads, 100000U);
  EXPECT_EQ(hive.text("B", "V"), "");
  EXPECT_LE(source.reads, 100000U);
}

// Every answer to a damaged hive is some text; none is a crash or an endless loop.
TEST(LauncherHive, SurvivesDamage) {
  RegistryKey small = key("ROOT", {key("A", {key("B", {}), key("C", {})})});
  small.children[0].children[1].values = {registry_string("V", "text"), registry_dword("N", 7)};
  const std::string good = hive::write(small);
  ASSERT_EQ(value_of(good, "A\\C", "V"), "text");
  for (std::size_t at = 0; at < good.size(); ++at) {
    if (at == 0x200) at = 4096;  // what is between is not read
    for (const char c : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string damaged = good;
      damaged[at] = c;
      EXPECT_LE(value_of(damaged, "A\\C", "V").size(), 4096U * 2);
      value_of(damaged, "A\\C", "N");
    }
    if (at % 16 == 0) value_of(good.substr(0, at), "A\\C", "V");
  }
}

TEST(LauncherText, MakesUtf8OfUtf16) {
  const auto utf8 = [](std::string_view bytes) { return utf8_of_utf16(bytes); };
  EXPECT_EQ(utf8(std::string_view("a\0\xe4\0\xac\x20\x3d\xd8\x00\xde", 10)), "aä€😀");
  EXPECT_EQ(utf8(std::string_view("a\0\0\0b\0", 6)), "a");
  EXPECT_EQ(utf8(std::string_view("a\0b", 3)), "a");
  EXPECT_EQ(utf8(std::string_view("\x3d\xd8", 2)), "\xef\xbf\xbd");
  EXPECT_EQ(utf8(std::string_view("\x00\xde\x3d\xd8", 4)), "\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace remedia::launcher
