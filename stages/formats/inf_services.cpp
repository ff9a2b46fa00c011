// Services and registry entries: "INF AddService Directive", "INF AddReg Directive".
#include "formats/inf_parts.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace remedia::inf {

namespace {

// FLG_ADDREG_* of setupapi.h.
constexpr std::uint32_t kBinary = 0x1;
constexpr std::uint32_t kDeleteValue = 0x4;
constexpr std::uint32_t kKeyOnly = 0x10;
constexpr std::uint32_t kTypeMask = 0xffff0001;
constexpr std::uint32_t kMultiString = 0x00010000;
constexpr std::uint32_t kExpandString = 0x00020000;
constexpr std::uint32_t kDword = 0x00010001;
constexpr std::uint32_t kNone = 0x00020001;
constexpr std::uint32_t kQword = 0x000b0001;
constexpr std::size_t kFirstData = 4;  // root, subkey, name, flags, data...

std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string data;
  for (std::size_t i = 0; i < size; ++i) data += static_cast<char>(value >> (8 * i) & 0xff);
  return data;
}

// Bytes are hexadecimal with or without 0x.
std::string bytes_of(const Inf& inf, const Line& line) {
  std::string data;
  for (std::size_t i = kFirstData; i < line.fields.size(); ++i) {
    std::string text = inf.field(line, i);
    if (text.empty() && i + 1 == line.fields.size()) break;  // a comma at the end
    const bool marked = text.starts_with("0x") || text.starts_with("0X");
    std::optional<std::uint64_t> byte = number_of(marked ? text : "0x" + text);
    if (!byte || *byte > 0xff) {
      inf.fail(line.number, fmt::format("AddReg has '{}' where a byte belongs", clipped(text)),
               "bytes are two hexadecimal digits each, with commas between them");
    }
    data += static_cast<char>(*byte);
  }
  return data;
}

// A number, or its bytes one by one.
std::string number_data(const Inf& inf, const Line& line, std::size_t size) {
  if (line.fields.size() == kFirstData + size) return bytes_of(inf, line);
  std::string text = inf.field(line, kFirstData);
  const bool negative = text.starts_with("-");
  std::optional<std::uint64_t> value =
      text.empty() ? 0 : number_of(std::string_view(text).substr(negative ? 1 : 0));
  const std::uint64_t most = size == 8 ? ~std::uint64_t{0} : 0xffffffff;
  if (!value || *value > most || (negative && *value > most / 2 + 1)) {
    inf.fail(line.number,
             fmt::format("AddReg has '{}' where a number of {} bytes belongs", clipped(text), size),
             "numbers are decimal, or hexadecimal after 0x");
  }
  return little_endian(negative ? 0 - *value : *value, size);
}

RegistryValue value_of(const Inf& inf, const Line& line, std::uint32_t flags) {
  RegistryValue value{inf.field(line, 2), RegistryType::none, {}};
  if ((flags & (kKeyOnly | kDeleteValue)) != 0) return value;
  switch (flags & kTypeMask) {
    case 0:
      return registry_string(value.name, inf.field(line, kFirstData));
    case kExpandString:
      return registry_expand_string(value.name, inf.field(line, kFirstData));
    case kMultiString: {
      std::vector<std::string> texts;
      for (std::size_t i = kFirstData; i < line.fields.size(); ++i) {
        // Windows cannot tell an empty string from the end of the list.
        if (std::string text = inf.field(line, i); !text.empty()) texts.push_back(std::move(text));
      }
      return registry_multi_string(value.name, texts);
    }
    case kDword:
      return {value.name, RegistryType::dword, number_data(inf, line, 4)};
    case kQword:
      return {value.name, RegistryType::qword, number_data(inf, line, 8)};
    case kNone:
      return {value.name, RegistryType::none, bytes_of(inf, line)};
    case kBinary:
      return registry_binary(value.name, bytes_of(inf, line));
    default:
      break;
  }
  if ((flags & kBinary) == 0) {
    inf.fail(line.number, fmt::format("AddReg has the flags {:#x}, which are no type", flags),
             "see FLG_ADDREG_* in \"INF AddReg Directive\"");
  }
  // Any type of the registry, by its number in the upper half.
  return {value.name, static_cast<RegistryType>(flags >> 16), bytes_of(inf, line)};
}

std::uint32_t flags_of(const Inf& inf, const Line& line, std::size_t index, const char* what) {
  const std::string text = inf.field(line, index);
  if (text.empty()) return 0;
  std::optional<std::uint64_t> number = number_of(text);
  if (!number || *number > 0xffffffff) {
    inf.fail(line.number, fmt::format("{} has '{}' where flags belong", what, clipped(text)),
             "flags are a decimal number, or a hexadecimal one after 0x");
  }
  return static_cast<std::uint32_t>(*number);
}

