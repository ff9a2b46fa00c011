// Definitions: which set the files of a package are, of which version and day, and what is wrong
// with those that are none.
#include "media/definitions.h"

#include "medium/pe_file.h"
#include "support/archive_writers.h"
#include "support/date.h"
#include "support/definition_packages.h"
#include "unit/scratch.h"

#include <functional>

namespace remedia::definitions {
namespace {

namespace dp = definition_packages;

class Definitions : public testing::Test {
 protected:
  Facts of_files(const dp::Files& files) {
    fs::remove_all(scratch_ / "files");
    fs::create_directories(scratch_ / "files");
    dp::write(scratch_ / "files", files);
    return inspect(scratch_ / "files", "defs", scratch_ / "scratch");
  }
  Facts of_package(const std::string& bytes, const std::string& name = "mpam-fe.exe") {
    return inspect(scratch_.write(name, bytes), "@media/" + name, scratch_ / "scratch");
  }
  std::string failure_of_files(const dp::Files& files) {
    return failure_of([&] { of_files(files); });
  }
  std::string failure_of_package(const std::string& bytes) {
    return failure_of([&] { of_package(bytes); });
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch_.path()))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  Scratch scratch_;
};

std::string day_of(const Facts& facts) {
  return facts.dated ? date_of_clock(facts.dated->time) + " " + facts.dated->by : "none";
}

TEST_F(Definitions, AreReadFromAPackage) {
  Facts facts = of_package(dp::package());
  EXPECT_EQ(facts.kind, Kind::antimalware);
  EXPECT_EQ(facts.architecture, "amd64");
  ASSERT_TRUE(facts.engine_version);
  EXPECT_EQ(facts.engine_version->text(), "1.1.24090.11");
  EXPECT_EQ(facts.signature_version.text(), "1.403.55.0");
  EXPECT_EQ(day_of(facts), "2026-11-15 countersignature");
  EXPECT_EQ(facts.set, (std::vector<std::string>{"mpasbase.vdm", "mpasdlta.vdm", "mpavbase.vdm",
                                                 "mpavdlta.vdm", "mpengine.dll"}));
  EXPECT_TRUE(facts.unsigned_files.empty());
  ASSERT_TRUE(facts.signer);
  EXPECT_EQ(facts.signer->name, "Remedia Test Signer");
  EXPECT_FALSE(facts.signer->anchored);
  EXPECT_EQ(left(), std::vector<std::string>{"mpam-fe.exe"}) << "something was left behind";
}

TEST_F(Definitions, AreReadFromACabinetAndAFolderInAnyCase) {
  for (const char* arch : {"amd64", "arm64", "x86"}) {
    dp::Files files = dp::antimalware({.arch = arch});
    for (const char* name : {"mpengine.dll", "mpavdlta.vdm"}) {
      auto node = files.extract(name);
      for (char& c : node.key()) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      files.insert(std::move(node));
    }
    for (const Facts& facts : {of_files(files), of_package(dp::cabinet(files), "defs.cab")}) {
      EXPECT_EQ(facts.architecture, arch);
      EXPECT_EQ(facts.signature_version.text(), "1.403.55.0");
      EXPECT_EQ(facts.set[4], "MPENGINE.DLL");
      EXPECT_TRUE(facts.signer) << "of the engine";
    }
  }
}

TEST_F(Definitions, OfTheNetworkNeedNoEngine) {
  Facts facts =
      of_package(dp::package_of(dp::network({.base = "119.0.0.0", .version = "119.2.0.0"})));
  EXPECT_EQ(facts.kind, Kind::network);
  EXPECT_EQ(facts.architecture, "amd64");
  EXPECT_EQ(facts.signature_version.text(), "119.2.0.0");
  facts = of_files(dp::network({.base = "119.3.0.0", .version = "119.2.0.0"}, false));
  EXPECT_EQ(facts.architecture, "");
  EXPECT_FALSE(facts.engine_version);
  EXPECT_EQ(facts.signature_version.text(), "119.3.0.0") << "the newer one";
}

TEST_F(Definitions, MayCarryFurtherFiles) {
  dp::Files files = dp::antimalware();
  files.merge(dp::network());
  files["deep/mpengine.dll"] = "no program";
  files["readme.txt"] = "";
  Facts facts = of_package(dp::package_of(files));
  EXPECT_EQ(facts.kind, Kind::antimalware);
  EXPECT_EQ(facts.set.size(), 5u);
}

TEST_F(Definitions, WithoutSignatureAreNamed) {
  Facts facts = of_files(dp::antimalware({.is_signed = false}));
  EXPECT_EQ(facts.unsigned_files, facts.set);
  EXPECT_FALSE(facts.signer);
  dp::Files files = dp::antimalware();
  files["mpavbase.vdm"] = dp::part({.version = "1.403.0.0", .is_signed = false});
  EXPECT_EQ(of_files(files).unsigned_files, std::vector<std::string>{"mpavbase.vdm"});
}

// --- dates

dp::Files dated(const dp::Part& part) {
  dp::Files files = dp::antimalware({.day = ""});
  for (const char* name : {"mpasdlta.vdm", "mpavdlta.vdm"}) files[name] = dp::part(part);
  return files;
}

TEST_F(Definitions, AreDatedByTheBestWitness) {
  const auto april = static_cast<std::uint32_t>(dp::noon("2026-04-04"));
  dp::Part part{.timestamp = april, .file_date = "2026-03-03"};
  part.sign.stamp = signing::Stamp::token;
  part.sign.stamp_time = dp::noon("2026-01-01");
  auto package = [&](const dp::Part& p) { return dp::package_of(dated(p), "2026-02-02"); };
  EXPECT_EQ(day_of(of_package(package(part))), "2026-01-01 countersignature");
  part.sign.stamp = signing::Stamp::second_signer;
  EXPECT_EQ(day_of(of_package(package(part))), "2026-01-01 countersignature");
  part.sign.stamp = signing::Stamp::none;
  EXPECT_EQ(day_of(of_package(package(part))), "2026-02-02 countersignature");
  EXPECT_EQ(day_of(of_files(dated(part))), "2026-03-03 version resource");
  part.file_date = "";
  EXPECT_EQ(day_of(of_files(dated(part))), "2026-04-04 timestamp");
  part.is_signed = false;
  EXPECT_EQ(day_of(of_files(dated(part))), "2026-04-04 timestamp");
  part.reproducible = true;
  EXPECT_EQ(day_of(of_files(dated(part))), "none");
}

TEST_F(Definitions, AreAsOldAsTheOlderOfTwo) {
  dp::Files files = dp::antimalware({.day = "2026-11-15"});
  files["mpavdlta.vdm"] = dp::antimalware({.day = "2026-11-13"})["mpavdlta.vdm"];
  EXPECT_EQ(day_of(of_files(files)), "2026-11-13 countersignature");
  files["mpasdlta.vdm"] = dp::antimalware({.day = ""})["mpasdlta.vdm"];
  EXPECT_EQ(day_of(of_files(files)), "2026-11-13 countersignature");
}

TEST_F(Definitions, AreNotDatedByWhatCannotBe) {
  struct Row {
    std::uint32_t timestamp;
    const char* file_date;
    const char* day;
  };
  const Row rows[] = {
      {0, "", "none"},
      {0xFFFFFFFF, "", "none"},  // 2106
      {static_cast<std::uint32_t>(dp::noon("2004-12-31")), "", "none"},
      {static_cast<std::uint32_t>(dp::noon("2005-01-01")), "", "2005-01-01 timestamp"},
      {static_cast<std::uint32_t>(dp::noon("2099-12-31")), "", "2099-12-31 timestamp"},
      {static_cast<std::uint32_t>(dp::noon("2100-01-01")), "", "none"},
      {0, "1969-12-31", "none"},
      {0, "2004-12-31", "none"},
      {0, "2100-01-01", "none"},
      {0, "2099-12-31", "2099-12-31 version resource"},
      {static_cast<std::uint32_t>(dp::noon("2026-04-04")), "1990-01-01", "2026-04-04 timestamp"},
  };
  for (const Row& row : rows) {
    dp::Part part{.timestamp = row.timestamp, .file_date = row.file_date};
    EXPECT_EQ(day_of(of_files(dated(part))), row.day) << row.timestamp << " " << row.file_date;
  }
}

// --- what is wrong

struct Spoilt {
  const char* what;
  std::function<void(dp::Files&)> spoil;
  const char* says;
};

TEST_F(Definitions, AreRefusedIfTheyDoNotBelongTogether) {
  auto version = [](const char* name, const char* text) {
    return [=](dp::Files& files) { files[name] = dp::part({.version = text}); };
  };
  const Spoilt rows[] = {
      {"one missing", [](dp::Files& f) { f.erase("mpavdlta.vdm"); },
       "'defs' holds no whole set of antimalware definitions: mpavdlta.vdm is missing"},
      {"no full package",
       [](dp::Files& f) {
         for (const char* name : {"mpengine.dll", "mpasbase.vdm", "mpavbase.vdm"}) f.erase(name);
       },
       "'defs' holds no whole set of antimalware definitions: mpengine.dll, mpasbase.vdm, "
       "mpavbase.vdm are missing"},
      {"not of the network either",
       [](dp::Files& f) {
         f = dp::network();
         f.erase("NisBase.vdm");
       },
       "'defs' holds no whole set of network inspection definitions: nisbase.vdm is missing"},
      {"nothing",
       [](dp::Files& f) {
         f = {{"readme.txt", "hello"}};
       },
       "there are no definitions in 'defs': neither an antimalware set (mpengine.dll, "
       "mpasbase.vdm, mpasdlta.vdm, mpavbase.vdm, mpavdlta.vdm) nor a network inspection set "
       "(nisbase.vdm, nisfull.vdm)"},
      {"half of one, all of the other",
       [](dp::Files& f) {
         f.merge(dp::network());
         f.erase("mpengine.dll");
       },
       "'defs' holds no whole set of antimalware definitions: mpengine.dll is missing"},
      {"two spellings", [](dp::Files& f) { f["MPENGINE.dll"] = f["mpengine.dll"]; },
       "'defs/MPENGINE.dll' and 'defs/mpengine.dll' differ only in case, which Windows does not "
       "tell apart"},
      {"deltas of two packages", version("mpavdlta.vdm", "1.403.56.0"),
       "'defs/mpavdlta.vdm' has version 1.403.56.0 and 'mpasdlta.vdm' has 1.403.55.0: they are of "
       "two packages"},
      {"delta older than antivirus", version("mpavbase.vdm", "1.403.55.1"),
       "'defs/mpavdlta.vdm' has version 1.403.55.0, which is older than 1.403.55.1 of "
       "'mpavbase.vdm'"},
      {"delta older than antispyware", version("mpasbase.vdm", "1.404.0.0"),
       "'defs/mpasdlta.vdm' has version 1.403.55.0, which is older than 1.404.0.0 of "
       "'mpasbase.vdm'"},
      {"no version", version("mpavbase.vdm", ""),
       "'defs/mpavbase.vdm' does not say its version: it has no version resource"},
      {"engine without version", version("mpengine.dll", ""),
       "'defs/mpengine.dll' does not say its version: it has no version resource"},
      {"empty", [](dp::Files& f) { f["mpasbase.vdm"] = ""; },
       "program 'defs/mpasbase.vdm' cannot be used: it is no Windows program: it does not begin "
       "with 'MZ' (at byte 0x0)"},
      {"no program", [](dp::Files& f) { f["mpasbase.vdm"] = std::string(4096, 'v'); },
       "program 'defs/mpasbase.vdm' cannot be used: it is no Windows program: it does not begin "
       "with 'MZ' (at byte 0x0)"},
      {"truncated", [](dp::Files& f) { f["mpavdlta.vdm"].resize(1500); },
       "program 'defs/mpavdlta.vdm' cannot be used: "},
      {"tampered with", [](dp::Files& f) { f["mpavbase.vdm"][0x210] ^= 1; },
       "the signature of 'defs/mpavbase.vdm' is wrong: the program was changed after 'Remedia Test "
       "Signer' signed it"},
      {"another file tampered with", [](dp::Files& f) { f["MpSigStub.exe"][0x210] ^= 1; },
       "the signature of 'defs/MpSigStub.exe' is wrong: the program was changed after 'Remedia "
       "Test Signer' signed it"},
  };
  for (const Spoilt& row : rows) {
    dp::Files files = dp::antimalware();
    row.spoil(files);
    std::string says = failure_of_files(files);
    EXPECT_EQ(says.substr(0, std::string(row.says).size()), row.says) << row.what;
  }
}

TEST_F(Definitions, MayHaveADeltaThatIsNoNewerThanItsBase) {
  EXPECT_EQ(of_files(dp::antimalware({.base = "1.403.0.0", .version = "1.403.0.0"}))
                .signature_version.text(),
            "1.403.0.0");
}

TEST_F(Definitions, PackagesAreRefusedIfTheyAreNotWhole) {
  const std::string good = dp::package();
  std::string tampered = good;
  tampered[0x210] ^= 1;
  EXPECT_EQ(failure_of_package(tampered),
            "the signature of '@media/mpam-fe.exe' is wrong: the program was changed after "
            "'Remedia Test Signer' signed it");
  const std::string unsigned_one = dp::program(dp::cabinet(dp::antimalware()), std::nullopt);
  EXPECT_FALSE(of_package(unsigned_one).signer) << "nobody signed all of it";
  EXPECT_EQ(failure_of_package(unsigned_one.substr(0, unsigned_one.size() - 1)),
            "'@media/mpam-fe.exe' is no package of definitions: there is no whole cabinet in it");
  EXPECT_NE(failure_of_package(good.substr(0, good.size() - 9)), "");
  EXPECT_EQ(failure_of_package(dp::program("", std::nullopt)),
            "'@media/mpam-fe.exe' is no package of definitions: there is no whole cabinet in it");
  const std::string two = dp::cabinet(dp::antimalware()) + dp::cabinet(dp::network());
  EXPECT_EQ(failure_of_package(dp::program(two, signing::SignOptions{})),
            "'@media/mpam-fe.exe' holds 2 cabinets, and which is meant is not known");
  EXPECT_EQ(failure_of_package("PK\3\4"),
            "'@media/mpam-fe.exe' is neither a program with a cabinet in it nor a cabinet, nor a "
            "folder");
  EXPECT_EQ(failure_of_package(""), failure_of_package("M"));
  std::string damaged = good;
  damaged[damaged.find("MSCF") + 0x400] ^= 1;
  EXPECT_NE(failure_of_package(damaged), "");
  EXPECT_EQ(left(), std::vector<std::string>{"mpam-fe.exe"});
}

// What stands among the certificates is covered by no signature.
TEST_F(Definitions, CabinetsAmongTheCertificatesAreRefused) {
  std::string signed_one = dp::program("", signing::SignOptions{});
  std::string cabinet = dp::cabinet(dp::antimalware({.is_signed = false}));
  cabinet.resize((cabinet.size() + 7) / 8 * 8);
  const std::size_t table = 0x80 + 24 + 112 + 4 * 8;
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(signed_one[at + i]);
    return value;
  };
  const std::size_t end = number(table) + number(table + 4);
  ASSERT_EQ(end, signed_one.size());
  std::string grown =
      patched(signed_one + cabinet, table + 4, number(table + 4) + cabinet.size(), 4);
  EXPECT_EQ(failure_of_package(grown),
            "the cabinet in '@media/mpam-fe.exe' lies among its certificates, where no signature "
            "covers it");
  // Behind them, the signature covers it.
  EXPECT_EQ(failure_of_package(signed_one + cabinet),
            "the signature of '@media/mpam-fe.exe' is wrong: the program was changed after "
            "'Remedia Test Signer' signed it");
}

TEST_F(Definitions, HaveLimits) {
  fs::path folder = scratch_ / "files";
  dp::write(folder, dp::antimalware());
  std::ofstream(folder / "large").close();
  fs::resize_file(folder / "large", kMostBytes);  // a hole
  std::string says = failure_of([&] { inspect(folder, "defs", scratch_ / "scratch"); });
  EXPECT_NE(says.find("'defs' has 107"), says.npos) << says;
  EXPECT_NE(says.find("definitions have at most 1073741824 bytes (1024 MiB)"), says.npos) << says;
}

// Whatever the bytes are, it is a Failure or facts.
TEST_F(Definitions, DamageIsAFailureAndNothingElse) {
  const std::string good = dp::program(dp::cabinet(dp::antimalware({.is_signed = false})), {});
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 211) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    try {
      of_package(bad);
    } catch (const Failure&) {
      ++refused;
    }
    EXPECT_EQ(left(), std::vector<std::string>{"mpam-fe.exe"});
  }
  EXPECT_GT(refused, 10u);
}

}  // namespace
}  // namespace remedia::definitions
