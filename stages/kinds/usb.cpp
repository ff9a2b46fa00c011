// usb { boot = ... }: a raw disk image for a stick, or for anything that a firmware takes as a
// disk.
//
// One FAT32 partition that UEFI starts from by \EFI\BOOT, and BIOS by GRUB in the gap before it,
// which starts \bootmgr (seen with a genuine boot manager); Microsoft's boot sectors are nowhere.
// Optionally a second partition for what need not sit in RAM.

#include "kinds/boot_volume.h"
#include "kinds/component.h"
#include "kinds/evidence.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "media/bios_boot.h"
#include "media/boot_files.h"
#include "media/disk.h"
#include "media/exfat.h"
#include "media/fat.h"
#include "media/layers.h"
#include "media/ntfs.h"
#include "support/byte_size.h"
#include "support/digest.h"
#include "support/process.h"

#include <algorithm>
#include <optional>

#include <unistd.h>

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr std::uint64_t kMaxFatFile = 0xffffffffu;
// Of a FAT32 volume, and what an MBR counts.
constexpr std::uint64_t kMostSectors = 0xffffffffu;
constexpr std::uint64_t kRoomForData = 64 * kMiB;
constexpr std::uint64_t kNtfsCluster = 4096;
// "Basic data": Windows gives it a letter, and firmware starts removable disks from it all the
// same.
constexpr const char* kBasicData = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";

recipe::Schema make_schema() {
  recipe::Schema schema = {
      .word = "usb",
      .role = recipe::Role::artifact,
      .help =
          "A raw disk image for USB sticks: OUT/RECIPE/NAME/NAME.usb.img.\n"
          "It is as small as what it holds (FAT32 has no volumes below 257 MiB); write it to the "
          "whole stick (dd, Rufus in DD mode), whose rest stays free.",
      .fields = boot_fields(),
      .positional = "boot",
  };
  std::vector<recipe::Field> more = {
      {.name = "label",
       .type = Type::text,
       .help = "volume label, at most 11 of A-Z, 0-9 and _",
       .fallback = "the name in capitals",
       .max = 11},
      {.name = "layout",
       .type = Type::choice,
       .help = "\"mbr\" boots by BIOS and UEFI, \"gpt\" by UEFI only",
       .words = {"mbr", "gpt"},
       .fallback = "mbr"},
      {.name = "sector_size",
       .type = Type::integer,
       .help = "bytes of the disk's logical sectors, 512 or 4096 (\"4Kn\", UEFI only)",
       .fallback = "512",
       .min = 512,
       .max = 4096},
      {.name = "size",
       .type = Type::text,
       .help = "of the whole image, such as \"8GB\" or \"7400MiB\"; the rest goes to the data "
               "partition unless data_size is given, else to the boot partition",
       .fallback = "what it takes",
       .max = 20},
      {.name = "data",
       .type = Type::value,
       .help = "folders for a second partition: logs, definitions, symbols, tools that need not "
               "sit in RAM; later ones win",
       .list = true,
       .words = {"overlay"}},
      {.name = "data_filesystem",
       .type = Type::choice,
       .help = "of the second partition",
       .words = {"exfat", "ntfs"},
       .fallback = "exfat"},
      {.name = "data_label",
       .type = Type::text,
       .help = "its volume label, at most 11 of A-Z, 0-9 and _",
       .fallback = "DATA",
       .max = 11},
      {.name = "data_size",
       .type = Type::text,
       .help = "its size, such as \"2GiB\"",
       .fallback = "what it holds and 64 MiB",
       .max = 20},
  };
  for (recipe::Field& field : more) schema.fields.push_back(std::move(field));
  return schema;
}

const recipe::Schema schema = make_schema();

// --- Planning --------------------------------------------------------------------------------

