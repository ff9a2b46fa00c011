#include "formats/network_texts.h"

#include "support/process.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

NetworkTree one() {
  NetworkTree tree;
  tree.recipe_name = "helpdesk";
  tree.images = {{.file = "tftp/Boot/boot.wim",
                  .name = "Help desk",
                  .description = "First level",
                  .arch = "amd64",
                  .version = "2024.01-1a2b",
                  .sha256 = std::string(64, 'a')}};
  return tree;
}

NetworkTree two() {
  NetworkTree tree = one();
  tree.images.push_back({.file = "tftp/Boot/boot2.wim",
                         .name = "Laboratory",
                         .description = "",
                         .arch = "amd64",
                         .version = "7",
                         .sha256 = std::string(64, 'b')});
  return tree;
}

NetworkTree named(const std::string& name) {
  NetworkTree tree = one();
  tree.images[0].name = name;
  return tree;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

// Without comments and empty lines.
std::string statements(const std::string& text, std::string_view comment) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    if (line.find_first_not_of(" \r") != std::string::npos && line.rfind(comment, 0) != 0) {
      out += line + "\n";
    }
    start = end + 1;
  }
  return out;
}

using Maker = std::string (*)(const NetworkTree&);
constexpr Maker kMakers[] = {dnsmasq_conf, ipxe_script, cm_boot_image_note, wdsutil_script,
                             network_readme};

// ---- dnsmasq ----

TEST(NetworkTexts, DnsmasqServesOneInterfaceAndAllClients) {
  NetworkTree tree = one();
  tree.interface = "br-lab.7";
  tree.network = "10.20.0.0";
  tree.tftp_root = "/srv/with space, \"quotes\" \\ and #";
  EXPECT_EQ(statements(dnsmasq_conf(tree), "#"),
            "interface=br-lab.7\n"
            "dhcp-range=10.20.0.0,proxy\n"
            "tftp-root=\"/srv/with space, \\\"quotes\\\" \\\\ and #\"\n"
            "port=0\n"
            "except-interface=lo\n"
            "bind-interfaces\n"
            "pxe-service=x86PC,\"Recovery\",Boot/x64/pxeboot.n12\n"
            "pxe-service=x86-64_EFI,\"Recovery\",Boot/x64/bootmgfw.efi\n"
            "pxe-service=BC_EFI,\"Recovery\",Boot/x64/bootmgfw.efi\n"
            "enable-tftp\n"
            "tftp-no-fail\n"
            "log-dhcp\n");
}

TEST(NetworkTexts, DnsmasqAcceptsItsConfiguration) {
  Scratch scratch;
  NetworkTree arm = one();
  arm.arch = "arm64";
  arm.bios = false;
  NetworkTree x86 = one();
  x86.arch = "x86";
  NetworkTree odd = one();
  odd.tftp_root = "/srv/with space, \"quotes\" \\ and #";
  for (const NetworkTree& tree : {one(), two(), arm, x86, odd}) {
    fs::path conf = scratch.write("dnsmasq.conf", dnsmasq_conf(tree));
    EXPECT_TRUE(
        has(run_checked({"/usr/sbin/dnsmasq", "--test", "-C", conf.string()}), "syntax check OK"));
  }
  fs::path broken = scratch.write("dnsmasq.conf", dnsmasq_conf(one()) + "pxe-service=nonsense\n");
  EXPECT_NE(run_process({"/usr/sbin/dnsmasq", "--test", "-C", broken.string()}).status, 0);
}

TEST(NetworkTexts, DnsmasqOffersOnlyWhatIsThere) {
  NetworkTree tree = one();
  tree.uefi = false;
  EXPECT_EQ(count_of(dnsmasq_conf(tree), "pxe-service="), 1u);
  EXPECT_TRUE(has(dnsmasq_conf(tree), "pxe-service=x86PC,"));
  tree = one();
  tree.bios = false;
  EXPECT_FALSE(has(dnsmasq_conf(tree), "x86PC"));
  tree.arch = "arm64";
  EXPECT_EQ(count_of(dnsmasq_conf(tree), "pxe-service="), 1u);
  EXPECT_TRUE(
      has(dnsmasq_conf(tree), "pxe-service=ARM64_EFI,\"Recovery\",Boot/arm64/bootmgfw.efi"));
}

