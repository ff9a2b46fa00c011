// Archives that lie, or are of no use: nothing comes out of them, and the reason is told.
#include "unit/archive_samples.h"

#include <algorithm>

namespace remedia {

using namespace archives;

TEST(ArchiveRefuse, NamesInAnUnknownCodePageAreRefused) {
  EXPECT_REFUSED(write_cab(one_file("gr\u00fc\u00dfe.txt")), "code page");
  EXPECT_REFUSED(write_cab(one_file("gr\x81.txt", "x", 0x80)), "gr\\x81.txt");
  EXPECT_REFUSED(write_zip({{.name = "gr\x81\xe1"
                                     "e.txt"}}),
                 "gr\\x81\\xe1e.txt");
  EXPECT_REFUSED(write_zip({{.name = "gr\xc3", .flags = 0x800}}), "@dart/x.cab");
}

TEST(ArchiveRefuse, NamesThatLeadElsewhereAreRefused) {
  for (std::string name :
       {"../a", "a/../../b", "/etc/passwd", "C:/a", "c:a", "a/./b", "a//b", "..",
        "//server/share/a", "a:stream", "nul", "a/CON.txt", "b.", "c ", "q?", "tab\tulator", "/"}) {
    EXPECT_REFUSED(zip_with({"ok", name}), "Windows");
    std::replace(name.begin(), name.end(), '/', '\\');
    EXPECT_REFUSED(cab_with({"ok", name}), "Windows");
    EXPECT_REFUSED(zip_with({"ok", name}), "Windows");
  }
  EXPECT_REFUSED(zip_with({std::string(256, 'x')}), "255");
}

TEST(ArchiveRefuse, NamesThatAreOneAreRefused) {
  EXPECT_REFUSED(cab_with({"a.txt", "A.TXT"}), "Windows takes for one name");
  EXPECT_REFUSED(zip_with({"d/a.txt", "D/A.TXT"}), "Windows takes for one name");
  EXPECT_REFUSED(cab_with({"a.txt", "a.txt"}), "twice");
  EXPECT_REFUSED(zip_with({"a.txt", "a.txt"}), "two entries of one name");
  EXPECT_REFUSED(zip_with({"a/b", "a\\b"}), "twice");
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"a", "a/b"}, {"a/b", "A"}, {"a/", "a"}}) {
    EXPECT_REFUSED(zip_with(names), "a file and a folder of one name");
  }
  EXPECT_REFUSED(cab_with({"a", "a\\b"}), "a file and a folder of one name");
}

TEST(ArchiveRefuse, LimitsHold) {
  for (const std::string& archive : {cab_with({"aaaa", "bbbb"}), zip_with({"aaaa", "bbbb"})}) {
    Scratch scratch;
    EXPECT_EQ(unpack_bytes(scratch, archive, {.size = 8, .entries = 2}).files.size(), 2u);
    EXPECT_NE(refusal(archive, {.size = 7}).find("more than 7 bytes"), std::string::npos);
    EXPECT_NE(refusal(archive, {.entries = 1}).find("2 entries"), std::string::npos);
  }
  // Said, and not there: no more may be made room for than the limit.
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .size = 0xfffffff0},
                            {.name = "b", .content = "x", .size = 0xfffffff0},
                            {.name = "c", .content = "x", .size = 0xfffffff0}}),
                 "more than 8589934592 bytes");
}

