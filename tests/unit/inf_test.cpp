#include "formats/inf.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <gtest/gtest.h>

namespace remedia::inf {
namespace {

// "3 key = a | b", line by line.
std::string lines_of(const Section& section) {
  std::string out;
  for (const Line& line : section.lines) {
    out += std::to_string(line.number);
    out += line.has_key ? " " + line.key + " =" : "";
    for (std::size_t i = 0; i < line.fields.size(); ++i)
      out += (i == 0 ? " <" : "|<") + line.fields[i] + ">";
    out += '\n';
  }
  return out;
}

std::string dump(const File& file) {
  std::string out;
  for (const Section& section : file.sections())
    out += "[" + section.name + "]\n" + lines_of(section);
  return out;
}

// The lines of [s], which `text` becomes.
std::string read(const std::string& text) {
  const File file("[s]\n" + text, "a.inf");
  EXPECT_EQ(file.sections().size(), 1u);
  return lines_of(file.sections()[0]);
}

struct Case {
  std::string text;
  std::string lines;
};

void expect_lines(const std::vector<Case>& cases) {
  for (const Case& one : cases) EXPECT_EQ(read(one.text), one.lines) << one.text;
}

std::string utf16(const std::string& text) { return "\xff\xfe" + to_utf16le(text); }

// "LINE: message" of the failure.
std::string failure(const std::string& bytes) {
  try {
    File file(bytes, "dir/a.inf");
  } catch (const Failure& failure) {
    const Diagnostic& d = failure.diagnostics().at(0);
    EXPECT_EQ(d.where.name, "dir/a.inf");
    EXPECT_FALSE(d.hint.empty()) << d.message;
    return std::to_string(d.where.line) + ": " + d.message;
  }
  return "none";
}

TEST(Inf, SplitsEntriesIntoKeyAndFields) {
  expect_lines({
      {"a=b", "2 a = <b>\n"},
      {"  a b  =  c d  ,  e  ", "2 a b = <c d>|<e>\n"},
      {"a", "2 <a>\n"},
      {"a,b", "2 <a>|<b>\n"},
      {"a,b=c", "2 <a>|<b=c>\n"},
      {"a=b=c", "2 a = <b=c>\n"},
      {"=b", "2  = <b>\n"},
      {"a=", "2 a = <>\n"},
      {"a=,", "2 a = <>|<>\n"},
      {"a,,b,", "2 <a>|<>|<b>|<>\n"},
      {",", "2 <>|<>\n"},
      {"\t{guid}, 8, 0x2012,, %x%", "2 <{guid}>|<8>|<0x2012>|<>|<%x%>\n"},
      {"Sample Entry=1,1", "2 Sample Entry = <1>|<1>\n"},
      {"a=b\r\n\r\n \r\n  c=d\x1a", "2 a = <b>\n5 c = <d>\n"},
      {"a=b\x1a, c\nd=e", "2 a = <b>\n"},
      {"a=b\rc=d", "2 a = <b\rc=d>\n"},
      {"", ""},
      {"  \t\v\f\r\n", ""},
  });
}

TEST(Inf, TakesCommentsOutsideQuotationMarks) {
  expect_lines({
      {"; a=b", ""},
      {"a=b;c", "2 a = <b>\n"},
      {"a=b ; \"c", "2 a = <b>\n"},
      {"a=\"b;c\";d", "2 a = <b;c>\n"},
      {"Class = \"ActivityMonitor\"  ;comment", "2 Class = <ActivityMonitor>\n"},
      {"a=;", "2 a = <>\n"},
      {"a;=b", "2 <a>\n"},
      {";\n;;\n;\na", "5 <a>\n"},
      {"CatalogFile.NT\t= x.cat\t;; c", "2 CatalogFile.NT = <x.cat>\n"},
  });
}

TEST(Inf, ResolvesQuotationMarks) {
  expect_lines({
      {"a=\"b, c = d\",e", "2 a = <b, c = d>|<e>\n"},
      {"\"AT &F S0=0\"", "2 <AT &F S0=0>\n"},
      {"\"a=b\"=c", "2 a=b = <c>\n"},
      {"a=\" b \"", "2 a = < b >\n"},
      {"a=\"b\"\"c\"", "2 a = <b\"c>\n"},
      {"a=\"\"\"b\"\" -k\"", "2 a = <\"b\" -k>\n"},
      {"a=\"\"", "2 a = <>\n"},
      {"\"\"", "2 <>\n"},
      {R"(HKR,"P\Instances\"%I.Name%,x)", "2 <HKR>|<P\\Instances\\%I.Name%>|<x>\n"},
      {R"(HKR,"P\"%N%"\x",y)", "2 <HKR>|<P\\%N%\\x>|<y>\n"},
      {"a=\"b\" c", "2 a = <b c>\n"},
      {"a=\"b\nc=d", "2 a = <b>\n3 c = <d>\n"},
      {"a=\"b\\\nc=d", "2 a = <b\\>\n3 c = <d>\n"},
      {"a=\"b", "2 a = <b>\n"},
      {"a=\"b\r\nc", "2 a = <b>\n3 <c>\n"},
      {"a=\"b\r", "2 a = <b\r>\n"},
      {"a=\"b\"\"", "2 a = <b\">\n"},
      {"a=\"", "2 a = <>\n"},
  });
}

TEST(Inf, JoinsLinesAtABackslash) {
  expect_lines({
      {"a=b,\\\n  c", "2 a = <b>|<c>\n"},
      {"a=b,\\ \t\r\n  c\nd", "2 a = <b>|<c>\n4 <d>\n"},
      {"a=b,\\ ; x\n  c", "2 a = <b>|<c>\n"},
      {"a=b \\\n c", "2 a = <bc>\n"},
      {"a=1,\\\n2,\\\n3\ne", "2 a = <1>|<2>|<3>\n5 <e>\n"},
      {"a=b\\\n\nc", "2 a = <b>\n4 <c>\n"},
      {"a=b\\\n[t]", "2 a = <b[t]>\n"},
      {"\\\na=b", "2 a = <b>\n"},
      {"\\\n\n", ""},
      {"DriverPath=\\", "2 DriverPath = <>\n"},
      {"a=\\\\\nb", "2 a = <b>\n"},
  });
}

TEST(Inf, KeepsOtherBackslashes) {
  expect_lines({
      {"a=%13%\\%x%.sys", "2 a = <%13%\\%x%.sys>\n"},
      {"a=\\\\b\\c", "2 a = <\\\\b\\c>\n"},
      {"a=\\ b", "2 a = <\\ b>\n"},
      {"a=\\ ,b", "2 a = <\\>|<b>\n"},
      {"a=\\\"b\"", "2 a = <\\b>\n"},
      {"a\\b=c", "2 a\\b = <c>\n"},
      {"a=\\  \\  \\x", "2 a = <\\  \\  \\x>\n"},
  });
}

TEST(Inf, FindsSections) {
  struct Whole {
    std::string text;
    std::string dumped;
  };
  for (const Whole& one :
       std::vector<Whole>{{"", ""},
                          {"a=b\n/*++\n", ""},
                          {"/*++ x, \"\n[a]\nb", "[a]\n3 <b>\n"},
                          {"hello \\\n[a]\nb", "[a]\n3 <b>\n"},
                          {"[a]x=y\nb", "[a]\n2 <b>\n"},
                          {"  [a] ; c", "[a]\n"},
                          {"[ a ]", "[ a ]\n"},
                          {"[a;b\"]", "[a;b\"]\n"},
                          {"[a[b]c]", "[a[b]\n"},
                          {"[]", "[]\n"},
                          {"[A]\n1\n[b]\n2\n[a]\n3\n", "[A]\n2 <1>\n6 <3>\n[b]\n4 <2>\n"},
                          {"[\u00e4]\n1\n[\u00c4]\n2", "[\u00e4]\n2 <1>\n4 <2>\n"},
                          {"[Realtek.NTamd64.10.0...16299]", "[Realtek.NTamd64.10.0...16299]\n"}}) {
    EXPECT_EQ(dump(File(one.text, "a.inf")), one.dumped) << one.text;
  }
  const std::string longest(255, 'n');
  EXPECT_NE(File("[" + longest + "]", "a.inf").find(longest), nullptr);
  const File file("[Version]\nSignature=x\n", "a.inf");
  ASSERT_NE(file.find("VERSION"), nullptr);
  EXPECT_EQ(file.find("VERSION")->number, 1u);
  EXPECT_EQ(file.find("Versio"), nullptr);
  EXPECT_EQ(file.find(""), nullptr);
  EXPECT_EQ(file.shown(), "a.inf");
}

TEST(Inf, ReadsFourEncodings) {
  const std::string text = "[s]\na=\u00e4\u20ac\u00ff\n";
  const std::string expected = "[s]\n2 a = <\u00e4\u20ac\u00ff>\n";
  EXPECT_EQ(dump(File(text, "a")), expected);
  EXPECT_EQ(dump(File("\xef\xbb\xbf" + text, "a")), expected);
  EXPECT_EQ(dump(File(utf16(text), "a")), expected);
  EXPECT_EQ(dump(File("[s]\na=\xe4\x80\xff\n", "a")), expected);
  EXPECT_EQ(dump(File(utf16("[s]\na=\U0001f600"), "a")), "[s]\n2 a = <\U0001f600>\n");
  // A byte without a character of its own in code page 1252 is no reason to refuse a file.
  EXPECT_EQ(dump(File("[s]\n\x81\x8d\x8f\x90\x9d", "a")),
            "[s]\n2 <\u0081\u008d\u008f\u0090\u009d>\n");
  EXPECT_EQ(dump(File("\xff\xfe", "a")), "");
  EXPECT_EQ(dump(File("\xef\xbb\xbf", "a")), "");
}

// As some vendors' editors leave it; what only looks like one is text.
TEST(Inf, AHardBlankIsABlank) {
  expect_lines({
      {"\u00a0\na", "3 <a>\n"},
      {"a\u00a0=\u00a0b\u00a0c\u00a0,\\\u00a0\n\u00a0 d", "2 a = <b\u00a0c>|<d>\n"},
      {"a=\"\u00a0\"", "2 a = <\u00a0>\n"},
      {"a=\u00a1", "2 a = <\u00a1>\n"},
      {"a=\u2003", "2 a = <\u2003>\n"},
  });
}

TEST(Inf, WarnsOfWhatWindowsReadsOtherwise) {
  auto warnings = [](const std::string& bytes) {
    std::string out;
    const File file(bytes, "a");
    for (const Warning& one : file.warnings()) {
      out += std::to_string(one.number) + ": " + one.text.substr(0, 33) + "\n";
    }
    return out;
  };
  EXPECT_EQ(warnings("[s]\n\na=\u00e4\u00e4"), "3: the file is UTF-8 without a byte \n");
  EXPECT_EQ(warnings("\xef\xbb\xbf[s]\na=\u00e4"), "");
  EXPECT_EQ(warnings("[s]\na=\xe4"), "");
  EXPECT_EQ(warnings("\xef\xbb\xbf[s]\na=\xe4z\n\xe4"), "2: the file is UTF-8 and has bytes t\n");
  EXPECT_EQ(dump(File("\xef\xbb\xbf[s]\na=\xe4z", "a")), "[s]\n2 a = <\ufffdz>\n");
  EXPECT_EQ(warnings("[s]\na=\"b\nc=\"d\"\n\"e"),
            "2: a quotation mark is not closed\n4: a quotation mark is not closed\n");
  std::string many = "[s]\n";
  for (int i = 0; i < 1000; ++i) many += "\"\n";
  EXPECT_EQ(File(many, "a").warnings().size(), 100u);
}

TEST(Inf, RefusesWhatIsNoText) {
  for (const auto& [bytes, message] : std::vector<std::pair<std::string, std::string>>{
           {"[s]\n[t\n", "2: a section's name has no ']'"},
           {"[", "1: a section's name has no ']'"},
           {"[s\n]", "1: a section's name has no ']'"},
           {"x\n\n [s ; ", "3: a section's name has no ']'"},
           {"\n[" + std::string(256, 'n') + "]",
            "2: a section's name has more than 255 characters"},
           {"\xfe\xff", "0: the file is big-endian UTF-16, which Windows does not read"},
           {std::string("\xff\xfe[\0s\0]\0\n\0a", 11),
            "2: the file is UTF-16 and ends in half a character"},
           {std::string("\xff\xfe\n\0\x00\xd8", 6),
            "2: the file is UTF-16 and has half of a surrogate pair"},
           {std::string("\xff\xfe\x00\xdc\x00\xd8", 6),
            "1: the file is UTF-16 and has half of a surrogate pair"},
           {std::string("\xff\xfe\x00\xd8z\0", 6),
            "1: the file is UTF-16 and has half of a surrogate pair"},
           {std::string("[s]\na\0", 6), "2: the file has a NUL, which no text has"},
           {std::string("[\0s\0]\0", 6), "1: the file has a NUL, which no text has"},
           {std::string("\xff\xfe\0\0", 4), "1: the file has a NUL, which no text has"},
           {std::string("\xef\xbb\xbf\0", 4), "1: the file has a NUL, which no text has"}}) {
    EXPECT_EQ(failure(bytes), message) << bytes;
  }
}

TEST(Inf, RefusesWhatIsTooLarge) {
  EXPECT_EQ(failure(std::string(kMaxFile, ' ')), "none");
  EXPECT_EQ(failure(std::string(kMaxFile + 1, ' ')),
            "0: the file has 16777217 bytes; an INF has at most 16777216");
  const std::string much = "1: the file has more than 2000000 sections, lines and fields";
  EXPECT_EQ(failure("[s]" + std::string(kMaxParts, '\n')), "none");
  EXPECT_EQ(failure("[s]\n" + std::string(kMaxParts + 1, ',')), "2" + much.substr(1));
  std::string sections;
  for (std::size_t i = 0; i <= kMaxParts; ++i) sections += "[]\n";
  EXPECT_EQ(failure(sections), "2000001" + much.substr(1));
}

// Each of these takes hours when a byte is looked at as often as there are others.
TEST(Inf, TakesTimeInProportionToTheFile) {
  for (const std::string unit : {"\\", "\"", "\"\"\"\"", " ", "\\ ", "%", "a\\;", "[", "x", ";"}) {
    std::string text = "[s]\na=";
    while (text.size() + unit.size() < 4'000'000) text += unit;
    const File file(text + "x", "a.inf");
    EXPECT_EQ(file.sections().size(), 1u);
    ASSERT_EQ(file.find("s")->lines.size(), 1u);
    file.expanded(file.find("s")->lines[0].fields[0]);
  }
  std::string joints = "[s]\n";
  for (int i = 0; i < 1'000'000; ++i) joints += "\\ ;\n";
  EXPECT_EQ(File(joints, "a.inf").find("s")->lines.size(), 0u);
}

TEST(Inf, FindsAmongManySectionsAndStrings) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "[section " + std::to_string(i) + "]\n";
  text += "[strings]\n";
  for (int i = 0; i < 300'000; ++i)
    text += "s" + std::to_string(i) + "=" + std::to_string(i) + "\n";
  const File file(text, "a.inf");
  std::size_t found = 0;
  for (int i = 0; i < 300'000; ++i) {
    found += file.find("SECTION " + std::to_string(i)) != nullptr;
    found += file.expanded("%S" + std::to_string(i) + "%") == std::to_string(i);
  }
  EXPECT_EQ(found, 600'000u);
}

TEST(Inf, PutsStringsIn) {
  const File file(
      "[Strings]\nA = \"x\"\nB = \"%A%\"\nC = one, two\nEmpty=\nA=second\nD=neutral\n13=no\n"
      "[Strings.0407]\nE=deutsch\n[Strings.0409]\nd=english\n\u00e4=a "
      "umlaut\nnothing\ntwo,fields\n",
      "a.inf");
  for (const auto& [text, result] : std::vector<std::pair<std::string, std::string>>{
           {"%A%", "x"},
           {"%a%%A%", "xx"},
           {"-%a%-", "-x-"},
           {"%B%", "%A%"},
           {"%C%", "one"},
           {"[%Empty%]", "[]"},
           {"%D%", "english"},
           {"%\u00c4%", "a umlaut"},
           {"%E%", "%E%"},
           {"%%", "%"},
           {"100%%A%%", "100%A%"},
           {"%13%\\%A%.sys", "%13%\\x.sys"},
           {"SD Host Slot %1!u!", "SD Host Slot %1!u!"},
           {"%", "%"},
           {"%nothing%", "nothing"},
           {"%two%", "%two%"},
           {"50% of %A%", "50% of %A%"},
           {"%A", "%A"},
           {"", ""}}) {
    EXPECT_EQ(file.expanded(text), result) << text;
  }
  EXPECT_TRUE(file.has_unknown_token("x%E%"));
  EXPECT_TRUE(file.has_unknown_token("%A%%two%"));
  EXPECT_FALSE(file.has_unknown_token("%A%%13%%%"));
  EXPECT_FALSE(file.has_unknown_token("100%"));
}

TEST(Inf, StringsCannotGrowWithoutEnd) {
  const std::string large(30'000, 'x');
  const File file("[Strings]\na=" + large + "\n", "a.inf");
  EXPECT_EQ(file.expanded("%a%%a%"), large + large);
  EXPECT_THROW(file.expanded("%a%%a%%a%"), Failure);
}

TEST(Inf, FindsValues) {
  const File file("[a]\nx\nk=1,%s%,\"3\"\nK=second\n[Strings]\ns=two\n", "a.inf");
  EXPECT_EQ(file.value("A", "K"), "1");
  EXPECT_EQ(file.value("a", "k", 1), "two");
  EXPECT_EQ(file.value("a", "k", 2), "3");
  EXPECT_EQ(file.value("a", "k", 3), "");
  EXPECT_EQ(file.value("a", "x"), "x");
  EXPECT_EQ(file.value("a", "x", 1), "");
  EXPECT_EQ(file.value("b", "k"), "");
  // Keys have strings, too.
  const File named("[a]\n%s%.sys=1\n[Strings]\ns=drv\n", "a.inf");
  EXPECT_EQ(named.value("a", "DRV.sys"), "1");
  EXPECT_EQ(named.value("a", "%s%.sys"), "");
  std::string many = "[Strings]\ns=" + std::string(60'000, 's') + "\n[a]\n";
  for (int i = 0; i < 300; ++i) many += "%s%=1\n";
  EXPECT_THROW(File(many, "a.inf").value("a", "k"), Failure);
}

}  // namespace
}  // namespace remedia::inf
