// The PE reader against files of our own writer: what it reads, and that no damage gets past it.
#include "formats/pe.h"

#include "formats/registry.h"
#include "medium/pe_file.h"
#include "unit/scratch.h"

#include <random>
#include <set>

namespace remedia::pe {
namespace {

// Where the writer puts things.
constexpr std::size_t kCoff = 0x80;
constexpr std::size_t kOptional = kCoff + 24;
constexpr std::size_t kDirectories = kOptional + 112;  // of PE32+
constexpr std::size_t kSections = kDirectories + 16 * 8;
constexpr std::size_t kResourceFile = 0x400;
constexpr std::size_t kVersionFile = kResourceFile + 88;

medium::PeFile options() {
  medium::PeFile file = {.timestamp = 0x12345678, .version = "10.0.26100.1742"};
  file.product_version = "1.2.3.65535";
  file.strings = {{"CompanyName", "Müller & Söhne"}, {"FileVersion", "10.0 (x)"}, {"Empty", ""}};
  return file;
}

std::string sound() { return medium::pe_file(options()); }

std::string failure_for(const std::string& bytes) {
  return failure_of([&] { read(bytes, "x.exe"); });
}

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.at(at + i) = static_cast<char>(value >> 8 * i);
}

TEST(Pe, ReadsHeadersAndVersion) {
  const Info info = read(sound(), "x.exe");
  EXPECT_EQ(info.header.machine, 0x8664);
  EXPECT_EQ(info.header.architecture, "amd64");
  EXPECT_TRUE(info.header.pe32_plus);
  EXPECT_EQ(info.header.characteristics, 0x22);
  EXPECT_EQ(info.header.subsystem, 1);
  EXPECT_EQ(info.header.timestamp, 0x12345678U);
  EXPECT_EQ(info.header.size_of_image, 0x3000U);
  ASSERT_TRUE(info.version);
  EXPECT_EQ(info.version->file.text(), "10.0.26100.1742");
  EXPECT_EQ(info.version->product.text(), "1.2.3.65535");
  EXPECT_EQ(info.version->table, "040904B0");
  EXPECT_EQ(info.version->strings,
            (std::map<std::string, std::string>{
                {"CompanyName", "Müller & Söhne"}, {"FileVersion", "10.0 (x)"}, {"Empty", ""}}));
}

TEST(Pe, NamesTheArchitecture) {
  for (const std::string arch : {"amd64", "arm64", "x86", "arm"}) {
    medium::PeFile file = options();
    file.arch = arch;
    const Info info = read(medium::pe_file(file), "x.exe");
    EXPECT_EQ(info.header.architecture, arch);
    EXPECT_EQ(info.header.pe32_plus, arch.ends_with("64"));
    EXPECT_EQ(info.version->file.text(), "10.0.26100.1742");
  }
  std::string bytes = sound();
  put(bytes, kCoff + 4, 0x0200, 2);
  EXPECT_EQ(read(bytes, "x.exe").header.architecture, "0x0200");
}

TEST(Pe, ReadsAProgramWithoutAVersion) {
  medium::PeFile file = options();
  file.version.clear();
  const Info info = read(medium::pe_file(file), "x.exe");
  EXPECT_EQ(info.header.architecture, "amd64");
  EXPECT_FALSE(info.version);
}

TEST(Pe, HasNoVersionAmongResourcesOfAnotherType) {
  std::string bytes = sound();
  put(bytes, kResourceFile + 16, 24, 4);  // a manifest
  EXPECT_FALSE(read(bytes, "x.exe").version);
}

TEST(Pe, ReadsAFileInsideAnother) {
  const Scratch scratch;
  const std::string bytes = sound();
  const fs::path file = scratch.write(
      "pack", "before" + bytes.substr(0, 700) + "between" + bytes.substr(700) + "behind");
  const Slice slice = {file, {{6, 700, false}, {713, bytes.size() - 700, false}}};
  EXPECT_EQ(read(slice, "x.exe").version->file.text(), "10.0.26100.1742");
}

TEST(Pe, ReadsThroughAnImageWhatElseItHolds) {
  const std::string bytes = sound();
  const Image image(bytes, "x.exe");
  EXPECT_EQ(image.offset_of(0x1000, 3, "code"), 0x200U);
  EXPECT_EQ(image.offset_of(0x80, 4, "headers"), 0x80U);
  EXPECT_EQ(image.read_at(0x200, 3, "code"), std::string("\x31\xC0\xC3", 3));
  EXPECT_EQ(image.directory(kDebug).size, 0U);
  EXPECT_EQ(image.directory(99).size, 0U);
  EXPECT_EQ(image.offset_of(0x1000, 0x200, "code"), 0x200U);
  EXPECT_NE(failure_of([&] { image.offset_of(0x1000, 0x201, "code"); }), "");
  EXPECT_EQ(image.offset_of(0x1100, 0x100, "code"), 0x300U);
  EXPECT_NE(failure_of([&] { image.offset_of(0x1100, 0x101, "code"); }), "");
  EXPECT_NE(failure_of([&] { image.offset_of(0x5000, 1, "code"); }), "");
  EXPECT_NE(failure_of([&] { image.offset_of(~0ULL, 1, "code"); }), "");
  EXPECT_NE(failure_of([&] { image.offset_of(1, ~0ULL, "code"); }), "");
  EXPECT_NE(failure_of([&] { image.read_at(~0ULL, 2, "code"); }), "");
}

TEST(Pe, TakesATextWhoseLengthCountsBytes) {
  std::string bytes = sound();
  const std::size_t at = bytes.find(to_utf16le("FileVersion"));
  ASSERT_NE(at, bytes.npos);
  put(bytes, at - 4, 18, 2);  // 9 characters
  EXPECT_EQ(read(bytes, "x.exe").version->strings.at("FileVersion"), "10.0 (x)");
}

TEST(Pe, RefusesEveryTruncation) {
  const std::string bytes = sound();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_THROW(read(cut, "x.exe"), Failure) << size << " bytes";
  }
}

