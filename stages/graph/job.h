// One run of one stage: `remedia stage SPEC`.
#pragma once

#include "graph/stage.h"
#include "support/artifact.h"
#include "support/digest.h"

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace remedia::graph {

/// What a stage sees of the world. The working directory is OUT.
class Job {
 public:
  Job(std::string kind, nlohmann::json parameters, std::vector<std::string> outputs);

  const std::string& kind() const { return kind_; }
  const nlohmann::json& parameters() const { return parameters_; }
  std::string text(std::string_view name) const { return parameters_.at(name); }

  /// Where to write output `i`; it is renamed when the stage succeeds.
  const fs::path& part(std::size_t i) const { return artifacts_.part(i); }
  const std::string& output(std::size_t i) const { return outputs_.at(i); }
  /// A small text output. If it comes out as it was before, it is left alone.
  void write_text(std::size_t i, const std::string& text);
  void keep_if_equal(std::size_t i) { modes_.at(i) = Artifacts::Mode::if_different; }
  /// For a costly first output: whether the one that is there was made by this very program from
  /// what `fingerprint` says. Then it stays, and need not be written.
  bool unchanged(const std::string& fingerprint);
  /// A note beside the first output, as NAME.made, written once that is published: what this very
  /// stage may make use of the next time. ninja does not know of it; losing it costs time only.
  void leave_note(std::string text) { note_ = std::move(text); }
  /// The last output: what the manifest needs to know of this stage.
  void write_record(nlohmann::ordered_json record);

  /// Declares that the result depends on a file or folder; it goes into the depfile.
  void reads(const fs::path& file) { read_.insert(file); }
  /// The same of a file that the recipe names, and of the folder that it lies in: that another file
  /// with an older date took its place shows in the folder only.
  void reads_named(const fs::path& file) {
    reads(file);
    if (file.has_parent_path()) reads(file.parent_path());
  }
  /// SHA-256 of a whole input file, remembered beside the first output; also declares it as read.
  std::string digest(const fs::path& file);
  /// The same for another word about its content than the SHA-256, of files whose digest() the
  /// stage does not ask for.
  std::string remembered(const fs::path& file, const std::function<std::string()>& find_out);
  /// The same of a file that an input lists, which alone says when this stage has to run again.
  std::string listed_digest(const fs::path& file) { return digests_.sha256_of(file); }
  /// SHA-256 of this program, for what another one would make in another way.
  std::string program_digest();

  /// The place of a field in the recipe (of the constructor if the field was not written).
  Location place(std::string_view field = {}) const;
  [[noreturn]] void fail_at(std::string_view field, std::string message, std::string hint = {},
                            std::vector<Diagnostic> notes = {}) const;
  void warn(std::string_view field, std::string message);
  /// Runs `action`. A failure in it that knows no place is about this field.
  template <typename Action>
  auto about(std::string_view field, Action&& action) const {
    try {
      return action();
    } catch (const Failure& failure) {
      rethrow_at(field, failure);
    }
  }

  /// Publishes the outputs and writes the depfile.
  void finish(const fs::path& depfile);
  const std::vector<Diagnostic>& warnings() const { return warnings_; }

 private:
  [[noreturn]] void rethrow_at(std::string_view field, const Failure& failure) const;

  std::string kind_;
  nlohmann::json parameters_;
  std::vector<std::string> outputs_;
  Artifacts artifacts_;
  std::vector<Artifacts::Mode> modes_;
  std::string fingerprint_;
  std::string note_;
  std::set<fs::path> read_;
  DigestCache digests_;
  std::vector<Diagnostic> warnings_;
};

/// The record that a stage left. Throws Failure if it is damaged.
nlohmann::ordered_json read_record(const fs::path& file);

/// Runs the stage that the spec file (written by ninja) describes. Returns its warnings.
std::vector<Diagnostic> run_stage(const fs::path& spec, std::span<const Kind> kinds);

/// OUT/where.json: the recipe places of every edge. ninja does not track it, so that a line that
/// moves rebuilds nothing; it is read only when a stage has something to say.
std::string write_places(std::span<const Edge> edges);

}  // namespace remedia::graph
