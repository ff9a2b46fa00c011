// Settings of Windows PE: what they may be, and which values and files of an image they become.
//
// They are what Windows' own tools set in a mounted image: DISM (/Set-ScratchSpace,
// /Set-TargetPath, /Set-AllIntl), a text editor (startnet.cmd, winpeshl.ini) and a copy (the
// background). Nothing of this was tried on a started Windows PE; where a fact rests on,
// winpe_settings() says.
#pragma once

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// What a recipe asks for; what is not set stays as the base image has it.
struct WinpeSettings {
  std::optional<std::int64_t> scratch_space;  ///< MB
  std::optional<std::string> target_path;
  std::optional<std::string> locale;                 ///< "de-DE"
  std::vector<std::string> keyboards;                ///< "de-DE" or "0407:00000407"; first: default
  std::optional<std::string> background;             ///< the bytes of a JPEG or BMP
  std::optional<std::string> startnet;               ///< text of startnet.cmd
  std::optional<std::vector<std::string>> winpeshl;  ///< lines of [LaunchApps]
};

/// What the settings have to know of the base image. Functions may be empty: then all is there.
struct WinpeBase {
  std::string language;  ///< of its user interface, "en-US"; "" if not known
  /// Whether the image holds a user interface in this language: the folder
  /// Windows/System32/<language>, and the key Control\MUI\UILanguages\<language> of SYSTEM.
  std::function<bool(std::string_view language)> has_language;
  /// Whether SYSTEM lists the layout: Control\Keyboard Layouts\<8 digits>.
  std::function<bool(std::string_view layout)> has_keyboard;
  std::function<bool(std::string_view path)> has_file;  ///< a path in the image, '/' between names
};

struct WinpePlan {
  struct Value {
    std::string key;  ///< in full, as registry_place() takes it
    RegistryValue value;
    bool remove = false;  ///< the value of this name is to go
  };
  struct File {
    std::string path;  ///< in the image
    std::string bytes;
  };
  struct Warning {
    std::string_view setting;
    std::string text;
  };
  std::vector<Value> registry;
  std::vector<File> files;
  std::vector<std::string> keyboards;  ///< as wpeutil takes them: "0407:00000407"
  std::vector<Warning> warnings;
};

/// A setting that cannot be: its name, for whoever knows where it stands.
class SettingFailure : public Failure {
 public:
  SettingFailure(std::string_view setting, std::optional<std::size_t> index, Diagnostic diagnostic)
      : Failure(std::move(diagnostic)), setting_(setting), index_(index) {}
  const std::string& setting() const { return setting_; }
  std::optional<std::size_t> index() const { return index_; }  ///< in a list, from 0

 private:
  std::string setting_;
  std::optional<std::size_t> index_;
};

/// Throws SettingFailure for the first setting that cannot be.
WinpePlan winpe_plan(const WinpeSettings& settings, const WinpeBase& base = {});

struct WinpeSettingInfo {
  std::string_view name;
  std::string_view allowed;
  std::string_view place;
  std::string_view source;
};
std::span<const WinpeSettingInfo> winpe_settings();

/// A locale of Windows with the identifiers that its registry uses.
struct WinLocale {
  std::string_view name;     ///< "de-CH"
  std::uint16_t id = 0;      ///< LCID, 0x0807
  std::uint32_t layout = 0;  ///< its usual keyboard, 0x00000807
};
std::span<const WinLocale> win_locales();
/// In any case of letters; null if it is not in the table.
const WinLocale* find_win_locale(std::string_view name);

}  // namespace remedia
