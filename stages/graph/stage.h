// What a stage kind is: the contract between the kinds and everything below them.
//
// A kind is planned once, when the graph is written, and run as often as ninja finds it stale. Both
// halves stand in one file of kinds/, and the table there is all that main() knows.
#pragma once

#include "recipe/value.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace remedia::graph {

class Planner;
class Job;

/// One call of the runner, one edge of the graph. All paths are relative to OUT.
struct Edge {
  std::string kind;
  std::string label = {};                  ///< what ninja prints: `WIM workstation/helpdesk`
  nlohmann::ordered_json parameters = {};  ///< everything that decides the bytes, in a fixed order
  std::vector<std::string> outputs = {};   ///< the last one is the record if `records`
  std::vector<std::string> inputs = {};    ///< files that other edges make
  std::vector<std::string> after = {};     ///< files that must be there first, whatever is in them
  std::string pool = {};                   ///< "compress" for stages that use every core themselves
  recipe::NodeRef origin = {};             ///< the recipe value that asked for it, for diagnostics
  std::map<std::string, Location> places = {};  ///< of fields, more exactly than `origin` has them
};

/// What a value became in the graph: the files that others can use.
struct Planned {
  std::string file;                               ///< the main output
  std::map<std::string, std::string> parts = {};  ///< further outputs by name
  std::vector<std::string> records = {};          ///< its record and those of what it is made from
};

/// What descriptions are bound to when a wim uses them.
struct Binding {
  std::string arch;
};

struct Kind {
  std::string_view word;         ///< constructor, file name, ninja label, help topic
  const recipe::Schema* schema;  ///< null for stages that no recipe names
  Planned (*plan)(Planner&, const recipe::NodeRef&, const Binding&);  ///< null for settings
  void (*run)(Job&);                                                  ///< null for settings
};

}  // namespace remedia::graph
