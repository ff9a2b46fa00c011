// Import-RecoveryImage.ps1 on a WDS server that exists in memory.
#include "formats/deploy_texts.h"
#include "powershell/machine.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <gtest/gtest.h>

namespace remedia::powershell {
namespace {

const std::string kMark = " [remedia site/helpdesk]";

struct Server : testing::Test {
  Machine machine;
  std::vector<remedia::WdsImage> images = {{"tftp\\Boot\\boot.wim", "Help desk (L1)", "Tools",
                                            "amd64", "4f1c0a2b", sha256(std::string_view("wim")),
                                            "site/helpdesk"}};
  Server() {
    machine.files["c:\\package\\tftp\\boot\\boot.wim"] = "wim";
    machine.wds = {{"Windows Setup", "boot.wim", "X64"}};
  }
  std::int64_t run(bool replace = false) {
    machine.changes.clear();
    machine.console.clear();
    std::map<std::string, Value> given;
    if (replace) given["replace"] = Value::boolean(true);
    return run_script(import_script(images), {"C:\\package", "Import-RecoveryImage.ps1", given},
                      machine);
  }
  std::string names() const {
    std::string out;
    for (const powershell::WdsImage& each : machine.wds) out += each.name + ";";
    return out;
  }
};

TEST_F(Server, AddsANewImageBesideTheOthers) {
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(names(), "Windows Setup;Help desk (L1) (4f1c0a2b);");
  EXPECT_EQ(machine.wds[1].file, "Help-desk--L1--amd64-4f1c0a2b.wim");
  images[0].version = "00000002";
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(machine.wds.size(), 3u);
  EXPECT_EQ(run(), 0);
  EXPECT_TRUE(machine.changes.empty());
}

TEST_F(Server, ReplaceRemovesOnlyOtherVersionsOfTheSameImage) {
  const std::string old = "Help desk (L1) (0badcafe)";
  const std::string others[] = {"Help desk (L1)",
                                "Help desk (L1) (backup)",
                                "Help desk (L1) (0badcafe0)",
                                "X" + old,
                                old + " copy",
                                "Help desk (L1) (badcafe)",
                                "Help desk (L2) (0badcafe)",
                                "Help desk L1 (0badcafe)"};
  for (const std::string& name : others)
    machine.wds.push_back({name, name + ".wim", "X64", "Tools" + kMark});
  for (const char* description :
       {"", "Tools", "Tools [remedia site/other]", "[remedia helpdesk]",
        "Tools [remedia site/helpdesk] by hand", "Tools [remedia mysite/helpdesk]"})
    machine.wds.push_back({old, std::string(description) + ".wim", "X64", description});
  machine.wds.push_back({old, "x86.wim", "X86", kMark});
  machine.wds.push_back({old, "x64.wim", "X64", "Another text" + kMark});
  std::size_t before = machine.wds.size();
  EXPECT_EQ(run(true), 0);
  EXPECT_EQ(machine.wds.size(), before);  // one more, one less
  EXPECT_EQ(machine.changes,
            (std::vector<std::string>{"import Help desk (L1) (4f1c0a2b)", "remove " + old}));
  EXPECT_EQ(machine.wds[before - 2].file, "x86.wim");
  EXPECT_EQ(machine.wds[before - 1].description, "Tools [remedia site/helpdesk]");
}

TEST_F(Server, ImagesOfOneFolderDoNotReplaceEachOther) {
  images.push_back(images[0]);
  images[1].version = "00000002";
  EXPECT_EQ(run(true), 0);
  EXPECT_EQ(run(true), 0);
  EXPECT_EQ(names(), "Windows Setup;Help desk (L1) (4f1c0a2b);Help desk (L1) (00000002);");
  EXPECT_TRUE(machine.changes.empty());
}

TEST_F(Server, AnImageWithoutDescriptionSaysWhereItComesFrom) {
  images[0].description.clear();
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(machine.wds.at(1).description, "[remedia site/helpdesk]");
}

TEST_F(Server, WhatIfChangesNothing) {
  machine.wds.push_back({"Help desk (L1) (00000001)", "x64.wim", "X64", kMark});
  machine.what_if = true;
  EXPECT_EQ(run(true), 0);
  EXPECT_TRUE(machine.changes.empty());
  EXPECT_EQ(machine.console.size(), 2u);
}

TEST_F(Server, RemovesNothingOfAnArchitectureThatWdsCannotName) {
  images[0].arch = "arm64";
  machine.wds.push_back({"Help desk (L1) (00000001)", "arm64.wim", "Arm64", kMark});
  EXPECT_EQ(run(true), 0);
  EXPECT_EQ(machine.wds.size(), 3u);
}

TEST_F(Server, RefusesBeforeItChangesAnything) {
  auto refused = [&](std::int64_t code) {
    EXPECT_EQ(run(true), code);
    EXPECT_TRUE(machine.changes.empty());
  };
  machine.files["c:\\package\\tftp\\boot\\boot.wim"] = "wim ";
  refused(4);
  machine.files.erase("c:\\package\\tftp\\boot\\boot.wim");
  refused(4);
  machine.wds_module = false;
  refused(3);
  machine.wds_role = false;
  refused(3);
  machine.elevated = false;
  refused(2);
}

TEST_F(Server, SaysWhenWdsRefusesAndRemovesNothingThen) {
  machine.wds.push_back(
      {"Help desk (L1) (00000001)", "Help-desk--L1--amd64-4f1c0a2b.wim", "X64", kMark});
  EXPECT_EQ(run(true), 5);
  EXPECT_EQ(machine.wds.size(), 2u);
}

TEST_F(Server, NamesStayTexts) {
  for (const char* name : {"it's", "$(exit 0)", "a.*(b", "`'\"", "caf\xc3\xa9"}) {
    images[0].name = name;
    EXPECT_EQ(run(true), 0) << name;
  }
}

TEST_F(Server, FactsAreChecked) {
  auto refused = [&](auto change) {
    auto bad = images;
    change(bad);
    EXPECT_THROW(import_script(bad), Failure);
  };
  refused([](auto& list) { list.clear(); });
  refused([](auto& list) { list.push_back(list[0]); });
  refused([](auto& list) { list[0].version = "4f1c0a2"; });
  refused([](auto& list) { list[0].version = "4f1c0a2)"; });
  refused([](auto& list) { list[0].version = "4F1C0A2B"; });
  refused([](auto& list) { list[0].artifact = ""; });
  refused([](auto& list) { list[0].artifact = "a b"; });
  refused([](auto& list) { list[0].arch = "x64"; });
  refused([](auto& list) { list[0].sha256 = ""; });
  refused([](auto& list) { list[0].name = ""; });
  for (const char* file : {"", "\\boot.wim", "C:\\boot.wim", "..\\boot.wim", "a\\..\\b", "a$b"})
    refused([&](auto& list) { list[0].file = file; });
}

}  // namespace
}  // namespace remedia::powershell
