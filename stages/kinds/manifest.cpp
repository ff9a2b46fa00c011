// NAME.manifest.json: what went in.
//
// Every stage leaves a record of what it read and made; this one puts the records of a folder's
// products together and adds the digests of the products themselves, off the critical path: asking
// for `helpdesk.iso` alone does not wait for it. Nothing in it depends on the machine or the
// moment.

#include "kinds/manifest.h"

#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/evidence.h"
#include "kinds/kinds.h"
#include "media/versions.h"

#include <algorithm>
#include <map>

namespace remedia::kinds {

namespace {

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef&, const graph::Binding&) {
  std::map<std::string, std::vector<graph::Product>> folders;
  for (const graph::Product& product : planner.products()) {
    if (product.recipe != planner.recipe()) continue;
    if (product.kind == "wim")
      check_data_evidence(*product.origin, planner.recipe(), planner.products());
    folders[product.name].push_back(product);
  }
  for (auto& [name, products] : folders) {
    graph::Edge edge{.kind = "manifest", .origin = products.front().origin};
    edge.label = fmt::format("MANIFEST {}/{}", planner.recipe(), name);
    edge.parameters["recipe"] = planner.evaluation().where.name;
    edge.parameters["name"] = name;
    edge.parameters["clock"] = planner.clock();

    edge.parameters["parameters"] = planner.evaluation().parameters;
    std::string revision;
    edge.parameters["products"] = nlohmann::ordered_json::array();
    std::vector<std::string> records;
    for (const graph::Product& product : products) {
      revision += recipe::canonical_text(*product.origin) + "\n";
      edge.parameters["products"].push_back({{"kind", product.kind}, {"file", product.file}});
      edge.inputs.push_back(product.file);
      for (const std::string& record : product.records) {
        if (std::find(records.begin(), records.end(), record) == records.end())
          records.push_back(record);
      }
    }
    edge.parameters["revision"] = sha256(revision).substr(0, 16);
    edge.parameters["records"] = records;
    edge.inputs.insert(edge.inputs.end(), records.begin(), records.end());
    edge.outputs = {fmt::format("{0}/{1}/{1}.manifest.json", planner.recipe(), name)};
    planner.add_product({planner.recipe(), name, "manifest", edge.outputs[0], {}, edge.origin});
    planner.add(std::move(edge));
  }
  return {};
}

nlohmann::ordered_json versions() {
  nlohmann::ordered_json json;
  for (const auto& [name, version] : library_versions()) json[name] = version;
  return json;
}

// Records name each other by file; a reader of the manifest knows images by name.
class Sections {
 public:
  explicit Sections(const nlohmann::json& records) {
    for (const auto& name : records) {
      std::string file = name;
      records_[file] = graph::read_record(file);
      order_.push_back(file);
    }
  }

  nlohmann::ordered_json images() const {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const std::string& file : order_) {
      const auto& record = records_.at(file);
      if (record.at("stage") != "wim") continue;
      const auto& source = records_.at(record.at("source").get<std::string>());
      nlohmann::ordered_json image = {
          {"name", record.at("name")},         {"title", record.at("title")},
          {"file", record.at("file")},         {"guid", record.at("guid")},
          {"architecture", source.at("arch")}, {"base", source.at("image")},
          {"inputs", source.at("inputs")},     {"shell", record.at("shell")},
          {"requires", record.at("requires")}, {"serviceable", record.at("serviceable")}};
      for (const char* field : {"tier", "back_doors"}) {
        if (record.contains(field)) image[field] = record.at(field);
      }
      image["files"] = record.at("files");
      // What only some images have.
      for (const auto& [name, fields] : kSections) {
        if (!record.contains(name)) continue;
        const auto& section = records_.at(record.at(name).get<std::string>());
        for (const char* field : fields) image[field] = section.at(field);
      }
      list.push_back(std::move(image));
    }
    return list;
  }

