// Tools that only print, shown by the launcher itself.
#include "support/file.h"
#include "wine/pc.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

using Words = std::vector<std::string>;

class WineOutput : public testing::Test {
 protected:
  // The menu, from which a stand-in is started that does what `orders` say.
  void start(const std::string& orders) {
    pc.write("Remedia/policy.txt",
             policy("", tool("scan", "Disk Scan", "Disk", "low", "X:\\\\Tools\\\\scan.exe --all",
                             "show = output\n")));
    pc.add_program("Tools/scan.exe");
    pc.write("scan.txt", orders);
    pc.start();
    pc.wait_for("Contoso recovery");
    scan();
  }
  void scan() {
    pc.choose("Disk Scan");
    pc.press("Start");
  }
  std::string kept() const { return pc.read("Remedia/output/scan.txt"); }

  const std::string where = "Kept in: X:\\Remedia\\output\\scan.txt";
  Pc pc;
};

TEST_F(WineOutput, IsShownAndKept) {
  start("output one\nerror two\noutput three\nbytes 313020250D\nbytes 31303020250D0A\nasks\n");
  pc.wait_for_text(kOutput, "nobody answers");
  EXPECT_EQ(pc.text_of(kOutput), "one\\ntwo\\nthree\\n100 %\\nnobody answers\\n");
  EXPECT_EQ(pc.text_of(kHeading), "Disk Scan");
  EXPECT_EQ(pc.text_of(kText), where);
  EXPECT_EQ(pc.buttons(), Words{"Back"});
  EXPECT_EQ(kept(), "one\r\ntwo\r\nthree\r\n100 %\r\nnobody answers\r\n");
  EXPECT_NE(pc.read("calls.txt").find("scan.exe --all\n"), std::string::npos);
  EXPECT_NE(pc.read("Remedia/log.txt").find("end scan: 0\r\n"), std::string::npos);
  pc.press("Back");
  pc.wait_for("Contoso recovery");
  pc.write("scan.txt", "output again\n");
  scan();
  pc.wait_for_text(kOutput, "again");
  EXPECT_EQ(kept(), "again\r\n");
}

// These letters are the same in the code pages 437 and 850, of which Wine takes one.
TEST_F(WineOutput, IsReadInTheCodePageOfTheConsole) {
  start("bytes 47729CE1653A2081949A20B3C40D0A\n");
  pc.wait_for_text(kOutput, "Gr");
  EXPECT_EQ(pc.text_of(kOutput), "Gr£ße: üöÜ │─\\n");
  EXPECT_EQ(kept(), "Gr£ße: üöÜ │─\r\n");
}

TEST_F(WineOutput, MayBeUtf16) {
  start("bytes FFFE160461000D\nbytes 000A00\n");
  pc.wait_for_text(kOutput, "Жa");
  EXPECT_EQ(pc.text_of(kOutput), "Жa\\n");
}

TEST_F(WineOutput, HasTheExitCodeAboveIt) {
  start("output what it said\nexit * 7\n");
  pc.wait_for_text(kText, "Disk Scan ended with code 7.");
  EXPECT_EQ(pc.text_of(kOutput), "what it said\\n");
}

TEST_F(WineOutput, OfACrashedToolIsShown) {
  start("output before\ncrash\n");
  pc.wait_for_text(kText, "Disk Scan crashed (0xC0000005).");
  EXPECT_EQ(pc.text_of(kOutput), "before\\n");
  pc.press("Back");
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
}

TEST_F(WineOutput, MayBeNothing) {
  start("exit * 0\n");
  pc.wait_for_text(kText, "It printed nothing.");
  EXPECT_EQ(pc.text_of(kOutput), "");
  EXPECT_EQ(pc.buttons(), Words{"Back"});
  EXPECT_EQ(kept(), "");
}

