#include "kinds/driver_start.h"

#include "kinds/shell.h"

#include <map>

namespace remedia::kinds {

void check_drvload(const graph::Job& job, const wim::File& base) {
  constexpr const char* kProgram = "Windows/System32/drvload.exe";
  if (base.find(1, kProgram) != nullptr) return;
  job.fail_at("drivers",
              fmt::format("drivers are loaded by {}, which the base lacks or which is taken out of "
                          "it",
                          kProgram),
              "leave it in the image; only what boot_start registers does without it");
}

void warn_of_includes(graph::Job& job, const wim::File& base,
                      const nlohmann::ordered_json& packages) {
  std::map<std::string, std::vector<std::string>> missing;  // INFs that need it, by name
  for (const auto& package : packages) {
    if (!package.contains("includes")) continue;
    for (const std::string name : package.at("includes")) {
      if (base.find(1, "Windows/INF/" + name) == nullptr)
        missing[name].push_back(package.at("inf"));
    }
  }
  for (const auto& [name, users] : missing) {
    job.warn("drivers",
             fmt::format("{}{} on '{}', which the base does not have: Windows may be "
                         "unable to install {}",
                         fmt::join(users, ", "), users.size() == 1 ? " builds" : " build", name,
                         users.size() == 1 ? "it" : "them"));
  }
}

void warn_of_replaced(graph::Job& job, const wim::File& base, const nlohmann::ordered_json& boot) {
  for (std::size_t i = 0; i < boot.at("names").size(); ++i) {
    std::string file =
        fmt::format("Windows/System32/drivers/{}", boot.at("binaries").at(i).get<std::string>());
    if (base.find(1, file) == nullptr) continue;
    job.warn("drivers", fmt::format("the base has a driver of its own in '{}', which boot_start "
                                    "replaces (service {})",
                                    file, boot.at("names").at(i).get<std::string>()));
  }
}

std::vector<std::string> start_with_drivers(const graph::Job& job, const wim::File& base,
                                            const std::optional<std::vector<std::string>>& named) {
  std::vector<std::string> lines = {R"(%SYSTEMDRIVE%\Remedia\remedia.exe, --load-drivers)"};
  std::vector<std::string> rest;
  if (named)
    rest = *named;
  else
    rest = base_start(base, job.part(0).string() + ".winpeshl");
  lines.insert(lines.end(), rest.begin(), rest.end());
  return lines;
}

}  // namespace remedia::kinds
