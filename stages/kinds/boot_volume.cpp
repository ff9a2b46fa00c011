#include "kinds/boot_volume.h"

#include "media/hive.h"
#include "support/digest.h"

#include <algorithm>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

using recipe::Type;

// Everything on a medium is shared, so its images must agree on the architecture.
void check_one_architecture(const recipe::Node& node, const std::vector<recipe::NodeRef>& wims) {
  std::string arch = wims.front()->node("from")->text("arch");
  for (const recipe::NodeRef& wim : wims) {
    std::string other = wim->node("from")->text("arch");
    if (other == arch) continue;
    throw Failure(Diagnostic{
        .message = fmt::format("a boot menu is for one architecture, but its images are for {} and "
                               "{}",
                               arch, other),
        .where = node.place("boot"),
        .hint = "make one artifact for each",
        .notes = {{.message = "for " + arch, .where = wims.front()->where},
                  {.message = "for " + other, .where = wim->where}}});
  }
}

std::string title_of(const recipe::Node& wim) {
  return wim.has("title") ? wim.text("title") : wim.text("name");
}

// Whoever stands before a menu tells its lines apart by nothing else.
void check_titles(const recipe::Node& node, const std::vector<recipe::NodeRef>& wims) {
  std::map<std::string, recipe::NodeRef> titles;
  for (const recipe::NodeRef& wim : wims) {
    auto [known, fresh] = titles.emplace(title_of(*wim), wim);
    if (fresh) continue;
    if (known->second == wim) {
      throw Failure(
          Diagnostic{.message = fmt::format("'{}' is in the boot menu twice", wim->text("name")),
                     .where = node.place("boot"),
                     .hint = "name it once"});
    }
    throw Failure(Diagnostic{
        .message = fmt::format("two images of one boot menu are called '{}'", known->first),
        .where = node.place("boot"),
        .hint = "give each wim a title of its own",
        .notes = {{.message = "the first", .where = known->second->place("title")},
                  {.message = "the second", .where = wim->place("title")}}});
  }
}

std::size_t default_of(const recipe::Node& node, const std::vector<recipe::NodeRef>& wims) {
  if (!node.has("default")) return 0;
  std::string wanted = node.text("default");
  std::vector<std::string> names;
  for (const recipe::NodeRef& wim : wims) {
    names.push_back(wim->text("name"));
    if (names.back() == wanted) return names.size() - 1;
  }
  std::string hint = did_you_mean(wanted, names);
  if (hint.empty()) hint = "it has " + fmt::format("{}", fmt::join(names, ", "));
  throw Failure(
      Diagnostic{.message = fmt::format("the boot menu has no image of the name '{}'", wanted),
                 .where = node.place("default"),
                 .hint = hint});
}

nlohmann::ordered_json firmware_of(const recipe::Node& node, const std::string& arch) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const char* firmware : {"bios", "uefi"}) {
    std::vector<std::string> asked = node.texts("firmware");
    if (std::find(asked.begin(), asked.end(), firmware) != asked.end()) list.push_back(firmware);
  }
  if (arch == "arm64" && !list.empty() && list[0] == "bios") {
    throw Failure(Diagnostic{.message = "there is no BIOS for arm64",
                             .where = node.place("firmware"),
                             .hint = "leave \"bios\" out: its PCs boot by UEFI"});
  }
  return list;
}

bool is_for_bios(std::string_view boot_file) {
  return boot_file == "bootmgr" || boot_file.starts_with("pxe/") ||
         (boot_file.starts_with("boot/") && boot_file != "boot/boot.sdi");
}

bool is_for_uefi(std::string_view boot_file) {
  return boot_file == "bootmgr.efi" || boot_file.starts_with("efi/");
}

}  // namespace

std::vector<recipe::Field> boot_fields() {
  return {
      {.name = "boot",
       .type = Type::value,
       .help = "the image to boot; several make a menu, in this order",
       .required = true,
       .list = true,
       .words = {"wim"}},
      {.name = "name",
       .type = Type::name,
       .help = "names the files and the target",
       .fallback = "the first image's",
       .max = 40},
      {.name = "firmware",
       .type = Type::choice,
       .help = "what it must boot by; else UEFI, and BIOS if the source has the files for it "
               "(arm64 has none)",
       .list = true,
       .words = {"bios", "uefi"}},
      {.name = "default",
       .type = Type::name,
       .help = "name of the image that a menu starts when nobody chooses",
       .fallback = "the first",
       .max = 40},
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
      {.name = "ems",
       .type = Type::boolean,
       .help = "Emergency Management Services on the first serial port",
       .fallback = "false"},
      {.name = "advancedoptions",
       .type = Type::boolean,
       .help = "stop each start at the menu of safe mode, debugging and signature checks off: a "
               "back door for whoever has the medium",
       .fallback = "false"},
      {.name = "optionsedit",
       .type = Type::boolean,
       .help = "stop each start to let the loader's options be edited: a back door too",
       .fallback = "false"},
  };
}

