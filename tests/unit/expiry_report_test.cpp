// Which images will have expired on a day, and when their definitions go stale.

#include "kinds/expiry_report.h"

#include "support/definition_packages.h"
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

// --- definitions

namespace dp = definition_packages;

recipe::NodeRef definitions(const fs::path& file, const std::string& max_age = "") {
  auto node = std::make_shared<recipe::Node>();
  node->fields["paths"].items = {recipe::PathByArch{{"", {"@media/mpam.exe", file}}}};
  node->where = {.name = "r.lua", .line = 7};
  if (!max_age.empty()) node->fields["max_age"].items = {max_age};
  return node;
}

class DefinitionsReport : public testing::Test {
 protected:
  void image(const std::string& name, recipe::NodeRef node, recipe::NodeRef tier = nullptr) {
    auto source = std::make_shared<recipe::Node>();
    source->fields["arch"].items = {std::string("amd64")};
    auto wim = std::make_shared<recipe::Node>();
    wim->fields["from"].items = {recipe::NodeRef(source)};
    wim->fields["defender"].items = {std::move(node)};
    if (tier) wim->fields["tier"].items = {std::move(tier)};
    plan_.graph.products.push_back({"r", name, "wim", "r/" + name, {}, wim});
  }
  fs::path package(const std::string& name, const dp::Set& set) {
    return scratch_.write(name, dp::package(set));
  }
  std::string text(const std::string& at) const { return expiry_report(plan_, at).text; }

  Scratch scratch_;
  graph::Plan plan_;
};

TEST_F(DefinitionsReport, TellsTheLastGoodDay) {
  image("a", definitions(package("a.exe", {.day = "2026-11-20"})));
  ExpiryReport report = expiry_report(plan_, "2026-12-04");
  EXPECT_FALSE(report.expired);
  EXPECT_EQ(report.text,
            "2026-12-04 r/a: definitions 1.403.55.0 of 2026-11-20 go stale\n"
            "never expires: r/a\n");
  report = expiry_report(plan_, "2026-12-05");
  EXPECT_TRUE(report.expired);
  EXPECT_EQ(report.text,
            "2026-12-04 r/a: definitions 1.403.55.0 of 2026-11-20: stale, 1 day before 2026-12-05\n"
            "never expires: r/a\n");
}

TEST_F(DefinitionsReport, StandsAmongTheTiersByDate) {
  fs::path file = package("a.exe", {.day = "2026-11-20"});
  image("b", definitions(file, "30d"), level("L1", "2026-12-10"));
  image("a", definitions(file, "20d"), level("L2", "2026-12-30"));
  image("off", definitions(scratch_ / "nowhere", "off"));
  EXPECT_EQ(
      text("2026-12-12"),
      "2026-12-10 r/a: definitions 1.403.55.0 of 2026-11-20: stale, 2 days before 2026-12-12\n"
      "2026-12-10 r/b (tier L1): expired, 2 days before 2026-12-12\n"
      "2026-12-20 r/b: definitions 1.403.55.0 of 2026-11-20 go stale\n"
      "never expires: r/off\n");
}

TEST_F(DefinitionsReport, LeavesOutNetworkInspectionSets) {
  image("a", definitions(scratch_.write("n.exe", dp::package_of(dp::network()))));
  EXPECT_EQ(text("2036-12-12"), "never expires: r/a\n");
}

TEST_F(DefinitionsReport, RefusesWhatItCannotRead) {
  fs::path none = scratch_ / "nowhere";
  image("a", definitions(none));
  EXPECT_NE(failure_of([&] { text("2026-12-12"); }).find("nowhere"), std::string::npos);
  plan_ = {};
  image("a", definitions(scratch_.write("x.exe", "rubbish")));
  try {
    text("2026-12-12");
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.diagnostics()[0].where.line, 7);
    EXPECT_NE(failure.diagnostics()[0].message.find("'@media/mpam.exe' is neither a program"),
              std::string::npos);
  }
  plan_ = {};
  image("a", definitions(package("undated.exe", {.day = ""})));
  EXPECT_EQ(failure_of([&] { text("2026-12-12"); }),
            "nothing says of which day the definitions 1.403.55.0 in '@media/mpam.exe' are");
  plan_ = {};
  image("a", definitions(none, "soon"));
  EXPECT_EQ(failure_of([&] { text("2026-12-12"); }), "'soon' is no number of days from 1 to 3650");
}

}  // namespace
}  // namespace remedia::kinds
