#include "support/wim_sources.h"

#include "support/process.h"

#include <random>

namespace remedia::wim_sources {

std::string filler(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>("abcdefgh\0\1\2\3\4\5\6\7"[seed >> 28]);
  }
  return bytes;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::vector<wim::Addition> write_additions(
    const Scratch& scratch, const std::string& folder,
    const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<wim::Addition> additions;
  for (const auto& [target, content] : files) {
    fs::path path = scratch.write(folder + "/" + target, content);
    additions.push_back({target, false, Slice::whole(path)});
  }
  return additions;
}

fs::path capture_wim(const Scratch& scratch, const std::string& name,
                     const std::vector<wim::Addition>& additions, wim::CaptureOptions options) {
  options.clock = kClock;
  options.boot_index = 1;
  capture({{.name = "Test", .additions = additions}}, options, scratch / name);
  return scratch / name;
}

fs::path make_base(const Scratch& scratch, const std::string& name,
                   const std::vector<wim::Addition>& additions, wim::Compression compression) {
  fs::path from = capture_wim(scratch, name + ".captured", additions, {.compression = compression});
  export_image(open_wim_file(from), 1, scratch / name, {.guid = {9}, .clock = kClock});
  return scratch / name;
}

wim::File open_wim_file(const fs::path& path) {
  return wim::File(Slice::whole(path), path.filename().string());
}

std::string content_of(const wim::File& wim, const std::string& path, const Scratch& scratch) {
  const wim::Entry* entry = wim.find(1, path);
  if (entry == nullptr) return "(no such file)";
  wim.extract(1, *entry, scratch / "content");
  return read_file(scratch / "content");
}

std::string sha1_in(const wim::File& wim, const std::string& path) {
  const wim::Entry* entry = wim.find(1, path);
  return entry == nullptr ? "" : entry->sha1;
}

void expect_verified(const fs::path& wim) {
  std::string said = run_checked({"wimverify", wim}, {.environment = {{"LC_ALL", "C.UTF-8"}}});
  EXPECT_NE(said.find("successfully verified"), std::string::npos);
}

}  // namespace remedia::wim_sources
