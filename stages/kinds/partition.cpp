// partition { boot = ... }: a recovery partition, as an image of one and as a folder for software
// distribution.
//
// Windows unlocks the BitLocker drive for a winre.wim whose hash it trusts, and only recenv locks
// it again before tools that are a risk. So what goes onto a recovery partition keeps recenv as its
// shell; an image that starts its own program first would open the drive to whoever has the PC.

#include "formats/texts.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/evidence.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "kinds/recovery.h"
#include "kinds/tier.h"
#include "media/ntfs.h"
#include "support/byte_size.h"
#include "support/digest.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

using recipe::Type;

const std::string kFolder = "Recovery/WindowsRE/";
const char kOverride[] = "i_accept_that_this_bypasses_bitlocker";

const recipe::Schema schema = {
    .word = "partition",
    .role = recipe::Role::artifact,
    .help =
        "A recovery partition, and what replaces the recovery image of PCs.\n"
        "OUT/RECIPE/NAME/NAME.recovery.img is an NTFS volume, for a partition of type "
        "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC with attributes 0x8000000000000001 (MBR: 0x27); "
        "OUT/RECIPE/NAME/recovery/ is for software distribution. The image must keep Windows' own "
        "shell: wim { shell = \"winre\" }.",
    .fields =
        {
            {.name = "boot",
             .type = Type::value,
             .help = "the image",
             .required = true,
             .words = {"wim"}},
            {.name = "name",
             .type = Type::name,
             .help = "names the files and the target",
             .fallback = "the image's",
             .max = 40},
            {.name = "label",
             .type = Type::text,
             .help = "volume label, at most 32 of A-Z, a-z, 0-9, space and _",
             .fallback = "Recovery",
             .max = 32},
            {.name = "size",
             .type = Type::text,
             .help = "of the partition, such as \"1GiB\"; the smallest leaves 250 MiB free, which "
                     "servicing of Windows needs, and has 500 MiB",
             .fallback = "the smallest"},
            {.name = "sector_size",
             .type = Type::integer,
             .help = "bytes of the disk's logical sectors, 512 or 4096",
             .fallback = "512",
             .min = 512,
             .max = 4096},
            {.name = kOverride,
             .type = Type::boolean,
             .help = "take an image that does not keep Windows' own shell; whoever starts it sees "
                     "the unlocked drive",
             .fallback = "false"},
        },
    .positional = "boot",
};

// --- Planning --------------------------------------------------------------------------------

void check_shell(const recipe::Node& node, const recipe::Node& wim) {
  if (shell_of(wim) == "winre" || node.flag(kOverride)) return;
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' does not keep Windows' own shell, so on a recovery partition it "
                             "would open BitLocker drives to whoever starts it",
                             wim.text("name")),
      .where = node.place("boot"),
      .hint =
          fmt::format("Windows unlocks the drive for the recovery image that it trusts, and only "
                      "recenv locks it again: build the image from image = \"winre\" with shell = "
                      "\"winre\" (or accept that: {} = true)",
                      kOverride),
      .notes = {{.message = "the image", .where = wim.where}}});
}

std::string label_of(const recipe::Node& node) {
  std::string label = node.has("label") ? node.text("label") : "Recovery";
  bool plain = std::all_of(label.begin(), label.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == ' ' || c == '_';
  });
  if (plain && !label.empty() && label.front() != ' ' && label.back() != ' ') return label;
  throw Failure(Diagnostic{
      .message = fmt::format("volume label '{}' holds other characters than letters, digits, "
                             "spaces within and _",
                             label),
      .where = node.place("label")});
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  recipe::NodeRef wim = node->node("boot");
  check_shell(*node, *wim);
  std::string name = node->has("name") ? node->text("name") : wim->text("name");
  std::string label = label_of(*node);
  std::int64_t sector_size = sector_size_field(*node);
  refuse_data_evidence(*node);
  graph::Planned image = planner.plan(wim, {});

  graph::Edge edge{.kind = "partition", .origin = node};
  edge.label = fmt::format("PARTITION {}/{}", planner.recipe(), name);
  edge.parameters["name"] = name;
  edge.parameters["label"] = label;
  edge.parameters["size"] = size_field(*node, "size");
  edge.parameters["sector_size"] = sector_size;
  edge.parameters["keeps_shell"] = shell_of(*wim) == "winre";
  edge.parameters["clock"] = planner.clock();
  edge.parameters["wim"] = image.file;
  edge.parameters["wim_record"] = image.records.front();
  edge.parameters["boot_tree"] = image.parts.at("boot_tree");
  edge.inputs = {image.file, image.records.front(), image.parts.at("boot"),
                 image.parts.at("boot_tree")};
  edge.outputs = {fmt::format("{0}/{1}/{1}.recovery.img", planner.recipe(), name),
                  fmt::format(".store/partition/{}.{}.record", planner.recipe(), name)};
  graph::Planned planned{.file = edge.outputs[0], .records = {edge.outputs[1]}};
  planned.records.insert(planned.records.end(), image.records.begin(), image.records.end());
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "partition", planned.file, planned.records, node});
  plan_recovery(planner, node, name, image, planned);
  return planned;
}

