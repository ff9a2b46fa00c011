// Which Models sections of an INF are for a target: "INF Manufacturer Section", and, for what a
// decoration without an architecture means, "Creating INF Files for Multiple Platforms and
// Operating Systems".
#include "formats/inf_parts.h"
#include "formats/win_names.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace remedia::inf {

namespace {

// Builds of Windows read the build part of a decoration since this one.
constexpr int kFirstBuildPart = 14310;

/// NT[arch][.[major][.[minor][.[product][.[suite][.[build]]]]]]
struct Decoration {
  std::string arch;  // "amd64"; "" if it names none
  std::array<std::optional<std::uint64_t>, 5> parts;

  std::uint64_t part(std::size_t index) const { return parts[index].value_or(0); }
  std::uint64_t build() const { return part(4); }
  // The greatest of what fits is what Windows takes.
  auto rank() const {
    return std::tuple(part(0), part(1), build(), parts[2].has_value(), !arch.empty());
  }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "": the undecorated section. Nothing for what is no decoration.
std::optional<Decoration> decoration_of(std::string_view text) {
  Decoration result;
  if (text.empty()) return result;
  std::size_t dot = std::min(text.find('.'), text.size());
  const std::string platform = lower(text.substr(0, dot));
  if (!platform.starts_with("nt")) return std::nullopt;
  result.arch = platform.substr(2);
  for (std::optional<std::uint64_t>& part : result.parts) {
    if (dot >= text.size()) return result;
    text.remove_prefix(dot + 1);
    dot = std::min(text.find('.'), text.size());
    std::string_view digits = text.substr(0, dot);
    if (digits.empty()) continue;
    part = number_of(digits);
    if (!part) return std::nullopt;
  }
  if (dot < text.size()) return std::nullopt;
  return result;
}

// On 64-bit Windows sections without an architecture have not counted since Windows Server 2003.
std::string arch_of(const Decoration& decoration) {
  return decoration.arch.empty() ? "x86" : decoration.arch;
}

bool fits(const Decoration& decoration, const Target& target) {
  if (arch_of(decoration) != target.arch) return false;
  auto number = [](int value) { return static_cast<std::uint64_t>(std::max(value, 0)); };
  auto wanted = std::tuple(decoration.part(0), decoration.part(1), decoration.build());
  if (wanted > std::tuple(number(target.major), number(target.minor), number(target.build)))
    return false;
  if (decoration.parts[2] && *decoration.parts[2] != number(target.product_type)) return false;
  if (decoration.part(3) != 0) return false;  // Windows PE belongs to no product suite
  return !decoration.parts[4] || target.build >= kFirstBuildPart;
}

/// A line of [Manufacturer], read.
struct Offer {
  std::string name;  // of the section
  Decoration decoration;
};

std::vector<Offer> offers_of(const Inf& inf, const Line& line) {
  const std::string models = inf.field(line, 0);
  std::vector<Offer> offers = {{models, {}}};
  for (std::size_t i = 1; i < line.fields.size(); ++i) {
    const std::string text = inf.field(line, i);
    if (text.empty()) continue;
    if (std::optional<Decoration> decoration = decoration_of(text)) {
      offers.push_back({models + "." + text, *decoration});
    } else {
      inf.warn(line.number, fmt::format("[Manufacturer] has '{}', which is no version of Windows; "
                                        "it is ignored",
                                        clipped(text)));
    }
  }
  return offers;
}

bool has_lines(const Section* section) { return section != nullptr && !section->lines.empty(); }

/// What all the lines of [Manufacturer] together come to.
class Chooser {
 public:
  explicit Chooser(const Inf& inf) : inf_(inf) {}

