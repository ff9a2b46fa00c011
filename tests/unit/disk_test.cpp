// Judges of a partition table: sfdisk (through a libfdisk of its own), sgdisk, and a reading of the
// headers by this file.
#include "media/disk.h"

#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace remedia::disk {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr const char* kDisk = "00112233-4455-6677-8899-aabbccddeeff";
constexpr const char* kOne = "11111111-2222-4333-8444-5555555555aa";
constexpr const char* kTwo = "11111111-2222-4333-8444-5555555555bb";
constexpr const char* kData = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7";
constexpr const char* kRecovery = "de94bba4-06d1-4d40-a16a-bfd50179d6ac";

Table gpt(std::uint32_t sector_size = 512) {
  return {.scheme = Scheme::gpt,
          .sector_size = sector_size,
          .disk_size = 64 * kMiB,
          .guid = kDisk,
          .partitions = {
              {.offset = kMiB, .size = 40 * kMiB, .type = kData, .guid = kOne, .name = "Boot"},
              {.offset = 41 * kMiB,
               .size = 23 * kMiB - space_after(Scheme::gpt, sector_size),
               .type = kRecovery,
               .guid = kTwo,
               .name = "Wiederherstellung \u00fc \u65e5",
               .attributes = 0x8000000000000001}}};
}

Table mbr(std::uint32_t sector_size = 512) {
  return {.scheme = Scheme::mbr,
          .sector_size = sector_size,
          .disk_size = 64 * kMiB,
          .signature = 0x1234abcd,
          .partitions = {{.offset = kMiB, .size = 40 * kMiB, .type = "0c", .active = true},
                         {.offset = 50 * kMiB, .size = 14 * kMiB, .type = "07"}}};
}

fs::path empty_image(const Scratch& scratch, std::uint64_t size, const std::string& name = "d") {
  fs::path image = scratch / name;
  Fd out = Fd::open_empty(image);
  EXPECT_EQ(ftruncate(out.get(), static_cast<off_t>(size)), 0);
  return image;
}

fs::path image_of(const Scratch& scratch, const Table& table, const std::string& name = "d") {
  fs::path image = empty_image(scratch, table.disk_size, name);
  write_table(table, image);
  return image;
}

std::string bytes_at(const fs::path& image, std::uint64_t offset, std::uint64_t size) {
  return read_all({image, {{offset, size, false}}});
}

std::uint64_t number(const std::string& bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i - 1));
  }
  return value;
}

// As in the UEFI specification: polynomial 04C11DB7, reflected.
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::string guid_at(const std::string& bytes, std::size_t offset) {
  std::array<std::uint8_t, 16> guid = {};
  for (std::size_t i = 0; i < 16; ++i) {
    guid[i] = static_cast<std::uint8_t>(bytes.at(offset + i));
  }
  return guid_text(guid);
}

std::string sfdisk(const fs::path& image) {
  return run_checked({"sfdisk", "--json", image.string()}, {.environment = {{"LC_ALL", "C"}}});
}

