// What a package of definitions is: a stage that no recipe names.
//
// It says what can be said of the package alone: which set it is, of which version and day, for
// which engine, and that all signatures are intact. It knows nothing of the image and of no policy,
// so another day, age or certificate does not unpack anything again.

#include "kinds/definition_files.h"

#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/folder_walk.h"
#include "kinds/kinds.h"
#include "kinds/signer_record.h"
#include "media/definitions.h"
#include "support/date.h"
#include "support/pack.h"
#include "support/tree.h"

#include <optional>

namespace remedia::kinds {

namespace {

using definitions::Form;

constexpr std::size_t kPack = 0;
constexpr std::size_t kTree = 1;
constexpr std::size_t kRecord = 2;

/// What the package consists of, read or listed.
struct Content {
  std::vector<TreeEntry> kept;
  std::vector<definitions::File> files;
  std::uint64_t size = 0;
  std::string sha256;
};

Content folder_content(graph::Job& job) {
  Content content;
  std::string list;
  for (const FoundFile& found : walk_folder(job, job.text("file"), job.text("written"))) {
    if (found.directory) continue;
    if (content.kept.size() == definitions::kMostFiles) {
      fail("'{}' has more than {} files; definitions have some ten", job.text("written"),
           definitions::kMostFiles);
    }
    check_image_path(found.path);
    TreeEntry entry{.target = found.path,
                    .source = found.file.string(),
                    .size = found.size,
                    .sha256 = job.digest(found.file),
                    .origin = found.shown};
    list += fmt::format("{} {} {}\n", entry.sha256, entry.size, entry.target);
    content.size += entry.size;
    content.files.push_back(
        {.path = entry.target, .content = entry.slice(), .shown = entry.origin});
    content.kept.push_back(std::move(entry));
  }
  content.sha256 = sha256(list);
  return content;
}

// The files of what is not kept are looked at where they were unpacked to, and are gone then.
void unpack(graph::Job& job, Form form, const fs::path& to, Content& content) {
  Pack pack(to, job.output(kPack));
  definitions::unpack(job.text("file"), form, job.text("written"), pack,
                      job.part(kPack).string() + ".unpacked");
  for (const TreeEntry& entry : pack.entries()) {
    content.files.push_back({.path = entry.target,
                             .content = {to, {{entry.offset, entry.size, false}}},
                             .shown = entry.origin});
  }
  if (to == job.part(kPack)) content.kept = pack.entries();
}

std::string version_text(const std::optional<pe::Version>& version) {
  return version ? version->text() : "";
}

nlohmann::ordered_json facts_record(Form form, const Content& content,
                                    const definitions::Facts& facts, bool is_signed) {
  nlohmann::ordered_json record;
  record["form"] = definitions::form_text(form);
  record["kind"] = definitions::kind_text(facts.kind);
  record["architecture"] = facts.architecture;
  record["engine_version"] = version_text(facts.engine_version);
  record["signature_version"] = facts.signature_version.text();
  if (facts.dated) {
    record["date"] = date_of_clock(facts.dated->time);
    record["dated_by"] = facts.dated->by;
  }
  if (facts.signer) record["signer"] = signer_record(*facts.signer);
  record["package_signed"] = is_signed;
  record["unsigned"] = facts.unsigned_files;
  record["set"] = facts.set;
  record["size"] = content.size;
  record["sha256"] = content.sha256;
  record["files"] = nlohmann::ordered_json::array();
  for (const definitions::File& file : content.files) record["files"].push_back(file.path);
  return record;
}

void run(graph::Job& job) {
  const std::string written = job.text("written");
  job.about("paths", [&] {
    const fs::path path = job.text("file");
    job.reads_named(path);
    const Form form = definitions::form_of(path, written);
    Content content;
    if (form == Form::folder) {
      content = folder_content(job);
    } else {
      content.sha256 = job.digest(path);
      content.size = fs::file_size(path);
    }
    // To unpack and to judge is what costs; of the same package both come out the same.
    if (job.unchanged(content.sha256) && fs::exists(job.output(kTree)) &&
        fs::exists(job.output(kRecord)) &&
        graph::read_record(job.output(kRecord)).at("sha256") == content.sha256) {
      job.write_text(kTree, form == Form::folder ? write_tree(std::move(content.kept))
                                                 : write_tree(read_tree(job.output(kTree))));
      job.write_record(graph::read_record(job.output(kRecord)));
      return;
    }
    auto signer = definitions::package_signer(path, form, written);
    std::optional<ScratchFile> unpacked;
    if (form == Form::folder) {
      Pack empty(job.part(kPack), job.output(kPack));
    } else if (job.parameters().at(form == Form::program ? "keep_program" : "keep_cabinet")) {
      unpack(job, form, job.part(kPack), content);
    } else {
      Pack empty(job.part(kPack), job.output(kPack));
      unpacked.emplace(job.part(kPack).string() + ".files");
      unpack(job, form, unpacked->path(), content);
    }
    definitions::Facts facts = definitions::judge(form, written, content.files, signer);
    job.keep_if_equal(kPack);
    nlohmann::ordered_json record = facts_record(form, content, facts, signer.has_value());
    job.write_text(kTree, write_tree(std::move(content.kept)));
    job.write_record(std::move(record));
  });
}

}  // namespace

graph::Planned plan_definition_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                     const graph::SourcePath& path, const KeptDefinitions& kept) {
  graph::Edge edge{.kind = "definition_files", .origin = origin};
  edge.label = "SCAN " + path.written;
  edge.parameters["file"] = path.file;
  edge.parameters["written"] = path.written;
  edge.parameters["keep_program"] = kept.of_programs;
  edge.parameters["keep_cabinet"] = kept.of_cabinets;
  edge.places["paths"] = path.where;
  for (const char* suffix : {"pack", "tree", "record"})
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  graph::Planned planned{.file = edge.outputs[kTree],
                         .parts = {{"shown", path.written}, {"record", edge.outputs[kRecord]}}};
  planner.add(std::move(edge));
  return planned;
}

const graph::Kind definition_files = {"definition_files", nullptr, nullptr, run};

}  // namespace remedia::kinds
