#include "wine/inf_exceptions.h"

#include "wine/inf_oracle.h"

#include <string_view>

namespace remedia::wine {
namespace {

std::string with_head(const std::string& body) {
  return "[Version]\nSignature=\"$Chicago$\"\n" + body;
}

// Lines of a dump.
std::string section(const std::string& name) { return "section\t" + name + "\n"; }
std::string line(const std::string& fields) { return "line\t" + fields + "\n"; }

std::vector<Exception> of_syntax() {
  const std::string x(520, 'x');
  return {
      {"Wine keeps the CR of a line whose quotation mark is not closed; no name can be meant so",
       crlf(with_head("[a]\nk=\"a\n\"b\n")), section("a") + line("k\ta\\0d") + line("b\\0d\tb\\0d"),
       section("a") + line("k\ta") + line("b\tb")},
      {"Wine keeps blanks between a backslash and the end of a field; the rule is to trim fields",
       with_head("[a]\nk=a\\ ,b\nc\\ =d\n"),
       section("a") + line("k\ta\\5c \tb") + line("c\\5c \td"),
       section("a") + line("k\ta\\5c\tb") + line("c\\5c\td")},
      {"Wine makes an entry of a joint that joins nothing", with_head("[a]\n\\\n\nk=1\n"),
       section("a") + line("\t") + line("k\t1"), section("a") + line("k\t1")},
      {"Wine cuts fields after 511 characters, Windows takes 4096",
       with_head("[a]\nk=" + x + ",b\n"), section("a") + line("k\t" + x.substr(9) + "\tb"),
       section("a") + line("k\t" + x + "\tb")},
      {"Wine trims every blank of Unicode, we those that people type",
       marked(with_head("[a]\nk=1\xe3\x80\x80\n")), section("a") + line("k\t1"),
       section("a") + line("k\t1\xe3\x80\x80")},
      {"Wine folds ASCII letters only", marked(with_head("[\xc3\xa9]\nk=1\n[\xc3\x89]\nk=2\n")),
       section("\xc3\xa9") + line("k\t1") + section("\xc3\x89") + line("k\t2"),
       section("\xc3\xa9") + line("k\t1") + line("k\t2")},
  };
}

std::vector<Exception> of_bytes() {
  // An even number of bytes with a NUL would be UTF-16 for it.
  const std::string nul("[a]\nk=a\0bc\n", 11);
  const std::string surrogate("\x3d\xd8", 2);
  return {
      {"Windows reads UTF-8 without a mark as ANSI, we as what was meant, with a warning",
       with_head("[a]\nk=\xc3\xa9\n"), section("a") + line("k\t\xc3\x83\xc2\xa9"),
       section("a") + line("k\t\xc3\xa9")},
      {"a NUL is a blank for Wine; we think that the file is damaged", with_head(nul),
       section("a") + line("k\ta bc"), "wrong 4\n"},
      {"half a surrogate pair is let through by Wine; we think that the file is damaged",
       utf16(with_head("[a]\nk=")) + surrogate + utf16("\n").substr(2),
       section("a") + line("k\t\xef\xbf\xbd"), "wrong 4\n"},
      {"UTF-16 without a mark is guessed by Wine; Microsoft documents the mark",
       utf16(with_head("[a]\nk=1\n")).substr(2), section("a") + line("k\t1"), "wrong 1\n"},
      {"half a character at the end of UTF-16: both refuse, Wine because it guesses ANSI",
       utf16(with_head("[a]\nk=1\n")) + "x", "0xE0000000\t1\n", "wrong 5\n"},
      {"UTF-16 of the other byte order: both refuse, Wine because it guesses ANSI",
       "\xfe\xff" + with_head(""), "0xE0000000\t1\n", "wrong 0\n"},
  };
}

// That they are drivers at all is no question of syntax for us: inf_driver.h asks.
std::vector<Exception> of_signatures() {
  const std::string wrong_style = "0xE0000100\t0\n";
  return {
      {"no section [Version]", "[a]\nk=1\n", wrong_style, "ok\n" + section("a") + line("k\t1")},
      {"a signature of something else", "[Version]\nSignature=x\n", wrong_style,
       "ok\n" + section("Version") + line("Signature\tx")},
      {"the first signature counts", "[Version]\nSignature=x\nSignature=$Chicago$\n", wrong_style,
       "ok\n" + section("Version") + line("Signature\tx") + line("Signature\t$Chicago$")},
      {"an empty file", "", "0x000003EE\t0\n", "ok\n"},
      {"a mark alone", "\xff\xfe", wrong_style, "ok\n"},
      {"Wine knows no line ends of CR alone, nor do we; but it then misses the signature",
       "[Version]\rSignature=$Chicago$\r", wrong_style, "ok\n" + section("Version")},
  };
}

std::vector<Exception> of_strings() {
  const std::string english =
      with_head("[Strings]\ns=neutral\n[Strings.0409]\ns=english\n[a]\nk=%s%\n");
  const auto with_value = [](const std::string& value) {
    return section("Strings") + line("s\tneutral") + section("Strings.0409") + line("s\tenglish") +
           section("a") + line("k\t" + value);
  };
  const std::string eleven = section("Strings") + line("11\televen") + section("a");
  return {
      {"Wine does not know the sections of languages that Microsoft documents", english,
       with_value("neutral"), with_value("english")},
      {"a string that is named by a number hides a folder from Wine",
       with_head("[Strings]\n11=eleven\n[a]\nk=%11%\n"), eleven + line("k\televen"),
       eleven + line("k\t%11%")},
      {"folders are Windows' own at the PC, and symbols for us",
       with_head("[a]\nk=%10%,%11%\\x,%12%,%16425%\n"),
       section("a") + line("k\tC:\\5cwindows\tC:\\5cwindows\\5csystem32\\5cx\t"
                           "C:\\5cwindows\\5csystem32\\5cdrivers\tC:\\5cwindows\\5csyswow64"),
       section("a") + line("k\t%10%\t%11%\\5cx\t%12%\t%16425%")},
  };
}

}  // namespace

std::vector<Exception> exceptions() {
  std::vector<Exception> all = of_syntax();
  for (const auto& more : {of_bytes(), of_signatures(), of_strings()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::string without_head(const std::string& dump) {
  constexpr std::string_view kHead = "ok\nsection\tVersion\nline\tSignature\t$Chicago$\n";
  return dump.starts_with(kHead) ? dump.substr(kHead.size()) : dump;
}

}  // namespace remedia::wine