// What BIOS cannot do is said if it was asked for, and left out if not.
void check_bios(const recipe::Node& node, nlohmann::ordered_json& firmware) {
  bool gpt = node.text("layout") == "gpt";
  bool large_sectors = node.integer("sector_size") != 512;
  if (!gpt && !large_sectors) return;
  if (!firmware.empty() && firmware[0] == "bios") {
    throw Failure(Diagnostic{.message = gpt ? "BIOS does not boot from layout = \"gpt\""
                                            : "BIOS does not boot from sectors of 4096 bytes",
                             .where = node.place("firmware"),
                             .hint = "make a second usb artifact for BIOS, or leave \"bios\" out"});
  }
  firmware = {"uefi"};
}

// Definitions and symbols that need not sit in RAM, and can be newer than the image.
void plan_evidence_data(const PlannedEvidence& evidence, graph::Edge& edge,
                        graph::Planned& planned) {
  nlohmann::ordered_json& data = edge.parameters["data"];
  for (const graph::Planned& tree : evidence.trees) {
    data["evidence"].push_back(tree.file);
    edge.inputs.push_back(tree.file);
  }
  for (const auto& [name, records] : evidence.records) {
    data[name] = records;
    edge.inputs.insert(edge.inputs.end(), records.begin(), records.end());
    planned.records.insert(planned.records.end(), records.begin(), records.end());
  }
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  graph::Edge edge{.kind = "usb", .origin = node};
  graph::Planned planned;
  std::int64_t sector_size = sector_size_field(*node);
  planned.records = plan_boot(planner, *node, edge);
  std::string name = artifact_name(*node);
  edge.label = fmt::format("USB {}/{}", planner.recipe(), name);
  check_bios(*node, edge.parameters["firmware"]);
  edge.parameters["label"] = volume_label(*node, "label", name, 11);
  edge.parameters["layout"] = node->text("layout");
  edge.parameters["sector_size"] = sector_size;
  edge.parameters["size"] = size_field(*node, "size");
  graph::Binding binding{.arch = edge.parameters["arch"]};
  PlannedEvidence evidence = plan_data_evidence(planner, node, binding);
  if (node->has("data") || !evidence.trees.empty()) {
    nlohmann::ordered_json& data = edge.parameters["data"];
    data["filesystem"] = node->text("data_filesystem");
    data["label"] = volume_label(*node, "data_label", "data", 11);
    data["size"] = size_field(*node, "data_size");
    data["trees"] = nlohmann::ordered_json::array();
    for (const recipe::NodeRef& overlay : node->nodes("data")) {
      graph::Planned tree = planner.plan(overlay, binding);
      data["trees"].push_back(tree.file);
      edge.inputs.push_back(tree.file);
    }
    plan_evidence_data(evidence, edge, planned);
  } else {
    for (const char* field : {"data_filesystem", "data_label", "data_size"}) {
      if (!node->given(field)) continue;
      throw Failure(Diagnostic{.message = fmt::format("'{}' says how the data partition is to be, "
                                                      "but there is no data",
                                                      field),
                               .where = node->place(field),
                               .hint = "name its folders: data = { \"...\" }"});
    }
  }
  edge.outputs = {fmt::format("{0}/{1}/{1}.usb.img", planner.recipe(), name),
                  fmt::format(".store/usb/{}.{}.record", planner.recipe(), name)};
  planned.file = edge.outputs[0];
  planned.records.insert(planned.records.begin(), edge.outputs[1]);
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "usb", planned.file, planned.records, node});
  return planned;
}

// --- The partitions --------------------------------------------------------------------------

