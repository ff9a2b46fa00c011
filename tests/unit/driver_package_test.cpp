// Driver packages: which files belong to an INF, what lacks, and whose signature it all has.
#include "media/driver_package.h"

#include "support/driver_packages.h"
#include "unit/scratch.h"

#include <functional>

namespace remedia::drivers {
namespace {

const inf::Target kTarget = {.arch = "amd64", .build = 26100};

/// Packages on a disk, listed as often as they are asked for.
class Disk : public Scratch {
 public:
  const Folder& listed() {
    all_.push_back(std::make_unique<State>(driver_packages::list(path(), "net")));
    return all_.back()->folder;
  }

  Package package(const std::string& inf = "a.inf") {
    const Folder& folder = listed();
    const TreeEntry* entry = folder.find(inf);
    if (entry == nullptr) throw std::out_of_range(inf);
    return read_package(folder, *entry, kTarget);
  }

  /// "a.inf a.sys": what the package holds.
  std::string files(const std::string& inf = "a.inf") {
    std::string all;
    for (const PackageFile& file : package(inf).files) all += (all.empty() ? "" : " ") + file.path;
    return all;
  }

  /// All that is wrong: "net/a.inf:17: message (hint)", a line for each.
  std::string faults(const std::function<void()>& action) {
    try {
      action();
    } catch (const Failure& failure) {
      std::string all;
      for (const Diagnostic& d : failure.diagnostics()) {
        all += d.where.name + (d.where.line > 0 ? fmt::format(":{}", d.where.line) : "") + ": " +
               d.message + " (" + d.hint + ")\n";
      }
      return all;
    }
    return "nothing is wrong";
  }
  std::string faults(const std::string& inf = "a.inf") {
    return faults([&] { package(inf); });
  }
  std::string signature_faults(const signature::Policy& policy = {}) {
    Package read = package();
    return faults([&] { check_catalogue(read, policy); });
  }