RegistryLine registry_line(const Inf& inf, const Line& line) {
  RegistryLine result{.root = fold_case(inf.field(line, 0)),
                      .key = inf.field(line, 1),
                      .value = {},
                      .flags = flags_of(inf, line, 3, "AddReg"),
                      .number = line.number};
  // Nothing behind the key: it is made, and nothing in it.
  if (line.fields.size() <= 2) result.flags |= kKeyOnly;
  result.value = value_of(inf, line, result.flags);
  return result;
}

/// The entries of a service's section that stand there once.
struct Entries {
  const Inf& inf;
  const Section& section;
  std::map<std::string, const Line*> lines;

  const Line* find(const char* key) const {
    auto found = lines.find(fold_case(key));
    return found == lines.end() ? nullptr : found->second;
  }

  std::string text(const char* key) const {
    const Line* line = find(key);
    return line == nullptr ? std::string() : inf.field(*line, 0);
  }

  const Line& required(const char* key) const {
    const Line* line = find(key);
    if (line == nullptr || inf.field(*line, 0).empty()) {
      inf.fail(line == nullptr ? section.number : line->number,
               fmt::format("the service's section [{}] has no {}", clipped(section.name), key),
               "Windows refuses to install such a service; ask the vendor for another version");
    }
    return *line;
  }

  std::uint32_t number(const char* key) const { return flags_of(inf, required(key), 0, key); }
};

// "%12%\a.sys" as "12/a.sys"; without the quotation marks and arguments that programs may have.
std::string binary_of(const Entries& entries) {
  const Line& line = entries.required("ServiceBinary");
  const std::string written = entries.inf.field(line, 0);
  std::string_view text = written;
  if (text[0] == '"') {
    text.remove_prefix(1);
    text = text.substr(0, text.find('"'));
  }
  std::string_view rest = text;
  std::string root;
  const std::string folded = fold_case(text);
  if (std::size_t end = text.find('%', 1); text.starts_with('%') && end != std::string_view::npos) {
    if (std::optional<std::uint64_t> id = number_of(text.substr(1, end - 1)))
      root = std::to_string(*id);
    rest = text.substr(end + 1);
  }
  // Windows' own folder, 10, under its other names.
  for (std::string_view prefix : {"%SYSTEMROOT%\\", "%WINDIR%\\", "\\SYSTEMROOT\\"}) {
    if (!folded.starts_with(prefix)) continue;
    root = "10";
    rest = text.substr(prefix.size());
  }
  if (folded.starts_with("SYSTEM32\\")) root = "10";
  const std::string path = entries.inf.path(rest, line.number);
  if (root.empty() || path.empty()) {
    entries.inf.fail(
        line.number,
        fmt::format("ServiceBinary is '{}', which names no file in a directory", clipped(written)),
        "it has to be as %12%\\name.sys or %13%\\name.sys");
  }
  return root + '/' + path;
}

}  // namespace

void read_add_reg(const Inf& inf, const Line& directive, std::vector<RegistryLine>& out) {
  for (std::size_t i = 0; i < directive.fields.size(); ++i) {
    const std::string name = inf.field(directive, i);
    if (name.empty()) continue;
    const Section* section = inf.file().find(name);
    if (section == nullptr) inf.fail_missing(directive.number, "AddReg", name);
    for (const Line& line : inf.lines(*section)) out.push_back(registry_line(inf, line));
  }
}

// AddService = name[, flags[, section[, section of its event log, ...]]]
std::optional<Service> read_service(const Inf& inf, const Line& directive) {
  Service service{.name = inf.field(directive, 0),
                  .display_name = {},
                  .flags = flags_of(inf, directive, 1, "AddService"),
                  .binary = {},
                  .group = {},
                  .dependencies = {},
                  .registry = {},
                  .number = directive.number};
  if (service.name.empty()) return std::nullopt;
  const bool odd = std::any_of(service.name.begin(), service.name.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ';
  });
  if (odd || service.name.size() > 256) {
    inf.fail(directive.number, fmt::format("'{}' is no name of a service", clipped(service.name)),
             "a name has at most 256 characters, none of them / or \\");
  }
  const std::string name = inf.field(directive, 2);
  const Section* section = inf.file().find(name);
  if (section == nullptr) section = inf.decorated(name);
  if (section == nullptr) inf.fail_missing(directive.number, "AddService", name);
  Entries entries{inf, *section, {}};
  for (const Line& line : inf.lines(*section)) {
    if (line.has_key) entries.lines.emplace(fold_case(line.key), &line);
    if (line.has_key && fold_case(line.key) == "ADDREG") read_add_reg(inf, line, service.registry);
  }
  service.display_name = entries.text("DisplayName");
  service.type = entries.number("ServiceType");
  service.start = entries.number("StartType");
  service.error_control = entries.number("ErrorControl");
  service.binary = binary_of(entries);
  service.group = entries.text("LoadOrderGroup");
  if (const Line* line = entries.find("Dependencies")) {
    for (std::size_t i = 0; i < line->fields.size(); ++i) {
      std::string text = inf.field(*line, i);
      if (!text.empty()) service.dependencies.push_back(std::move(text));
    }
  }
  return service;
}

}  // namespace remedia::inf
