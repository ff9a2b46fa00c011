// iso { boot = ... }: a bootable ISO for BIOS and UEFI.
//
// BCD stores are written from nothing, the boot files come from the source's pack, the images from
// where they are; nothing is staged. El Torito as on Microsoft's media: etfsboot.com for BIOS (no
// boot info table: it would overwrite code), efisys.bin for UEFI. ISO 9660 level 3 with Joliet was
// booted by genuine boot managers; UDF is not needed for that.

#include "media/iso.h"

#include "kinds/boot_volume.h"
#include "kinds/evidence.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "media/boot_files.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

// Multi-extent files are beyond what boot managers were seen to read from ISO 9660.
constexpr std::uint64_t kMaxImageBytes = 0xffffffffu;
const std::string kEfi = "efi/microsoft/boot/";

recipe::Schema make_schema() {
  recipe::Schema schema = {
      .word = "iso",
      .role = recipe::Role::artifact,
      .help =
          "A bootable ISO image: OUT/RECIPE/NAME/NAME.iso.\n"
          "It boots by UEFI, and by BIOS if the source has the files for it (arm64 has none).",
      .fields = boot_fields(),
      .positional = "boot",
  };
  schema.fields.push_back({.name = "label",
                           .type = Type::text,
                           .help = "volume label, at most 32 of A-Z, 0-9 and _ (Joliet shows 16)",
                           .fallback = "the name in capitals",
                           .max = 32});
  schema.fields.push_back(
      {.name = "prompt",
       .type = Type::boolean,
       .help = "ask for a key before booting, as Windows install media do; nobody there means no "
               "boot",
       .fallback = "false"});
  return schema;
}

const recipe::Schema schema = make_schema();

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  graph::Edge edge{.kind = "iso", .origin = node};
  graph::Planned planned;
  refuse_data_evidence(*node);
  planned.records = plan_boot(planner, *node, edge);
  std::string name = artifact_name(*node);
  edge.label = fmt::format("ISO {}/{}", planner.recipe(), name);
  edge.parameters["label"] = volume_label(*node, "label", name, 32);
  edge.parameters["prompt"] = node->flag("prompt");
  edge.outputs = {fmt::format("{0}/{1}/{1}.iso", planner.recipe(), name),
                  fmt::format(".store/iso/{}.{}.record", planner.recipe(), name)};
  planned.file = edge.outputs[0];
  planned.records.insert(planned.records.begin(), edge.outputs[1]);
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "iso", planned.file, planned.records, node});
  return planned;
}

void add_stores(BootVolume& volume) {
  auto image = [](std::size_t i) { return numbered_wim("sources", i); };
  if (volume.uefi()) add_disk_store(volume, bcd::Firmware::uefi, image);
  if (volume.bios()) add_disk_store(volume, bcd::Firmware::bios, image);
}

void run(graph::Job& job) {
  bool prompt = job.parameters().at("prompt");
  std::string efisys = kEfi + (prompt ? "efisys.bin" : "efisys_noprompt.bin");
  std::string loader = uefi_loader(job.text("arch"));
  BootVolume volume(job);
  volume.choose_firmware(std::vector<std::string_view>{"bootmgr", "boot/etfsboot.com"},
                         std::vector<std::string_view>{loader, efisys});
  volume.add_boot_files([&](const std::string& file) {
    // With bootfix.bin there, etfsboot.com asks for a key.
    bool asks = file == "boot/bootfix.bin";
    return file.starts_with("pxe/") || (asks && !prompt) ? "" : file;
  });
  volume.add_images([](std::size_t i) { return numbered_wim("sources", i); }, kMaxImageBytes,
                    "boot managers read at most 4 GiB - 1 from an ISO");
  add_stores(volume);

  iso::Image image;
  image.label = job.text("label");
  image.clock = job.parameters().at("clock");
  image.files = volume.files();
  if (volume.uefi()) image.uefi_boot = efisys;
  if (volume.bios()) image.bios_boot = "boot/etfsboot.com";
  iso::write(image, job.part(0));

  nlohmann::ordered_json record;
  record["file"] = job.output(0);
  record["label"] = job.text("label");
  volume.describe(record);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind iso = {"iso", &schema, plan, run};

}  // namespace remedia::kinds
