#include "support/iso9660_patches.h"

#include "support/iso9660_writer.h"

#include <algorithm>
#include <array>
#include <vector>

namespace remedia::iso9660_patches {

namespace {

using iso9660_writer::file;
using iso9660_writer::folder;
using iso9660_writer::Node;
using iso9660_writer::Tree;
using iso9660_writer::Written;

struct Base {
  Written volume;
  std::vector<std::uint64_t> targets;
};

Node tree() {
  Node sections = file("sections", std::string(4100, 's'));
  sections.sections = {2048, 2048, 4};
  Node attributes = file("attributes", "behind them");
  attributes.attribute_blocks = 1;
  Node named = file("a longer name", "x");
  named.iso_name = "NAMED.;1";
  named.name_fields = 2;
  named.continued = true;
  Node link = file("link", "");
  link.relocated_to = "moved/x";
  Node moved = folder("x", {file("leaf", "!")});
  moved.system_use = std::string("RE\4\1");
  return folder(
      "", {folder("sources", {sections, attributes, folder("inner", {file("\u0416", "")})}), named,
           link, folder("moved", {moved}), file("readme.txt", "read me")});
}

void add_targets(std::vector<std::uint64_t>& targets, const Tree& tree) {
  if (tree.descriptor == 0) return;
  targets.insert(targets.end(), {tree.descriptor, tree.descriptor + 88, tree.descriptor + 156});
  for (const auto& [path, at] : tree.directories) targets.push_back(at);
  for (const auto& [path, records] : tree.records) {
    targets.insert(targets.end(), records.begin(), records.end());
  }
}

Base make_base(bool joliet) {
  Base base{iso9660_writer::write(tree(), {.joliet = joliet, .rock_ridge = !joliet}), {}};
  add_targets(base.targets, joliet ? base.volume.joliet : base.volume.primary);
  base.targets.push_back(base.volume.terminator);
  if (base.volume.continuations != 0) base.targets.push_back(base.volume.continuations);
  return base;
}

std::size_t byte(std::string_view script, std::size_t at) {
  return static_cast<std::uint8_t>(script.at(at));
}

}  // namespace

std::string image(std::string_view script) {
  static const std::array<Base, 2> kBases = {make_base(false), make_base(true)};
  const Base& base = kBases[script.empty() ? 0 : byte(script, 0) % 2];
  std::string bytes = base.volume.bytes;
  std::size_t pos = 1;
  while (pos + 3 < script.size()) {
    std::uint64_t at =
        base.targets[byte(script, pos) % base.targets.size()] + byte(script, pos + 1);
    std::size_t control = byte(script, pos + 2);
    std::size_t wanted = (control & 3) + 1;
    std::string patch(script.substr(pos + 3, wanted));
    if ((control & 0x80) != 0) patch += std::string(patch.rbegin(), patch.rend());
    patch.resize(std::min<std::size_t>(patch.size(), bytes.size() - at));
    bytes.replace(at, patch.size(), patch);
    pos += 3 + wanted;
  }
  return bytes;
}

}  // namespace remedia::iso9660_patches