TEST(ArchiveRefuse, CabinetsWhoseTablesLieAreRefused) {
  CabSpec spec = sample(CabMethod::mszip);
  std::string cab = write_cab(spec);
  std::size_t files = cab_files_at(spec);
  std::size_t data = cab_data_at(spec);
  struct Lie {
    std::size_t at;
    std::uint64_t value;
    int size;
    const char* said;
  };
  const Lie lies[] = {
      {8, cab.size() + 1, 4, "ends after"},
      {8, cab.size() - 1, 4, "lies beyond its end"},
      {8, 20, 4, "beyond its end"},
      {16, 20, 4, "tables overlap"},
      {16, 0xffffffff, 4, "beyond its end"},
      {16, files + 1, 4, "damaged"},
      {24, 0x0203, 2, "version 2.3"},
      {26, 0, 2, "in a folder that it does not have"},
      {26, 1, 2, "in a folder that it does not have"},
      {26, 0xffff, 2, "beyond its end"},
      {28, 3, 2, "do not fill its data"},
      {28, 5, 2, "damaged"},
      {28, 0xffff, 2, "damaged"},
      {30, 1, 2, "one part of a set"},
      {30, 2, 2, "one part of a set"},
      {30, 4, 2, "damaged"},
      {kCabFolders, data + 1, 4, "damaged"},
      {kCabFolders, 0xffffffff, 4, "beyond its end"},
      {kCabFolders + 4, 0, 2, "do not fill its data"},
      {kCabFolders + 4, 2, 2, "damaged"},
      {kCabFolders + 6, 4, 2, "method 0x4"},
      {kCabFolders + 6, 0x10, 2, "method 0x10"},
      {kCabFolders + 6, 0, 2, "damaged"},
      {kCabFolders + 6, 0x1503, 2, "data is not valid"},
      {kCabFolders + 6, 0x0f02, 2, "Quantum"},
      {kCabFolders + 6, 0x1603, 2, "method 0x1603"},
      {kCabFolders + 6, 0x0e03, 2, "method 0xe03"},
      {kCabFolders + 8, data, 4, "damaged"},
      {files, 1000, 4, "do not fill its data"},
      {files, 0xffffffff, 4, "do not fill its data"},
      {files + 4, 1, 4, "do not fill its data"},
      {files + 8, 1, 2, "do not fill its data"},
      {files + 8, 2, 2, "in a folder that it does not have"},
      {files + 8, 0xfffd, 2, "in a folder that it does not have"},
      {files + 8, 0xfffe, 2, "in a folder that it does not have"},
      {files + 8, 0xffff, 2, "in a folder that it does not have"},
      {files + 16, 0, 1, "damaged"},
      {data, 0x12345678, 4, "checksum"},
      {data + 4, 0xffff, 2, "size that none can have"},
      {data + 6, 0, 2, "size that none can have"},
      {data + 6, 0x8001, 2, "size that none can have"},
  };
  for (const Lie& lie : lies) {
    SCOPED_TRACE(fmt::format("byte {}: {:#x}", lie.at, lie.value));
    EXPECT_REFUSED(patched(cab, lie.at, lie.value, lie.size), lie.said);
  }
}

TEST(ArchiveRefuse, CabinetsThatReserveRoomInBlocksAreRefused) {
  CabSpec spec = one_file("a");
  spec.header_reserve = 4;
  EXPECT_REFUSED(patched(write_cab(spec), kCabFolders + 3, 1, 1), "room in its data blocks");
}

TEST(ArchiveRefuse, CabinetsWithoutChecksumsAreStillJudged) {
  CabSpec spec{.folders = {{CabMethod::mszip, {{"a", noise(40000)}}}}, .checksums = false};
  std::string cab = write_cab(spec);
  Scratch scratch;
  EXPECT_EQ(unpack_bytes(scratch, cab).files["a"], noise(40000));
  std::size_t data = cab_data_at(spec);
  EXPECT_REFUSED(patched(cab, data + 8, 'X', 1), "compressed data is not valid");
  EXPECT_REFUSED(patched(cab, data + 10, 7, 1), "compressed data is not valid");
  // A last block that says more than it has, and one that says less: the first is cut, the second
  // would leave bytes out.
  CabSpec small{.folders = {{CabMethod::mszip, {{"a", "12345678"}}}}, .checksums = false};
  std::string more = patched(write_cab(small), cab_data_at(small) + 6, 9, 2);
  EXPECT_REFUSED(patched(more, cab_files_at(small), 9, 4), "compressed data is not valid");
}

TEST(ArchiveRefuse, FoldersThatShareBlocksAreRefused) {
  CabSpec spec{.folders = {{CabMethod::stored, {{"a", noise(300)}}},
                           {CabMethod::stored, {{"b", noise(300)}}},
                           {CabMethod::stored, {{"c", noise(300)}}}}};
  std::string cab = write_cab(spec);
  for (std::size_t folder : {1u, 2u}) {
    cab = patched(cab, kCabFolders + 8 * folder, cab_data_at(spec), 4);
  }
  cab.resize(cab_data_at(spec) + 308);
  EXPECT_REFUSED(patched(cab, 8, cab.size(), 4), "folders overlap");
}