 private:
  struct State {
    explicit State(driver_packages::Listed files)
        : listed(std::move(files)), folder("net", listed.entries, listed.image_digests) {}
    driver_packages::Listed listed;
    Folder folder;
  };
  std::vector<std::unique_ptr<State>> all_;
};

struct Inf {
  std::string copied = "a.sys\n";        ///< lines of the CopyFiles section: line 12 on
  std::string install = {};              ///< further lines of the install section
  std::string disk = "1=Disk\n";         ///< lines of [SourceDisksNames]
  std::string sources = "a.sys=1\n";     ///< lines of [SourceDisksFiles]
  std::string manufacturer = "NTamd64";  ///< what its devices are for
};

std::string inf(const Inf& i = {}) {
  return "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nClassGuid={4D36E972-E325-11CE-BFC1-"
         "08002BE10318}\nProvider=P\nCatalogFile=a.cat\nDriverVer=05/31/2024,1.2.3.4\n"
         "[Manufacturer]\nM=M," +
         i.manufacturer + "\n[Files]\n" + i.copied + "[M." + i.manufacturer +
         "]\nCard=i,PCI\\1\n[i]\nCopyFiles=Files\n" + i.install + "[SourceDisksNames]\n" + i.disk +
         "[SourceDisksFiles]\n" + i.sources + "[DestinationDirs]\nDefaultDestDir=13\n";
}
constexpr int kFirstCopied = 11;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

// --- closure ------------------------------------------------------------------------------------

TEST(DriverPackage, HoldsWhatItsInfCopies) {
  struct Case {
    const char* name;
    Inf inf;
    std::vector<const char*> there;
    const char* holds;
  };
  const Case cases[] = {
      {"a file", {}, {"a.sys"}, "a.inf a.sys"},
      {"its catalogue", {}, {"a.sys", "a.cat"}, "a.cat a.inf a.sys"},
      {"nothing else that lies there", {}, {"a.sys", "readme.txt", "x/a.sys"}, "a.inf a.sys"},
      {"names in any case", {}, {"A.SYS", "A.Cat"}, "A.Cat a.inf A.SYS"},
      {"a compressed one", {}, {"a.sy_"}, "a.inf a.sy_"},
      {"a compressed one in another case", {}, {"A.SY_"}, "a.inf A.SY_"},
      {"the plain one if there are both", {}, {"a.sys", "a.sy_"}, "a.inf a.sys"},
      {"a cabinet", {.disk = "1=Disk,all.cab\n"}, {"all.cab"}, "a.inf all.cab"},
      {"a cabinet once",
       {.copied = "a.sys\nb.dll\n", .disk = "1=Disk,all.cab\n", .sources = "a.sys=1\nb.dll=1\n"},
       {"all.cab"},
       "a.inf all.cab"},
      {"the file if there is a cabinet, too",
       {.disk = "1=Disk,all.cab\n"},
       {"all.cab", "a.sys"},
       "a.inf a.sys"},
      {"a folder of its disk",
       {.disk = "1=Disk,,,\\amd64\n", .sources = "a.sys=1\n"},
       {"amd64/a.sys"},
       "a.inf amd64/a.sys"},
      {"a folder of the file", {.sources = "a.sys=1,x64\n"}, {"X64/a.sys"}, "a.inf X64/a.sys"},
      {"folders of both",
       {.disk = "1=Disk,,,\\win\n", .sources = "a.sys=1,x64\\free\n"},
       {"win/x64/free/a.sys", "a.sys"},
       "a.inf win/x64/free/a.sys"},
      {"one file once", {.copied = "a.sys\nb.sys,a.sys\nA.SYS\n"}, {"a.sys"}, "a.inf a.sys"},
      {"more than one",
       {.copied = "a.sys\nb.dll\n", .sources = "a.sys=1\nb.dll=1\n"},
       {"a.sys", "b.dll"},
       "a.inf a.sys b.dll"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Disk disk;
    disk.write("a.inf", inf(c.inf));
    for (const char* name : c.there) disk.write(name, name);
    EXPECT_EQ(disk.files(), c.holds) << disk.faults();
  }
}

TEST(DriverPackage, SaysWhatIsNotThere) {
  struct Case {
    const char* name;
    Inf inf;
    std::vector<const char*> there;
    std::vector<std::string> says;
  };
  const std::string first = fmt::format("net/a.inf:{}: ", kFirstCopied);
  const std::string second = fmt::format("net/a.inf:{}: ", kFirstCopied + 1);
  const Case cases[] = {
      {"nothing there", {}, {}, {first + "'a.sys' is asked for and is not there", "'exclude'"}},
      {"elsewhere", {}, {"x/a.sys"}, {first, "there is 'net/x/a.sys', which is not where the INF"}},
      {"above the folder that is said",
       {.sources = "a.sys=1,x64\n"},
       {"a.sys"},
       {first + "'x64/a.sys'", "there is 'net/a.sys'"}},
      {"a folder of that name", {}, {"a.sys/x"}, {first}},
      {"another compressed one", {}, {"a_sys", "a.sys_"}, {first}},
      {"a cabinet of another disk",
       {.disk = "1=Disk\n2=Disk,all.cab\n"},
       {"all.cab"},
       {first + "'a.sys'"}},
      {"all of them",
       {.copied = "a.sys\nb.dll\n", .sources = "a.sys=1\nb.dll=1\n"},
       {},
       {first + "'a.sys'", second + "'b.dll'"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Disk disk;
    disk.write("a.inf", inf(c.inf));
    for (const char* name : c.there) disk.write(name, name);
    std::string said = disk.faults();
    for (const std::string& part : c.says) EXPECT_TRUE(contains(said, part)) << said;
  }
}

TEST(DriverPackage, SaysTheFirstTwentyOfMany) {
  Disk disk;
  Inf many{.copied = "", .sources = ""};
  for (int i = 0; i < 50; ++i) {
    many.copied += fmt::format("f{}.dll\n", i);
    many.sources += fmt::format("f{}.dll=1\n", i);
  }
  disk.write("a.inf", inf(many));
  std::string said = disk.faults();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 20);
}

TEST(DriverPackage, TwoNamesThatDifferInCaseAreOneTooMany) {
  Disk disk;
  disk.write("a.inf", inf());
  disk.write("a.sys", "x");
  disk.write("A.SYS", "x");
  std::string said = disk.faults();
  EXPECT_TRUE(contains(said, "'net/A.SYS' and 'net/a.sys' differ only in case")) << said;
  // Nobody asks for these.
  fs::remove(disk / "A.SYS");
  disk.write("b.txt", "x");
  disk.write("B.TXT", "x");
  EXPECT_EQ(disk.files(), "a.inf a.sys");
}

TEST(DriverPackage, OfInfsInSubfoldersBeginsThere) {
  Disk disk;
  disk.write("Dell/e1d/a.inf", inf({.sources = "a.sys=1,x64\n"}));
  disk.write("Dell/e1d/x64/a.sys", "x");
  disk.write("a.sys", "another");
  Package package = disk.package("Dell/e1d/a.inf");
  ASSERT_EQ(package.files.size(), 2u);
  EXPECT_EQ(package.files[1].path, "x64/a.sys");
  EXPECT_EQ(package.files[1].entry->target, "Dell/e1d/x64/a.sys");
  EXPECT_EQ(package.shown(), "net/Dell/e1d/a.inf");
  EXPECT_EQ(package.name(), "a.inf");
}

TEST(DriverPackage, NothingOfOthersIsResolved) {
  for (const char* decoration : {"NTarm64", "NTamd64.11.0", "NTamd64.10.0...99999"}) {
    SCOPED_TRACE(decoration);
    Disk disk;
    disk.write("a.inf", inf({.manufacturer = decoration}));
    Package package = disk.package();
    EXPECT_NE(package.driver.fit, inf::Fit::serves);
    EXPECT_FALSE(package.driver.why.empty());
    EXPECT_TRUE(package.files.empty());
  }
}

TEST(DriverPackage, TemplatesAreNotRead) {
  Disk disk;
  disk.write("a.inx", std::string("\0not even a text", 16));
  Package package = disk.package("a.inx");
  EXPECT_EQ(package.driver.fit, inf::Fit::unfinished);
  EXPECT_FALSE(package.driver.why.empty());
}

// --- ids ----------------------------------------------------------------------------------------

TEST(DriverPackage, IdIsTheNameAndTheContent) {
  Disk disk;
  disk.write("a.inf", inf());
  disk.write("a.sys", "x");
  Package package = disk.package();
  EXPECT_EQ(package.id.size(), 10u);
  EXPECT_TRUE(package.id.starts_with("a-")) << package.id;
  EXPECT_EQ(package.size, inf().size() + 1);
  // Where it lies, what lies beside it and the case of its names do not matter.
  Disk other;
  other.write("x/y/A.INF", inf());
  other.write("x/y/A.Sys", "x");
  other.write("x/y/b.txt", "x");
  EXPECT_EQ(other.package("x/y/A.INF").id, package.id);
  disk.write("a.sys", "y");
  EXPECT_NE(disk.package().id, package.id);
  disk.write("a.sys", "x");
  EXPECT_EQ(disk.package().id, package.id);
  disk.write("a.cat", "x");
  EXPECT_NE(disk.package().id, package.id) << "another catalogue is another package";
}

TEST(DriverPackage, IdIsASoundName) {
  for (const char* name :
       {"e1d68x64", "with blank", "50%PATH%", "a.b.c", "\xC3\xA4nderung", "x,y;z&w^v!",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "-q",
        "NUL"}) {
    SCOPED_TRACE(name);
    Disk disk;
    disk.write(std::string(name) + ".inf", inf());
    disk.write("a.sys", "x");
    std::string id = disk.package(std::string(name) + ".inf").id;
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-"), id.npos) << id;
    EXPECT_LE(id.size(), 49u);
    EXPECT_GE(id.size(), 10u);
  }
}

// --- companions ---------------------------------------------------------------------------------

TEST(DriverPackage, HoldsTheInfsThatItCopies) {
  Disk disk;
  disk.write("a.inf", inf({.install = "CopyINF=b.inf\n"}));
  disk.write("a.sys", "x");
  std::string said = disk.faults();
  EXPECT_TRUE(contains(said, "net/a.inf: 'b.inf', which it copies (CopyINF), is not there"))
      << said;
  disk.write("x/b.inf", "");
  EXPECT_TRUE(contains(disk.faults(), "there is 'net/x/b.inf', which is not where the INF says"));
  disk.write("B.inf", inf({.copied = "b.sys\n", .sources = "b.sys=1\n"}));
  said = disk.faults();
  EXPECT_TRUE(contains(said, fmt::format("net/B.inf:{}: 'b.sys' is asked for", kFirstCopied)))
      << said;
  disk.write("b.sys", "x");
  EXPECT_EQ(disk.files(), "a.inf a.sys B.inf b.sys");
  EXPECT_EQ(disk.package().parts.size(), 2u);
  EXPECT_EQ(disk.files("B.inf"), "B.inf b.sys");
}

TEST(DriverPackage, CompanionsMayTurnInCircles) {
  Disk disk;
  for (const char* name : {"a", "b", "c"}) {
    disk.write(std::string(name) + ".inf",
               inf({.install = "CopyINF=a.inf,b.inf\nCopyINF=C.INF\n"}));
  }
  disk.write("a.sys", "x");
  EXPECT_EQ(disk.files(), "a.inf a.sys b.inf c.inf");
  EXPECT_EQ(disk.package().parts.size(), 3u);
}

// One that copies the next, which copies the next...: nothing that a person wrote.
TEST(DriverPackage, LongChainsOfCompanionsEnd) {
  Disk disk;
  constexpr int kLinks = 3000;
  for (int i = 0; i < kLinks; ++i) {
    disk.write(fmt::format("{}.inf", i),
               inf({.copied = "", .install = fmt::format("CopyINF={}.inf\n", i + 1)}));
  }
  disk.write(fmt::format("{}.inf", kLinks), inf({.copied = ""}));
  try {
    EXPECT_EQ(disk.package("0.inf").parts.size(), kLinks + 1u);
  } catch (const Failure& failure) {
    EXPECT_TRUE(contains(failure.what(), "copies")) << failure.what();
  }
}

TEST(DriverPackage, CompanionsOfOtherWindowsBringTheirInfOnly) {
  Disk disk;
  disk.write("a.inf", inf({.install = "CopyINF=b.inf\n"}));
  disk.write("a.sys", "x");
  disk.write("b.inf",
             inf({.copied = "b.sys\n", .sources = "b.sys=1\n", .manufacturer = "NTarm64"}));
  EXPECT_EQ(disk.files(), "a.inf a.sys b.inf");
}

TEST(DriverPackage, CompanionsOutOfThePackageAreRefused) {
  for (const char* name :
       {"..\\b.inf", "C:\\b.inf", "\\\\server\\share\\b.inf", "x\\..\\..\\b.inf"}) {
    SCOPED_TRACE(name);
    Disk disk;
    disk.write("p/a.inf", inf({.install = fmt::format("CopyINF={}\n", name)}));
    disk.write("p/a.sys", "x");
    disk.write("b.inf", inf());
    std::string said = disk.faults("p/a.inf");
    EXPECT_TRUE(contains(said, "net/p/a.inf:")) << said;
  }
}

TEST(DriverPackage, IncludesOfACompanionAreFollowed) {
  Disk disk;
  disk.write("a.inf", inf({.copied = "a.sys\n", .install = "Include=b.inf\nNeeds=Rest\n"}));
  disk.write("a.sys", "x");
  disk.write("b.inf",
             "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nProvider=P\n"
             "DriverVer=05/31/2024,1.0.0.0\n[Rest]\nCopyFiles=@b.sys\n"
             "[SourceDisksNames]\n1=Disk\n[SourceDisksFiles]\nb.sys=1\n"
             "[DestinationDirs]\nDefaultDestDir=13\n");
  EXPECT_TRUE(contains(disk.faults(), "'b.sys' is asked for and is not there")) << disk.faults();
  disk.write("b.sys", "x");
  EXPECT_TRUE(contains(disk.files(), "b.sys")) << disk.files();
  // Without it, b.inf would be one of Windows' own.
  fs::remove(disk / "b.inf");
  Package package = disk.package();
  EXPECT_EQ(package.files.size(), 2u);
  EXPECT_EQ(package.driver.installs.at(0).includes, std::vector<std::string>{"b.inf"});
}

// It is another package, signed by a catalogue of its own, and Windows looks for its text.
TEST(DriverPackage, IncludedInfsGoWithIt) {
  Disk disk;
  disk.write("a.inf", inf({.install = "Include=b.inf\nNeeds=Rest\n"}));
  disk.write("a.sys", "program");
  disk.write(
      "b.inf",
      "[Version]\nSignature=\"$Windows NT$\"\nCatalogFile=b.cat\n[Rest]\nCopyINF=none.inf\n");
  disk.write("b.cat", "catalogue");
  EXPECT_NE(disk.faults().find("none.inf"), std::string::npos);
  disk.write("b.inf", "[Version]\nSignature=\"$Windows NT$\"\nCatalogFile=b.cat\n[Rest]\n");
  EXPECT_EQ(disk.files(), "a.inf a.sys b.cat b.inf");
  ASSERT_EQ(disk.package().parts.size(), 2u);
  EXPECT_EQ(disk.package().parts[1].catalog_name, "b.cat");
}

TEST(DriverPackage, CirclesOfIncludesAreRefused) {
  Disk disk;
  disk.write("a.inf", inf({.install = "Include=b.inf\nNeeds=Rest\n"}));
  disk.write("a.sys", "x");
  disk.write("b.inf", "[Version]\nSignature=\"$Windows NT$\"\n[Rest]\nInclude=a.inf\nNeeds=i\n");
  std::string said = disk.faults();
  EXPECT_TRUE(contains(said, "circle")) << said;
}

// --- what changes -------------------------------------------------------------------------------

TEST(DriverPackage, FilesThatChangedSinceTheyWereListedAreNoticed) {
  struct Case {
    const char* name;
    std::function<void(const Disk&)> change;
  };
  const Case cases[] = {
      {"other bytes", [](const Disk& d) { d.write("a.inf", inf({.copied = "b.sys\n"})); }},
      {"longer", [](const Disk& d) { d.write("a.inf", inf() + ";"); }},
      {"shorter", [](const Disk& d) { d.write("a.inf", "x"); }},
      {"gone", [](const Disk& d) { fs::remove(d / "a.inf"); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Disk disk;
    disk.write("a.inf", inf());
    disk.write("a.sys", "x");
    const Folder& folder = disk.listed();
    c.change(disk);
    bool longer = std::string(c.name) == "longer";
    auto read = [&] { read_package(folder, *folder.find("a.inf"), kTarget); };
    if (longer)
      EXPECT_NO_THROW(read()) << "the part that was listed is as it was";
    else
      EXPECT_THROW(read(), Changed);
  }
}

TEST(DriverPackage, HugeFilesAreNotRead) {
  Disk disk;
  fs::path file = disk.write("a.inf", "x");
  fs::resize_file(file, inf::kMaxFile + 1);
  EXPECT_TRUE(contains(disk.faults(), "'net/a.inf' has 16777217 bytes, more than 16777216"));
}

// --- catalogues ---------------------------------------------------------------------------------

class Signed : public Disk {
 public:
  explicit Signed(driver_packages::Package options = {}) : p(std::move(options)) {
    p.name = "a";
    driver_packages::write(path(), p);
  }
  void sign() const { driver_packages::write_catalog(path(), p); }
  driver_packages::Package p;
};

TEST(DriverCatalogue, NamesWhoSigned) {
  Signed disk;
  signature::Signer signer = check_catalogue(disk.package(), {});
  EXPECT_EQ(signer.name, "Remedia Test Signer");
  EXPECT_EQ(signer.issuer, "Remedia Test Root");
  EXPECT_FALSE(signer.anchored);
}

TEST(DriverCatalogue, IsMissed) {
  Signed disk;
  fs::remove(disk / "a.cat");
  std::string said = disk.signature_faults();
  EXPECT_TRUE(contains(said, "net/a.inf: the catalogue 'a.cat' that it names is not there"))
      << said;
  EXPECT_TRUE(contains(said, "'allow_unsigned'")) << said;
  disk.write("x/A.CAT", "x");
  said = disk.signature_faults();
  EXPECT_TRUE(contains(said, "there is 'net/x/A.CAT', which is not where the INF says")) << said;
  EXPECT_FALSE(contains(said, "'allow_unsigned'")) << said;
}

TEST(DriverCatalogue, IsNotNamed) {
  Signed disk({.catalog = false});
  disk.write("other.cat", "x");
  EXPECT_TRUE(contains(disk.signature_faults(),
                       "net/a.inf: the package is not signed: its INF names no catalogue"));
}

TEST(DriverCatalogue, EveryFileHasToBeInIt) {
  struct Case {
    const char* file;
    std::string content;
  };
  Signed good;
  const std::string text = driver_packages::inf_text(good.p);
  std::string lines = text;
  lines.erase(std::remove(lines.begin(), lines.end(), '\r'), lines.end());
  std::string program = driver_packages::program(good.p);
  program.back() = static_cast<char>(program.back() ^ 1);
  const Case cases[] = {{"a.inf", text + ";"},
                        {"a.inf", lines},
                        {"a.sys", program},
                        {"a.sys", "no program at all"},
                        {"a.sys", ""}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    Signed disk;
    disk.write(c.file, c.content);
    std::string said = disk.signature_faults();
    EXPECT_TRUE(
        contains(said, fmt::format("net/a.inf: 'net/{}' is not in the catalogue 'a.cat'", c.file)))
        << said;
    EXPECT_TRUE(contains(said, ".gitattributes")) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    disk.sign();
    EXPECT_EQ(disk.signature_faults(), "nothing is wrong");
  }
}

// A signature inside a program changes its bytes, and not what the catalogue has of it.
TEST(DriverCatalogue, ListsProgramsWhateverTheirOwnSignature) {
  Signed disk;
  disk.write("a.sys", signing::sign_program(driver_packages::program(disk.p)));
  EXPECT_EQ(disk.signature_faults(), "nothing is wrong");
}

TEST(DriverCatalogue, OldOnesListSha1Only) {
  Signed disk({.signing = {.sha256 = false, .sha1 = true, .old_form = true}});
  EXPECT_EQ(disk.signature_faults(), "nothing is wrong");
  disk.write("a.sys", driver_packages::program({.name = "a", .salt = "another"}));
  std::string said = disk.signature_faults();
  EXPECT_TRUE(contains(said, "'net/a.sys' is not in the catalogue 'a.cat'")) << said;
}

TEST(DriverCatalogue, IsDamaged) {
  struct Case {
    const char* name;
    std::function<std::string(std::string)> change;
  };
  const Case cases[] = {
      {"empty", [](const std::string&) { return std::string(); }},
      {"text", [](const std::string&) { return std::string("no catalogue"); }},
      {"half", [](const std::string& c) { return c.substr(0, c.size() / 2); }},
      {"more", [](const std::string& c) { return c + "x"; }},
      {"another hash",
       [](std::string c) {
         std::size_t at = c.size() / 4;
         c[at] = static_cast<char>(c[at] ^ 1);
         return c;
       }},
      {"another signature",
       [](std::string c) {
         c.back() = static_cast<char>(c.back() ^ 1);
         return c;
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Signed disk;
    disk.write("a.cat", c.change(read_file(disk / "a.cat")));
    std::string said = disk.signature_faults();
    EXPECT_TRUE(contains(said, "net/a.cat")) << said;
  }
}

TEST(DriverCatalogue, OfAnotherPackageDoesNotDo) {
  Signed disk;
  Signed other({.salt = "another"});
  fs::copy_file(other / "a.cat", disk / "a.cat", fs::copy_options::overwrite_existing);
  std::string said = disk.signature_faults();
  EXPECT_TRUE(contains(said, "'net/a.sys' is not in the catalogue")) << said;
}

TEST(DriverCatalogue, ForeignSignersAreRefusedWhereThereAreAnchors) {
  signature::Anchors anchors;
  anchors.add(signing::test_ca().pem(), "root.pem");
  const signature::Policy policy = {.anchors = &anchors, .moment = 1'700'000'000};
  Signed disk;
  EXPECT_TRUE(check_catalogue(disk.package(), policy).anchored);
  disk.p.signing.sign.signer = signing::issued_by(signing::foreign_ca(), {.name = "Somebody Else"});
  disk.sign();
  EXPECT_EQ(check_catalogue(disk.package(), {}).name, "Somebody Else");
  std::string said = disk.signature_faults(policy);
  EXPECT_TRUE(contains(said, "net/a.cat")) << said;
  EXPECT_TRUE(contains(said, "Somebody Else")) << said;
}

TEST(DriverCatalogue, WhoMayNotSignCodeIsRefused) {
  for (signing::Usage usage : {signing::Usage::servers, signing::Usage::times}) {
    Signed disk;
    disk.p.signing.sign.signer =
        signing::issued_by(signing::test_ca(), {.name = "Web", .usage = usage});
    disk.sign();
    EXPECT_TRUE(contains(disk.signature_faults(), "net/a.cat")) << disk.signature_faults();
  }
}

TEST(DriverCatalogue, EveryCompanionNeedsItsOwn) {
  Signed disk({.install = "CopyINF=b.inf\n"});
  driver_packages::write(disk.path(), {.name = "b"});
  EXPECT_EQ(disk.signature_faults(), "nothing is wrong");
  fs::remove(disk / "b.cat");
  std::string said = disk.signature_faults();
  EXPECT_TRUE(contains(said, "net/b.inf: the catalogue 'b.cat' that it names is not there"))
      << said;
  driver_packages::write_catalog(disk.path(), {.name = "b"});
  disk.write("b.sys", "another");
  EXPECT_TRUE(contains(disk.signature_faults(), "net/b.inf: 'net/b.sys' is not in the catalogue"));
}

TEST(DriverCatalogue, ThatChangedSinceItWasListedIsNoticed) {
  Signed disk;
  Package package = disk.package();
  disk.p.signing.sign.stamp = signing::Stamp::token;
  disk.sign();
  EXPECT_THROW(check_catalogue(package, {}), Changed);
}

// --- ids of devices -----------------------------------------------------------------------------

inf::Driver serving(const std::vector<std::vector<std::string>>& devices) {
  inf::Driver driver;
  for (const auto& ids : devices) {
    inf::Device& device = driver.devices.emplace_back();
    device.hardware_id = ids.at(0);
    device.compatible_ids.assign(ids.begin() + 1, ids.end());
  }
  return driver;
}

TEST(DriverIds, AreUpperCaseSortedAndOnce) {
  Ids ids =
      ids_of(serving({{"pci\\b", "PCI\\C", "pci\\c"}, {"PCI\\A"}, {"PCI\\B", "PCI\\D"}, {""}}));
  EXPECT_EQ(ids.hardware, (std::vector<std::string>{"PCI\\A", "PCI\\B"}));
  EXPECT_EQ(ids.compatible, (std::vector<std::string>{"PCI\\C", "PCI\\D"}));
}

TEST(DriverIds, ServeAllOfAnother) {
  struct Case {
    std::vector<std::vector<std::string>> has;
    std::vector<std::vector<std::string>> wanted;
    bool all;
  };
  const Case cases[] = {
      {{{"A"}}, {{"A"}}, true},
      {{{"a"}}, {{"A"}}, true},
      {{{"A"}, {"B"}}, {{"B"}}, true},
      {{{"B"}}, {{"A"}, {"B"}}, false},
      {{{"A"}}, {}, true},
      {{{"A", "C"}}, {{"A"}}, true},
      {{{"A"}}, {{"A", "C"}}, false},
      // As a compatible id it is a worse match than as a hardware id, the other way round a better.
      {{{"B", "A"}}, {{"A"}}, false},
      {{{"A"}, {"B"}}, {{"B", "A"}}, true},
  };
  for (const Case& c : cases) {
    Package has{.driver = serving(c.has)};
    Package wanted{.driver = serving(c.wanted)};
    has.ids = ids_of(has.driver);
    wanted.ids = ids_of(wanted.driver);
    EXPECT_EQ(serves_all_of(has, wanted), c.all) << &c - cases;
  }
}

}  // namespace
}  // namespace remedia::drivers