// --- The image -------------------------------------------------------------------------------

std::uint64_t size_for(const graph::Job& job, const PartitionRules& rules) {
  std::uint64_t wanted = job.parameters().at("size");
  if (wanted == 0) return rules.least();
  if (wanted >= rules.least()) return wanted;
  job.fail_at(
      "size",
      fmt::format("the partition takes {}, but is to have {}", byte_size_text(rules.least()),
                  byte_size_text(wanted)),
      fmt::format("{} for the image, {} for boot.sdi, {} for NTFS, {} that servicing of "
                  "Windows needs, and never below {} MiB",
                  rules.image, rules.sdi, rules.file_system, rules.headroom, rules.floor / kMiB));
}

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  if (!p.at("keeps_shell").get<bool>()) {
    job.warn(kOverride, "whoever starts this partition sees the drive that BitLocker protects");
  }
  TreeEntry sdi = boot_sdi(job);
  Slice wim = Slice::whole(job.text("wim"));
  PartitionRules rules = rules_for(wim.size(), sdi.size);
  nlohmann::ordered_json image = graph::read_record(job.text("wim_record"));
  std::string guid = image.at("guid");
  if (!image.at("serviceable").get<bool>()) {
    job.warn("boot",
             "something was taken out of this image: updates of Windows RE may fail on it, "
             "so replace it by newer ones of yours");
  }

  std::string reagent = with_crlf(fill_text("ReAgent.xml", {}));
  ntfs::Volume volume;
  volume.label = job.text("label");
  volume.files = {{kFolder + "winre.wim", wim},
                  {kFolder + "boot.sdi", sdi.slice()},
                  {kFolder + "ReAgent.xml", reagent}};
  volume.hidden = {"Recovery", "Recovery/WindowsRE"};
  for (const VolumeFile& file : volume.files) volume.hidden.push_back(file.target);
  volume.clock = p.at("clock");
  volume.size = size_for(job, rules);
  volume.sector_size = p.at("sector_size");
  auto serial = derived_guid(fmt::format("{} {} {} {}\n{}", job.output(0), volume.label,
                                         volume.size, volume.sector_size, guid));
  for (std::size_t i = 0; i < 8; ++i) volume.serial = volume.serial << 8 | serial[i];
  job.about("boot", [&] {
    job.reads(ntfs::mkntfs_program());
    ntfs::write(volume, job.part(0));
  });

  nlohmann::ordered_json record;
  record["file"] = job.output(0);
  record["label"] = volume.label;
  record["sector_size"] = volume.sector_size;
  record["size"] = volume.size;
  record["size_by_rule"] = rules.json();
  record["keeps_shell"] = p.at("keeps_shell");
  record["images"] = {job.text("wim_record")};
  record["files"] = {
      {{"path", kFolder + "winre.wim"}, {"origin", job.text("wim")}, {"size", wim.size()}},
      {{"path", kFolder + "boot.sdi"},
       {"origin", sdi.origin},
       {"size", sdi.size},
       {"sha256", sdi.sha256}},
      {{"path", kFolder + "ReAgent.xml"},
       {"origin", "written: nothing is registered yet"},
       {"size", reagent.size()},
       {"sha256", sha256(reagent)}}};
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind partition = {"partition", &schema, plan, run};

}  // namespace remedia::kinds