// One GPT header and its entries; `sector` is where it lies, `other` where the other one does.
void expect_header(const Table& table, const fs::path& image, std::uint64_t sector,
                   std::uint64_t other, std::uint64_t entries) {
  const std::uint64_t size = table.sector_size;
  std::string header = bytes_at(image, sector * size, size);
  EXPECT_EQ(header.substr(0, 8), "EFI PART");
  EXPECT_EQ(number(header, 8, 4), 0x10000u);
  EXPECT_EQ(number(header, 12, 4), 92u);
  std::string summed = header.substr(0, 92);
  summed.replace(16, 4, 4, '\0');
  EXPECT_EQ(number(header, 16, 4), crc32(summed));
  EXPECT_EQ(number(header, 24, 8), sector);
  EXPECT_EQ(number(header, 32, 8), other);
  EXPECT_EQ(number(header, 40, 8), kMiB / size);
  EXPECT_EQ((number(header, 48, 8) + 1) * size,
            table.disk_size - space_after(Scheme::gpt, table.sector_size));
  EXPECT_EQ(guid_at(header, 56), kDisk);
  EXPECT_EQ(number(header, 72, 8), entries);
  EXPECT_EQ(number(header, 80, 4), 128u);
  EXPECT_EQ(number(header, 84, 4), 128u);
  std::string array = bytes_at(image, entries * size, 128 * 128);
  EXPECT_EQ(number(header, 88, 4), crc32(array));
  for (std::size_t i = 0; i < table.partitions.size(); ++i) {
    const Partition& p = table.partitions[i];
    EXPECT_EQ(guid_at(array, 128 * i), p.type);
    EXPECT_EQ(guid_at(array, 128 * i + 16), p.guid);
    EXPECT_EQ(number(array, 128 * i + 32, 8) * size, p.offset);
    EXPECT_EQ((number(array, 128 * i + 40, 8) + 1) * size, p.offset + p.size);
    EXPECT_EQ(number(array, 128 * i + 48, 8), p.attributes);
  }
  std::string rest = array.substr(128 * table.partitions.size());
  EXPECT_EQ(rest, std::string(rest.size(), '\0'));
}

class Sectors : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Disk, Sectors, testing::Values(512u, 4096u));

TEST_P(Sectors, GptHeadersSayWhatWasAsked) {
  Scratch scratch;
  Table table = gpt(GetParam());
  fs::path image = image_of(scratch, table);
  std::uint64_t last = table.disk_size / GetParam() - 1;
  std::uint64_t array = 128 * 128 / GetParam();
  expect_header(table, image, 1, last, 2);
  expect_header(table, image, last, 1, last - array);
  std::string name = bytes_at(image, (2 * GetParam()) + 128 + 56, 72);
  EXPECT_EQ(name.substr(0, 8), std::string("W\0i\0e\0d\0", 8));
  EXPECT_EQ(name.substr(36, 8), std::string("\xfc\0 \0\xe5\x65\0\0", 8));

  std::string first = bytes_at(image, 0, GetParam());  // the protective MBR
  EXPECT_EQ(number(first, 446 + 4, 1), 0xeeu);
  EXPECT_EQ(number(first, 446 + 8, 4), 1u);
  EXPECT_EQ(number(first, 446 + 12, 4), last);
  EXPECT_EQ(first.substr(462, 48), std::string(48, '\0'));
  EXPECT_EQ(number(first, 510, 2), 0xaa55u);
}

TEST_P(Sectors, MbrSaysWhatWasAsked) {
  Scratch scratch;
  Table table = mbr(GetParam());
  std::string first = bytes_at(image_of(scratch, table), 0, GetParam());
  EXPECT_EQ(number(first, 440, 4), 0x1234abcdu);
  EXPECT_EQ(number(first, 444, 2), 0u);
  for (std::size_t i = 0; i < 2; ++i) {
    std::size_t at = 446 + 16 * i;
    EXPECT_EQ(number(first, at, 1), i == 0 ? 0x80u : 0u);
    EXPECT_EQ(number(first, at + 4, 1), i == 0 ? 0x0cu : 7u);
    EXPECT_EQ(number(first, at + 8, 4) * GetParam(), table.partitions[i].offset);
    EXPECT_EQ(number(first, at + 12, 4) * GetParam(), table.partitions[i].size);
  }
  EXPECT_EQ(first.substr(478, 32), std::string(32, '\0'));
  EXPECT_EQ(number(first, 510, 2), 0xaa55u);
}

