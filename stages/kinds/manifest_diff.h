// `remedia diff A B`: what two manifests have differently.
//
// Whatever differs is found, also in fields that are not known here: that nothing is reported means
// that nothing differs. A field that is null counts as absent.
#pragma once

#include "kinds/manifest_read.h"

#include <optional>
#include <string>
#include <vector>

namespace remedia::kinds {

/// One field; null where it is absent.
struct FieldChange {
  std::string name;
  nlohmann::json a, b;
};

/// One thing, such as a tool: only in A (then `b` is null), only in B, or different.
struct Change {
  std::string what;       ///< its name: an id, a path, a field
  nlohmann::json a = {};  ///< all of it
  nlohmann::json b = {};
  std::vector<FieldChange> fields = {};  ///< of an entry that both have; none if it is a value
  bool entry = false;                    ///< of a list; else a field
  std::string detail = {};               ///< in a few words, for an entry that one side has

  char sign() const { return b.is_null() ? '-' : a.is_null() ? '+' : '~'; }
};

struct Section {
  std::string name;  ///< "tools"
  std::vector<Change> changes;
};

/// Sections of an image or a volume, by its names in A and B. Where only one manifest has it, the
/// other name is absent, and there are no sections.
struct PartChanges {
  std::optional<std::string> a, b;
  std::vector<Section> sections;
};

/// Sections and parts that do not differ are left out.
struct ManifestDiff {
  std::string a, b;  ///< the files
  std::vector<Section> sections;
  std::vector<PartChanges> images;
  std::vector<PartChanges> volumes;

  bool same() const { return sections.empty() && images.empty() && volumes.empty(); }
};

/// Images are matched by name (one each: whatever their names), volumes and artifacts by the word
/// that made them (several of a word: by file), paths as Windows compares them.
ManifestDiff compare(const Manifest& a, const Manifest& b);

/// For people; empty if nothing differs. One line each: "- " only in A, "+ " only in B, "~ "
/// different.
std::string text_of(const ManifestDiff& diff);

/// For scripts, the same: {"a": FILE, "b": FILE, "parameters": [...], "images": [{"a": NAME, "b":
/// NAME, "tools": [{"change": "~", "what": ID, "fields": {"risk": {"a": ..., "b": ...}}}]}], ...}.
/// ASCII only.
std::string json_of(const ManifestDiff& diff);

}  // namespace remedia::kinds
