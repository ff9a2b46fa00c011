// What a manifest says of definitions, debuggers and symbols is true, and `remedia diff` tells in
// lines for people how two of them differ.

#include "incremental/evidence_space.h"
#include "incremental/surgery.h"
#include "support/debugger_kits.h"
#include "support/definition_packages.h"
#include "support/digest.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using nlohmann::json;

std::map<std::string, json> by_path(const json& files) {
  std::map<std::string, json> found;
  for (const json& file : files) EXPECT_TRUE(found.emplace(file["path"], file).second) << file;
  return found;
}

class ManifestOfEvidence : public testing::Test {
 protected:
  ManifestOfEvidence() {
    evidence::fill_image_and_stick(space_);
    build();
    fs::copy_file(manifest_file(), space_ / "before.json");
  }

  void build(const std::string& as_of = "2026-11-20") {
    space_.build({"-D", "as_of=" + as_of, "recipes/r.lua"});
  }
  fs::path manifest_file() const { return space_ / "out/r/helpdesk/helpdesk.manifest.json"; }

  /// What `remedia diff` says of definitions, debuggers and symbols, heads and lines.
  std::string differences() const {
    ProcessResult result =
        space_.run({space_.runner, "diff", "before.json", manifest_file().string()});
    std::string text, line;
    bool ours = false;
    for (std::istringstream lines(result.output); std::getline(lines, line);) {
      const bool head =
          !line.starts_with("+ ") && !line.starts_with("- ") && !line.starts_with("~ ");
      if (head) {
        ours = false;
        for (const char* name : {"definitions", "debuggers", "symbols"})
          ours = ours || line.find(name) != std::string::npos;
      }
      if (ours && !line.empty()) text += line + "\n";
    }
    whole_ = result.output;
    return text;
  }

  std::size_t longest_line() const {
    std::size_t longest = 0;
    std::string line;
    for (std::istringstream lines(whole_); std::getline(lines, line);)
      longest = std::max(longest, line.size());
    return longest;
  }

  Space space_;
  mutable std::string whole_;  ///< all of the last differences()
};

TEST_F(ManifestOfEvidence, TellsTheTruth) {
  const json image = json::parse(read_file(manifest_file(), 16 << 20))["images"].at(0);
  const json& package = image["definitions"].at(0);
  EXPECT_EQ(package["package"], "defs/mpam.exe");
  EXPECT_EQ(package["path"], "mpam-feX64.exe");
  EXPECT_EQ(package["architecture"], "amd64");
  EXPECT_EQ(package["engine_version"], "1.1.24090.11");
  EXPECT_EQ(package["signature_version"], "1.403.55.0");
  EXPECT_EQ(package["date"], "2026-11-15");
  EXPECT_EQ(package["max_age_days"], 14);
  EXPECT_EQ(package["stale_after"], "2026-11-29");
  EXPECT_EQ(package["signer"]["name"], "Remedia Test Signer");
  EXPECT_EQ(package["signer"]["countersigned"], "2026-11-15");
  EXPECT_EQ(package["signer"]["anchored"], true);
  EXPECT_EQ(package["size"], fs::file_size(space_ / "defs/mpam.exe"));
  EXPECT_EQ(package["sha256"], sha256(space_.read("defs/mpam.exe")));
  EXPECT_FALSE(image["definitions"].at(1).contains("stale_after")) << "of network inspection";
  ASSERT_EQ(image["symbols"].size(), 1u);
  const json& symbol = image["symbols"].at(0);
  EXPECT_EQ(symbol["pdb"], "a.pdb");
  EXPECT_EQ(symbol["id"], evidence::first_pair().key);
  EXPECT_EQ(symbol["origin"], "store/" + evidence::first_pair().path());
  EXPECT_EQ(symbol["sha256"], sha256(evidence::first_pair().pdb));
  ASSERT_EQ(image["symbols_missing"].size(), 1u);
  EXPECT_EQ(image["symbols_missing"].at(0)["id"], evidence::second_pair().key);
  // What is said to be in the image is a file of it.
  auto files = by_path(image["files"]);
  EXPECT_EQ(files[package["path"]]["sha256"], package["sha256"]);
  EXPECT_EQ(files[symbol["path"]]["sha256"], symbol["sha256"]);
  for (const json& file : image["debuggers"]["files"])
    EXPECT_EQ(files[file["path"]]["sha256"], file["sha256"]) << file;
}

TEST_F(ManifestOfEvidence, DifferenceIsNoneWhereNothingChanged) {
  build("2026-11-21");
  EXPECT_EQ(differences(), "") << "another day";
}

TEST_F(ManifestOfEvidence, DifferenceTellsDefinitionsApart) {
  space_.write("defs/mpam.exe",
               definition_packages::package({.version = "1.403.56.0", .day = "2026-11-16"}));
  build();
  const std::string said = differences();
  for (const char* line : {"image helpdesk: definitions\n",
                           "~ defs/mpam.exe: signature_version \"1.403.55.0\" -> \"1.403.56.0\"\n",
                           "~ defs/mpam.exe: date \"2026-11-15\" -> \"2026-11-16\"\n",
                           "volume r/helpdesk/helpdesk.usb.img: partition 2 definitions\n"})
    EXPECT_NE(said.find(line), said.npos) << line << "\n" << said;
  EXPECT_EQ(said.find("nis"), said.npos) << said;
  EXPECT_EQ(said.find("symbols"), said.npos) << said;
  EXPECT_EQ(said.find("debuggers"), said.npos) << said;
}

TEST_F(ManifestOfEvidence, DifferenceNamesSymbolsThatCameAndWent) {
  space_.write("store/" + evidence::second_pair().path(), evidence::second_pair().pdb);
  fs::remove(space_ / ("store/" + evidence::first_pair().path()));
  build();
  const std::string said = differences();
  const std::string a = "a.pdb: " + evidence::first_pair().key + "\n";
  const std::string b = "b.pdb: " + evidence::second_pair().key + "\n";
  EXPECT_NE(said.find("image helpdesk: symbols\n- " + a + "+ " + b), said.npos) << said;
  EXPECT_NE(said.find("image helpdesk: symbols_missing\n+ " + a + "- " + b), said.npos) << said;
}

TEST_F(ManifestOfEvidence, DifferenceTellsDebuggersApart) {
  debugger_kits::write(space_ / "kit", debugger_kits::tools({.version = "10.0.28000.1"}));
  build();
  differences();
  EXPECT_NE(whole_.find("10.0.26100.1742\" -> \"10.0.28000.1\""), whole_.npos) << whole_;
  EXPECT_LT(longest_line(), 200u) << "lines for people, not lists of all files\n" << whole_;
}

TEST_F(ManifestOfEvidence, DifferenceWithAnImageThatHasNone) {
  surgery::change_recipe(
      space_,
      "debuggers = debuggers { \"kit\" },\n                   defender = defs, symbols = syms", "");
  build();
  const std::string said = differences();
  EXPECT_NE(said.find("image helpdesk: definitions\n- defs/mpam.exe: 1.403.55.0 of 2026-11-15\n"),
            said.npos)
      << said;
  EXPECT_NE(said.find("- a.pdb"), said.npos) << said;
  EXPECT_LT(longest_line(), 200u) << whole_;
}

}  // namespace
}  // namespace remedia