TEST(Disk, SfdiskAndSgdiskAgree) {
  Scratch scratch;
  fs::path image = image_of(scratch, gpt());
  auto read = nlohmann::json::parse(sfdisk(image))["partitiontable"];
  EXPECT_EQ(read["label"], "gpt");
  EXPECT_EQ(read["id"], "00112233-4455-6677-8899-AABBCCDDEEFF");
  EXPECT_EQ(read["partitions"][1]["name"], gpt().partitions[1].name);
  EXPECT_EQ(read["partitions"][1]["attrs"], "RequiredPartition GUID:63");
  EXPECT_EQ(read["partitions"][1]["uuid"], "11111111-2222-4333-8444-5555555555BB");
  std::string verdict = run_checked({"sgdisk", "-v", image.string()});
  EXPECT_NE(verdict.find("No problems found"), std::string::npos) << verdict;

  read = nlohmann::json::parse(sfdisk(image_of(scratch, mbr(), "m")))["partitiontable"];
  EXPECT_EQ(read["label"], "dos");
  EXPECT_EQ(read["id"], "0x1234abcd");
  EXPECT_EQ(read["partitions"][0]["type"], "c");
  EXPECT_EQ(read["partitions"][0]["bootable"], true);
  EXPECT_EQ(read["partitions"][0]["start"], 2048);
}

// fdisk alone lets its user say what a sector is.
TEST(Disk, FdiskReadsSectorsOf4096Bytes) {
  Scratch scratch;
  for (const Table& table : {gpt(4096), mbr(4096)}) {
    std::string listing =
        run_checked({"fdisk", "-b", "4096", "-l", image_of(scratch, table).string()});
    EXPECT_NE(listing.find(table.scheme == Scheme::gpt ? "label type: gpt" : "label type: dos"),
              std::string::npos)
        << listing;
    EXPECT_EQ(listing.find("not"), std::string::npos) << listing;
  }
}

TEST(Disk, SameBytesWhereverAndWhenever) {
  for (const Table& table : {gpt(), gpt(4096), mbr(), mbr(4096)}) {
    Scratch one;
    Scratch two;
    EXPECT_EQ(sha256(Slice::whole(image_of(one, table, "a"))),
              sha256(Slice::whole(image_of(two, table, "bbb"))));
  }
}

TEST(Disk, IsSilent) {
  Scratch scratch;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  image_of(scratch, gpt());
  image_of(scratch, mbr());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Disk, TouchesNothingButTheTable) {
  for (const Table& table : {gpt(), gpt(4096), mbr()}) {
    Scratch scratch;
    fs::path image = scratch.write("d", std::string(table.disk_size, 'x'));
    write_table(table, image);
    std::uint64_t start = table.scheme == Scheme::mbr ? 512 : 2 * table.sector_size + 128 * 128;
    std::uint64_t end = table.disk_size - space_after(table.scheme, table.sector_size);
    EXPECT_EQ(bytes_at(image, 0, 440), std::string(440, 'x'));
    EXPECT_EQ(bytes_at(image, start, end - start), std::string(end - start, 'x'));
    // What the table itself takes does not depend on what was there.
    Scratch other;
    fs::path fresh = image_of(other, table);
    EXPECT_EQ(bytes_at(image, 440, start - 440), bytes_at(fresh, 440, start - 440));
    EXPECT_EQ(bytes_at(image, end, table.disk_size - end),
              bytes_at(fresh, end, table.disk_size - end));
  }
}

TEST(Disk, ReplacesAnotherTable) {
  Scratch scratch;
  fs::path image = image_of(scratch, gpt());
  write_table(mbr(), image);
  EXPECT_EQ(nlohmann::json::parse(sfdisk(image))["partitiontable"]["label"], "dos");
  write_table(gpt(), image);
  EXPECT_EQ(sha256(Slice::whole(image)), sha256(Slice::whole(image_of(scratch, gpt(), "e"))));
}

