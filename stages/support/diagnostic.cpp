#include "support/diagnostic.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>

namespace remedia {

namespace {

std::string_view label(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t substitute = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substitute});
    }
  }
  return row.back();
}

std::string source_line(const Location& where) {
  std::ifstream in(where.file);
  std::string line;
  for (int i = 0; i < where.line; ++i) {
    if (!std::getline(in, line)) return {};
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

// Tabs are kept in the padding, so that the caret stands under its word whatever their width.
std::string padding(std::string_view line, int column) {
  std::string pad;
  for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(column); ++i) {
    pad += i < line.size() && line[i] == '\t' ? '\t' : ' ';
  }
  return pad;
}

std::string quote_source(const Location& where, std::string_view hint) {
  if (where.line == 0) return {};
  std::string line = source_line(where);
  if (line.empty()) return {};
  std::string text = fmt::format("{:5} | {}\n", where.line, line);
  if (where.column > 0) {
    text += fmt::format("      | {}^{}", padding(line, where.column),
                        std::string(static_cast<std::size_t>(std::max(where.width, 1)) - 1, '~'));
    if (!hint.empty()) text += fmt::format(" {}", hint);
    text += '\n';
  }
  return text;
}

}  // namespace

Failure::Failure(Diagnostic diagnostic) : Failure(std::vector<Diagnostic>{std::move(diagnostic)}) {}

Failure::Failure(std::vector<Diagnostic> diagnostics) : diagnostics_(std::move(diagnostics)) {
  for (const Diagnostic& d : diagnostics_) {
    if (!what_.empty()) what_ += '\n';
    what_ += d.message;
  }
}

void fail_errno(int error, std::string_view what, const std::filesystem::path& path) {
  Diagnostic d{.message = fmt::format("cannot {} '{}': {}", what, path.string(), strerror(error))};
  if (error == ENOSPC) d.hint = "free some space on that file system and run the build again";
  if (error == EFBIG)
    d.hint = "a limit for files is in force (ulimit -f), or that file system has one";
  if (error == EACCES || error == EROFS)
    d.hint = "this user may not do that; see the owner and mode";
  throw Failure(std::move(d));
}

void fail_damaged(const std::filesystem::path& file) {
  throw Failure(Diagnostic{.message = fmt::format("'{}' is damaged", file.string()),
                           .hint = "delete it (below OUT) and run the build again"});
}

std::string with_replaced(std::string text, std::string_view from, std::string_view to) {
  if (from.empty()) return text;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::size_t best = std::min<std::size_t>(4, word.size() / 2 + 1);
  std::string found;
  for (const std::string& candidate : candidates) {
    std::size_t d = distance(word, candidate);
    if (d < best) {
      best = d;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  std::string found = nearest(word, candidates);
  return found.empty() ? "" : fmt::format("did you mean '{}'?", found);
}

std::string render(const Diagnostic& d) {
  std::string text;
  if (!d.where.name.empty()) {
    text = d.where.name;
    if (d.where.line > 0) text += fmt::format(":{}", d.where.line);
    if (d.where.column > 0) text += fmt::format(":{}", d.where.column);
    text += ": ";
  } else {
    text = "remedia: ";
  }
  text += fmt::format("{}: {}\n", label(d.severity), d.message);
  std::string quoted = quote_source(d.where, d.hint);
  text += quoted;
  if (!d.hint.empty() && (quoted.empty() || d.where.column == 0)) {
    text += fmt::format("  hint: {}\n", d.hint);
  }
  for (const Diagnostic& note : d.notes) {
    Diagnostic copy = note;
    copy.severity = Severity::note;
    text += render(copy);
  }
  return text;
}

}  // namespace remedia
