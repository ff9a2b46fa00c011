#include "support/tree.h"

#include "support/diagnostic.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace remedia {

namespace {

nlohmann::ordered_json to_json(const TreeEntry& entry) {
  nlohmann::ordered_json json;
  json["target"] = entry.target;
  json["origin"] = entry.origin;
  if (entry.directory) {
    json["directory"] = true;
    return json;
  }
  json["size"] = entry.size;
  json["sha256"] = entry.sha256;
  json["source"] = entry.source;
  json["offset"] = entry.offset;
  return json;
}

TreeEntry from_json(const nlohmann::json& json) {
  TreeEntry entry;
  entry.target = json.at("target");
  entry.origin = json.at("origin");
  entry.directory = json.value("directory", false);
  if (entry.directory) return entry;
  entry.size = json.at("size");
  entry.sha256 = json.at("sha256");
  entry.source = json.at("source");
  entry.offset = json.at("offset");
  return entry;
}

}  // namespace

std::string write_tree(std::vector<TreeEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.target < b.target; });
  // One entry a line, so that two trees can be compared with diff.
  std::string text = "[";
  for (const TreeEntry& entry : entries) {
    text += text.size() > 1 ? ",\n" : "\n";
    text += to_json(entry).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return text + "\n]\n";
}

std::vector<TreeEntry> read_tree(const fs::path& file) {
  std::vector<TreeEntry> entries;
  try {
    for (const auto& json : nlohmann::json::parse(read_file(file, 1u << 30))) {
      entries.push_back(from_json(json));
    }
  } catch (const nlohmann::json::exception&) {
    fail_damaged(file);
  }
  return entries;
}

}  // namespace remedia
