// The part of a hive's key tree that edits name: made from the original, applied through libhivex,
// and what the result is judged by.
#pragma once

#include "media/hive_lib.h"

#include <map>

namespace remedia::hive {

struct Plan {
  std::string name;                     // as spelt in the hive, or in the first edit that makes it
  std::optional<std::uint32_t> offset;  // in the original
  const Edit* wanted = nullptr;         // an edit that needs the key afterwards
  const Edit* gone = nullptr;           // the edit that deletes it
  std::map<std::string, std::uint32_t> known;        // the original's children by folded name
  std::map<std::string, Plan> children;              // those that edits name, by folded name
  std::vector<RegistryValue> before;                 // of the original
  std::map<std::string, const Edit*> by_value;       // by folded name
  std::optional<std::vector<RegistryValue>> values;  // afterwards, if other than before
  bool is_new() const { return !offset && wanted != nullptr; }
};

/// Fills the plan of the root key and says what becomes of each edit. Throws Failure if an edit
/// cannot be done or contradicts another one.
std::vector<Change> plan_edits(const Cells& cells, const fs::path& file,
                               const std::vector<Edit>& edits, Plan& root);

/// Throws Failure unless `after` is `before` with the plan done and nothing else.
void judge(const Cells& before, const Cells& after, const Plan& root);

}  // namespace remedia::hive