TEST(NetworkTexts, SitesAreChecked) {
  for (std::string name : {"", "eth0\nuser=root", "eth 0", "a,b", "sixteen-chars-xx", "eth0/1"}) {
    NetworkTree tree = one();
    tree.interface = name;
    EXPECT_TRUE(has(failure_of([&] { dnsmasq_conf(tree); }), "network interface")) << name;
  }
  for (std::string network : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1..2.3", "1.2.3.", "01.2.3.4",
                              "1.2.3.4/24", "a.b.c.d", "99999999999.1.1.1", "::1", "-1.2.3.4"}) {
    NetworkTree tree = one();
    tree.network = network;
    EXPECT_EQ(failure_of([&] { dnsmasq_conf(tree); }),
              fmt::format("'{}' is not an IPv4 address", network));
  }
  for (std::string root : {"", "srv", "/srv\nuser=root", "/\xff"}) {
    NetworkTree tree = one();
    tree.tftp_root = root;
    EXPECT_TRUE(has(failure_of([&] { dnsmasq_conf(tree); }), "TFTP root")) << root;
  }
}

// ---- iPXE ----

TEST(NetworkTexts, IpxeStartsTheOnlyImage) {
  EXPECT_EQ(ipxe_script(one()).rfind("#!ipxe\n", 0), 0u);
  EXPECT_EQ(statements(ipxe_script(one()), "#"),
            "isset ${base} || set base http://${next-server}\n"
            ":image1\n"
            "kernel ${base}/wimboot || goto failed\n"
            "initrd --name boot.wim ${base}/Boot/boot.wim boot.wim || goto failed\n"
            "boot || goto failed\n"
            ":failed\n"
            "echo The recovery image could not be loaded from ${base}\n"
            "prompt Press a key to leave iPXE\n"
            "exit 1\n");
}

TEST(NetworkTexts, IpxeHasAMenuOfSeveralImages) {
  NetworkTree tree = two();
  tree.default_image = 1;
  tree.timeout_seconds = 15;
  std::string script = statements(ipxe_script(tree), "#");
  EXPECT_TRUE(has(script,
                  "menu Recovery images: helpdesk\n"
                  "item image1 Help desk\n"
                  "item image2 Laboratory\n"
                  "choose --default image2 --timeout 15000 image || exit 0\n"
                  "goto ${image}\n"
                  ":image1\n"));
  EXPECT_TRUE(has(script,
                  ":image2\nkernel ${base}/wimboot || goto failed\n"
                  "initrd --name boot.wim ${base}/Boot/boot2.wim boot.wim || goto failed\n"));
  tree.timeout_seconds = 0;
  EXPECT_TRUE(has(ipxe_script(tree), "item image2 Laboratory\ngoto image2\n"))
      << "who does not wait starts the default";
}

TEST(NetworkTexts, IpxeNamesCannotBeCommands) {
  NetworkTree tree = two();
  tree.images[0].name = "a || exit ; b && c # d ${net0/ip} \"e\" Größe %";
  EXPECT_TRUE(
      has(ipxe_script(tree), "\nitem image1 a ?? exit ? b ?? c ? d ??net0/ip? ?e? Gr??e ?\n"));
}

// ---- Configuration Manager ----

TEST(NetworkTexts, ConfigurationManagerGetsEachImage) {
  std::string note = cm_boot_image_note(two());
  EXPECT_TRUE(
      has(note,
          "   tftp\\Boot\\boot.wim  to  \\\\SERVER\\SHARE\\helpdesk\\2024.01-1a2b\\boot.wim\r\n"));
  EXPECT_TRUE(has(
      note,
      "   New-CMBootImage -Path '\\\\SERVER\\SHARE\\helpdesk\\2024.01-1a2b\\boot.wim' -Index 1 "
      "-Name 'Help desk (2024.01-1a2b)' -Version '2024.01-1a2b' -Description 'First level'\r\n"));
  EXPECT_TRUE(has(note, "-Name 'Laboratory (7)' -Version '7'\r\n"));
  EXPECT_EQ(count_of(note, "Start-CMContentDistribution -BootImageName '"), 2u);
  EXPECT_EQ(count_of(note, "-DeployFromPxeDistributionPoint $true"), 2u);
  EXPECT_TRUE(has(note, std::string(64, 'b') + "  tftp/Boot/boot2.wim\r\n"));
}

