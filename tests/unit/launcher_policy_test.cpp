// The launcher's policy file: what it may hold, and what is said about what it may not.
#include "launcher/policy.h"
#include "launcher/text.h"

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

constexpr std::string_view kHead =
    "remedia policy 1\n"
    "# a comment\n"
    "image = helpdesk\n"
    "title = Contoso recovery\n"
    "tier = L1\n"
    "revision = 0123456789abcdef\n"
    "built = 2024-01-01\n"
    "as_of = 2026-11-20\n"
    "base = 10.0.26100.1742\n"
    "arch = amd64\n"
    "network = yes\n"
    "bitlocker = no\n"
    "confirm = high\n";

constexpr std::string_view kTool =
    "[tool chkdsk]\n"
    "title = Check disk\n"
    "description = Repairs.\\nSlowly.\n"
    "group = Disk\n"
    "risk = high\n"
    "command = chkdsk.exe\n";

std::string all(const PolicyResult& result) {
  std::string text;
  for (const PolicyError& error : result.errors) text += to_string(error) + "\n";
  return text;
}

std::string errors_of(std::string_view more, std::string_view head = kHead) {
  return all(read_policy(std::string(head) + std::string(more)));
}

std::string without(std::string_view text, std::string_view line) {
  return replaced(text, line, "");
}

TEST(LauncherPolicy, ReadsWhatIsGiven) {
  const PolicyResult result =
      read_policy(std::string(kHead) +
                  "expires = 2026-12-20\nexpired = read_only\ngrace_days = 14\nclock = refuse\n"
                  "contact = Frau Müller\\n4711 \\\\ 12\nlanguage = de\n"
                  "keyboards = 0407:00000407, 0409:00000409\nremote_agent = a.exe {ticket} {port}\n"
                  "remote_port = 3388\nremote_message = Grüße\nshell = winre\n\n" +
                  std::string(kTool) + "needs = network  windows\nfile = X:\\\\a.exe\n");
  EXPECT_EQ(all(result), "");
  const Policy& policy = result.policy;
  EXPECT_EQ(policy.image, "helpdesk");
  EXPECT_EQ(to_string(*policy.expires), "2026-12-20");
  EXPECT_EQ(policy.expired, WhenExpired::read_only);
  EXPECT_EQ(policy.grace_days, 14U);
  EXPECT_EQ(policy.clock, WrongClock::refuse);
  EXPECT_EQ(policy.contact, "Frau Müller\n4711 \\ 12");
  EXPECT_EQ(policy.language, Language::de);
  ASSERT_EQ(policy.keyboards.size(), 2U);
  EXPECT_EQ(policy.keyboards[1].layout, "00000409");
  EXPECT_EQ(policy.remote_port, 3388U);
  EXPECT_EQ(policy.shell, Shell::winre);
  ASSERT_EQ(policy.tools.size(), 1U);
  EXPECT_EQ(policy.tools[0].description, "Repairs.\nSlowly.");
  EXPECT_TRUE(policy.tools[0].needs_network);
  EXPECT_TRUE(policy.tools[0].needs_windows);
  EXPECT_EQ(policy.tools[0].file, "X:\\a.exe");
}

TEST(LauncherPolicy, LeavesOutWhatMayBeLeftOut) {
  const PolicyResult result = read_policy(kHead);
  EXPECT_EQ(all(result), "");
  EXPECT_FALSE(result.policy.expires);
  EXPECT_EQ(result.policy.clock, WrongClock::ask);
  EXPECT_EQ(result.policy.shell, Shell::launcher);
}

TEST(LauncherPolicy, KnowsWhatTheImageKnows) {
  const PolicyResult result = read_policy(
      std::string(kHead) +
      "definitions = 1.403.55.0\ndefinitions_date = 2026-11-20\ndefinitions_until = 2026-12-04\n"
      "debuggers = 10.0.26100.1\nsymbols = 14\n");
  EXPECT_EQ(all(result), "");
  EXPECT_EQ(result.policy.definitions, "1.403.55.0");
  EXPECT_EQ(to_string(result.policy.definitions_date.value()), "2026-11-20");
  EXPECT_EQ(to_string(result.policy.definitions_until.value()), "2026-12-04");
  EXPECT_EQ(result.policy.debuggers, "10.0.26100.1");
  EXPECT_EQ(result.policy.symbols, 14U);
}

TEST(LauncherPolicy, DefinitionsMayBeOfAnUnknownDay) {
  const PolicyResult result =
      read_policy(std::string(kHead) + "definitions = 1.403.55.0\nsymbols = 0\n");
  EXPECT_EQ(all(result), "");
  EXPECT_FALSE(result.policy.definitions_date);
  EXPECT_FALSE(result.policy.definitions_until);
  EXPECT_EQ(result.policy.debuggers, "");
  EXPECT_EQ(result.policy.symbols, 0U);
}

