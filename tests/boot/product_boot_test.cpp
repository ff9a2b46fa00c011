// The product's own ISO, from recipe to firmware: what the machine reads must be what the host
// computed.
#include "boot/qemu.h"
#include "incremental/surgery.h"
#include "medium/medium.h"
#include "support/digest.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia::boot {
namespace {

/// What the stand-in should report, by the manifest of the ISO and the images themselves.
Digests expected(const Space& space, const std::string& name,
                 const std::vector<std::string>& images) {
  Digests digests;
  nlohmann::json manifest =
      nlohmann::json::parse(space.read("out/r/" + name + "/" + name + ".manifest.json"));
  for (const auto& file : manifest.at("volumes").at(0).at("files")) {
    std::string path = "/" + file.at("path").get<std::string>();
    if (path == "/boot/bcd" || path == "/boot/boot.sdi" || path == "/efi/microsoft/boot/bcd") {
      digests[path] = file.at("sha256");
    }
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    std::string path = i == 0 ? "/sources/boot.wim" : fmt::format("/sources/boot{}.wim", i + 1);
    digests[path] = sha256(Slice::whole(space / ("out/r/" + images[i] + "/boot.wim")));
  }
  return digests;
}

class ProductIso : public testing::TestWithParam<Firmware> {
 protected:
  Report boot(const fs::path& iso) { return boot_cd(GetParam(), iso, space_.root()); }

  Space space_;
};

TEST_P(ProductIso, BootsAndIsReadAsItWasWritten) {
  space_.build();
  fs::path iso = space_ / "out/r/helpdesk/helpdesk.iso";
  Digests digests = expected(space_, "helpdesk", {"helpdesk"});
  ASSERT_EQ(digests.size(), 4u);
  Report report = boot(iso);
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.files, digests);
}

TEST_P(ProductIso, ShowsOneByteThatFlippedInTheImage) {
  space_.build();
  fs::path iso = space_ / "out/r/helpdesk/helpdesk.iso";
  std::string bytes = read_file(iso, 1u << 30);
  std::string wim = space_.read("out/r/helpdesk/boot.wim");
  std::size_t at = bytes.find(wim.substr(0, 208));
  ASSERT_NE(at, std::string::npos);
  std::fstream file(iso, std::ios::binary | std::ios::in | std::ios::out);
  std::size_t middle = at + wim.size() / 2;
  file.seekp(static_cast<std::streamoff>(middle));
  file.put(static_cast<char>(bytes[middle] ^ 1));
  file.close();
  Report report = boot(iso);
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  Digests digests = expected(space_, "helpdesk", {"helpdesk"});
  EXPECT_NE(report.files.at("/sources/boot.wim"), digests.at("/sources/boot.wim"));
  report.files["/sources/boot.wim"] = digests["/sources/boot.wim"];
  EXPECT_EQ(report.files, digests) << "nothing else changed";
}

TEST_P(ProductIso, HoldsSeveralImages) {
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local setup = source { media = "@media/stand-in.iso", image = "setup" }
return iso {
  name = "all",
  boot = {
    wim { name = "first", from = windows, overlays = { "common" } },
    wim { name = "second", from = setup },
  },
}
)");
  space_.build();
  Report report = boot(space_ / "out/r/all/all.iso");
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  Digests digests = expected(space_, "all", {"first", "second"});
  EXPECT_EQ(digests.size(), 5u);
  EXPECT_EQ(report.files, digests);
}

// Removals, registry, settings: the firmware finds the image, whole.
TEST_P(ProductIso, HoldsAnImageThatWasOperatedOn) {
  surgery::fill(space_);
  space_.build();
  Report report = boot(space_ / "out/r/helpdesk/helpdesk.iso");
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  Digests digests = expected(space_, "helpdesk", {"helpdesk"});
  EXPECT_EQ(digests.size(), 4u);
  EXPECT_EQ(report.files, digests);
}

/// Builds from a medium without efisys.bin, which then is a FAT volume of our own around
/// cdboot.efi.
void build_without_floppies(Space& space, const std::string& prompt) {
  medium::Options options;
  options.payload_mib = 0;
  options.efi_floppies = false;
  medium::write_folder(options, space / "media/tree");
  space.write("recipes/r.lua", R"(
local windows = source { media = "media/tree", image = "winre" }
return iso {
  prompt = )" + prompt + R"(,
  boot = wim { name = "helpdesk", from = windows, overlays = { "common" } },
}
)");
  space.build();
  EXPECT_NE(space.read("out/r/helpdesk/helpdesk.manifest.json").find("made from media/tree"),
            std::string::npos);
}

TEST_P(ProductIso, StartsFromAFloppyThatWasMade) {
  build_without_floppies(space_, "false");
  Report report = boot(space_ / "out/r/helpdesk/helpdesk.iso");
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.files, expected(space_, "helpdesk", {"helpdesk"}));
}

// Nobody presses a key, so the firmware goes on; but it was asked for one.
TEST(ProductIsoThatPrompts, AsksFromAFloppyThatWasMade) {
  Space space;
  build_without_floppies(space, "true");
  Report report = boot_cd(Firmware::uefi, space / "out/r/helpdesk/helpdesk.iso", space.root());
  EXPECT_NE(report.log.find("Press Esc to boot from CD or DVD"), std::string::npos) << report.log;
  EXPECT_FALSE(report.complete);
  EXPECT_NE(report.failure.find("UiApp"), std::string::npos) << report.failure;
}

INSTANTIATE_TEST_SUITE_P(Firmware, ProductIso, testing::Values(Firmware::bios, Firmware::uefi),
                         [](const auto& test) {
                           return test.param == Firmware::uefi ? "Uefi" : "Bios";
                         });

}  // namespace
}  // namespace remedia::boot
