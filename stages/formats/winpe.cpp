// Settings of Windows PE as values of its registry and files of its image.
//
// A plain table of what exists, and one function per setting that checks and fills the plan. Where
// documents are silent or differ, the narrower reading is taken: ASCII where no encoding is given,
// nothing written that could keep Windows PE from starting (code pages, for one: their tables may
// not be in the image).
#include "formats/winpe.h"

#include "formats/win_names.h"

#include <algorithm>

namespace remedia {

namespace {

constexpr WinpeSettingInfo kSettings[] = {
    {"scratch_space", "32, 64, 128, 256 or 512 (MB)",
     "HKLM\\SYSTEM\\CurrentControlSet\\Services\\FBWF, WinPECacheThreshold (dword)",
     "Microsoft: DISM Windows PE Servicing, /Set-ScratchSpace (the numbers); the value: several "
     "published image builders, and a reader of what DISM shows"},
    {"target_path", "3 to 32 characters: C: to Z:, '\\', then ASCII without blanks, '.' and '..'",
     "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WinPE, InstRoot (string)",
     "Microsoft: DISM Windows PE Servicing, /Set-TargetPath (the rules); the value: several "
     "published image builders"},
    {"locale", "a locale of Windows, such as de-DE, whose language the base image holds",
     "SYSTEM: Control\\Nls\\Language (Default, InstallLanguage), Control\\Nls\\Locale, "
     "Control\\MUI\\Settings; DEFAULT: Control Panel\\International, Control Panel\\Desktop",
     "Microsoft: Available Language Packs (identifiers); the values: several published scripts; "
     "DISM's own writing was not observed. Code pages stay as they are"},
    {"keyboards", "a list of locales (de-DE) or language:layout (0407:00000407); first: default",
     "HKU\\.DEFAULT\\Keyboard Layout: Preload and, for foreign layouts, Substitutes",
     "Microsoft: Default Input Profiles (layouts of locales), InputLocale (the form); the values: "
     "several published scripts"},
    {"background", "a JPEG or BMP picture of up to 8 MiB and 8192 x 8192",
     "Windows/System32/winpe.jpg or winpe.bmp (and winre.jpg if the base has one); "
     "HKLM\\SOFTWARE\\...\\WinPE, CustomBackground (expand_string)",
     "Microsoft: WinPE: Mount and Customize (winpe.jpg); CustomBackground: two published image "
     "builders; winre.jpg: one, unconfirmed"},
    {"startnet", "text in ASCII", "Windows/System32/startnet.cmd",
     "Microsoft: Wpeinit and Startnet.cmd; the encoding is not documented"},
    {"winpeshl", "a list of programs, arguments after a comma, up to 250 ASCII characters each",
     "Windows/System32/winpeshl.ini, [LaunchApps]",
     "Microsoft: Winpeshl.ini Reference; the encoding is not documented"},
};

constexpr std::string_view kWinpeKey =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WinPE";
constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control";

[[noreturn]] void refuse(std::string_view setting, std::string message, std::string hint = {},
                         std::optional<std::size_t> index = std::nullopt) {
  throw SettingFailure(setting, index,
                       Diagnostic{.message = std::move(message), .hint = std::move(hint)});
}

void set(WinpePlan& plan, std::string key, RegistryValue value) {
  plan.registry.push_back({std::move(key), std::move(value), false});
}

void set_control(WinpePlan& plan, std::string_view below, RegistryValue value) {
  set(plan, fmt::format("{}\\{}", kControl, below), std::move(value));
}

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// --- scratch_space, target_path ---

void plan_scratch_space(std::int64_t size, WinpePlan& plan) {
  constexpr std::int64_t kSizes[] = {32, 64, 128, 256, 512};
  if (std::find(std::begin(kSizes), std::end(kSizes), size) == std::end(kSizes)) {
    refuse("scratch_space",
           fmt::format("a scratch space of {} MB is none that Windows PE has", size),
           fmt::format("it is one of {} MB", fmt::join(kSizes, ", ")));
  }
  set(plan, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\FBWF",
      registry_dword("WinPECacheThreshold", static_cast<std::uint32_t>(size)));
}

std::string_view fault_of_target_path(std::string_view path) {
  if (path.size() < 3 || path.size() > 32) return "it has to have 3 to 32 characters";
  char letter = lower(path.substr(0, 1))[0];
  if (letter < 'c' || letter > 'z' || path.substr(1, 2) != ":\\") {
    return "it has to start with a drive from C to Z, ':' and '\\'";
  }
  for (char c : path.substr(3)) {
    if (!is_plain(c) || std::string_view(" /:*?\"<>|").find(c) != std::string_view::npos) {
      return "behind the drive it is in ASCII without blanks and / : * ? \" < > |";
    }
  }
  for (std::string_view rest = path.substr(3); !rest.empty();) {
    std::size_t end = rest.find('\\');
    std::string_view name = rest.substr(0, end);
    if (name.empty() || name == "." || name == "..") return "it has an empty name, '.' or '..'";
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return {};
}

void plan_target_path(const std::string& path, WinpePlan& plan) {
  if (std::string_view fault = fault_of_target_path(path); !fault.empty()) {
    refuse("target_path", fmt::format("Windows PE cannot lie at '{}': {}", path, fault),
           "a RAM disk is at X:\\");
  }
  set(plan, std::string(kWinpeKey), registry_string("InstRoot", path));
}

// --- locale ---

const WinLocale& locale_of(std::string_view setting, std::string_view name,
                           std::optional<std::size_t> index = std::nullopt) {
  if (const WinLocale* locale = find_win_locale(name)) return *locale;
  std::vector<std::string> names;
  for (const WinLocale& each : win_locales()) names.emplace_back(each.name);
  std::string hint = did_you_mean(name, names);
  refuse(setting, fmt::format("'{}' is not a locale that is known here", name),
         hint.empty() ? "they are named by language and region: de-DE, pt-BR" : hint, index);
}

// Only if the base speaks another language; then it has to hold this one.
bool changes_language(const WinLocale& locale, const WinpeBase& base) {
  if (fold_case(base.language) == fold_case(locale.name)) return false;
  if (!base.has_language || base.has_language(locale.name)) return true;
  // de-CH on a German base: its formats, in the base's words.
  auto primary = [](std::string_view name) { return lower(name.substr(0, name.find('-'))); };
  if (!base.language.empty() && primary(base.language) == primary(locale.name)) return false;
  refuse("locale",
         fmt::format("the base image does not speak '{0}': it lacks Windows/System32/{0} or the "
                     "registry does not list it",
                     locale.name),
         "take a base in that language; for its keyboard alone, 'keyboards' is enough");
}

void plan_locale(const std::string& name, const WinpeBase& base, WinpePlan& plan) {
  const WinLocale& locale = locale_of("locale", name);
  std::string id = fmt::format("{:04X}", locale.id);
  set_control(plan, "Nls\\Language", registry_string("Default", id));
  set_control(plan, "Nls\\Locale", registry_string("", "0000" + id));
  std::string international = "HKU\\.DEFAULT\\Control Panel\\International";
  set(plan, international, registry_string("Locale", "0000" + id));
  set(plan, international, registry_string("LocaleName", locale.name));
  if (!changes_language(locale, base)) return;
  std::vector<std::string> languages = {std::string(locale.name)};
  set_control(plan, "Nls\\Language", registry_string("InstallLanguage", id));
  set_control(plan, "MUI\\Settings", registry_multi_string("PreferredUILanguages", languages));
  set(plan, "HKU\\.DEFAULT\\Control Panel\\Desktop",
      registry_multi_string("PreferredUILanguages", languages));
}

// --- keyboards ---

struct Keyboard {
  std::uint32_t language = 0;
  std::uint32_t layout = 0;
  bool operator==(const Keyboard&) const = default;
};

std::optional<std::uint32_t> hex(std::string_view digits) {
  std::uint32_t value = 0;
  for (char c : lower(digits)) {
    std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return value;
}

Keyboard keyboard_of(const std::string& text, std::size_t index, const WinpeBase& base) {
  Keyboard keyboard;
  std::string hint = "a keyboard is a locale (de-DE) or language:layout (0407:00000407)";
  if (text.find(':') == std::string::npos) {
    const WinLocale& locale = locale_of("keyboards", text, index);
    keyboard = {locale.id, locale.layout};
  } else {
    std::optional<std::uint32_t> language, layout;
    if (text.size() == 13 && text[4] == ':') {
      language = hex(std::string_view(text).substr(0, 4));
      layout = hex(std::string_view(text).substr(5));
    }
    if (!language || !layout || *language == 0 || *layout == 0) {
      refuse("keyboards", fmt::format("'{}' is not a keyboard", text), hint, index);
    }
    keyboard = {*language, *layout};
  }
  std::string layout = fmt::format("{:08x}", keyboard.layout);
  if (base.has_keyboard && !base.has_keyboard(layout)) {
    refuse("keyboards",
           fmt::format("the base image has no keyboard layout '{}' (for '{}')", layout, text),
           "it lists those it has in HKLM\\SYSTEM under Control\\Keyboard Layouts", index);
  }
  return keyboard;
}

// Preload names layouts by number, and an entry's low half is the language. A layout of another
// language needs a name of its own, d001LLLL and so on, which Substitutes leads to the layout.
void plan_keyboards(const std::vector<std::string>& list, const WinpeBase& base, WinpePlan& plan) {
  constexpr std::size_t kMost = 9;
  if (list.size() > kMost) {
    refuse("keyboards", fmt::format("{} keyboards are more than the {} that can be preloaded here",
                                    list.size(), kMost));
  }
  std::vector<Keyboard> keyboards;
  std::uint32_t substitutes = 0;
  std::string folder = "HKU\\.DEFAULT\\Keyboard Layout\\";
  for (std::size_t i = 0; i < list.size(); ++i) {
    Keyboard keyboard = keyboard_of(list[i], i, base);
    if (std::find(keyboards.begin(), keyboards.end(), keyboard) != keyboards.end()) {
      refuse("keyboards", fmt::format("keyboard '{}' is named twice", list[i]), {}, i);
    }
    keyboards.push_back(keyboard);
    plan.keyboards.push_back(fmt::format("{:04x}:{:08x}", keyboard.language, keyboard.layout));
    std::string layout = fmt::format("{:08x}", keyboard.layout), name = layout;
    if ((keyboard.layout & 0xffff) != keyboard.language) {
      name = fmt::format("d{:03x}{:04x}", ++substitutes, keyboard.language);
      set(plan, folder + "Substitutes", registry_string(name, layout));
    }
    set(plan, folder + "Preload", registry_string(fmt::format("{}", i + 1), name));
  }
  for (std::size_t i = list.size(); i < kMost && !list.empty(); ++i) {
    plan.registry.push_back(
        {folder + "Preload", {fmt::format("{}", i + 1), RegistryType::none, ""}, true});
  }
}

// --- background ---

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

struct Picture {
  std::string_view extension;  // "" if it is none
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

// Walks the segments up to the one that says how large the picture is (ITU T.81, B.1.1.4).
Picture jpeg(std::string_view bytes) {
  if (bytes.substr(bytes.size() - 2) != "\xff\xd9") return {};
  for (std::size_t at = 2; at + 9 < bytes.size();) {
    std::uint32_t marker = byte_at(bytes, at + 1);
    std::size_t length = byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
    if (byte_at(bytes, at) != 0xff || marker < 0xc0 || marker == 0xda || length < 2) return {};
    // Baseline or progressive; other processes are not what Windows' decoder is sure to know.
    if (marker >= 0xc0 && marker <= 0xc2) {
      return {"jpg", byte_at(bytes, at + 7) << 8 | byte_at(bytes, at + 8),
              byte_at(bytes, at + 5) << 8 | byte_at(bytes, at + 6)};
    }
    at += 2 + length;
  }
  return {};
}

Picture bmp(std::string_view bytes) {
  auto word = [&](std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2) << 16 |
           byte_at(bytes, at + 3) << 24;
  };
  if (bytes.size() < 54 || word(2) != bytes.size() || word(10) >= bytes.size() || word(14) < 40) {
    return {};
  }
  std::uint32_t height = word(22);  // negative: upside down
  return {"bmp", word(18), height > 0x7fffffff ? 0 - height : height};
}

void plan_background(const std::string& bytes, const WinpeBase& base, WinpePlan& plan) {
  constexpr std::size_t kMost = 8u << 20;
  constexpr std::uint32_t kSide = 8192;
  if (bytes.size() > kMost) {
    refuse("background",
           fmt::format("the picture has {} bytes; up to {} are sensible in a RAM disk",
                       bytes.size(), kMost));
  }
  Picture picture;
  if (bytes.size() > 4 && bytes.compare(0, 3, "\xff\xd8\xff") == 0) picture = jpeg(bytes);
  if (bytes.compare(0, 2, "BM") == 0) picture = bmp(bytes);
  if (picture.extension.empty()) {
    refuse("background", "the picture is not a whole JPEG (baseline or progressive) or BMP");
  }
  if (picture.width == 0 || picture.height == 0 || picture.width > kSide ||
      picture.height > kSide) {
    refuse("background", fmt::format("the picture is {} x {} pixels; it may be up to {} x {}",
                                     picture.width, picture.height, kSide, kSide));
  }
  std::string name = fmt::format("winpe.{}", picture.extension);
  plan.files.push_back({"Windows/System32/" + name, bytes});
  std::string recovery = "Windows/System32/winre.jpg";
  if (picture.extension == "jpg" && base.has_file && base.has_file(recovery)) {
    plan.files.push_back({recovery, bytes});
  }
  set(plan, std::string(kWinpeKey),
      registry_expand_string("CustomBackground", "%SystemRoot%\\System32\\" + name));
}

// --- startnet, winpeshl ---

// cmd.exe reads scripts in the machine's OEM code page, so only ASCII means the same everywhere.
// winpeshl.exe looks for its list of programs first, then for Setup, then for startnet.cmd.
void check_startnet_runs(const WinpeSettings& settings, const WinpeBase& base) {
  if (settings.winpeshl || !base.has_file) return;
  for (const char* other : {"Windows/System32/winpeshl.ini", "setup.exe"}) {
    if (!base.has_file(other)) continue;
    refuse("startnet",
           fmt::format("startnet.cmd would never run: the base has {}, which is started instead",
                       other),
           fmt::format("take that out with remove = \"{}\", or name programs in winpeshl", other));
  }
}

void plan_startnet(const std::string& text, WinpePlan& plan) {
  std::string bytes;
  int line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool end = c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n');
    if (end) {
      if (c == '\r') ++i;
      bytes += "\r\n";
      ++line;
    } else if (is_plain(c) || c == '\t') {
      bytes += c;
    } else {
      refuse("startnet", fmt::format("line {} of startnet.cmd has a character that is not ASCII "
                                     "text; how it is read would depend on the code page",
                                     line));
    }
  }
  if (bytes.empty()) refuse("startnet", "startnet.cmd would be empty");
  if (bytes.back() != '\n') bytes += "\r\n";
  if (lower(bytes).find("wpeinit") == std::string::npos) {
    plan.warnings.push_back({"startnet",
                             "startnet.cmd does not call wpeinit: Windows PE will "
                             "start without network and drivers of devices"});
  }
  plan.files.push_back({"Windows/System32/startnet.cmd", bytes});
}

// The program of a line, without quotes; it ends at the first comma outside of quotes.
std::string program_of(std::string_view line, bool& blank, bool& open) {
  std::string program;
  open = false;
  for (char c : line) {
    if (c == ',' && !open) break;
    if (c == '"') open = !open;
    if (c == ' ' && !open) blank = true;
    if (c != '"') program += c;
  }
  while (!program.empty() && program.back() == ' ') program.pop_back();
  return lower(program);
}

void check_line(const std::string& line, std::size_t index) {
  auto no = [&](std::string_view why, std::string hint = {}) {
    refuse("winpeshl", fmt::format("winpeshl.ini cannot start '{}': {}", line, why),
           std::move(hint), index);
  };
  constexpr std::string_view kBuiltins[] = {
      "assoc", "call", "cd",    "copy",  "date",  "del",  "dir",   "echo", "erase", "for",
      "goto",  "if",   "md",    "mkdir", "move",  "path", "pause", "popd", "pushd", "rd",
      "ren",   "rem",  "rmdir", "set",   "start", "time", "title", "type", "ver",   "vol"};
  if (line.empty()) no("it is empty");
  if (line.size() > 250) no(fmt::format("it has {} characters of at most 250", line.size()));
  if (!std::all_of(line.begin(), line.end(), is_plain)) no("it is not in ASCII, in one line");
  if (line.front() == ' ' || line.back() == ' ') no("it has blanks around it");
  if (line.front() == '[' || line.front() == ';') no("it would be read as a section or a comment");
  if (std::count(line.begin(), line.end(), '"') % 2 != 0) no("a quote is not closed");
  bool blank = false, open = false;
  std::string program = program_of(line, blank, open);
  if (program.empty()) no("it names no program");
  std::string first = program.substr(0, program.find(' '));
  if (std::find(std::begin(kBuiltins), std::end(kBuiltins), first) != std::end(kBuiltins)) {
    no(fmt::format("'{}' is a command of cmd.exe, not a program", first),
       fmt::format("write 'cmd.exe, /c {}'", line));
  }
  std::size_t extension = program.find(".exe");
  if (extension != std::string::npos && extension + 4 != program.size()) {
    no("its arguments have to follow a comma", "as in 'X:\\tools\\app.exe, -option'");
  }
  if (blank && extension == std::string::npos) {
    no("its arguments have to follow a comma", "as in 'X:\\tools\\app.exe, -option'");
  }
}

void plan_winpeshl(const WinpeSettings& settings, WinpePlan& plan) {
  const std::vector<std::string>& lines = *settings.winpeshl;
  if (lines.empty()) refuse("winpeshl", "winpeshl.ini would start nothing");
  std::string bytes = "[LaunchApps]\r\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    check_line(lines[i], i);
    bytes += lines[i] + "\r\n";
  }
  std::string all = lower(bytes);
  bool startnet = all.find("startnet.cmd") != std::string::npos;
  if (settings.startnet && !startnet) {
    plan.warnings.push_back({"winpeshl",
                             "with winpeshl.ini, startnet.cmd runs only if a line "
                             "starts it: 'cmd.exe, /c startnet.cmd'"});
  }
  bool prepares = all.find("wpeinit") != std::string::npos ||
                  all.find("netstart") != std::string::npos || startnet;
  if (!prepares) {
    plan.warnings.push_back({"winpeshl",
                             "no line starts wpeinit: Windows PE will start without "
                             "network and drivers of devices"});
  }
  plan.files.push_back({"Windows/System32/winpeshl.ini", bytes});
}

}  // namespace

WinpePlan winpe_plan(const WinpeSettings& settings, const WinpeBase& base) {
  WinpePlan plan;
  if (settings.scratch_space) plan_scratch_space(*settings.scratch_space, plan);
  if (settings.target_path) plan_target_path(*settings.target_path, plan);
  if (settings.locale) plan_locale(*settings.locale, base, plan);
  plan_keyboards(settings.keyboards, base, plan);
  if (settings.background) plan_background(*settings.background, base, plan);
  if (settings.startnet) {
    check_startnet_runs(settings, base);
    plan_startnet(*settings.startnet, plan);
  }
  if (settings.winpeshl) plan_winpeshl(settings, plan);
  return plan;
}

std::span<const WinpeSettingInfo> winpe_settings() { return kSettings; }

}  // namespace remedia
