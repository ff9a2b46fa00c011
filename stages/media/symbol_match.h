// Which stored PDBs answer which requests.
#pragma once

#include "media/symbol_store.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::symbols {

struct Wanted {
  Id id;
  std::vector<std::string> binaries;  ///< who asks, for people; sorted
};

/// Requests for one PDB, from however many binaries, are one; names match in any case.
class Requests {
 public:
  void add(const Id& id, std::string binary);
  /// By name and key.
  std::vector<Wanted> take() const;

 private:
  std::map<Id, Wanted> wanted_;  // by folded name
};

/// What folders hold: numbers of files, whatever else is known of those.
class Index {
 public:
  /// `packed` ones are taken where there is no other; else the first wins.
  void add(const Id& id, std::size_t number, bool packed);
  /// All that are this PDB, the best first.
  std::vector<std::size_t> find(const Id& id) const;
  /// Keys of others of that name, sorted.
  std::vector<std::string> other_keys(const Id& id) const;

 private:
  struct Files {
    std::vector<std::size_t> plain, packed;
  };
  std::map<std::string, std::map<std::string, Files>, std::less<>> files_;  // folded name, key
};

}  // namespace remedia::symbols
