// Which of many packages go into an image.
#include "media/driver_choice.h"

#include "support/driver_packages.h"
#include "unit/scratch.h"

#include <algorithm>
#include <set>

namespace remedia::drivers {
namespace {

using Written = driver_packages::Package;

/// Rules, of which a test names some.
struct Said {
  std::vector<std::string> exclude = {};
  std::vector<std::string> only_class = {};
  std::vector<std::string> allow_unsigned = {};
  bool boot_start = false;
  std::uint64_t max_size = 0;
  signature::Policy policy = {};
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// Folders of packages, and what a recipe says about them. Signatures are asked for only where a
/// test says so.
class Shelf {
 public:
  /// Writes DIR/NAME.inf and the like; the first part of the path is a folder of the recipe.
  void add(const std::string& where, Written package = {}) {
    package.catalog = signed_;
    driver_packages::write(disk_ / where, package);
  }
  /// A set of folders with these rules.
  void set(const std::vector<std::string>& folders, const Said& said = {}) {
    Rules rules;
    rules.exclude = said.exclude;
    rules.only_class = said.only_class;
    rules.allow_unsigned = said.allow_unsigned;
    if (!signed_ && rules.allow_unsigned.empty()) rules.allow_unsigned = {"**"};
    rules.boot_start = said.boot_start;
    rules.max_size = said.max_size;
    rules.policy = said.policy;
    sets_.push_back({folders, std::move(rules)});
  }

  Choices choose(const std::vector<std::string>& required = {}) {
    if (sets_.empty()) set({"net"});
    std::vector<Set> sets;
    for (const auto& [names, rules] : sets_) {
      Set& known = sets.emplace_back();
      known.rules = rules;
      for (const std::string& name : names) {
        all_.push_back(std::make_unique<State>(driver_packages::list(disk_ / name, name), name));
        known.folders.push_back(&all_.back()->folder);
      }
    }
    return drivers::choose(sets, required, {.arch = "amd64", .build = 26100});
  }

  /// "net/a/nic.inf: staged", a line for each.
  std::string outcomes() {
    std::string all;
    for (const Choice& choice : choose().list)
      all += fmt::format("{}: {}\n", choice.package.shown(), outcome_text(choice.outcome));
    return all;
  }
  /// "max_size: message (hint)" or "net/nic.inf:3: ...", a line for each.
  std::string faults(const std::vector<std::string>& required = {}) {
    try {
      choose(required);
    } catch (const Failure& failure) {
      std::string all;
      for (const Diagnostic& d : failure.diagnostics())
        all += fmt::format("{} {}: {} ({})\n", d.field, d.where.name, d.message, d.hint);
      return all;
    }
    return "nothing is wrong";
  }

  const Scratch& disk() const { return disk_; }
  void forget_sets() { sets_.clear(); }
  void with_signatures() { signed_ = true; }

