// Fuzzes inf::File and inf::describe() with whole files; tests/fuzz/corpus/inf has sound ones.
#include "formats/inf_driver.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace remedia;

namespace {

[[noreturn]] void broken(const char* promise, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", promise, text.c_str());
  std::abort();
}

void check_path(const std::string& path) {
  std::string whole = "/" + path + "/";
  if (path.empty() || whole.find("/../") != std::string::npos ||
      whole.find("//") != std::string::npos || path.find('\\') != std::string::npos ||
      path.find(':') != std::string::npos)
    broken("a path that is none below the package", path);
}

// What inf_driver.h promises of every INF.
void check(const inf::Driver& driver) {
  if (driver.fit == inf::Fit::serves) {
    if (!driver.why.empty()) broken("a reason without need", driver.why);
    if (driver.devices.empty() || driver.installs.empty()) broken("serves no device", "");
  } else {
    if (driver.why.empty()) broken("no reason", "");
    if (!driver.installs.empty() || !driver.files.empty()) broken("installs and does not fit", "");
  }
  for (const inf::SourceFile& file : driver.files) {
    check_path(file.path);
    for (const std::string& target : file.targets) check_path(target);
    if (!file.cabinet.empty()) check_path(file.cabinet);
  }
  for (const std::string& name : driver.copy_infs) check_path(name);
  for (const inf::Install& install : driver.installs) {
    for (const inf::Service& service : install.services) check_path(service.binary);
  }
  if (!is_utf8(driver.why)) broken("a reason that is no text", driver.why);
  for (const inf::Warning& warning : driver.warnings) {
    if (!is_utf8(warning.text)) broken("a warning that is no text", warning.text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const inf::File file({reinterpret_cast<const char*>(data), size}, "fuzz.inf");
    // A companion with the same text: Needs may go back and forth.
    const inf::File other({reinterpret_cast<const char*>(data), size}, "other.inf");
    auto companion = [&](const std::string& name) {
      return name == "other.inf" ? &other : nullptr;
    };
    for (const char* arch : {"amd64", "arm64", "x86"}) {
      inf::Target target;
      target.arch = arch;
      target.build = 26100;
      try {
        check(inf::describe(file, target, companion));
      } catch (const Failure& failure) {
        if (!is_utf8(failure.what())) broken("a message that is no text", failure.what());
      }
    }
  } catch (const Failure& failure) {
    if (!is_utf8(failure.what())) broken("a message that is no text", failure.what());
  }
  return 0;
}
