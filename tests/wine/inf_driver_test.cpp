// Which sections of an INF are for a PC, and where its files are: our choice against the SetupAPI
// of Wine.
//
// Wine 8 answers for the PC that it is on, an amd64 one, whatever platform it is asked about; what
// holds for arm64 is the same with the names exchanged. It has no SetupDiGetActualModelsSection and
// chooses Models sections as it chooses sections to install, so it knows nothing of versions and
// builds of Windows in [Manufacturer] and takes undecorated Models on 64-bit Windows, too.
#include "formats/inf_driver.h"

#include "support/diagnostic.h"
#include "wine/inf_oracle.h"

#include <array>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

constexpr const char* kVersion =
    "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n"
    "ClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\nProvider=x\nDriverVer=01/01/2024,1.0.0.0\n";

constexpr std::array kExtensions = {"", ".NT", ".NTamd64", ".NTarm64", ".NTx86"};
constexpr unsigned kSets = 1U << kExtensions.size();  // of extensions, a bit for each
constexpr unsigned kOfArchitectures = 0b11100;
constexpr unsigned kOfAmd64 = 0b00100;
constexpr unsigned kForAmd64 = 0b00111;

bool has(unsigned set, unsigned index) { return (set >> index & 1U) != 0; }

// Sections `name` with the extensions of `set`.
std::string sections(const std::string& name, const std::string& body, unsigned set) {
  std::string text;
  for (unsigned i = 0; i < kExtensions.size(); ++i) {
    if (has(set, i)) text += fmt::format("[{}{}]\n{}\n", name, kExtensions[i], body);
  }
  return text;
}

std::string models(unsigned set) {
  std::string manufacturer = "[Manufacturer]\nm=Models";
  for (unsigned i = 1; i < kExtensions.size(); ++i) {
    if (has(set, i)) manufacturer += fmt::format(",{}", kExtensions[i] + 1);
  }
  return manufacturer + "\n" + sections("Models", "d=dev,PCI\\X", set);
}

// amd64 for arm64, and the other way round.
std::string exchanged(std::string text) {
  text = with_replaced(std::move(text), "amd64", "*");
  text = with_replaced(std::move(text), "arm64", "amd64");
  return with_replaced(std::move(text), "*", "arm64");
}

inf::Driver described(const std::string& bytes, const char* arch) {
  return inf::describe(inf::File(bytes, "a.inf"),
                       {.arch = arch, .major = 10, .minor = 0, .build = 26100, .product_type = 1});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line + "\t");
  for (std::string word; std::getline(stream, word, '\t');) words.push_back(word);
  return words;
}

// Of an answer to one command.
std::string last_word(const std::string& answer) {
  const std::vector<std::string> lines = lines_of(answer);
  return lines.size() == 2 ? words_of(lines[1]).back() : "not one answer: " + answer;
}

void expect_install(const std::string& bytes, const char* arch, const std::string& section) {
  const inf::Driver driver = described(bytes, arch);
  ASSERT_EQ(driver.installs.size(), 1U) << driver.why;
  EXPECT_EQ(driver.installs[0].section, "dev");
  EXPECT_EQ(driver.installs[0].actual, section);
}

// Every set of decorations. Where none is for the PC, Wine gives the name back that it was given,
// as Windows is documented to; there is no such section, and so we say that the INF is wrong.
void add_installs(std::vector<Question>& questions) {
  for (unsigned set = 0; set < kSets; ++set) {
    const std::string bytes =
        kVersion + models(kOfArchitectures) + sections("dev", "AddReg=r", set) + "[r]\nHKR,,x,,y\n";
    const auto judge = [=](const std::string& answer) {
      const std::string wine = last_word(answer);
      if ((set & kForAmd64) == 0) {
        EXPECT_EQ(wine, "dev");
        EXPECT_THROW(described(bytes, "amd64"), Failure);
        EXPECT_THROW(described(exchanged(bytes), "arm64"), Failure);
        return;
      }
      expect_install(bytes, "amd64", wine);
      expect_install(exchanged(bytes), "arm64", exchanged(wine));
    };
    questions.push_back({"to install:\n" + bytes, bytes, {"install\tdev"}, judge});
  }
}

// Every set of decorations. Undecorated Models, and those for no architecture, have been for x86
// alone since Windows Server 2003: "INF Manufacturer Section". Wine takes them.
void add_models(std::vector<Question>& questions) {
  for (unsigned set = 0; set < kSets; ++set) {
    const std::string bytes = kVersion + models(set) + "[dev]\nAddReg=r\n[r]\nHKR,,x,,y\n";
    const auto judge = [=](const std::string& answer) {
      const std::string wine = last_word(answer);
      EXPECT_EQ(wine == "Models.NTamd64", (set & kOfAmd64) != 0) << wine;
      const std::string expected = (set & kOfAmd64) != 0 ? wine : "";
      EXPECT_EQ(described(bytes, "amd64").models_section, expected);
      EXPECT_EQ(described(exchanged(bytes), "arm64").models_section, exchanged(expected));
    };
    questions.push_back({"models:\n" + bytes, bytes, {"install\tModels"}, judge});
  }
}