 private:
  struct State {
    State(driver_packages::Listed files, const std::string& name)
        : listed(std::move(files)), folder(name, listed.entries, listed.image_digests) {}
    driver_packages::Listed listed;
    Folder folder;
  };
  Scratch disk_;
  bool signed_ = false;
  std::vector<std::pair<std::vector<std::string>, Rules>> sets_;
  std::vector<std::unique_ptr<State>> all_;
};

std::vector<std::string> ids(const std::string& names) {
  std::vector<std::string> all;
  for (char c : names) all.push_back(std::string("PCI\\VEN_000") + c);
  return all;
}

// --- versions -----------------------------------------------------------------------------------

struct Two {
  const char* name;
  Written a;
  Written b;
  const char* becomes_a;
  const char* becomes_b;
};

TEST(DriverChoice, OfTwoVersions) {
  const Two cases[] = {
      {"the same", {}, {}, "staged", "stored once"},
      {"later date", {}, {.version = "06/01/2024,1.2.3.4"}, "superseded", "staged"},
      {"earlier date", {}, {.version = "05/30/2024,1.2.3.4"}, "staged", "superseded"},
      {"date before version",
       {.version = "05/31/2024,9.9.9.9"},
       {.version = "01/01/2025,1.0.0.0"},
       "superseded",
       "staged"},
      {"higher version", {}, {.version = "05/31/2024,1.2.3.10"}, "superseded", "staged"},
      {"lower version", {}, {.version = "05/31/2024,1.2.2.99"}, "staged", "superseded"},
      {"version that is left out",
       {.version = "05/31/2024"},
       {.version = "05/31/2024,0.0.0.1"},
       "superseded",
       "staged"},
      {"same age, another content", {}, {.salt = "x"}, "staged", "superseded"},
      {"older with one device more",
       {.ids = ids("AB")},
       {.version = "06/01/2024,1.0.0.0", .ids = ids("A")},
       "staged",
       "staged"},
      {"newer with one device more",
       {.ids = ids("A")},
       {.version = "06/01/2024,1.0.0.0", .ids = ids("AB")},
       "superseded",
       "staged"},
      {"other devices",
       {.ids = ids("A")},
       {.version = "06/01/2024,1.0.0.0", .ids = ids("B")},
       "staged",
       "staged"},
      {"older with a compatible id more",
       {.compatible_ids = {"PCI\\CC_0200"}},
       {.version = "06/01/2024,1.0.0.0"},
       "staged",
       "staged"},
      {"ids in another case",
       {.ids = {"pci\\ven_000a"}},
       {.version = "06/01/2024,1.0.0.0", .ids = ids("A")},
       "superseded",
       "staged"},
      {"another provider",
       {},
       {.provider = "Somebody Else", .version = "06/01/2024,1.0.0.0"},
       "staged",
       "staged"},
      {"the provider in another case",
       {.provider = "REMEDIA TESTS"},
       {.version = "06/01/2024,1.0.0.0"},
       "superseded",
       "staged"},
      {"another class",
       {},
       {.class_name = "System",
        .class_guid = "{4d36e97d-e325-11ce-bfc1-08002be10318}",
        .version = "06/01/2024,1.0.0.0"},
       "staged",
       "staged"},
      {"another INF", {}, {.name = "nic2", .version = "06/01/2024,1.0.0.0"}, "staged", "staged"},
      {"the INF in another case",
       {},
       {.name = "NIC", .version = "06/01/2024,1.0.0.0"},
       "superseded",
       "staged"},
  };
  for (const Two& c : cases) {
    SCOPED_TRACE(c.name);
    Shelf shelf;
    shelf.add("net/a", c.a);
    shelf.add("net/b", c.b);
    EXPECT_EQ(shelf.outcomes(), fmt::format("net/a/{}.inf: {}\nnet/b/{}.inf: {}\n", c.a.name,
                                            c.becomes_a, c.b.name, c.becomes_b));
  }
}

TEST(DriverChoice, SaysWhyAndByWhom) {
  Shelf shelf;
  shelf.add("net/a", {.version = "01/02/2023,1.0.0.0", .ids = ids("AB")});
  shelf.add("net/b", {.version = "06/01/2024,2.0.0.0", .ids = ids("A")});
  shelf.add("net/c", {.version = "06/01/2024,2.0.0.0", .ids = ids("A")});
  shelf.add("net/d", {.version = "01/01/2020,0.0.0.1", .ids = ids("B")});
  shelf.add("net/e", {.version = "01/01/2020,0.0.0.1", .ids = ids("A")});
  Choices choices = shelf.choose();
  ASSERT_EQ(choices.list.size(), 5u);
  EXPECT_EQ(choices.list[0].why,
            "kept beside net/b/nic.inf, which does not serve all of its devices");
  EXPECT_EQ(choices.list[1].why, "");
  EXPECT_EQ(choices.list[2].why, "the same as net/b/nic.inf");
  EXPECT_EQ(choices.list[3].why, "by net/a/nic.inf (2023-01-02 1.0.0.0)");
  EXPECT_EQ(choices.list[4].why, "by net/b/nic.inf (2024-06-01 2.0.0.0)");
  EXPECT_TRUE(choices.warnings.empty());
}

TEST(DriverChoice, WarnsOfTwoOfOneAgeThatDiffer) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.add("net/b", {.salt = "x"});
  Choices choices = shelf.choose();
  ASSERT_EQ(choices.warnings.size(), 1u);
  EXPECT_EQ(choices.warnings[0],
            "'net/a/nic.inf' and 'net/b/nic.inf' have the same date and version and are not the "
            "same; the first is taken");
}

TEST(DriverChoice, TheFirstSetComesFirst) {
  Shelf shelf;
  shelf.add("x");
  shelf.add("a", {.salt = "x"});
  shelf.set({"x"});
  shelf.set({"a"});
  EXPECT_EQ(shelf.outcomes(), "x/nic.inf: staged\na/nic.inf: superseded\n");
}

TEST(DriverChoice, OneFolderInTwoSetsIsStoredOnce) {
  Shelf shelf;
  shelf.add("net");
  shelf.set({"net"});
  shelf.set({"net"});
  EXPECT_EQ(shelf.outcomes(), "net/nic.inf: staged\nnet/nic.inf: stored once\n");
}

TEST(DriverChoice, WhatDoesNotFitIsNoRival) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.add("net/b", {.version = "06/01/2030,1.0.0.0", .targets = {"NTarm64"}});
  shelf.add("net/c", {.version = "06/01/2030,1.0.0.0", .targets = {"NTamd64.10.0...99999"}});
  shelf.disk().write("net/d/nic.inf", "[Version]\nSignature=\"$Windows NT$\"\nProvider=P\n");
  shelf.disk().write("net/e/nic.inf", "[autorun]\n");
  shelf.disk().write("net/f/nic.inx", "");
  EXPECT_EQ(shelf.outcomes(),
            "net/a/nic.inf: staged\nnet/b/nic.inf: not for this architecture\n"
            "net/c/nic.inf: no matching section\nnet/d/nic.inf: no devices\n"
            "net/e/nic.inf: no driver\nnet/f/nic.inx: template\n");
}

// --- rules --------------------------------------------------------------------------------------

TEST(DriverRules, Patterns) {
  struct Case {
    const char* pattern;
    const char* path;
    bool matches;
  };
  const Case cases[] = {
      {"nic.inf", "nic.inf", true},        {"nic.inf", "a/b/nic.inf", true},
      {"NIC.INF", "a/Nic.inf", true},      {"n?c.*", "a/nic.inf", true},
      {"nic", "nic.inf", false},           {"*", "a/b/nic.inf", true},
      {"a/nic.inf", "a/nic.inf", true},    {"a/nic.inf", "b/a/nic.inf", false},
      {"a\\nic.inf", "A/nic.inf", true},   {"a/*", "a/nic.inf", true},
      {"a/*", "a/b/nic.inf", false},       {"a/**", "a/b/nic.inf", true},
      {"**/b/*.inf", "a/b/nic.inf", true}, {"**", "a/b/nic.inf", true},
      {"**/nic.inf", "nic.inf", true},     {"b/nic.inf", "a/b/nic.inf", false},
      {"net/nic.inf", "nic.inf", false},   {"", "nic.inf", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(matches(c.pattern, {.target = c.path}), c.matches) << c.pattern << " " << c.path;
}

TEST(DriverRules, ExcludedOnesAreNotEvenRead) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.disk().write("net/b/broken.inf", "[Version");
  EXPECT_TRUE(contains(shelf.faults(), "net/b/broken.inf"));
  shelf.forget_sets();
  shelf.set({"net"}, {.exclude = {"broken.inf"}});
  EXPECT_EQ(shelf.outcomes(), "net/a/nic.inf: staged\nnet/b/broken.inf: excluded\n");
}

TEST(DriverRules, AnExcludedOneIsNoRival) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.add("net/b", {.version = "06/01/2030,1.0.0.0"});
  shelf.set({"net"}, {.exclude = {"b/*"}});
  EXPECT_EQ(shelf.outcomes(), "net/a/nic.inf: staged\nnet/b/nic.inf: excluded\n");
}

TEST(DriverRules, PatternsThatMatchNothingAreSaid) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.add("more/b");
  shelf.set({"net", "more"}, {.exclude = {"e1d.inf", "b/nic.inf", "net/a/nic.inf"},
                              .allow_unsigned = {"**", "e?d"}});
  std::string said = shelf.faults();
  EXPECT_TRUE(contains(said, "exclude : 'e1d.inf' matches no INF")) << said;
  EXPECT_TRUE(contains(said, "exclude : 'net/a/nic.inf' matches no INF")) << said;
  EXPECT_FALSE(contains(said, "'b/nic.inf'")) << said;
  EXPECT_TRUE(contains(said, "allow_unsigned : 'e?d' matches no INF")) << said;
  EXPECT_FALSE(contains(said, "'**'")) << said;
}

