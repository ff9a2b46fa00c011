// Symbols that are not there, are not what they seem, or are asked for in a way that means nothing.

#include "bad_input/breaking.h"
#include "bad_input/surgery.h"
#include "support/debug_programs.h"
#include "support/driver_packages.h"

#include <functional>

#include <gtest/gtest.h>
#include <sys/prctl.h>

namespace remedia {
namespace {

using debug_programs::make;
using debug_programs::Pair;

const Pair& crash() {
  static const Pair pair = make({.name = "crash.sys", .pdb = "crash.pdb"});
  return pair;
}
/// The same driver of another build.
const Pair& other() {
  static const Pair pair = make({.name = "crash.sys", .pdb = "crash.pdb", .number = 1});
  return pair;
}
const Pair& kernel() {
  static const Pair pair = make({.number = 2});
  return pair;
}

constexpr const char* kCrash = R"("@media/store", files = "crash.sys")";

/// A Windows PE with crash.sys, and media/store with its PDB.
class SymbolTrial : public Surgery {
 public:
  SymbolTrial() {
    products = 4;
    files_ = windows_pe();
    files_[std::string(kSystem32) + "drivers/crash.sys"] = crash().program;
    base(files_);
    good();
  }

  /// The recipe and the store are as they should be.
  void good() {
    fs::remove_all(*this / "media/store");
    put(crash());
    with();
  }

  void put(const Pair& pair) const { write("media/store/" + pair.path(), pair.pdb); }
  void base_with(const std::string& name, const std::string& content) {
    files_[std::string(kSystem32) + name] = content;
    base(files_);
  }

  void with(std::string_view symbols = kCrash, std::string_view wim = "") const {
    change(fmt::format("symbols = symbols {{ {} }}, {}", symbols, wim));
  }

  std::string list() const { return read("out/r/helpdesk/helpdesk.symchk.txt"); }
  nlohmann::json image() const { return manifest()["images"][0]; }

 private:
  std::map<std::string, std::string> files_;
};

TEST(Symbols, GoodOnesBuild) {
  SymbolTrial trial;
  trial.builds();
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), crash().pdb);
  EXPECT_EQ(trial.in_image("Symbols/pingme.txt"), "");
  EXPECT_EQ(trial.list(), "");
  const nlohmann::json image = trial.image();
  ASSERT_EQ(image["symbols"].size(), 1u);
  const nlohmann::json& one = image["symbols"][0];
  EXPECT_EQ(one["pdb"], "crash.pdb");
  EXPECT_EQ(one["id"], crash().key);
  EXPECT_EQ(one["binaries"][0], "Windows/System32/drivers/crash.sys of @media/pe.wim pe");
  EXPECT_EQ(one["origin"], "@media/store/" + crash().path());
  EXPECT_EQ(one["size"], crash().pdb.size());
  EXPECT_EQ(one["path"], "Symbols/" + crash().path());
  EXPECT_EQ(image["symbols_missing"], nlohmann::json::array());
}

// --- stores of every form -----------------------------------------------------------------------

struct Form {
  const char* name;
  std::function<void(const SymbolTrial&)> put;
};

class SymbolStores : public testing::TestWithParam<Form> {};

TEST_P(SymbolStores, AreRead) {
  SymbolTrial trial;
  fs::remove_all(trial / "media/store");
  GetParam().put(trial);
  trial.build();
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), crash().pdb) << trial.output;
  EXPECT_EQ(trial.output.find("warning"), std::string::npos) << trial.output;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SymbolStores,
    testing::Values(
        Form{"flat",
             [](const SymbolTrial& trial) { trial.write("media/store/crash.pdb", crash().pdb); }},
        Form{"in_capitals",
             [](const SymbolTrial& trial) {
               trial.write("media/store/" + upper(crash().path()), crash().pdb);
             }},
        Form{"in_small_letters",
             [](const SymbolTrial& trial) {
               trial.write("media/store/" + lower(crash().path()), crash().pdb);
             }},
        Form{"two_tiers",
             [](const SymbolTrial& trial) {
               trial.write("media/store/index2.txt", "");
               trial.write("media/store/cr/" + crash().path(), crash().pdb);
             }},
        Form{"compressed",
             [](const SymbolTrial& trial) {
               trial.write("media/store/crash.pdb/" + crash().key + "/crash.pd_", crash().packed());
               trial.write("media/store/crash.pdb/" + crash().key + "/refs.ptr", "1,file,x\r\n");
             }},
        Form{"compressed_in_capitals",
             [](const SymbolTrial& trial) {
               trial.write("media/store/CRASH.PDB/" + upper(crash().key) + "/CRASH.PD_",
                           crash().packed());
             }},
        Form{"compressed_and_flat",
             [](const SymbolTrial& trial) {
               trial.write("media/store/crash.pd_", crash().packed());
             }},
        Form{"in_the_folder_of_another_key",
             [](const SymbolTrial& trial) {
               trial.write("media/store/crash.pdb/" + other().key + "/crash.pdb", crash().pdb);
             }},
        Form{"among_others",
             [](const SymbolTrial& trial) {
               trial.put(crash());
               trial.put(other());
               trial.put(kernel());
               trial.write("media/store/readme.txt", "not looked at\n");
             }}),
    kByName);

