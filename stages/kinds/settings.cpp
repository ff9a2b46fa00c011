// What a wim's settings come to: its hives, edited, and a few small files.
//
// A stage that no recipe names. It makes a tree like an overlay does, so that the hives are
// compressed once and an image whose overlay changed need not edit them again.

#include "kinds/settings.h"

#include "formats/registry.h"
#include "formats/winpe.h"
#include "graph/job.h"
#include "kinds/driver_start.h"
#include "kinds/kinds.h"
#include "kinds/launcher_files.h"
#include "kinds/registry.h"
#include "kinds/shell.h"
#include "kinds/tier.h"
#include "media/hive.h"
#include "media/wim.h"
#include "support/artifact.h"
#include "support/pack.h"

#include <map>
#include <optional>

namespace remedia::kinds {

namespace {

using recipe::Type;

// --- The registry --------------------------------------------------------------------------------

const std::map<std::string, hive::Edit::Action> kActions = {
    {"set_value", hive::Edit::Action::set_value},
    {"delete_value", hive::Edit::Action::delete_value},
    {"create_key", hive::Edit::Action::create_key},
    {"delete_key", hive::Edit::Action::delete_key}};

[[noreturn]] void fail_no_hive(const std::string& hive) {
  throw Failure(Diagnostic{
      .message = fmt::format("the base has no hive {} ({})", hive, hive_file(hive)),
      .hint = "look whether the source's image is the right one, and whether 'remove' takes it "
              "out; not every image has COMPONENTS and DRIVERS"});
}

std::string action_name(hive::Edit::Action action) {
  for (const auto& [name, value] : kActions) {
    if (value == action) return name;
  }
  return {};
}

/// Of one hive; those that the recipe names itself come first.
struct Edits {
  std::vector<hive::Edit> list = {};
  std::size_t named = 0;
};
using EditsByHive = std::map<std::string, Edits>;

// A value as parameters and records have it: `{key, name, type, data}`, data in hex.
hive::Edit edit_of(const nlohmann::json& entry) {
  hive::Edit edit{.key = entry.at("key"), .value = {}};
  edit.value.name = entry.at("name");
  edit.value.type = static_cast<RegistryType>(entry.at("type").get<std::uint32_t>());
  edit.value.data = registry_hex("", entry.at("data").get<std::string>()).data;
  return edit;
}

void add_recipe_edits(const nlohmann::json& parameters, EditsByHive& edits) {
  for (const auto& entry : parameters) {
    hive::Edit edit = edit_of(entry);
    edit.action = kActions.at(entry.at("action"));
    Edits& of_hive = edits[entry.at("hive")];
    of_hive.list.push_back(std::move(edit));
    ++of_hive.named;
  }
}

nlohmann::ordered_json change_record(const std::string& hive, const hive::Edit& edit,
                                     const hive::Change& change) {
  nlohmann::ordered_json json = {{"hive", hive},
                                 {"key", change.key},
                                 {"name", change.name},
                                 {"action", action_name(change.action)}};
  if (change.action == hive::Edit::Action::set_value) json["value"] = registry_text(edit.value);
  if (change.before) json["before"] = registry_text(*change.before);
  return json;
}

/// Edits the hives of one image, each in one session, and packs the results.
class Registry {
 public:
  Registry(graph::Job& job, const wim::File& base, Pack& pack)
      : job_(job), base_(base), pack_(pack) {}

  void apply(const std::string& hive, const Edits& edits) {
    std::string file = hive_file(hive);
    const wim::Entry* entry = base_.find(1, file);
    if (entry == nullptr || entry->directory) fail_no_hive(hive);
    ScratchFile original(job_.part(0).string() + "." + hive);
    ScratchFile edited(job_.part(0).string() + "." + hive + ".edited");
    base_.extract(1, *entry, original.path());
    std::vector<hive::Change> changes = edit(hive, original.path(), edits.list, edited.path());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const hive::Change& change = changes[i];
      bool deletes = change.action == hive::Edit::Action::delete_value ||
                     change.action == hive::Edit::Action::delete_key;
      bool idle = deletes && change.already;
      if (idle && i >= edits.named) continue;
      record_.push_back(change_record(hive, edits.list[i], change));
      if (!idle) continue;
      job_.warn("registry", fmt::format("there is nothing to delete at {}\\{}{}", hive, change.key,
                                        change.name.empty() ? "" : ", " + change.name));
    }
    pack_.add(entry->path, Slice::whole(edited.path()), fmt::format("the base's {}, edited", hive));
    drop_logs(entry->path);
  }

  nlohmann::ordered_json record() && { return std::move(record_); }

