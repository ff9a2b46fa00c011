#include "kinds/driver_report.h"

#include "formats/texts.h"
#include "kinds/signer_record.h"
#include "support/byte_size.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

// Columns as wide as their widest text.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string text_of(const nlohmann::ordered_json& json, const char* field) {
  return json.contains(field) ? json.at(field).get<std::string>() : "";
}

std::string signer_text(const nlohmann::ordered_json& package) {
  if (!package.contains("signer")) return "not signed (allowed)";
  const auto& signer = package.at("signer");
  return signer.at("name").get<std::string>() +
         (signer.at("anchored").get<bool>() ? "" : " (not anchored)");
}

}  // namespace

nlohmann::ordered_json staged_record(const drivers::Choice& choice, const DriverWay& way) {
  const drivers::Package& package = choice.package;
  const inf::Driver& driver = package.driver;
  const drivers::Ids& ids = package.ids;
  nlohmann::ordered_json json = {{"package", package.id},
                                 {"inf", package.name()},
                                 {"origin", package.shown()},
                                 {"class", driver.class_name},
                                 {"class_guid", driver.class_guid},
                                 {"provider", driver.provider},
                                 {"date", driver.date},
                                 {"version", driver.version_text},
                                 {"way", way.boot_start ? "boot_start" : "drvload"}};
  std::string why = way.why;
  if (!choice.why.empty()) why += (why.empty() ? "" : "; ") + choice.why;
  json["why"] = why;
  if (choice.signer) json["signer"] = signer_record(*choice.signer);
  json["size"] = package.size;
  json["hardware_ids"] = ids.hardware;
  json["compatible_ids"] = ids.compatible;
  std::vector<std::string> includes;
  for (const inf::Install& install : driver.installs) {
    for (const std::string& name : install.includes) {
      if (std::find(includes.begin(), includes.end(), name) == includes.end())
        includes.push_back(name);
    }
  }
  if (!includes.empty()) json["includes"] = includes;
  return json;
}

nlohmann::ordered_json left_out_record(const drivers::Choice& choice) {
  nlohmann::ordered_json json = {{"inf", choice.package.name()},
                                 {"origin", choice.package.shown()},
                                 {"outcome", outcome_text(choice.outcome)}};
  if (!choice.why.empty()) json["why"] = choice.why;
  return json;
}

std::string driver_table(const nlohmann::ordered_json& record, std::string_view image) {
  const auto& staged = record.at("drivers");
  const auto& left_out = record.at("drivers_left_out");
  std::uint64_t size = 0;
  std::vector<std::vector<std::string>> rows = {
      {"INF", "class", "date", "version", "size", "devices", "way", "signer", "from"}};
  for (const auto& package : staged) {
    size += package.at("size").get<std::uint64_t>();
    rows.push_back({text_of(package, "inf"), text_of(package, "class"), text_of(package, "date"),
                    text_of(package, "version"),
                    fmt::format("{} KiB", (package.at("size").get<std::uint64_t>() + 1023) / 1024),
                    std::to_string(package.at("hardware_ids").size()), text_of(package, "way"),
                    signer_text(package), text_of(package, "origin")});
  }
  std::string text = fmt::format("Drivers of {}: {} staged, {}; {} left out\n\n", image,
                                 staged.size(), byte_size_text(size), left_out.size());
  if (!staged.empty()) text += table(rows);
  std::string reasons;
  for (const auto& package : staged) {
    if (std::string why = text_of(package, "why"); !why.empty())
      reasons += fmt::format("{}: {}: {}\n", text_of(package, "inf"), text_of(package, "way"), why);
  }
  if (!reasons.empty()) text += "\n" + reasons;
  if (!left_out.empty()) {
    rows = {{"left out", "outcome", "why"}};
    for (const auto& package : left_out) {
      rows.push_back(
          {text_of(package, "origin"), text_of(package, "outcome"), text_of(package, "why")});
    }
    text += "\n" + table(rows);
  }
  for (const auto& package : staged) {
    text += fmt::format("\n{} ({}) serves\n", text_of(package, "inf"), text_of(package, "package"));
    for (const std::string id : package.at("hardware_ids")) text += "  " + id + "\n";
    for (const std::string id : package.at("compatible_ids")) text += "  " + id + " (compatible)\n";
  }
  return with_crlf(text);
}

}  // namespace remedia::kinds
