#include "kinds/evidence.h"

#include "graph/job.h"
#include "kinds/boot_volume.h"
#include "kinds/drivers.h"
#include "kinds/symbols.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

constexpr const char* kFields[] = {"defender", "debuggers", "symbols"};

std::string record_name(std::string_view field) {
  return field == "defender" ? "definitions_record" : fmt::format("{}_record", field);
}

bool on_data(const recipe::Node& node) { return node.text("place") == "data"; }

graph::Planned plan_one(graph::Planner& planner, std::string_view field,
                        const recipe::NodeRef& node, const graph::Binding& binding,
                        const SymbolsUse& use) {
  if (field == "symbols") return plan_symbols(planner, node, binding, use);
  return planner.plan(node, binding);
}

// What an image is made of; equal edges are one, so this plans nothing new.
void add_image(graph::Planner& planner, const recipe::NodeRef& image, const graph::Binding& binding,
               SymbolsUse& use) {
  recipe::NodeRef from = image->node("from");
  use.sources.push_back(from);
  std::string record = planner.plan(from, {}).records.front();
  for (const graph::Planned& tree : plan_drivers(planner, image, binding, record).trees)
    use.driver_trees.push_back(tree.file);
}

void add(PlannedEvidence& evidence, std::string_view field, graph::Planned planned) {
  evidence.records[record_name(field)].push_back(planned.records.front());
  evidence.trees.push_back(std::move(planned));
}

// What each image wants on a data partition, equal values once, with the images that want it.
struct Wanted {
  const char* field;
  recipe::NodeRef node;
  std::vector<recipe::NodeRef> images;
};

std::vector<Wanted> wanted_on_data(const recipe::Node& artifact) {
  std::vector<Wanted> list;
  for (const char* field : kFields) {
    for (const recipe::NodeRef& image : artifact.nodes("boot")) {
      recipe::NodeRef node = image->node(field);
      if (node == nullptr || !on_data(*node)) continue;
      auto known = std::find_if(list.begin(), list.end(), [&](const Wanted& wanted) {
        return wanted.field == field &&
               recipe::canonical_text(*wanted.node) == recipe::canonical_text(*node);
      });
      if (known == list.end()) known = list.insert(list.end(), Wanted{field, node, {}});
      known->images.push_back(image);
    }
  }
  return list;
}

}  // namespace

PlannedEvidence plan_evidence(graph::Planner& planner, const recipe::NodeRef& image,
                              const graph::Binding& binding,
                              const std::vector<std::string>& driver_trees) {
  const std::string name = image->text("name");
  SymbolsUse use{.user = image,
                 .name = name,
                 .list = name + ".symchk.txt",
                 .sources = {image->node("from")},
                 .driver_trees = driver_trees};
  PlannedEvidence evidence;
  for (const char* field : kFields) {
    recipe::NodeRef node = image->node(field);
    if (node == nullptr || on_data(*node)) continue;
    add(evidence, field, plan_one(planner, field, node, binding, use));
  }
  return evidence;
}

PlannedEvidence plan_data_evidence(graph::Planner& planner, const recipe::NodeRef& artifact,
                                   const graph::Binding& binding) {
  const std::string name = artifact_name(*artifact);
  PlannedEvidence evidence;
  int lists = 0;
  for (const Wanted& wanted : wanted_on_data(*artifact)) {
    SymbolsUse use{.user = artifact, .name = name, .list = "", .sources = {}, .driver_trees = {}};
    if (std::string_view(wanted.field) == "symbols") {
      for (const recipe::NodeRef& image : wanted.images) add_image(planner, image, binding, use);
      std::string number = lists++ == 0 ? "" : std::to_string(lists);
      use.list = fmt::format("{}.{}{}.symchk.txt", name, artifact->schema->word, number);
    }
    add(evidence, wanted.field, plan_one(planner, wanted.field, wanted.node, binding, use));
  }
  return evidence;
}

void refuse_data_evidence(const recipe::Node& artifact) {
  std::vector<Wanted> wanted = wanted_on_data(artifact);
  if (wanted.empty()) return;
  throw Failure(Diagnostic{
      .message = fmt::format("the image '{}' has its {} on a data partition, and {} has none",
                             wanted.front().images.front()->text("name"), wanted.front().field,
                             artifact.schema->word),
      .where = artifact.place("boot"),
      .hint = "boot it by usb alone, or put them into the image: place = \"image\"",
      .notes = {{.message = "it is said here", .where = wanted.front().node->place("place")}}});
}

void check_data_evidence(const recipe::Node& image, const std::string& recipe,
                         const std::vector<graph::Product>& products) {
  for (const char* field : kFields) {
    recipe::NodeRef node = image.node(field);
    if (node == nullptr || !on_data(*node)) continue;
    bool carried = std::any_of(products.begin(), products.end(), [&](const auto& product) {
      if (product.kind != "usb" || product.recipe != recipe) return false;
      std::vector<recipe::NodeRef> images = product.origin->nodes("boot");
      return std::any_of(images.begin(), images.end(),
                         [&](const auto& one) { return one->text("name") == image.text("name"); });
    });
    if (carried) continue;
    throw Failure(Diagnostic{
        .message =
            fmt::format("the {} of the image '{}' are to lie on a data partition, but no usb "
                        "boots it",
                        field, image.text("name")),
        .where = node->place("place"),
        .hint = "return usb { boot = ... }, or put them into the image: place = \"image\""});
  }
}

void describe_evidence(const nlohmann::json& parameters, nlohmann::ordered_json& into) {
  for (const char* field : kFields) {
    auto names = parameters.find(record_name(field));
    if (names == parameters.end()) continue;
    for (const std::string name : *names) {
      nlohmann::ordered_json record = graph::read_record(name);
      for (const char* section : {"definitions", "symbols", "symbols_missing"}) {
        if (!record.contains(section)) continue;
        auto& list = into[section];
        for (auto& entry : record[section]) list.push_back(std::move(entry));
      }
    }
  }
}

nlohmann::ordered_json evidence_policy(const nlohmann::json& parameters) {
  nlohmann::ordered_json policy = nlohmann::ordered_json::object();
  auto record = [&](std::string_view field) {
    auto name = parameters.find(record_name(field));
    return name == parameters.end() ? nlohmann::ordered_json()
                                    : graph::read_record(name->get<std::string>());
  };
  if (auto found = record("defender"); !found.is_null()) {
    for (const auto& package : found.at("definitions")) {
      if (package.at("kind") != "antimalware") continue;
      policy["definitions"] = package.at("signature_version");
      if (package.contains("date")) policy["definitions_date"] = package.at("date");
      if (package.contains("stale_after")) policy["definitions_until"] = package.at("stale_after");
    }
  }
  if (auto found = record("debuggers"); !found.is_null())
    policy["debuggers"] = found.at("debuggers").at("version");
  // The launcher takes no empty value; a stand-in may not say its version.
  if (policy.value("debuggers", "") == "") policy.erase("debuggers");
  if (auto found = record("symbols"); !found.is_null())
    policy["symbols"] = std::to_string(found.at("symbols").size());
  return policy;
}

std::vector<std::string> evidence_of(const recipe::Node& image) {
  std::vector<std::string> provided;
  for (const char* field : kFields) {
    if (image.has(field))
      provided.emplace_back(std::string_view(field) == "defender" ? "definitions" : field);
  }
  return provided;
}

}  // namespace remedia::kinds