std::string artifact_name(const recipe::Node& node) {
  return node.has("name") ? node.text("name") : node.nodes("boot").front()->text("name");
}

std::vector<std::string> plan_boot(graph::Planner& planner, const recipe::Node& node,
                                   graph::Edge& edge) {
  std::vector<recipe::NodeRef> wims = node.nodes("boot");
  check_one_architecture(node, wims);
  check_titles(node, wims);
  std::string arch = wims.front()->node("from")->text("arch");
  edge.parameters["name"] = artifact_name(node);
  edge.parameters["arch"] = arch;
  edge.parameters["firmware"] = firmware_of(node, arch);
  edge.parameters["default"] = default_of(node, wims);
  edge.parameters["timeout"] = node.integer("timeout");
  edge.parameters["locale"] = node.has("locale") ? node.text("locale") : "en-US";
  for (const char* flag : {"ems", "advancedoptions", "optionsedit"})
    edge.parameters[flag] = node.flag(flag);
  edge.parameters["clock"] = planner.clock();
  edge.parameters["boot"] = nlohmann::ordered_json::array();
  std::vector<std::string> records;
  for (const recipe::NodeRef& wim : wims) {
    graph::Planned image = planner.plan(wim, {});
    if (records.empty()) {
      edge.parameters["boot_tree"] = image.parts.at("boot_tree");
      edge.inputs = {image.parts.at("boot"), image.parts.at("boot_tree")};
    }
    edge.parameters["boot"].push_back({{"wim", image.file},
                                       {"record", image.records.front()},
                                       {"title", image.parts.at("title")}});
    edge.inputs.push_back(image.file);
    edge.inputs.push_back(image.records.front());
    records.insert(records.end(), image.records.begin(), image.records.end());
  }
  return records;
}

BootVolume::BootVolume(graph::Job& job) : job_(job), tree_(read_tree(job.text("boot_tree"))) {}

const TreeEntry* BootVolume::find(std::string_view boot_file) const {
  auto found = std::find_if(tree_.begin(), tree_.end(),
                            [&](const TreeEntry& e) { return e.target == boot_file; });
  return found == tree_.end() ? nullptr : &*found;
}

void BootVolume::fail_missing(std::string_view boot_file) const {
  std::string hint = "lend it from another medium: source { ..., boot_files = source { ... } }";
  if (is_for_bios(boot_file)) hint += ", or boot by UEFI alone: firmware = \"uefi\"";
  job_.fail_at(
      is_for_bios(boot_file) && asked_for("bios") ? "firmware" : "boot",
      fmt::format("the source has no {}, neither on its medium nor inside the image", boot_file),
      hint);
}

bool BootVolume::asked_for(std::string_view firmware) const {
  const nlohmann::json& list = job_.parameters().at("firmware");
  return std::find(list.begin(), list.end(), firmware) != list.end();
}

// All or nothing: a medium that has half of what BIOS needs is broken, not UEFI-only.
void BootVolume::choose_firmware(std::span<const std::string_view> bios,
                                 std::span<const std::string_view> uefi) {
  bool any = job_.parameters().at("firmware").empty();
  bool some = std::any_of(bios.begin(), bios.end(),
                          [&](std::string_view file) { return find(file) != nullptr; });
  bios_ = asked_for("bios") || (any && some);
  uefi_ = asked_for("uefi") || any;
  auto require = [&](std::span<const std::string_view> files) {
    for (std::string_view file : files) {
      if (find(file) == nullptr) fail_missing(file);
    }
  };
  require(std::vector<std::string_view>{"boot/boot.sdi"});
  if (bios_) require(bios);
  if (uefi_) require(uefi);
}

void BootVolume::add_boot_file(std::string_view boot_file, const std::string& target) {
  const TreeEntry* entry = find(boot_file);
  if (entry == nullptr) fail_missing(boot_file);
  check_intact(*entry);
  add(target, entry->slice(), entry->origin, entry->sha256);
}

