// What two manifests have differently: lists are matched entry by entry, everything else by name.
//
// A table says how the entries of each list are told apart and how they are named. Entries of one
// key (a hostile list may have many) are matched too: first those that are equal.

#include "kinds/manifest_diff.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

using nlohmann::json;
using Naming = std::function<std::string(const json&)>;

const json& at(const json& object, const std::string& name) {
  static const json absent;
  auto found = object.find(name);
  return found != object.end() ? *found : absent;
}

std::string text(const json& object, const std::string& name) {
  const json& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// --- objects ------------------------------------------------------------------------------------

using Names = std::set<std::string, std::less<>>;

void add_fields(const json& a, const json& b, const std::string& prefix, const Names& skip,
                std::vector<FieldChange>& changes) {
  Names names;
  for (const json* side : {&a, &b}) {
    if (!side->is_object()) continue;
    for (const auto& [name, value] : side->items()) names.insert(name);
  }
  for (const std::string& name : names) {
    const json& x = at(a, name);
    const json& y = at(b, name);
    if (skip.contains(name) || x == y) continue;
    bool objects = (x.is_object() || x.is_null()) && (y.is_object() || y.is_null());
    bool empty = x.empty() && y.empty();
    if (objects && !empty) {
      add_fields(x, y, prefix + name + ".", {}, changes);
    } else {
      changes.push_back({prefix + name, x, y});
    }
  }
}

std::vector<FieldChange> fields_of(const json& a, const json& b, const Names& skip = {}) {
  std::vector<FieldChange> changes;
  add_fields(a, b, "", skip, changes);
  return changes;
}

Section field_section(std::string name, const json& a, const json& b, const Names& skip = {}) {
  Section section{std::move(name), {}};
  for (FieldChange& field : fields_of(a, b, skip)) {
    section.changes.push_back(
        {.what = std::move(field.name), .a = std::move(field.a), .b = std::move(field.b)});
  }
  return section;
}

// --- lists --------------------------------------------------------------------------------------

struct ListKind {
  const char* name;  // of the section
  Naming key;        // equal for what is the same thing in both
  Naming shown;      // as people know it
  Naming detail;     // what else to say of an entry that only one side has
};

using Entries = std::vector<const json*>;

// Takes out of both what both have alike; n log n however long they are.
void cancel(Entries& a, Entries& b) {
  auto by_text = [](const Entries& entries) {
    std::multimap<std::string, const json*> texts;
    for (const json* entry : entries) texts.emplace(entry->dump(), entry);
    return texts;
  };
  auto left = by_text(a);
  auto right = by_text(b);
  for (auto entry = left.begin(); entry != left.end();) {
    auto same = right.find(entry->first);
    if (same != right.end()) {
      right.erase(same);
      entry = left.erase(entry);
    } else {
      ++entry;
    }
  }
  a.clear();
  b.clear();
  for (const auto& [dump, entry] : left) a.push_back(entry);
  for (const auto& [dump, entry] : right) b.push_back(entry);
}

void add_entry(const ListKind& kind, const json* a, const json* b, Section& section) {
  const json& known = a != nullptr ? *a : *b;
  Change change{.what = kind.shown(known), .entry = true};
  if (a != nullptr && b != nullptr) {
    change.fields = fields_of(*a, *b);
    if (change.fields.empty()) return;
  } else {
    change.detail = kind.detail(known);
  }
  if (a != nullptr) change.a = *a;
  if (b != nullptr) change.b = *b;
  section.changes.push_back(std::move(change));
}

/// Two lists of objects; null is an empty list.
Section list_section(const ListKind& kind, const json& a, const json& b) {
  std::map<std::string, std::pair<Entries, Entries>> groups;
  for (const json& entry : a) groups[kind.key(entry)].first.push_back(&entry);
  for (const json& entry : b) groups[kind.key(entry)].second.push_back(&entry);
  Section section{kind.name, {}};
  for (auto& [key, group] : groups) {
    auto& [left, right] = group;
    if (left.size() > 1 || right.size() > 1) cancel(left, right);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      add_entry(kind, i < left.size() ? left[i] : nullptr, i < right.size() ? right[i] : nullptr,
                section);
    }
  }
  return section;
}

Naming field(const char* name) {
  return [name](const json& entry) { return text(entry, name); };
}

// Windows takes names in other letters for the same.
Naming folded(const char* name) {
  return [name](const json& entry) { return fold_case(text(entry, name)); };
}

