// registry { key = ..., name = ..., dword = ... }: one change of the registry of an image.
//
// A description: the settings stage of the wim that uses it opens each hive once and makes all its
// changes.

#include "kinds/registry.h"

#include "formats/registry.h"
#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr std::int64_t kMaxText = 8000;  // characters of UTF-16 that fit a value of 16,344 bytes

const recipe::Schema schema = {
    .word = "registry",
    .role = recipe::Role::description,
    .help =
        "A value or key of the image's registry, set or deleted in its own hives.\n"
        "Missing keys are created. CurrentControlSet means the one that the hive selects. Without "
        "a type it makes the key alone. What is deleted is gone from the hive, but the base's own "
        "hive stays in the WIM as unused bytes: this hides no secrets.",
    .fields =
        {
            {.name = "key",
             .type = Type::text,
             .help = "in HKLM\\SYSTEM, HKLM\\SOFTWARE, HKU\\.DEFAULT, HKLM\\COMPONENTS or "
                     "HKLM\\DRIVERS; write it as [[...]], so that Lua leaves the backslashes alone",
             .required = true,
             .max = 2000},
            {.name = "name",
             .type = Type::text,
             .help = "of the value",
             .fallback = "the key's default value",
             .max = 1000},
            {.name = "dword", .type = Type::integer, .help = "REG_DWORD", .max = 4294967295},
            {.name = "qword", .type = Type::integer, .help = "REG_QWORD", .max = INT64_MAX},
            {.name = "string",
             .type = Type::text,
             .help = "REG_SZ",
             .max = kMaxText,
             .may_be_empty = true},
            {.name = "expand",
             .type = Type::text,
             .help = "REG_EXPAND_SZ: %VARIABLES% are replaced by whoever reads it",
             .max = kMaxText,
             .may_be_empty = true},
            {.name = "multi",
             .type = Type::text,
             .help = "REG_MULTI_SZ",
             .list = true,
             .max = kMaxText},
            {.name = "binary",
             .type = Type::text,
             .help = "REG_BINARY, as hexadecimal digits: \"0a ff 01\"",
             .max = 3 * 16344,
             .may_be_empty = true},
            {.name = "delete",
             .type = Type::choice,
             .help = "deletes the value that `name` names, or the key with all below it",
             .words = {"value", "key"}},
        },
    .from_table = true,
};

constexpr const char* kTypes[] = {"dword", "qword", "string", "expand", "multi", "binary"};

RegistryValue typed_value(const recipe::Node& node, std::string_view type) {
  std::string name = node.text("name");
  if (type == "dword") return registry_number(name, RegistryType::dword, node.integer("dword"));
  if (type == "qword") return registry_number(name, RegistryType::qword, node.integer("qword"));
  if (type == "string") return registry_string(name, node.text("string"));
  if (type == "expand") return registry_expand_string(name, node.text("expand"));
  if (type == "multi") return registry_multi_string(name, node.texts("multi"));
  return registry_hex(name, node.text("binary"));
}

[[noreturn]] void fail_at(const recipe::Node& node, std::string_view field, std::string message,
                          std::string hint) {
  throw Failure(Diagnostic{
      .message = std::move(message), .where = node.place(field), .hint = std::move(hint)});
}

// What the fields ask for, as an action and, for a value that is set, its type.
std::pair<std::string, std::string> action(const recipe::Node& node) {
  std::vector<std::string> given;
  for (const char* type : kTypes) {
    if (node.given(type)) given.push_back(type);
  }
  std::string what = node.text("delete");
  if (given.size() > 1) {
    fail_at(node, given[1],
            fmt::format("a value has one type, not '{}' and '{}'", given[0], given[1]),
            "write one entry for each value");
  }
  if (!what.empty() && !given.empty()) {
    fail_at(node, "delete", fmt::format("an entry sets '{}' or deletes, not both", given[0]),
            "write one entry for each");
  }
  if (what == "key" && node.given("name")) {
    fail_at(node, "delete", "delete = \"key\" takes no 'name'",
            "delete = \"value\" deletes that value alone");
  }
  if (what == "value") return {"delete_value", ""};
  if (what == "key") return {"delete_key", ""};
  if (given.empty() && node.given("name")) {
    fail_at(node, "name", fmt::format("value '{}' has no type", node.text("name")),
            fmt::format("give it one of: {}", fmt::join(kTypes, ", ")));
  }
  return given.empty() ? std::pair<std::string, std::string>{"create_key", ""}
                       : std::pair<std::string, std::string>{"set_value", given[0]};
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

nlohmann::ordered_json parameters(const recipe::Node& node) {
  auto placed = [&](std::string_view field, auto&& make) {
    try {
      return make();
    } catch (const Failure& failure) {
      const Diagnostic& d = failure.diagnostics().front();
      fail_at(node, field, d.message, d.hint);
    }
  };
  RegistryPlace place = placed("key", [&] { return registry_place(node.text("key")); });
  auto [what, type] = action(node);
  if (what == "delete_key" && place.key.empty()) {
    fail_at(node, "key",
            fmt::format("'{}' is a whole hive, which cannot be deleted", node.text("key")),
            "name a key in it");
  }
  RegistryValue value;
  value.name = node.text("name");
  if (!type.empty()) value = placed(type, [&] { return typed_value(node, type); });
  return {{"hive", place.hive},
          {"key", place.key},
          {"name", value.name},
          {"action", what},
          {"type", static_cast<std::uint32_t>(value.type)},
          {"data", to_hex(value.data)}};
}

}  // namespace

nlohmann::ordered_json registry_parameters(std::span<const recipe::NodeRef> entries) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<Diagnostic> errors;
  for (const recipe::NodeRef& node : entries) {
    try {
      list.push_back(parameters(*node));
    } catch (const Failure& failure) {
      errors.insert(errors.end(), failure.diagnostics().begin(), failure.diagnostics().end());
    }
  }
  if (!errors.empty()) throw Failure(std::move(errors));
  return list;
}

const graph::Kind registry = {"registry", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