TEST(NetworkTexts, ConfigurationManagerTakesNamesLiterally) {
  EXPECT_TRUE(has(cm_boot_image_note(named("it's $(x) `n \"q\"")),
                  "-Name 'it''s $(x) `n \"q\" (2024.01-1a2b)'"));
  // PowerShell takes these for quotes too.
  std::string note = cm_boot_image_note(named("a\u2018; b\u2019 c\u201a d\u201b Größe"));
  EXPECT_TRUE(has(note,
                  "-Name 'a\u2018\u2018; b\u2019\u2019 c\u201a\u201a d\u201b\u201b "
                  "Größe (2024.01-1a2b)'"))
      << note;
}

// ---- wdsutil ----

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  std::size_t begin = text.find(from);
  std::size_t end = text.find(to, begin);
  return begin == std::string::npos || end == std::string::npos ? ""
                                                                : text.substr(begin, end - begin);
}

TEST(NetworkTexts, WdsutilGetsEachImageAfterAllWereChecked) {
  std::string script = wdsutil_script(two());
  std::string next = "if not \"%ERRORLEVEL%\"==\"0\" exit /b %ERRORLEVEL%\r\n";
  std::string a(64, 'a');
  std::string b(64, 'b');
  EXPECT_EQ(
      between(script, "set \"FILE=", "\r\nexit /b 0"),
      "set \"FILE=tftp\\Boot\\boot.wim\"\r\nset \"SHA256=" + a + "\"\r\ncall :verify\r\n" + next +
          "set \"FILE=tftp\\Boot\\boot2.wim\"\r\nset \"SHA256=" + b + "\"\r\ncall :verify\r\n" +
          next +
          "\r\nset \"FILE=tftp\\Boot\\boot.wim\"\r\nset \"NAME=Help desk\"\r\n"
          "set \"DESCRIPTION=First level\"\r\nset \"VERSION=2024.01-1a2b\"\r\nset \"ARCH=x64\"\r\n"
          "set \"STORED=helpdesk-2024.01-1a2b-boot.wim\"\r\ncall :import\r\n" +
          next +
          "set \"FILE=tftp\\Boot\\boot2.wim\"\r\nset \"NAME=Laboratory\"\r\n"
          "set \"DESCRIPTION=Recovery image of helpdesk\"\r\nset \"VERSION=7\"\r\nset "
          "\"ARCH=x64\"\r\n"
          "set \"STORED=helpdesk-7-boot2.wim\"\r\ncall :import\r\n" +
          next);
}

// What cmd.exe is known to stumble over.
TEST(NetworkTexts, TheCmdIsOneThatCmdReads) {
  std::string script = wdsutil_script(two());
  EXPECT_EQ(count_of(script, "\n"), count_of(script, "\r\n"));
  EXPECT_EQ(script.rfind("@echo off\r\n", 0), 0u);
  for (char c : script) EXPECT_TRUE(c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f));
  for (const char* label :
       {"usage", "parameters_read", "not_elevated", "no_wds", "verify", "missing", "damaged",
        "import", "refused", "there", "replace", "nothing_to_replace"}) {
    EXPECT_EQ(count_of(script, fmt::format("\r\n:{}\r\n", label)), 1u) << label;
    EXPECT_GE(count_of(script, fmt::format(":{}\r\n", label)), 2u) << label;  // and is used
  }
  // A name is never outside of quotes, where & and | would be commands.
  for (std::string_view name : {"%NAME%", "%NEW%", "%DESCRIPTION%", "%FILE%", "%HERE%"}) {
    for (std::size_t at = 0; (at = script.find(name, at)) != std::string::npos; ++at) {
      std::string line = script.substr(script.rfind('\n', at) + 1);
      line.resize(at - script.rfind('\n', at) - 1);
      EXPECT_EQ(count_of(line, "\"") % 2, 1u) << line << name;
    }
  }
}

TEST(NetworkTexts, TheCmdTouchesNoOtherImage) {
  std::string script = wdsutil_script(two());
  EXPECT_EQ(count_of(script, "/Replace-Image"), 1u);
  for (const char* word : {"/Remove-Image", "/Set-Image", "/Disable", "del ", "rmdir", "format"}) {
    EXPECT_FALSE(has(script, word)) << word;
  }
}

