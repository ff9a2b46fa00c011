// source { ... }: where Windows comes from.
//
// The medium is read where it is, no mount, no copy. Two things are made of it, once for every
// image and recipe that uses it: the base (one image, exported with its compressed data as they
// are) and a pack with the boot files that were found, each at its place on a medium.

#include "formats/win_names.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "media/boot_files.h"
#include "media/medium.h"
#include "media/wim.h"
#include "support/tree.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>

#include <fcntl.h>
#include <unistd.h>

namespace remedia::kinds {

namespace {

using recipe::Type;

// The base's own dates do not follow SOURCE_DATE_EPOCH, so that another date never exports it
// again.
constexpr std::int64_t kBaseClock = 1704067200;  // 2024-01-01T00:00:00Z
constexpr std::uint64_t kPackAlignment =
    2048;  // a sector: the pack's files can stay where they are

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
             .help = "an ISO, a folder with the same layout, or a .wim",
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

nlohmann::ordered_json origin_parameters(graph::Planner& planner, const recipe::Node& node) {
  std::string arch = node.text("arch");
  nlohmann::ordered_json json;
  graph::SourcePath media = planner.source_path(node, "media", arch);
  json["media"] = media.file;
  json["written"] = media.written;
  json["image"] = image_text(node);
  json["edition"] = node.text("edition");
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
  planner.add(std::move(edge));
  return planned;
}

/// A medium and the image on it that a recipe means.
class Origin {
 public:
  Origin(graph::Job& job, const nlohmann::json& parameters, std::string field)
      : job_(job),
        field_(std::move(field)),
        medium_(about("media", [&] { return Medium(parameters.at("media").get<std::string>()); })),
        written_(parameters.at("written")),
        edition_(parameters.at("edition")) {
    if (medium_.kind() == Medium::Kind::folder) {
      for (const fs::path& folder : medium_.folders()) job.reads(folder);
    } else {
      // A medium that an older one replaces by a rename shows in the folder only.
      job.reads(medium_.path().parent_path());
    }
    about("media", [&] { choose(parameters.at("image")); });
  }

  const Medium& medium() const { return medium_; }
  const wim::File& file() const { return *wim_; }
  int index() const { return index_; }
  const wim::Image& image() const {
    return wim_->info().images.at(static_cast<std::size_t>(index_) - 1);
  }
  const std::string& written() const { return written_; }
  /// Where the base was found, for people: `sources/install.wim image 1, winre.wim image 1`.
  const std::string& shown() const { return shown_; }
  std::string field(std::string_view name) const {
    return field_.empty() ? std::string(name) : field_;
  }
  template <typename Action>
  std::invoke_result_t<Action> about(std::string_view name, Action&& action) const {
    return job_.about(field(name), action);
  }

  /// Exports the image. Data that are compressed already are copied as they are, and nothing looks
  /// at them; so the copy is read once. A recovery image was checked as a whole when it was taken
  /// out of its WIM.
  void write_base(const fs::path& out, const wim::ExportOptions& options) const {
    about("media", [&] {
      wim::export_image(*wim_, index_, out, options);
      std::string name = fmt::format("{}: {} image {}", written_, shown_, index_);
      if (!nested_) wim::File(Slice::whole(out), name).verify();
    });
  }

  /// Files of the user that decide what is here, each with its digest: the whole ISO or WIM; of a
  /// folder the WIM (boot files are listed one by one).
  nlohmann::ordered_json inputs() {
    fs::path file = medium_.kind() == Medium::Kind::folder ? container_.file : medium_.path();
    std::string name = written_;
    if (medium_.kind() == Medium::Kind::folder)
      name += "/" + file.lexically_relative(medium_.path()).string();
    return {{"path", name}, {"size", Slice::whole(file).size()}, {"sha256", job_.digest(file)}};
  }

