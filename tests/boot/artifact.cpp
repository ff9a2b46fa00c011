#include "boot/artifact.h"

#include "support/diagnostic.h"
#include "support/digest.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia::boot {

nlohmann::json volume_of(const Space& space, const std::string& name, std::string_view kind) {
  const std::string file = fmt::format("out/r/{0}/{0}.manifest.json", name);
  const nlohmann::json manifest = nlohmann::json::parse(space.read(file));
  for (const auto& volume : manifest.at("volumes")) {
    if (volume.at("kind") == kind) return volume;
  }
  fail("{} knows no {}", file, kind);
}

Digests expected_digests(const Space& space, const std::string& name, std::string_view kind,
                         const std::vector<std::string>& images) {
  Digests digests;
  const nlohmann::json volume = volume_of(space, name, kind);
  for (const auto& file : volume.at("files")) {
    const std::string path = "/" + file.at("path").get<std::string>();
    if (path == "/boot/bcd" || path == "/boot/boot.sdi" || path == "/efi/microsoft/boot/bcd") {
      digests[path] = file.at("sha256");
    }
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string path =
        fmt::format("/sources/boot{}.wim", i == 0 ? "" : std::to_string(i + 1));
    digests[path] = sha256(Slice::whole(space / ("out/r/" + images[i] + "/boot.wim")));
  }
  return digests;
}

void expect_report(const Report& report, Firmware firmware, const Digests& digests) {
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.firmware, firmware == Firmware::uefi ? "uefi" : "bios");
  EXPECT_EQ(report.files, digests) << report.log;
}

void flip_a_bit_of(const std::string& part, const fs::path& file) {
  std::size_t at = 0;
  {
    const std::string bytes = read_file(file, 1u << 30);
    at = bytes.find(part);
    if (at == std::string::npos) fail("{} does not hold the part as one piece", file.string());
  }
  const std::size_t middle = part.size() / 2;
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at + middle));
  out.put(static_cast<char>(part[middle] ^ 1));
}

}  // namespace remedia::boot
