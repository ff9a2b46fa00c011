// The parser's inside, shared by its two files.
#pragma once

#include "powershell/parser.h"
#include "powershell/value.h"

#include <cctype>

namespace remedia::powershell {

inline bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
inline bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

class Reader {
 public:
  explicit Reader(std::string_view text, int line = 1) : text_(text), line_(line) {}
  Script script();

 private:
  // characters
  [[noreturn]] void refuse(const std::string& what) const;
  char peek(std::size_t ahead = 0) const;
  bool at_end() const { return at_ >= text_.size(); }
  bool starts(std::string_view what) const;
  bool take(std::string_view what);
  void expect(std::string_view what);
  void skip_space();
  void skip_lines();
  std::string peek_word() const;
  bool take_keyword(std::string_view word);
  std::string name(const char* what);
  NodePtr node(Kind kind, std::string text = {}) const;

  // statements
  NodePtr statements(char end);
  NodePtr block();
  NodePtr statement();
  NodePtr pipeline();
  NodePtr if_else();
  NodePtr for_each();
  NodePtr try_catch();
  NodePtr function();
  NodePtr jump(Kind kind);
  std::vector<Parameter> parameters();
  Parameter parameter();
  NodePtr command();
  NodePtr argument();
  NodePtr bare_argument();
  bool ends_statement();

  // expressions, from the loosest binding to the tightest
  NodePtr expression();
  NodePtr logical();
  NodePtr comparison();
  NodePtr additive();
  NodePtr multiplicative();
  NodePtr unary();
  NodePtr list();
  NodePtr primary();
  NodePtr postfix(NodePtr base);
  NodePtr atom();
  NodePtr bracket();
  NodePtr number();
  NodePtr variable();
  NodePtr plain_string();
  NodePtr expandable_string();
  void escape(std::string& out);
  NodePtr hashtable();
  NodePtr binary(NodePtr left, std::string op, NodePtr right) const;
  std::string peek_operator() const;
  void call_arguments(Node& call);
  std::string type_name();

  std::string_view text_;
  std::size_t at_ = 0;
  int line_;
  int depth_ = 0;
};

}  // namespace remedia::powershell
