#include "kinds/base_demands.h"

#include <optional>

namespace remedia::kinds {

namespace {

// Optional components cannot be added on Linux, so an image whose tools need one must start from a
// base that has it.
void check_requirements(const graph::Job& job, const std::string& base, const BaseFacts& facts) {
  std::vector<Diagnostic> missing;
  for (const std::string required : job.parameters().at("requires")) {
    const BaseFacts::Package* package = find_package(facts, required);
    if (package != nullptr && package->installed) continue;
    if (facts.packages.empty()) {
      job.fail_at("requires",
                  fmt::format("the base ('{}') does not say which packages it has, so '{}' cannot "
                              "be checked",
                              base, required));
    }
    std::vector<std::string> names;
    for (const BaseFacts::Package& known : facts.packages) names.push_back(known.name);
    std::string hint = did_you_mean(required, names);
    if (hint.empty()) {
      hint =
          "optional components cannot be added on Linux: add it on Windows with DISM and name "
          "that WIM as the source's media, or start from winre, which has more of them";
    }
    missing.push_back(
        {.message = fmt::format("the base ('{}') has no package '{}'", base, required),
         .where = job.place("requires"),
         .hint = hint});
  }
  if (!missing.empty()) throw Failure(std::move(missing));
}

void check_build(const graph::Job& job, const std::string& base, const BaseFacts& facts) {
  std::int64_t wanted = job.parameters().at("min_build");
  if (wanted == 0) return;
  std::optional<int> build = build_number(facts);
  if (!build) {
    job.fail_at("min_build",
                fmt::format("the base ('{}') does not say which build of Windows it is", base));
  }
  if (*build >= wanted) return;
  job.fail_at("min_build",
              fmt::format("the base ('{}') is build {}, older than {}", base, *build, wanted),
              "take a newer medium");
}

}  // namespace

BaseFacts base_facts_of(const nlohmann::ordered_json& image) {
  BaseFacts facts;
  facts.from_xml = image.at("version");
  facts.from_kernel = image.at("kernel_version");
  facts.from_loader = image.at("loader_version");
  facts.from_hive = image.at("registry_version");
  for (const auto& package : image.at("packages")) {
    BaseFacts::Package& known = facts.packages.emplace_back();
    known.name = package.at("name");
    known.version = package.at("version");
    known.installed = true;
  }
  return facts;
}

void check_demands(const graph::Job& job, const nlohmann::ordered_json& image) {
  std::string base = image.at("name");
  BaseFacts facts = base_facts_of(image);
  check_build(job, base, facts);
  check_requirements(job, base, facts);
}

}  // namespace remedia::kinds
