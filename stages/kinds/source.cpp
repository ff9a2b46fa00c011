// source { ... }: where Windows comes from.
//
// The medium is read where it is, no mount, no copy. Two things are made of it, once for every
// image and recipe that uses it: the base (one image, exported with its compressed data as they
// are) and a pack with the boot files that were found, each at its place on a medium.

#include "formats/pe.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "media/base_facts.h"
#include "media/efisys.h"
#include "media/windows_source.h"
#include "support/pack.h"

#include <algorithm>
#include <cctype>
#include <memory>

namespace remedia::kinds {

namespace {

using recipe::Type;

// The base's own dates do not follow SOURCE_DATE_EPOCH, so that another date never exports it
// again.
constexpr std::int64_t kBaseClock = 1704067200;  // 2024-01-01T00:00:00Z

const recipe::Schema schema = {
    .word = "source",
    .role = recipe::Role::stage,
    .help =
        "Windows as Microsoft ships it: the base of an image and the files that boot it.\n"
        "Boot files come from boot_files if it is given, then from the medium, then from inside "
        "the image (\\Windows\\Boot); the manifest says which came from where.",
    .fields =
        {
            {.name = "media",
             .type = Type::path,
             .help = "an ISO, a folder with the same layout, an ADK or copype folder, or a .wim, "
                     ".esd or .swm; "
                     "'remedia help source MEDIUM' lists what is found on one",
             .required = true},
            {.name = "image",
             .type = Type::image,
             .help =
                 "\"winre\" (the recovery image inside install.wim), \"pe\" or \"setup\" (image 1 "
                 "or 2 of boot.wim), or the index or name of an image",
             .required = true,
             .min = 1,
             .max = 1000},
            {.name = "edition",
             .type = Type::text,
             .help = "the image of install.wim whose recovery image is meant, where they differ",
             .fallback = "all have the same"},
            {.name = "arch",
             .type = Type::choice,
             .help = "checked against the WIM; the names of outputs depend on it",
             .words = {"amd64", "arm64", "x86"},
             .fallback = "amd64"},
            {.name = "sha256",
             .type = Type::text,
             .help = "of the medium, as its publisher states it: another file is an error, and "
                     "what matches need not be checked otherwise",
             .max = 64},
            {.name = "boot_files",
             .type = Type::value,
             .help = "a source that lends its boot files, such as a newer medium",
             .words = {"source"},
             .fallback = "its own"},
        },
};

std::string image_text(const recipe::Node& node) {
  std::int64_t index = node.integer("image");
  return index > 0 ? std::to_string(index) : node.text("image");
}

std::string sha256_of(const recipe::Node& node) {
  std::string digest = node.text("sha256");
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos)
    return digest;
  throw Failure(Diagnostic{.message = "'sha256' is no SHA-256: 64 hexadecimal digits",
                           .where = node.place("sha256"),
                           .hint = "sha256sum FILE prints it"});
}

nlohmann::ordered_json origin_parameters(graph::Planner& planner, const recipe::Node& node) {
  std::string arch = node.text("arch");
  nlohmann::ordered_json json;
  graph::SourcePath media = planner.source_path(node, "media", arch);
  json["media"] = media.file;
  json["written"] = media.written;
  json["image"] = image_text(node);
  json["edition"] = node.text("edition");
  if (node.has("sha256")) json["sha256"] = sha256_of(node);
  return json;
}

void check_edition(const recipe::Node& node) {
  if (!node.has("edition") || node.text("image") == "winre") return;
  throw Failure(Diagnostic{
      .message = "'edition' says whose recovery image is meant, but image is not \"winre\"",
      .where = node.place("edition"),
      .hint = "leave it out, or name the edition as the image"});
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  graph::Edge edge{.kind = "source", .origin = node};
  edge.parameters = origin_parameters(planner, *node);
  edge.parameters["arch"] = node->text("arch");
  check_edition(*node);
  if (recipe::NodeRef lender = node->node("boot_files")) {
    check_edition(*lender);
    if (lender->has("boot_files")) {
      throw Failure(Diagnostic{.message = "a source that lends boot files cannot borrow them",
                               .where = lender->place("boot_files"),
                               .hint = "name the source that has them"});
    }
    if (lender->text("arch") != node->text("arch")) {
      throw Failure(
          Diagnostic{.message = fmt::format("boot files for {} cannot come from a source for {}",
                                            node->text("arch"), lender->text("arch")),
                     .where = node->place("boot_files"),
                     .notes = {{.message = "the lending source is here", .where = lender->where}}});
    }
    edge.parameters["boot_files"] = origin_parameters(planner, *lender);
  }
  edge.label =
      fmt::format("SOURCE {} {}", edge.parameters["written"].get<std::string>(), image_text(*node));
  edge.pool = "compress";
  for (const char* suffix : {"wim", "boot", "boot.tree", "record"}) {
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  }
  graph::Planned planned{.file = edge.outputs[0],
                         .parts = {{"boot", edge.outputs[1]}, {"boot_tree", edge.outputs[2]}},
                         .records = {edge.outputs[3]}};
  planner.add_input({"source", node->path("media", node->text("arch")).written, edge.outputs[3],
                     "digest", "", node->place("media")});
  planner.add(std::move(edge));
  return planned;
}

std::unique_ptr<WindowsSource> open_source(graph::Job& job, const nlohmann::json& parameters,
                                           const std::string& lent) {
  try {
    auto source = std::make_unique<WindowsSource>(parameters.at("media").get<std::string>(),
                                                  parameters.at("written"));
    if (source->medium().kind() != Medium::Kind::folder) {
      // A medium that an older one replaces by a rename shows in the folder only.
      job.reads(source->medium().path().parent_path());
    }
    for (const fs::path& folder : source->medium().folders()) job.reads(folder);
    source->choose(parameters.at("image"), parameters.at("edition"),
                   job.part(0).string() + "." + lent + "winre");
    return source;
  } catch (const Failure& failure) {
    // What is wrong with a lender is said where it is lent.
    std::vector<Diagnostic> diagnostics = failure.diagnostics();
    for (Diagnostic& d : diagnostics) {
      std::string written = parameters.at("written");
      bool said = d.message.find(written) != std::string::npos;
      if (!said)
        d.message = with_replaced(d.message, parameters.at("media").get<std::string>(), written);
      if (!lent.empty()) d.field = lent;
      if (d.field.empty()) d.field = "media";
    }
    throw Failure(std::move(diagnostics));
  }
}

/// Files of the user that decide what is here, each with its digest: the whole ISO or WIM; of a
/// folder the WIM with all its parts (boot files are listed one by one).
nlohmann::ordered_json inputs_of(graph::Job& job, const WindowsSource& source) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<fs::path> files;
  if (source.medium().kind() == Medium::Kind::iso) files = {source.medium().path()};
  for (const Slice& part : source.container()) {
    if (source.medium().kind() != Medium::Kind::iso) files.push_back(part.file);
  }
  for (const fs::path& file : files) {
    std::string name = source.written();
    // Beside a bare WIM lie its parts.
    fs::path top = source.medium().path();
    bool folder = source.medium().kind() == Medium::Kind::folder;
    if (folder) name += "/" + file.lexically_relative(top).string();
    if (!folder && file != top) name = (fs::path(name).parent_path() / file.filename()).string();
    list.push_back(
        {{"path", name}, {"size", Slice::whole(file).size()}, {"sha256", job.digest(file)}});
  }
  return list;
}