// --- at the recipe ------------------------------------------------------------------------------

struct Wrong {
  const char* name;
  std::function<void(SymbolTrial&)> spoil;
  const char* under;
  std::vector<std::string> says;
};

class BadSymbols : public testing::TestWithParam<Wrong> {};

TEST_P(BadSymbols, AreRefusedAtTheRecipe) {
  SymbolTrial trial;
  GetParam().spoil(trial);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  trial.good();
  trial.builds();
}

constexpr const char* kStore = "\"@media/store\"";

void without(SymbolTrial& trial) {
  fs::remove_all(trial / "media/store");
  fs::create_directories(trial / "media/store");
}

INSTANTIATE_TEST_SUITE_P(
    Store, BadSymbols,
    testing::Values(Wrong{"without_the_pdb",
                          [](SymbolTrial& trial) { without(trial); },
                          kStore,
                          {"1 of 1 PDB is not there", "crash.pdb with " + crash().key,
                           "Windows/System32/drivers/crash.sys of @media/pe.wim pe", "symchk /im",
                           "helpdesk.symchk.txt", "msdl.microsoft.com"}},
                    Wrong{"with_another_build",
                          [](SymbolTrial& trial) {
                            without(trial);
                            trial.put(other());
                          },
                          kStore,
                          {"is not there", "there is crash.pdb with " + other().key}},
                    Wrong{"with_a_damaged_one",
                          [](SymbolTrial& trial) {
                            trial.write("media/store/" + crash().path(),
                                        crash().pdb.substr(0, 70'000));
                          },
                          kStore,
                          {"is not there", "cut off"}},
                    Wrong{"with_a_pointer",
                          [](SymbolTrial& trial) {
                            without(trial);
                            trial.write("media/store/crash.pdb/" + crash().key + "/file.ptr",
                                        "\\\\server\\x");
                          },
                          kStore,
                          {"is not there", "file.ptr' points to another store"}},
                    Wrong{"with_a_damaged_cabinet",
                          [](SymbolTrial& trial) {
                            without(trial);
                            trial.write("media/store/crash.pdb/" + crash().key + "/crash.pd_",
                                        crash().packed().substr(0, 40'000));
                          },
                          kStore,
                          {"crash.pd_", "damaged"}},
                    Wrong{"with_a_cabinet_that_is_none",
                          [](SymbolTrial& trial) {
                            without(trial);
                            trial.write("media/store/crash.pdb/" + crash().key + "/crash.pd_",
                                        "hello");
                          },
                          kStore,
                          {"crash.pd_", "neither a cabinet nor a zip"}},
                    Wrong{"whose_folder_lies",
                          [](SymbolTrial& trial) {
                            without(trial);
                            trial.write("media/store/crash.pdb/" + crash().key + "/crash.pd_",
                                        other().packed());
                          },
                          kStore,
                          {"with " + other().key + ", not with " + crash().key}},
                    Wrong{"that_is_a_text",
                          [](SymbolTrial& trial) {
                            fs::remove_all(trial / "media/store");
                            trial.write("media/store", "hello");
                          },
                          kStore,
                          {"neither a folder nor a PDB"}},
                    Wrong{"that_is_not_there",
                          [](SymbolTrial& trial) { fs::remove_all(trial / "media/store"); },
                          kStore,
                          {"is not there"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Binaries, BadSymbols,
    testing::Values(
        Wrong{"that_nothing_is_called",
              [](SymbolTrial& trial) {
                trial.with(R"("@media/store", files = { "crash.sys", "nope.sys" })");
              },
              "files",
              {"no binary is called 'nope.sys'"}},
        Wrong{
            "that_name_no_pdb",
            [](SymbolTrial& trial) { trial.with(R"("@media/store", files = { "winpeshl.exe" })"); },
            "files",
            {"winpeshl.exe of @media/pe.wim pe names no PDB"}},
        Wrong{"of_a_kernel_without",
              [](SymbolTrial& trial) { trial.with(kStore); },
              "symbols",
              {"ntoskrnl.exe", "names no PDB"}},
        Wrong{"that_are_damaged",
              [](SymbolTrial& trial) {
                trial.base_with("bad.exe", crash().program.substr(0, 700));
                trial.with(R"("@media/store", files = "bad.exe")");
              },
              "files",
              {"bad.exe", "cannot be used"}},
        Wrong{"of_a_recovery_image_that_name_no_pdb",
              [](SymbolTrial& trial) {
                trial.with(R"("@media/store", files = "winload.exe", from = )"
                           R"(source { media = "@media/win.iso", image = "winre" })");
              },
              "files",
              {"winload.exe of @media/win.iso winre names no PDB"}},
        Wrong{"of_a_windows_without_a_kernel",
              [](SymbolTrial& trial) {
                write_wim(trial / "media/data.wim", {{.name = "Data", .files = {{"a.txt", "a"}}}});
                trial.with(
                    R"("@media/store", from = source { media = "@media/data.wim", image = 1 })");
              },
              "symbols",
              {"@media/data.wim 1 has no Windows/System32/ntoskrnl.exe"}},
        Wrong{"that_are_too_large",
              [](SymbolTrial& trial) {
                const Pair& big = crash();
                trial.write("media/store/" + big.path(), big.pdb + std::string(2 << 20, 'x'));
                trial.with(R"("@media/store", files = "crash.sys", max_size = "1MiB")");
              },
              "max_size",
              {"the PDBs that are meant have together", "more than 1048576 bytes (1 MiB)",
               "crash.pdb: "}},
        Wrong{"of_another_architecture",
              [](SymbolTrial& trial) {
                trial.with(R"("@media/store", files = "crash.sys", from = )"
                           R"(source { media = "@media/pe.wim", image = 1, arch = "arm64" })");
              },
              "arch",
              {"the recipe says arm64", "amd64"}},
        Wrong{"of_an_image_that_is_not_there",
              [](SymbolTrial& trial) {
                trial.with(R"("@media/store", files = "crash.sys", from = )"
                           R"(source { media = "@media/pe.wim", image = "Home" })");
              },
              "image",
              {"Home"}}),
    kByName);

// --- what is said and goes on -------------------------------------------------------------------

TEST(Symbols, MissingCanBeAWarning) {
  SymbolTrial trial;
  without(trial);
  trial.with(R"("@media/store", files = "crash.sys", missing = "warn")");
  trial.warns({"1 of 1 PDB is not there", "crash.pdb with " + crash().key});
  EXPECT_EQ(trial.list(), crash().line() + "\r\n");
  EXPECT_EQ(trial.image()["symbols_missing"][0]["id"], crash().key);
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), "not there");
}

TEST(Symbols, ListIsThereThoughTheBuildFails) {
  SymbolTrial trial;
  without(trial);
  trial.failing_build();
  EXPECT_EQ(trial.list(), crash().line() + "\r\n");
}

TEST(Symbols, DamageOfOthersIsSaidAndPassedOver) {
  SymbolTrial trial;
  trial.write("media/store/bad.pdb", "hello");
  trial.write("media/store/empty.pdb", "");
  trial.write("media/store/bad.pd_", "MSCF");
  trial.warns({"'@media/store/bad.pdb' is no PDB", "'@media/store/empty.pdb' is empty", "bad.pd_"});
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), crash().pdb);
}

TEST(Symbols, ManyDamagedOnesAreCounted) {
  SymbolTrial trial;
  for (int i = 0; i < 25; ++i) trial.write(fmt::format("media/store/bad{}.pdb", i), "hello");
  trial.warns({"15 more files of '@media/store'"});
}

TEST(Symbols, OfOneIdWithTwoContentsTakesTheFirst) {
  SymbolTrial trial;
  trial.write("media/store/a/crash.pdb", crash().pdb + "private");
  trial.warns({"a/crash.pdb' and '@media/store/" + crash().path(), "differ"});
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), crash().pdb + "private");
}

TEST(Symbols, OfDriversThatGoInAreFound) {
  SymbolTrial trial;
  trial.base_with("drvload.exe", "loads drivers");
  const Pair nic = make({.name = "nic.sys", .pdb = "nic.pdb"});
  driver_packages::write(trial / "drivers/net", {});
  ASSERT_TRUE(fs::exists(trial / "drivers/net/nic.sys"));
  trial.write("drivers/net/nic.sys", nic.program);
  driver_packages::write_catalog(trial / "drivers/net", {});
  trial.put(nic);
  trial.with(R"("@media/store", files = { "NIC.sys" })", R"(drivers = "net")");
  trial.build();
  EXPECT_EQ(trial.in_image("Symbols/" + nic.path()), nic.pdb);
}

TEST(Symbols, OfTheWholeKernelOfAnotherWindows) {
  SymbolTrial trial;
  auto files = windows_pe();
  files[std::string(kSystem32) + "ntoskrnl.exe"] = kernel().program;
  files[std::string(kSystem32) + "drivers/disk.sys"] = crash().program;
  files[std::string(kSystem32) + "drivers/unknown.sys"] = other().program;
  write_wim(trial / "media/fleet.wim", {{.name = "Pro", .files = files}});
  trial.put(kernel());
  trial.with(R"("@media/store", from = source { media = "@media/fleet.wim", image = "Pro" })");
  trial.build();
  EXPECT_EQ(trial.image()["symbols"].size(), 2u);
  EXPECT_EQ(trial.in_image("Symbols/" + kernel().path()), kernel().pdb);
  EXPECT_EQ(trial.in_image("Symbols/" + crash().path()), crash().pdb);
  int bases = 0;  // of the image alone
  for (const auto& entry : fs::directory_iterator(trial / "out/.store/source"))
    bases += entry.path().extension() == ".wim" ? 1 : 0;
  EXPECT_EQ(bases, 1);
}

TEST(Symbols, OfIdsAlone) {
  SymbolTrial trial;
  trial.write("fleet/seen.txt", "crash.sys,5F0000001000,1\r\n" + crash().line() + "\r\n\r\n" +
                                    "CRASH.PDB " + lower(crash().key) + "\r\n");
  trial.with(R"("@media/store", ids = data "fleet/seen.txt")");
  trial.build();
  EXPECT_EQ(trial.image()["symbols"].size(), 1u);
  EXPECT_EQ(trial.image()["symbols"][0]["binaries"][0], "the recipe's list");
}

TEST(Symbols, OfAllProgramsThatNameThem) {
  SymbolTrial trial;
  trial.put(other());
  trial.base_with("another.exe", other().program);
  trial.with(R"("@media/store", scope = "all", to = "Tools/Symbols")");
  trial.build();
  EXPECT_EQ(trial.image()["symbols"].size(), 2u);
  EXPECT_EQ(trial.in_image("Tools/Symbols/" + other().path()), other().pdb);
}

// --- broken off ---------------------------------------------------------------------------------

class KilledSymbols : public testing::TestWithParam<const char*> {};

TEST_P(KilledSymbols, AreMadeAnewByTheNextBuild) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  SymbolTrial trial;
  fs::remove_all(trial / "media/store");
  trial.write("media/store/crash.pd_", crash().packed());
  trial.build();
  auto whole = artifacts_of(trial / "out");
  const fs::path folder = trial / "out/.store" / GetParam();
  for (int moment : {1, 2, 3, 5, 8}) {
    for (const auto& entry : fs::directory_iterator(folder)) fs::remove(entry.path());
    Events events({folder});
    pid_t ninja = spawn_ninja(trial);
    events.wait(moment, ninja);
    end_all(ninja);
    trial.build();
    ASSERT_EQ(artifacts_of(trial / "out"), whole) << "killed at event " << moment;
  }
  EXPECT_EQ(trial.leftovers(), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Symbols, KilledSymbols,
                         testing::Values("symbol_files", "symbol_ids", "symbol_search", "symbols"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace remedia