 private:
  void choose(const std::string& wanted) {
    if (wanted == "winre") {
      choose_recovery();
    } else if (wanted == "pe" || wanted == "setup") {
      choose_boot_image(wanted == "pe" ? 1 : 2);
    } else {
      choose_by_name(wanted);
    }
  }

  Slice on_medium(std::initializer_list<std::string_view> names, std::string* shown) const {
    if (medium_.kind() == Medium::Kind::wim) {
      *shown = written_;
      return Slice::whole(medium_.path());
    }
    for (std::string_view name : names) {
      if (const MediumFile* found = medium_.find(name)) {
        *shown = found->path;
        return found->content;
      }
    }
    job_.fail_at(
        field("media"),
        fmt::format("'{}' holds no Windows: {} is not there", written_, fmt::join(names, " or ")),
        "a Windows medium has sources/boot.wim and sources/install.wim");
  }

  void open(const Slice& slice, std::string shown) {
    if (medium_.kind() == Medium::Kind::folder) job_.reads(slice.file);
    container_ = slice;
    shown_ = std::move(shown);
    wim_ = std::make_unique<wim::File>(slice, fmt::format("{}: {}", written_, shown_));
  }

  // The recovery image is a file of its own inside every image of install.wim.
  void choose_recovery() {
    std::string name;
    Slice slice =
        on_medium({"sources/install.wim", "sources/install.esd", "sources/install.swm"}, &name);
    open(slice, name);
    int edition = edition_.empty() ? 0 : found_image(edition_, "edition");
    const wim::Entry* entry = nullptr;
    for (const wim::Image& candidate : wim_->info().images) {
      if (edition != 0 && candidate.index != edition) continue;
      const wim::Entry* here = wim_->find(candidate.index, "Windows/System32/Recovery/winre.wim");
      if (here == nullptr || here->directory) continue;
      if (entry != nullptr && here->sha1 != entry->sha1) {
        job_.fail_at(field("image"),
                     fmt::format("the images of {} have different recovery images", shown_),
                     "say which with edition = \"...\"", {image_list()});
      }
      if (entry == nullptr) index_ = candidate.index;
      entry = here;
    }
    if (entry != nullptr) return open_nested(*entry);
    if (medium_.kind() == Medium::Kind::wim && wim_->info().images.size() == 1) {
      index_ = 1;  // a winre.wim by itself
      return;
    }
    job_.fail_at(
        field("image"),
        fmt::format("{} holds no recovery image (Windows\\System32\\Recovery\\winre.wim)", shown_),
        "images of Windows PE media have none: try image = \"pe\"", {image_list()});
  }

  void open_nested(const wim::Entry& entry) {
    nested_.emplace(fmt::format("{}.{}winre", job_.part(0).string(), field_));
    wim_->extract(index_, entry, nested_->path());
    shown_ = fmt::format("{} image {}, winre.wim", shown_, index_);
    wim_ = std::make_unique<wim::File>(Slice::whole(nested_->path()),
                                       fmt::format("{}: {}", written_, shown_));
    index_ = 1;
  }

  void choose_boot_image(int index) {
    std::string name;
    Slice slice = on_medium({"sources/boot.wim"}, &name);
    open(slice, name);
    if (static_cast<std::size_t>(index) > wim_->info().images.size()) {
      job_.fail_at(field("image"),
                   fmt::format("{} has no image {}, where Windows Setup would be", shown_, index),
                   "choose one by its index or name", {image_list()});
    }
    index_ = index;
  }

  // An index means boot.wim; a name is looked for there and then in install.wim.
  void choose_by_name(const std::string& wanted) {
    std::string name;
    Slice slice = on_medium({"sources/boot.wim"}, &name);
    open(slice, name);
    bool is_index = wanted.find_first_not_of("0123456789") == std::string::npos;
    const MediumFile* install = medium_.find("sources/install.wim");
    if (is_index || install == nullptr) {
      index_ = found_image(wanted, "image");
      return;
    }
    try {
      index_ = wim_->find_image(wanted);
    } catch (const Failure& failure) {
      Diagnostic first = image_list();
      open(install->content, install->path);
      try {
        index_ = wim_->find_image(wanted);
      } catch (const Failure& second) {
        Diagnostic d = second.diagnostics().front();
        if (d.hint.empty()) d.hint = failure.diagnostics().front().hint;
        job_.fail_at(field("image"), d.message, d.hint, {first, image_list()});
      }
    }
  }

