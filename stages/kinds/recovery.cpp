// The folder that software distribution takes to PCs: the image, boot.sdi, scripts. A stage that no
// recipe names; `partition` makes it.

#include "kinds/recovery.h"

#include "formats/deploy_texts.h"
#include "kinds/boot_volume.h"
#include "kinds/copy.h"
#include "kinds/kinds.h"
#include "kinds/tier.h"
#include "media/ntfs.h"
#include "support/date.h"

namespace remedia::kinds {

namespace {

RecoveryFacts recovery_facts(graph::Job& job, const TreeEntry& sdi) {
  const nlohmann::json& p = job.parameters();
  auto source = graph::read_record(job.text("source_record"));
  const auto& image = source.at("image");
  RecoveryFacts facts;
  facts.name = job.text("name");
  facts.title = job.text("title");
  facts.arch = job.text("arch");
  facts.build = image.at("kernel_version");
  facts.xml_version = image.at("version");
  if (facts.build.empty()) facts.build = facts.xml_version;
  // As the manifest has it, under images.guid: what a PC reports can be looked up.
  facts.revision = graph::read_record(job.text("wim_record")).at("guid");
  facts.built = date_of_clock(p.at("clock"));
  facts.languages = image.at("languages");
  facts.wim_sha256 = job.digest(job.text("wim"));
  facts.wim_size = Slice::whole(job.text("wim")).size();
  facts.sdi_sha256 = sdi.sha256;
  facts.sdi_size = sdi.size;
  facts.partition_size = rules_for(facts.wim_size, facts.sdi_size).least();
  facts.bypasses_bitlocker = !p.at("keeps_shell").get<bool>();
  return facts;
}

void run(graph::Job& job) {
  TreeEntry sdi = boot_sdi(job);
  Fd out = Fd::open_empty(job.part(0));
  copy_to(sdi.slice(), out.get(), 0, job.part(0));
  RecoveryFacts facts = recovery_facts(job, sdi);
  job.about("boot", [&] {
    job.write_text(1, deploy_script(facts));
    job.write_text(2, detection_script(facts));
    job.write_text(3, recovery_readme(facts));
  });
  nlohmann::ordered_json record;
  record["files"] = nlohmann::ordered_json::array();
  record["files"].push_back({{"path", "winre.wim"}, {"sha256", facts.wim_sha256}});
  job.write_record(std::move(record));
}

}  // namespace

TreeEntry boot_sdi(const graph::Job& job) {
  for (const TreeEntry& entry : read_tree(job.text("boot_tree"))) {
    if (entry.target != "boot/boot.sdi") continue;
    check_intact(entry);
    return entry;
  }
  job.fail_at("boot", "the source has no boot/boot.sdi, neither on its medium nor inside the image",
              "lend it from another medium: source { ..., boot_files = source { ... } }");
}

PartitionRules rules_for(std::uint64_t image, std::uint64_t sdi) {
  PartitionRules rules{.image = image, .sdi = sdi};
  rules.file_system = ntfs::overhead(rules.least());
  return rules;
}

void plan_recovery(graph::Planner& planner, const recipe::NodeRef& node, const std::string& name,
                   const graph::Planned& image, graph::Planned& planned) {
  recipe::NodeRef described = node->node("boot");
  std::string folder = fmt::format("{}/{}/recovery/", planner.recipe(), name);
  graph::Edge edge{.kind = "recovery", .origin = node};
  edge.label = fmt::format("RECOVERY {}/{}", planner.recipe(), name);
  edge.parameters["name"] = name;
  edge.parameters["title"] = image.parts.at("title");
  edge.parameters["arch"] = image.parts.at("arch");
  edge.parameters["keeps_shell"] = shell_of(*described) == "winre";
  edge.parameters["wim_record"] = image.records.front();
  edge.parameters["clock"] = planner.clock();
  edge.parameters["wim"] = image.file;
  edge.parameters["boot_tree"] = image.parts.at("boot_tree");
  edge.parameters["source_record"] = image.parts.at("source_record");
  edge.inputs = {image.file, image.records.front(), image.parts.at("boot"),
                 image.parts.at("boot_tree"), image.parts.at("source_record")};
  for (const char* file :
       {"boot.sdi", "Deploy-RecoveryImage.ps1", "Get-RecoveryImageState.ps1", "README.txt"})
    edge.outputs.push_back(folder + file);
  edge.outputs.push_back(fmt::format(".store/recovery/{}.{}.record", planner.recipe(), name));
  std::vector<std::string> files = edge.outputs;
  files.back() = folder + "winre.wim";
  planned.records.push_back(edge.outputs.back());
  planner.add(std::move(edge));
  plan_copy(planner, node, image.file, folder + "winre.wim");
  for (const std::string& file : files) {
    planner.add_product(
        {planner.recipe(), name, "partition", file, planned.records, node, name + ".recovery"});
  }
}

const graph::Kind recovery = {"recovery", nullptr, nullptr, run};

}  // namespace remedia::kinds
