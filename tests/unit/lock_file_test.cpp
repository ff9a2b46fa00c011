// Lock files: what is read, what is refused, what counts as a change.

#include "kinds/lock_file.h"

#include "unit/scratch.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace remedia::kinds {
namespace {

std::string hex(char c) { return std::string(64, c); }

LockEntry medium() {
  return {.word = "source",
          .path = "@media/win11.iso",
          .size = 10,
          .sha256 = hex('a'),
          .version = {},
          .date = {},
          .signer = {}};
}

LockEntry definitions() {
  return {.word = "defender",
          .path = "@media/mpam.exe",
          .size = 20,
          .sha256 = hex('b'),
          .version = "1.403.1.0",
          .date = "2026-11-01",
          .signer = LockSigner{"Signer", "Issuer", hex('c'), false},
          .by_signer = true};
}

LockFile demo() { return {.recipe = "demo", .entries = {medium(), definitions()}}; }

constexpr const char* kText = R"({
 "format": "remedia lock 1",
 "recipe": "demo",
 "inputs": [
  {
   "path": "@media/mpam.exe",
   "word": "defender",
   "pinned": "signer",
   "version": "1.403.1.0",
   "date": "2026-11-01",
   "size": 20,
   "sha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
   "signer": {
    "name": "Signer",
    "issuer": "Issuer",
    "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "anchored": false
   }
  },
  {
   "path": "@media/win11.iso",
   "word": "source",
   "pinned": "digest",
   "size": 10,
   "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
 ]
}
)";

LockFile parsed(const std::string& text) { return parse_lock(text, {.name = "demo.lock"}); }

std::string changed(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(LockFile, IsWrittenSortedWithOneFieldPerLine) {
  EXPECT_EQ(write_lock(demo()), kText);
  LockFile turned = demo();
  std::reverse(turned.entries.begin(), turned.entries.end());
  EXPECT_EQ(write_lock(turned), kText);
}

TEST(LockFile, IsReadAsItWasWritten) {
  LockFile lock = parsed(kText);
  EXPECT_EQ(lock.recipe, "demo");
  ASSERT_EQ(lock.entries.size(), 2u);
  EXPECT_EQ(lock.entries[0], definitions());
  EXPECT_EQ(lock.entries[1], medium());
  Scratch scratch;
  EXPECT_EQ(read_lock(scratch.write("demo.lock", kText)), lock);
  EXPECT_EQ(parsed(write_lock({.recipe = "x", .entries = {}})).entries.size(), 0u);
}

TEST(LockFile, KeepsTextsThatAreNoAscii) {
  LockFile lock = demo();
  lock.entries[0].path = "@media/\xc3\xbc \"x\"\n\xe2\x80\xae.iso";
  std::string text = write_lock(lock);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; }));
  EXPECT_NE(parsed(text).entries[0].path + parsed(text).entries[1].path, "") << "one of them is it";
  EXPECT_EQ(updated(parsed(text), {}, {"none"}), updated(lock, {}, {"none"}));
}

TEST(LockFile, IsNotWrittenIfItCouldNotBeRead) {
  LockFile lock = demo();
  lock.entries.push_back(medium());
  EXPECT_NE(failure_of([&] { write_lock(lock); }).find("is there twice"), std::string::npos);
  lock = demo();
  lock.entries[0].path = "@media/\xff";
  EXPECT_NE(failure_of([&] { write_lock(lock); }).find("not valid UTF-8"), std::string::npos);
  lock = demo();
  lock.entries[0].sha256 = "";
  EXPECT_NE(failure_of([&] { write_lock(lock); }).find("'sha256'"), std::string::npos);
}

struct Refusal {
  std::string from, to, says;
  int line;
};