// Known to Microsoft's documentation and not to Wine: the version and the build.
void add_versions(std::vector<Question>& questions) {
  const std::string bytes =
      std::string(kVersion) +
      "[Manufacturer]\nm=Models,NTamd64,NTamd64.10.0,NTamd64.10.0...17763,NTamd64.10.0...99999\n"
      "[Models.NTamd64]\nd=dev,PCI\\X\n[Models.NTamd64.10.0]\nd=dev,PCI\\X\n"
      "[Models.NTamd64.10.0...17763]\nd=dev,PCI\\X\n[Models.NTamd64.10.0...99999]\nd=dev,PCI\\X\n"
      "[dev]\nAddReg=r\n[r]\nHKR,,x,,y\n";
  questions.push_back({"versions", bytes, {"install\tModels"}, [bytes](const std::string& answer) {
                         EXPECT_EQ(last_word(answer), "Models.NTamd64");
                         EXPECT_EQ(described(bytes, "amd64").models_section,
                                   "Models.NTamd64.10.0...17763");
                       }});
}

struct Source {
  const char* disks;
  /// Of a.sys, b.sys and c.sys: Wine leaves the third field of [SourceDisksFiles] out of its
  /// answer.
  std::array<const char*, 3> subfolders;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = {
      {"[SourceDisksNames]\n1=d\n[SourceDisksFiles]\na.sys=1\nb.sys=1,sub\nc.sys=1,sub\\deep,3\n",
       {"", "sub", "sub/deep"}},
      {"[SourceDisksNames]\n1=d,,,path\n2=e,,,\"a path\\deep\"\n"
       "[SourceDisksFiles]\na.sys=1\nb.sys=2,sub\nc.sys=1,\\sub\n",
       {"", "sub", "sub"}},
      {"[SourceDisksNames]\n1=d,in.cab,,x64\n2=e,in.cab\n"
       "[SourceDisksFiles]\na.sys=1\nb.sys=1\nc.sys=2\n",
       {"", "", ""}},
      {"[SourceDisksNames]\n1=d\n[SourceDisksNames.amd64]\n1=d,,,x64\n[SourceDisksNames.arm64]\n"
       "1=d,,,arm\n[SourceDisksFiles]\na.sys=1\nb.sys=1\nc.sys=1\n[SourceDisksFiles.amd64]\n"
       "b.sys=1,amd\n",
       {"", "amd", ""}},
      {"[SourceDisksNames]\n1=d\n2=d,,,two\n[SourceDisksFiles]\nA.SYS=1\nB.Sys=2\nc.sys=1\n"
       "[SourceDisksFiles.x86]\na.sys=2\n[sourcedisksFILES.arm64]\nb.sys=1\n",
       {"", "", ""}},
      {"[SourceDisksNames]\n1=d,,,p\n2=e,,,q\n[SourceDisksNames.AMD64]\n2=e,,,r\n"
       "[SourceDisksFiles]\na.sys=1\nb.sys=2\nc.sys=1\n[SourceDisksFiles.AMD64]\nc.sys=2\n",
       {"", "", ""}},
      {"[Strings]\nf=a\np=where\n[SourceDisksNames]\n1=d,%p%.cab,,%p%\n"
       "[SourceDisksFiles]\n%f%.sys=1,%p%\nb.sys=1\n\"c.sys\" = \"1\"\n",
       {"where", "", ""}},
  };
  return all;
}

std::string joined(std::string folder, const std::string& name) {
  folder = with_replaced(std::move(folder), "\\5c", "/");
  while (folder.starts_with('/')) folder.erase(0, 1);
  return folder.empty() ? name : name.empty() ? folder : folder + "/" + name;
}

void expect_sources(const std::string& bytes, const Source& source, const std::string& answer) {
  const std::vector<std::string> lines = lines_of(answer);
  const std::vector<inf::SourceFile> files = described(bytes, "amd64").files;
  ASSERT_EQ(lines.size(), 4U) << answer;
  ASSERT_EQ(files.size(), 3U);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::vector<std::string> words = words_of(lines[i + 1]);
    ASSERT_EQ(words.size(), 5U) << lines[i + 1];  // source FILE DISK CABINET PATH
    EXPECT_EQ(files[i].path, joined(joined(words[4], source.subfolders[i]), words[1]));
    EXPECT_EQ(files[i].cabinet, words[3].empty() ? "" : joined(words[4], words[3]));
    EXPECT_TRUE(files[i].listed);
  }
}

void add_sources(std::vector<Question>& questions) {
  for (const Source& source : sources()) {
    const std::string bytes =
        kVersion + models(kOfArchitectures) +
        "[dev]\nCopyFiles=files\n[files]\na.sys\nrenamed.sys,b.sys\nc.sys,,,2\n"
        "[DestinationDirs]\nfiles=12\n" +
        source.disks;
    questions.push_back(
        {std::string("sources:\n") + source.disks,
         bytes,
         {"source\ta.sys", "source\tb.sys", "source\tc.sys"},
         [=](const std::string& answer) { expect_sources(bytes, source, answer); }});
  }
}

// One test, since a start of Wine takes longer than all the rest.
TEST(WineInfDriver, SectionsAndFilesAreThoseThatSetupApiTakes) {
  std::vector<Question> questions;
  add_installs(questions);
  add_models(questions);
  add_versions(questions);
  add_sources(questions);
  ask_wine(questions);
}

}  // namespace
}  // namespace remedia::wine
