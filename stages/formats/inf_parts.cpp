#include "formats/inf_parts.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::inf {

namespace {

constexpr std::size_t kMaxWarnings = 1000;
constexpr std::size_t kMaxQuoted = 80;
constexpr std::size_t kMaxCandidates = 2000;  // to look for a name that may be meant

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

[[noreturn]] void fail_too_large(const Inf& inf) {
  inf.fail(0, "it is too large: its sections name each other too often",
           "is it the INF of a driver? name the right file");
}

std::string did_you_mean_section(const File& file, std::string_view name) {
  std::vector<std::string> names;
  for (const Section& section : file.sections()) {
    if (section.name.size() <= kMaxQuoted && names.size() < kMaxCandidates)
      names.push_back(section.name);
  }
  return name.size() <= kMaxQuoted ? did_you_mean(name, names) : "";
}

}  // namespace

std::string clipped(std::string_view text) {
  std::string out(text.substr(0, kMaxQuoted));
  if (text.size() > kMaxQuoted) {
    // Not in the middle of a character.
    std::size_t end = kMaxQuoted;
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
    out.resize(end);
    out += "...";
  }
  std::replace_if(out.begin(), out.end(), is_control, '?');
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.empty()) return std::nullopt;
  const std::uint64_t base = hex ? 16 : 10;
  std::uint64_t value = 0;
  for (char c : text) {
    std::uint64_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
    if (hex && c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a' + 10);
    if (hex && c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A' + 10);
    if (digit >= base || value > (~std::uint64_t{0} - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::string Inf::text(std::string_view raw) const {
  std::string out = file_->expanded(raw);
  if (out.size() > work_->text_left) fail_too_large(*this);
  work_->text_left -= out.size();
  return out;
}

std::string Inf::field(const Line& line, std::size_t index) const {
  return index < line.fields.size() ? text(line.fields[index]) : std::string();
}

void Inf::spend(std::size_t lines) const {
  if (lines > work_->lines_left) fail_too_large(*this);
  work_->lines_left -= lines;
}

const std::vector<Line>& Inf::lines(const Section& section) const {
  spend(section.lines.size());
  return section.lines;
}

const Section* Inf::decorated(std::string_view name) const {
  for (const std::string& suffix : {".NT" + target().arch, std::string(".NT"), std::string()}) {
    const Section* section = file_->find(std::string(name) + suffix);
    if (section != nullptr) return section;
  }
  return nullptr;
}

std::vector<const Section*> Inf::by_arch(std::string_view kind) const {
  std::vector<const Section*> found;
  for (const std::string& name : {std::string(kind) + '.' + target().arch, std::string(kind)}) {
    if (const Section* section = file_->find(name)) found.push_back(section);
  }
  return found;
}

void Inf::fail(std::size_t line, std::string message, std::string hint) const {
  throw Failure(
      Diagnostic{.message = std::move(message),
                 .where = {.name = file_->shown(), .file = {}, .line = static_cast<int>(line)},
                 .hint = std::move(hint)});
}

void Inf::fail_missing(std::size_t line, std::string_view what, std::string_view section) const {
  std::string hint = did_you_mean_section(*file_, section);
  if (hint.empty()) hint = "Windows refuses such an INF; ask the vendor for another version";
  fail(line, fmt::format("{} names a section [{}], which is not there", what, clipped(section)),
       std::move(hint));
}

void Inf::warn(std::size_t line, std::string text) const {
  if (work_->driver.warnings.size() >= kMaxWarnings) return;
  if (file_ != &work_->main) text = fmt::format("{}:{}: {}", file_->shown(), line, text);
  work_->driver.warnings.push_back({file_ == &work_->main ? line : 0, std::move(text)});
}

std::string Inf::path(std::string_view text, std::size_t line) const {
  constexpr auto hint = "ask the vendor for a sound package, or correct the INF";
  if (text.starts_with("\\\\") || text.starts_with("//"))
    fail(line, fmt::format("'{}' is a path of another computer", clipped(text)), hint);
  for (char c : text) {
    if (!is_control(c) && std::string_view("<>:\"|?*").find(c) == std::string_view::npos) continue;
    fail(line,
         fmt::format("'{}' cannot be a path in a package: it has {}", clipped(text),
                     c == ':' ? "a drive letter" : "a character that no name of Windows has"),
         hint);
  }
  std::string out;
  for (std::size_t start = 0; start <= text.size();) {
    std::size_t end = std::min(text.find_first_of("\\/", start), text.size());
    std::string_view name = text.substr(start, end - start);
    start = end + 1;
    if (name == "..") fail(line, fmt::format("'{}' leads out of the package", clipped(text)), hint);
    if (name.empty() || name == ".") continue;
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

}  // namespace remedia::inf