std::string bytes(const json& entry) {
  const json& size = at(entry, "size");
  return size.is_number() ? size.dump() + " bytes" : std::string();
}

ListKind files(const char* name) { return {name, folded("path"), field("path"), bytes}; }

std::string registry_key(const json& entry) {
  // A key, and the default value of that key, are two things.
  bool is_key = text(entry, "action").ends_with("_key");
  return fold_case(text(entry, "hive") + "\\" + text(entry, "key") + (is_key ? "\n" : "\n\n") +
                   text(entry, "name"));
}

std::string registry_place(const json& entry) {
  std::string place = text(entry, "hive") + "\\" + text(entry, "key");
  std::string name = text(entry, "name");
  return name.empty() ? place : place + ": " + name;
}

std::string registry_detail(const json& entry) {
  const json& value = at(entry, "value");
  return text(entry, "action") + (value.is_null() ? "" : " " + value.dump());
}

std::string package_name(const json& entry) {
  std::string language = text(entry, "language");
  return text(entry, "name") + (language.empty() ? "" : " " + language);
}

std::string tool_detail(const json& entry) {
  std::string risk = text(entry, "risk");
  return text(entry, "title") + (risk.empty() ? "" : " (risk " + risk + ")");
}

std::string left_out_detail(const json& entry) {
  std::string why = text(entry, "why");
  return text(entry, "outcome") + (why.empty() ? "" : ", " + why);
}

ListKind definitions(const char* name) {
  return {name, field("kind"), field("package"), [](const json& entry) {
            std::string date = text(entry, "date");
            return text(entry, "signature_version") + (date.empty() ? "" : " of " + date);
          }};
}

ListKind symbols(const char* name) {
  return {name, [](const json& e) { return fold_case(text(e, "pdb") + "\n" + text(e, "id")); },
          field("pdb"), field("id")};
}

const std::vector<std::pair<const char*, ListKind>>& lists_of_tier() {
  static const std::vector<std::pair<const char*, ListKind>> table = {
      {"tools", {"tools", field("id"), field("id"), tool_detail}},
      {"forbidden", {"forbidden", folded("pattern"), field("pattern"), [](const json& entry) {
                       return "found " + at(entry, "found").dump();
                     }}}};
  return table;
}

const std::vector<std::pair<const char*, ListKind>>& lists_of_image() {
  static const std::vector<std::pair<const char*, ListKind>> table = {
      {"back_doors",
       {"back_doors", field("name"), field("name"),
        [](const json& entry) { return at(entry, "open") == true ? "open" : "shut"; }}},
      {"files", files("files")},
      {"removed", files("removed")},
      {"left_elsewhere",
       {"left_elsewhere", folded("path"), field("path"),
        [](const json& entry) { return "has what was removed as " + text(entry, "removed"); }}},
      {"registry", {"registry", registry_key, registry_place, registry_detail}},
      {"drivers", {"drivers", folded("inf"), field("inf"), field("version")}},
      {"drivers_left_out",
       {"drivers_left_out", folded("origin"), field("origin"), left_out_detail}},
      {"definitions", definitions("definitions")},
      {"symbols", symbols("symbols")},
      {"symbols_missing", symbols("symbols_missing")},
      {"inputs", {"inputs", field("path"), field("path"), bytes}}};
  return table;
}

// --- images and volumes -------------------------------------------------------------------------

class Sections {
 public:
  void add(Section section) {
    if (!section.changes.empty()) sections_.push_back(std::move(section));
  }
  std::vector<Section> take() { return std::move(sections_); }

 private:
  std::vector<Section> sections_;
};

std::vector<Section> image_sections(const json& a, const json& b) {
  Sections sections;
  Names apart = {"tier", "base", "debuggers"};
  for (const auto& [name, kind] : lists_of_image()) apart.insert(name);
  sections.add(field_section("settings", a, b, apart));
  const json& tier_a = at(a, "tier");
  const json& tier_b = at(b, "tier");
  sections.add(field_section("tier", tier_a, tier_b, {"tools", "forbidden"}));
  for (const auto& [name, kind] : lists_of_tier())
    sections.add(list_section(kind, at(tier_a, name), at(tier_b, name)));
  for (const auto& [name, kind] : lists_of_image())
    sections.add(list_section(kind, at(a, name), at(b, name)));
  const json& kit_a = at(a, "debuggers");
  const json& kit_b = at(b, "debuggers");
  sections.add(field_section("debuggers", kit_a, kit_b, {"files"}));
  const json& base_a = at(a, "base");
  const json& base_b = at(b, "base");
  sections.add(field_section("base", base_a, base_b, {"packages"}));
  sections.add(list_section({"packages", [](const json& e) { return fold_case(package_name(e)); },
                             package_name, field("version")},
                            at(base_a, "packages"), at(base_b, "packages")));
  return sections.take();
}

