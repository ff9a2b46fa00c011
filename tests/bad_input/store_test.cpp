// OUT/.store, changed by hand: what is damaged is named, and deleting it is enough.

#include "bad_input/trial.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

std::string half(const std::string& good) { return good.substr(0, good.size() / 2); }
std::string garbage(const std::string& good) { return noise(good.size()); }
std::string nothing(const std::string&) { return ""; }

struct Spoilt {
  const char* name;
  const char* file;  ///< below out/.store, '*' for what is named by a digest
  std::string (*content)(const std::string& good);
  const char* product;  ///< that is made from it, below out/r/helpdesk
  const char* under;
  int line;
};

fs::path find(const Trial& trial, std::string_view pattern) {
  std::size_t star = pattern.find('*');
  fs::path store = trial / "out/.store";
  if (star == std::string_view::npos) return store / pattern;
  for (const auto& entry : fs::directory_iterator(store / pattern.substr(0, star))) {
    std::string name = entry.path().filename();
    if (name.substr(std::min<std::size_t>(16, name.size())) == pattern.substr(star + 1))
      return entry.path();
  }
  ADD_FAILURE() << "there is no " << pattern;
  return {};
}

void spoil(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

class Store : public testing::TestWithParam<Spoilt> {};

// As a failing disk does it: the time stays.
TEST_P(Store, DamageIsNamedAndDeletingHelps) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  fs::path file = find(trial, GetParam().file);
  auto time = fs::last_write_time(file);
  spoil(file, GetParam().content(content_of(file)));
  fs::last_write_time(file, time);
  fs::remove(trial / "out/r/helpdesk" / GetParam().product);
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
    testing::Values(Spoilt{"half_tree", "overlay/*.tree", half, "boot.wim", "overlays", 2},
                    Spoilt{"empty_tree", "overlay/*.tree", nothing, "boot.wim", "overlays", 2},
                    Spoilt{"garbage_base", "source/*.wim", garbage, "boot.wim", "wim", 2},
                    Spoilt{"half_base", "source/*.wim", half, "boot.wim", "wim", 2},
                    Spoilt{"half_base_record", "source/*.record", half, "boot.wim", "wim", 2},
                    Spoilt{"half_boot_tree", "source/*.boot.tree", half, "helpdesk.iso", "iso", 3},
                    Spoilt{"garbage_pack", "source/*.boot", garbage, "helpdesk.iso", "iso", 3},
                    Spoilt{"half_pack", "source/*.boot", half, "helpdesk.iso", "iso", 3},
                    Spoilt{"half_image_record", "wim/r.helpdesk.record", half, "helpdesk.iso",
                           "iso", 3},
                    Spoilt{"half_iso_record", "iso/r.helpdesk.record", half,
                           "helpdesk.manifest.json", "wim", 2}),
    kByName);

// What is touched is newer than ninja remembers, so it is made again before anybody reads it.
TEST(StoreAsAWhole, TouchedFilesAreMadeAgain) {
  for (const char* pattern : {"overlay/*.tree", "source/*.wim"}) {
    Trial trial;
    trial.build();
    auto before = artifacts_of(trial / "out");
    spoil(find(trial, pattern), "spoilt");
    trial.builds();
    EXPECT_EQ(artifacts_of(trial / "out"), before) << pattern;
  }
}

TEST(StoreAsAWhole, RecordWithoutItsFieldsIsRefused) {
  Trial trial;
  trial.build();
  trial.write("out/.store/wim/r.helpdesk.record", "{\"stage\": \"wim\"}\n");
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
  EXPECT_NE(trial.output.find(".store/"), std::string::npos) << trial.output;
  fs::remove(trial / "out/.store");
  trial.builds();
}

}  // namespace
}  // namespace remedia
