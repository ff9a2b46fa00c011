// shell = "winre": whatever would run before recenv.exe or instead of it is refused.

#include "bad_input/ways_out.h"
#include "support/process.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

constexpr const char* kImage = "boot";  // the recipe returns the image itself
const std::string kIni = "Windows/System32/winpeshl.ini";

std::string fields(std::string_view more) {
  return fmt::format(R"(overlays = {{ "common" }}, shell = "winre"{}{})", more.empty() ? "" : ", ",
                     more);
}

class Shell : public WaysOut {
 public:
  Shell() : WaysOut(kImage) { products = 2; }
  void make_with(std::string_view more) const { make(kImage, fields(more), source); }
  void base(const std::map<std::string, std::string>& files) {
    bare(files);
    source = kWinFolder;
    make_with("");
  }
  std::string in_image(std::string_view path) const {
    wim::File wim(Slice::whole(made("boot.wim")), "boot.wim");
    const wim::Entry* entry = wim.find(1, path);
    if (entry == nullptr) return "not there";
    fs::remove(*this / "taken");
    wim.extract(1, *entry, *this / "taken");
    return content_of(*this / "taken");
  }

  std::string source{kWinre};
};

// --- overlays ------------------------------------------------------------------------------------

TEST(ShellOverlay, ThatTakesChargeIsRefused) {
  Shell trial;
  for (const char* file :
       {"sources/recovery/recenv.exe", "Sources/Recovery/RECENV.EXE",
        "Windows/System32/winpeshl.ini", "windows/system32/WinPEshl.INI",
        "Windows/System32/winpeshl.exe", "Windows/System32/config/SYSTEM",
        "Windows/System32/config/software", "Windows/System32/config/DEFAULT",
        "Windows/System32/config/SYSTEM.LOG1", "Windows/System32/Config/software.log2",
        "Sources/Recovery/Tools/winreconfig.xml", "sources/recovery/version.dll",
        "Windows/System32/fveapi.dll", "Windows/System32/new.dll", "unattend.xml"}) {
    SCOPED_TRACE(file);
    std::string path = std::string("overlays/common/") + file;
    trial.write(path, "x");
    trial.refuses({.under = "shell",
                   .says = {"leaves recenv.exe in charge", std::string("'common/") + file + "'",
                            "put it into a folder of your own"},
                   .line = 2});
    fs::remove(trial / path);
    for (fs::path p = fs::path(path).parent_path(); p != "overlays/common"; p = p.parent_path())
      fs::remove(trial / p.string());
  }
  trial.builds();
}

// --- bases ---------------------------------------------------------------------------------------

struct Base {
  const char* name;
  const char* ini;  ///< null: there is none
  const char* says;
};

class ShellBase : public testing::TestWithParam<Base> {};

TEST_P(ShellBase, ThatStartsAnythingElseIsRefused) {
  Shell trial;
  auto files = bare_winre();
  std::string good = files[kIni];
  files.erase(kIni);
  if (GetParam().ini != nullptr) files[kIni] = GetParam().ini;
  if (files[kIni] == "utf-16") {
    files[kIni] = "\xff\xfe";
    for (char c : good) files[kIni] += std::string{c, '\0'};
  }
  if (files[kIni] == "large") files[kIni] = good + std::string(2 << 20, ';');
  if (GetParam().ini == nullptr) files.erase(kIni);
  trial.base(files);
  trial.refuses({.under = "shell", .says = {GetParam().says, "start from"}, .line = 2});
  EXPECT_FALSE(fs::exists(trial.made("boot.wim")));
}

