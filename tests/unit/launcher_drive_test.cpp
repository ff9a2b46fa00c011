// Which volume gets the log, and who is in charge by the program's place.
#include "launcher/log_drive.h"
#include "launcher/policy.h"

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

using Drives = std::vector<std::string>;

TEST(LauncherLogDrive, IsBesideTheBootPartitionOfTheStick) {
  const std::vector<Volume> volumes = {{"C:", false, 0, false},
                                       {"D:", true, 2, true},
                                       {"E:", true, 1, false},
                                       {"F:", true, 1, false}};
  EXPECT_EQ(log_drives(volumes, "e:"), (Drives{"F:", "D:"}));
  EXPECT_EQ(log_drives(volumes, ""), (Drives{"D:"}));
  EXPECT_EQ(log_drives(volumes, "X:"), (Drives{"D:"}));
}

TEST(LauncherLogDrive, IsNeverADiskOfThePc) {
  const std::vector<Volume> volumes = {{"C:", false, 0, true}, {"D:", false, 0, false}};
  EXPECT_EQ(log_drives(volumes, "D:"), Drives{});  // a recovery partition
}

TEST(LauncherLogDrive, IsNotGuessed) {
  EXPECT_EQ(log_drives({{"E:", true, -1, false}, {"F:", true, -1, false}}, "E:"), Drives{});
  EXPECT_EQ(log_drives({{"E:", true, 1, false}}, "E:"), Drives{});
  EXPECT_EQ(log_drives({}, "E:"), Drives{});
}

TEST(LauncherPlace, SaysWhoIsInCharge) {
  EXPECT_EQ(shell_of_place("X:\\Sources\\Recovery\\Tools\\remedia.exe"), Shell::winre);
  EXPECT_EQ(shell_of_place("x:\\sources\\recovery\\tools\\REMEDIA.EXE"), Shell::winre);
  EXPECT_EQ(shell_of_place("X:\\Remedia\\remedia.exe"), Shell::launcher);
  EXPECT_EQ(shell_of_place(""), Shell::launcher);
}

}  // namespace
}  // namespace remedia::launcher
