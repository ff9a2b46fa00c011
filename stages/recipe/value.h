// What recipes are made of once they are evaluated: frozen values, each with the place it came
// from.
#pragma once

#include "recipe/schema.h"
#include "support/diagnostic.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace remedia::recipe {

/// A path of a recipe: as it was written, for people and the manifest, and where it leads.
struct Path {
  std::string written;
  std::filesystem::path absolute;

  bool operator==(const Path&) const = default;
};

/// `{ amd64 = "...", arm64 = "..." }`, or one path for all under the empty key.
using PathByArch = std::map<std::string, Path>;

struct Node;
using NodeRef = std::shared_ptr<const Node>;

/// One field's value. Lists are flat: nesting is resolved when the value is made.
using Scalar = std::variant<std::monostate, bool, std::int64_t, std::string, PathByArch, NodeRef>;
struct Value {
  std::vector<Scalar> items;  ///< one item unless the field is a list
};

/// What a constructor returned. Fields that were absent and have a fallback hold the fallback.
struct Node {
  const Schema* schema = nullptr;
  Location where;  ///< the constructor's call
  std::map<std::string, Value, std::less<>> fields;
  std::map<std::string, Location, std::less<>> places;  ///< of the fields that were written
  int depth = 1;  ///< of the values that it holds; bounded, since destructors are recursive
  /// Its fields were wrong: the errors are recorded already, so whatever uses it stays silent.
  bool broken = false;

  bool has(std::string_view field) const;
  std::string text(std::string_view field) const;  ///< "" if absent
  std::int64_t integer(std::string_view field) const;
  bool flag(std::string_view field) const;
  NodeRef node(std::string_view field) const;  ///< null if absent
  std::vector<NodeRef> nodes(std::string_view field) const;
  std::vector<std::string> texts(std::string_view field) const;
  /// Whether the field was written at all, if only as an empty list.
  bool given(std::string_view field) const { return places.find(field) != places.end(); }
  /// The path for an architecture. A table without it is a Failure at the field.
  Path path(std::string_view field, std::string_view arch) const;
  std::vector<Path> paths(std::string_view field, std::string_view arch) const;  ///< of a list
  Location place(std::string_view field) const;  ///< of the field, else of the constructor
  /// Of an item of a list of paths, else of the field.
  Location item_place(std::string_view field, std::size_t item) const;
};

/// The name in Node::places of an item of a list.
std::string item_name(std::string_view field, std::size_t item);

/// The evaluated value as text: what was written, without places and without where paths lead, so
/// that equal recipes give equal texts on every machine.
std::string canonical_text(const Node& node);

}  // namespace remedia::recipe