TEST(Disk, StaysSparse) {
  Scratch scratch;
  Table table = gpt();
  table.disk_size = 64 * 1024 * kMiB;
  struct stat info = {};
  ASSERT_EQ(stat(image_of(scratch, table).c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 200'000);
}

TEST(Disk, TablesMayBeFullOrEmpty) {
  Scratch scratch;
  for (Table table : {gpt(), mbr()}) {
    table.partitions.clear();
    image_of(scratch, table);
  }
  Table table = gpt();
  table.disk_size = 200 * kMiB;
  table.partitions.clear();
  for (unsigned i = 0; i < 128; ++i) {  // in falling order: numbers are not by place
    table.partitions.push_back({.offset = (128 - i) * kMiB,
                                .size = kMiB,
                                .type = kData,
                                .guid = fmt::format("11111111-2222-4333-8444-{:012}", i)});
  }
  fs::path image = image_of(scratch, table);
  expect_header(table, image, 1, table.disk_size / 512 - 1, 2);
}

TEST(Disk, SpaceAfter) {
  EXPECT_EQ(space_after(Scheme::mbr, 512), 0u);
  EXPECT_EQ(space_after(Scheme::gpt, 512), 33u * 512);
  EXPECT_EQ(space_after(Scheme::gpt, 4096), 5u * 4096);
}

// --- what is refused ---

void expect_refused(const Table& table, const std::string& message) {
  Scratch scratch;
  fs::path image = empty_image(scratch, 64 * kMiB);
  std::string before = sha256(Slice::whole(image));
  EXPECT_EQ(failure_of([&] { write_table(table, image); }), message);
  EXPECT_EQ(sha256(Slice::whole(image)), before);
}

TEST(Disk, RefusesPlaces) {
  const char* askew =
      "partition 1 begins at byte {}; partitions begin at multiples of 1 MiB, not "
      "at 0";
  for (std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{512}, kMiB + 512, kMiB + 4096, UINT64_MAX}) {
    for (Table table : {gpt(), mbr()}) {
      table.partitions[0].offset = offset;
      expect_refused(table, fmt::format(fmt::runtime(askew), offset));
    }
  }
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, kMiB + 511}) {
    Table table = mbr();
    table.partitions[0].size = size;
    expect_refused(table,
                   fmt::format("partition 1 has {} bytes; it should have sectors of 512", size));
  }
  Table table = gpt();
  table.partitions[1].size += 512;
  expect_refused(table,
                 "partition 2 has 24100864 bytes from byte 42991616 on; of the disk's "
                 "67108864 bytes 67091968 are for partitions");
  table = mbr();
  table.partitions[1].size += 512;
  expect_refused(table,
                 "partition 2 has 14680576 bytes from byte 52428800 on; of the disk's "
                 "67108864 bytes 67108864 are for partitions");
  table.partitions[1].size = UINT64_MAX - 511;
  EXPECT_NE(failure_of([&] { write_table(table, "x"); }), "");
  table.partitions[1] = {.offset = UINT64_MAX - kMiB + 1, .size = 512, .type = "07"};
  EXPECT_NE(failure_of([&] { write_table(table, "x"); }), "");
}

TEST(Disk, RefusesOverlaps) {
  Table table = gpt();
  table.partitions[1].offset -= kMiB;
  expect_refused(table, "partition 2 begins at byte 41943040, inside partition 1");
  table = mbr();
  table.partitions[1].offset = kMiB;
  expect_refused(table, "partition 2 begins at byte 1048576, inside partition 1");
  table = mbr();
  std::swap(table.partitions[0].offset, table.partitions[1].offset);
  table.partitions[0].size = kMiB;
  table.partitions[1].size = 50 * kMiB;
  expect_refused(table, "partition 1 begins at byte 52428800, inside partition 2");
}