  /// The volumes among the products: what is on each beside the images.
  nlohmann::ordered_json volumes(graph::Job& job) const {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const std::string& file : order_) {
      const auto& record = records_.at(file);
      if (!record.contains("images")) continue;
      nlohmann::ordered_json names = nlohmann::ordered_json::array();
      for (const auto& image : record.at("images"))
        names.push_back(records_.at(image.get<std::string>()).at("name"));
      nlohmann::ordered_json volume = {{"kind", record.at("stage")}, {"file", record.at("file")}};
      for (const char* field :
           {"label", "layout", "sector_size", "size", "size_by_rule", "firmware", "bios_boot",
            "keeps_shell", "advancedoptions", "optionsedit"}) {
        if (record.contains(field)) volume[field] = record.at(field);
      }
      volume["images"] = names;
      volume["files"] = record.at("files");
      for (auto& listed : volume["files"]) {
        // An image, of which nobody had to know it before.
        if (!listed.contains("sha256"))
          listed["sha256"] = job.digest(listed.at("origin").get<std::string>());
      }
      if (record.contains("partitions")) volume["partitions"] = record.at("partitions");
      list.push_back(std::move(volume));
    }
    return list;
  }

 private:
  static inline const std::map<std::string, std::vector<const char*>> kSections = {
      {"removal_record", {"removed", "left_elsewhere"}},
      {"drivers_record", {"drivers", "drivers_left_out"}},
      {"definitions_record", {"definitions"}},
      {"debuggers_record", {"debuggers"}},
      {"symbols_record", {"symbols", "symbols_missing"}},
      {"settings_record", {"registry"}}};

  std::map<std::string, nlohmann::ordered_json> records_;
  std::vector<std::string> order_;
};

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  Sections sections(p.at("records"));
  nlohmann::ordered_json manifest;
  manifest["format"] = "remedia manifest 1";
  manifest["name"] = p.at("name");
  manifest["recipe"] = p.at("recipe");
  manifest["revision"] = p.at("revision");
  manifest["clock"] = p.at("clock");

  manifest["parameters"] = p.at("parameters");
  manifest["versions"] = versions();
  manifest["artifacts"] = nlohmann::ordered_json::array();
  for (const auto& product : p.at("products")) {
    std::string file = product.at("file");
    manifest["artifacts"].push_back({{"kind", product.at("kind")},
                                     {"file", file},
                                     {"size", fs::file_size(file)},
                                     {"sha256", job.digest(file)}});
  }
  manifest["images"] = sections.images();
  manifest["volumes"] = sections.volumes(job);
  job.write_text(0, manifest.dump(1) + "\n");
}

}  // namespace

const graph::Kind manifest = {"manifest", nullptr, plan, run};

