// Statements and commands.
#include "powershell/parser.h"

#include "powershell/reader.h"

#include <algorithm>

namespace remedia::powershell {

void Reader::refuse(const std::string& what) const {
  std::string_view rest = text_.substr(std::min(at_, text_.size()), 30);
  throw Unsupported("line " + std::to_string(line_) + ": " + what + " at: " + std::string(rest));
}

char Reader::peek(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

bool Reader::starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

bool Reader::take(std::string_view what) {
  if (!starts(what)) return false;
  at_ += what.size();
  return true;
}

void Reader::expect(std::string_view what) {
  if (!take(what)) refuse("expected '" + std::string(what) + "'");
}

void Reader::skip_space() {
  for (;;) {
    if (peek() == ' ' || peek() == '\t' || peek() == '\r') {
      ++at_;
    } else if (starts("<#")) {
      std::size_t end = text_.find("#>", at_);
      if (end == std::string_view::npos) refuse("a comment without end");
      line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                           text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      at_ = end + 2;
    } else if (peek() == '#') {
      while (!at_end() && peek() != '\n') ++at_;
    } else {
      return;
    }
  }
}

void Reader::skip_lines() {
  for (skip_space(); peek() == '\n' || peek() == ';'; skip_space()) {
    if (peek() == '\n') ++line_;
    ++at_;
  }
}

std::string Reader::peek_word() const {
  std::size_t end = at_;
  while (end < text_.size() && (is_word(text_[end]) || text_[end] == '-')) ++end;
  return lower(std::string(text_.substr(at_, end - at_)));
}

bool Reader::take_keyword(std::string_view word) {
  if (peek_word() != word) return false;
  at_ += word.size();
  skip_space();
  return true;
}

std::string Reader::name(const char* what) {
  std::string word;
  while (is_word(peek())) word += text_[at_++];
  if (word.empty()) refuse(std::string("expected ") + what);
  return word;
}

NodePtr Reader::node(Kind kind, std::string text) const {
  auto made = std::make_shared<Node>();
  made->kind = kind;
  made->line = line_;
  made->text = std::move(text);
  return made;
}

Script Reader::script() {
  Script script;
  skip_lines();
  if (take("[CmdletBinding(")) {
    script.should_process = take("SupportsShouldProcess = $true");
    expect(")]");
    skip_lines();
  }
  if (take_keyword("param")) script.parameters = parameters();
  script.body = statements('\0');
  return script;
}

std::vector<Parameter> Reader::parameters() {
  std::vector<Parameter> list;
  expect("(");
  skip_lines();
  while (peek() != ')') {
    list.push_back(parameter());
    skip_lines();
    if (take(",")) {
      skip_lines();
    } else if (peek() != ')') {
      refuse("expected ',' or ')'");
    }
  }
  expect(")");
  return list;
}

Parameter Reader::parameter() {
  Parameter made;
  if (peek() == '[') made.type = type_name();
  expect("$");
  made.name = lower(name("the name of a parameter"));
  skip_space();
  if (take("=")) {
    skip_space();
    made.initial = primary();  // a comma separates parameters here
  }
  return made;
}

NodePtr Reader::statements(char end) {
  NodePtr made = node(Kind::block);
  if (++depth_ > 100) refuse("nested too deeply");
  for (skip_lines(); peek() != end; skip_lines()) {
    if (at_end()) refuse("a block without end");
    made->kids.push_back(statement());
    if (!ends_statement()) refuse("expected the end of the statement");
  }
  --depth_;
  return made;
}

bool Reader::ends_statement() {
  skip_space();
  char next = peek();
  return next == '\0' || next == '\n' || next == ';' || next == '}' || next == ')';
}

NodePtr Reader::block() {
  skip_lines();
  expect("{");
  NodePtr made = statements('}');
  expect("}");
  return made;
}

NodePtr Reader::statement() {
  static const char* const kUnknown[] = {"for",     "while",  "do",    "switch",  "begin",
                                         "process", "filter", "class", "dynamic", "trap",
                                         "using",   "data",   "param", "break",   "continue"};
  std::string word = peek_word();
  for (const char* unknown : kUnknown) {
    if (word == unknown) refuse("'" + word + "' is not supported");
  }
  if (take_keyword("if")) return if_else();
  if (take_keyword("foreach")) return for_each();
  if (take_keyword("try")) return try_catch();
  if (take_keyword("function")) return function();
  if (take_keyword("throw")) return jump(Kind::throw_it);
  if (take_keyword("return")) return jump(Kind::return_it);
  if (take_keyword("exit")) return jump(Kind::exit_it);
  NodePtr left = pipeline();
  skip_space();
  for (const char* op : {"+=", "="}) {
    if (!take(op)) continue;
    if (left->kind != Kind::variable && left->kind != Kind::member) refuse("cannot assign to that");
    skip_space();
    NodePtr made = node(Kind::assign, op);
    made->kids = {left, pipeline()};
    return made;
  }
  return left;
}

NodePtr Reader::jump(Kind kind) {
  NodePtr made = node(kind);
  if (!ends_statement()) made->kids.push_back(pipeline());
  if (kind != Kind::return_it && made->kids.empty()) refuse("a value is needed here");
  return made;
}

NodePtr Reader::if_else() {
  NodePtr made = node(Kind::if_else);
  do {
    skip_space();
    expect("(");
    skip_lines();
    made->kids.push_back(pipeline());
    skip_lines();
    expect(")");
    made->kids.push_back(block());
    skip_space();
  } while (take_keyword("elseif"));
  if (take_keyword("else")) made->kids.push_back(block());
  return made;
}

NodePtr Reader::for_each() {
  NodePtr made = node(Kind::for_each);
  expect("($");
  made->text = lower(name("the name of a variable"));
  skip_space();
  if (!take_keyword("in")) refuse("expected 'in'");
  made->kids = {pipeline()};
  skip_space();
  expect(")");
  made->kids.push_back(block());
  return made;
}

NodePtr Reader::try_catch() {
  NodePtr made = node(Kind::try_catch);
  made->kids = {block(), nullptr, nullptr};
  skip_space();
  if (take_keyword("catch")) {
    made->kids[1] = block();
    skip_space();
  }
  if (take_keyword("finally")) made->kids[2] = block();
  if (!made->kids[1] && !made->kids[2]) refuse("try without catch and finally");
  return made;
}

NodePtr Reader::function() {
  NodePtr made = node(Kind::function);
  while (is_word(peek()) || peek() == '-') made->text += text_[at_++];
  skip_lines();
  expect("{");
  skip_lines();
  if (take_keyword("param")) made->parameters = parameters();
  made->kids = {statements('}')};
  expect("}");
  return made;
}

NodePtr Reader::pipeline() {
  skip_space();
  NodePtr made = is_letter(peek()) || peek() == '&' ? command() : expression();
  skip_space();
  if (peek() == '|') refuse("pipelines are not supported");
  return made;
}

NodePtr Reader::command() {
  NodePtr made = node(Kind::command);
  if (take("&")) {
    skip_space();
    made->called = true;
    if (peek() != '$') refuse("& is supported for variables");
    made->kids.push_back(variable());
  } else {
    while (is_word(peek()) || peek() == '-') made->text += text_[at_++];
    if (peek() == '.' || peek() == '\\') refuse("a program is started by & and its full path");
  }
  while (!ends_statement()) {
    if (peek() == '|') break;
    if (take("2>&1")) {
      made->merged = true;
    } else {
      made->kids.push_back(argument());
    }
  }
  return made;
}

NodePtr Reader::argument() {
  if (peek() == '-' && is_letter(peek(1))) {
    ++at_;
    NodePtr made = node(Kind::parameter, name("the name of a parameter"));
    if (peek() == ':') refuse("-Name:value is not supported");
    return made;
  }
  NodePtr made;
  if (starts("$") || starts("(") || starts("@(")) {
    made = postfix(atom());
  } else if (starts("'") || starts("\"")) {
    made = atom();
  } else {
    return bare_argument();
  }
  static constexpr std::string_view kAfter = " \t\r\n;)}|";
  if (!at_end() && kAfter.find(peek()) == std::string_view::npos)
    refuse("an argument of several parts");
  return made;
}

NodePtr Reader::bare_argument() {
  std::string word;
  while (is_word(peek()) || peek() == '.' || peek() == '/' || peek() == '-') word += text_[at_++];
  if (word.empty()) refuse("not an argument that is supported");
  if (std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
    NodePtr made = node(Kind::integer);
    made->number = std::stoll(word);
    return made;
  }
  return node(Kind::text, word);
}

Script parse(std::string_view text) { return Reader(text).script(); }

}  // namespace remedia::powershell
