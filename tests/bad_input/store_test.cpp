// OUT/.store, changed by hand: what is damaged is named, and deleting it is enough.

#include "bad_input/trial.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

struct Spoilt {
  const char* name;
  const char* folder;  ///< below out/.store
  const char* ending;
  std::string (*content)(const std::string& good);
  const char* under;
  int line;
};

std::string half(const std::string& good) { return good.substr(0, good.size() / 2); }
std::string garbage(const std::string& good) { return noise(good.size()); }
std::string nothing(const std::string&) { return ""; }
std::string no_fields(const std::string&) { return "{\"stage\": \"wim\"}\n"; }

class Store : public testing::TestWithParam<Spoilt> {
 protected:
  static fs::path find(const Trial& trial) {
    for (const auto& entry : fs::directory_iterator(trial / "out/.store" / GetParam().folder)) {
      if (entry.path().string().ends_with(GetParam().ending)) return entry.path();
    }
    return {};
  }
};

TEST_P(Store, DamageIsNamedAndDeletingHelps) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  fs::path file = find(trial);
  ASSERT_FALSE(file.empty());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << GetParam().content(content_of(file));
  std::string name = file.lexically_relative(trial / "out").string();
  trial.refuses({.under = GetParam().under,
                 .says = {fmt::format("'{}' is damaged", name), "delete it (below OUT)"},
                 .line = GetParam().line});
  fs::remove(file);
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), before);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Store,
    testing::Values(Spoilt{"half_tree", "overlay", ".tree", half, "wim", 2},
                    Spoilt{"empty_tree", "overlay", ".tree", nothing, "wim", 2},
                    Spoilt{"garbage_base", "source", "[!.].wim", garbage, "wim", 2},
                    Spoilt{"half_base", "source", ".wim", half, "wim", 2},
                    Spoilt{"half_base_record", "source", ".record", half, "wim", 2},
                    Spoilt{"half_image_record", "wim", ".record", half, "iso", 3},
                    Spoilt{"half_boot_tree", "source", ".boot.tree", half, "iso", 3},
                    Spoilt{"garbage_pack", "source", ".boot", garbage, "iso", 3},
                    Spoilt{"half_pack", "source", ".boot", half, "iso", 3},
                    Spoilt{"half_iso_record", "iso", ".record", half, "iso", 3}),
    kByName);

TEST(StoreAsAWhole, RecordWithoutItsFieldsIsRefused) {
  Trial trial;
  trial.build();
  trial.write("out/.store/wim/r.helpdesk.record", no_fields(""));
  trial.refuses({.under = "iso",
                 .says = {"a record of an earlier stage lacks what should be in it",
                          "delete the folder .store"},
                 .line = 3});
  fs::remove_all(trial / "out/.store");
  trial.builds();
}

// They save time, and losing them costs nothing else.
TEST(StoreAsAWhole, MemoriesMayBeLostOrWrong) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  for (const auto& entry : fs::recursive_directory_iterator(trial / "out/.store")) {
    std::string ending = entry.path().extension();
    if (ending == ".digests" || ending == ".made") std::ofstream(entry.path()) << noise(500);
  }
  std::ofstream(trial / "out/where.json") << "{";
  trial.touch("media/win.iso");
  trial.touch("overlays/common/Tools/hello.txt");
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), before);
}

TEST(StoreAsAWhole, FileInItsPlaceIsRefused) {
  Trial trial;
  trial.write("out/.store", "a file");
  trial.failing_build();
  EXPECT_NE(trial.output.find("out/.store"), std::string::npos) << trial.output;
  fs::remove(trial / "out/.store");
  trial.builds();
}

}  // namespace
}  // namespace remedia