TEST(LauncherPolicy, TakesWindowsLineEnds) {
  EXPECT_EQ(all(read_policy(replaced(kHead, "\n", "\r\n"))), "");
}

TEST(LauncherPolicy, RefusesOtherFirstLines) {
  for (const char* text : {"", "\n", "remedia policy 2\n", "remedia policy 1 \n",
                           "\xef\xbb\xbfremedia policy 1\n", "image = x\n"}) {
    EXPECT_EQ(errors_of("", text), "line 1: the first line has to be 'remedia policy 1'\n");
  }
}

TEST(LauncherPolicy, RefusesWhatIsNoText) {
  EXPECT_EQ(errors_of("contact = \xff\n"), "the file is not UTF-8\n");
  EXPECT_EQ(errors_of("contact = \xc0\xaf\n"), "the file is not UTF-8\n");
  EXPECT_EQ(errors_of("contact = \xed\xa0\x80\n"), "the file is not UTF-8\n");
  EXPECT_EQ(errors_of("contact = a\x01"
                      "b\n"),
            "line 14: the line holds a control character\n");
  EXPECT_EQ(errors_of(std::string_view("contact = a\0b\n", 14)),
            "line 14: the line holds a control character\n");
  EXPECT_EQ(errors_of(std::string(1 << 20, '#')), "the file is larger than 1 MiB\n");
}

TEST(LauncherPolicy, NamesLineAndReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"expirse = 2026-12-20\n", "line 14: unknown key 'expirse'\n"},
      {"image = again\n", "line 14: 'image' is here twice\n"},
      {"contact\n", "line 14: a line is 'key = value', not 'contact'\n"},
      {"contact =\n", "line 14: 'contact' has no value\n"},
      {"contact = a\\b\n",
       "line 14: a backslash is written '\\\\' and a new line '\\n'; nothing else follows '\\'\n"},
      {"contact = a\\\n",
       "line 14: a backslash is written '\\\\' and a new line '\\n'; nothing else follows '\\'\n"},
      {"expires = 2026-02-30\n", "line 14: 'expires' is no date like 2026-12-20: '2026-02-30'\n"},
      {"expires = 20.12.2026\n", "line 14: 'expires' is no date like 2026-12-20: '20.12.2026'\n"},
      {"expired = warn\n", "line 14: 'expired' is one of nothing, read_only, not 'warn'\n"},
      {"grace_days = 366\n", "line 14: 'grace_days' is 0 to 365, not '366'\n"},
      {"grace_days = -1\n", "line 14: 'grace_days' is 0 to 365, not '-1'\n"},
      {"language = fr\n", "line 14: 'language' is one of en, de, not 'fr'\n"},
      {"keyboards = 0407\n", "line 14: a keyboard is written like 0407:00000407, not '0407'\n"},
      {"keyboards = 0407:00000407,\n",
       "line 14: a keyboard is written like 0407:00000407, not ''\n"},
      {"remote_agent = a\nremote_port = 0\n",
       "line 15: 'remote_port' is 'random' or 1 to 65535, not '0'\n"},
      {"remote_agent = a\nremote_port = 65536\n",
       "line 15: 'remote_port' is 'random' or 1 to 65535, not '65536'\n"},
      {"remote_port = 5\n", "line 14: 'remote_port' has no effect without 'remote_agent'\n"},
      {"remote_title = x\n", "line 14: 'remote_title' has no effect without 'remote_agent'\n"},
      {"remote_agent = a\nremote_title = x\\ny\n", "line 15: 'remote_title' is a single line\n"},
      {"definitions = 1.403.55\n",
       "line 14: 'definitions' is a version of four numbers, not '1.403.55'\n"},
      {"definitions = 1.403.55.65536\n",
       "line 14: 'definitions' is a version of four numbers, not '1.403.55.65536'\n"},
      {"definitions = 1.403.55.0 beta\n",
       "line 14: 'definitions' is a version of four numbers, not '1.403.55.0 beta'\n"},
      {"definitions = 1.2.3.4\ndefinitions_date = 2026-13-01\n",
       "line 15: 'definitions_date' is no date like 2026-12-20: '2026-13-01'\n"},
      {"definitions_date = 2026-11-20\n",
       "line 14: 'definitions_date' has no effect without 'definitions'\n"},
      {"definitions = 1.2.3.4\ndefinitions_until = 2026-12-04\n",
       "line 15: 'definitions_until' has no effect without 'definitions_date'\n"},
      {"definitions = 1.2.3.4\ndefinitions_date = 2026-11-20\ndefinitions_until = 2026-11-19\n",
       "line 16: 'definitions_until' is before 'definitions_date'\n"},
      {"debuggers = here\n", "line 14: 'debuggers' is a version of four numbers, not 'here'\n"},
      {"symbols = many\n", "line 14: 'symbols' is a number of files, not 'many'\n"},
      {"symbols = -1\n", "line 14: 'symbols' is a number of files, not '-1'\n"},
      {"[group x]\n", "line 14: a section is '[tool ID]', not '[group x]'\n"},
  };
  for (const auto& [text, error] : cases) {
    const std::string found = errors_of(text);
    EXPECT_EQ(found.substr(0, std::string_view(error).size()), error) << text;
  }
}