  int found_image(const std::string& wanted, std::string_view field_name) {
    try {
      return wim_->find_image(wanted);
    } catch (const Failure& failure) {
      Diagnostic d = failure.diagnostics().front();
      job_.fail_at(field(field_name), d.message, d.hint, d.notes);
    }
  }

  Diagnostic image_list() const {
    std::string names;
    for (const wim::Image& image : wim_->info().images) {
      names += fmt::format("{}{} '{}'", names.empty() ? "" : ", ", image.index, image.name);
    }
    return {.severity = Severity::note, .message = fmt::format("{} has: {}", shown_, names)};
  }

  graph::Job& job_;
  std::string field_;
  Medium medium_;
  std::string written_;
  std::string edition_;
  std::string shown_;
  std::optional<ScratchFile> nested_;
  Slice container_;
  std::unique_ptr<wim::File> wim_;
  int index_ = 0;
};

/// Gathers boot files into one file, each at a sector's boundary.
class Pack {
 public:
  explicit Pack(graph::Job& job)
      : job_(job), out_(open(job.part(1).c_str(), O_WRONLY | O_CLOEXEC)) {
    if (!out_) fail_errno(errno, "write", job.output(1));
  }

  /// Adds every boot file of `wanted` that the origin has; false if it has none.
  bool take(Origin& origin, const BootFile& wanted) {
    return origin.about("media", [&] { return take_first(origin, wanted); });
  }

  std::vector<TreeEntry> entries() && { return std::move(entries_); }

 private:
  bool take_first(Origin& origin, const BootFile& wanted) {
    for (const std::string& candidate : wanted.on_medium) {
      if (take_from_medium(origin, wanted, candidate)) return true;
    }
    for (const std::string& candidate : wanted.in_wim) {
      if (take_from_image(origin, wanted, candidate)) return true;
    }
    return false;
  }

  bool take_from_medium(Origin& origin, const BootFile& wanted, const std::string& candidate) {
    std::vector<const MediumFile*> found;
    if (!wanted.ending.empty()) {
      found = origin.medium().list(candidate, wanted.ending);
    } else if (const MediumFile* file = origin.medium().find(candidate)) {
      found = {file};
    }
    for (const MediumFile* file : found) {
      if (origin.medium().kind() == Medium::Kind::folder) job_.reads(file->content.file);
      append(target_of(wanted, file->path), file->content,
             fmt::format("{}: {}", origin.written(), file->path));
    }
    return !found.empty();
  }

  bool take_from_image(Origin& origin, const BootFile& wanted, const std::string& candidate) {
    std::vector<const wim::Entry*> found;
    if (wanted.ending.empty()) {
      const wim::Entry* entry = origin.file().find(origin.index(), candidate);
      if (entry != nullptr && !entry->directory) found = {entry};
    } else {
      for (const wim::Entry& entry : origin.file().list(origin.index())) {
        std::string_view path = entry.path;
        bool inside = path.size() > candidate.size() && path[candidate.size()] == '/' &&
                      same_name(path.substr(0, candidate.size()), candidate) &&
                      path.find('/', candidate.size() + 1) == std::string_view::npos;
        if (inside && !entry.directory &&
            same_name(fs::path(path).extension().string(), wanted.ending)) {
          found.push_back(&entry);
        }
      }
    }
    for (const wim::Entry* entry : found) {
      ScratchFile scratch(job_.part(1).string() + ".file");
      origin.file().extract(origin.index(), *entry, scratch.path());
      append(target_of(wanted, entry->path), Slice::whole(scratch.path()),
             fmt::format("{}: {}, {}", origin.written(), origin.shown(), entry->path));
    }
    return !found.empty();
  }

