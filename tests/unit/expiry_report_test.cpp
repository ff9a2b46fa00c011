// Which images will have expired on a day.

#include "kinds/expiry_report.h"

#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::kinds {
namespace {

recipe::NodeRef level(const std::string& name, const std::string& expires) {
  auto node = std::make_shared<recipe::Node>();
  node->fields["name"].items = {name};
  if (!expires.empty()) node->fields["expires"].items = {expires};
  return node;
}

/// A plan with one image after the other.
class Plans {
 public:
  Plans& image(const std::string& recipe, const std::string& name, recipe::NodeRef tier) {
    auto node = std::make_shared<recipe::Node>();
    if (tier) node->fields["tier"].items = {tier};
    plan.graph.products.push_back({recipe, name, "wim", recipe + "/" + name, {}, node});
    plan.graph.products.push_back({recipe, name, "iso", recipe + "/" + name + ".iso", {}, nullptr});
    return *this;
  }

  graph::Plan plan;
};

TEST(ExpiryReport, KeepsTheLastGoodDay) {
  Plans plans;
  plans.image("r", "helpdesk", level("L1", "2026-12-21"));
  for (const char* day : {"2026-12-20", "2026-12-21"}) {
    ExpiryReport report = expiry_report(plans.plan, day);
    EXPECT_FALSE(report.expired) << day;
    EXPECT_EQ(report.text, "");
  }
  ExpiryReport report = expiry_report(plans.plan, "2026-12-22");
  EXPECT_TRUE(report.expired);
  EXPECT_EQ(report.text, "2026-12-21 r/helpdesk (tier L1): expired, 1 day before 2026-12-22\n");
}

TEST(ExpiryReport, CountsDaysAcrossYearsAndLeapDays) {
  Plans plans;
  plans.image("r", "helpdesk", level("L1", "2027-12-31"));
  EXPECT_EQ(expiry_report(plans.plan, "2028-03-01").text,
            "2027-12-31 r/helpdesk (tier L1): expired, 61 days before 2028-03-01\n");
}

TEST(ExpiryReport, IsSortedByDateThenName) {
  Plans plans;
  plans.image("z", "three", level("L3", ""))
      .image("b", "one", level("L1", "2026-12-21"))
      .image("a", "two", level("L2", "2026-12-21"))
      .image("c", "zero", level("L1", "2025-01-01"))
      .image("d", "later", level("L1", "2099-01-01"))
      .image("d", "bare", nullptr);
  ExpiryReport report = expiry_report(plans.plan, "2026-12-31");
  EXPECT_TRUE(report.expired);
  EXPECT_EQ(report.text,
            "2025-01-01 c/zero (tier L1): expired, 729 days before 2026-12-31\n"
            "2026-12-21 a/two (tier L2): expired, 10 days before 2026-12-31\n"
            "2026-12-21 b/one (tier L1): expired, 10 days before 2026-12-31\n"
            "never expires: d/bare, z/three\n");
}

TEST(ExpiryReport, CountsFromTheClockOfEachRecipe) {
  Plans plans;
  plans.image("a", "x", level("L1", "30d")).image("b", "y", level("L1", "30d"));
  plans.plan.as_of = {{"a", "2026-11-20"}, {"b", "2026-11-21"}};
  EXPECT_EQ(expiry_report(plans.plan, "2026-12-21").text,
            "2026-12-20 a/x (tier L1): expired, 1 day before 2026-12-21\n");
}

TEST(ExpiryReport, HasNothingToSayOfNoImages) {
  ExpiryReport report = expiry_report({}, "2026-12-21");
  EXPECT_FALSE(report.expired);
  EXPECT_EQ(report.text, "");
}

TEST(ExpiryReport, RefusesADayThatIsNone) {
  for (const char* day : {"", "today", "2026-02-29", "2026-2-1", "2026-13-01", "26-01-01",
                          "2026-12-21 ", "-026-12-21", "2026/12/21", "30d"}) {
    EXPECT_EQ(failure_of([&] { expiry_report({}, day); }),
              std::string("--at ") + day + " is no date");
  }
}

TEST(ExpiryReport, RefusesAnExpiryThatIsNone) {
  Plans plans;
  plans.image("r", "helpdesk", level("L1", "soon"));
  EXPECT_EQ(failure_of([&] { expiry_report(plans.plan, "2026-12-21"); }),
            "'soon' is neither a date nor a number of days");
  Plans undated;
  undated.image("r", "helpdesk", level("L1", "30d"));
  EXPECT_EQ(failure_of([&] { expiry_report(undated.plan, "2026-12-21"); }),
            "'30d' counts from as_of, which nobody said");
}

}  // namespace
}  // namespace remedia::kinds
