#include "media/hive.h"
#include "unit/hive_listing.h"
#include "unit/scratch.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace remedia::hive {
namespace {

using namespace std::string_literals;
using Action = Edit::Action;

Edit set(std::string key, RegistryValue value) {
  return {Action::set_value, std::move(key), std::move(value)};
}
Edit drop(std::string key, std::string name) {
  return {Action::delete_value, std::move(key), {std::move(name), RegistryType::none, ""}};
}
Edit make(std::string key) { return {Action::create_key, std::move(key), {}}; }
Edit remove(std::string key) { return {Action::delete_key, std::move(key), {}}; }

RegistryKey control_set(const std::string& name) {
  return {name,
          {},
          {{"Control", {registry_string("", "x")}, {}},
           {"Services",
            {},
            {{"FBWF",
              {registry_dword("Start", 0),
               registry_dword("WinPECacheThreshold", 32),
               {"Odd", static_cast<RegistryType>(0xffff0012), "abc"},
               registry_binary("Long", std::string(16344, '\xab')),
               registry_binary("Empty", ""),
               registry_string("\u65e5", "\u00e9")},
              {}},
             {"Tcpip", {registry_dword("Start", 1)}, {{"Parameters", {}, {{"Deep", {}, {}}}}}}}}}};
}

RegistryKey system_hive() {
  return {"ROOT",
          {},
          {control_set("ControlSet001"),
           control_set("ControlSet002"),
           {"Select", {registry_dword("Current", 2), registry_dword("Default", 1)}, {}},
           {"Setup", {registry_string("CmdLine", "winpeshl.exe")}, {}}}};
}

void set_word(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string with_checksum(std::string bytes) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 508; at += 4) sum ^= word(bytes, at);
  set_word(bytes, 508, sum);
  return bytes;
}

class HiveEdit : public testing::Test {
 protected:
  fs::path made(const RegistryKey& root = system_hive()) {
    return scratch_.write("in", write(root, {5, "SYSTEM"}));
  }
  std::vector<Change> edited(const std::vector<Edit>& edits) {
    return edit(scratch_ / "in", edits, scratch_ / "out");
  }
  // What another program sees differ: lines of before with '-', of after with '+'.
  std::vector<std::string> difference() {
    std::vector<std::string> a = hive_listing(scratch_ / "in"), b = hive_listing(scratch_ / "out");
    std::vector<std::string> lost, gained, all;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(lost));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(gained));
    for (const std::string& line : lost) all.push_back("-" + line);
    for (const std::string& line : gained) all.push_back("+" + line);
    return all;
  }
  // The message of the refusal, after which there is no output and the input is as it was.
  std::string refused(const std::vector<Edit>& edits) {
    std::string before = read_file(scratch_ / "in");
    std::string message = failure_of([&] { edited(edits); });
    EXPECT_FALSE(fs::exists(scratch_ / "out")) << message;
    EXPECT_EQ(read_file(scratch_ / "in"), before);
    return message;
  }

  // What libhivex could read before, it can read afterwards.
  void check_readable() {
    try {
      read(scratch_ / "in");
    } catch (const Failure&) {
      return;
    }
    EXPECT_NO_THROW(read(scratch_ / "out"));
  }

  Scratch scratch_;
};