  static bool same_name(std::string_view a, std::string_view b) {
    return fold_case(a) == fold_case(b);
  }

  // Our own spelling for the fixed names, lower case for the rest, whatever the medium's.
  static std::string target_of(const BootFile& wanted, const std::string& path) {
    if (wanted.ending.empty()) return wanted.target;
    std::string name = path.substr(path.rfind('/') + 1);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return wanted.target + "/" + name;
  }

  void append(std::string target, const Slice& content, std::string origin) {
    if (content.size() == 0) fail("boot file '{}' is empty", origin);
    copy_to(content, out_.get(), end_, job_.output(1));
    entries_.push_back({.target = std::move(target),
                        .source = job_.output(1),
                        .offset = end_,
                        .size = content.size(),
                        .sha256 = sha256(content),
                        .origin = std::move(origin)});
    end_ += (content.size() + kPackAlignment - 1) / kPackAlignment * kPackAlignment;
  }

  graph::Job& job_;
  Fd out_;
  std::uint64_t end_ = 0;
  std::vector<TreeEntry> entries_;
};

void check_architecture(const graph::Job& job, const Origin& origin) {
  std::string arch = job.text("arch");
  const wim::Image& image = origin.image();
  if (image.architecture == arch) return;
  job.fail_at("arch", image.architecture.empty()
                          ? fmt::format("{} does not say which architecture image '{}' is for",
                                        origin.shown(), image.name)
                          : fmt::format("the recipe says {}, but image '{}' of {} is for {}", arch,
                                        image.name, origin.shown(), image.architecture));
}

nlohmann::ordered_json image_record(const Origin& origin) {
  const wim::Image& image = origin.image();
  return {{"found_in", origin.shown()},
          {"index", origin.index()},
          {"name", image.name},
          {"description", image.description},
          {"architecture", image.architecture},
          {"version", image.version},
          {"edition", image.edition},
          {"languages", image.languages}};
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
  Origin own(job, parameters, "");
  std::optional<Origin> lender;
  if (parameters.contains("boot_files"))
    lender.emplace(job, parameters["boot_files"], "boot_files");
  check_architecture(job, own);

  nlohmann::ordered_json inputs = nlohmann::ordered_json::array({own.inputs()});
  if (lender) inputs.push_back(lender->inputs());

  Pack pack(job);
  std::vector<std::string> missing;
  for (const BootFile& wanted : boot_files(job.text("arch"))) {
    bool found = (lender && pack.take(*lender, wanted)) || pack.take(own, wanted);
    if (!found) missing.push_back(wanted.target);
  }
  std::vector<TreeEntry> files = std::move(pack).entries();

  wim::ExportOptions options;
  options.clock = kBaseClock;
  // Two editions of one medium may have different recovery images of one name.
  options.guid = derived_guid(
      fmt::format("base {} {} {} {} {}", inputs[0]["sha256"].get<std::string>(), own.index(),
                  own.image().name, job.text("image"), job.text("edition")));
  // The digests of a folder's boot files belong to what was read; those of an ISO are part of it.
  if (!job.unchanged(inputs.dump() + boot_files_record(files).dump())) {
    own.write_base(job.part(0), options);
  }
  job.keep_if_equal(1);
  job.write_text(2, write_tree(files));
  nlohmann::ordered_json record;
  record["arch"] = job.text("arch");
  record["inputs"] = std::move(inputs);
  record["image"] = image_record(own);
  record["base"] = {{"file", job.output(0)}, {"guid", guid_text(options.guid)}};
  record["boot_files"] = boot_files_record(files);
  record["boot_files_missing"] = std::move(missing);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind source = {"source", &schema, plan, run};

}  // namespace remedia::kinds