namespace {

constexpr ManifestField kManifestFields[] = {
    {"format", "\"remedia manifest 1\"; the number changes when a field changes its meaning"},
    {"name", "of the folder: images and artifacts of this name stand here"},
    {"recipe", "the recipe, from the project root"},
    {"revision",
     "first 16 digits of the SHA-256 of the evaluated recipe: equal recipes, equal revision"},
    {"clock", "SOURCE_DATE_EPOCH: the second that every date in the artifacts shows"},

    {"parameters", "what `param` handed to the recipe, by name"},
    {"versions", "of the programs and libraries that decide bytes, by name"},
    {"artifacts", "the files of this folder, this one excepted"},
    {"artifacts.kind", "the word of the recipe language that made it"},
    {"artifacts.file", "path below OUT"},
    {"artifacts.size", "bytes"},
    {"artifacts.sha256", "of the whole file"},
    {"images", "every Windows image that the artifacts boot"},
    {"images.name", "as in the recipe"},
    {"images.title", "its name in the WIM and in menus"},
    {"images.file", "path below OUT"},
    {"images.guid", "of the WIM; derived from what is in it"},
    {"images.architecture", "amd64, arm64 or x86"},
    {"images.base", "the unmodified Windows image that it starts from"},
    {"images.base.found_in", "the WIM on the medium, and the image in it"},
    {"images.base.index", "of the image in that WIM"},
    {"images.base.name", "of the image, from the WIM's XML"},
    {"images.base.description", "from the WIM's XML"},
    {"images.base.architecture", "from the WIM's XML"},
    {"images.base.version", "from the WIM's XML: major.minor.build.service pack build"},
    {"images.base.edition", "from the WIM's XML (EDITIONID)"},
    {"images.base.languages", "from the WIM's XML"},
    {"images.base.kernel_version", "file version of ntoskrnl.exe; empty if there is none"},
    {"images.base.loader_version", "file version of winload; empty if there is none"},
    {"images.base.registry_version",
     "from the SOFTWARE hive: major.minor.build.UBR; empty if there is none"},
    {"images.base.disagreements", "where these contradict each other, in words"},
    {"images.base.packages", "installed packages, by the SOFTWARE hive"},
    {"images.base.packages.name", "as DISM has it, without \"-Package\""},
    {"images.base.packages.version", "of the package"},
    {"images.base.packages.language", "for which it is; absent if for all"},
    {"images.inputs",
     "the media that were read: the source's own first, then a lender of boot files"},
    {"images.inputs.path", "as the recipe wrote it"},
    {"images.inputs.size", "bytes"},
    {"images.inputs.sha256", "of the whole file"},
    {"images.files", "every file that was put into the image"},
    {"images.files.path", "in the image"},
    {"images.files.origin", "where it came from, as the recipe wrote it"},
    {"images.files.size", "bytes"},
    {"images.files.sha256", "of its content"},
    {"images.files.replaces", "the file of the base that it replaced; absent if there was none"},
    {"images.files.streams_lost",
     "how many named streams the replaced file had; absent if it had none"},
    {"images.files.short_name_lost",
     "the 8.3 name that the replaced file had; absent if it had none"},
    {"images.shell",
     "\"winre\": Windows RE's own menu is in charge; \"launcher\": Remedia's; empty: nothing was "
     "asked for"},
    {"images.requires", "packages that the recipe demands of the base; it has them"},
    {"images.serviceable",
     "false if something was taken out of the base: updates of Windows may refuse it"},
    {"images.tier", "the support level; absent if the recipe names none"},
    {"images.tier.name", "as in the recipe"},
    {"images.tier.shell", "\"launcher\" or \"winre\": which menu is in charge"},
    {"images.tier.revision",
     "first 16 digits of the SHA-256 of the image's recipe; the launcher shows it"},
    {"images.tier.as_of", "the day from which days are counted; absent if nobody said one"},
    {"images.tier.expires", "its last day; absent if it does not expire"},
    {"images.tier.expired", "what it offers after that: \"nothing\" or \"read_only\""},
    {"images.tier.grace_days", "days after that on which it warns only"},
    {"images.tier.clock", "\"ask\" or \"refuse\", if the PC's clock stands before as_of"},
    {"images.tier.confirm", "the risk from which on a word must be typed"},
    {"images.tier.contact", "whom to ask"},
    {"images.tier.language", "of the launcher, if the recipe says one"},
    {"images.tier.network", "whether the network is started"},
    {"images.tier.bitlocker", "whether drives can be unlocked"},
    {"images.tier.remote", "Remote Connection; absent if there is none"},
    {"images.tier.remote.agent", "id of the tool that lets the help desk in"},
    {"images.tier.remote.port", "its TCP port; absent if it is another one each time"},
    {"images.tier.remote.message", "shown to whoever is asked for consent"},
    {"images.tier.tools", "all tools that the image has, by group and title"},
    {"images.tier.tools.id", "as in the recipe"},
    {"images.tier.tools.title", "as the menu shows it"},
    {"images.tier.tools.group", "heading in the menu"},
    {"images.tier.tools.risk", "low, data, high or destructive"},
    {"images.tier.tools.command", "what is started; absent if it is not in the menu"},
    {"images.tier.tools.show_output",
     "true if it runs without a window and the menu shows what it prints; else absent"},
    {"images.tier.tools.needs", "what must be there when it starts"},
    {"images.tier.tools.licence", "as the recipe says"},
    {"images.tier.tools.redistributable", "whether its files may be handed on"},
    {"images.tier.tools.programs", "files of the base that it consists of"},
    {"images.tier.tools.files", "files that it brought, by path in the image"},
    {"images.tier.forbidden", "what the tier takes out of the base"},
    {"images.tier.forbidden.pattern", "of the recipe"},
    {"images.tier.forbidden.found", "how many files of the base it took out"},
    {"images.back_doors", "known ways around the menu; absent without a tier"},
    {"images.back_doors.name", "what it is"},
    {"images.back_doors.open", "whether it is open in this image"},
    {"images.back_doors.why", "what opens or closes it"},
    {"images.removed", "what was taken out of the base; absent if the recipe removes nothing"},
    {"images.removed.path", "in the image"},
    {"images.removed.pattern", "of the recipe"},
    {"images.removed.size", "bytes; absent for folders"},
    {"images.removed.sha1", "of the content, as the WIM has it"},
    {"images.removed.everywhere", "whether the content is gone from every path"},
    {"images.left_elsewhere", "removed files whose content the base still has at another path"},
    {"images.left_elsewhere.path", "where it still is"},
    {"images.left_elsewhere.removed", "where it was removed"},
    {"images.drivers", "driver packages in it; absent if the recipe names no drivers"},
    {"images.drivers.package", "its folder below X:\\Drivers"},
    {"images.drivers.inf", "name of the INF"},
    {"images.drivers.origin", "where it came from, as the recipe wrote it"},
    {"images.drivers.class", "of its devices"},
    {"images.drivers.class_guid", "the same as a GUID"},
    {"images.drivers.provider", "from the INF"},
    {"images.drivers.date", "DriverVer, YYYY-MM-DD; empty if it has none"},
    {"images.drivers.version", "DriverVer"},
    {"images.drivers.way",
     "\"drvload\": loaded when the image has started; \"boot_start\": registered in its "
     "registry"},
    {"images.drivers.why", "what decided that, and what else is to be said of it"},
    {"images.drivers.signer", "of its catalogue; absent if it may be unsigned"},
    {"images.drivers.signer.name", "of the certificate"},
    {"images.drivers.signer.issuer", "of the certificate"},
    {"images.drivers.signer.sha256", "of the certificate"},
    {"images.drivers.signer.countersigned", "day of the countersignature; absent if there is none"},
    {"images.drivers.signer.anchored", "whether it chains to one of the recipe's anchors"},
    {"images.drivers.size", "bytes of all its files"},
    {"images.drivers.hardware_ids", "of the devices that it serves"},
    {"images.drivers.compatible_ids", "the same, as compatible ids"},
    {"images.drivers.includes", "INFs of Windows that it builds on; absent if none"},
    {"images.drivers_left_out",
     "packages that are not in it; absent if the recipe names no drivers"},
    {"images.drivers_left_out.inf", "name of the INF"},
    {"images.drivers_left_out.origin", "where it lies"},
    {"images.drivers_left_out.outcome", "as `remedia help drivers` lists them"},
    {"images.drivers_left_out.why", "absent where the outcome says all"},
    {"images.definitions",
     "packages of malware definitions in it; absent if the recipe names none for the image"},
    {"images.definitions.package", "as the recipe wrote it"},
    {"images.definitions.kind", "\"antimalware\", or \"network\" (network inspection)"},
    {"images.definitions.path", "where it lies: the package, or the folder of its files"},
    {"images.definitions.architecture", "of its engine: amd64, arm64 or x86"},
    {"images.definitions.engine_version", "file version of the engine"},
    {"images.definitions.signature_version", "file version of the newest definitions"},
    {"images.definitions.date", "of these, YYYY-MM-DD; absent if nothing says it"},
    {"images.definitions.dated_by", "what says the date"},
    {"images.definitions.max_age_days", "of the recipe; absent if it says \"off\""},
    {"images.definitions.stale_after", "the last day within max_age; absent with it"},
    {"images.definitions.signer", "of the package; absent if it may be unsigned and is"},
    {"images.definitions.signer.name", "of the certificate"},
    {"images.definitions.signer.issuer", "of the certificate"},
    {"images.definitions.signer.sha256", "of the certificate"},
    {"images.definitions.signer.countersigned",
     "day of the countersignature; absent if there is none"},
    {"images.definitions.signer.anchored", "whether it chains to one of the recipe's anchors"},
    {"images.definitions.size", "bytes"},
    {"images.definitions.sha256", "of the package; of a folder, of what it holds"},
    {"images.definitions.files", "names of the files in it"},
    {"images.debuggers", "the Debugging Tools in it; absent if the recipe names none"},
    {"images.debuggers.origin", "as the recipe wrote it"},
    {"images.debuggers.architecture", "of the programs"},
    {"images.debuggers.version", "file version of dbgeng.dll"},
    {"images.debuggers.path", "folder in the image"},
    {"images.debuggers.programs", "what can be started"},
    {"images.debuggers.allow_missing", "imports that the recipe excepts"},
    {"images.debuggers.files", "all that was taken of them"},
    {"images.debuggers.files.path", "in the image"},
    {"images.debuggers.files.origin", "where it came from, as the recipe wrote it"},
    {"images.debuggers.files.size", "bytes"},
    {"images.debuggers.files.sha256", "of its content"},
    {"images.symbols", "PDBs in it; absent if the recipe names none for the image"},
    {"images.symbols.pdb", "file name"},
    {"images.symbols.id", "GUID and age, as the folder of a symbol store is called"},
    {"images.symbols.binaries", "which programs it is for, and where they were found"},
    {"images.symbols.origin", "where it came from, as the recipe wrote it"},
    {"images.symbols.size", "bytes"},
    {"images.symbols.sha256", "of its content"},
    {"images.symbols.path", "in the image"},
    {"images.symbols_missing", "PDBs that were wanted and are nowhere"},
    {"images.symbols_missing.pdb", "file name"},
    {"images.symbols_missing.id", "GUID and age"},
    {"images.symbols_missing.binaries", "which programs they are for"},
    {"images.registry", "what the settings changed; absent if the recipe sets nothing"},
    {"images.registry.hive", "SYSTEM, SOFTWARE, DEFAULT, COMPONENTS or DRIVERS"},
    {"images.registry.key", "below the root of the hive, CurrentControlSet resolved"},
    {"images.registry.name", "of the value; empty: the default value, or the key itself"},
    {"images.registry.action", "set_value, delete_value, create_key or delete_key"},
    {"images.registry.value", "as set; absent for deletions and keys"},
    {"images.registry.before", "what was there; absent if nothing was"},
    {"volumes", "what is on each medium"},
    {"volumes.kind", "the word of the recipe language that made it"},
    {"volumes.file", "path below OUT"},
    {"volumes.label", "volume label; absent for a folder"},
    {"volumes.layout", "\"mbr\" or \"gpt\", of disk images"},
    {"volumes.sector_size", "bytes of a logical sector, of disk images and partitions"},
    {"volumes.size", "bytes, of disk images and partitions"},
    {"volumes.size_by_rule", "how large a recovery partition must be, in bytes, and why"},
    {"volumes.size_by_rule.image", "of winre.wim"},
    {"volumes.size_by_rule.boot_sdi", "of boot.sdi"},
    {"volumes.size_by_rule.file_system", "what NTFS itself takes"},
    {"volumes.size_by_rule.servicing_headroom", "what updates of Windows RE want free"},
    {"volumes.size_by_rule.with_headroom", "the four together"},
    {"volumes.size_by_rule.image_and_setup", "the image and what Setup wants free"},
    {"volumes.size_by_rule.floor", "the least whatever the image"},
    {"volumes.size_by_rule.least", "the largest of these three, in whole MiB"},
    {"volumes.firmware", "\"bios\" and \"uefi\", as it can boot"},
    {"volumes.advancedoptions", "whether F8 at the boot manager shows the advanced options"},
    {"volumes.optionsedit", "whether F10 at the boot manager lets anybody edit the options"},
    {"volumes.bios_boot", "the program in front of the first partition that BIOS starts"},
    {"volumes.keeps_shell", "whether a recovery partition's image keeps Windows' own shell"},
    {"volumes.images", "the images that it boots, in menu order"},
    {"volumes.files", "every file on it"},
    {"volumes.files.path", "on the volume"},
    {"volumes.files.origin", "where it came from"},
    {"volumes.files.size", "bytes"},
    {"volumes.files.sha256", "of its content"},
    {"volumes.partitions", "of disk images, in the order of the table"},
    {"volumes.partitions.filesystem", "\"fat32\", \"exfat\" or \"ntfs\""},
    {"volumes.partitions.label", "volume label"},
    {"volumes.partitions.offset", "where it begins, in bytes"},
    {"volumes.partitions.size", "bytes"},
    {"volumes.partitions.files", "every file on it; those that boot stand under `volumes.files`"},
    {"volumes.partitions.files.path", "on the volume"},
    {"volumes.partitions.files.origin", "where it came from, as the recipe wrote it"},
    {"volumes.partitions.files.size", "bytes"},
    {"volumes.partitions.files.sha256", "of its content"},
    {"volumes.partitions.definitions", "as images.definitions, of what lies there"},
    {"volumes.partitions.symbols", "as images.symbols, of what lies there"},
    {"volumes.partitions.symbols_missing", "as images.symbols_missing"},
};

}  // namespace

std::span<const ManifestField> manifest_fields() { return kManifestFields; }

}  // namespace remedia::kinds
