// A project of its own for one test, built by the real runner and the real ninja.
//
// Tests speak of what ran: the labels that ninja printed, without the recipe's name.
#pragma once

#include "support/process.h"
#include "unit/scratch.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace remedia {

class Space {
 public:
  Space();

  const fs::path& root() const { return root_; }
  fs::path operator/(std::string_view name) const { return root_ / name; }
  void write(std::string_view name, std::string_view content) const;
  /// Gives a file a new time without changing it.
  void touch(std::string_view name) const;
  std::string read(std::string_view name) const;

  /// `remedia build -C out ARGUMENTS`; the stages that ran ("OVERLAY common"), sorted.
  std::set<std::string> build(std::vector<std::string> arguments = {"recipes/r.lua"});
  /// The same for plain `ninja -C out`.
  std::set<std::string> ninja(const std::vector<std::string>& arguments = {});
  /// What was printed by a build that must fail.
  std::string failing_build(std::vector<std::string> arguments = {"recipes/r.lua"});
  ProcessResult run(const std::vector<std::string>& argv) const;

  std::vector<std::string> wrapper;  ///< put before every command, e.g. prlimit and its options
  std::string runner;                ///< the program under test; a test may put a copy here
  std::map<std::string, std::string> environment;
  std::string output;  ///< of the last build

 private:
  Scratch scratch_;
  fs::path root_;
};

/// Path of the stand-in medium, made once when the tests are built.
fs::path standard_medium();

/// Every file below a folder that a user takes away, with its SHA-256.
std::map<std::string, std::string> artifacts_of(const fs::path& out);

}  // namespace remedia