std::vector<Section> volume_sections(const json& a, const json& b) {
  Sections sections;
  sections.add(field_section("settings", a, b, {"files", "partitions"}));
  sections.add(list_section(files("files"), at(a, "files"), at(b, "files")));
  static const json none;
  const json& left = at(a, "partitions");
  const json& right = at(b, "partitions");
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const json& x = i < left.size() ? left[i] : none;
    const json& y = i < right.size() ? right[i] : none;
    std::string name = fmt::format("partition {}", i + 1);
    sections.add(field_section(name, x, y, {"files", "definitions", "symbols", "symbols_missing"}));
    std::string files_name = name + " files";
    sections.add(list_section(files(files_name.c_str()), at(x, "files"), at(y, "files")));
    std::string definitions_name = name + " definitions";
    sections.add(list_section(definitions(definitions_name.c_str()), at(x, "definitions"),
                              at(y, "definitions")));
    for (std::string list : {"symbols", "symbols_missing"}) {
      std::string title = name + " " + list;
      sections.add(list_section(symbols(title.c_str()), at(x, list), at(y, list)));
    }
  }
  return sections.take();
}

using Compare = std::vector<Section> (*)(const json&, const json&);

std::vector<PartChanges> parts_of(const json& a, const json& b, const Naming& key, const char* name,
                                  Compare sections_of) {
  std::map<std::string, std::pair<Entries, Entries>> groups;
  for (const json& part : a) groups[key(part)].first.push_back(&part);
  for (const json& part : b) groups[key(part)].second.push_back(&part);
  std::vector<PartChanges> parts;
  for (auto& [ignored, group] : groups) {
    auto& [left, right] = group;
    if (left.size() > 1 || right.size() > 1) cancel(left, right);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      PartChanges part;
      if (i < left.size()) part.a = text(*left[i], name);
      if (i < right.size()) part.b = text(*right[i], name);
      if (part.a && part.b) {
        part.sections = sections_of(*left[i], *right[i]);
        if (part.sections.empty()) continue;
      }
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

// What one word of the language made, if it made one of it in both: helpdesk.iso and l2.iso are the
// same thing in two builds.
Naming kind_or_file(const json& a, const json& b) {
  std::set<std::string> several;
  for (const json* list : {&a, &b}) {
    std::set<std::string> once;
    for (const json& entry : *list) {
      std::string kind = text(entry, "kind");
      if (!once.insert(kind).second) several.insert(kind);
    }
  }
  return [several](const json& entry) {
    std::string kind = text(entry, "kind");
    return several.contains(kind) ? "file " + text(entry, "file") : "kind " + kind;
  };
}

// Parameters by their own names, beside what else is given from outside.
json given(const json& manifest) {
  json values = {{"clock", at(manifest, "clock")}};
  values["parameters"] = at(manifest, "parameters");
  return values;
}

}  // namespace

ManifestDiff compare(const Manifest& left, const Manifest& right) {
  const json& a = left.content;
  const json& b = right.content;
  ManifestDiff diff{left.file, right.file, {}, {}, {}};
  Sections sections;
  sections.add(field_section("parameters", given(a), given(b)));
  sections.add(field_section(
      "recipe", a, b, {"clock", "parameters", "versions", "artifacts", "images", "volumes"}));
  sections.add(field_section("versions", a.at("versions"), b.at("versions")));
  const json& artifacts_a = a.at("artifacts");
  const json& artifacts_b = b.at("artifacts");
  sections.add(
      list_section({"artifacts", kind_or_file(artifacts_a, artifacts_b), field("file"), bytes},
                   artifacts_a, artifacts_b));
  diff.sections = sections.take();

  bool one_each = a.at("images").size() == 1 && b.at("images").size() == 1;
  Naming image_key = one_each ? [](const json&) { return std::string(); } : field("name");
  diff.images = parts_of(a.at("images"), b.at("images"), image_key, "name", image_sections);
  diff.volumes = parts_of(a.at("volumes"), b.at("volumes"),
                          kind_or_file(a.at("volumes"), b.at("volumes")), "file", volume_sections);
  return diff;
}

}  // namespace remedia::kinds