TEST_F(HiveEdit, DoesWhatItIsToldAndNothingElse) {
  made();
  std::vector<Change> changes = edited({
      set("CurrentControlSet\\Services\\fbwf", registry_dword("winpecachethreshold", 512)),
      set("Setup", registry_string("Added", "\u00e4")),
      set("Setup\\New\\Newer", registry_dword("", 7)),
      drop("ControlSet001\\Control", ""),
      drop("Setup", "absent"),
      make("Setup\\Only"),
      make("SETUP"),
      remove("ControlSet001\\Services\\Tcpip"),
      remove("ControlSet009\\x"),
  });
  std::vector<std::string> expected = {
      "-\\ControlSet001\\Control =string:x",
      "-\\ControlSet001\\Services\\Tcpip",
      "-\\ControlSet001\\Services\\Tcpip Start=int32:1",
      "-\\ControlSet001\\Services\\Tcpip\\Parameters",
      "-\\ControlSet001\\Services\\Tcpip\\Parameters\\Deep",
      "-\\ControlSet002\\Services\\FBWF WinPECacheThreshold=int32:32",
      "+\\ControlSet002\\Services\\FBWF WinPECacheThreshold=int32:512",
      "+\\Setup Added=string:\u00e4",
      "+\\Setup\\New",
      "+\\Setup\\New\\Newer",
      "+\\Setup\\New\\Newer =int32:7",
      "+\\Setup\\Only",
  };
  EXPECT_EQ(joined(difference()), joined(expected));

  ASSERT_EQ(changes.size(), 9u);
  EXPECT_EQ(changes[0].key, "ControlSet002\\Services\\FBWF");
  EXPECT_EQ(changes[0].name, "WinPECacheThreshold");
  EXPECT_EQ(changes[0].before, registry_dword("WinPECacheThreshold", 32));
  EXPECT_FALSE(changes[1].before);
  EXPECT_EQ(changes[2].key, "Setup\\New\\Newer");
  EXPECT_EQ(changes[3].before, registry_string("", "x"));
  EXPECT_EQ(changes[6].key, "Setup");
  std::vector<bool> already;
  for (const Change& change : changes) already.push_back(change.already);
  EXPECT_EQ(already,
            (std::vector<bool>{false, false, false, false, true, false, true, false, true}));
}

TEST_F(HiveEdit, KeepsOrderAndTypesOfTheOtherValues) {
  made();
  edited({set("ControlSet001\\Services\\FBWF", registry_dword("WinPECacheThreshold", 64)),
          set("ControlSet001\\Services\\FBWF", registry_dword("New", 1))});
  std::vector<RegistryValue> expected = control_set("").children[1].children[0].values;
  expected[1] = registry_dword("WinPECacheThreshold", 64);
  expected.push_back(registry_dword("New", 1));
  RegistryKey after = read(scratch_ / "out");
  EXPECT_EQ(after.children[0].children[1].children[0].values, expected);
}

TEST_F(HiveEdit, SameInputSameBytes) {
  made();
  std::vector<Edit> edits = {set("A\\b", registry_string("t", std::string(3000, 'x'))),
                             remove("ControlSet002"), set("A\\a", registry_dword("n", 1))};
  edit(scratch_ / "in", edits, scratch_ / "out1");
  edit(scratch_ / "in", edits, scratch_ / "out2");
  EXPECT_EQ(read_file(scratch_ / "out1"), read_file(scratch_ / "out2"));
}

TEST_F(HiveEdit, ResultCanBeEditedAgain) {
  made();
  edited({set("A\\b", registry_dword("n", 1))});
  fs::rename(scratch_ / "out", scratch_ / "in");
  edited({remove("A"), set("B", registry_dword("n", 1))});
  std::vector<std::string> expected = {"-\\A", "-\\A\\b", "-\\A\\b n=int32:1", "+\\B",
                                       "+\\B n=int32:1"};
  EXPECT_EQ(joined(difference()), joined(expected));
}

TEST_F(HiveEdit, WhatIsAlreadySoGivesACopy) {
  made();
  std::vector<Change> changes = edited({set("setup", registry_string("cmdline", "winpeshl.exe")),
                                        make("Select"), drop("x", "y"), remove("z")});
  for (const Change& change : changes) EXPECT_TRUE(change.already);
  EXPECT_EQ(read_file(scratch_ / "out"), read_file(scratch_ / "in"));
  EXPECT_TRUE(edited({}).empty());
  EXPECT_EQ(read_file(scratch_ / "out"), read_file(scratch_ / "in"));
}

TEST_F(HiveEdit, WhatIsDeletedCannotBeReadFromTheFile) {
  RegistryKey root = system_hive();
  root.children.push_back({"Secret", {registry_string("Hidden", "open sesame")}, {}});
  made(root);
  edited({remove("Secret"), drop(R"(ControlSet001\Services\FBWF)", "Long")});
  std::string before = read_file(scratch_ / "in");
  std::string after = read_file(scratch_ / "out");
  for (const std::string& trace : {to_utf16le("open sesame"), "Hidden"s, "Secret"s}) {
    EXPECT_NE(before.find(trace), std::string::npos);
    EXPECT_EQ(after.find(trace), std::string::npos) << trace;
  }
  EXPECT_EQ(after.find(std::string(16344, '\xab'), after.find(std::string(16344, '\xab')) + 1),
            std::string::npos)
      << "one of the two is left";
}

