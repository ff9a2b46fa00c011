#include "incremental/evidence_space.h"

#include "support/debugger_kits.h"
#include "support/definition_packages.h"

#include <fmt/format.h>

namespace remedia::evidence {

namespace dp = definition_packages;

namespace {

// All that a manifest can say of what an image knows, of an image and of a stick.
constexpr const char* kEvidence = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local function evidence(place)
  return defender { "defs/mpam.exe", "defs/nis", place = place, anchors = "anchors/root.pem" },
         symbols { "store", IDS, missing = "warn", place = place }
end
local defs, syms = evidence("image")
local data_defs, data_syms = evidence("data")
local boot = wim { name = "helpdesk", title = "A", from = windows, debuggers = debuggers { "kit" },
                   defender = defs, symbols = syms }
local other = wim { name = "other", title = "B", from = windows,
                    defender = data_defs, symbols = data_syms }
return usb { name = "helpdesk", boot = { boot, other } }
)";

}  // namespace

const debug_programs::Pair& first_pair() {
  static const debug_programs::Pair pair = debug_programs::make({.name = "a.sys", .pdb = "a.pdb"});
  return pair;
}

const debug_programs::Pair& second_pair() {
  static const debug_programs::Pair pair =
      debug_programs::make({.name = "b.sys", .pdb = "b.pdb", .number = 2});
  return pair;
}

void fill(const Space& space) {
  space.write("defs/mpam.exe", dp::package());
  dp::write(space / "defs/nis", dp::network());
  debugger_kits::write(space / "kit", debugger_kits::tools());
  for (const debug_programs::Pair* pair : {&first_pair(), &second_pair()})
    space.write("store/" + pair->path(), pair->pdb);
}

void fill_image_and_stick(const Space& space) {
  fill(space);
  fs::remove(space / ("store/" + second_pair().path()));
  space.write("anchors/root.pem", signing::test_ca().pem());
  space.write("recipes/r.lua", with_replaced(kEvidence, "IDS", ids()));
}

std::string package_by(const signing::Identity& signer, const std::string& version,
                       const std::string& day) {
  signing::SignOptions options;
  options.signer = signer;
  options.stamp = signing::Stamp::token;
  options.stamp_time = dp::noon(day);
  return dp::program(dp::cabinet(dp::antimalware({.version = version, .day = day})), options);
}

std::string ids() {
  return fmt::format("ids = {{ \"{}\", \"{}\" }}", first_pair().line(), second_pair().line());
}

}  // namespace remedia::evidence