BootVolume boot_volume(graph::Job& job) {
  BootVolume volume(job);
  std::string loader = uefi_loader(job.text("arch"));
  volume.choose_firmware(std::vector<std::string_view>{"bootmgr"},
                         std::vector<std::string_view>{loader});
  volume.add_boot_files([](const std::string& file) {
    // What only a disc or a network boots by.
    bool elsewhere = file.starts_with("pxe/") || file == "boot/etfsboot.com" ||
                     file == "boot/bootfix.bin" || file.starts_with("efi/microsoft/boot/efisys");
    return elsewhere ? "" : file;
  });
  auto image = [](std::size_t i) { return numbered_wim("sources", i); };
  volume.add_images(image, kMaxFatFile, "FAT32 holds files of at most 4 GiB - 1");
  if (volume.uefi()) add_disk_store(volume, bcd::Firmware::uefi, image);
  if (volume.bios()) add_disk_store(volume, bcd::Firmware::bios, image);
  return volume;
}

/// Trees of what the second partition holds.
std::vector<std::string> data_trees(const graph::Job& job) {
  const nlohmann::json& data = job.parameters().at("data");
  std::vector<std::string> trees = data.at("trees");
  for (const auto& tree : data.value("evidence", nlohmann::json::array())) trees.push_back(tree);
  return trees;
}

// Before it is written and after that: what changes in between would be a mixture.
void check_unchanged(graph::Job& job, const TreeEntry& entry) {
  const bool in_pack = entry.offset > 0 || fs::file_size(entry.source) != entry.size;
  std::string digest = in_pack ? sha256(entry.slice()) : job.listed_digest(entry.source);
  if (digest == entry.sha256) return;
  fail_changed(entry.origin, data_trees(job));
}

/// What the second partition holds.
struct Data {
  std::vector<TreeEntry> entries;
  std::vector<VolumeFile> files;
  std::vector<std::string> folders;
  nlohmann::ordered_json listed = nlohmann::ordered_json::array();
};

Data read_data(graph::Job& job) {
  Layers layers;
  const nlohmann::json& p = job.parameters().at("data");
  for (const std::string tree : p.at("trees")) layers.add(read_tree(tree));
  for (const std::string tree : p.value("evidence", nlohmann::json::array()))
    layers.add_exclusive(read_tree(tree), "");
  Data data;
  for (const TreeEntry& entry : layers.take()) {
    if (entry.directory) {
      data.folders.push_back(entry.target);
      continue;
    }
    check_unchanged(job, entry);
    data.entries.push_back(entry);
    data.files.push_back({entry.target, entry.slice()});
    data.listed.push_back({{"path", entry.target},
                           {"origin", entry.origin},
                           {"size", entry.size},
                           {"sha256", entry.sha256}});
  }
  return data;
}

/// Numbers that tell this disk from all others, derived from what is on it.
class Names {
 public:
  explicit Names(std::string identity) : identity_(std::move(identity)) {}
  std::string guid(std::string_view what) const { return guid_text(bytes(what)); }
  std::uint64_t number(std::string_view what) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes(what)[i];
    return value;
  }
  std::uint32_t short_number(std::string_view what) const {
    return static_cast<std::uint32_t>(number(what));
  }

 private:
  std::array<std::uint8_t, 16> bytes(std::string_view what) const {
    return derived_guid(fmt::format("usb {}\n{}", what, identity_));
  }
  std::string identity_;
};

// --- The disk --------------------------------------------------------------------------------

/// Where the partitions lie, in bytes; all multiples of 1 MiB.
struct Places {
  std::uint64_t boot = kMiB;
  std::uint64_t boot_size = 0;
  std::uint64_t data_size = 0;
  std::uint64_t behind = 0;  ///< for the second table of a GPT

  std::uint64_t data() const { return boot + boot_size; }
  std::uint64_t disk() const { return data() + data_size + behind; }
};

class Disk {
 public:
  Disk(graph::Job& job, const BootVolume& boot)
      : job_(job), boot_(boot), names_(""), has_data_(p().contains("data")) {
    if (has_data_) data_ = job.about("data", [&] { return read_data(job); });
    std::string data = has_data_ ? p().at("data").at("filesystem").get<std::string>() : "";
    names_ = Names(boot.identity() + "\n" + data + data_.listed.dump());
  }

