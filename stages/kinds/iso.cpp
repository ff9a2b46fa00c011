// iso { boot = ... }: a bootable ISO for BIOS and UEFI.
//
// BCD stores are written from nothing, the boot files come from the source's pack, the images from
// where they are; nothing is staged. El Torito as on Microsoft's media: etfsboot.com for BIOS (no
// boot info table: it would overwrite code), efisys.bin for UEFI. ISO 9660 level 3 with Joliet was
// booted by genuine boot managers; UDF is not needed for that.

#include "media/iso.h"

#include "formats/bcd.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "media/boot_files.h"
#include "media/hive.h"
#include "support/tree.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

using recipe::Type;

// Multi-extent files are beyond what boot managers were seen to read from ISO 9660.
constexpr std::uint64_t kMaxImageBytes = 0xffffffffu;

const recipe::Schema schema = {
    .word = "iso",
    .role = recipe::Role::artifact,
    .help =
        "A bootable ISO image: OUT/RECIPE/NAME/NAME.iso.\n"
        "It boots by UEFI, and by BIOS if the source has the files for it (arm64 has none).",
    .fields =
        {
            {.name = "boot",
             .type = Type::value,
             .help = "the image to boot; several make a menu, the first is the default",
             .required = true,
             .list = true,
             .words = {"wim"}},
            {.name = "name",
             .type = Type::name,
             .help = "names the file and the target",
             .fallback = "the first image's",
             .max = 40},
            {.name = "label",
             .type = Type::text,
             .help = "volume label, at most 32 of A-Z, 0-9 and _ (Joliet shows 16)",
             .fallback = "the name in capitals",
             .max = 32},
            {.name = "timeout",
             .type = Type::integer,
             .help = "seconds that a menu waits; one image starts at once",
             .fallback = "30",
             .min = 0,
             .max = 3600},
            {.name = "locale",
             .type = Type::text,
             .help = "of the boot manager's texts",
             .fallback = "en-US",
             .max = 20},
            {.name = "prompt",
             .type = Type::boolean,
             .help = "ask for a key before booting, as Windows install media do; nobody there "
                     "means no boot",
             .fallback = "false"},
            {.name = "ems",
             .type = Type::boolean,
             .help = "Emergency Management Services on the first serial port",
             .fallback = "false"},
        },
    .positional = "boot",
};

std::string label_of(const recipe::Node& node, const std::string& name) {
  std::string label = node.text("label");
  if (label.empty()) {
    for (char c : name.substr(0, 32))
      label += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (label.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos) {
    throw Failure(Diagnostic{
        .message =
            fmt::format("volume label '{}' holds other characters than A-Z, 0-9 and _", label),
        .where = node.place("label"),
        .hint = "ISO 9660 allows no others"});
  }
  return label;
}

// Everything on a medium is shared, so its images must agree on the architecture.
void check_one_architecture(const recipe::Node& node, const std::vector<recipe::NodeRef>& wims) {
  std::string arch = wims.front()->node("from")->text("arch");
  for (const recipe::NodeRef& wim : wims) {
    std::string other = wim->node("from")->text("arch");
    if (other == arch) continue;
    throw Failure(Diagnostic{
        .message = fmt::format("an ISO boots one architecture, but its images are for {} and {}",
                               arch, other),
        .where = node.place("boot"),
        .hint = "make one ISO for each",
        .notes = {{.message = "for " + arch, .where = wims.front()->where},
                  {.message = "for " + other, .where = wim->where}}});
  }
}

// Names that fit 8.3, so that no file system shortens them.
std::string wim_target(std::size_t index) {
  return index == 0 ? "sources/boot.wim" : fmt::format("sources/boot{}.wim", index + 1);
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  std::vector<recipe::NodeRef> wims = node->nodes("boot");
  check_one_architecture(*node, wims);
  std::string name = node->has("name") ? node->text("name") : wims.front()->text("name");

  graph::Edge edge{.kind = "iso", .origin = node};
  edge.label = fmt::format("ISO {}/{}", planner.recipe(), name);
  edge.parameters["name"] = name;
  edge.parameters["label"] = label_of(*node, name);
  edge.parameters["arch"] = wims.front()->node("from")->text("arch");
  edge.parameters["timeout"] = node->integer("timeout");
  edge.parameters["locale"] = node->has("locale") ? node->text("locale") : "en-US";
  edge.parameters["prompt"] = node->flag("prompt");
  edge.parameters["ems"] = node->flag("ems");
  edge.parameters["clock"] = planner.clock();
  graph::Planned planned;
  for (const recipe::NodeRef& wim : wims) {
    graph::Planned image = planner.plan(wim, {});
    if (edge.parameters["boot"].empty()) {
      edge.parameters["boot_tree"] = image.parts.at("boot_tree");
      edge.inputs = {image.parts.at("boot"), image.parts.at("boot_tree")};
    }
    edge.parameters["boot"].push_back({{"wim", image.file},
                                       {"record", image.records.front()},
                                       {"title", image.parts.at("title")}});
    edge.inputs.push_back(image.file);
    edge.inputs.push_back(image.records.front());
    planned.records.insert(planned.records.end(), image.records.begin(), image.records.end());
  }
  edge.outputs = {fmt::format("{0}/{1}/{1}.iso", planner.recipe(), name),
                  fmt::format(".store/iso/{}.{}.record", planner.recipe(), name)};
  planned.file = edge.outputs[0];
  planned.records.insert(planned.records.begin(), edge.outputs[1]);
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "iso", planned.file, planned.records, node});
  return planned;
}

/// What goes onto the volume, collected from the pack, the images and the stores made here.
class Volume {
 public:
  explicit Volume(graph::Job& job) : job_(job), tree_(read_tree(job.text("boot_tree"))) {}