TEST(LockFile, RefusesAtTheLine) {
  const Refusal cases[] = {
      {"remedia lock 1", "remedia lock 2", "the format is not", 2},
      {"remedia lock 1\",", "remedia lock 1\"", "not valid JSON", 3},
      {"  {\n   \"path\": \"@media/mpam", "<<<<<<< HEAD\n  {\n   \"path\": \"@media/mpam",
       "not valid JSON", 5},
      {"\"recipe\": \"demo\"", "\"recipe\": 5", "'recipe' must be a text", 3},
      {"\"recipe\": \"demo\"", "\"recipe\": \"\"", "'recipe' must have 1 to", 3},
      {" \"recipe\": \"demo\",\n", "", "'recipe' is missing", 0},
      {"\"recipe\"", "\"recip\": 1, \"recipe\"", "unknown field 'recip'", 3},
      {"\"recipe\"", "\"recipe\": \"x\",\n\"recipe\"", "field 'recipe' is there twice", 4},
      {"\"word\": \"defender\"", "\"word\": \"defendr\"", "'word' cannot be 'defendr'", 7},
      {"\"word\": \"defender\"", "\"word\": [\"defender\"]", "'word' must be a text", 7},
      {"\"signer\",\n   \"version\"", "\"both\",\n   \"version\"", "'pinned' must be", 8},
      {"2026-11-01", "2026-02-30", "'date' must be a date", 10},
      {"\"size\": 20", "\"size\": -20", "'size' must be a whole number", 11},
      {"\"size\": 20", "\"size\": 2.5", "'size' must be a whole number", 11},
      {"\"size\": 20", "\"size\": 99999999999999999999", "'size' must be a whole number", 11},
      {"bbbb", "bbb", "'sha256' must be 64 digits", 12},
      {"bbbb", "BBBB", "'sha256' must be 64 digits", 12},
      {"\"name\": \"Signer\",\n", "", "'name' is missing", 13},
      {"\"name\": \"Signer\"", "\"name\": \"Signer\",\n\"nam\": 1", "unknown field 'nam'", 15},
      {"\"anchored\": false", "\"anchored\": 0", "'anchored' must be true or false", 17},
      {"\"pinned\": \"digest\"", "\"pinned\": \"signer\"", "'signer' is missing", 20},
      {"\"sha256\": \"aaaa", "\"size\": 1,\n\"sha256\": \"aaaa", "field 'size' is there twice", 25},
      {"win11.iso\",\n   \"word\": \"source\"", "mpam.exe\",\n   \"word\": \"defender\"",
       "'@media/mpam.exe' (defender) is there twice", 20},
  };
  for (const Refusal& c : cases) {
    std::string text = changed(kText, c.from, c.to);
    try {
      parsed(text);
      ADD_FAILURE() << "taken: " << c.to;
    } catch (const Failure& failure) {
      const Diagnostic& d = failure.diagnostics().front();
      EXPECT_NE(d.message.find(c.says), std::string::npos) << d.message << " for " << c.to;
      EXPECT_EQ(d.where.line, c.line) << c.to;
      EXPECT_EQ(d.where.name, "demo.lock");
    }
  }
}