TEST(NetworkTexts, WdsutilNamesAreEscapedOrRefused) {
  auto name_in = [](const std::string& name) {
    return between(wdsutil_script(named(name)), "set \"NAME=", "\r\n");
  };
  EXPECT_EQ(name_in("100 % & <a> | b ^ !x! (y)"), "set \"NAME=100 %% & <a> | b ^ !x! (y)\"");
  EXPECT_EQ(name_in("%PATH%"), "set \"NAME=%%PATH%%\"");
  EXPECT_EQ(name_in("Größe"), "set \"NAME=helpdesk boot.wim\"");
  EXPECT_TRUE(has(failure_of([&] { name_in("a \"b\""); }), "double quote"));
  EXPECT_TRUE(has(failure_of([&] { name_in("a\\"); }), "backslash"));
  NetworkTree tree = one();
  tree.images[0].description = "ends in \\";
  EXPECT_TRUE(has(failure_of([&] { wdsutil_script(tree); }), "the description 'ends in \\'"));
}

// ---- all ----

TEST(NetworkTexts, TheReadmeNamesWhatIsThere) {
  std::string readme = network_readme(two());
  for (const char* part :
       {"Import-RecoveryImage.ps1", "Import-RecoveryImage.cmd", "New-CMBootImage.txt",
        "dnsmasq.conf", "boot.ipxe", "Boot/x64/bootmgfw.efi", "Boot/x64/pxeboot.n12",
        "Boot/x64/bootmgr.exe", "Help desk (2024.01-1a2b), amd64"}) {
    EXPECT_TRUE(has(readme, part)) << part << "\n" << readme;
  }
  NetworkTree arm = one();
  arm.arch = "arm64";
  arm.bios = false;
  EXPECT_TRUE(has(network_readme(arm), "Boot/arm64/bootmgfw.efi"));
  EXPECT_FALSE(has(network_readme(arm), "pxeboot"));
}

TEST(NetworkTexts, AllRefuseTreesThatCannotBe) {
  struct {
    const char* what;
    void (*change)(NetworkTree&);
  } cases[] = {
      {"without images", [](NetworkTree& t) { t.images.clear(); }},
      {"name of a recipe", [](NetworkTree& t) { t.recipe_name = "a b"; }},
      {"name of a recipe", [](NetworkTree& t) { t.recipe_name = ""; }},
      {"has no name", [](NetworkTree& t) { t.images[0].name = ""; }},
      {"control character", [](NetworkTree& t) { t.images[0].name = "a\nb"; }},
      {"control character", [](NetworkTree& t) { t.images[0].description = "a\rb"; }},
      {"not valid UTF-8", [](NetworkTree& t) { t.images[0].name = "\xff"; }},
      {"cannot be the file", [](NetworkTree& t) { t.images[0].file = "Boot/boot.wim"; }},
      {"cannot be the file", [](NetworkTree& t) { t.images[0].file = "tftp/"; }},
      {"cannot be the file", [](NetworkTree& t) { t.images[0].file = "tftp/../boot.wim"; }},
      {"cannot be the file", [](NetworkTree& t) { t.images[0].file = "tftp/a b.wim"; }},
      {"cannot be the file", [](NetworkTree& t) { t.images[0].file = "tftp/%PATH%.wim"; }},
      {"cannot be the version", [](NetworkTree& t) { t.images[0].version = ""; }},
      {"cannot be the version", [](NetworkTree& t) { t.images[0].version = "1) & del"; }},
      {"is not a SHA-256", [](NetworkTree& t) { t.images[0].sha256 = "abc"; }},
      {"is not a SHA-256", [](NetworkTree& t) { t.images[0].sha256 = std::string(64, 'A'); }},
      {"architecture 'x64'", [](NetworkTree& t) { t.images[0].arch = "x64"; }},
      {"architecture ''", [](NetworkTree& t) { t.arch = ""; }},
      {"neither BIOS nor UEFI", [](NetworkTree& t) { t.bios = t.uefi = false; }},
      {"no BIOS for arm64", [](NetworkTree& t) { t.arch = "arm64"; }},
      {"two network images are called", [](NetworkTree& t) { t.images.push_back(t.images[0]); }},
  };
  for (const auto& c : cases) {
    NetworkTree tree = one();
    c.change(tree);
    for (Maker make : kMakers) {
      EXPECT_TRUE(has(failure_of([&] { make(tree); }), c.what)) << c.what;
    }
  }
}

}  // namespace
}  // namespace remedia