TEST(DriverRules, OfOneSetAreNotThoseOfAnother) {
  Shelf shelf;
  shelf.add("net");
  shelf.add("more", {.name = "other"});
  shelf.set({"net"}, {.exclude = {"nic.inf"}});
  shelf.set({"more"}, {.exclude = {"nic.inf"}});
  std::string said = shelf.faults();
  EXPECT_TRUE(contains(said, "'nic.inf' matches no INF")) << said;
}

TEST(DriverRules, ClassesByNameAndGuid) {
  for (const char* name : {"Net", "net", "{4d36e972-E325-11ce-bfc1-08002be10318}"}) {
    SCOPED_TRACE(name);
    Shelf shelf;
    shelf.add("net/a");
    shelf.add("net/b", driver_packages::storage("disk"));
    shelf.set({"net"}, {.only_class = {"Display", name}});
    EXPECT_EQ(shelf.outcomes(), "net/a/nic.inf: staged\nnet/b/disk.inf: another class\n");
    EXPECT_EQ(shelf.choose().list[1].why, "its class is SCSIAdapter");
  }
}

// What is not asked for may lack files.
TEST(DriverRules, OtherClassesNeedNotBeWhole) {
  Shelf shelf;
  shelf.add("net");
  Written sound{.name = "sound", .class_name = "MEDIA"};
  sound.class_guid = "{4D36E96C-E325-11CE-BFC1-08002BE10318}";
  shelf.add("net", sound);
  fs::remove(shelf.disk() / "net/sound.sys");
  EXPECT_NE(shelf.faults().find("'sound.sys' is asked for and is not there"), std::string::npos);
  shelf.forget_sets();
  shelf.set({"net"}, {.only_class = {"Net"}});
  EXPECT_EQ(shelf.outcomes(), "net/nic.inf: staged\nnet/sound.inf: another class\n");
}