void check_program(const Slice& content, const std::string& place, const std::string& arch) {
  std::string found = pe::read(content, place).header.architecture;
  if (found == arch) return;
  fail("'{}' is a program for {}, not for {}", place, found, arch);
}

/// Adds every boot file of `wanted` that the source has; false if it has none.
bool take(graph::Job& job, Pack& pack, const WindowsSource& source, const BootFile& wanted) {
  std::vector<WindowsSource::Found> found = source.find(wanted);
  for (const WindowsSource::Found& file : found) {
    if (file.entry == nullptr && source.medium().kind() == Medium::Kind::folder)
      job.reads(file.content.file);
    ScratchFile scratch(job.part(1).string() + ".file");
    Slice content = source.content(file, scratch.path());
    if (content.size() == 0) fail("boot file '{}' is empty", file.place);
    if (file.rebuilt) {
      check_program(content, file.place, job.text("arch"));
      pack.add(file.target, efisys_image(read_all(content), job.text("arch"), kBaseClock),
               "made from " + file.place);
    } else {
      pack.add(file.target, content, file.place);
    }
  }
  return !found.empty();
}

// Whether the medium is known to be what its publisher made, as a whole.
bool has_stated_digest(const graph::Job& job, const nlohmann::json& parameters,
                       const nlohmann::ordered_json& inputs, const std::string& field) {
  if (!parameters.contains("sha256")) return false;
  std::string stated = parameters.at("sha256");
  if (inputs.size() != 1 || inputs[0].at("path") != parameters.at("written")) {
    job.fail_at(field,
                fmt::format("'{}' is not one file, so it has no SHA-256",
                            parameters.at("written").get<std::string>()),
                "name the ISO or WIM itself as the media");
  }
  std::string found = inputs[0].at("sha256");
  if (found != stated) {
    job.fail_at(field,
                fmt::format("'{}' has the SHA-256 {}, not the one that is stated",
                            parameters.at("written").get<std::string>(), found),
                "an interrupted or tampered download: fetch it again");
  }
  return true;
}

