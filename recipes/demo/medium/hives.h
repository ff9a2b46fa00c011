// The registry of the stand-in images: the keys that Remedia reads or changes, and what lies around
// them in a Windows.
#pragma once

#include "medium/files.h"

#include <string>

namespace remedia::medium {

/// Which Windows an image is.
struct Edition {
  std::string name;          ///< "Windows 11 Pro"
  std::string id;            ///< EDITIONID; "WindowsPE" makes a Windows PE of it
  std::string installation;  ///< INSTALLATIONTYPE
  std::string system_drive;

  bool is_pe() const { return id == "WindowsPE"; }
};

enum class Hives {
  clean,
  dirty,  ///< SOFTWARE was not closed: its last changes are in a log that is not there
  absent,
};

/// Windows/System32/config. `version` is what the registry says, as "10.0.26100.1742".
Files hive_files(const Edition& edition, std::string_view arch, std::string_view version,
                 Hives hives);

}  // namespace remedia::medium