 private:
  static std::vector<hive::Change> edit(const std::string& hive, const fs::path& original,
                                        const std::vector<hive::Edit>& edits,
                                        const fs::path& edited) {
    try {
      return hive::edit(original, edits, edited);
    } catch (const Failure& failure) {
      std::vector<Diagnostic> diagnostics = failure.diagnostics();
      // Where it was unpacked to means nothing to anybody.
      for (Diagnostic& d : diagnostics) {
        bool named = d.message.find(original.string()) != std::string::npos;
        d.message = named ? with_replaced(d.message, original.string(), hive_file(hive))
                          : fmt::format("hive {}: {}", hive, d.message);
      }
      throw Failure(std::move(diagnostics));
    }
  }

  // They belong to the hive as it was; an empty log is what a closed hive has.
  void drop_logs(const std::string& hive_path) {
    for (const char* suffix : {".LOG", ".LOG1", ".LOG2"}) {
      const wim::Entry* log = base_.find(1, hive_path + suffix);
      if (log != nullptr && !log->directory && log->size > 0)
        pack_.add(log->path, std::string_view(), "emptied: its hive was edited");
    }
  }

  graph::Job& job_;
  const wim::File& base_;
  Pack& pack_;
  nlohmann::ordered_json record_ = nlohmann::ordered_json::array();
};

// --- Settings of Windows PE ----------------------------------------------------------------------

// Fields are called as winpe_plan() calls them.
WinpeSettings settings_from(const nlohmann::json& parameters) {
  WinpeSettings settings;
  if (parameters.contains("scratch_space")) settings.scratch_space = parameters["scratch_space"];
  if (parameters.contains("target_path")) settings.target_path = parameters["target_path"];
  if (parameters.contains("locale")) settings.locale = parameters["locale"];
  if (parameters.contains("keyboards")) settings.keyboards = parameters["keyboards"];
  if (parameters.contains("startnet")) settings.startnet = parameters["startnet"];
  if (parameters.contains("winpeshl"))
    settings.winpeshl = parameters["winpeshl"].get<std::vector<std::string>>();
  return settings;
}

nlohmann::ordered_json setting_parameters(const recipe::Node& image) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (image.has("scratch_space")) json["scratch_space"] = image.integer("scratch_space");
  for (const char* text : {"target_path", "locale", "startnet"}) {
    if (image.has(text)) json[text] = image.text(text);
  }
  for (const char* list : {"keyboards", "winpeshl"}) {
    if (image.given(list)) json[list] = image.texts(list);
  }
  return json;
}

template <typename Action>
auto about_setting(Action&& action) {
  try {
    return action();
  } catch (const SettingFailure& failure) {
    std::vector<Diagnostic> diagnostics = failure.diagnostics();
    for (Diagnostic& d : diagnostics) d.field = failure.setting();
    throw Failure(std::move(diagnostics));
  }
}

// What can be known before the base is there is said at once, of each setting.
void check_settings(const recipe::Node& image, const nlohmann::ordered_json& parameters) {
  std::vector<Diagnostic> errors;
  for (const auto& [name, value] : parameters.items()) {
    try {
      winpe_plan(settings_from({{name, value}}));
    } catch (const SettingFailure& failure) {
      Diagnostic d = failure.diagnostics().front();
      d.where = image.place(failure.setting());
      errors.push_back(std::move(d));
    }
  }
  if (!errors.empty()) throw Failure(std::move(errors));
}

constexpr const char* kUiLanguages = R"(CurrentControlSet\Control\MUI\UILanguages\)";
constexpr const char* kKeyboardLayouts = R"(CurrentControlSet\Control\Keyboard Layouts\)";

/// What the settings ask the base image. Its SYSTEM hive is unpacked on the first question.
class Base {
 public:
  Base(const wim::File& file, fs::path scratch) : file_(file), scratch_(std::move(scratch)) {}

  WinpeBase view() {
    return {.language = file_.info().images.front().default_language,
            .has_language =
                [this](std::string_view language) {
                  const wim::Entry* folder =
                      file_.find(1, fmt::format("Windows/System32/{}", language));
                  return folder != nullptr && folder->directory &&
                         has_key(kUiLanguages + std::string(language));
                },
            .has_keyboard =
                [this](std::string_view layout) {
                  return has_key(kKeyboardLayouts + std::string(layout));
                },
            .has_file =
                [this](std::string_view path) {
                  const wim::Entry* entry = file_.find(1, path);
                  return entry != nullptr && !entry->directory;
                }};
  }

  bool has_key(const std::string& key) {
    if (!system_) {
      const wim::Entry* entry = file_.find(1, hive_file("SYSTEM"));
      if (entry == nullptr || entry->directory) fail_no_hive("SYSTEM");
      scratch_file_.emplace(scratch_);
      file_.extract(1, *entry, scratch_);
      system_.emplace(scratch_);
    }
    return system_->has_key(key);
  }