void check_architecture(const graph::Job& job, const WindowsSource& source, const char* field) {
  std::string arch = job.text("arch");
  const wim::Image& image = source.image();
  if (image.architecture == arch) return;
  job.fail_at(field, image.architecture.empty()
                         ? fmt::format("{} does not say which architecture image '{}' is for",
                                       source.found_in(), image.name)
                         : fmt::format("the recipe says {}, but image '{}' of {} is for {}", arch,
                                       image.name, source.found_in(), image.architecture));
}

nlohmann::ordered_json image_record(const WindowsSource& source, const BaseFacts& facts) {
  const wim::Image& image = source.image();
  nlohmann::ordered_json packages = nlohmann::ordered_json::array();
  for (const BaseFacts::Package& package : facts.packages) {
    if (!package.installed) continue;
    packages.push_back({{"name", package.name}, {"version", package.version}});
    if (!package.language.empty()) packages.back()["language"] = package.language;
  }
  return {{"found_in", source.found_in()},
          {"index", source.index()},
          {"name", image.name},
          {"description", image.description},
          {"architecture", image.architecture},
          {"version", image.version},
          {"kernel_version", facts.from_kernel},
          {"loader_version", facts.from_loader},
          {"registry_version", facts.from_hive},
          {"disagreements", facts.disagreements},
          {"edition", image.edition},
          {"languages", image.languages},
          {"packages", packages}};
}

nlohmann::ordered_json boot_files_record(const std::vector<TreeEntry>& entries) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TreeEntry& entry : entries) {
    list.push_back({{"path", entry.target},
                    {"origin", entry.origin},
                    {"size", entry.size},
                    {"sha256", entry.sha256}});
  }
  return list;
}

void run(graph::Job& job) {
  nlohmann::json parameters = job.parameters();
  std::unique_ptr<WindowsSource> opened = open_source(job, parameters, "");
  const WindowsSource& own = *opened;
  std::unique_ptr<WindowsSource> lender;
  if (parameters.contains("boot_files"))
    lender = open_source(job, parameters["boot_files"], "boot_files");
  check_architecture(job, own, "arch");
  if (lender) check_architecture(job, *lender, "boot_files");

  nlohmann::ordered_json inputs = inputs_of(job, own);
  bool intact = has_stated_digest(job, parameters, inputs, "sha256");
  // Two editions of one medium may have different recovery images of one name.
  std::string identity = fmt::format("{} {} {} {}", own.index(), own.image().name,
                                     job.text("image"), job.text("edition"));
  for (const auto& input : inputs) identity = input["sha256"].get<std::string>() + " " + identity;
  if (lender) {
    nlohmann::ordered_json lent = inputs_of(job, *lender);
    has_stated_digest(job, parameters["boot_files"], lent, "boot_files");
    for (auto& input : lent) inputs.push_back(std::move(input));
  }

  Pack pack(job.part(1), job.output(1));
  std::vector<std::string> missing;
  for (const BootFile& wanted : boot_files(job.text("arch"))) {
    bool found =
        (lender && job.about("boot_files", [&] { return take(job, pack, *lender, wanted); })) ||
        job.about("media", [&] { return take(job, pack, own, wanted); });
    if (!found) missing.push_back(wanted.target);
  }
  const std::vector<TreeEntry>& files = pack.entries();
  BaseFacts facts = read_base_facts(own.file(), own.index(), job.part(0).string() + ".facts");
  for (const std::string& sentence : facts.disagreements) job.warn("media", sentence);

  wim::ExportOptions options;
  options.clock = kBaseClock;
  options.guid = derived_guid("base " + identity);
  // The digests of a folder's boot files belong to what was read; those of an ISO are part of it.
  if (!job.unchanged(inputs.dump() + boot_files_record(files).dump()))
    job.about("media", [&] { own.write_base(job.part(0), options, intact); });
  job.keep_if_equal(1);
  job.write_text(2, write_tree(files));
  nlohmann::ordered_json record;
  record["arch"] = job.text("arch");
  record["inputs"] = std::move(inputs);
  record["image"] = image_record(own, facts);
  record["base"] = {
      {"file", job.output(0)}, {"guid", guid_text(options.guid)}, {"clock", kBaseClock}};
  record["boot_files"] = boot_files_record(files);
  record["boot_files_missing"] = std::move(missing);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind source = {"source", &schema, plan, run};

}  // namespace remedia::kinds