TEST(LockFile, RefusesWhatIsNoLockFile) {
  for (const std::string text :
       {"", "5", "[]", "null", "{", "{}", "\"\\u0000\"", "{\"format\":\"remedia lock 1\"}", "\xff",
        "{\"format\":\"remedia lock 1\",\"recipe\":\"x\",\"inputs\":{}}",
        "{\"format\":\"remedia lock 1\",\"recipe\":\"x\",\"inputs\":[[]]}",
        "{\"format\":\"remedia lock 1\",\"recipe\":\"x\",\"inputs\":[null]}",
        "{\"\":\"format\",\"format\":\"remedia lock 1\",\"recipe\":\"x\",\"inputs\":[]}"}) {
    EXPECT_NE(failure_of([&] { parsed(text); }), "") << text;
  }
  std::string deep(100'000, '[');
  EXPECT_NE(failure_of([&] { parsed(deep); }), "");
  EXPECT_NE(failure_of([&] { parsed(deep + std::string(deep.size(), ']')); }).find("too deeply"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { parsed(std::string("{}\0", 3)); }).find("value 0"), std::string::npos);
  Scratch scratch;
  EXPECT_NE(failure_of([&] { read_lock(scratch / "none.lock"); }), "");
}

// --- held against what is there -----------------------------------------------------------------

TEST(LockFile, FindsNothingWhereNothingChanged) {
  EXPECT_TRUE(check_lock(demo(), {medium(), definitions()}).empty());
  EXPECT_TRUE(check_lock(demo(), {}).empty()) << "nothing reads them any more";
}

TEST(LockFile, TellsWhatChangedOfWhatIsPinnedByDigest) {
  LockEntry other = medium();
  other.size = 12;
  other.sha256 = hex('d');
  other.version = "10.0.1";
  auto errors = check_lock(demo(), {other});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message,
            "'@media/win11.iso' (source) changed: version (none) -> 10.0.1, size "
            "10 -> 12, sha256 " +
                hex('a') + " -> " + hex('d'));
  EXPECT_EQ(errors[0].hint, "if this is meant: remedia lock recipes/demo.lua");
  other = medium();
  other.version = "10.0.1";
  EXPECT_EQ(difference(medium(), other), "") << "the bytes decide";
}

TEST(LockFile, WantsEveryInput) {
  LockEntry other = medium();
  other.path = "@media/other.iso";
  LockEntry same_path = medium();
  same_path.word = "symbols";
  auto errors = check_lock(demo(), {other, same_path});
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].message,
            "'@media/other.iso' (source) is not in the lock file; it is 10 "
            "bytes, sha256 aaaaaaaaaaaaaaaa");
  EXPECT_NE(errors[1].message.find("(symbols) is not in the lock file"), std::string::npos);
}

TEST(LockFile, LetsASignerBringNewerVersions) {
  LockEntry newer = definitions();
  newer.size = 21;
  newer.sha256 = hex('d');
  newer.date = "2026-11-20";
  for (const char* version : {"1.403.1.1", "1.403.10.0", "1.1000.0.0", "2", "1.403.1"}) {
    newer.version = version;
    EXPECT_EQ(difference(definitions(), newer), "") << version;
  }
}

// A countersignature stands outside of what is signed: whoever adds one makes old definitions
// young.
TEST(LockFile, RefusesAnotherDateOfTheSameVersion) {
  LockEntry younger = definitions();
  younger.sha256 = hex('d');
  EXPECT_EQ(difference(definitions(), younger), "");
  younger.date = "2026-11-20";
  EXPECT_EQ(difference(definitions(), younger),
            "has the same version 1.403.1.0 and another date: 2026-11-01 -> 2026-11-20");
}

TEST(LockFile, RefusesOlderVersionsOfTheSameSigner) {
  LockEntry older = definitions();
  older.date = "2026-10-01";
  for (const char* version : {"1.403.0.9", "1.99.1.0", "0", "1.403"}) {
    older.version = version;
    EXPECT_EQ(difference(definitions(), older),
              fmt::format("is older than the lock file allows: version 1.403.1.0 -> {}, date "
                          "2026-11-01 -> 2026-10-01",
                          version));
  }
  for (const char* version : {"", "1.403.1.x", "new", "1..2", "-1", "99999999999999999999999"}) {
    older.version = version;
    EXPECT_NE(difference(definitions(), older).find("cannot be compared"), std::string::npos)
        << version;
  }
}

TEST(LockFile, WantsTheSameSigner) {
  LockEntry other = definitions();
  other.signer.reset();
  EXPECT_EQ(difference(definitions(), other),
            "is not signed; the lock file has 'Signer' (issued by 'Issuer', certificate "
            "cccccccccccccccc)");
  other.signer = LockSigner{"Signer", "Issuer", hex('e'), false};
  EXPECT_NE(difference(definitions(), other).find("has another signer"), std::string::npos);
  other.signer->anchored = true;
  EXPECT_NE(difference(definitions(), other).find("has another signer"), std::string::npos)
      << "only one of the two chains to an anchor";
}

