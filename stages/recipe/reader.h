// Lua values in, checked fields out: what happens inside the braces of a constructor.
#pragma once

#include "recipe/lua_node.h"
#include "recipe/paths.h"
#include "recipe/sandbox.h"
#include "recipe/schema.h"
#include "recipe/value.h"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace remedia::recipe {

/// Reads constructor calls against the schema. Errors are collected, so that a recipe hears of all
/// of them at once; a node with errors is `broken`, and whatever uses it stays silent.
class Reader {
 public:
  Reader(Sandbox& sandbox, std::span<const Schema* const> schemas, const fs::path& root,
         const Roots& roots)
      : sandbox_(sandbox), schemas_(schemas), root_(root), roots_(roots) {}

  /// The node for the table at `index`, on top of the fields of `base` if there is one.
  NodeRef construct(const Schema& schema, int index, const Node* base = nullptr);

  /// Counts a call that constructs nothing, so that the places of those behind it on its line are
  /// their own.
  void count_call(std::string_view word);

  std::vector<Diagnostic>& errors() { return errors_; }
  const std::vector<NodeRef>& constructed() const { return constructed_; }

 private:
  struct Call;  // one construction in progress

  void read_fields(Call& call, int table);
  void read_field(Call& call, const Field& field, int index, const Location& where);
  void read_items(Call& call, const Field& field, int index, const Location& where, Value& out,
                  int depth);
  bool is_path_table(const Field& field, int index) const;
  bool takes_tables(const Field& field) const;
  const Schema* table_schema(const Field& field, int index) const;
  const Schema* implied_schema(const Field& field, int index) const;
  bool read_scalar(Call& call, const Field& field, int index, const Location& where, Scalar& out);
  bool read_path(Call& call, const Field& field, int index, const Location& where, Scalar& out);
  bool read_paths_by_arch(Call& call, const Field& field, int index, const Location& where,
                          Scalar& out);
  bool read_roots(Call& call, const Field& field, int index, const Location& where, Scalar& out);
  bool read_node(Call& call, const Field& field, int index, const Location& where, Scalar& out);
  bool check_text(Call& call, const Field& field, const std::string& text, const Location& where);
  void finish(Call& call);
  bool wrong_type(Call& call, const Field& field, int index, const Location& where);
  void error(Call& call, Location where, std::string message, std::string hint = {});
  const Schema* schema(std::string_view word) const;

  Sandbox& sandbox_;
  std::span<const Schema* const> schemas_;
  const fs::path& root_;
  const Roots& roots_;
  std::size_t visits_ = 0;  // of list members, in the running construction
  std::vector<Diagnostic> errors_;
  std::set<std::tuple<std::string, int, int, std::string>> said_;
  std::vector<NodeRef> constructed_;
  std::map<std::tuple<const Chunk*, int, std::string>, std::size_t>
      calls_;  // how often a line called
};

}  // namespace remedia::recipe
