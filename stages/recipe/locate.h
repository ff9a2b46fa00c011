// Where in a recipe's text a constructor call and its fields stand.
//
// Lua tells the line of a running call and nothing more. The columns, and the lines of the fields,
// are found by reading the text again: tokens, then the braces of that call. No parser is needed,
// since only names directly inside the braces count. A wrong word under the caret is worse than
// none: what the tokens do not decide stays a line without a column.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::recipe {

struct Place {
  int line = 0;
  int column = 0;
  int width = 1;
};

struct CallPlaces {
  Place call;                             ///< the constructor's name; column 0 if it was not found
  std::map<std::string, Place> fields;    ///< `name =` and `["name"] =` directly inside the braces
  std::vector<Place> items;               ///< the positional items, in order
  std::map<std::string, Place> repeated;  ///< fields that are written again: Lua keeps the last
};

/// The tokens of one Lua text, made once and asked often.
class SourceText {
 public:
  explicit SourceText(std::string_view text);

  /// The `count`th call of `word` on `line`, counted round: a line in a loop runs more often than
  /// it stands there. Of several calls between which the line branches (`and`, `or`, `else`, the
  /// end of a function) nobody knows which one ran: column 0. The fields are those of the braces
  /// behind the name; of `extend`, whose first argument is what it changes, those of the second
  /// argument.
  CallPlaces call(std::string_view word, int line, std::size_t count) const;
  /// What stands in the braces that begin at a place, or behind `name =` there; nothing if no brace
  /// does.
  CallPlaces table(int line, int column) const;
  /// The first occurrence of a name or symbol on a line, of a field `name =` in braces only if
  /// there is no other; column 0 if there is none.
  Place word(std::string_view word, int line) const;

 private:
  struct Token {
    std::string text;
    bool name = false;
    bool string = false;
    Place place;
    bool key = false;  ///< the name of a field: `name =` directly inside braces
  };
  void mark_keys();
  bool is(std::size_t index, std::string_view text) const;
  bool is_call(std::size_t index) const;
  bool branches(std::size_t first, std::size_t last) const;
  CallPlaces read_call(std::size_t name) const;
  std::size_t second_argument(std::size_t first) const;
  void read_braces(std::size_t brace, CallPlaces& found) const;
  std::size_t end_of_call(std::size_t name) const;

  std::vector<Token> tokens_;
};

}  // namespace remedia::recipe