TEST(LockFile, KnowsARenewedCertificateByItsNamesIfBothAreAnchored) {
  LockEntry locked = definitions();
  locked.signer->anchored = true;
  LockEntry renewed = locked;
  renewed.signer->sha256 = hex('e');
  EXPECT_EQ(difference(locked, renewed), "");
  renewed.signer->name = "Other";
  EXPECT_NE(difference(locked, renewed), "");
  renewed = locked;
  renewed.signer->sha256 = hex('e');
  renewed.signer->issuer = "Other";
  EXPECT_NE(difference(locked, renewed), "");
}

TEST(LockFile, ShowsNothingThatSteersATerminal) {
  LockEntry other = definitions();
  other.signer = LockSigner{"\033[31mRed", "x", hex('e'), false};
  other.version = "\033[2J";
  LockFile lock = demo();
  std::string text =
      difference(definitions(), other) + lock_changes(lock, {.recipe = "demo", .entries = {other}});
  EXPECT_EQ(text.find('\033'), std::string::npos) << text;
}

// --- what `remedia lock` does -------------------------------------------------------------------

TEST(LockFile, TellsWhatIsLockedAnew) {
  LockFile after = demo();
  after.entries[1].version = "1.403.55.0";
  after.entries[1].date = "2026-11-20";
  after.entries[0].path = "@media/win12.iso";
  EXPECT_EQ(lock_changes(demo(), after),
            "~ defender @media/mpam.exe: 1.403.1.0 (2026-11-01) -> 1.403.55.0 (2026-11-20)\n"
            "- source @media/win11.iso: 10 bytes, sha256 aaaaaaaaaaaaaaaa\n"
            "+ source @media/win12.iso: 10 bytes, sha256 aaaaaaaaaaaaaaaa\n");
  EXPECT_EQ(lock_changes(demo(), demo()), "");
}

TEST(LockFile, TellsEveryChange) {
  LockFile before = demo();
  auto line = [&](auto change) {
    LockFile after = before;
    change(after.entries[1]);
    return lock_changes(before, after);
  };
  const std::string start = "~ defender @media/mpam.exe: ";
  EXPECT_EQ(line([](LockEntry& e) { e.sha256 = hex('d'); }),
            start +
                "1.403.1.0 (2026-11-01), other content: sha256 bbbbbbbbbbbbbbbb -> "
                "dddddddddddddddd\n");
  EXPECT_EQ(line([](LockEntry& e) { e.by_signer = false; }),
            start + "pinned by signer -> digest\n");
  EXPECT_EQ(line([](LockEntry& e) { e.signer->anchored = true; }),
            start + "signer anchored false -> true\n");
  EXPECT_NE(line([](LockEntry& e) { e.signer->name = "Other"; }).find("signer 'Signer' (issued"),
            std::string::npos);
  EXPECT_NE(line([](LockEntry& e) { e.signer.reset(); }).find(" -> (none)\n"), std::string::npos);
}

TEST(LockFile, ReplacesWhatItIsToldTo) {
  LockEntry newer = definitions();
  newer.version = "2";
  EXPECT_EQ(updated(demo(), {newer}, {}).entries, std::vector<LockEntry>{newer});
  LockFile some = updated(demo(), {newer}, {"defender"});
  EXPECT_EQ(some.recipe, "demo");
  EXPECT_EQ(some.entries, (std::vector<LockEntry>{newer, medium()}));
  EXPECT_EQ(updated(demo(), {newer}, {"source"}).entries, std::vector<LockEntry>{definitions()});
  EXPECT_EQ(updated(demo(), {}, {"symbols"}).entries,
            (std::vector<LockEntry>{definitions(), medium()}));
}

TEST(LockFile, ComparesVersionsByNumber) {
  EXPECT_EQ(compare_versions("1.10", "1.9"), 1);
  EXPECT_EQ(compare_versions("1.9", "1.10"), -1);
  EXPECT_EQ(compare_versions("1.2", "1.2.0.0"), 0);
  EXPECT_EQ(compare_versions("01.2", "1.2"), 0);
  for (const char* bad : {"", ".", "1.", ".1", "1.a", " 1", "1 ", "+1"})
    EXPECT_EQ(compare_versions(bad, "1"), std::nullopt) << bad;
}

}  // namespace
}  // namespace remedia::kinds
