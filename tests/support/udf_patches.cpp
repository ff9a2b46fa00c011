#include "support/udf_patches.h"

#include "support/udf_writer.h"

#include <algorithm>
#include <array>
#include <set>

namespace remedia::udf_patches {

namespace {

using udf_writer::Allocation;
using udf_writer::Node;
using udf_writer::Written;

struct Base {
  Written volume;
  std::vector<std::uint64_t> targets;  // offsets of descriptors
};

Node scattered(std::string name, Allocation allocation) {
  Node node{.name = std::move(name), .allocation = allocation, .descriptors_per_list = 2};
  for (char c = 'a'; c < 'g'; ++c) node.pieces.push_back({.bytes = std::string(512, c)});
  node.pieces.push_back({.bytes = {}, .hole = 1024});
  node.pieces.push_back({.bytes = "end"});
  return node;
}

Node tree(bool modern) {
  Node small = udf_writer::file("small", "in the entry");
  small.allocation = Allocation::embedded;
  small.extended = modern;
  Node inner = udf_writer::folder("inner", {small, udf_writer::file("\u0416\U0001F600", "wide")});
  if (modern) inner.allocation = Allocation::embedded;
  inner.extended = modern;
  Node sources = udf_writer::folder(
      "sources", {inner, scattered("short", Allocation::short_descriptors),
                  scattered("long", Allocation::long_descriptors), udf_writer::file("empty", "")});
  sources.fragmented = !modern;
  return udf_writer::folder("", {sources, udf_writer::file("readme.txt", "read me")});
}

std::vector<std::uint64_t> targets_of(const Written& w) {
  std::vector<std::uint64_t> targets = {w.anchor, w.last_anchor, w.file_set};
  for (std::uint64_t i = 0; i < 4; ++i) {
    targets.push_back(w.main + i * w.block_size);
    targets.push_back(w.reserve + i * w.block_size);
  }
  for (const auto& [path, at] : w.entries) targets.push_back(at);
  for (const auto& [path, at] : w.names) targets.push_back(at);
  for (const auto& [path, lists] : w.lists) {
    targets.insert(targets.end(), lists.begin(), lists.end());
  }
  return targets;
}

Base make_base(bool modern) {
  udf_writer::Options options{.block_size = 512, .revision = std::uint16_t(modern ? 0x201 : 0x102)};
  Base base{udf_writer::write(tree(modern), options), {}};
  base.targets = targets_of(base.volume);
  return base;
}

const std::array<Base, 2>& bases() {
  static const std::array<Base, 2> kBases = {make_base(false), make_base(true)};
  return kBases;
}

std::size_t byte(std::string_view script, std::size_t at) {
  return static_cast<std::uint8_t>(script.at(at));
}

bool is_zero_or_inside(const Extent& e, std::uint64_t size) {
  return e.hole || (e.offset <= size && e.length <= size - e.offset);
}

}  // namespace

std::string image(std::string_view script) {
  const Base& base = bases()[script.empty() ? 0 : byte(script, 0) % 2];
  std::string bytes = base.volume.bytes;
  std::size_t pos = 1;
  while (pos + 4 < script.size()) {
    std::uint64_t target = base.targets[byte(script, pos) % base.targets.size()];
    std::size_t at = (byte(script, pos + 1) | byte(script, pos + 2) << 8) % 512;
    std::size_t control = byte(script, pos + 3);
    std::string_view patch = script.substr(pos + 4, (control & 7) + 1);
    patch = patch.substr(0, std::min<std::size_t>(patch.size(), bytes.size() - target - at));
    bytes.replace(target + at, patch.size(), patch);
    if ((control & 0x80) == 0) udf_writer::reseal(bytes, target);
    pos += 4 + (control & 7) + 1;
  }
  return bytes;
}

std::string broken_promise(const udf::Volume& volume, const fs::path& image) {
  std::uint64_t size = fs::file_size(image);
  std::set<std::string> folders = {""};
  std::string before;
  for (const udf::Entry& entry : volume.entries) {
    if (entry.path <= before) return "paths are not sorted, or not unique: " + entry.path;
    before = entry.path;
    if (entry.path.find('\0') != std::string::npos) return "a NUL in a path";
    if (entry.path.find("//") != std::string::npos) return "an empty name in " + entry.path;
    std::size_t slash = entry.path.rfind('/');
    std::string folder = slash == std::string::npos ? "" : entry.path.substr(0, slash);
    if (!folders.contains(folder)) return "no folder above " + entry.path;
    if (entry.directory) folders.insert(entry.path);
    if (entry.directory && !entry.content.extents.empty()) return "a directory with content";
    for (const Extent& e : entry.content.extents) {
      if (!is_zero_or_inside(e, size)) return "an extent outside the image: " + entry.path;
    }
  }
  return {};
}

}  // namespace remedia::udf_patches