  void line(const Line& line) {
    const Offer* best = nullptr;
    const std::vector<Offer> offers = offers_of(inf_, line);
    for (const Offer& offer : offers) {
      const Section* section = inf_.file().find(offer.name);
      // The undecorated section need not be there; a decoration that is named counts nonetheless.
      if (&offer == &offers.front() && section == nullptr) continue;
      if (has_lines(section)) architectures_.insert(arch_of(offer.decoration));
      if (arch_of(offer.decoration) == inf_.target().arch) nearest_ = offer.name;
      if (!fits(offer.decoration, inf_.target())) continue;
      if (best == nullptr || offer.decoration.rank() > best->decoration.rank()) best = &offer;
    }
    if (best == nullptr) return;
    const Section* section = inf_.file().find(best->name);
    if (!has_lines(section)) {
      empty_ = best->name;
    } else if (taken_.insert(section).second) {
      choice_.models.push_back(section);
    }
  }

  Choice choice() {
    choice_.architectures.assign(architectures_.begin(), architectures_.end());
    choice_.fit = fit();
    choice_.why = why();
    return choice_;
  }

 private:
  Fit fit() const {
    if (!choice_.models.empty()) return Fit::serves;
    if (!empty_.empty() || !nearest_.empty()) return Fit::no_section;
    return architectures_.empty() ? Fit::no_devices : Fit::other_architecture;
  }

  std::string why() const {
    const Target& target = inf_.target();
    switch (choice_.fit) {
      case Fit::other_architecture:
        return fmt::format("it is not for {} (for {})", target.arch,
                           clipped(fmt::format("{}", fmt::join(choice_.architectures, ", "))));
      case Fit::no_section:
        if (!empty_.empty()) {
          return fmt::format(
              "its section [{}] for this Windows is empty or missing, which says "
              "that there is no driver for it",
              clipped(empty_));
        }
        return fmt::format("it has no section for Windows {}.{}.{} (but [{}])", target.major,
                           target.minor, target.build, clipped(nearest_));
      case Fit::no_devices:
        return "it names no devices: [Manufacturer] is empty or missing";
      default:
        return {};
    }
  }

  const Inf& inf_;
  Choice choice_;
  std::set<std::string> architectures_;
  std::set<const Section*> taken_;
  std::string empty_;    // a section that was chosen and has no lines
  std::string nearest_;  // a section for the architecture
};

bool starts_word(std::string_view text, std::size_t at) {
  if (at == 0) return true;
  char c = text[at - 1];
  return !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_';
}

// `$ARCH$` and the like, which stampinf fills in; with `all` also the INX_ of virtio's drivers.
std::string unfilled(std::string_view text, bool all) {
  for (std::string_view token : {"$ARCH$", "$KMDFVERSION$", "$UMDFVERSION$",
                                 "$KMDFCOINSTALLERVERSION$", "$UMDFCOINSTALLERVERSION$"}) {
    if (text.find(token) != std::string_view::npos) return std::string(token);
  }
  for (std::size_t at = text.find("INX_"); all && at != std::string_view::npos;
       at = text.find("INX_", at + 1)) {
    if (!starts_word(text, at)) continue;
    std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", at);
    return std::string(text.substr(at, std::min(end, text.size()) - at));
  }
  return {};
}

}  // namespace

Choice choose_models(const Inf& inf) {
  Chooser chooser(inf);
  if (const Section* manufacturers = inf.file().find("Manufacturer")) {
    for (const Line& line : inf.lines(*manufacturers)) chooser.line(line);
  }
  return chooser.choice();
}

std::pair<std::string, std::size_t> unfilled_token(const File& file) {
  for (const Section& section : file.sections()) {
    if (std::string token = unfilled(section.name, true); !token.empty())
      return {token, section.number};
    const std::string name = fold_case(section.name);
    if (name == "STRINGS" || name.starts_with("STRINGS.")) continue;
    const bool all = name == "MANUFACTURER" || name == "VERSION" || name == "DESTINATIONDIRS" ||
                     name.starts_with("SOURCEDISKS");
    for (const Line& line : section.lines) {
      std::string token = unfilled(line.key, all);
      for (std::size_t i = 0; token.empty() && i < line.fields.size(); ++i)
        token = unfilled(line.fields[i], all);
      if (!token.empty()) return {token, line.number};
    }
  }
  return {};
}

}  // namespace remedia::inf
