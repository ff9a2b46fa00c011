// Packages of definitions for tests: programs without code, each with a version and signed by the
// test authority, in a cabinet, in a program.
#pragma once

#include "support/signing.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace remedia::definition_packages {

/// Content by path.
using Files = std::map<std::string, std::string>;

/// Seconds since 1970 of a day at noon, as signing takes them.
std::int64_t noon(std::string_view day);

/// One file of a set: mpengine.dll or a .vdm.
struct Part {
  std::string arch = "x86";  ///< as the .vdm files have it
  std::string version = "1.403.55.0";
  std::uint32_t timestamp = 0;
  std::string file_date = {};  ///< a day, in the version resource
  bool reproducible = false;   ///< its timestamp is a hash, and it says so
  std::string text = {};       ///< makes it differ
  bool is_signed = true;
  signing::SignOptions sign = {};
};
std::string part(const Part& part);

struct Set {
  std::string arch = "amd64";  ///< of the engine
  std::string engine = "1.1.24090.11";
  std::string base = "1.403.0.0";
  std::string version = "1.403.55.0";  ///< of the deltas
  std::string day = "2026-11-15";      ///< of the countersignatures; empty: without
  std::string text = {};               ///< of every file
  bool is_signed = true;               ///< the files, not the package
};
/// The options with which a file of the set is made; for tests that change one.
Part delta(const Set& set);
Files antimalware(const Set& set = {});
/// nisbase.vdm, nisfull.vdm and, if an architecture is given, gapaengine.dll.
Files network(const Set& set = {}, bool engine = true);

/// A cabinet with the files; several streams if there is much.
std::string cabinet(const Files& files);
/// A program with `bytes` behind it, signed unless `sign` is empty.
std::string program(const std::string& bytes, const std::optional<signing::SignOptions>& sign);
/// mpam-fe.exe: the files in a cabinet in a signed program. Its countersignature is of set.day.
std::string package(const Set& set = {});
std::string package_of(const Files& files, const std::string& day = "2026-11-15");

void write(const std::filesystem::path& folder, const Files& files);

}  // namespace remedia::definition_packages