  /// Whether the base keeps its drivers in a hive of their own.
  bool has_drivers_hive() const {
    const wim::Entry* entry = file_.find(1, hive_file("DRIVERS"));
    if (entry == nullptr || entry->directory) return false;
    ScratchFile scratch(scratch_.string() + ".drivers");
    file_.extract(1, *entry, scratch.path());
    return hive::Reader(scratch.path()).has_key("DriverDatabase");
  }

 private:
  const wim::File& file_;
  fs::path scratch_;
  std::optional<ScratchFile> scratch_file_;
  std::optional<hive::Reader> system_;
};

// --- Drivers -------------------------------------------------------------------------------------

void add_driver_edits(const nlohmann::ordered_json& keys, Edits& edits) {
  for (const auto& key : keys) edits.list.push_back(edit_of(key));
}

// Where Windows looks for the driver of a device while it boots: since Windows 8 in DriverDatabase,
// which newer ones may keep in a hive of its own.
void add_boot_drivers(const nlohmann::ordered_json& boot, Base& facts, EditsByHive& edits) {
  if (boot.at("services").empty()) return;
  add_driver_edits(boot.at("services"), edits["SYSTEM"]);
  // Windows notes there that a driver of its own is not to start yet.
  for (const std::string name : boot.at("names")) {
    std::string key = fmt::format(R"(CurrentControlSet\Services\{}\StartOverride)", name);
    if (facts.has_key(key))
      edits["SYSTEM"].list.push_back(
          {.action = hive::Edit::Action::delete_key, .key = key, .value = {}});
  }
  if (facts.has_key("DriverDatabase"))
    add_driver_edits(boot.at("database"), edits["SYSTEM"]);
  else if (facts.has_drivers_hive())
    add_driver_edits(boot.at("database"), edits["DRIVERS"]);
  else
    add_driver_edits(boot.at("critical_devices"), edits["SYSTEM"]);
}

void add_setting_edits(const WinpePlan& plan, EditsByHive& edits) {
  for (const WinpePlan::Value& value : plan.registry) {
    RegistryPlace place = registry_place(value.key);
    edits[place.hive].list.push_back(
        {.action = value.remove ? hive::Edit::Action::delete_value : hive::Edit::Action::set_value,
         .key = place.key,
         .value = value.value});
  }
}

std::string base_version(const graph::Job& job) {
  nlohmann::ordered_json image = graph::read_record(job.text("source_record")).at("image");
  std::string version = image.at("kernel_version");
  if (version.empty()) version = image.at("version");
  return version.empty() ? "unknown" : version;
}

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  wim::File base(Slice::whole(job.text("base")), job.text("base"));
  WinpeSettings settings = settings_from(p.at("winpe"));
  if (p.contains("background")) {
    fs::path picture = p.at("background").get<std::string>();
    job.reads(picture);
    job.about("background", [&] {
      if (!fs::is_regular_file(picture)) fail("'{}' is no file", job.text("background_written"));
      settings.background = read_file(picture, 16u << 20);
    });
  }
  Base facts(base, job.part(0).string() + ".base");
  WinpePlan plan = about_setting([&] { return winpe_plan(settings, facts.view()); });
  for (const WinpePlan::Warning& warning : plan.warnings) {
    // The launcher starts wpeinit itself, when its tier has a network.
    if (warning.setting == "winpeshl" && p.contains("policy")) continue;
    job.warn(warning.setting, warning.text);
  }

  EditsByHive edits;
  add_recipe_edits(p.at("registry"), edits);
  add_setting_edits(plan, edits);
  Pack pack(job.part(0), job.output(0));
  if (p.contains("drivers_record")) {
    nlohmann::ordered_json drivers = graph::read_record(job.text("drivers_record"));
    job.about("drivers", [&] {
      add_boot_drivers(drivers.at("boot"), facts, edits);
      if (drivers.at("loaded") > 0) check_drvload(job, base);
    });
    warn_of_includes(job, base, drivers.at("drivers"));
    warn_of_replaced(job, base, drivers.at("boot"));
    if (drivers.at("loaded") > 0 && job.text("shell") != "launcher") {
      settings.winpeshl = start_with_drivers(job, base, settings.winpeshl);
      plan = winpe_plan(settings, facts.view());
      pack.add("Remedia/remedia.exe",
               Slice::whole(launcher_program(job, job.text("arch"), "drivers")),
               "Remedia's launcher");
    }
  }
  Registry registry(job, base, pack);
  std::string_view cause = !p.at("registry").empty()      ? "registry"
                           : p.contains("drivers_record") ? "drivers"
                                                          : "keyboards";
  job.about(cause, [&] {
    for (const auto& [hive, list] : edits) registry.apply(hive, list);
  });
  for (const WinpePlan::File& file : plan.files)
    pack.add(file.path, file.bytes, "the settings of the image");
  if (p.contains("policy")) add_launcher(job, base, base_version(job), plan.keyboards, pack);
  if (p.contains("winre_tool")) {
    pack.add("Sources/Recovery/Tools/WinREConfig.xml",
             winre_config(p.at("winre_tool").at(0), p.at("winre_tool").at(1)),
             "the settings of the image");
  }
  job.keep_if_equal(0);
  job.write_text(1, write_tree(pack.entries()));
  nlohmann::ordered_json record;
  record["registry"] = std::move(registry).record();
  job.write_record(std::move(record));
}

}  // namespace

