// What the tests of archives share: small archives, and what comes out of them.
#pragma once

#include "media/archive.h"
#include "support/archive_writers.h"
#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::archives {

using Files = std::map<std::string, std::string>;

inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::string bytes;
  for (std::uint64_t x = seed; bytes.size() < size;) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    bytes += static_cast<char>(x >> 56);
  }
  return bytes;
}

struct Unpacked {
  Files files;
  std::vector<std::string> order;
  std::vector<std::string> origins;
  std::vector<std::string> folders;
};

inline Unpacked unpack(const Scratch& scratch, const fs::path& archive, const std::string& to = "",
                       const ArchiveLimits& limits = {}) {
  fs::remove(scratch / "pack");  // ext4 writes out what was truncated, which takes long
  Pack pack(scratch / "pack", (scratch / "pack").string());
  fs::path room = scratch / "room";
  fs::create_directories(room);
  Unpacked result;
  auto check_untouched = [&] { EXPECT_TRUE(fs::is_empty(room)) << "something stayed in scratch"; };
  try {
    for (const TreeEntry& entry :
         unpack_archive(archive, "@dart/x.cab", to, pack, room / "all", limits)) {
      EXPECT_TRUE(entry.directory);
      result.folders.push_back(entry.target);
    }
  } catch (const Failure&) {
    EXPECT_TRUE(pack.entries().empty());
    check_untouched();
    throw;
  }
  check_untouched();
  for (const TreeEntry& entry : pack.entries()) {
    result.order.push_back(entry.target);
    result.origins.push_back(entry.origin);
    result.files[entry.target] = read_all(entry.slice());
    EXPECT_EQ(sha256(result.files[entry.target]), entry.sha256);
  }
  return result;
}

inline Unpacked unpack_bytes(const Scratch& scratch, const std::string& archive,
                             const ArchiveLimits& limits = {}) {
  fs::remove(scratch / "a.bin");
  return unpack(scratch, scratch.write("a.bin", archive), "", limits);
}

inline std::string refusal(const std::string& archive, const ArchiveLimits& limits = {}) {
  Scratch scratch;
  std::string text = failure_of([&] { unpack_bytes(scratch, archive, limits); });
  EXPECT_TRUE(text.find("@dart/x.cab") != text.npos) << text;
  return text;
}

#define EXPECT_REFUSED(archive, text)                                       \
  do {                                                                      \
    std::string refused = refusal(archive);                                 \
    EXPECT_TRUE(refused.find(text) != refused.npos) << "said: " << refused; \
  } while (false)

inline Files files_in(const fs::path& folder) {
  Files files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
    }
  }
  return files;
}

inline Files by_7zip(const Scratch& scratch, const fs::path& archive) {
  fs::path folder = scratch / "by7z";
  run_checked({"7zz", "x", "-y", "-o" + folder.string(), archive.string()},
              {.environment = {{"LC_ALL", "C.UTF-8"}}});
  return files_in(folder);
}

/// A cabinet of each method, with and without content, in folders of names.
inline CabSpec sample(CabMethod method) {
  return {.folders = {{method,
                       {{"Windows\\System32\\b.dll", noise(1001)},
                        {"empty.txt", ""},
                        {"Windows\\a.exe", noise(777, 2)}}},
                      {CabMethod::stored, {{"z.txt", "last"}}}}};
}

inline CabSpec one_file(std::string name, std::string content = "content",
                        std::uint16_t attributes = 0) {
  return {.folders = {{CabMethod::stored, {{std::move(name), std::move(content), attributes}}}}};
}

inline std::string cab_with(const std::vector<std::string>& names) {
  CabSpec spec{.folders = {{}}};
  for (const std::string& name : names) spec.folders[0].files.push_back({name, name, 0});
  return write_cab(spec);
}

inline std::string zip_with(const std::vector<std::string>& names) {
  std::vector<ZipFileSpec> files;
  for (const std::string& name : names) {
    files.push_back({.name = name, .content = name.ends_with('/') ? "" : name});
  }
  return write_zip(files);
}

/// Makes a folder with files of many sizes.
inline fs::path sample_folder(const Scratch& scratch) {
  fs::path folder = scratch / "tree";
  scratch.write("tree/Programme/größe.txt", "Umlaute");
  scratch.write("tree/Programme/big.bin", noise(200000) + std::string(150000, 'x'));
  scratch.write("tree/Programme/deep/er/one.txt", "1");
  scratch.write("tree/nothing", "");
  scratch.write("tree/text.txt", std::string(70000, 'a'));
  return folder;
}

inline void zip_folder(const fs::path& folder, const fs::path& archive,
                       std::vector<std::string> options) {
  std::vector<std::string> argv{"7zz", "a", "-tzip"};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.insert(argv.end(), {archive.string(), "."});
  run_checked(argv, {.directory = folder, .environment = {{"LC_ALL", "C.UTF-8"}}});
}

}  // namespace remedia::archives
