// BitLocker and Remote Connection, as a user sees them.
#include "support/file.h"
#include "wine/pc.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

using Words = std::vector<std::string>;

std::string remote_policy() {
  return policy(
      "network = yes\nremote_agent = X:\\\\Tools\\\\agent.exe -t {ticket} -p {port}\n"
      "remote_port = 3388\nremote_message = Call 4711 first.\n");
}

void open_consent(Pc& pc) {
  pc.add_program("Tools/agent.exe");
  pc.write("agent.txt", "wait\n");
  pc.write("Remedia/policy.txt", remote_policy());
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Remote Connection");
  pc.press("Start");
  pc.wait_for("Remote Connection");
}

TEST(WineAccess, RemoteHelpNeedsConsent) {
  Pc pc;
  open_consent(pc);
  EXPECT_NE(pc.text_of(kText).find("Call 4711 first."), std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Allow", "Back"}));
  pc.press("Back");
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.read("calls.txt").find("netsh"), std::string::npos);
  EXPECT_FALSE(pc.has("Windows/System32/inv32.xml"));
}

TEST(WineAccess, RemoteHelpOpensOnePortAndClosesIt) {
  Pc pc;
  open_consent(pc);
  pc.press("Allow");
  pc.wait_for_text(kLead, "Ticket:");
  const std::string shown = pc.text_of(kLead);
  const std::string ticket = shown.substr(shown.find("Ticket:  ") + 9, 19);
  EXPECT_NE(shown.find("Port:  3388"), std::string::npos);
  pc.wait_for_file("calls.txt", "X:\\Tools\\agent.exe -t " + ticket + " -p 3388\n");
  EXPECT_NE(pc.read("calls.txt")
                .find("netsh.exe advfirewall firewall add rule name=\"Remedia Remote Connection\" "
                      "dir=in action=allow protocol=TCP localport=3388\n"),
            std::string::npos);
  EXPECT_NE(pc.read("Windows/System32/inv32.xml").find("<A ID=\"" + ticket + "\"/>"),
            std::string::npos);
  EXPECT_EQ(pc.read("Remedia/log.txt").find(ticket), std::string::npos);

  pc.press("Stop remote help");
  pc.wait_for("Contoso recovery");
  pc.wait_for_text(kText, "Remote help has ended.");
  EXPECT_NE(pc.read("calls.txt").find("netsh.exe advfirewall firewall delete rule"),
            std::string::npos);
}

TEST(WineAccess, RemoteHelpEndsWithItsAgent) {
  Pc pc;
  open_consent(pc);
  pc.press("Allow");
  pc.wait_for_text(kLead, "Ticket:");
  pc.let_go();
  pc.wait_for("Contoso recovery");
  pc.wait_for_file("calls.txt", "firewall delete rule");
}

TEST(WineAccess, NoPortNoRemoteHelp) {
  Pc pc;
  pc.write("netsh.txt", "exit add 1\n");
  open_consent(pc);
  pc.press("Allow");
  pc.wait_for("Contoso recovery");
  pc.wait_for_text(kText, "the firewall did not open the port");
  EXPECT_EQ(pc.read("calls.txt").find("agent.exe"), std::string::npos);
}

constexpr const char* kPassword = "000011-720885-123123-000000-110000-654324-000022-099000";
constexpr const char* kKeyId = "6E2B4A1C-0000-4111-8222-ABCDEF012345";

// All that lies on X: and D: but the stand-ins' own record of how they were called.
std::string all_files(const Pc& pc) {
  std::string all;
  for (const auto& folder : {pc.x(), pc.d()}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.path().filename() == "calls.txt") continue;
      all += read_file(entry.path());
    }
  }
  return all;
}

void open_bitlocker(Pc& pc) {
  pc.write("Remedia/policy.txt", policy("bitlocker = yes\n"));
  pc.start({"--now", "2026-11-21", "--locked", "D:"});
  pc.wait_for("Contoso recovery");
  pc.choose("Unlock BitLocker drive");
  pc.press("Start");
  pc.wait_for("Unlock BitLocker drive");
}

TEST(WineAccess, BitlockerUnlocksLocksAndStoresNoKey) {
  Pc pc;
  pc.write("manage-bde.txt", std::string("output ID: {") + kKeyId + "}\n");
  open_bitlocker(pc);
  EXPECT_NE(pc.text_of(kDetail).find(kKeyId), std::string::npos);
  pc.probe({"type", kPassword});
  pc.press("Unlock");
  pc.wait_for_text(kText, "Drive D: is unlocked.");
  EXPECT_NE(pc.read("calls.txt")
                .find(std::string("manage-bde.exe -unlock D: -RecoveryPassword ") + kPassword),
            std::string::npos);
  pc.press("Restart");
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_NE(pc.read("calls.txt").find("manage-bde.exe -lock D: -ForceDismount\n"),
            std::string::npos);
  const std::string all = all_files(pc);
  EXPECT_NE(all.find("unlocking D: by recovery password"), std::string::npos);
  for (int group = 0; group < 8; ++group) {
    const std::string digits = std::string(kPassword).substr(7U * static_cast<unsigned>(group), 6);
    EXPECT_TRUE(digits == "000000" || all.find(digits) == std::string::npos) << digits;
  }
}

TEST(WineAccess, BitlockerTakesAKeyFile) {
  Pc pc;
  pc.write("manage-bde.txt", std::string("output ID: {") + kKeyId + "}\n");
  std::ofstream(pc.d() / "Schlüssel 1.BEK") << "key";
  open_bitlocker(pc);
  pc.press("Use key file");
  pc.wait_for_text(kText, "Drive D: is unlocked.");
  EXPECT_NE(pc.read("calls.txt").find("-unlock D: -RecoveryKey \"D:\\Schlüssel 1.BEK\"\n"),
            std::string::npos);
}

TEST(WineAccess, NoLockedDriveIsSaid) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("bitlocker = yes\n"));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Unlock BitLocker drive");
  pc.press("Start");
  pc.wait_for_text(kText, "No drive that is locked by BitLocker was found.");
  EXPECT_EQ(pc.buttons(), (Words{"Back"}));
}

}  // namespace
}  // namespace remedia::wine
