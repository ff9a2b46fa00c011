#include "graph/graph.h"

#include "support/digest.h"

#include <algorithm>
#include <utility>

namespace remedia::graph {

namespace {

bool same_work(const Edge& a, const Edge& b) {
  return a.kind == b.kind && a.parameters == b.parameters && a.outputs == b.outputs &&
         a.inputs == b.inputs;
}

}  // namespace

void Planner::plan_recipe(const recipe::Evaluation& evaluation) {
  auto [known, fresh] = recipes_.emplace(evaluation.name, evaluation.where);
  if (!fresh && known->second.file != evaluation.where.file) {
    throw Failure(Diagnostic{.message = fmt::format("two recipes are called '{}'", evaluation.name),
                             .where = evaluation.where,
                             .hint = "rename one: the name is a folder below OUT and a target",
                             .notes = {{.message = "the other is here", .where = known->second}}});
  }
  if (!fresh) return;  // the same recipe, named twice
  evaluation_ = &evaluation;
  inputs_.clear();
  for (const recipe::NodeRef& node : evaluation.products) {
    try {
      plan(node, {});
    } catch (const Failure& failure) {
      note_errors(failure);
    }
  }
  if (!errors_.empty()) {
    // One cause that two artifacts share is said once.
    std::vector<Diagnostic> unique;
    for (const Diagnostic& d : std::exchange(errors_, {})) {
      bool said = std::any_of(unique.begin(), unique.end(), [&](const Diagnostic& u) {
        return u.message == d.message && u.where == d.where;
      });
      if (!said) unique.push_back(d);
    }
    throw Failure(unique);
  }
  for (const Kind& kind : kinds_) {
    if (kind.schema == nullptr && kind.plan != nullptr) kind.plan(*this, nullptr, {});
  }
}

Graph Planner::take() {
  Graph graph;
  for (auto& [output, edge] : edges_) graph.edges.push_back(std::move(edge));
  graph.products = std::move(products_);
  for (const auto& [name, where] : recipes_) graph.recipes.push_back(name);
  return graph;
}

Planned Planner::plan(const recipe::NodeRef& node, const Binding& binding) {
  auto key = std::make_pair(node.get(), binding.arch);
  auto found = planned_.find(key);
  if (found != planned_.end()) return found->second;
  Planned planned = kind(node->schema->word).plan(*this, node, binding);
  planned_.emplace(key, planned);
  return planned;
}

void Planner::add_product(Product product) {
  bool known = std::any_of(products_.begin(), products_.end(),
                           [&](const Product& p) { return p.file == product.file; });
  if (!known) products_.push_back(std::move(product));
}

void Planner::add(Edge edge) {
  for (const std::string& output : edge.outputs) {
    auto owner = owners_.find(output);
    if (owner == owners_.end()) continue;
    const Edge& other = edges_.at(owner->second);
    if (same_work(edge, other)) return;
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' is already written by another {}", output, other.kind),
        .where = edge.origin->where,
        .hint = "give one of them another name",
        .notes = {{.message = "the other is here", .where = other.origin->where}}});
  }
  for (const std::string& output : edge.outputs) owners_[output] = edge.outputs.front();
  std::string first = edge.outputs.front();
  edges_.emplace(std::move(first), std::move(edge));
}

void Planner::add_file_input(std::string word, const SourcePath& path) {
  if (path.written.starts_with('@'))
    add_input({std::move(word), path.written, "", "digest", path.file, path.where});
}

// Lists of symbols are made for people who have to fetch what the rest waits for.
void Planner::require(const std::string& file) {
  for (const Product& product : products_) {
    if (product.recipe != recipe() || product.kind == "symbols" || product.kind == "manifest")
      continue;
    std::vector<std::string>& after = edges_.at(owners_.at(product.file)).after;
    if (std::find(after.begin(), after.end(), file) == after.end()) after.push_back(file);
  }
}

SourcePath Planner::source_path(const recipe::Node& node, std::string_view field,
                                std::string_view arch) {
  try {
    return seen(node.path(field, arch), node.place(field));
  } catch (const Failure& failure) {
    note_errors(failure);
    return {};
  }
}

std::vector<SourcePath> Planner::source_paths(const recipe::Node& node, std::string_view field,
                                              std::string_view arch) {
  std::vector<SourcePath> paths;
  try {
    for (const recipe::Path& path : node.paths(field, arch))
      paths.push_back(seen(path, node.item_place(field, paths.size())));
  } catch (const Failure& failure) {
    note_errors(failure);
  }
  return paths;
}

void Planner::note_errors(const Failure& failure) {
  const auto& found = failure.diagnostics();
  errors_.insert(errors_.end(), found.begin(), found.end());
}

SourcePath Planner::seen(const recipe::Path& path, const Location& where) {
  std::error_code ignored;
  if (!fs::exists(path.absolute, ignored)) {
    std::string hint = fmt::format("it means {}", path.absolute.string());
    for (const recipe::Download& download : evaluation_->downloads) {
      if (!lies_in(download.path.absolute, path.absolute)) continue;
      hint = fmt::format("remedia fetch {} brings it", evaluation_->where.name);
      break;
    }
    errors_.push_back({.message = fmt::format("'{}' is not there", path.written),
                       .where = where,
                       .hint = std::move(hint)});
  }
  return {seen(path.absolute), path.written, where};
}

std::string Planner::store_path(const Edge& edge, std::string_view suffix) {
  std::string digest = sha256(edge.kind + '\n' + edge.parameters.dump());
  return fmt::format(".store/{}/{}.{}", edge.kind, digest.substr(0, 16), suffix);
}

const Kind& Planner::kind(std::string_view word) const {
  auto found =
      std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return k.word == word; });
  if (found == kinds_.end() || found->plan == nullptr) fail("'{}' cannot be built by itself", word);
  return *found;
}

}  // namespace remedia::graph