TEST(LauncherPolicy, WantsEveryKeyOfTheHead) {
  for (const char* line : {"image = helpdesk\n", "title = Contoso recovery\n", "tier = L1\n",
                           "revision = 0123456789abcdef\n", "built = 2024-01-01\n",
                           "as_of = 2026-11-20\n", "base = 10.0.26100.1742\n", "arch = amd64\n",
                           "network = yes\n", "bitlocker = no\n", "confirm = high\n"}) {
    const std::string key(line, std::string_view(line).find(' '));
    EXPECT_EQ(errors_of("", without(kHead, line)), "'" + key + "' is missing\n");
  }
}

TEST(LauncherPolicy, WantsEveryKeyOfATool) {
  EXPECT_EQ(errors_of(kTool), "");
  for (const char* line : {"title = Check disk\n", "description = Repairs.\\nSlowly.\n",
                           "group = Disk\n", "risk = high\n", "command = chkdsk.exe\n"}) {
    const std::string key(line, std::string_view(line).find(' '));
    EXPECT_EQ(errors_of(without(kTool, line)),
              "line 14: '" + key + "' of the tool 'chkdsk' is missing\n");
  }
}

TEST(LauncherPolicy, TheOutputOfAToolIsShownIfItSaysSo) {
  const std::string head(kHead);
  const PolicyResult result =
      read_policy(head + std::string(kTool) + "show = output\n" + replaced(kTool, "chkdsk", "b"));
  EXPECT_EQ(all(result), "");
  ASSERT_EQ(result.policy.tools.size(), 2U);
  EXPECT_TRUE(result.policy.tools[0].show_output);
  EXPECT_FALSE(result.policy.tools[1].show_output);
}

TEST(LauncherPolicy, RefusesWrongTools) {
  const std::string twice = std::string(kTool) + std::string(kTool);
  EXPECT_EQ(errors_of(twice), "line 20: the tool 'chkdsk' is here twice\n");
  EXPECT_EQ(errors_of(replaced(kTool, "chkdsk]", "Chk Dsk]")),
            "line 14: 'Chk Dsk' is no id of a tool: a-z, 0-9, - and _, up to 64\n");
  EXPECT_EQ(errors_of(replaced(kTool, "risk = high", "risk = none")),
            "line 18: 'risk' is one of low, data, high, destructive, not 'none'\n");
  EXPECT_EQ(errors_of(std::string(kTool) + "needs = luck\n"),
            "line 20: 'needs' lists network and windows, not 'luck'\n");
  for (const char* value : {"window", "Output", "output output", "yes"}) {
    EXPECT_EQ(errors_of(std::string(kTool) + "show = " + value + "\n"),
              std::string("line 20: 'show' is one of output, not '") + value + "'\n");
  }
  EXPECT_EQ(errors_of("show = output\n" + std::string(kTool)), "line 14: unknown key 'show'\n");
  EXPECT_EQ(errors_of(std::string(kTool) + "image = x\n"), "line 20: unknown key 'image'\n");
  EXPECT_EQ(errors_of(replaced(kTool, "title = Check disk", "title = Check\\ndisk")),
            "line 15: 'title' is a single line\n");
}

TEST(LauncherPolicy, LimitsTheMessageByCharacters) {
  const std::string fits = replaced(std::string(2048, 'x'), "x", "ü");
  EXPECT_EQ(errors_of("remote_agent = a\nremote_message = " + fits + "\n"), "");
  EXPECT_EQ(errors_of("remote_agent = a\nremote_message = " + fits + "ü\n"),
            "line 15: 'remote_message' has more than 2048 characters\n");
}

TEST(LauncherPolicy, LimitsTheNumberOfTools) {
  std::string tools;
  for (int i = 0; i < 200; ++i) tools += replaced(kTool, "chkdsk]", "t" + std::to_string(i) + "]");
  EXPECT_EQ(errors_of(tools), "");
  EXPECT_NE(errors_of(tools + std::string(kTool)).find("more than 200 tools"), std::string::npos);
}

TEST(LauncherPolicy, TellsErrorsInTheOrderOfTheLines) {
  EXPECT_EQ(errors_of("clock = no\nexpired = no\n"),
            "line 14: 'clock' is one of ask, refuse, not 'no'\n"
            "line 15: 'expired' is one of nothing, read_only, not 'no'\n");
}

TEST(LauncherPolicy, SurvivesDamage) {
  const std::string good = std::string(kHead) + std::string(kTool);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'\0', '\n', '[', '=', '\\', '\x80'}) {
      std::string damaged = good;
      damaged[at] = c;
      read_policy(damaged);
      read_policy(damaged.substr(0, at));
    }
  }
}

}  // namespace
}  // namespace remedia::launcher
