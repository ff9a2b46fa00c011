// symbol_store FIRST COUNT FOLDER: a symbol store as a fleet collects one.
//
// FOLDER/module<i>.pdb/<id>/module<i>.pdb, COUNT files of as many ids from number FIRST on, ten of
// each name, as a store has them after some months of updates. Each is a PDB that says which
// program it belongs to and has nothing else in it, since no more is read of those that nobody
// wants. The same numbers give the same files.
#include "medium/pdb_file.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using remedia::medium::Pdb;

constexpr int kOfEachName = 10;
constexpr std::uint16_t kAmd64 = 0x8664;

Pdb pdb_number(int number) {
  Pdb pdb{.name = "module" + std::to_string(number / kOfEachName) + ".pdb", .guid = {}};
  std::uint64_t state = static_cast<std::uint64_t>(number) + 1;
  while (pdb.guid.size() < 16) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    pdb.guid += static_cast<char>(state >> 56);
  }
  return pdb;
}

}  // namespace

int main(int argc, char** argv) {
  const int first = argc == 4 ? std::atoi(argv[1]) : 0;
  const int count = argc == 4 ? std::atoi(argv[2]) : 0;
  if (first < 0 || count <= 0) {
    std::fprintf(stderr, "usage: symbol_store FIRST COUNT FOLDER\n");
    return 2;
  }
  for (int number = first; number < first + count; ++number) {
    const Pdb pdb = pdb_number(number);
    const fs::path file = fs::path(argv[3]) / remedia::medium::store_path(pdb);
    fs::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary);
    if (!(out << remedia::medium::pdb_file(pdb, kAmd64)).flush()) {
      std::fprintf(stderr, "symbol_store: cannot write '%s'\n", file.c_str());
      return 1;
    }
  }
}