TEST_F(HiveEdit, ReplacesWhatWasAtTheOutput) {
  made();
  scratch_.write("out", std::string(100'000, 'x'));
  edited({});
  EXPECT_EQ(read_file(scratch_ / "out"), read_file(scratch_ / "in"));
}

TEST_F(HiveEdit, ManySubkeys) {
  RegistryKey root{"ROOT", {}, {}};
  for (int i = 0; i < 2000; ++i) root.children.push_back({fmt::format("key{:04}", i), {}, {}});
  made(root);
  std::vector<Edit> edits;
  for (int i = 0; i < 2000; i += 100) {
    edits.push_back(remove(fmt::format("key{:04}", i)));
    edits.push_back(set(fmt::format("Key{:04}_", i), registry_dword("n", 1)));
  }
  edited(edits);
  std::vector<std::string> names = Reader(scratch_ / "out").children("");
  EXPECT_EQ(names.size(), 2000u);
  auto lower = [](std::string name) {
    name[0] = 'k';
    return name;
  };
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end(),
                             [&](const auto& a, const auto& b) { return lower(a) < lower(b); }));
}

TEST_F(HiveEdit, Refusals) {
  made();
  struct {
    std::vector<Edit> edits;
    std::string message;
  } cases[] = {
      {{remove("")}, "the root key of a registry hive cannot be deleted"},
      {{make("a\\\\b")}, "registry key 'a\\\\b' has an empty name in its path"},
      {{make("\\a")}, "registry key '\\a' has an empty name"},
      {{make("a\\")}, "registry key 'a\\' has an empty name"},
      {{make("Setup\\\u00e4")}, "a registry key cannot be named '\u00e4' here"},
      {{set("Setup\\" + std::string(256, 'k') + "\\x", registry_dword("a", 1))},
       "a registry key cannot be named 'kkk"},
      {{set("Setup", registry_binary("Big", std::string(16345, 'x')))},
       "cannot set value 'Big' of key 'Setup': it has 16345 bytes, and libhivex writes at most "
       "16344"},
      {{set("Setup", registry_dword(std::string(16384, 'n'), 1))},
       "a value of registry key 'Setup' has a name that no hive can hold"},
      {{set("Setup", registry_dword("a\0b"s, 1))}, "a value of registry key 'Setup' has a name"},
      {{set("Setup", registry_dword("\xff", 1))}, "invalid UTF-8"},
      {{set("Setup", registry_dword("v", 1)), set("SETUP", registry_dword("V", 2))},
       "two edits of the registry contradict each other: set value 'v' of key 'Setup' to dword:1; "
       "set value 'V' of key 'SETUP' to dword:2"},
      {{set("ControlSet002\\Control", registry_dword("", 1)),
        drop("CurrentControlSet\\Control", "")},
       "two edits of the registry contradict each other: set value '(default)' of key "
       "'ControlSet002\\Control' to dword:1; delete value '(default)' of key "
       "'CurrentControlSet\\Control'"},
      {{remove("Setup"), set("Setup\\x\\y", registry_dword("v", 1))},
       "two edits of the registry contradict each other: delete key 'Setup'; set value 'v' of key "
       "'Setup\\x\\y'"},
      {{make("New"), remove("new")},
       "two edits of the registry contradict each other: delete key 'new'; create key 'New'"},
  };
  for (const auto& c : cases) {
    std::string message = refused(c.edits);
    EXPECT_EQ(message.substr(0, c.message.size()), c.message);
  }
}

TEST_F(HiveEdit, TheSameTwiceIsNoContradiction) {
  made();
  edited({set("N", registry_dword("v", 1)), set("n", registry_dword("V", 1)), remove("Setup"),
          remove("SETUP"), drop("Setup", "CmdLine")});
  std::vector<std::string> expected = {"-\\Setup", "-\\Setup CmdLine=string:winpeshl.exe", "+\\N",
                                       "+\\N v=int32:1"};
  EXPECT_EQ(joined(difference()), joined(expected));
}