std::vector<recipe::Field> setting_fields() {
  return {
      {.name = "scratch_space",
       .type = Type::integer,
       .help = "MB of the RAM disk that can be written to: 32, 64, 128, 256 or 512",
       .min = 1,
       .max = 4096},
      {.name = "target_path",
       .type = Type::text,
       .help = "the drive that a started Windows PE sees itself on, such as X:\\",
       .max = 100},
      {.name = "locale",
       .type = Type::text,
       .help = "language and formats, such as \"de-DE\"; the user interface follows if the base "
               "has that language",
       .max = 20},
      {.name = "keyboards",
       .type = Type::text,
       .help = "layouts by locale (\"de-DE\") or number (\"0407:00000407\"), the default first",
       .list = true,
       .max = 40},
      {.name = "background", .type = Type::path, .help = "the desktop's picture, a JPEG or BMP"},
      {.name = "startnet",
       .type = Type::script,
       .help = "text of Windows/System32/startnet.cmd; begins with wpeinit as a rule",
       .max = 64 * 1024},
      {.name = "winpeshl",
       .type = Type::text,
       .help = "programs to start instead of the shell, one after the other: lines of "
               "[LaunchApps] in winpeshl.ini, arguments after a comma",
       .list = true,
       .max = 1000},
  };
}

graph::Planned plan_settings(graph::Planner& planner, const recipe::NodeRef& image,
                             const graph::Binding& binding, const SettingsBase& on) {
  graph::Edge edge{.kind = "settings", .origin = image};
  std::string shown = fmt::format("settings of {}/{}", planner.recipe(), image->text("name"));
  edge.label = fmt::format("SETTINGS {}/{}", planner.recipe(), image->text("name"));
  edge.parameters["base"] = on.base;
  edge.parameters["registry"] = registry_parameters(image->nodes("registry"));
  edge.parameters["winpe"] = setting_parameters(*image);
  if (image->has("background")) {
    graph::SourcePath picture = planner.source_path(*image, "background", binding.arch);
    edge.parameters["background"] = picture.file;
    planner.add_file_input("wim", picture);
    edge.parameters["background_written"] = picture.written;
  }
  if (image->has("winre_tool"))
    edge.parameters["winre_tool"] = {image->text("winre_tool"),
                                     image->text("winre_tool_parameters")};
  nlohmann::ordered_json policy = launcher_parameters(planner, *image);
  if (!policy.is_null()) {
    edge.parameters["policy"] = std::move(policy);
    edge.parameters["source_record"] = on.source_record;
    for (const auto& [name, records] : on.evidence) edge.parameters[name] = records.front();
    std::vector<std::string> start = launcher_start(*image);
    if (!start.empty()) edge.parameters["winpe"]["winpeshl"] = start;
  }
  if (edge.parameters["registry"].empty() && edge.parameters["winpe"].empty() &&
      !edge.parameters.contains("background") && !edge.parameters.contains("winre_tool") &&
      !edge.parameters.contains("policy") && on.drivers_record.empty())
    return {};
  if (!on.drivers_record.empty()) {
    edge.parameters["drivers_record"] = on.drivers_record;
    edge.parameters["arch"] = binding.arch;
    edge.parameters["shell"] = shell_of(*image);
  }
  check_settings(*image, edge.parameters["winpe"]);
  edge.inputs = {on.base};
  if (edge.parameters.contains("policy")) {
    edge.inputs.push_back(on.source_record);
    for (const auto& [name, records] : on.evidence) edge.inputs.push_back(records.front());
  }
  if (!on.drivers_record.empty()) edge.inputs.push_back(on.drivers_record);
  for (const char* suffix : {"pack", "tree", "record"})
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  graph::Planned planned{
      .file = edge.outputs[1], .parts = {{"shown", shown}}, .records = {edge.outputs[2]}};
  planner.add(std::move(edge));
  return planned;
}

const graph::Kind settings = {"settings", nullptr, nullptr, run};

}  // namespace remedia::kinds
