// Titles that mean something to a shell, to PowerShell, to XML, to firmware or to readers: what
// becomes of them in boot menus and in the scripts beside usb, wds and partition.

#include "bad_input/ways_out.h"
#include "formats/registry.h"
#include "support/process.h"
#include "support/utf8.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

const std::vector<std::string> kTitles = {
    "Help desk $(Remove-Item C:) `whoami` $env:TEMP",
    "100% sure ^ & exit | more < x > y !PATH! %PATH%",
    "it's ''quoted'' \xe2\x80\x98typographic\xe2\x80\x99 \xe2\x80\x9b",
    "Wiederherstellung f\xc3\xbcr Gro\xc3\x9fr\xc3\xa4ume \xc3\x84\xc3\x96\xc3\x9c",
    "\xd7\xa9\xd7\x97\xd7\x96\xd7\x95\xd7\xa8 \xe2\x80\xae"
    "gnp.exe",
    "\xe5\xbe\xa9\xe6\x97\xa7 \xf0\x9f\x9a\x91",
    "@IMAGES@ @TITLE@ ${base} || exit # ; &amp; </Recovery>",
    std::string(120, 'x'),
};

std::string name_of(std::size_t i) {
  std::string name = fmt::format("image-{}", i + 1);
  return i == 0 ? name : name + std::string(40 - name.size(), 'n');  // the longest that may be
}

// Images of these titles, each on a line of its own.
std::string recipe_of(const std::vector<std::string>& titles, std::string_view artifacts) {
  std::string recipe =
      "local windows = source { media = \"@media/win.iso\", image = \"winre\" }\n"
      "local boot = {}\n";
  for (std::size_t i = 0; i < titles.size(); ++i) {
    recipe += fmt::format(
        "boot[{}] = wim {{ name = \"{}\", from = windows, shell = \"winre\", "
        "title = [==[{}]==] }}\n",
        i + 1, name_of(i), titles[i]);
  }
  recipe +=
      "local all = {}\nfor i, image in ipairs(boot) do if i == 1 or i == 4 then all[#all + 1] = "
      "partition { boot = image } end end\n";
  return recipe + fmt::format("return {{ {} }}\n", artifacts);
}

std::vector<std::string> lines_with(const std::string& text, std::string_view begin) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::size_t at = line.find_first_not_of(' ');
    if (at != std::string::npos && std::string_view(line).substr(at).starts_with(begin))
      found.push_back(line.substr(at + begin.size()));
  }
  return found;
}

bool is_ascii_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c < 0x7f) || c == '\r' || c == '\n'; });
}

// What PowerShell makes of 'text', or of ('text' + [char]0x41 + '...'); empty if it is neither.
std::string powershell_value(std::string_view text) {
  if (text.starts_with("(")) text = text.substr(1, text.size() - 2);
  std::string units;  // UTF-16
  while (!text.empty()) {
    if (text.starts_with("[char]0x")) {
      std::size_t end = std::min(text.find(' '), text.size());
      unsigned unit =
          static_cast<unsigned>(std::stoul(std::string(text.substr(8, end - 8)), nullptr, 16));
      units += static_cast<char>(unit & 0xff);
      units += static_cast<char>(unit >> 8);
      text.remove_prefix(end);
    } else if (text.front() == '\'') {
      text.remove_prefix(1);
      for (;; text.remove_prefix(1)) {
        if (text.empty()) return "an open quote";
        if (text.front() == '\'' && !text.substr(1).starts_with("'")) break;
        if (text.front() == '\'') text.remove_prefix(1);
        units += text.front();
        units += '\0';
      }
      text.remove_prefix(1);
    } else {
      return "neither: " + std::string(text);
    }
    if (text.starts_with(" + ")) text.remove_prefix(3);
  }
  return from_utf16le(units);
}