TEST(Pe, RefusesATruncatedSlice) {
  const Scratch scratch;
  const fs::path file = scratch.write("x.exe", sound().substr(0, 1500));
  EXPECT_NE(failure_of([&] { read(Slice::whole(file), "x.exe"); }).find("section 2"),
            std::string::npos);
}

struct Damage {
  const char* name;
  std::size_t at;
  std::uint64_t value;
  std::size_t size;
  const char* says;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class PeDamage : public testing::TestWithParam<Damage> {};

TEST_P(PeDamage, IsAnErrorThatNamesThePlace) {
  const Damage& damage = GetParam();
  std::string bytes = sound();
  put(bytes, damage.at, damage.value, damage.size);
  const std::string message = failure_for(bytes);
  EXPECT_NE(message.find("x.exe"), message.npos) << message;
  EXPECT_NE(message.find(damage.says), message.npos) << message;
  EXPECT_TRUE(message.find("at byte 0x") != message.npos ||
              message.find("at address 0x") != message.npos)
      << message;
}

constexpr Damage kDamages[] = {
    {"dos_magic", 0, 0x5A4E, 2, "'MZ'"},
    {"pe_offset_beyond", 0x3C, 0x10000, 4, "PE header"},
    {"pe_offset_highest", 0x3C, 0xFFFFFFFF, 4, "PE header"},
    {"pe_offset_at_end", 0x3C, 2047, 4, "PE header"},
    {"pe_offset_zero", 0x3C, 0, 4, "signature 'PE'"},
    {"ne_program", kCoff, 0x454E, 4, "signature 'PE'"},
    {"many_sections", kCoff + 6, 97, 2, "97 sections"},
    {"most_sections", kCoff + 6, 0xFFFF, 2, "65535 sections"},
    {"section_table_beyond", kCoff + 6, 96, 2, "section table"},
    {"no_optional_header", kCoff + 20, 0, 2, "kind 0x0"},
    {"short_optional_header", kCoff + 20, 60, 2, "too short"},
    {"optional_header_without_directories", kCoff + 20, 112, 2, "16 data directories"},
    {"optional_header_one_short", kCoff + 20, 239, 2, "16 data directories"},
    {"long_optional_header", kCoff + 20, 0xFFFF, 2, "optional header"},
    {"kind_of_a_rom", kOptional, 0x107, 2, "kind 0x107"},
    {"kind_of_32_bits", kOptional, 0x10B, 2, "amd64"},
    {"machine_of_32_bits", kCoff + 4, 0x14C, 2, "x86"},
    {"headers_beyond", kOptional + 60, 0x10000, 4, "its headers"},
    {"headers_highest", kOptional + 60, 0xFFFFFFFF, 4, "its headers"},
    {"many_directories", kOptional + 108, 17, 4, "17 data directories"},
    {"most_directories", kOptional + 108, 0xFFFFFFFF, 4, "4294967295 data directories"},
    {"section_size_beyond", kSections + 16, 0x10000, 4, "section 1"},
    {"section_offset_beyond", kSections + 20, 0x10000, 4, "section 1"},
    {"section_offset_highest", kSections + 40 + 20, 0xFFFFFFFF, 4, "section 2"},
    {"section_wraps", kSections + 40 + 16, 0xFFFFFE00, 4, "section 2"},
    {"certificates_beyond", kDirectories + 4 * 8, 0x0000001000000800, 8, "certificates"},
    {"certificates_wrap", kDirectories + 4 * 8, 0xFFFFFFFF00000010, 8, "certificates"},
    {"resources_elsewhere", kDirectories + 2 * 8, 0x9000, 4, "its resources"},
    {"resources_highest", kDirectories + 2 * 8, 0xFFFFFFFF, 4, "its resources"},
    {"resources_too_long", kDirectories + 2 * 8 + 4, 0x10000, 4, "its resources"},
    {"resources_too_short", kDirectories + 2 * 8 + 4, 15, 4, "folder of resources"},
    {"resources_cut_in_a_folder", kDirectories + 2 * 8 + 4, 40, 4, "folder of resources"},
    {"resources_cut_in_the_entry", kDirectories + 2 * 8 + 4, 87, 4, "description of a resource"},
    {"many_types", kResourceFile + 14, 0xFFFF, 2, "folder of resources"},
    {"many_named_types", kResourceFile + 12, 0xFFFF, 2, "folder of resources"},
    {"type_is_a_file", kResourceFile + 20, 24, 4, "not in folders"},
    {"type_beyond", kResourceFile + 20, 0x80010000, 4, "folder of resources"},
    {"name_folder_empty", kResourceFile + 24 + 14, 0, 2, "empty"},
    {"name_is_a_file", kResourceFile + 24 + 20, 48, 4, "not in folders"},
    {"name_leads_back", kResourceFile + 24 + 20, 0x80000000, 4, "nested too deep"},
    {"name_leads_to_itself", kResourceFile + 24 + 20, 0x80000018, 4, "nested too deep"},
    {"language_folder_empty", kResourceFile + 48 + 14, 0, 2, "empty"},
    {"language_is_a_folder", kResourceFile + 48 + 20, 0x80000000, 4, "nested too deep"},
    {"language_beyond", kResourceFile + 48 + 20, 0x7FFFFFFF, 4, "description of a resource"},
    {"content_elsewhere", kResourceFile + 72, 0x9000, 4, "its version resource"},
    {"content_too_long", kResourceFile + 76, 0xFFFFFFFF, 4, "its version resource"},
    {"content_empty", kResourceFile + 76, 0, 4, "cut off"},
    {"content_cut", kResourceFile + 76, 100, 4, "of 100"},
    {"root_length_zero", kVersionFile, 0, 2, "0 bytes"},
    {"root_length_five", kVersionFile, 5, 2, "5 bytes"},
    {"root_length_beyond", kVersionFile, 0xFFFF, 2, "65535 bytes"},
    {"root_cut_in_the_key", kVersionFile, 20, 2, "does not end"},
    {"root_cut_in_the_value", kVersionFile, 60, 2, "longer than its block"},
    {"root_key", kVersionFile + 6, 'W', 2, "is none"},
    {"root_key_empty", kVersionFile + 6, 0, 2, "is none"},
    {"value_length_zero", kVersionFile + 2, 0, 2, "version numbers"},
    {"value_length_beyond", kVersionFile + 2, 0xFFFF, 2, "longer than its block"},
    {"fixed_signature", kVersionFile + 40, 0xFEEF04BE, 4, "version numbers"},
    {"child_length", kVersionFile + 92, 3, 2, "3 bytes"},
    {"child_length_beyond", kVersionFile + 92, 0x7FFF, 2, "32767 bytes"},
    {"table_length_beyond", kVersionFile + 92 + 36, 0x7FFF, 2, "32767 bytes"},
    {"string_length_beyond", kVersionFile + 92 + 36 + 24, 0x7FFF, 2, "32767 bytes"},
};

INSTANTIATE_TEST_SUITE_P(All, PeDamage, testing::ValuesIn(kDamages),
                         [](const auto& test) { return std::string(test.param.name); });

// What is read of any bytes is bounded and is text; run under sanitizers this finds stray reads.
TEST(Pe, SurvivesChanceDamage) {
  const std::string original = sound();
  std::mt19937 engine(1);
  std::set<bool> outcomes;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = original;
    for (unsigned i = 0; i < 1 + engine() % 4; ++i) {
      // The interesting parts: headers and resources.
      const std::size_t at = engine() % 2 == 0 ? engine() % 0x200 : 0x400 + engine() % 0x200;
      bytes[at] = static_cast<char>(engine() % 3 == 0 ? 0xFF : engine() & 0xFF);
    }
    try {
      const Info info = read(bytes, "x.exe");
      outcomes.insert(true);
      if (info.version) {
        EXPECT_LE(info.version->strings.size(), 100U);
      }
    } catch (const Failure&) {
      outcomes.insert(false);
    }
  }
  EXPECT_EQ(outcomes.size(), 2U);
}

}  // namespace
}  // namespace remedia::pe
