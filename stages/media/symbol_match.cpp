#include "media/symbol_match.h"

#include "formats/win_names.h"

#include <algorithm>

namespace remedia::symbols {

void Requests::add(const Id& id, std::string binary) {
  Wanted& wanted = wanted_[{fold_case(id.pdb), id.key}];
  // Of two spellings the same one, whoever asks first.
  if (wanted.id.pdb.empty() || id.pdb < wanted.id.pdb) wanted.id = id;
  auto place = std::lower_bound(wanted.binaries.begin(), wanted.binaries.end(), binary);
  if (place == wanted.binaries.end() || *place != binary)
    wanted.binaries.insert(place, std::move(binary));
}

std::vector<Wanted> Requests::take() const {
  std::vector<Wanted> list;
  for (const auto& [id, wanted] : wanted_) list.push_back(wanted);
  return list;
}

void Index::add(const Id& id, std::size_t number, bool packed) {
  Files& files = files_[fold_case(id.pdb)][id.key];
  (packed ? files.packed : files.plain).push_back(number);
}

std::vector<std::size_t> Index::find(const Id& id) const {
  auto name = files_.find(fold_case(id.pdb));
  if (name == files_.end()) return {};
  auto files = name->second.find(id.key);
  if (files == name->second.end()) return {};
  std::vector<std::size_t> numbers = files->second.plain;
  const std::vector<std::size_t>& packed = files->second.packed;
  numbers.insert(numbers.end(), packed.begin(), packed.end());
  return numbers;
}

std::vector<std::string> Index::other_keys(const Id& id) const {
  std::vector<std::string> keys;
  auto name = files_.find(fold_case(id.pdb));
  if (name == files_.end()) return keys;
  for (const auto& [key, files] : name->second) {
    if (key != id.key) keys.push_back(key);
  }
  return keys;
}

}  // namespace remedia::symbols
