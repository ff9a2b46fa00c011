// Get-RecoveryImageState.ps1, and the text of both scripts.
#include "powershell/fleet.h"
#include "support/diagnostic.h"

namespace remedia::powershell {
namespace {

TEST_F(Fleet, DetectionChangesNothingAndSaysWhatIsThere) {
  auto before = machine.files;
  EXPECT_EQ(detect(), 1);
  ASSERT_EQ(machine.console.size(), 1u);
  EXPECT_TRUE(machine.console[0].starts_with(
      "Not compliant: deployed build 10.0.22621.1, SHA-256 " + sha256(std::string_view(kOld))));
  EXPECT_TRUE(said("expected build 10.0.26100.1742"));
  EXPECT_TRUE(said("partition fits"));
  EXPECT_TRUE(machine.changes.empty());
  EXPECT_EQ(machine.files, before);
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(detect(), 0);
  EXPECT_TRUE(machine.console.at(0).starts_with("Compliant: deployed build 10.0.26100.1742"));
  machine.partitions[2].free = 10;
  EXPECT_EQ(detect(), 0);
  EXPECT_TRUE(said("partition too small"));
}

TEST_F(Fleet, DetectionAlwaysSaysSomething) {
  machine.registered = false;
  EXPECT_EQ(detect(), 1);
  EXPECT_TRUE(said("nothing is registered"));
  machine.registered = true;
  machine.at_partition = 3;
  machine.files["c:\\recovery\\windowsre\\winre.wim"] = kNew;
  EXPECT_EQ(detect(), 0);
  EXPECT_TRUE(said("on the partition of Windows itself"));
  machine.partitions.clear();
  EXPECT_EQ(detect(), 1);
  machine.elevated = false;
  EXPECT_EQ(detect(), 1);
  EXPECT_TRUE(said("Not compliant: this PC could not be read"));
  machine.host_is_64_bit = false;
  machine.child_code = 1;
  EXPECT_EQ(detect(), 1);
}

// What the scripts can never contain, comments included.
TEST_F(Fleet, ScriptsDoNotContainWordsThatDestroy) {
  image.title = "";
  for (std::string text : {deploy_script(image), detection_script(image)}) {
    text = lower(text);
    for (const char* word :
         {"clean",         "delete",           "convert",           "format",
          "diskpart",      "remove-partition", "clear-disk",        "initialize-disk",
          "new-partition", "set-partition",    "set-disk",          "mountvol",
          "bcdedit",       "manage-bde ",      "disable-bitlocker", "invoke-expression",
          "iex",           "downloadstring",   "invoke-webrequest", "start-bitstransfer",
          "$disknumber",   "[int]$disk",       "-recurse"})
      EXPECT_EQ(text.find(word), std::string::npos) << word;
  }
}

TEST_F(Fleet, ScriptsAreAsciiWithWindowsLineEnds) {
  image.title = "Caf\xc3\xa9 \xe2\x80\x99; Remove-Item C:\\ #\xf0\x9f\x94\xa7";
  image.name = image.revision = image.title;
  std::vector<remedia::WdsImage> boot = {
      {"boot.wim", image.title, image.title, "amd64", "0123abcd", image.wim_sha256, "demo"}};
  for (const std::string& script :
       {deploy_script(image), detection_script(image), import_script(boot)}) {
    for (std::size_t at = 0; at < script.size(); ++at) {
      ASSERT_LT(static_cast<unsigned char>(script[at]), 0x7f) << script.substr(at, 20);
      if (script[at] == '\n') {
        ASSERT_EQ(script[at - 1], '\r');
      }
    }
  }
  std::string text = deploy_script(image);
  EXPECT_NE(text.find("('Caf' + [char]0xe9 + ' ' + [char]0x2019 + '; Remove-Item C:\\ #' + "
                      "[char]0xd83d + '' + [char]0xdd27 + '')"),
            std::string::npos);
  EXPECT_EQ(report(), 10);
}

TEST_F(Fleet, TextsOfARecipeStayTexts) {
  for (const char* title : {"it's", "$(Remove-Item C:\\)", "`$x`n", "'; exit 0 #", "#> exit 0 <#",
                            "\"$env:x\"", "@NAME@", "'@\n"}) {
    image.title = title;
    if (std::string_view(title).find('\n') != std::string_view::npos) {
      EXPECT_THROW(deploy_script(image), Failure);
      EXPECT_THROW(recovery_readme(image), Failure);
      continue;
    }
    EXPECT_EQ(report(), 10) << title;
    EXPECT_TRUE(machine.console.at(0).starts_with(std::string(title) + " (helpdesk), ")) << title;
  }
}

TEST_F(Fleet, FactsAreChecked) {
  auto refused = [](auto change) {
    RecoveryFacts bad = facts();
    change(bad);
    EXPECT_THROW(deploy_script(bad), Failure);
    EXPECT_THROW(detection_script(bad), Failure);
    EXPECT_THROW(recovery_readme(bad), Failure);
  };
  refused([](RecoveryFacts& f) { f.arch = "x64"; });
  refused([](RecoveryFacts& f) { f.wim_sha256.pop_back(); });
  refused([](RecoveryFacts& f) { f.sdi_sha256[3] = 'A'; });
  refused([](RecoveryFacts& f) { f.wim_size = 0; });
  refused([](RecoveryFacts& f) { f.partition_size = ~std::uint64_t{0}; });
  refused([](RecoveryFacts& f) { f.build = "26100'"; });
  refused([](RecoveryFacts& f) { f.languages = {"en-US", ""}; });
  refused([](RecoveryFacts& f) { f.name = "a\x07"; });
  refused([](RecoveryFacts& f) { f.name = "\xff"; });
}

TEST_F(Fleet, TheReadmeHasTheExitCodesOfTheScript) {
  std::string text = recovery_readme(image);
  EXPECT_NE(text.find("  42  failed, and the old image could not be registered again"),
            std::string::npos);
  EXPECT_NE(text.find("  36  refused: the registered image is newer"), std::string::npos);
  EXPECT_NE(text.find("Codes 20 to 34 and 36 are"), std::string::npos);
  EXPECT_NE(text.find("1234567168 bytes"), std::string::npos);
  EXPECT_EQ(text.find("without asking for an account"), std::string::npos);
  image.bypasses_bitlocker = true;
  EXPECT_NE(recovery_readme(image).find("without asking for an account"), std::string::npos);
  EXPECT_EQ(report(), 10);
  EXPECT_TRUE(said("without asking for an account"));
}

}  // namespace
}  // namespace remedia::powershell