INSTANTIATE_TEST_SUITE_P(
    With, ShellBase,
    testing::Values(
        Base{"no_ini", nullptr, "so it does not start recenv.exe"},
        Base{"empty_ini", "", "starts nothing"},
        Base{"comment_alone", "; X:\\sources\\recovery\\recenv.exe\r\n", "starts nothing"},
        Base{"setup", "[LaunchApp]\r\nAppPath = X:\\setup.exe\r\n", "starts 'X:\\setup.exe'"},
        Base{"something_first",
             "[LaunchApps]\r\ncmd.exe, /c x\r\nX:\\sources\\recovery\\recenv.exe\r\n",
             "starts 'cmd.exe'"},
        Base{
            "something_in_a_second_section",
            "[LaunchApp]\r\nAppPath=X:\\sources\\recovery\\recenv.exe\r\n[LaunchApps]\r\na.exe\r\n",
            "starts 'a.exe'"},
        Base{"other_drive", "[LaunchApp]\r\nAppPath=D:\\sources\\recovery\\recenv.exe\r\n",
             "starts 'D:\\sources\\recovery\\recenv.exe'"},
        Base{"way_round",
             "[LaunchApp]\r\nAppPath=X:\\sources\\recovery\\..\\recovery\\recenv.exe\r\n",
             "not recenv.exe"},
        Base{"old_line_ends", "[LaunchApp]\rAppPath=X:\\sources\\recovery\\recenv.exe\rcmd.exe",
             "not recenv.exe"},
        Base{"utf16", "utf-16", "not recenv.exe"},
        Base{"large", "large", "too many to say what it starts"}),
    kByName);

TEST(ShellBaseOf, AnotherKindIsRefused) {
  Shell trial;
  for (const char* image : {"pe", "setup"}) {
    trial.source = fmt::format(R"(media = "@media/win.iso", image = "{}")", image);
    trial.make_with("");
    trial.refuses({.under = "shell",
                   .says = {"the base has no sources/recovery/recenv.exe: it is no Windows RE",
                            "start from image = \"winre\""},
                   .line = 2});
  }
  trial.source = kWinre;
  for (const char* removed : {"sources/recovery/RecEnv.exe", "Sources", "**/recenv.exe"}) {
    trial.make_with(fmt::format(R"(remove = {{ "{}" }})", removed));
    trial.refuses({.under = "shell",
                   .says = {"the base has no sources/recovery/recenv.exe", "do not remove it"},
                   .line = 2});
  }
  trial.make_with(R"(remove = { "Windows/System32/winpeshl.ini" })");
  trial.refuses({.under = "shell",
                 .says = {"the base has no Windows/System32/winpeshl.ini", "do not remove it"},
                 .line = 2});
  trial.make_with("");
  trial.builds();
}

// --- fields --------------------------------------------------------------------------------------

struct Field {
  std::string more;
  const char* under;
  std::vector<std::string> says;
};

TEST(ShellFields, ThatContradictItAreRefused) {
  const Field cases[] = {
      {R"(winpeshl = { "cmd.exe" })", "winpeshl", {"may start something else", "winre_tool"}},
      {R"(startnet = "wpeinit")", "startnet", {"may start something else", "winre_tool"}},
      {R"(winre_tool_parameters = "-x")",
       "winre_tool_parameters",
       {"means nothing here", "name the program"}},
      {R"(winre_tool = [[a\b.exe]])", "winre_tool", {"write '/'"}},
      {R"(winre_tool = "../recenv.exe")", "winre_tool", {".."}},
      {R"(winre_tool = "/x.exe")", "winre_tool", {"x.exe"}},
      {R"(winre_tool = "con.exe")", "winre_tool", {"con.exe"}},
      {R"(winre_tool = "x.exe ")", "winre_tool", {"x.exe "}},
      {R"(winre_tool = "a:b.exe")", "winre_tool", {"a:b.exe"}},
      {R"(winre_tool = "a\nb.exe")", "winre_tool", {"control characters"}},
  };
  Shell trial;
  for (const Field& c : cases) {
    SCOPED_TRACE(c.more);
    trial.make_with(c.more);
    trial.refuses({.under = c.under, .says = c.says, .line = 2});
  }
  trial.make(kImage, R"(winre_tool = "x.exe")");
  trial.refuses(
      {.under = "winre_tool", .says = {"means nothing here", "shell = \"winre\""}, .line = 2});
}

