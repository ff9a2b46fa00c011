// Which images will have expired: the tier of every image in the plan, against one day.
//
// The day is an argument, never today: a check that CI ran yesterday says the same today.

#include "kinds/expiry_report.h"

#include "kinds/tier.h"
#include "support/date.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>

namespace remedia::kinds {

namespace {

using std::chrono::sys_days;

struct Image {
  std::optional<sys_days> expires;
  std::string name;  // RECIPE/IMAGE, the folder below OUT
  std::string tier;
  std::string date;  // of the expiry, as text

  auto order() const { return std::tie(expires, name); }
};

std::vector<Image> images_of(const graph::Plan& plan) {
  std::vector<Image> images;
  for (const graph::Product& product : plan.graph.products) {
    if (product.kind != "wim") continue;
    Image& image = images.emplace_back();
    image.name = product.recipe + "/" + product.name;
    recipe::NodeRef level = product.origin->node("tier");
    if (level == nullptr) continue;
    auto as_of = plan.as_of.find(product.recipe);
    std::optional<std::string> from;
    if (as_of != plan.as_of.end()) from = as_of->second;
    image.tier = level->text("name");
    image.date = expiry_of(*level, from);
    if (!image.date.empty()) image.expires = days_of(image.date);
  }
  std::sort(images.begin(), images.end(),
            [](const Image& a, const Image& b) { return a.order() < b.order(); });
  return images;
}

}  // namespace

ExpiryReport expiry_report(const graph::Plan& plan, const std::string& at) {
  if (!recipe::is_date(at)) {
    throw Failure(Diagnostic{.message = fmt::format("--at {} is no date", at),
                             .hint = "write it as 2026-11-20"});
  }
  ExpiryReport report;
  std::string never;
  for (const Image& image : images_of(plan)) {
    if (!image.expires) {
      never += fmt::format("{} {}", never.empty() ? "" : ",", image.name);
      continue;
    }
    auto days = (days_of(at) - *image.expires).count();
    if (days <= 0) continue;
    report.expired = true;
    report.text += fmt::format("{} {} (tier {}): expired, {} {} before {}\n", image.date,
                               image.name, image.tier, days, days == 1 ? "day" : "days", at);
  }
  if (!never.empty()) report.text += fmt::format("never expires:{}\n", never);
  return report;
}

}  // namespace remedia::kinds
