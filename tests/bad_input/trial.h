// One thing that is wrong, from the recipe to the report, and back.
//
// A build that cannot succeed says one thing, at the right place, leaves nothing half done, keeps
// what was whole, and changes nothing of the user's. When the cause is mended, the next build makes
// what a clean one makes.
#pragma once

#include "bad_input/media.h"
#include "incremental/space.h"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace remedia {

/// What a user is told.
struct Complaint {
  std::string under = {};  ///< what the caret underlines; empty: no recipe line is shown
  std::vector<std::string> says = {};  ///< parts of the report: the fact, the next step
  int line = 1;                        ///< of recipes/r.lua
};

/// A project whose medium, @media/win.iso, is in it and may be spoilt.
class Trial : public Space {
 public:
  Trial();

  fs::path medium() const { return *this / "media/win.iso"; }
  /// The medium becomes a folder, @media/win, to be changed and then named or packed.
  fs::path unpacked() const;
  /// What a medium is mended with.
  void put_good_medium() const;
  /// The whole recipe, from the fields of `source` and of `wim` but for its name and base.
  void recipe(std::string_view source, std::string_view wim = R"(overlays = { "common" })") const;

  /// Builds, which must fail exactly so.
  void refuses(const Complaint& complaint);
  /// Builds, twice: after what was before, and from nothing. Both give the same.
  void builds();

  /// From now on every command is run by a user who may do nothing in particular. What is below the
  /// project belongs to him.
  void become_nobody();

  nlohmann::json manifest() const;
  /// What is left below OUT of stages that ended in the middle.
  std::vector<std::string> leftovers() const;

  std::size_t products = 3;  ///< files that a whole build makes

 private:
  void check_report(const Complaint& complaint) const;
};

/// Names the cases of a table.
constexpr auto kByName = [](const auto& test) { return std::string(test.param.name); };

constexpr std::string_view kWinre = R"(media = "@media/win.iso", image = "winre")";

/// Of the files in a manifest.
std::vector<std::string> paths_in(const nlohmann::json& files);

}  // namespace remedia