TEST(ArchiveRefuse, ProgramsWithACabinetInside) {
  Scratch scratch;
  std::string cab = write_cab(sample(CabMethod::mszip));
  std::string outer = write_cab(one_file("inner.cab", cab));
  std::string stub = "MZ" + noise((1 << 20) - 20) + "MSCF" + std::string(40, '\xff');
  EXPECT_EQ(unpack_bytes(scratch, stub + cab + "signature").files.size(), 4u);
  EXPECT_EQ(unpack_bytes(scratch, stub + outer).files, (Files{{"inner.cab", cab}}));
  EXPECT_REFUSED(stub + cab + "between" + cab, "holds 2 cabinets");
  EXPECT_REFUSED(stub + cab.substr(0, cab.size() - 1), "neither a .cab nor a .zip");
  cab[cab.size() - 2] = static_cast<char>(cab[cab.size() - 2] ^ 1);
  EXPECT_REFUSED(stub + cab, "checksum");
}

TEST(ArchiveRefuse, ZipsThatLieAreRefused) {
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .crc = 1}}), "checksum of 'a'");
  EXPECT_REFUSED(write_zip({{.name = "a", .crc = 1}}), "no content");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "abc", .size = 2}}), "more than its 2 bytes");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "abc", .size = 4}}), "'a'");
  EXPECT_REFUSED(write_zip({{.name = "a", .size = 4}}), "'a'");
  EXPECT_REFUSED(write_zip({{.name = "a", .local_name = "b"}}), "directory");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x"}, {.name = "b", .content = "x", .at = 0}}),
                 "directory");
  EXPECT_REFUSED(write_zip({{.name = "d/", .content = "x"}}), "damaged");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .crc = 1, .descriptor = true}}),
                 "checksum of 'a'");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .size = 5, .descriptor = true}}), "'a'");
}

TEST(ArchiveRefuse, ZipsOfNoUseAreRefusedWithTheReason) {
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .flags = 1}}), "encrypted");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .flags = 0x41}}), "encrypted");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .method = 77}}), "method 77");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "x", .method = 9}}), "method 9");
  EXPECT_REFUSED(write_zip({{.name = "a", .content = "/etc", .mode = 0120777}}), "is a link");
  EXPECT_REFUSED(write_zip({{.name = "a", .mode = 0020666}}), "not what its name says");
  EXPECT_REFUSED(write_zip({{.name = "a", .mode = 0040755}}), "not what its name says");
  EXPECT_REFUSED(write_zip({{.name = "a/", .mode = 0100644}}), "not what its name says");
  EXPECT_REFUSED(patched(zip_with({"a"}), zip_with({"a"}).size() - 18, 1, 2), "@dart/x.cab");
}

TEST(ArchiveRefuse, WithoutRoomNothingIsUsed) {
  Scratch scratch;
  fs::path zip = scratch.write("a.zip", zip_with({"a"}));
  Pack pack(scratch / "pack", "pack");
  std::string text =
      failure_of([&] { unpack_archive(zip, "@dart/x.zip", "", pack, scratch / "missing/x"); });
  EXPECT_NE(text.find("missing"), std::string::npos) << text;
  EXPECT_TRUE(pack.entries().empty());
}

TEST(ArchiveRefuse, ATargetThatMakesPathsIllegal) {
  Scratch scratch;
  fs::path zip = scratch.write("a.zip", zip_with({"a/b"}));
  for (const char* to : {"..", "a:b", "/", "con"}) {
    EXPECT_NE(failure_of([&] { unpack(scratch, zip, to); }).find("Windows"), std::string::npos);
  }
}

TEST(ArchiveRefuse, EncryptedZipsOf7Zip) {
  for (const char* method : {"-mem=ZipCrypto", "-mem=AES256"}) {
    Scratch scratch;
    fs::path zip = scratch / "a.zip";
    zip_folder(sample_folder(scratch), zip, {"-psecret", method});
    EXPECT_NE(failure_of([&] { unpack(scratch, zip); }).find("is encrypted"), std::string::npos);
  }
}

TEST(ArchiveRefuse, AZipBombStopsAtTheLimit) {
  Scratch scratch;
  fs::path folder = scratch / "bomb";
  scratch.write("bomb/zeros", std::string(8 << 20, '\0'));
  zip_folder(folder, scratch / "a.zip", {"-mx=9"});
  std::string zip = read_file(scratch / "a.zip");
  EXPECT_LT(zip.size(), 100000u);
  EXPECT_NE(refusal(zip, {.size = (8 << 20) - 1}).find("more than"), std::string::npos);
  // The same, and it says that it is small: both headers say so.
  std::string size = patched("1234", 0, 8 << 20, 4);
  for (std::size_t at = 0; (at = zip.find(size, at)) != zip.npos;) zip = patched(zip, at, 100, 4);
  EXPECT_NE(refusal(zip, {.size = 1000}).find("'zeros' has more than its 100 bytes"),
            std::string::npos);
}

}  // namespace remedia