TEST_F(WineOutput, IsCutAtAMebibyte) {
  start("output first line\nrepeat 40000 " + std::string(50, 'x') + "\noutput last line\n");
  pc.wait_for_text(kOutput, "first line");
  const std::string text = kept();
  const std::string end = "\r\n... Here it was cut: only the first 1 MiB is kept.\r\n";
  EXPECT_EQ(text.size(), (1U << 20) + end.size());
  EXPECT_EQ(text.find("last line"), std::string::npos);
  EXPECT_EQ(text.substr(text.size() - end.size()), end);
}

TEST_F(WineOutput, OfAToolThatNeverEndsIsStopped) {
  start("output so far\nwait\n");
  pc.wait_for_text(kText, "Disk Scan is running.");
  EXPECT_EQ(pc.buttons(), (Words{"Stop", "Restart", "Shut down"}));
  pc.wait_for_file("calls.txt", "scan.exe");
  pc.probe({"key", "27"});  // goes nowhere
  pc.press("Stop");
  pc.wait_for_text(kText, "Disk Scan was stopped.");
  EXPECT_NE(pc.read("Remedia/log.txt").find("end scan: 1\r\n"), std::string::npos);
}

TEST_F(WineOutput, IsNotStoppedByTheKeyThatStartedIt) {
  start("wait\noutput done\n");
  pc.wait_for_text(kText, "Disk Scan is running.");
  pc.wait_for_file("calls.txt", "scan.exe");
  pc.probe({"hold", "13"});
  pc.let_go();
  pc.wait_for_text(kOutput, "done");
  EXPECT_EQ(pc.text_of(kText), where);
}

TEST_F(WineOutput, WithoutEndLeavesTheWindowAlive) {
  start("forever again\n");
  pc.wait_for_text(kText, "Disk Scan is running.");
  pc.wait_for_file("calls.txt", "printing");
  pc.press("Stop");
  pc.wait_for_text(kText, "Disk Scan was stopped.");
  EXPECT_EQ(pc.text_of(kOutput).substr(0, 14), "again\\nagain\\n");
}

TEST_F(WineOutput, DoesNotKeepPeopleFromLeaving) {
  start("wait\n");
  pc.wait_for_text(kText, "Disk Scan is running.");
  pc.press("Restart");
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_NE(pc.read("calls.txt").find("wpeutil.exe Reboot"), std::string::npos);
}

TEST_F(WineOutput, IsReadByKeyboardAlone) {
  const std::string tab = "9";
  start("repeat 500 line\n");
  pc.wait_for_text(kOutput, "line");
  pc.probe({"key", "34"});  // page down
  pc.probe({"key", tab});   // to Back
  pc.probe({"key", "13"});
  pc.wait_for("Contoso recovery");
  pc.probe({"key", "13"});
  pc.wait_for_text(kOutput, "line");
  pc.probe({"key", "13"});
  pc.wait_for("Contoso recovery");
}

TEST_F(WineOutput, OfAMissingProgramIsNone) {
  pc.write("Remedia/policy.txt", policy("", tool("scan", "Disk Scan", "Disk", "low",
                                                 "X:\\\\none.exe", "show = output\n")));
  pc.start();
  pc.wait_for("Contoso recovery");
  scan();
  pc.wait_for_text(kText, "Disk Scan could not be started: ");
  EXPECT_FALSE(pc.has("Remedia/output"));
}

TEST_F(WineOutput, GoesToTheStickToo) {
  pc.plug_stick();
  std::ofstream(pc.stick() / "remedia.usb") << "\n";
  start("output first\n");
  pc.wait_for_text(kOutput, "first");
  EXPECT_EQ(pc.text_of(kText), where + ", E:\\remedia-output\\scan.txt");
  pc.press("Back");
  pc.wait_for("Contoso recovery");
  pc.write("scan.txt", "output second\n");
  scan();
  pc.wait_for_text(kOutput, "second");
  const std::string all = read_file(pc.stick() / "remedia-output/scan.txt");
  EXPECT_NE(all.find("----\r\nfirst\r\n"), std::string::npos) << all;
  EXPECT_NE(all.find("----\r\nsecond\r\n"), std::string::npos) << all;
}

}  // namespace
}  // namespace remedia::wine
