#include "wine/inf_corpus.h"

#include <random>
#include <string_view>

namespace remedia::wine {
namespace {

std::string with_head(std::string_view body) { return kHead + std::string(body); }

std::vector<Text> syntax_texts() {
  return {
      {"fields",
       with_head("[a]\nk=1,2,3\nk = 1 , 2 , 3 \n1,2\n1\nk=\n=\n=v\n,\n,,\na,\n,a\nk=,\n")},
      {"equal signs", with_head("[a]\nk=a=b\nk=a,b=c\na,b=c\n\"k=\"=v\n\"a=b\"\nk==\nk= = \n")},
      {"quotes",
       with_head("[a]\n\"q\"\n\"\"\nk=\"\"\nk=\"a\"\"b\"\nk=\"\"\"\"\nk=a\"b\"c\nk=\"a\" b\n"
                 "k=a \"b\"\n\"a\" \"b\"=\"c\" \"d\"\nk=\" a \"\nk= \" \" \n\"\"\"\"=x\n"
                 "k=\"a,b;c=d\",e\n\"k\"x=1\n\"a\",\"b\"\n\"\",\"\"\n")},
      {"unclosed quotes",
       with_head("[a]\nk=\"a\nl=\"a\\\nm=\"a, b ; c\nn=\"a\"\"\no=\"\n\"p\nq=a\",b\n"), true},
      {"backslashes",
       with_head("[a]\nk=a\\b\nk=\\\\srv\\x\nk=\"a\\\"b\nk=a\\ b\nk=\\,\\\nk=\\\"a\"\n\\=\\x\n")},
      {"continued",
       with_head("[a]\nk=a,\\\n  b\nk=a\\\n  b\nk = \\\n \\\n b\nk=a, \\ \n b\nk=a\\;no\n,b\n"
                 "k=a \\\n b\nk\\\n=v\n\\\nk=v\nk=\"a\"\\\n\"b\"\nk=a,\\\n\nl=b\nk=a\\\\\nb\n"
                 "k=x\\\n;no\ny\nk=x\\\n[b]\nk=y\nk=\\ \\ x\nk=a\\ \\\nb\n")},
      {"continued at the end", with_head("[a]\nk=a\\")},
      {"a backslash at the end", with_head("[a]\nk=a,\\\n")},
      {"comments",
       with_head("; c\n ; c\n[a];c\n;k=v\nk=a;b\nk=a ; b\nk=;b\nk;c\n;\nk=a,;b\n[b] ; c\n"
                 "x;y=z\n[c];]\n; a \\\nk=v\nk=\";\";x\n")},
      {"blanks",
       with_head("[a]\n \t k \t = \t a \t b \t , c \n\n \n\t\nk\t=\tv\n \"a\" , \"b\" \nk =\n k\n"
                 "k=a\v\fb\nk=\va\v\n")},
      {"sections",
       with_head("[ Padded ]\nk=1\n[Padded]\nk=2\n[x]y=z\nk=3\n[]\nk=4\n[a[b]\nk=5\n"
                 "[a;b]\nk=6\n[\"q]\nk=7\n [in]\nk=8\n\t[in2]\nk=9\n[a]b]\nk=10\n[%name%]\n"
                 "k=11\n[ ]\nk=12\n[empty]\n")},
      {"repeated", with_head("[a]\nk=1\nk=2\n[b]\nk=3\n[A]\nk=4\nK=5\n[a]\n[B]\n")},
      {"no line end", with_head("[a]\nk=v")},
      {"no end of a section's line", with_head("[a]")},
      {"an end of the file", with_head("[a]\nk=1\x1a,2\nk=3\n")},
      {"an end of the file between quotes", with_head("[a]\nk=\"1\x1a\"\n[b]\nk=3\n")},
      {"blanks that do not break",
       with_head("[a]\nk=\xc2\xa0"
                 "1\xc2\xa0"
                 "2\xc2\xa0\n\xc2\xa0\n\xc2\xa0k\xc2\xa0=\xc2\xa0,\xc2\xa0\n"
                 "k=a,\\\xc2\xa0\n\xc2\xa0"
                 "b\n")},
      {"before the first section", "/*++\nk=\"v\n x \\\n" + with_head("[a]\nk=1\n")},
      {"a name of 255 characters", with_head("[" + std::string(255, 's') + "]\nk=v\n")},
      {"brackets in lines", with_head("[a]\nk=[b]\nk,[b]\n\"[b]\"\n]\n]=[\n")},
      {"signature of Windows 9x", "[version]\nSIGNATURE=$chicago$\n[a]\nk=v\n"},
      {"signature by a later section",
       "[Version]\n[a]\nk=v\n[VERSION]\nsignature=\"$WINDOWS NT$\"\n"},
      {"letters", with_head("[gr\xc3\xb6\xc3\x9f"
                            "e]\n\xc3\xa4=\xc3\xbc,\"\xc3\xa9\xc3\xa8\"\n"
                            "[GR\xc3\xb6\xc3\x9f"
                            "E]\n\xc3\xbf=\xc3\x97\n")},
  };
}

std::vector<Text> string_texts() {
  return {
      {"tokens",
       with_head("[a]\nk=%name%\nk=%NAME%\nk=a%name%b%name%c\nk=\"%name%\"\nk=%nothing%\n"
                 "k=%none%\nk=%\nk=%%\nk=%%%\nk=%%%%\nk=100%\nk=50%,%name%\n%name%=%name%\n"
                 "%name%\n%name%,%name%\nk=% name %\nk=%name %\nk=%none%name%\nk=%%name%%\n"
                 "k=\"SD Host Slot %1!u!\"\nk=%no\"n\"e%\nk=%na\"me\"%\nk=\"%\"name\"%\"\n")},
      {"strings of strings",
       with_head("[Strings]\na=%b%\nb=%a%\nc=%name%\nd=%%name%%\n[x]\nk=%a%,%b%,%c%\n"
                 "k=%d%\n")},
      {"repeated strings",
       with_head("[Strings]\nname=second\nNAME=third\nx=1,2\n[x]\nk=%name%,%x%\n")},
      {"names of strings",
       with_head("[Strings]\n\"a b\"=1\na;b=2\n\" \"=3\n=4\n\"=\"=5\nalone\np%q=6\n\"\"=7\n"
                 "[x]\nk=%a b%,% %,%=%,%alone%,%p%q%,%a%\n")},
      {"no strings", "[Version]\nSignature=$Chicago$\n[x]\nk=%name%,%%\n"},
      {"strings before the version",
       "[Strings]\ns=\"$Chicago$\"\n[Version]\nSignature=\"$Chicago$\"\n"
       "[x]\nk=%s%\n"},
      {"letters of strings", with_head("[Strings]\ngr\xc3\xb6\xc3\x9f"
                                       "e=\"\xc3\xa9t\xc3\xa9\"\n[x]\n"
                                       "k=%gr\xc3\xb6\xc3\x9f"
                                       "e%,%GR\xc3\xb6\xc3\x9f"
                                       "E%\n")},
  };
}

// Left out is what is read otherwise on purpose: see the table of exceptions in inf_test.cpp.
std::string_view piece(unsigned number) {
  constexpr std::string_view kPieces[] = {
      "a",        "B c",         "\"q\"",
      "\"\"",     ",",           ",",
      "=",        "=",           "\\z",
      "c\\\n",    " ",           "\t",
      "%name%",   "%%",          "%",
      "%x",       "\n",          "\n",
      "\n[s]\n",  "\n[S2] x\n",  "\n;",
      " ;",       "x\\y",        "\"a;b\"",
      "\" \"",    "[",           "]",
      "\xc3\xa9", "\\ b",        "\n \n",
      "k = ",     "\n%name% = ", "\"a,\"\"b=\"",
      "\n\"k\"=", "%NONE%",      "\\\\z",
      "d,\\ \n",  "e\\;c\n",     "\"",
      "\x7f",
  };
  return kPieces[number % (sizeof kPieces / sizeof kPieces[0])];
}

}  // namespace

std::vector<Text> nasty_texts() {
  std::vector<Text> texts = syntax_texts();
  for (Text& text : string_texts()) texts.push_back(std::move(text));
  return texts;
}

// The engine's numbers are the same with every library, those of distributions are not.
std::string random_text(unsigned seed, bool lone_quotes) {
  std::mt19937 engine(seed);
  const auto number = [&engine] { return static_cast<unsigned>(engine() >> 8); };
  std::string text = std::string(kHead) + "[s]\n";
  const unsigned pieces = 10 + number() % 60;
  for (unsigned i = 0; i < pieces; ++i) {
    const std::string_view next = piece(number());
    if (lone_quotes || next != "\"") text += next;
  }
  return text;
}

}  // namespace remedia::wine
