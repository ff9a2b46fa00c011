// Our reader of INF files against the SetupAPI of Wine: the same sections, lines and fields, the
// same error in the same line.
#include "formats/inf.h"

#include "support/diagnostic.h"
#include "wine/inf_corpus.h"
#include "wine/inf_exceptions.h"
#include "wine/inf_oracle.h"
#include "wine/programs/inf_text.h"

#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

constexpr unsigned kRandomTexts = 400;
constexpr std::string_view kUnclosed = "0xE0000001";  // ERROR_BAD_SECTION_NAME_LINE
constexpr std::string_view kTooLong = "0xE0000002";   // ERROR_SECTION_NAME_TOO_LONG

struct Encoded {
  std::string name;
  std::string bytes;
};

// With LF first. Our ANSI is plain UTF-8, too, if the text is ASCII.
std::vector<Encoded> encoded(const std::string& name, const std::string& text) {
  std::vector<Encoded> all;
  for (const char* end : {"LF", "CRLF"}) {
    const std::string lines = end == std::string_view("LF") ? text : crlf(text);
    all.push_back({fmt::format("{}, {}, UTF-16", name, end), utf16(lines)});
    all.push_back({fmt::format("{}, {}, UTF-8 with a mark", name, end), marked(lines)});
    all.push_back({fmt::format("{}, {}, ANSI", name, end), ansi(lines)});
  }
  return all;
}

// Wine's answer in our words.
std::string unified(const std::string& answer) {
  if (!answer.starts_with(kUnclosed) && !answer.starts_with(kTooLong)) return answer;
  return "wrong " + answer.substr(kUnclosed.size() + 1);
}

void add_same(std::vector<Question>& questions, const Encoded& one) {
  questions.push_back(
      {one.name, one.bytes, {"dump"}, [bytes = one.bytes](const std::string& answer) {
         EXPECT_EQ(our_dump(bytes), unified(answer)) << bytes;
       }});
}

void add_nasty(std::vector<Question>& questions) {
  for (const Text& text : nasty_texts()) {
    std::vector<Encoded> all = encoded(text.name, text.text);
    if (text.only_lf) all.resize(all.size() / 2);
    for (const Encoded& one : all) add_same(questions, one);
  }
}

// Quotation marks that are not closed keep a CR for Wine: see the exceptions.
void add_random(std::vector<Question>& questions) {
  std::size_t wrong = 0;
  for (unsigned seed = 0; seed < kRandomTexts; ++seed) {
    const std::size_t encoding = seed % 6;
    const std::string text = random_text(seed, encoding < 3);
    const Encoded one = encoded(fmt::format("random {}", seed), text)[encoding];
    add_same(questions, one);
    wrong += our_dump(one.bytes).starts_with("wrong ") ? 1 : 0;
  }
  EXPECT_GT(wrong, 5U) << "the random texts hold no errors";
  EXPECT_LT(wrong, kRandomTexts / 4) << "the random texts are mostly errors";
}

void add_wrong_names(std::vector<Question>& questions) {
  const std::string head = kHead;
  const std::vector<Text> texts = {
      {"at once", "[Version\nSignature=$Chicago$\n"},
      {"in the middle", head + "[a]\n[b\nk=1\n"},
      {"at the end", head + "[a]\n[b"},
      {"behind a semicolon", head + "[a]\n[b;c\n]\n"},
      {"quotes do not hide the line's end", head + "[\"a\n\"]\n"},
      {"a backslash does not join a name", head + "[a\\\n]\n"},
      {"lines that are joined count", head + "[a]\nk=1,\\\n\\\n2\n;\\\n[b\n"},
      {"the line after a joint is data", head + "[a]\nk=1\\\n[b\n[c\n"},
      {"blanks before it", head + "[a]\n \t [ \n"},
      {"a bracket alone", head + "[a]\n["},
      {"too long a name", head + "\n[" + std::string(256, 'n') + "]\nk=1\n"},
      {"behind what stands before the first section", "text\n[Version\n"},
  };
  for (const Text& text : texts) {
    for (const Encoded& one : encoded(text.name, text.text)) {
      add_same(questions, one);
      questions.push_back({one.name, one.bytes, {}, [](const std::string& answer) {
                             EXPECT_NE(answer, unified(answer)) << "no error";
                           }});
    }
  }
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line + "\t");
  for (std::string word; std::getline(stream, word, '\t');) words.push_back(word);
  return words;
}

// `line` is "value SECTION KEY FIELD...".
void expect_value(const inf::File& file, const std::string& line) {
  std::vector<std::string> words = words_of(line);
  ASSERT_GE(words.size(), 3U) << line;
  const std::string section = words[1];
  const std::string key = words[2];
  words.erase(words.begin(), words.begin() + 3);
  if (!words.empty() && words[0] == "\\!") words.clear();
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(escaped(file.value(section, key, i)), words[i]) << line << ", field " << i;
  }
  EXPECT_EQ(file.value(section, key, words.size()), "") << line;
}

void expect_values(const std::string& bytes, const std::string& answer, std::size_t expected) {
  const inf::File file(bytes, "a.inf");
  std::istringstream lines(answer);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "ok");
  std::size_t count = 0;
  for (; std::getline(lines, line); ++count) expect_value(file, line);
  EXPECT_EQ(count, expected);
}

// What is found by a key: the first line that has it, in any case.
void add_values(std::vector<Question>& questions) {
  const std::vector<std::string> commands = {
      "value\ta\tk",         "value\tA\tK", "value\ta\talone",
      "value\ta\tb",         "value\ta\tq", "value\ta\t",
      "value\tnone\tk",      "value\tb\tk", "value\tversion\tsignature",
      "value\ta\tthe value", "value\ts\tk", "value\tstrings\tNAME",
  };
  std::vector<Text> texts = nasty_texts();
  texts.push_back({"entries without a key", std::string(kHead) +
                                                "[a]\nalone\nb,c\n\"q\"\nb=later\nk=1,%name%,,3\n"
                                                "k=no\n[b]\n,x\nk\n"});
  for (const Text& text : texts) {
    const std::string bytes = marked(text.text);
    questions.push_back({std::string("values: ") + text.name, bytes, commands,
                         [bytes, count = commands.size()](const std::string& answer) {
                           expect_values(bytes, answer, count);
                         }});
  }
}

// What ceases to differ, or differs in another way, fails.
void add_exceptions(std::vector<Question>& questions) {
  for (const Exception& one : exceptions()) {
    questions.push_back({one.why, one.bytes, {"dump"}, [one](const std::string& answer) {
                           EXPECT_NE(one.wine, one.ours);
                           EXPECT_EQ(without_head(answer), one.wine) << "Wine";
                           EXPECT_EQ(without_head(our_dump(one.bytes)), one.ours) << "ours";
                         }});
  }
}

// One test, since a start of Wine takes longer than all the rest.
TEST(WineInf, IsReadAsSetupApiReadsIt) {
  std::vector<Question> questions;
  add_nasty(questions);
  add_random(questions);
  add_wrong_names(questions);
  add_values(questions);
  add_exceptions(questions);
  ask_wine(questions);
}

}  // namespace
}  // namespace remedia::wine