TEST_F(HiveEdit, RefusesBadFiles) {
  std::string good = read_file(made());
  std::string dirty = good;
  set_word(dirty, 4, word(good, 4) + 1);
  scratch_.write("in", with_checksum(dirty));
  EXPECT_NE(refused({}).find("is dirty"), std::string::npos);
  scratch_.write("in", good.substr(0, good.size() - 4096));
  EXPECT_NE(refused({}).find("is truncated"), std::string::npos);
  scratch_.write("in", "no hive");
  EXPECT_NE(refused({}).find("is not a registry hive"), std::string::npos);
  scratch_.write("in", good);
  EXPECT_NE(failure_of([&] { edit(scratch_ / "in", {}, scratch_ / "in"); }).find("in place"),
            std::string::npos);
  fs::create_hard_link(scratch_ / "in", scratch_ / "out");
  EXPECT_NE(failure_of([&] { edited({}); }).find("in place"), std::string::npos);
  EXPECT_EQ(read_file(scratch_ / "in"), good);
}

TEST_F(HiveEdit, ControlSetMustBeThere) {
  RegistryKey root = system_hive();
  root.children[2].values[0] = registry_dword("Current", 3);
  made(root);
  EXPECT_NE(refused({make("CurrentControlSet\\x")}).find("lacks its current control set"),
            std::string::npos);
  root.children[2].values[0] = registry_dword("Current", 1000);
  made(root);
  EXPECT_NE(refused({make("CurrentControlSet\\x")}).find("'Select\\Current' is 1000"),
            std::string::npos);
  root.children[2].values[0] = registry_string("Current", "1");
  made(root);
  EXPECT_NE(refused({make("currentcontrolset")}).find("has no current control set"),
            std::string::npos);
}

// A list of the old kind 'li': the parent keeps bare places of its subkeys.
TEST_F(HiveEdit, ListsThatLibhivexCannotShorten) {
  std::string bytes = read_file(made({"ROOT", {}, {{"a", {}, {}}, {"b", {}, {{"c", {}, {}}}}}}));
  for (std::size_t at = 4096; (at = bytes.find("lh", at)) != std::string::npos; ++at) {
    std::size_t count = static_cast<unsigned char>(bytes[at + 2]);
    if (at % 8 != 4 || count > 2 || static_cast<signed char>(bytes[at - 1]) != -1) continue;
    bytes[at + 1] = 'i';
    for (std::size_t i = 1; i < count; ++i) {
      set_word(bytes, at + 4 + 4 * i, word(bytes, at + 4 + 8 * i));
    }
  }
  scratch_.write("in", bytes);
  EXPECT_NE(refused({remove("a")}).find("libhivex cannot shorten the kind of list ('li')"),
            std::string::npos);
  edited({set("b\\c", registry_dword("n", 1)), make("ab")});
  EXPECT_EQ(joined(difference()), "+\\ab\n+\\b\\c n=int32:1\n");
}

// Any damage ends in a right result or in a Failure; the input stays, no half output does.
// Old hives keep empty values this way: length 0, place -1.
TEST_F(HiveEdit, EmptyValuesWithoutAPlace) {
  std::string bytes = read_file(made());
  std::size_t record = bytes.find("Empty") - 20;
  ASSERT_EQ(bytes.substr(record, 2), "vk");
  set_word(bytes, record + 4, 0);
  set_word(bytes, record + 8, 0xffffffff);
  scratch_.write("in", bytes);
  edited({set("ControlSet001\\Services\\FBWF", registry_dword("Start", 4))});
  EXPECT_EQ(Reader(scratch_ / "out").value("ControlSet001\\Services\\FBWF", "Start"),
            registry_dword("Start", 4));
  edited({remove("ControlSet001")});
  EXPECT_FALSE(Reader(scratch_ / "out").has_key("ControlSet001"));
}

