// What comes out of sound archives is what 7-Zip makes of them.
#include "unit/archive_samples.h"

#include <algorithm>

namespace remedia {

using namespace archives;

TEST(Archive, OtherFilesAreRefused) {
  EXPECT_REFUSED("some text", "neither a .cab nor a .zip");
  EXPECT_REFUSED("", "neither a .cab nor a .zip");
}

TEST(Archive, CabinetsOfEachMethodAreWhat7ZipMakesOfThem) {
  for (CabMethod method : {CabMethod::stored, CabMethod::mszip, CabMethod::lzx}) {
    for (std::uint8_t reserve : {std::uint8_t{0}, std::uint8_t{20}}) {
      Scratch scratch;
      CabSpec spec = sample(method);
      spec.header_reserve = spec.folder_reserve = reserve;
      fs::path cab = scratch.write("a.cab", write_cab(spec));
      Unpacked result = unpack(scratch, cab);
      EXPECT_EQ(result.files, by_7zip(scratch, cab));
      EXPECT_EQ(result.files.size(), 4u);
      EXPECT_EQ(result.files["Windows/a.exe"], noise(777, 2));
    }
  }
}

TEST(Archive, FoldersOfSeveralBlocks) {
  for (CabMethod method : {CabMethod::stored, CabMethod::mszip}) {
    Scratch scratch;
    fs::path cab = scratch.write("a.cab", write_cab({.folders = {{method,
                                                                  {{"1", noise(32768)},
                                                                   {"2", noise(5)},
                                                                   {"3", noise(100000, 3)},
                                                                   {"4", noise(31995)}}}}}));
    EXPECT_EQ(unpack(scratch, cab).files, by_7zip(scratch, cab));
  }
}

TEST(Archive, CabinetsOfGcab) {
  for (std::string option : {"-n", "-z"}) {
    Scratch scratch;
    fs::path folder = sample_folder(scratch);
    fs::path cab = scratch / "a.cab";
    std::vector<std::string> argv{
        "gcab",    "-c",      cab.string(), "Programme/big.bin", "Programme/größe.txt",
        "nothing", "text.txt"};
    if (option == "-z") argv.insert(argv.begin() + 2, option);
    run_checked(argv, {.directory = folder, .environment = {{"LC_ALL", "C.UTF-8"}}});
    Files expected = files_in(folder);
    expected.erase("Programme/deep/er/one.txt");
    EXPECT_EQ(unpack(scratch, cab).files, expected) << option;
  }
}

TEST(Archive, ZipsOf7ZipComeOutAsTheyWere) {
  using Options = std::vector<std::string>;
  for (const Options& options : {Options{}, {"-mm=Copy"}, {"-mm=BZip2"}, {"-mcu=on"}}) {
    Scratch scratch;
    fs::path folder = sample_folder(scratch);
    fs::create_directories(folder / "empty/inside");
    fs::path zip = scratch / "a.zip";
    zip_folder(folder, zip, options);
    Unpacked result = unpack(scratch, zip);
    EXPECT_EQ(result.files, files_in(folder));
    EXPECT_EQ(result.folders, std::vector<std::string>{"empty/inside"});
  }
}

TEST(Archive, OwnZipsAreWhat7ZipMakesOfThem) {
  Scratch scratch;
  std::vector<ZipFileSpec> files = {{.name = "b/c.txt", .content = noise(500)},
                                    {.name = "a.txt", .content = "x", .descriptor = true},
                                    {.name = "empty"}};
  EXPECT_EQ(unpack_bytes(scratch, write_zip(files)).files,
            by_7zip(scratch, scratch.write("a.zip", write_zip(files))));
  for (ZipFileSpec& file : files) file.zip64 = !file.descriptor;
  EXPECT_EQ(unpack_bytes(scratch, write_zip(files, true)).files,
            by_7zip(scratch, scratch.write("b.zip", write_zip(files, true))));
}

TEST(Archive, EntriesAreSortedBelowTheirFolderWithTheirOrigin) {
  for (const std::string& archive :
       {cab_with({"b\\x", "a", "B2\\y"}), zip_with({"b/x", "a", "B2/y"})}) {
    Scratch scratch;
    Unpacked result = unpack(scratch, scratch.write("a", archive), "Program Files/T");
    EXPECT_EQ(result.order, (std::vector<std::string>{"Program Files/T/B2/y", "Program Files/T/a",
                                                      "Program Files/T/b/x"}));
    EXPECT_EQ(result.origins,
              (std::vector<std::string>{"@dart/x.cab/B2/y", "@dart/x.cab/a", "@dart/x.cab/b/x"}));
  }
}

TEST(Archive, BytesDependOnContentAndNotOnTimes) {
  Scratch scratch;
  std::string cab = write_cab(one_file("a.txt"));
  unpack_bytes(scratch, cab);
  std::string pack = read_file(scratch / "pack");
  unpack_bytes(scratch, patched(cab, cab_files_at(one_file("a.txt")) + 10, 0x12345678, 4));
  EXPECT_EQ(read_file(scratch / "pack"), pack);
}

TEST(Archive, EmptyFoldersAreReturned) {
  Scratch scratch;
  Unpacked result = unpack(
      scratch, scratch.write("a", zip_with({"z/", "full/", "full/f", "deep/", "deep/er/"})), "T");
  EXPECT_EQ(result.folders, (std::vector<std::string>{"T/deep/er", "T/z"}));
  CabSpec spec{.folders = {{CabMethod::stored, {{"hollow\\", ""}, {"f", "x"}}}}};
  EXPECT_EQ(unpack_bytes(scratch, write_cab(spec)).folders, std::vector<std::string>{"hollow"});
}

TEST(Archive, ArchivesWithoutFilesAreEmpty) {
  Scratch scratch;
  EXPECT_TRUE(unpack_bytes(scratch, zip_with({})).files.empty());
  EXPECT_TRUE(unpack_bytes(scratch, write_cab({})).files.empty());
}

TEST(Archive, FoldersThatDifferInCaseAreOne) {
  Scratch scratch;
  std::vector<std::string> expected = {"System32/a", "System32/b"};
  EXPECT_EQ(unpack_bytes(scratch, cab_with({"System32\\b", "system32\\a"})).order, expected);
  EXPECT_EQ(unpack_bytes(scratch, zip_with({"System32/b", "SYSTEM32/a"})).order, expected);
}

TEST(Archive, BackslashesSeparateInZipsToo) {
  Scratch scratch;
  EXPECT_EQ(unpack_bytes(scratch, zip_with({"a\\b.txt"})).order,
            std::vector<std::string>{"a/b.txt"});
}

TEST(Archive, NamesInUtf8) {
  Scratch scratch;
  std::string name = "gr\u00fc\u00dfe.txt";
  EXPECT_EQ(unpack_bytes(scratch, write_cab(one_file(name, "x", 0x80))).order,
            std::vector<std::string>{name});
  for (std::uint16_t flags : {std::uint16_t{0}, std::uint16_t{0x800}}) {
    EXPECT_EQ(unpack_bytes(scratch, write_zip({{.name = name, .flags = flags}})).order,
              std::vector<std::string>{name});
  }
}

TEST(Archive, FilesOfACabinetMayBeTheSameBytes) {
  CabSpec spec{.folders = {{CabMethod::mszip, {{"a", "same"}, {"b", ""}}}}};
  std::size_t second = cab_files_at(spec) + 16 + 2;
  Scratch scratch;
  std::string cab = patched(write_cab(spec), second, 4, 4);
  cab = patched(cab, second + 4, 0, 4);
  EXPECT_EQ(unpack_bytes(scratch, cab).files, (Files{{"a", "same"}, {"b", "same"}}));
  // And they count twice.
  EXPECT_NE(refusal(cab, {.size = 7}).find("more than 7 bytes"), std::string::npos);
}

}  // namespace remedia
