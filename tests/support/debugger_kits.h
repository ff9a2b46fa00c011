// Stand-ins for the Debugging Tools for Windows: the files of a kit, as programs with imports.
#pragma once

#include "support/file.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::debugger_kits {

/// Content by path, '/' between names.
using Files = std::map<std::string, std::string>;

struct Options {
  std::string arch = "amd64";
  std::string version = "10.0.26100.1742";  ///< of dbgeng.dll
  std::string folder = {};                  ///< that all lies below
};

/// A program that imports these.
std::string program(const std::string& arch, const std::vector<std::string>& loaded,
                    const std::vector<std::string>& delayed = {});

/// The tools with what lies beside them in a real kit and is not needed.
Files tools(const Options& options = {});

void write(const fs::path& root, const Files& files);

/// `files` as a ZIP.
std::string zip(const Files& files);

/// An .msi whose tables name the files, all in one cabinet: in itself, or as `cabinet` beside it.
/// Made by msibuild.
void write_msi(const fs::path& msi, const Files& files, const std::string& cabinet = "");

}  // namespace remedia::debugger_kits
