// What the parts of inf::describe() share. For formats/inf_*.cpp alone.
#pragma once

#include "formats/inf_driver.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::inf {

/// One describe(): what it makes, and how much it may still do. An INF of a few kilobytes can name
/// one section from thousands of places; the limits are far above what vendors write.
struct Work {
  const File& main;
  const Target& target;
  Driver& driver;
  std::size_t lines_left = 2'000'000;   ///< lines of sections, counted whenever one is read
  std::size_t text_left = 128u << 20u;  ///< bytes of all texts together
};

/// `text` for a message: of bearable length, without control characters.
std::string clipped(std::string_view text);

/// An INF during one describe().
class Inf {
 public:
  Inf(const File& file, Work& work) : file_(&file), work_(&work) {}

  const File& file() const { return *file_; }
  const Target& target() const { return work_->target; }
  Driver& driver() const { return work_->driver; }

  /// With strings put in, and counted.
  std::string text(std::string_view raw) const;
  /// The same of a field; "" if the line has not so many.
  std::string field(const Line& line, std::size_t index) const;
  /// Counts work that is no line of a section.
  void spend(std::size_t lines) const;
  /// The lines of a section, counted.
  const std::vector<Line>& lines(const Section& section) const;

  /// Of `name.NTarch`, `name.NT` and `name` the first that there is; else null.
  const Section* decorated(std::string_view name) const;
  /// The section `kind.arch` ("SourceDisksFiles.amd64"), then `kind`, as far as there.
  std::vector<const Section*> by_arch(std::string_view kind) const;

  [[noreturn]] void fail(std::size_t line, std::string message, std::string hint) const;
  /// `what` names [section], which is not there.
  [[noreturn]] void fail_missing(std::size_t line, std::string_view what,
                                 std::string_view section) const;
  void warn(std::size_t line, std::string text) const;

  /// A path below some folder, with '/' between names. Fails if it may climb out of it or is none.
  std::string path(std::string_view text, std::size_t line) const;

 private:
  const File* file_;
  Work* work_;
};

/// Decimal, or hexadecimal after 0x.
std::optional<std::uint64_t> number_of(std::string_view text);

/// inf_target.cpp: what [Manufacturer] offers to the target.
struct Choice {
  Fit fit = Fit::no_devices;
  std::string why;
  std::vector<const Section*> models;      ///< one per manufacturer that has devices
  std::vector<std::string> architectures;  ///< that have Models, sorted
};
Choice choose_models(const Inf& inf);
/// A token of templates (.inx) that nothing has replaced, and its line; "" if there is none.
std::pair<std::string, std::size_t> unfilled_token(const File& file);

/// inf_files.cpp: the closure.
class Files {
 public:
  /// A CopyFiles entry.
  void copy(const Inf& inf, const Line& directive);
  /// A CopyINF entry.
  void copy_inf(const Inf& inf, const Line& directive);
  /// Everything that the tables list and that nothing copied, into Driver::listed_files.
  void list_rest(const Inf& inf);

 private:
  struct Disk {
    std::string path;
    std::string cabinet;
  };
  struct Listed {
    std::string name;
    std::string disk;
    std::string folder;
    std::size_t number = 0;
  };
  /// The tables of one INF, by folded names.
  struct Tables {
    std::map<std::string, Disk> disks;
    std::map<std::string, Listed> files;
    std::map<std::string, std::string> targets;  ///< "12/sub" by name of a CopyFiles section
    bool has_layout = false;
    bool warned = false;
  };

  Tables& tables(const Inf& inf);
  static void read_disks(const Inf& inf, Tables& tables);
  static void read_files(const Inf& inf, Tables& tables);
  static void read_targets(const Inf& inf, Tables& tables);
  static std::string target_of(const Inf& inf, Tables& tables, const std::string& section,
                               std::size_t line);
  /// Where in the package a file lies that the tables of an INF have.
  SourceFile located(const Inf& inf, const std::string& name, const Listed& entry, bool copied);
  void copy_section(const Inf& inf, const Section& section);
  void add(const Inf& inf, const std::string& name, const std::string& target, std::size_t line);
  /// Where in Driver::files each path is.
  std::map<std::string, std::size_t> places_;

  std::map<const File*, Tables> tables_;
  std::set<std::pair<const File*, std::string>> done_;  ///< sections
  std::set<std::string> infs_;
};

/// inf_services.cpp. An AddService entry; nothing for the one that says "no service".
std::optional<Service> read_service(const Inf& inf, const Line& directive);
/// The lines of the sections that an AddReg entry names.
void read_add_reg(const Inf& inf, const Line& directive, std::vector<RegistryLine>& out);

}  // namespace remedia::inf