TEST(Titles, ThatMeanSomethingElsewhereAreJustTitles) {
  WaysOut trial;
  trial.write(
      "recipes/r.lua",
      recipe_of(kTitles, "usb { boot = boot }, wds { boot = boot, anonymous = true }, all"));
  trial.build();
  std::string folder = "out/r/" + name_of(0) + "/";

  for (const char* store : {"wds/tftp/BCD", "wds/tftp/Boot/BCD"}) {
    std::string bytes = trial.read(folder + store);
    for (const std::string& title : kTitles)
      EXPECT_NE(bytes.find(to_utf16le(title)), std::string::npos) << store << " " << title;
    run_checked({"hivexml", trial / (folder + store)});
  }

  std::string script = trial.read(folder + "wds/Import-RecoveryImage.ps1");
  EXPECT_TRUE(is_ascii_text(script));
  std::vector<std::string> names;
  for (const std::string& name : lines_with(script, "Name        = "))
    names.push_back(powershell_value(name));
  EXPECT_EQ(names, kTitles);
  for (const std::string& file : lines_with(script, "NewFile     = "))
    EXPECT_LT(powershell_value(file).size(), 200u) << file;

  std::string command = trial.read(folder + "wds/Import-RecoveryImage.cmd");
  EXPECT_TRUE(is_ascii_text(command));
  std::vector<std::string> set = lines_with(command, "set \"NAME=");
  ASSERT_EQ(set.size(), kTitles.size());
  EXPECT_EQ(set[1], "100%% sure ^ & exit | more < x > y !PATH! %%PATH%%\"");
  for (const std::string& value : set) EXPECT_EQ(value.find('"'), value.size() - 1) << value;

  std::string ipxe = trial.read(folder + "wds/boot.ipxe");
  EXPECT_TRUE(is_ascii_text(ipxe));
  std::vector<std::string> items = lines_with(ipxe, "item image");
  ASSERT_EQ(items.size(), kTitles.size());
  for (const std::string& item : items)
    EXPECT_EQ(item.find_first_of("$|&;{}`%<>#!"), std::string::npos) << item;

  for (const char* text : {"wds/README.txt", "wds/New-CMBootImage.txt", "recovery/README.txt"}) {
    std::string content = trial.read(folder + text);
    EXPECT_TRUE(is_utf8(content)) << text;
    EXPECT_NE(content.find(kTitles[0]), std::string::npos) << text;
  }

  for (std::size_t i : {0u, 3u}) {
    std::string deploy = trial.read("out/r/" + name_of(i) + "/recovery/Deploy-RecoveryImage.ps1");
    EXPECT_TRUE(is_ascii_text(deploy)) << kTitles[i];
    std::vector<std::string> values = lines_with(deploy, "Title            = ");
    ASSERT_EQ(values.size(), 1u) << deploy;
    EXPECT_EQ(powershell_value(values[0]), kTitles[i]);
  }
}

// wdsutil's command line has no way to say a double quote.
TEST(Titles, ThatNoCommandLineCanSayAreRefusedForWdsAlone) {
  for (const char* title : {"the \"good\" one", "ends in a \\"}) {
    SCOPED_TRACE(title);
    WaysOut trial;
    trial.write("recipes/r.lua", recipe_of({title}, "wds { boot = boot, anonymous = true }"));
    trial.refuses(
        {.under = "title", .says = {"cannot be given the title", "leave out quotes"}, .line = 3});
    trial.write("recipes/r.lua", recipe_of({title}, "usb { boot = boot }, all"));
    trial.build();
  }
}

TEST(Titles, ThatAreNoTextAreRefused) {
  struct {
    const char* title;
    const char* says;
  } cases[] = {{"\"a\\nb\"", "control characters"},   {"\"a\\x7f\"", "control characters"},
               {"\"a\\xff\"", "not valid UTF-8"},     {"\"\"", "must not be empty"},
               {"(\"x\"):rep(121)", "at most 120"},   {"\"a\\u{85}b\"", "control character"},
               {"\"a\\u{9f}b\"", "control character"}};
  WaysOut trial;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.title);
    trial.make("partition { boot = boot }, wds { boot = boot, anonymous = true }",
               fmt::format("shell = \"winre\", title = {}", c.title));
    trial.refuses({.under = "title", .says = {c.says}, .line = 2});
  }
}

}  // namespace
}  // namespace remedia