  iso::Image image() {
    const nlohmann::json& p = job_.parameters();
    std::string efi = "efi/microsoft/boot/";
    volume_.label = p.at("label");
    volume_.clock = p.at("clock");
    bool prompt = p.at("prompt");
    bios_ = has_bios();
    require("boot/boot.sdi");
    require(uefi_loader(job_.text("arch")));
    volume_.uefi_boot = efi + (prompt ? "efisys.bin" : "efisys_noprompt.bin");
    require(volume_.uefi_boot);
    if (bios_) volume_.bios_boot = "boot/etfsboot.com";
    for (const TreeEntry& entry : tree_) {
      bool for_bios = entry.target == "bootmgr" ||
                      (entry.target.starts_with("boot/") && entry.target != "boot/boot.sdi");
      // With bootfix.bin there, etfsboot.com asks for a key.
      bool asks = entry.target == "boot/bootfix.bin";
      if ((for_bios && !bios_) || (asks && !prompt)) continue;
      check_intact(entry);
      add(entry.target, entry.slice(), entry.origin, entry.size, entry.sha256);
    }
    add_images();
    add_store(bcd::Firmware::uefi, efi + "bcd", efi + "memtest.efi");
    if (bios_) add_store(bcd::Firmware::bios, "boot/bcd", "boot/memtest.exe");
    return std::move(volume_);
  }

  nlohmann::ordered_json files() const { return files_; }
  nlohmann::ordered_json firmware() const {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    if (bios_) list.push_back("bios");
    list.push_back("uefi");
    return list;
  }

 private:
  bool has(std::string_view target) const {
    return std::any_of(tree_.begin(), tree_.end(),
                       [&](const TreeEntry& e) { return e.target == target; });
  }

  void require(std::string_view target) const {
    if (has(target)) return;
    job_.fail_at(
        "boot",
        fmt::format("the source has no {}, neither on its medium nor inside the image", target),
        "lend it from another medium: source { ..., boot_files = source { ... } }");
  }

  static void check_intact(const TreeEntry& entry) {
    bool whole = Slice::whole(entry.source).size() >= entry.offset + entry.size;
    if (!whole || sha256(entry.slice()) != entry.sha256) fail_damaged(entry.source);
  }

  // All or nothing: a medium that has half of what BIOS needs is broken, not UEFI-only.
  bool has_bios() const {
    bool manager = has("bootmgr");
    bool sector = has("boot/etfsboot.com");
    if (manager != sector) require(manager ? "boot/etfsboot.com" : "bootmgr");
    return manager;
  }

  void add(const std::string& target, std::variant<Slice, std::string> content,
           const std::string& origin, std::uint64_t size, const std::string& digest) {
    volume_.files.push_back({target, std::move(content)});
    nlohmann::ordered_json file = {{"path", target}, {"origin", origin}, {"size", size}};
    if (!digest.empty()) file["sha256"] = digest;
    files_.push_back(std::move(file));
  }

  void add_images() {
    const nlohmann::json& boot = job_.parameters().at("boot");
    for (std::size_t i = 0; i < boot.size(); ++i) {
      std::string file = boot[i].at("wim");
      Slice content = Slice::whole(file);
      if (content.size() > kMaxImageBytes) {
        job_.fail_at(
            "boot",
            fmt::format("'{}' has {} bytes; boot managers read at most 4 GiB - 1 from an ISO", file,
                        content.size()),
            "make the image smaller: fewer tools, drivers or symbols");
      }
      auto record = graph::read_record(boot[i].at("record").get<std::string>());
      identity_ += record.at("guid").get<std::string>() + "\n";
      std::uint64_t size = content.size();
      add(wim_target(i), std::move(content), file, size, "");
    }
  }

  void add_store(bcd::Firmware firmware, const std::string& target, const std::string& memtest) {
    const nlohmann::json& p = job_.parameters();
    bcd::StoreOptions options;
    options.firmware = firmware;
    options.locale = p.at("locale");
    options.timeout_seconds = p.at("timeout");
    options.ems = p.at("ems");
    // Never a path: the images' own GUIDs, and what distinguishes this volume from others with
    // them.
    options.identity = fmt::format("{} {} {}\n{}", target, p.at("name").get<std::string>(),
                                   volume_.label, identity_);
    if (has(memtest)) options.memtest_path = windows_path(memtest);
    for (std::size_t i = 0; i < p.at("boot").size(); ++i) {
      std::string path = wim_target(i);
      options.entries.push_back({p["boot"][i].at("title"), windows_path(path), path});
    }
    std::string store = hive::write(bcd::store(options), {.file_name = "\\Boot\\BCD"});
    std::string digest = sha256(store);
    std::uint64_t size = store.size();
    add(target, std::move(store), "written from the recipe", size, digest);
  }

  static std::string windows_path(const std::string& target) {
    std::string path = "\\" + target;
    std::replace(path.begin(), path.end(), '/', '\\');
    return path;
  }

  graph::Job& job_;
  std::vector<TreeEntry> tree_;
  iso::Image volume_;
  std::string identity_;
  bool bios_ = false;
  nlohmann::ordered_json files_ = nlohmann::ordered_json::array();
};

void run(graph::Job& job) {
  Volume volume(job);
  iso::write(volume.image(), job.part(0));

  nlohmann::ordered_json record;
  record["file"] = job.output(0);
  record["label"] = job.text("label");
  record["firmware"] = volume.firmware();
  record["images"] = nlohmann::ordered_json::array();
  for (const auto& image : job.parameters().at("boot"))
    record["images"].push_back(image.at("record").get<std::string>());
  record["files"] = volume.files();
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind iso = {"iso", &schema, plan, run};

}  // namespace remedia::kinds
