#include "launcher/offline_windows.h"

#include "launcher/text.h"

namespace remedia::launcher {

std::string windows_drive(const OfflineWindows& windows) { return windows.directory.substr(0, 2); }

std::string windows_name(const WindowsValues& values) {
  std::string name = values.product_name.empty() ? "Windows" : values.product_name;
  const auto build = parse_number(values.build, 999999);
  if (build && *build >= 22000 && name.find("Server") == std::string::npos) {
    name = replaced(name, "Windows 10", "Windows 11");
  }
  if (values.product_name.empty() && !values.edition_id.empty()) name += " " + values.edition_id;
  if (!values.display_version.empty()) name += " " + values.display_version;
  return name;
}

std::string windows_build(const WindowsValues& values) {
  if (values.build.empty()) return {};
  std::string build = "10.0." + values.build;
  const auto number = parse_number(values.build, 999999);
  if (number && *number < 10240) build = values.build;  // before Windows 10: 6.1, 6.2, 6.3
  if (!values.revision.empty()) build += "." + values.revision;
  return build;
}

std::string language_name(const std::string& lcid) {
  // Languages that Windows is sold in, by LCID (MS-LCID).
  static constexpr std::string_view kNames[][2] = {
      {"0401", "ar-SA"}, {"0402", "bg-BG"}, {"0404", "zh-TW"},      {"0405", "cs-CZ"},
      {"0406", "da-DK"}, {"0407", "de-DE"}, {"0408", "el-GR"},      {"0409", "en-US"},
      {"040A", "es-ES"}, {"0C0A", "es-ES"}, {"040B", "fi-FI"},      {"040C", "fr-FR"},
      {"040D", "he-IL"}, {"040E", "hu-HU"}, {"0410", "it-IT"},      {"0411", "ja-JP"},
      {"0412", "ko-KR"}, {"0413", "nl-NL"}, {"0414", "nb-NO"},      {"0415", "pl-PL"},
      {"0416", "pt-BR"}, {"0418", "ro-RO"}, {"0419", "ru-RU"},      {"041A", "hr-HR"},
      {"041B", "sk-SK"}, {"041D", "sv-SE"}, {"041E", "th-TH"},      {"041F", "tr-TR"},
      {"0422", "uk-UA"}, {"0424", "sl-SI"}, {"0425", "et-EE"},      {"0426", "lv-LV"},
      {"0427", "lt-LT"}, {"0804", "zh-CN"}, {"0809", "en-GB"},      {"080A", "es-MX"},
      {"0816", "pt-PT"}, {"0C0C", "fr-CA"}, {"241A", "sr-Latn-RS"},
  };
  const std::string upper = upper_ascii(lcid);
  for (const auto& [id, name] : kNames) {
    if (upper == id) return std::string(name);
  }
  return lcid;
}

}  // namespace remedia::launcher