// --- packs that nobody opened -------------------------------------------------------------------

TEST(DriverChoice, SaysWhichPacksWereNotOpened) {
  Shelf shelf;
  shelf.add("net", {.more = "[SourceDisksFiles.amd64]\nown.cab=1\n"});
  for (const char* name : {"z.zip", "setup.exe", "own.cab", "readme.txt"})
    shelf.disk().write(std::string("net/") + name, "x");
  Choices choices = shelf.choose();
  std::string all;
  for (const Choice& choice : choices.list)
    all += fmt::format("{}: {}\n", choice.package.shown(), outcome_text(choice.outcome));
  EXPECT_EQ(all, "net/nic.inf: staged\nnet/setup.exe: not opened\nnet/z.zip: not opened\n");
  ASSERT_EQ(choices.warnings.size(), 1u);
  EXPECT_NE(choices.warnings[0].find("'net/z.zip' is not opened"), std::string::npos);
}

TEST(DriverRules, BudgetNamesTheBiggest) {
  Shelf shelf;
  for (int i = 0; i < 7; ++i) {
    std::string name = fmt::format("n{}", i);
    shelf.add("net", {.name = name,
                      .install = "CopyFiles=@" + name + ".bin\n",
                      .more = fmt::format("[SourceDisksFiles.amd64]\n{}.bin=1\n", name)});
    std::string bulk(static_cast<std::size_t>(i + 1) << 20, 'x');
    shelf.disk().write("net/" + name + ".bin", bulk);
  }
  std::uint64_t size = 0;
  for (const Choice& choice : shelf.choose().list) size += choice.package.size;
  EXPECT_GT(size, 28u << 20);
  shelf.forget_sets();
  shelf.set({"net"}, {.max_size = size});
  EXPECT_EQ(shelf.faults(), "nothing is wrong");
  shelf.forget_sets();
  shelf.set({"net"}, {.max_size = size - 1});
  std::string said = shelf.faults();
  EXPECT_TRUE(contains(said, "max_size : the drivers have ")) << said;
  EXPECT_TRUE(contains(said, "(the biggest: net/n6.inf (")) << said;
  EXPECT_TRUE(contains(said, ", net/n2.inf (")) << said;
  EXPECT_FALSE(contains(said, "net/n1.inf")) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST(DriverRules, BudgetIsOfWhatIsStagedInItsSet) {
  Shelf shelf;
  shelf.add("net/a");
  shelf.add("net/b", {.version = "01/01/2020,1.0.0.0"});
  shelf.add("more", {.name = "other"});
  std::uint64_t size = shelf.choose().list.at(0).package.size;
  shelf.forget_sets();
  shelf.set({"net"}, {.max_size = size});
  shelf.set({"more"});
  EXPECT_EQ(shelf.faults(), "nothing is wrong");
}

// --- required -----------------------------------------------------------------------------------

TEST(DriverRequired, IsServed) {
  Shelf shelf;
  shelf.add("net", {.ids = {R"(PCI\VEN_8086&DEV_15FB)"}, .compatible_ids = {R"(USB\VID_1&PID_2)"}});
  for (const char* id : {R"(PCI\VEN_8086&DEV_15FB)", R"(pci\ven_8086&dev_15fb)",
                         R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20)",
                         R"(PCI\VEN_8086&DEV_15FB\3&1)", R"(USB\VID_1&PID_2)"})
    EXPECT_EQ(shelf.faults({id}), "nothing is wrong") << id;
}

