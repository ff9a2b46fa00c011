#include "recipe/value.h"

#include <nlohmann/json.hpp>

namespace remedia::recipe {

namespace {

const Scalar* first(const Node& node, std::string_view field) {
  auto found = node.fields.find(field);
  if (found == node.fields.end() || found->second.items.empty()) return nullptr;
  return &found->second.items.front();
}

template <typename T>
T get_or(const Node& node, std::string_view field, T fallback) {
  const Scalar* scalar = first(node, field);
  const T* value = scalar != nullptr ? std::get_if<T>(scalar) : nullptr;
  return value != nullptr ? *value : fallback;
}

}  // namespace

bool Node::has(std::string_view field) const { return first(*this, field) != nullptr; }

std::string Node::text(std::string_view field) const {
  return get_or<std::string>(*this, field, "");
}

std::int64_t Node::integer(std::string_view field) const {
  return get_or<std::int64_t>(*this, field, 0);
}

bool Node::flag(std::string_view field) const { return get_or<bool>(*this, field, false); }

NodeRef Node::node(std::string_view field) const { return get_or<NodeRef>(*this, field, nullptr); }

std::vector<NodeRef> Node::nodes(std::string_view field) const {
  std::vector<NodeRef> out;
  auto found = fields.find(field);
  if (found == fields.end()) return out;
  for (const Scalar& item : found->second.items) {
    if (const NodeRef* node = std::get_if<NodeRef>(&item)) out.push_back(*node);
  }
  return out;
}

std::vector<std::string> Node::texts(std::string_view field) const {
  std::vector<std::string> out;
  auto found = fields.find(field);
  if (found == fields.end()) return out;
  for (const Scalar& item : found->second.items) {
    if (const std::string* text = std::get_if<std::string>(&item)) out.push_back(*text);
  }
  return out;
}

namespace {

const Path& path_for(const Node& node, std::string_view field, std::string_view arch,
                     const PathByArch& paths) {
  auto any = paths.find("");
  if (any != paths.end()) return any->second;
  auto exact = paths.find(std::string(arch));
  if (exact != paths.end()) return exact->second;
  std::string known;
  for (const auto& [name, path] : paths) known += (known.empty() ? "" : ", ") + name;
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' has no path for {}, which an image here needs", field, arch),
      .where = node.place(field),
      .hint = fmt::format("it has: {}", known)});
}

}  // namespace

Path Node::path(std::string_view field, std::string_view arch) const {
  return path_for(*this, field, arch, get_or<PathByArch>(*this, field, {}));
}

std::vector<Path> Node::paths(std::string_view field, std::string_view arch) const {
  std::vector<Path> out;
  auto found = fields.find(field);
  if (found == fields.end()) return out;
  for (const Scalar& item : found->second.items) {
    if (const PathByArch* paths = std::get_if<PathByArch>(&item))
      out.push_back(path_for(*this, field, arch, *paths));
  }
  return out;
}

Location Node::place(std::string_view field) const {
  auto found = places.find(field);
  return found != places.end() ? found->second : where;
}

Location Node::item_place(std::string_view field, std::size_t item) const {
  auto found = places.find(item_name(field, item));
  return found != places.end() ? found->second : place(field);
}

std::string item_name(std::string_view field, std::size_t item) {
  return fmt::format("{}#{}", field, item);
}

namespace {

nlohmann::ordered_json node_json(const Node& node);

nlohmann::ordered_json to_json(const Scalar& scalar) {
  if (const bool* flag = std::get_if<bool>(&scalar)) return *flag;
  if (const std::int64_t* number = std::get_if<std::int64_t>(&scalar)) return *number;
  if (const std::string* text = std::get_if<std::string>(&scalar)) return *text;
  if (const NodeRef* node = std::get_if<NodeRef>(&scalar)) return node_json(**node);
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (const PathByArch* paths = std::get_if<PathByArch>(&scalar)) {
    for (const auto& [arch, path] : *paths) json[arch] = path.written;
  }
  return json;
}

nlohmann::ordered_json node_json(const Node& node) {
  nlohmann::ordered_json json;
  json["word"] = node.schema->word;
  for (const auto& [name, value] : node.fields) {
    json[name] = nlohmann::ordered_json::array();
    for (const Scalar& item : value.items) json[name].push_back(to_json(item));
  }
  return json;
}

}  // namespace

std::string canonical_text(const Node& node) { return node_json(node).dump(); }

}  // namespace remedia::recipe