  void write() {
    fat::Volume fat = fat_volume();
    places_.behind = gpt() ? kMiB : 0;
    job_.about("boot", [&] { places_.boot_size = fat::smallest_size(fat); });
    if (has_data_) places_.data_size = job_.about("data", [&] { return size_of_data(); });
    fill_disk();
    check_disk();
    fat.size = places_.boot_size;

    Fd out = Fd::open_empty(job_.part(0));
    if (ftruncate(out.get(), static_cast<off_t>(places_.disk())) != 0)
      fail_errno(errno, "enlarge", job_.output(0));
    // First, since libfdisk writes all of a file out to the disk when it is done.
    disk::write_table(table(), job_.part(0));
    job_.about("boot", [&] { fat::write(fat, out.get(), places_.boot, job_.output(0)); });
    if (has_data_) job_.about("data", [&] { write_data(out.get()); });
    if (boot_.bios()) add_bios_boot();
  }

  nlohmann::ordered_json record() const {
    nlohmann::ordered_json json;
    json["file"] = job_.output(0);
    json["label"] = job_.text("label");
    json["layout"] = job_.text("layout");
    json["sector_size"] = p().at("sector_size");
    json["size"] = places_.disk();
    json["partitions"] = nlohmann::ordered_json::array();
    json["partitions"].push_back({{"filesystem", "fat32"},
                                  {"label", job_.text("label")},
                                  {"offset", places_.boot},
                                  {"size", places_.boot_size}});
    if (has_data_) {
      json["partitions"].push_back({{"filesystem", p().at("data").at("filesystem")},
                                    {"label", p().at("data").at("label")},
                                    {"offset", places_.data()},
                                    {"size", places_.data_size},
                                    {"files", data_.listed}});
      describe_evidence(p().at("data"), json["partitions"].back());
    }
    if (!grub_.empty()) json["bios_boot"] = grub_;
    return json;
  }

 private:
  const nlohmann::json& p() const { return job_.parameters(); }
  bool gpt() const { return p().at("layout") == "gpt"; }
  std::uint32_t sector_size() const { return p().at("sector_size"); }

  fat::Volume fat_volume() const {
    fat::Volume volume;
    volume.label = job_.text("label");
    volume.files = boot_.files();
    volume.clock = p().at("clock");
    volume.serial = names_.short_number("boot volume");
    volume.sector_size = sector_size();
    volume.hidden_sectors = places_.boot / sector_size();
    return volume;
  }

  /// An exfat::Volume or ntfs::Volume.
  template <typename Volume>
  Volume data_volume() const {
    Volume volume;
    volume.label = p().at("data").at("label");
    volume.files = data_.files;
    volume.folders = data_.folders;
    volume.clock = p().at("clock");
    volume.serial = static_cast<decltype(volume.serial)>(names_.number("data volume"));
    volume.size = places_.data_size;
    volume.sector_size = sector_size();
    volume.start_sector = places_.data() / sector_size();
    return volume;
  }

  std::uint64_t least_data_size() const {
    if (p().at("data").at("filesystem") != "ntfs")
      return exfat::smallest_size(data_volume<exfat::Volume>());
    std::uint64_t content = 0;
    for (const VolumeFile& file : data_.files) content += round_up(file.size(), kNtfsCluster);
    // What NTFS takes grows with the volume, by less than a hundredth of it.
    std::uint64_t names = data_.files.size() + data_.folders.size();
    std::uint64_t size = content + ntfs::overhead(content, names);
    return content + ntfs::overhead(size + size / 64 + kMiB, names);
  }

  std::uint64_t size_of_data() const {
    std::uint64_t least = round_up(least_data_size(), kMiB);
    std::uint64_t wanted = p().at("data").at("size");
    if (wanted == 0) return least + kRoomForData;
    if (wanted >= least) return wanted;
    job_.fail_at("data_size",
                 fmt::format("the data takes {}, but its partition has {}", byte_size_text(least),
                             byte_size_text(wanted)),
                 "make data_size larger, or leave it out");
  }

