// The differences of two manifests, written down: for people, and as JSON for scripts.
//
// Nothing of a manifest reaches a terminal as it is: it may hold what steers one.

#include "kinds/manifest_diff.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <map>

namespace remedia::kinds {

namespace {

using nlohmann::json;

// --- for people ---------------------------------------------------------------------------------

std::string value_text(const json& value) {
  return value.is_null() ? "(none)" : printable(value.dump());
}

// Of lists such as languages or programs, what came and what went.
std::string list_text(const json& a, const json& b) {
  std::map<std::string, int> count;  // how many more B has
  for (const json& item : a) --count[item.dump()];
  for (const json& item : b) ++count[item.dump()];
  std::string text;
  for (const auto& [item, more] : count) {
    for (int i = 0; i < std::abs(more); ++i)
      text += fmt::format(" {}{}", more < 0 ? '-' : '+', printable(item));
  }
  return text.empty() ? " in another order" : text;
}

std::string change_text(const json& a, const json& b) {
  if (a.is_array() && b.is_array()) return list_text(a, b);
  return fmt::format(" {} -> {}", value_text(a), value_text(b));
}

bool is_digest(const std::string& field) { return field == "sha256" || field == "sha1"; }

std::string size_text(const Change& change) {
  json a = change.a.value("size", json());
  json b = change.b.value("size", json());
  if (a == b) return a.is_null() ? "" : fmt::format(" ({} bytes)", a.dump());
  return fmt::format(" ({} -> {} bytes)", value_text(a), value_text(b));
}

// One line for each field; digest and size together are one.
std::string entry_lines(const Change& change) {
  std::string what = printable(change.what);
  bool content = std::any_of(change.fields.begin(), change.fields.end(),
                             [](const FieldChange& field) { return is_digest(field.name); });
  std::string lines;
  if (content) lines = fmt::format("~ {}: other content{}\n", what, size_text(change));
  for (const FieldChange& field : change.fields) {
    if (content && (is_digest(field.name) || field.name == "size")) continue;
    lines +=
        fmt::format("~ {}: {}{}\n", what, printable(field.name), change_text(field.a, field.b));
  }
  return lines;
}

std::string change_lines(const Change& change) {
  if (!change.fields.empty()) return entry_lines(change);
  std::string line = fmt::format("{} {}", change.sign(), printable(change.what));
  if (change.sign() == '~') return line + ":" + change_text(change.a, change.b) + "\n";
  // A field has its value to show, an entry what its kind says of it.
  std::string more = printable(change.detail);
  if (!change.entry) more = value_text(change.a.is_null() ? change.b : change.a);
  return line + (more.empty() ? "" : ": " + more) + "\n";
}

std::string section_text(const std::string& title, const Section& section) {
  std::string text = fmt::format("\n{}\n", title);
  for (const Change& change : section.changes) text += change_lines(change);
  return text;
}

std::string parts_text(const char* word, const std::vector<PartChanges>& parts) {
  std::string alone;
  std::string text;
  for (const PartChanges& part : parts) {
    if (!part.a || !part.b) {
      alone += fmt::format("{} {}\n", part.a ? '-' : '+', printable(part.a ? *part.a : *part.b));
      continue;
    }
    std::string title = fmt::format("{} {}", word, printable(*part.a));
    if (part.a != part.b) title += " -> " + printable(*part.b);
    for (const Section& section : part.sections)
      text += section_text(title + ": " + section.name, section);
  }
  if (!alone.empty()) alone = fmt::format("\n{}s\n{}", word, alone);
  return alone + text;
}

// --- for scripts --------------------------------------------------------------------------------

json sides(const json& a, const json& b) {
  json both = json::object();
  if (!a.is_null()) both["a"] = a;
  if (!b.is_null()) both["b"] = b;
  return both;
}

json change_json(const Change& change) {
  json out = {{"change", std::string(1, change.sign())}, {"what", change.what}};
  if (change.fields.empty()) {
    out.update(sides(change.a, change.b));
    return out;
  }
  out["fields"] = json::object();
  for (const FieldChange& field : change.fields)
    out["fields"][field.name] = sides(field.a, field.b);
  return out;
}

void add_sections(json& out, const std::vector<Section>& sections) {
  for (const Section& section : sections) {
    json& changes = out[section.name] = json::array();
    for (const Change& change : section.changes) changes.push_back(change_json(change));
  }
}

void add_parts(json& out, const char* name, const std::vector<PartChanges>& parts) {
  if (parts.empty()) return;
  json& list = out[name] = json::array();
  for (const PartChanges& part : parts) {
    json entry = json::object();
    if (part.a) entry["a"] = *part.a;
    if (part.b) entry["b"] = *part.b;
    add_sections(entry, part.sections);
    list.push_back(std::move(entry));
  }
}

}  // namespace

std::string text_of(const ManifestDiff& diff) {
  if (diff.same()) return {};
  std::string text = fmt::format("--- {}\n+++ {}\n", printable(diff.a), printable(diff.b));
  for (const Section& section : diff.sections) text += section_text(section.name, section);
  return text + parts_text("image", diff.images) + parts_text("volume", diff.volumes);
}

std::string json_of(const ManifestDiff& diff) {
  json out = {{"a", diff.a}, {"b", diff.b}};
  add_sections(out, diff.sections);
  add_parts(out, "images", diff.images);
  add_parts(out, "volumes", diff.volumes);
  return out.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace remedia::kinds
