// The parts of the launcher that decide something, each by itself.
#include "launcher/bitlocker.h"
#include "launcher/command.h"
#include "launcher/expiry.h"
#include "launcher/menu.h"
#include "launcher/offline_windows.h"
#include "launcher/remote.h"
#include "launcher/text.h"

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

Date day(std::string_view text) { return parse_date(text).value(); }

TEST(LauncherDate, GoesBothWays) {
  EXPECT_EQ(day("1970-01-01").days, 0);
  EXPECT_EQ(day("2000-02-29").days, 11016);
  for (int days = day("1899-12-31").days; days < day("2101-01-02").days; ++days) {
    ASSERT_EQ(day(to_string(Date{days})).days, days);
  }
}

TEST(LauncherDate, RefusesOtherText) {
  for (const char* text :
       {"", "2026-1-01", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
        "0000-01-01", "2026/01/01", "2026-01-011", " 026-01-01", "+026-01-01", "2026-01-1x"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

class LauncherExpiry : public testing::Test {
 protected:
  LauncherExpiry() {
    policy_.built = day("2024-01-01");
    policy_.as_of = day("2026-11-20");
    policy_.expires = day("2026-12-20");
  }
  Validity at(std::string_view today) { return check_expiry(policy_, day(today)).validity; }

  Policy policy_;
};

TEST_F(LauncherExpiry, LastsToItsLastDay) {
  EXPECT_EQ(at("2026-11-20"), Validity::ok);
  EXPECT_EQ(at("2026-12-20"), Validity::ok);
  EXPECT_EQ(at("2026-12-21"), Validity::expired);
  EXPECT_EQ(check_expiry(policy_, day("2026-12-20")).days_left, 0);
  EXPECT_EQ(check_expiry(policy_, day("2027-01-20")).days_over, 31);
}

TEST_F(LauncherExpiry, HasDaysOfGrace) {
  policy_.grace_days = 2;
  EXPECT_EQ(at("2026-12-21"), Validity::grace);
  EXPECT_EQ(check_expiry(policy_, day("2026-12-21")).days_left, 1);
  EXPECT_EQ(at("2026-12-22"), Validity::grace);
  EXPECT_EQ(at("2026-12-23"), Validity::expired);
  policy_.expired = WhenExpired::read_only;
  EXPECT_EQ(at("2026-12-22"), Validity::grace);
  EXPECT_EQ(at("2026-12-23"), Validity::read_only);
}

TEST_F(LauncherExpiry, KnowsAClockThatIsBehind) {
  EXPECT_EQ(at("2026-11-19"), Validity::ok);  // another time zone
  EXPECT_EQ(at("2026-11-18"), Validity::clock_wrong);
  EXPECT_EQ(at("1980-01-01"), Validity::clock_wrong);
  policy_.expires.reset();
  EXPECT_EQ(at("2026-11-18"), Validity::clock_wrong);
  EXPECT_EQ(at("9999-12-31"), Validity::ok);
  policy_.built = day("2027-01-01");
  EXPECT_EQ(at("2026-12-30"), Validity::clock_wrong);
}

TEST_F(LauncherExpiry, OnlyWarnsBelowWindowsOwnMenu) {
  policy_.shell = Shell::winre;
  EXPECT_EQ(at("2026-12-21"), Validity::warn);
  EXPECT_EQ(at("2036-12-21"), Validity::warn);
}

TEST(LauncherCommand, PutsValuesInPlace) {
  const auto expand = [](std::string_view command, std::optional<std::string> value) {
    return expand_command(command, {{"%TARGET_WINDIR%", std::move(value)}});
  };
  EXPECT_EQ(expand("dism /image:%TARGET_WINDIR%\\..", "C:\\Windows"),
            "dism /image:C:\\Windows\\..");
  EXPECT_EQ(expand("a %target_windir%", "C:\\W"), "a C:\\W");
  EXPECT_EQ(expand("a %TARGET_WINDIR% b", "C:\\My Windows"), "a \"C:\\My Windows\" b");
  EXPECT_EQ(expand("a \"%TARGET_WINDIR%\\x\"", "C:\\My Windows"), "a \"C:\\My Windows\\x\"");
  EXPECT_EQ(expand("a \"%TARGET_WINDIR%\" b", "D:\\"), "a \"D:\\\\\" b");
  EXPECT_EQ(expand("a %TARGET_WINDIR%", "D:\\a b\\"), "a \"D:\\a b\\\\\"");
  EXPECT_EQ(expand("a %TARGET_WINDIR%&b", "C:\\x&calc"), "a \"C:\\x&calc\"&b");
  EXPECT_EQ(expand("100% %PATH%", std::nullopt), "100% %PATH%");
}

TEST(LauncherCommand, ExpandsOnce) {
  EXPECT_EQ(expand_command("{ticket} {port}", {{"{ticket}", "{port}"}, {"{port}", "7"}}),
            "\"{port}\" 7");
}

TEST(LauncherCommand, RefusesValuesThatBreakOut) {
  for (const char* value : {"C:\\\" & calc \"", "C:\\a\nb", "C:\\\x7f"}) {
    EXPECT_FALSE(expand_command("a %X%", {{"%X%", value}})) << value;
  }
  EXPECT_FALSE(expand_command("a %X%", {{"%X%", std::nullopt}}));
}

TEST(LauncherCommand, QuotesArguments) {
  EXPECT_EQ(quoted_argument("X:\\a.inf"), "X:\\a.inf");
  EXPECT_EQ(quoted_argument("X:\\my drivers\\a.inf"), "\"X:\\my drivers\\a.inf\"");
  EXPECT_EQ(quoted_argument("a b\\"), "\"a b\\\\\"");
  EXPECT_EQ(quoted_argument("a\\\"b"), "\"a\\\\\\\"b\"");
  EXPECT_EQ(quoted_argument(""), "\"\"");
}

// Eight groups, each 11 times a number below 65536.
constexpr std::string_view kPassword = "000011-720885-123123-000000-110000-654324-000022-099000";

TEST(LauncherBitlocker, TakesARecoveryPassword) {
  EXPECT_EQ(check_recovery_password(kPassword).text, kPassword);
  EXPECT_EQ(check_recovery_password(replaced(kPassword, "-", " ")).text, kPassword);
  EXPECT_EQ(check_recovery_password(replaced(kPassword, "-", "")).text, kPassword);
}

TEST(LauncherBitlocker, FindsWhatIsMistyped) {
  const auto fault = [](std::string_view text) { return check_recovery_password(text).fault; };
  EXPECT_EQ(fault(""), RecoveryFault::length);
  EXPECT_EQ(fault(kPassword.substr(1)), RecoveryFault::length);
  EXPECT_EQ(fault(std::string(kPassword) + "0"), RecoveryFault::length);
  EXPECT_EQ(fault(std::string(100000, '1')), RecoveryFault::length);
  EXPECT_EQ(fault(replaced(kPassword, "000011", "O00011")), RecoveryFault::character);
  EXPECT_EQ(check_recovery_password(replaced(kPassword, "720885", "720896")).group, 2);
  EXPECT_EQ(check_recovery_password(replaced(kPassword, "099000", "099001")).group, 8);
}

TEST(LauncherBitlocker, FindsTheKeyIdInAnyLanguage) {
  const std::string id = "6E2B4A1C-0000-4111-8222-ABCDEF012345";
  EXPECT_EQ(key_id_in("Numerisches Kennwort:\r\n  ID: {" + replaced(id, "ABC", "abc") + "}\r\n"),
            id);
  EXPECT_EQ(key_id_in("{no} {" + id + "} {" + id + "}"), id);
  for (const std::string& text :
       {std::string(), std::string("{"), "{" + id, id + "}", "{" + id.substr(1) + "}",
        "{" + replaced(id, "-", "0") + "}", "{" + replaced(id, "ABC", "XYZ") + "}"}) {
    EXPECT_FALSE(key_id_in(text)) << text;
  }
}

TEST(LauncherRemote, MakesTicketsOfRandomBytes) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(make_ticket(bytes), "0123-4567-8901-2345");
  bytes.insert(bytes.begin(), {250, 255});  // would make some digits likelier
  EXPECT_EQ(make_ticket(bytes), "0123-4567-8901-2345");
  bytes.pop_back();
  EXPECT_FALSE(make_ticket(bytes));
  EXPECT_FALSE(make_ticket({}));
  EXPECT_FALSE(make_ticket(std::vector<std::uint8_t>(64, 255)));
}

TEST(LauncherRemote, StaysInTheRangeOfPorts) {
  EXPECT_EQ(make_port(0, 0), 49152U);
  EXPECT_EQ(make_port(255, 255), 65535U);
  EXPECT_EQ(make_port(0x40, 1), 49153U);
}

TEST(LauncherRemote, WritesAddresses) {
  EXPECT_EQ(ipv4_text({192, 168, 0, 255}), "192.168.0.255");
  EXPECT_EQ(ipv6_text({}), "::");
  EXPECT_EQ(ipv6_text({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "::1");
  EXPECT_EQ(ipv6_text({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "2001:db8::");
  EXPECT_EQ(ipv6_text({0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3}), "2001:0:1::2:0:3");
  EXPECT_EQ(ipv6_text({0x20, 1, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0xab, 0xcd}),
            "2001:0:1:2:3:4:5:abcd");
}

TEST(LauncherRemote, WritesTheHelpDeskFile) {
  EXPECT_EQ(inv32_xml("12-34", 3388, {{false, "10.0.0.2"}, {true, "fd00::2"}}),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<E>\r\n<A ID=\"12-34\"/>\r\n<C><T>\r\n"
            "<L P=\"3388\" N=\"fd00::2\"/>\r\n<L P=\"3388\" N=\"10.0.0.2\"/>\r\n"
            "</T></C>\r\n</E>\r\n");
  EXPECT_EQ(inv32_xml("1", 2, {{true, "fe80::1", true}}).find("fe80"), std::string::npos);
  EXPECT_NE(inv32_xml("\"<&", 1, {}).find("ID=\"&quot;&lt;&amp;\""), std::string::npos);
}

TEST(LauncherWindows, NamesWhatItIs) {
  const auto name = [](const char* product, const char* build) {
    WindowsValues values;
    values.product_name = product;
    values.edition_id = "Professional";
    values.build = build;
    return windows_name(values);
  };
  EXPECT_EQ(name("Windows 10 Pro", "19045"), "Windows 10 Pro");
  EXPECT_EQ(name("Windows 10 Pro", "22000"), "Windows 11 Pro");
  EXPECT_EQ(name("Windows Server 2025", "26100"), "Windows Server 2025");
  EXPECT_EQ(name("", "26100"), "Windows Professional");
  EXPECT_EQ(name("Windows 10 Pro", "26x"), "Windows 10 Pro");
  EXPECT_EQ(windows_name({}), "Windows");
  EXPECT_EQ(windows_build({"", "", "", "26100", "1742", ""}), "10.0.26100.1742");
  EXPECT_EQ(windows_build({"", "", "", "7601", "", ""}), "7601");
  EXPECT_EQ(windows_build({}), "");
  EXPECT_EQ(language_name("040c"), "fr-FR");
  EXPECT_EQ(language_name("0FFF"), "0FFF");
}

TEST(LauncherMenu, ConfirmsByTitleOrWord) {
  EXPECT_TRUE(is_confirmed(" disk wipe ", "Disk Wipe", Language::en));
  EXPECT_TRUE(is_confirmed("destroy", "Disk Wipe", Language::en));
  EXPECT_TRUE(is_confirmed("Vernichten", "Disk Wipe", Language::de));
  EXPECT_FALSE(is_confirmed("", "Disk Wipe", Language::en));
  EXPECT_FALSE(is_confirmed("Disk", "Disk Wipe", Language::en));
  EXPECT_FALSE(is_confirmed("yes", "Disk Wipe", Language::en));
}

TEST(LauncherMenu, AsksAsThePolicySays) {
  for (const Confirm confirm : {Confirm::destructive, Confirm::high, Confirm::all}) {
    EXPECT_EQ(question_before(confirm, Risk::destructive), Question::typed);
  }
  EXPECT_EQ(question_before(Confirm::destructive, Risk::high), Question::none);
  EXPECT_EQ(question_before(Confirm::high, Risk::high), Question::plain);
  EXPECT_EQ(question_before(Confirm::high, Risk::data), Question::none);
  EXPECT_EQ(question_before(Confirm::all, Risk::low), Question::plain);
}

TEST(LauncherText, KnowsUtf8) {
  for (const char* good : {"", "a", "ä", "€", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_utf8(good));
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace remedia::launcher
