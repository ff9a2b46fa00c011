#include "graph/job.h"

#include "support/depfile.h"

#include <algorithm>
#include <fstream>

namespace remedia::graph {

namespace {

constexpr const char* kPlaces = "where.json";

std::vector<fs::path> as_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

nlohmann::ordered_json to_json(const Location& where) {
  return {{"name", where.name},
          {"file", where.file.string()},
          {"line", where.line},
          {"column", where.column},
          {"width", where.width}};
}

// A missing or damaged places file only costs the place.
Location read_place(const std::string& output, std::string_view field) {
  std::ifstream in(kPlaces);
  nlohmann::json places = nlohmann::json::parse(in, nullptr, false);
  if (!places.is_object() || !places.contains(output)) return {};
  const nlohmann::json& edge = places[output];
  const nlohmann::json& place = edge.contains(field) ? edge[std::string(field)] : edge[""];
  if (!place.is_object()) return {};
  return {place.value("name", ""), place.value("file", ""), place.value("line", 0),
          place.value("column", 0), place.value("width", 1)};
}

// Beside an output: what it was made from. Not declared to ninja; losing it costs time only.
fs::path made_file(const std::string& output) { return output + ".made"; }

std::string made_text(const std::string& fingerprint, const std::string& output) {
  return fmt::format("{} {} {}\n", fingerprint, fs::file_size(output),
                     fs::last_write_time(output).time_since_epoch().count());
}

// Gives a failure that does not know its place the recipe line of the field that it is about.
Failure with_place(const Failure& failure, const std::string& output, std::string_view field) {
  std::vector<Diagnostic> diagnostics = failure.diagnostics();
  for (Diagnostic& d : diagnostics) {
    if (d.where.name.empty())
      d.where = read_place(output, d.field.empty() ? field : std::string_view(d.field));
  }
  return Failure(std::move(diagnostics));
}

// What users take away has nothing beside it that is none of theirs.
fs::path digests_of(const std::string& output) {
  if (output.starts_with(".store/")) return output + ".digests";
  std::string name = output;
  std::replace(name.begin(), name.end(), '/', '.');
  return ".store/digests/" + name;
}

}  // namespace

Job::Job(std::string kind, nlohmann::json parameters, std::vector<std::string> outputs)
    : kind_(std::move(kind)),
      parameters_(std::move(parameters)),
      outputs_(std::move(outputs)),
      artifacts_(as_paths(outputs_)),
      modes_(outputs_.size(), Artifacts::Mode::replace),
      digests_(digests_of(outputs_.front())) {}

void Job::write_text(std::size_t i, const std::string& text) {
  artifacts_.write(i, text);
  keep_if_equal(i);
}

void Job::write_record(nlohmann::ordered_json record) {
  nlohmann::ordered_json whole;
  whole["stage"] = kind_;
  whole.update(record);
  write_text(outputs_.size() - 1,
             whole.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::string Job::digest(const fs::path& file) {
  reads(file);
  return digests_.sha256_of(file);
}

std::string Job::remembered(const fs::path& file, const std::function<std::string()>& find_out) {
  reads(file);
  return digests_.value_of(file, find_out);
}

std::string Job::program_digest() { return digests_.sha256_of(fs::read_symlink("/proc/self/exe")); }

bool Job::unchanged(const std::string& fingerprint) {
  fingerprint_ = sha256(fingerprint + program_digest());
  const std::string& output = outputs_.front();
  fs::path made = made_file(output);
  bool same =
      fs::exists(output) && fs::exists(made) && read_file(made) == made_text(fingerprint_, output);
  if (same) modes_.front() = Artifacts::Mode::keep;
  return same;
}

Location Job::place(std::string_view field) const { return read_place(outputs_.front(), field); }

void Job::fail_at(std::string_view field, std::string message, std::string hint,
                  std::vector<Diagnostic> notes) const {
  throw Failure(Diagnostic{.message = std::move(message),
                           .where = place(field),
                           .hint = std::move(hint),
                           .notes = std::move(notes)});
}

void Job::rethrow_at(std::string_view field, const Failure& failure) const {
  throw with_place(failure, outputs_.front(), field);
}

void Job::warn(std::string_view field, std::string message) {
  warnings_.push_back(
      {.severity = Severity::warning, .message = std::move(message), .where = place(field)});
}

void Job::finish(const fs::path& depfile_name) {
  std::vector<fs::path> read(read_.begin(), read_.end());
  std::string text = depfile(outputs_.front(), read, ".store/alias");
  artifacts_.publish(modes_, read);
  if (!fingerprint_.empty())
    write_atomically(made_file(outputs_.front()), made_text(fingerprint_, outputs_.front()));
  if (!note_.empty()) write_atomically(made_file(outputs_.front()), note_);
  write_atomically(depfile_name, text);
}

nlohmann::ordered_json read_record(const fs::path& file) {
  auto record = nlohmann::ordered_json::parse(read_file(file, 1u << 30), nullptr, false);
  if (!record.is_object() || !record.contains("stage")) fail_damaged(file);
  return record;
}

std::vector<Diagnostic> run_stage(const fs::path& spec_file, std::span<const Kind> kinds) {
  Fd lock;
  if (!fs::exists(spec_file)) {
    throw Failure(
        Diagnostic{.message = fmt::format("there is no spec '{}'", spec_file.string()),
                   .hint = "ninja writes it; 'ninja -d keeprsp' keeps it for a second run"});
  }
  if (!try_lock(spec_file, lock)) {
    throw Failure(Diagnostic{
        .message = fmt::format("another build is writing '{}'", spec_file.stem().string()),
        .hint = "two builds in one OUT disturb each other: wait for the other to end"});
  }
  nlohmann::json spec = nlohmann::json::parse(read_file(spec_file), nullptr, false);
  if (!spec.is_object() || !spec.contains("kind") || !spec.contains("outputs") ||
      !spec.contains("parameters")) {
    fail("'{}' is no stage specification", spec_file.string());
  }
  std::string word = spec["kind"];
  auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.word == word; });
  if (kind == kinds.end() || kind->run == nullptr) fail("there is no stage kind '{}'", word);

  std::vector<std::string> outputs = spec["outputs"];
  try {
    Job job(word, spec["parameters"], outputs);
    kind->run(job);
    fs::path depfile_name = spec_file;
    depfile_name += ".d";
    job.finish(depfile_name);
    return job.warnings();
  } catch (const Failure& failure) {
    throw with_place(failure, outputs.front(), "");
  } catch (const nlohmann::json::exception&) {
    // Parameters are checked when the graph is written; what else is JSON, other stages left.
    throw Failure(
        Diagnostic{.message = "a record of an earlier stage lacks what should be in it",
                   .where = read_place(outputs.front(), ""),
                   .hint = "delete the folder .store (below OUT) and run the build again"});
  } catch (const std::exception& error) {
    throw Failure(Diagnostic{.message = error.what(), .where = read_place(outputs.front(), "")});
  }
}

std::string write_places(std::span<const Edge> edges) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const Edge& edge : edges) {
    if (edge.origin == nullptr) continue;
    nlohmann::ordered_json places;
    places[""] = to_json(edge.origin->where);
    for (const auto& [field, where] : edge.origin->places) {
      if (field.find('#') == field.npos) places[field] = to_json(where);
    }
    for (const auto& [field, where] : edge.places) places[field] = to_json(where);
    all[edge.outputs.front()] = places;
  }
  return all.dump(1) + "\n";
}

}  // namespace remedia::graph