TEST(ShellFields, RegistryThatStartsProgramsIsRefused) {
  const char* const keys[] = {
      R"(HKLM\SYSTEM\Setup)",
      R"(hkey_local_machine\system\SETUP)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\recenv.exe)",
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)",
      R"(HKLM\SYSTEM\ControlSet001\Control\session manager)",
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\AppCertDlls)",
      R"(HKLM\SYSTEM\CurrentControlSet\Services\evil)",
      R"(HKLM\SOFTWARE\Classes\CLSID\{x}\InprocServer32)",
      R"(HKU\.DEFAULT\Software\Example)",
  };
  Shell trial;
  for (const char* key : keys) {
    SCOPED_TRACE(key);
    trial.make_with(fmt::format(
        R"(registry = {{ {{ key = [[{}]], name = "BootExecute", string = "x" }} }})", key));
    trial.refuses(
        {.under = "key", .says = {"may start something before it", "keys of your own"}, .line = 2});
  }
  trial.make_with(
      R"(registry = { { key = [[HKLM\SOFTWARE\Example]], name = "X", string = "y" } })");
  trial.build();
}

// --- the tool ------------------------------------------------------------------------------------

// As a reader of XML takes it; what would end the element or begin another thing is an error.
std::string element(const std::string& xml, const std::string& name) {
  std::size_t begin = xml.find("<" + name + ">") + name.size() + 2;
  std::string text = xml.substr(begin, xml.find("</" + name + ">") - begin);
  EXPECT_EQ(text.find_first_of("<>"), std::string::npos) << text;
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    plain += text[at];
    if (text[at] != '&') continue;
    for (const auto& [entity, c] : std::map<std::string, char>{
             {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}}) {
      if (text.compare(at, entity.size(), entity) != 0) continue;
      plain.back() = c;
      at += entity.size() - 1;
      break;
    }
  }
  return plain;
}

TEST(ShellTool, ThatIsNowhereIsRefused) {
  Shell trial;
  trial.make_with(R"(winre_tool = "help/x.exe")");
  Complaint nowhere = {.under = "winre_tool",
                       .says = {"neither an overlay nor the base has Sources/Recovery/Tools/help/"
                                "x.exe",
                                "put it into an overlay at that path"},
                       .line = 2};
  trial.refuses(nowhere);
  trial.write("overlays/common/Sources/Recovery/Tools/help/x.exe/a", "a folder of that name");
  trial.refuses(nowhere);
  fs::remove_all(trial / "overlays/common/Sources");
  trial.write("overlays/common/sources/recovery/tools/HELP/X.exe", "a program");
  trial.builds();
  EXPECT_NE(trial.in_image("sources/recovery/tools/winreconfig.xml").find(R"(>help\x.exe<)"),
            std::string::npos);
}

TEST(ShellTool, OfAnOddNameStandsInWellFormedXml) {
  const std::pair<const char*, const char*> cases[] = {
      {"R&D.exe", "--a=\"1\" <b> 'c' &amp; %TEMP%"},
      {"h\xc3\xa4\xc3\x9f lich.exe", "\xe2\x80\xae rechts nach links \xf0\x9f\x98\x80"},
      {"@PROGRAM@.exe", "]]> @PARAMETERS@ $(x) `y` ^ %%"},
  };
  Shell trial;
  for (const auto& [tool, parameters] : cases) {
    SCOPED_TRACE(tool);
    trial.write(std::string("overlays/common/Sources/Recovery/Tools/") + tool, "a program");
    trial.make_with(fmt::format("winre_tool = [==[{}]==], winre_tool_parameters = [==[{}]==]", tool,
                                parameters));
    trial.build();
    std::string xml = trial.in_image("Sources/Recovery/Tools/WinREConfig.xml");
    EXPECT_EQ(element(xml, "RelativeFilePath"), tool);
    EXPECT_EQ(element(xml, "CommandLineParam"), parameters);
  }
}

}  // namespace
}  // namespace remedia