TEST(Disk, RefusesTypesAndGuids) {
  for (const char* type : {"", "0", "00", "c", "0x0c", "0g", "0c0", kData}) {
    Table table = mbr();
    table.partitions[0].type = type;
    expect_refused(
        table, fmt::format("'{}' is not the type of an MBR partition: that of partition 1", type));
  }
  for (const char* guid :
       {"", "0c", "11111111-2222-4333-8444-5555555555a", "{11111111-2222}",
        "11111111-2222-4333-8444-5555555555ag", "11111111-2222-4333-84445-555555555aa",
        "-1111111-2222-4333-8444-5555555555aa"}) {
    Table table = gpt();
    table.partitions[0].guid = guid;
    expect_refused(table, fmt::format("'{}' is not a GUID: that of partition 1", guid));
    table = gpt();
    table.partitions[0].type = guid;
    expect_refused(table, fmt::format("'{}' is not a GUID: that of the type of partition 1", guid));
    table = gpt();
    table.guid = guid;
    expect_refused(table, fmt::format("'{}' is not a GUID: that of the disk", guid));
  }
  Table table = gpt();
  table.partitions[0].type = "00000000-0000-0000-0000-000000000000";
  expect_refused(table, "the GUID of the type of partition 1 is zero");
  table = gpt();
  table.partitions[1].guid = "11111111-2222-4333-8444-5555555555AA";
  expect_refused(table,
                 "partition 2 has a GUID that the disk or another partition has: "
                 "11111111-2222-4333-8444-5555555555AA");
  table.partitions[1].guid = kDisk;
  expect_refused(table,
                 "partition 2 has a GUID that the disk or another partition has: "
                 "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(Disk, RefusesWhatTheSchemeCannotHold) {
  Table table = mbr();
  table.partitions[0].name = "x";
  expect_refused(table, "partition 1 has a GUID, a name or attributes, which an MBR cannot hold");
  table = mbr();
  table.partitions[1].active = true;
  expect_refused(table, "2 partitions are active; a BIOS boots one");
  table = gpt();
  table.partitions[0].active = true;
  expect_refused(table, "partition 1 is active; a GPT knows no such thing");
  table = gpt();
  table.signature = 1;
  expect_refused(table, "an MBR has a signature and no GUID, a GPT a GUID and no signature");
  table = mbr();
  table.guid = kDisk;
  expect_refused(table, "an MBR has a signature and no GUID, a GPT a GUID and no signature");
  table = gpt();
  table.partitions[0].name = std::string(37, 'n');
  expect_refused(table,
                 "the name of partition 1 has 37 UTF-16 units; a GPT holds 36, none of them "
                 "0");
  table.partitions[0].name = std::string("a\0b", 3);
  expect_refused(table,
                 "the name of partition 1 has 3 UTF-16 units; a GPT holds 36, none of them "
                 "0");
  table.partitions[0].name = "a\U0001f600";
  expect_refused(table, "the name of partition 1 has a character beyond U+FFFF: 'a\U0001f600'");
  table = mbr();
  table.partitions.resize(5, table.partitions[1]);
  expect_refused(table, "the disk is to have 5 partitions; its table holds 4");
  table = mbr();
  table.disk_size = (std::uint64_t{1} << 41) + 4 * kMiB;
  table.partitions = {{.offset = kMiB, .size = std::uint64_t{1} << 41, .type = "07"}};
  EXPECT_NE(failure_of([&] { write_table(table, "x"); }).find("less than 2^32 sectors of 512"),
            std::string::npos);
}

TEST(Disk, RefusesDisks) {
  Table table = gpt();
  table.sector_size = 1024;
  expect_refused(table, "a disk has sectors of 512 or 4096 bytes, not 1024");
  table = gpt();
  table.disk_size += 1;
  expect_refused(table,
                 "a disk of 67108865 bytes cannot be partitioned: it needs whole sectors "
                 "and 2 MiB or more");
  table.disk_size = kMiB;
  expect_refused(table,
                 "a disk of 1048576 bytes cannot be partitioned: it needs whole sectors and "
                 "2 MiB or more");
  Scratch scratch;
  fs::path image = empty_image(scratch, 63 * kMiB);
  EXPECT_EQ(failure_of([&] { write_table(gpt(), image); }),
            fmt::format("'{}' is not a file of 67108864 bytes", image.string()));
  EXPECT_NE(failure_of([&] { write_table(gpt(), scratch / "none"); }), "");
}

}  // namespace
}  // namespace remedia::disk
