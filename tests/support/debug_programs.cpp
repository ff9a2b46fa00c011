#include "support/debug_programs.h"

#include "formats/pe_debug.h"
#include "support/archive_writers.h"
#include "support/process.h"
#include "unit/scratch.h"

namespace remedia::debug_programs {

namespace {

std::string triple(const std::string& arch) {
  const std::string machine = arch == "amd64" ? "x86_64" : arch == "arm64" ? "aarch64" : "i686";
  return machine + "-pc-windows-msvc";
}

}  // namespace

std::string Pair::path() const { return made_from.pdb + "/" + key + "/" + made_from.pdb; }

std::string Pair::line() const { return made_from.pdb + "," + key + ",1"; }

std::string Pair::packed() const {
  return write_cab({.folders = {{.method = CabMethod::mszip, .files = {{made_from.pdb, pdb}}}}});
}

Pair make(const Program& program) {
  Scratch scratch;
  const fs::path folder = scratch.path();
  scratch.write("m.c", fmt::format("int start(void) {{ return {}; }}\n", program.number));
  const ProcessOptions there{.directory = folder};
  run_checked({"clang", "--target=" + triple(program.arch), "-O1", "-g", "-gcodeview", "-c", "m.c",
               "-o", "m.obj"},
              there);
  std::vector<std::string> link = {"lld-link",
                                   "/nologo",
                                   "/nodefaultlib",
                                   "/entry:start",
                                   "/subsystem:console",
                                   "/debug",
                                   "/pdb:" + program.pdb,
                                   "/pdbaltpath:%_PDB%",
                                   "/out:" + program.name,
                                   "m.obj"};
  if (program.arch == "x86") link.push_back("/safeseh:no");
  if (program.reproducible) link.push_back("/Brepro");
  run_checked(link, there);
  Pair pair{.made_from = program,
            .program = read_file(folder / program.name),
            .pdb = read_file(folder / program.pdb),
            .key = {}};
  pair.key = pe::code_view(pe::Image(pair.program, program.name)).value().id;
  return pair;
}

}  // namespace remedia::debug_programs
