// Other programs: always posix_spawn with an argument vector, never a shell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct ProcessResult {
  int status = 0;      ///< exit code, or 128 + signal
  std::string output;  ///< standard output and standard error together
};

struct ProcessOptions {
  std::filesystem::path directory = {};                 ///< working directory, if not empty
  std::map<std::string, std::string> environment = {};  ///< added to the inherited one
  /// More output than this is not read; the program then ends by SIGPIPE, or as it likes.
  std::size_t max_output = SIZE_MAX;
  bool show_output = false;  ///< it is written to this program's standard error, not kept
};

/// Runs a program to its end with standard input closed. Throws Failure only if it cannot start.
ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});

/// The same, and a non-zero status is a Failure that shows the command, shell-quoted, and its
/// output.
std::string run_checked(const std::vector<std::string>& argv, const ProcessOptions& options = {});

/// The program of this name in a folder of PATH, or in the `sbin` beside a `bin` of it, where
/// programs that make file systems are. Throws Failure with `hint` if it is nowhere.
std::filesystem::path find_program(std::string_view name, std::string hint);

std::string shell_quoted(const std::vector<std::string>& argv);

}  // namespace remedia
