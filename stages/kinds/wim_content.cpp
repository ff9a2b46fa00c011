#include "kinds/wim_content.h"

#include "formats/win_names.h"
#include "kinds/tier_check.h"
#include "media/layers.h"

namespace remedia::kinds {

namespace {

// An overlay can bring what is started instead of the script that the recipe sets.
void check_startnet_runs(const graph::Job& job, const std::vector<TreeEntry>& overlays) {
  if (!job.parameters().at("startnet_alone").get<bool>()) return;
  for (const TreeEntry& entry : overlays) {
    std::string name = fold_case(entry.target);
    if (entry.directory ||
        (name != fold_case("Windows/System32/winpeshl.ini") && name != fold_case("setup.exe")))
      continue;
    job.fail_at("startnet",
                fmt::format("startnet.cmd would never run: '{}' is started instead", entry.origin),
                "leave one of them out, or name programs in winpeshl");
  }
}

}  // namespace

Content read_content(const graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  Content content;
  auto tree = [&](const std::string& name) -> const std::vector<TreeEntry>& {
    auto [found, fresh] = content.listed.try_emplace(name);
    if (fresh) {
      found->second = read_tree(name);
      // Components stand in the order in which trees are named first.
      add_digests(found->second, p.at("components").at(content.trees.size()).get<std::string>(),
                  content.digests);
      content.trees.push_back(name);
    }
    return found->second;
  };
  if (p.contains("listed_by"))
    content.listed_by = p.at("listed_by").get<std::vector<std::string>>();
  Layers layers;
  if (p.contains("tier")) {
    job.about("tier", [&] {
      check_tool_files(p.at("tier"), tree);
      for (const auto& tool : p.at("tier").at("tools")) {
        for (const auto& name : tool.at("trees")) layers.add(tree(name));
      }
    });
  }
  job.about("overlays", [&] {
    for (const auto& name : p.at("trees")) layers.add(tree(name));
    content.overlays = layers.take();
    if (p.contains("drivers")) {
      for (const auto& name : p.at("drivers"))
        layers.add_exclusive(tree(name), "the drivers of this image");
    }
    if (p.contains("evidence")) {
      for (const auto& name : p.at("evidence")) layers.add_exclusive(tree(name), "");
    }
    if (p.contains("settings"))
      layers.add_exclusive(tree(p.at("settings")), "the settings of this image");
  });
  content.entries = layers.take();
  check_startnet_runs(job, content.overlays);
  return content;
}

}  // namespace remedia::kinds
