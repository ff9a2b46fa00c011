// BitLocker and Remote Connection, as a user sees them.
#include "wine/pc.h"

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
  pc.wait_for_text(kText, "Ticket:");
  const std::string shown = pc.text_of(kText);
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
  pc.wait_for_text(kText, "Ticket:");
  pc.write("go", "");
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
