// Nothing is believed of a package but what its SCAN stage said, and that only of the same bytes.

#include "kinds/definition_checks.h"

#include "formats/authenticode.h"
#include "kinds/component.h"
#include "support/date.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

using Package = DefinitionPackage;

std::vector<Package> read_packages(const graph::Job& job) {
  std::vector<Package> packages;
  for (const auto& p : job.parameters().at("packages")) {
    packages.push_back({.field = definition_field(packages.size()),
                        .file = p.at("file"),
                        .written = p.at("written"),
                        .kept = read_tree(p.at("tree").get<std::string>()),
                        .facts = graph::read_record(p.at("record").get<std::string>())});
  }
  return packages;
}

// The SCAN stages looked at the files; that they are still those is asked before any of them is
// looked at again or put into an image.
void check_unchanged(graph::Job& job, const std::vector<Package>& packages) {
  std::vector<std::string> trees;
  for (const auto& p : job.parameters().at("packages")) trees.push_back(p.at("tree"));
  for (const Package& package : packages) {
    if (package.is_file() && job.listed_digest(package.file) != package.fact("sha256"))
      fail_changed(package.written, trees);
    if (package.is_file()) continue;
    for (const TreeEntry& entry : package.kept) {
      if (job.listed_digest(entry.source) != entry.sha256) fail_changed(entry.origin, trees);
    }
  }
}

void check_architecture(const graph::Job& job, const Package& package) {
  const std::string arch = job.text("arch");
  const std::string own = package.fact("architecture");
  if (own.empty() || own == arch) return;
  job.fail_at(
      package.field,
      fmt::format("the engine of '{}' is for {}, and the image is {}", package.written, own, arch),
      "Microsoft offers a package for each: paths take { amd64 = ..., arm64 = ... }");
}

// A value is for one architecture, so two antimalware sets are for the same.
void check_sets(const graph::Job& job, const std::vector<Package>& packages) {
  const Package* known = nullptr;
  for (const Package& package : packages) {
    if (!package.antimalware()) continue;
    if (known != nullptr) {
      job.fail_at(package.field,
                  fmt::format("'{}' and '{}' are both antimalware definitions for {}",
                              known->written, package.written, job.text("arch")),
                  "name the newer one");
    }
    known = &package;
  }
  if (known != nullptr) return;
  job.fail_at("paths", "none of the paths is an antimalware set: they are for network inspection",
              "name mpam-fe.exe, too");
}

// --- signatures

/// Throws Failure unless what has to be signed is.
void check_signed(const graph::Job& job, const Package& package) {
  if (job.parameters().at("allow_unsigned").get<bool>()) return;
  std::string what;
  const bool program = package.facts.at("form") == "program";
  if (program && !package.facts.at("package_signed").get<bool>()) what = package.written;
  if (!program && !package.facts.at("unsigned").empty()) {
    what = fmt::format("{}/{}", package.written,
                       package.facts.at("unsigned").at(0).get<std::string>());
  }
  if (what.empty()) return;
  job.fail_at(package.field, fmt::format("'{}' is not signed", what),
              "fetch it from Microsoft; allow_unsigned = true takes it nevertheless");
}

/// Asks that the signatures chain to an anchor; that they fit, the SCAN stage found.
void anchor(const graph::Job& job, const signature::Policy& policy, Package& package) {
  job.about(package.field, [&] {
    if (package.facts.at("form") == "program") {
      authenticode::embedded_signer(Slice::whole(package.file), package.written, policy);
      return;
    }
    const std::vector<std::string> set = package.facts.at("set");
    for (const TreeEntry& entry : package.kept) {
      if (std::find(set.begin(), set.end(), entry.target) == set.end()) continue;
      authenticode::embedded_signer(entry.slice(), entry.origin, policy);
    }
  });
  // Who comes here has all his signatures chained.
  if (package.facts.contains("signer")) package.facts["signer"]["anchored"] = true;
}

void check_anchors(graph::Job& job, std::vector<Package>& packages) {
  const nlohmann::json& p = job.parameters();
  if (!p.contains("anchors")) return;
  signature::Anchors anchors;
  for (const auto& item : p.at("anchors")) {
    fs::path file = item.at("file").get<std::string>();
    job.reads(file);
    job.about("anchors", [&] {
      anchors.add(read_file(file, 16u << 20), item.at("written").get<std::string>());
    });
  }
  for (Package& package : packages)
    anchor(job, {.anchors = &anchors, .moment = p.at("moment")}, package);
}

// --- age

void check_age(const graph::Job& job, const Package& package) {
  const nlohmann::json& p = job.parameters();
  if (!p.contains("as_of")) return;
  const std::string as_of = p.at("as_of");
  const std::string version = package.fact("signature_version");
  if (!package.facts.contains("date")) {
    if (!package.antimalware()) return;
    job.fail_at(package.field,
                fmt::format("nothing says of which day the definitions {} in '{}' are: neither a "
                            "countersignature nor a date in the files",
                            version, package.written),
                "fetch the package from Microsoft; max_age = \"off\" takes it nevertheless");
  }
  const std::string date = package.fact("date");
  const std::int64_t days = (days_of(as_of) - days_of(date)).count();
  if (days < 0) {
    job.fail_at(package.field,
                fmt::format("definitions {} are of {}, after as_of ({})", version, date, as_of),
                "as_of is the day for which images are built: give a later one if it is wrong");
  }
  const std::int64_t most = p.at("max_age_days");
  if (!package.antimalware() || days <= most) return;
  job.fail_at(package.field,
              fmt::format("definitions {} are of {}, {} days before as_of ({}); max_age is {}d",
                          version, date, days, as_of, most),
              "fetch new ones (remedia fetch), or allow more days in max_age; \"off\" allows any");
}

}  // namespace

std::string definition_field(std::size_t number) { return fmt::format("paths {}", number); }

std::vector<DefinitionPackage> checked_definitions(graph::Job& job) {
  std::vector<Package> packages = read_packages(job);
  check_unchanged(job, packages);
  for (const Package& package : packages) {
    check_architecture(job, package);
    check_signed(job, package);
  }
  check_sets(job, packages);
  check_anchors(job, packages);
  for (const Package& package : packages) check_age(job, package);
  return packages;
}

}  // namespace remedia::kinds
