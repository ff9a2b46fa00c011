#include "launcher/log_drive.h"

#include "launcher/text.h"

namespace remedia::launcher {

std::vector<std::string> log_drives(const std::vector<Volume>& volumes, const std::string& boot) {
  int disk = -1;
  for (const Volume& volume : volumes) {
    if (volume.removable && same_ascii(volume.drive, boot)) disk = volume.disk;
  }
  std::vector<std::string> drives;
  for (const Volume& volume : volumes) {
    const bool beside = disk >= 0 && volume.disk == disk && !same_ascii(volume.drive, boot);
    if (volume.removable && beside) drives.push_back(volume.drive);
  }
  for (const Volume& volume : volumes) {
    const bool beside = disk >= 0 && volume.disk == disk && !same_ascii(volume.drive, boot);
    if (volume.removable && volume.marked && !beside) drives.push_back(volume.drive);
  }
  return drives;
}

}  // namespace remedia::launcher