TEST(DriverRequired, SaysWhatIsNotServed) {
  Shelf shelf;
  shelf.add("net", {.ids = {R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028)"}});
  std::string said = shelf.faults({R"(PCI\VEN_8086&DEV_15FC)", R"(PCI\VEN_8086&DEV_15F)"});
  EXPECT_EQ(said,
            "required : no staged driver serves the device PCI\\VEN_8086&DEV_15FC ()\n"
            "required : no staged driver serves the device PCI\\VEN_8086&DEV_15F ()\n");
  said = shelf.faults({R"(PCI\VEN_8086&DEV_15FB)"});
  EXPECT_TRUE(contains(said,
                       "(net/nic.inf serves it only as "
                       "PCI\\VEN_8086&DEV_15FB&SUBSYS_086A1028 and the like)"))
      << said;
  // The board of somebody else.
  said = shelf.faults({R"(PCI\VEN_8086&DEV_15FB&SUBSYS_00000001)"});
  EXPECT_TRUE(contains(said, "net/nic.inf serves it only as")) << said;
}

TEST(DriverRequired, SaysWhoHasItAndIsLeftOut) {
  Shelf shelf;
  shelf.add("net", {.ids = ids("A")});
  shelf.add("net/b", driver_packages::storage("disk"));
  shelf.set({"net"}, {.only_class = {"Net"}});
  std::string said = shelf.faults({R"(PCI\VEN_1AF4&DEV_10F1)"});
  EXPECT_TRUE(contains(said,
                       "(net/b/disk.inf has it, and is left out: another class, its class is "
                       "SCSIAdapter)"))
      << said;
}

TEST(DriverRequired, IsNotServedByAnExtension) {
  Shelf shelf;
  Written extension;
  extension.class_name = "Extension";
  extension.class_guid = "{E2F84CE7-8EFA-411C-AA69-97454CA4CB57}";
  shelf.add("net", extension);
  EXPECT_NE(shelf.faults({R"(PCI\VEN_1AF4&DEV_10F0)"}).find("no staged driver serves"),
            std::string::npos);
  shelf.add("net", {.name = "base"});
  EXPECT_EQ(shelf.faults({R"(PCI\VEN_1AF4&DEV_10F0)"}), "nothing is wrong");
}

TEST(DriverRequired, WhatIsReplacedServesToo) {
  Shelf shelf;
  shelf.add("net/a", {.ids = ids("A")});
  shelf.add("net/b", {.version = "01/01/2020,1.0.0.0", .ids = ids("A")});
  EXPECT_EQ(shelf.faults(ids("A")), "nothing is wrong");
}

// --- signatures ---------------------------------------------------------------------------------

TEST(DriverSignatures, AreAskedOfWhatIsStagedOnly) {
  Shelf shelf;
  shelf.with_signatures();
  shelf.add("net/a");
  shelf.add("net/b", {.version = "01/01/2020,1.0.0.0"});
  shelf.add("net/c", {.name = "arm", .targets = {"NTarm64"}});
  fs::remove(shelf.disk() / "net/b/nic.cat");
  fs::remove(shelf.disk() / "net/c/arm.cat");
  Choices choices = shelf.choose();
  ASSERT_TRUE(choices.list.at(0).signer.has_value());
  EXPECT_EQ(choices.list[0].signer->name, "Remedia Test Signer");
  EXPECT_FALSE(choices.list[1].signer.has_value());
  fs::remove(shelf.disk() / "net/a/nic.cat");
  EXPECT_EQ(shelf.faults(),
            "paths net/a/nic.inf: the catalogue 'nic.cat' that it names is not there (Windows does "
            "not load it; name the INF in 'allow_unsigned' if yours does)\n");
}

TEST(DriverSignatures, AllThatIsWrongIsSaidAtOnce) {
  Shelf shelf;
  shelf.with_signatures();
  for (const char* name : {"a", "b", "c"}) {
    shelf.add("net", {.name = name});
    fs::remove(shelf.disk() / fmt::format("net/{}.cat", name));
  }
  shelf.set({"net"}, {.allow_unsigned = {"b.inf"}, .max_size = 10});
  std::string said = shelf.faults({"PCI\\NONE"});
  for (const char* part : {"net/a.inf", "net/c.inf", "max_size : ", "required : "})
    EXPECT_TRUE(contains(said, part)) << said;
  EXPECT_FALSE(contains(said, "paths net/b.inf")) << said;
}

TEST(DriverSignatures, EachSetHasItsOwnAnchors) {
  signature::Anchors ours, foreign;
  ours.add(signing::test_ca().pem(), "a.pem");
  foreign.add(signing::foreign_ca().pem(), "b.pem");
  const signature::Policy trusted = {.anchors = &ours, .moment = 1'700'000'000};
  const signature::Policy distrusted = {.anchors = &foreign, .moment = 1'700'000'000};
  Shelf shelf;
  shelf.with_signatures();
  shelf.add("net");
  shelf.add("more", {.name = "other"});
  shelf.set({"net"}, {.policy = trusted});
  shelf.set({"more"});
  Choices choices = shelf.choose();
  EXPECT_TRUE(choices.list.at(0).signer->anchored);
  EXPECT_FALSE(choices.list.at(1).signer->anchored);
  shelf.forget_sets();
  shelf.set({"net"}, {.policy = trusted});
  shelf.set({"more"}, {.policy = distrusted});
  std::string said = shelf.faults();
  EXPECT_TRUE(contains(said, "more/other.cat")) << said;
  EXPECT_FALSE(contains(said, "net/nic.cat")) << said;
}

TEST(DriverSignatures, ManyErrorsEndSomewhere) {
  Shelf shelf;
  shelf.with_signatures();
  for (int i = 0; i < 60; ++i) shelf.disk().write(fmt::format("net/{}.inf", i), "[Version");
  std::string said = shelf.faults();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 40);
}

// --- boot ---------------------------------------------------------------------------------------

Package first_package(Shelf& shelf) {
  for (Choice& choice : shelf.choose().list)
    if (choice.outcome == Outcome::staged) return std::move(choice.package);
  throw std::logic_error("nothing is staged");
}

std::string boot_fault(const Package& package, const signature::Policy& policy = {}) {
  try {
    boot_plan(package, policy);
  } catch (const Failure& failure) {
    const Diagnostic& d = failure.diagnostics().at(0);
    return d.where.name + ": " + d.message + " (" + d.hint + ")";
  }
  return "nothing is wrong";
}

TEST(BootStart, IsAskedOfTheSetOfAReplacedOneToo) {
  for (bool same : {true, false}) {
    for (bool replaced : {true, false}) {
      SCOPED_TRACE(same);
      SCOPED_TRACE(replaced);
      Shelf shelf;
      shelf.add("net", driver_packages::storage());
      Written older = driver_packages::storage();
      if (!same) older.version = "01/01/2020,1.0.0.0";
      shelf.add("more", older);
      shelf.set({"net"}, {.boot_start = !replaced});
      shelf.set({"more"}, {.boot_start = replaced});
      Choices choices = shelf.choose();
      EXPECT_EQ(choices.list.at(0).outcome, Outcome::staged);
      EXPECT_TRUE(choices.list.at(0).boot_start);
    }
  }
}

TEST(BootStart, IsNotAskedOfWhatServesOthers) {
  Shelf shelf;
  shelf.add("net", driver_packages::storage());
  shelf.add("more", driver_packages::storage("other"));
  shelf.set({"net"});
  shelf.set({"more"}, {.boot_start = true});
  Choices choices = shelf.choose();
  EXPECT_FALSE(choices.list.at(0).boot_start);
  EXPECT_TRUE(choices.list.at(1).boot_start);
}

TEST(BootServices, AreThoseThatTheInfStartsAtBoot) {
  Shelf shelf;
  shelf.add("net", driver_packages::storage());
  Package package = first_package(shelf);
  BootPlan plan = boot_plan(package, {});
  ASSERT_EQ(plan.services.size(), 1u);
  EXPECT_EQ(plan.services[0].service->name, "disk");
  EXPECT_EQ(plan.services[0].file->path, "disk.sys");
  ASSERT_EQ(plan.configurations.size(), 1u);
  EXPECT_EQ(plan.configurations[0].ids, std::vector<std::string>{R"(PCI\VEN_1AF4&DEV_10F1)"});
}

TEST(BootServices, FiltersOfTheInstallationGoWithThem) {
  Written p = driver_packages::storage();
  Shelf shelf;
  shelf.add("net", p);
  std::string inf = read_file(shelf.disk() / "net/disk.inf");
  inf = with_replaced(inf, "[Install.Services]\r\n",
                      "[Install.Services]\r\nAddService=filter,0,Service\r\n");
  shelf.disk().write("net/disk.inf", inf);
  Package package = first_package(shelf);
  BootPlan plan = boot_plan(package, {});
  ASSERT_EQ(plan.services.size(), 2u);
  EXPECT_EQ(plan.services[0].service->name, "filter");
  EXPECT_EQ(plan.services[1].service->name, "disk");
  ASSERT_EQ(plan.configurations.size(), 1u);
  EXPECT_EQ(plan.configurations[0].service->name, "disk");
}

TEST(BootServices, OthersAreNone) {
  for (int start : {1, 2, 3, 4}) {
    SCOPED_TRACE(start);
    Written p = driver_packages::storage();
    p.start = start;
    p.signed_program = false;  // nobody asks
    Shelf shelf;
    shelf.add("net", p);
    EXPECT_TRUE(boot_plan(first_package(shelf), {}).services.empty());
  }
}

TEST(BootServices, NeedASignatureOfTheirOwn) {
  Written p = driver_packages::storage();
  p.signed_program = false;
  Shelf shelf;
  shelf.with_signatures();
  shelf.add("net", p);
  std::string said = boot_fault(first_package(shelf));
  EXPECT_TRUE(contains(said, "net/disk.inf: 'net/disk.sys' has no signature of its own")) << said;
  EXPECT_TRUE(contains(said, "exclude it here")) << said;
}

TEST(BootServices, NeedASignatureThatIsSound) {
  struct Case {
    const char* name;
    std::size_t at;
  };
  std::string good = driver_packages::program(driver_packages::storage());
  for (const Case& c :
       {Case{"in the program", good.size() / 4}, Case{"at its end", good.size() - 20}}) {
    SCOPED_TRACE(c.name);
    Shelf shelf;
    shelf.add("net", driver_packages::storage());
    std::string bad = good;
    bad[c.at] = static_cast<char>(bad[c.at] ^ 0x55);
    shelf.disk().write("net/disk.sys", bad);
    EXPECT_TRUE(contains(boot_fault(first_package(shelf)), "net/disk.sys"));
  }
}

TEST(BootServices, NeedASignerWhoIsTrusted) {
  signature::Anchors anchors;
  anchors.add(signing::test_ca().pem(), "root.pem");
  const signature::Policy policy = {.anchors = &anchors, .moment = 1'700'000'000};
  Shelf shelf;
  shelf.add("net", driver_packages::storage());
  EXPECT_EQ(boot_fault(first_package(shelf), policy), "nothing is wrong");
  Written foreign = driver_packages::storage();
  foreign.signing.sign.signer = signing::issued_by(signing::foreign_ca(), {.name = "Else"});
  shelf.add("net", foreign);
  EXPECT_EQ(boot_fault(first_package(shelf)), "nothing is wrong");
  EXPECT_TRUE(contains(boot_fault(first_package(shelf), policy), "net/disk.sys"));
}

TEST(BootServices, NeedAFileOfThePackage) {
  struct Case {
    const char* name;
    std::string from, to;
  };
  for (const Case& c :
       {Case{"another file", "ServiceBinary=%12%\\disk.sys", "ServiceBinary=%12%\\other.sys"},
        Case{"another folder", "ServiceBinary=%12%\\disk.sys", "ServiceBinary=%11%\\disk.sys"},
        Case{"no driver", "disk.sys", "disk.exe"}}) {
    SCOPED_TRACE(c.name);
    Shelf shelf;
    shelf.add("net", driver_packages::storage());
    std::string inf = read_file(shelf.disk() / "net/disk.inf");
    shelf.disk().write("net/disk.inf", with_replaced(inf, c.from, c.to));
    fs::copy_file(shelf.disk() / "net/disk.sys", shelf.disk() / "net/disk.exe");
    std::string said = boot_fault(first_package(shelf));
    EXPECT_TRUE(contains(said, "of the service disk is no file of the package")) << said;
    EXPECT_TRUE(contains(said, "net/disk.inf: ")) << said;
    EXPECT_TRUE(contains(said, "drvload")) << said;
  }
}

TEST(BootServices, CompressedBinariesAreNone) {
  Shelf shelf;
  shelf.add("net", driver_packages::storage());
  fs::rename(shelf.disk() / "net/disk.sys", shelf.disk() / "net/disk.sy_");
  std::string said = boot_fault(first_package(shelf));
  EXPECT_TRUE(contains(said, "is no file of the package")) << said;
}

TEST(BootServices, OfSeveralDevicesHaveTheIdsOfAll) {
  Written p = driver_packages::storage();
  p.ids = {R"(PCI\VEN_1&DEV_2)", R"(pci\ven_1&dev_1)"};
  p.compatible_ids = {R"(PCI\CC_0100)"};
  Shelf shelf;
  shelf.add("net", p);
  std::string inf = read_file(shelf.disk() / "net/disk.inf");
  // A second installation with the same service, and one with none.
  inf = with_replaced(inf, "[Install]\r\n",
                      "[Devices.NTamd64.10.0]\r\n%Device%=Second,PCI\\VEN_3&DEV_3\r\n"
                      "%Device%=Third,PCI\\VEN_4&DEV_4\r\n[Second]\r\nCopyFiles=Program\r\n"
                      "[Second.Services]\r\nAddService=DISK,2,Service\r\n[Third]\r\n"
                      "[Third.Services]\r\nAddService=,2\r\n[Install]\r\n");
  shelf.disk().write("net/disk.inf", inf);
  Package package = first_package(shelf);
  BootPlan plan = boot_plan(package, {});
  ASSERT_EQ(plan.services.size(), 1u);
  std::set<std::string> ids;
  for (const auto& one : plan.configurations) ids.insert(one.ids.begin(), one.ids.end());
  EXPECT_EQ(std::vector<std::string>(ids.begin(), ids.end()),
            (std::vector<std::string>{R"(PCI\CC_0100)", R"(PCI\VEN_1&DEV_1)", R"(PCI\VEN_1&DEV_2)",
                                      R"(PCI\VEN_3&DEV_3)"}));
}

}  // namespace
}  // namespace remedia::drivers