TEST_F(HiveEdit, SurvivesDamage) {
  const std::string good =
      write({"ROOT",
             {registry_string("V", "text"), registry_dword("N", 1)},
             {{"a",
               {registry_binary("B", "12345678"), registry_string("C", "long enough")},
               {{"b", {registry_dword("x", 1)}, {}}, {"d", {}, {}}}}}});
  const std::vector<Edit> edits = {remove("a\\b"), set("a", registry_dword("N", 2)), drop("", "V"),
                                   make("a\\c")};
  int refusals = 0, done = 0;
  for (std::size_t at = 4096; at < good.size(); ++at) {
    if (good.find_first_not_of("\0"s, at) > at + 32) continue;  // free space
    for (int change : {0x00, 0xff, -1, -2}) {
      std::string bytes = good;
      bytes[at] = change >= 0 ? static_cast<char>(change)
                              : static_cast<char>(bytes[at] + (change == -1 ? 8 : 1));
      if (bytes == good) continue;
      fs::remove(scratch_ / "in");  // to truncate it would make the file system wait
      scratch_.write("in", bytes);
      try {
        edited(edits);
        ++done;
        check_readable();
        fs::remove(scratch_ / "out");
      } catch (const Failure& failure) {
        ++refusals;
        ASSERT_FALSE(fs::exists(scratch_ / "out")) << at << " " << change << failure.what();
      }
      if (at % 64 == 0) {
        ASSERT_EQ(read_file(scratch_ / "in"), bytes);
      }
    }
  }
  EXPECT_GT(refusals, 100);
  EXPECT_GT(done, 100);
}

TEST(HiveReader, AnswersInAnyCase) {
  Scratch scratch;
  fs::path file = scratch.write("h", write(system_hive()));
  Reader reader(file);
  EXPECT_EQ(reader.value("SETUP", "CMDLINE"), registry_string("CmdLine", "winpeshl.exe"));
  EXPECT_EQ(reader.value("ControlSet001\\Control", ""), registry_string("", "x"));
  EXPECT_EQ(reader.value("controlset001\\services\\fbwf", "\u65e5"),
            registry_string("\u65e5", "\u00e9"));
  EXPECT_EQ(reader.value("Setup", "none"), std::nullopt);
  EXPECT_EQ(reader.value("none\\x", "none"), std::nullopt);
  EXPECT_TRUE(reader.has_key(""));
  EXPECT_TRUE(reader.has_key("ControlSet001\\services\\Tcpip\\parameters\\DEEP"));
  EXPECT_FALSE(reader.has_key("ControlSet001\\services\\Tcpip\\parameters\\DEE"));
  EXPECT_FALSE(reader.has_key("Setup\\x"));
  EXPECT_EQ(reader.children("ControlSet001"), (std::vector<std::string>{"Control", "Services"}));
  EXPECT_TRUE(reader.children("none").empty());
  EXPECT_NE(failure_of([&] { reader.has_key("a\\\\b"); }).find("empty name"), std::string::npos);
  Reader moved = std::move(reader);
  EXPECT_TRUE(moved.has_key("Setup"));
}

TEST(HiveReader, CurrentControlSet) {
  Scratch scratch;
  RegistryKey root = system_hive();
  root.children[1].children[0].values = {registry_string("Mine", "2")};
  Reader reader(scratch.write("h", write(root)));
  EXPECT_EQ(reader.value("CurrentControlSet\\Control", "Mine"), registry_string("Mine", "2"));
  EXPECT_TRUE(reader.has_key("currentcontrolset"));
  EXPECT_EQ(reader.children("CURRENTCONTROLSET").size(), 2u);
  EXPECT_FALSE(reader.has_key("Setup\\CurrentControlSet"));

  Reader none(scratch.write("none", write({"ROOT", {}, {}})));
  EXPECT_NE(failure_of([&] { none.has_key("CurrentControlSet"); }).find("Select"),
            std::string::npos);
  root.children[2].values[0] = registry_dword("Current", 7);
  Reader missing(scratch.write("missing", write(root)));
  EXPECT_NE(failure_of([&] {
              missing.value("CurrentControlSet\\x", "y");
            }).find("lacks its current control set 'ControlSet007'"),
            std::string::npos);
}

TEST(HiveReader, RefusesFilesThatAreNoCleanHive) {
  Scratch scratch;
  std::string dirty = write(system_hive());
  set_word(dirty, 4, word(dirty, 4) + 1);
  for (const std::string& bytes :
       {"x"s, with_checksum(dirty), write(system_hive()).substr(0, 9000)}) {
    EXPECT_NE(failure_of([&] { Reader reader(scratch.write("h", bytes)); }), "");
  }
  EXPECT_NE(failure_of([&] { Reader reader(scratch / "none"); }).find("cannot open"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia::hive