  // Who said nothing of a size gets what is left.
  void fill_disk() {
    std::uint64_t wanted = p().at("size");
    if (wanted == 0) return;
    if (wanted < places_.disk()) {
      job_.fail_at("size",
                   fmt::format("the image takes {}, but is to have {}",
                               byte_size_text(places_.disk()), byte_size_text(wanted)),
                   "make size larger, or leave it out");
    }
    std::uint64_t rest = wanted - places_.disk();
    bool to_data = has_data_ && p().at("data").at("size") == 0;
    (to_data ? places_.data_size : places_.boot_size) += rest;
  }

  void check_disk() const {
    const std::uint64_t most = kMostSectors * sector_size() / kMiB * kMiB - kMiB;
    bool of_data = has_data_ && places_.data_size >= most;
    const char* field = of_data && p().at("data").at("size") != 0 ? "data_size" : "size";
    if (places_.boot_size > most) {
      job_.fail_at(field,
                   fmt::format("the boot partition would have {}, but FAT32 has at most {}",
                               byte_size_text(places_.boot_size), byte_size_text(most)),
                   "make size smaller, or give the rest to a second partition: data = { ... }");
    }
    if (!gpt() && places_.disk() > most) {
      job_.fail_at(field,
                   fmt::format("the image would have {}, but an MBR counts at most {}",
                               byte_size_text(places_.disk()), byte_size_text(most)),
                   "make it smaller, or boot by UEFI alone: layout = \"gpt\"");
    }
  }

  void write_data(int out) {
    if (p().at("data").at("filesystem") == "ntfs") {
      job_.reads(ntfs::mkntfs_program());
      ntfs::write(data_volume<ntfs::Volume>(), job_.part(0), places_.data());
    } else {
      exfat::write(data_volume<exfat::Volume>(), out, places_.data(), job_.output(0));
    }
    for (const TreeEntry& entry : data_.entries) check_unchanged(job_, entry);
  }

  disk::Table table() const {
    disk::Table table;
    table.scheme = gpt() ? disk::Scheme::gpt : disk::Scheme::mbr;
    table.sector_size = sector_size();
    table.disk_size = places_.disk();
    if (gpt()) {
      table.guid = names_.guid("disk");
    } else {
      table.signature = names_.short_number("disk");
    }
    disk::Partition boot;
    boot.offset = places_.boot;
    boot.size = places_.boot_size;
    boot.type = gpt() ? kBasicData : "0c";
    boot.active = !gpt();
    if (gpt()) name(boot, "Boot");
    table.partitions.push_back(boot);
    if (!has_data_) return table;
    disk::Partition data;
    data.offset = places_.data();
    data.size = places_.data_size;
    data.type = gpt() ? kBasicData : "07";
    if (gpt()) name(data, "Data");
    table.partitions.push_back(data);
    return table;
  }

  void name(disk::Partition& partition, const std::string& what) const {
    partition.guid = names_.guid(what);
    partition.name = what;
  }

  void add_bios_boot() {
    BiosBoot code = bios_boot(job_.part(0).parent_path());
    // Another GRUB gives other bytes.
    job_.reads(kGrubFolder);
    job_.reads(find_program("grub-mkimage", "install the package grub-common"));
    install_bios_boot(code, job_.part(0));
    grub_ = code.version;
  }

  graph::Job& job_;
  const BootVolume& boot_;
  Names names_;
  bool has_data_ = false;
  Data data_;
  Places places_;
  std::string grub_;
};

void run(graph::Job& job) {
  BootVolume volume = boot_volume(job);
  Disk disk(job, volume);
  disk.write();
  nlohmann::ordered_json record = disk.record();
  volume.describe(record);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind usb = {"usb", &schema, plan, run};

}  // namespace remedia::kinds
