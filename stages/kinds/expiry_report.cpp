// Which images will have expired, and when their definitions go stale: the tier and the packages of
// every image in the plan, against one day.
//
// The day is an argument, never today: a check that CI ran yesterday says the same today.

#include "kinds/expiry_report.h"

#include "kinds/defender.h"
#include "kinds/tier.h"
#include "media/definitions.h"
#include "support/date.h"
#include "support/diagnostic.h"
#include "support/temporary_folder.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace remedia::kinds {

namespace {

using std::chrono::sys_days;

/// Something of an image that is good until a day.
struct Line {
  std::optional<sys_days> last;
  std::string name;  // RECIPE/IMAGE, the folder below OUT
  std::string what = {};

  auto order() const { return std::tie(last, name, what); }
};

Line tier_line(const graph::Plan& plan, const graph::Product& product, std::string name) {
  Line line{.last = std::nullopt, .name = std::move(name)};
  recipe::NodeRef level = product.origin->node("tier");
  if (level == nullptr) return line;
  auto as_of = plan.as_of.find(product.recipe);
  std::optional<std::string> from;
  if (as_of != plan.as_of.end()) from = as_of->second;
  line.what = fmt::format(" (tier {})", level->text("name"));
  std::string date = expiry_of(*level, from);
  if (!date.empty()) line.last = days_of(date);
  return line;
}

/// Looks into each package once, however many images have it.
class Packages {
 public:
  const definitions::Facts& facts(const recipe::Path& path, const Location& where) {
    auto known = facts_.find(path.absolute);
    if (known != facts_.end()) return known->second;
    try {
      TemporaryFolder folder;
      return facts_
          .emplace(path.absolute,
                   definitions::inspect(path.absolute, path.written, folder / "package"))
          .first->second;
    } catch (const Failure& failure) {
      std::vector<Diagnostic> diagnostics = failure.diagnostics();
      for (Diagnostic& d : diagnostics) {
        if (d.where.name.empty()) d.where = where;
      }
      throw Failure(std::move(diagnostics));
    }
  }

 private:
  std::map<fs::path, definitions::Facts> facts_;
};

// Those of antimalware sets; network inspection sets do not go stale.
void add_definitions(const recipe::Node& image, const std::string& name, Packages& packages,
                     std::vector<Line>& lines) {
  recipe::NodeRef node = image.node("defender");
  if (node == nullptr) return;
  std::optional<std::int64_t> days = max_age_of(*node);
  if (!days) return;
  std::size_t item = 0;
  for (const recipe::Path& path : node->paths("paths", image.node("from")->text("arch"))) {
    const Location where = node->item_place("paths", item++);
    const definitions::Facts& facts = packages.facts(path, where);
    if (facts.kind != definitions::Kind::antimalware) continue;
    const std::string version = facts.signature_version.text();
    if (!facts.dated) {
      throw Failure(Diagnostic{
          .message = fmt::format("nothing says of which day the definitions {} in '{}' are",
                                 version, path.written),
          .where = where,
          .hint = "fetch the package from Microsoft, or write max_age = \"off\""});
    }
    const std::string date = date_of_clock(facts.dated->time);
    lines.push_back({.last = days_of(date) + std::chrono::days(*days),
                     .name = name,
                     .what = fmt::format("definitions {} of {}", version, date)});
  }
}

std::string days_before(std::int64_t days, const std::string& at) {
  return fmt::format("{} {} before {}", days, days == 1 ? "day" : "days", at);
}

}  // namespace

ExpiryReport expiry_report(const graph::Plan& plan, const std::string& at) {
  if (!recipe::is_date(at)) {
    throw Failure(Diagnostic{.message = fmt::format("--at {} is no date", at),
                             .hint = "write it as 2026-11-20"});
  }
  std::vector<Line> tiers;
  std::vector<Line> lines;
  Packages packages;
  for (const graph::Product& product : plan.graph.products) {
    if (product.kind != "wim") continue;
    const std::string name = product.recipe + "/" + product.name;
    tiers.push_back(tier_line(plan, product, name));
    add_definitions(*product.origin, name, packages, lines);
  }
  ExpiryReport report;
  std::vector<std::string> never;
  auto days_after = [&](const Line& line) { return (days_of(at) - *line.last).count(); };
  for (Line& line : lines) {
    const std::int64_t days = days_after(line);
    report.expired = report.expired || days > 0;
    line.what = fmt::format(": {}", line.what) +
                (days > 0 ? ": stale, " + days_before(days, at) : std::string(" go stale"));
  }
  for (Line& line : tiers) {
    if (!line.last) never.push_back(line.name);
    if (!line.last || days_after(line) <= 0) continue;
    report.expired = true;
    line.what += ": expired, " + days_before(days_after(line), at);
    lines.push_back(line);
  }
  auto by_date = [](const Line& a, const Line& b) { return a.order() < b.order(); };
  std::sort(lines.begin(), lines.end(), by_date);
  std::sort(never.begin(), never.end());
  for (const Line& line : lines)
    report.text += fmt::format("{} {}{}\n", date_text(*line.last), line.name, line.what);
  if (!never.empty()) report.text += fmt::format("never expires: {}\n", fmt::join(never, ", "));
  return report;
}

}  // namespace remedia::kinds
