// What a reader of a file system makes of an image file: names, and where their bytes lie.
#pragma once

#include "support/file.h"

#include <string>
#include <vector>

namespace remedia {

struct VolumeEntry {
  std::string path;  ///< from the root, UTF-8, '/' between names, as spelt on the volume:
                     ///< `sources/boot.wim`
  bool directory = false;
  Slice content;  ///< where the bytes lie in the image file; empty for directories. Adjoining
                  ///< extents are one; files may share bytes; holes are possible
};

struct Volume {
  std::string label;
  std::vector<VolumeEntry> entries;  ///< every file and directory but the root, sorted by path
};

}  // namespace remedia
