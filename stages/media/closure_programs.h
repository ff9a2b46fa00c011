// Files of an image as the closure check sees them: paths, what programs say about themselves, and
// which libraries stand behind API sets. Only the files of media/closure* need this.
#pragma once

#include "formats/api_set.h"
#include "formats/pe_imports.h"
#include "media/closure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::closure {

using Folders = std::vector<std::string>;

constexpr std::string_view kSystem32 = "Windows/System32";

template <typename List>
bool contains(const List& list, std::string_view item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

std::string join(std::string_view folder, std::string_view name);
std::string in_system32(std::string_view name);
std::string folder_of(std::string_view path);
std::string_view name_of(std::string_view path);
/// Folded, with its dot; empty if it has none.
std::string extension_of(std::string_view path);
/// The given folders, then those in which Windows looks for all programs.
Folders search_order(Folders own);

enum class Kind { program, library, driver, firmware };

struct Program {
  std::string damage;  ///< empty: the rest is known
  bool too_large = false;
  pe::Header header;
  pe::Imports imports;

  bool sound() const { return damage.empty() && !too_large; }
  bool is_for(std::string_view architecture) const {
    return header.architecture == architecture || imports.any_cpu;
  }
  Kind kind() const;
};

/// Reads each program once.
class Programs {
 public:
  explicit Programs(const Plan& plan) : plan_(plan) {}
  const Program& of(const Plan::File& file);

 private:
  void read(const Plan::File& file, Program& program) const;

  const Plan& plan_;
  std::map<const Plan::File*, Program> read_;
};

/// The table of API sets of an image, which is read when it is first asked for.
class ApiSets {
 public:
  explicit ApiSets(const Plan& plan) : plan_(plan) {}

  struct Answer {
    bool trusted = false;             ///< taken for good: nothing can be known
    std::optional<std::string> host;  ///< empty: Windows does not have the set; none: it is a file
  };
  Answer find(std::string_view library, std::string_view importer);

  /// Why the table, if there is one, could not be read; nothing before it was asked for.
  const std::optional<Finding>& unread() const { return unread_; }

 private:
  void read();

  const Plan& plan_;
  bool is_read_ = false;
  std::optional<api_set::Schema> schema_;
  std::optional<Finding> unread_;
};

}  // namespace remedia::closure
