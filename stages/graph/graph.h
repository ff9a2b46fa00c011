// Values in, edges out: the whole plan of a build.
#pragma once

#include "graph/stage.h"
#include "recipe/recipe.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace remedia::graph {

/// Something a user takes away, or a folder's manifest.
struct Product {
  std::string recipe;
  std::string name;
  std::string kind;
  std::string file;  ///< relative to OUT
  std::vector<std::string> records;
  recipe::NodeRef origin;
  std::string group = {};  ///< short name of a folder that it belongs to, such as helpdesk.wds
};

struct Graph {
  std::vector<Edge> edges;  ///< in the order of their first output
  std::vector<Product> products;
  std::vector<std::string> recipes;  ///< names
};

/// A path of the user as stages see it, and as the recipe wrote it.
struct SourcePath {
  std::string file;
  std::string written;
  Location where = {};  ///< of an item of a list
};

/// Something of the user's that a graph reads and that git does not keep.
struct Input {
  std::string word;     ///< of the recipe language that reads it
  std::string written;  ///< as the recipe has it
  std::string listing;  ///< of another edge: a tree, or a record with `inputs`
  std::string pin;      ///< "digest" or "signer": what must not change
  std::string file;     ///< as stages see it, if it can be one file; else ""
  Location where;
};

struct Settings {
  fs::path out;            ///< absolute
  std::int64_t clock = 0;  ///< SOURCE_DATE_EPOCH: every date in an artifact
};

/// Collects edges. Equal edges are one, however often and wherever they are asked for; different
/// edges that write one file are a Failure that shows both places.
class Planner {
 public:
  Planner(const Settings& settings, std::span<const Kind> kinds)
      : settings_(settings), kinds_(kinds) {}

  void plan_recipe(const recipe::Evaluation& evaluation);
  Graph take();

  // For kinds:
  Planned plan(const recipe::NodeRef& node, const Binding& binding);
  void add(Edge edge);
  /// What stages of the images and artifacts of this recipe have to wait for.
  void require(const std::string& file);
  /// A file or folder that the plan depends on; it exists.
  void reads(const fs::path& file) { read_.insert(file); }
  const std::set<fs::path>& read() const { return read_; }
  /// How stages name a path.
  std::string seen(const fs::path& absolute) const {
    return seen_from(settings_.out, evaluation_->root, absolute);
  }
  /// Equal products, constructed twice, are one.
  void add_product(Product product);
  /// Notes what the lock file of this recipe is to have.
  void add_input(Input input) { inputs_.push_back(std::move(input)); }
  /// The same of one file that is read as it is, if it lies below a root.
  void add_file_input(std::string word, const SourcePath& path);
  const std::vector<Input>& inputs() const { return inputs_; }
  const std::string& recipe() const { return evaluation_->name; }
  const recipe::Evaluation& evaluation() const { return *evaluation_; }
  const std::vector<Product>& products() const { return products_; }
  std::int64_t clock() const { return settings_.clock; }
  /// A path of the recipe as stages see it: relative to OUT if it lies in the project, which then
  /// can be moved as a whole; else absolute. A path that is not there is an error at `field`;
  /// planning goes on, so that a recipe hears of all of them.
  SourcePath source_path(const recipe::Node& node, std::string_view field, std::string_view arch);
  /// The same for a field that is a list.
  std::vector<SourcePath> source_paths(const recipe::Node& node, std::string_view field,
                                       std::string_view arch);
  /// `.store/KIND/DIGEST.SUFFIX`: what images and recipes share, named by the parameters.
  static std::string store_path(const Edge& edge, std::string_view suffix);

 private:
  const Kind& kind(std::string_view word) const;
  SourcePath seen(const recipe::Path& path, const Location& where);
  void note_errors(const Failure& failure);

  const Settings& settings_;
  std::span<const Kind> kinds_;
  const recipe::Evaluation* evaluation_ = nullptr;
  std::map<std::string, Edge> edges_;          // by first output
  std::map<std::string, std::string> owners_;  // output -> first output of its edge
  std::map<std::pair<const recipe::Node*, std::string>, Planned> planned_;
  std::vector<Product> products_;
  std::vector<Input> inputs_;  // of this recipe
  std::set<fs::path> read_;
  std::vector<Diagnostic> errors_;
  std::map<std::string, Location> recipes_;
};

}  // namespace remedia::graph