void BootVolume::add_boot_files(const std::function<std::string(const std::string&)>& place) {
  add_boot_file("boot/boot.sdi", place("boot/boot.sdi"));
  for (const TreeEntry& entry : tree_) {
    bool taken = (bios_ && is_for_bios(entry.target)) || (uefi_ && is_for_uefi(entry.target));
    std::string target = taken ? place(entry.target) : "";
    if (!target.empty()) add_boot_file(entry.target, target);
  }
}

void BootVolume::add(const std::string& target, std::variant<Slice, std::string> content,
                     const std::string& origin, const std::string& digest) {
  files_.push_back({target, std::move(content)});
  nlohmann::ordered_json file = {
      {"path", target}, {"origin", origin}, {"size", files_.back().size()}};
  if (!digest.empty()) file["sha256"] = digest;
  listed_.push_back(std::move(file));
}

void BootVolume::add_images(const ImagePath& path, std::uint64_t limit, std::string_view why) {
  const nlohmann::json& boot = job_.parameters().at("boot");
  for (std::size_t i = 0; i < boot.size(); ++i) {
    std::string file = boot[i].at("wim");
    Slice content = Slice::whole(file);
    if (content.size() > limit) {
      job_.fail_at(
          "boot", fmt::format("'{}' has {} bytes; {} ({} bytes)", file, content.size(), why, limit),
          "make the image smaller: fewer tools, drivers or symbols");
    }
    add(path(i), std::move(content), file, "");
  }
}

std::string BootVolume::identity() const {
  const nlohmann::json& p = job_.parameters();
  std::string text = job_.kind() + " " + job_.output(0);
  for (const auto& [key, value] : p.items()) {
    // Names of files in .store depend on where the user's media are; their content is in the
    // images.
    if (key != "boot" && key != "boot_tree" && key != "data")
      text += "\n" + key + " " + value.dump();
  }
  for (const auto& image : p.at("boot")) {
    auto record = graph::read_record(image.at("record").get<std::string>());
    text += "\n" + record.at("guid").get<std::string>();
  }
  return text;
}

void BootVolume::add_store(const std::string& target, const ImagePath& images,
                           bcd::StoreOptions options) {
  const nlohmann::json& p = job_.parameters();
  options.locale = p.at("locale");
  options.timeout_seconds = p.at("timeout");
  options.default_entry = p.at("default");
  options.ems = p.at("ems");
  options.advanced_options = p.at("advancedoptions");
  options.options_edit = p.at("optionsedit");
  options.identity = target + "\n" + identity();
  for (std::size_t i = 0; i < p.at("boot").size(); ++i) {
    std::string path = images(i);
    options.entries.push_back({p["boot"][i].at("title"), windows_path(path), path});
  }
  std::string store = hive::write(bcd::store(options), {.file_name = "\\Boot\\BCD"});
  std::string digest = sha256(store);
  add(target, std::move(store), "written from the recipe", digest);
}

void BootVolume::describe(nlohmann::ordered_json& record) const {
  record["firmware"] = nlohmann::ordered_json::array();
  if (bios_) record["firmware"].push_back("bios");
  if (uefi_) record["firmware"].push_back("uefi");
  for (const char* flag : {"advancedoptions", "optionsedit"})
    record[flag] = job_.parameters().at(flag);
  record["images"] = nlohmann::ordered_json::array();
  for (const auto& image : job_.parameters().at("boot"))
    record["images"].push_back(image.at("record").get<std::string>());
  record["files"] = listed_;
}

void add_disk_store(BootVolume& volume, bcd::Firmware firmware,
                    const BootVolume::ImagePath& images) {
  bool uefi = firmware == bcd::Firmware::uefi;
  std::string memtest = uefi ? "efi/microsoft/boot/memtest.efi" : "boot/memtest.exe";
  bcd::StoreOptions options;
  options.firmware = firmware;
  if (volume.find(memtest) != nullptr) options.memtest_path = windows_path(memtest);
  volume.add_store(uefi ? "efi/microsoft/boot/bcd" : "boot/bcd", images, std::move(options));
}

void check_intact(const TreeEntry& entry) {
  bool whole = Slice::whole(entry.source).size() >= entry.offset + entry.size;
  if (!whole || sha256(entry.slice()) != entry.sha256) fail_damaged(entry.source);
}

std::string numbered_wim(std::string_view folder, std::size_t index) {
  return index == 0 ? fmt::format("{}/boot.wim", folder)
                    : fmt::format("{}/boot{}.wim", folder, index + 1);
}

std::string windows_path(std::string_view target) {
  std::string path = "\\" + std::string(target);
  std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}

}  // namespace remedia::kinds
