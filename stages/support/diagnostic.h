// What the user is told when something is wrong.
//
// A diagnostic is a value: it is collected or thrown, and only main() prints it. Its shape is the
// one every editor and CI parses, `file:line:column: error: message`, with the source line, a caret
// and a hint. Rule of the house: every error has a place, a fact and, where one exists, a next
// step.
#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace remedia {

enum class Severity { error, warning, note };

/// A place in a recipe or another text file. An empty `name` means "no place".
struct Location {
  std::string name = {};            ///< as people write it: relative to the project root
  std::filesystem::path file = {};  ///< where it can be read from
  int line = 0;                     ///< 1-based; 0: the file as a whole
  int column = 0;                   ///< 1-based, in bytes; 0: the line as a whole
  int width = 1;                    ///< how many bytes the caret underlines

  bool operator==(const Location&) const = default;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string message;
  Location where = {};
  /// Which field of the recipe's value it is about, for code that knows no places: whoever does
  /// fills in `where`.
  std::string field = {};
  std::string hint = {};               ///< the next step, or "did you mean ..."
  std::vector<Diagnostic> notes = {};  ///< further places, printed below
};

/// The one exception of the program. Carries one diagnostic or, from a recipe, all of them.
class Failure : public std::exception {
 public:
  explicit Failure(Diagnostic diagnostic);
  explicit Failure(std::vector<Diagnostic> diagnostics);

  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::vector<Diagnostic> diagnostics_;
  std::string what_;
};

/// Throws a Failure without a place: the caller's caller knows it (a failing stage is given the
/// line of its recipe by graph/job).
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Failure(Diagnostic{.message = fmt::format(format, std::forward<Args>(args)...)});
}

/// Throws a Failure whose message ends in the text of `error` (an errno value).
[[noreturn]] void fail_errno(int error, std::string_view what, const std::filesystem::path& path);

/// Throws a Failure about a file below OUT that we wrote ourselves and that is not as we left it.
[[noreturn]] void fail_damaged(const std::filesystem::path& file);

/// `text` with every `from` as `to`: for messages that name a file otherwise than people do.
std::string with_replaced(std::string text, std::string_view from, std::string_view to);

/// The candidate nearest to `word` if it is near enough to be meant, else nothing.
/// Distance: Levenshtein, at most 3 and less than half of the word; case does not count.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean 'x'?" or an empty string.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// The text of a diagnostic, with the source line when its file can be read; ends in a newline.
std::string render(const Diagnostic& diagnostic);

}  // namespace remedia
