// Expressions and strings.
#include "powershell/reader.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace remedia::powershell {

namespace {

bool is_comparison(const std::string& op) {
  static const char* const kOperators[] = {"-eq",       "-ne",      "-lt",    "-le",
                                           "-gt",       "-ge",      "-match", "-notmatch",
                                           "-contains", "-replace", "-join",  "-in"};
  return std::any_of(std::begin(kOperators), std::end(kOperators),
                     [&](const char* known) { return op == known; });
}

}  // namespace

NodePtr Reader::binary(NodePtr left, std::string op, NodePtr right) const {
  NodePtr made = node(Kind::binary, std::move(op));
  made->kids = {std::move(left), std::move(right)};
  return made;
}

// "-eq" and the like, lower case; empty if none stands here.
std::string Reader::peek_operator() const {
  if (peek() != '-' || !is_letter(peek(1))) return {};
  std::size_t end = at_ + 1;
  while (end < text_.size() && is_letter(text_[end])) ++end;
  return lower(std::string(text_.substr(at_, end - at_)));
}

NodePtr Reader::expression() {
  if (++depth_ > 100) refuse("nested too deeply");
  NodePtr made = logical();
  --depth_;
  skip_space();
  if (std::string op = peek_operator(); !op.empty()) refuse("unknown operator " + op);
  return made;
}

NodePtr Reader::logical() {
  NodePtr left = comparison();
  std::string first;
  for (;;) {
    skip_space();
    std::string op = peek_operator();
    if (op != "-and" && op != "-or") return left;
    if (!first.empty() && op != first) refuse("-and beside -or needs parentheses");
    first = op;
    at_ += op.size();
    skip_lines();
    left = binary(left, op, comparison());
  }
}

NodePtr Reader::comparison() {
  NodePtr left = additive();
  for (;;) {
    skip_space();
    std::string op = peek_operator();
    if (!is_comparison(op)) return left;
    at_ += op.size();
    skip_lines();
    left = binary(left, op, additive());
  }
}

NodePtr Reader::additive() {
  NodePtr left = multiplicative();
  for (;;) {
    skip_space();
    bool plus = peek() == '+' && peek(1) != '=';
    bool minus = peek() == '-' && peek_operator().empty();
    if (!plus && !minus) return left;
    ++at_;
    skip_lines();
    left = binary(left, plus ? "+" : "-", multiplicative());
  }
}

NodePtr Reader::multiplicative() {
  NodePtr left = unary();
  for (;;) {
    skip_space();
    if (peek() != '*' && peek() != '/' && peek() != '%') return left;
    std::string op(1, text_[at_++]);
    skip_lines();
    left = binary(left, op, unary());
  }
}

NodePtr Reader::unary() {
  skip_space();
  if (peek_operator() == "-not") {
    at_ += 4;
    NodePtr made = node(Kind::unary, "-not");
    made->kids = {unary()};
    return made;
  }
  return list();
}

NodePtr Reader::list() {
  NodePtr first = primary();
  skip_space();
  if (peek() != ',') return first;
  NodePtr made = node(Kind::list);
  made->kids = {first};
  while (take(",")) {
    skip_lines();
    made->kids.push_back(primary());
    skip_space();
  }
  return made;
}

NodePtr Reader::primary() {
  skip_space();
  return peek() == '[' ? bracket() : postfix(atom());
}

NodePtr Reader::postfix(NodePtr base) {
  for (;;) {
    if (peek() == '.' && is_word(peek(1))) {
      ++at_;
      NodePtr made = node(Kind::member, name("a member"));
      made->kids = {base};
      if (peek() == '(') {
        made->kind = Kind::method;
        call_arguments(*made);
      }
      base = made;
    } else if (peek() == '[') {
      ++at_;
      NodePtr made = node(Kind::index);
      made->kids = {base, expression()};
      expect("]");
      base = made;
    } else {
      return base;
    }
  }
}

void Reader::call_arguments(Node& call) {
  expect("(");
  skip_lines();
  while (peek() != ')') {
    // A comma separates arguments here, so none is part of one.
    call.kids.push_back([&] {
      NodePtr left = primary();
      for (skip_space(); peek() == '+' || peek() == '*'; skip_space()) {
        std::string op(1, text_[at_++]);
        skip_space();
        left = binary(left, op, primary());
      }
      return left;
    }());
    skip_lines();
    if (!take(",") && peek() != ')') refuse("expected ',' or ')'");
    skip_lines();
  }
  expect(")");
}

std::string Reader::type_name() {
  expect("[");
  std::string type;
  while (is_word(peek()) || peek() == '.') type += text_[at_++];
  expect("]");
  return lower(type);
}

// [type]::member, [type]::method(...) or a cast.
NodePtr Reader::bracket() {
  std::string type = type_name();
  NodePtr made = node(Kind::cast);
  made->type = type;
  if (take("::")) {
    made->kind = Kind::static_member;
    made->text = lower(name("a member"));
    if (peek() == '(') {
      made->kind = Kind::static_method;
      call_arguments(*made);
    }
    return postfix(made);
  }
  made->kids = {primary()};
  return made;
}

NodePtr Reader::atom() {
  if (peek() == '\'') return plain_string();
  if (peek() == '"') return expandable_string();
  if (std::isdigit(static_cast<unsigned char>(peek())) != 0) return number();
  if (starts("@{")) return hashtable();
  NodePtr made;
  if (take("$(")) {
    made = node(Kind::sub);
  } else if (take("@(")) {
    made = node(Kind::array);
  } else if (peek() == '$') {
    return variable();
  } else if (take("(")) {
    made = node(Kind::paren);
    skip_lines();
    made->kids = {pipeline()};
    skip_lines();
    expect(")");
    return made;
  } else {
    refuse("not an expression that is supported");
  }
  made->kids = {statements(')')};
  expect(")");
  return made;
}

NodePtr Reader::number() {
  NodePtr made = node(Kind::integer);
  std::size_t used = 0;
  std::string digits(text_.substr(at_, 20));
  bool hex = digits.starts_with("0x");
  made->number = std::stoll(digits, &used, hex ? 16 : 10);
  at_ += used;
  for (auto [suffix, factor] : {std::pair{"KB", 1LL << 10}, {"MB", 1LL << 20}, {"GB", 1LL << 30}}) {
    if (take(suffix)) made->number *= factor;
  }
  if (is_word(peek()) || (peek() == '.' && is_word(peek(1)))) refuse("not a whole number");
  made->wide = made->number > std::numeric_limits<std::int32_t>::max();
  return made;
}

NodePtr Reader::variable() {
  expect("$");
  std::string word;
  if (take("{")) {
    while (!at_end() && is_word(peek())) word += text_[at_++];
    expect("}");
    return node(Kind::variable, lower(word));
  }
  word = name("the name of a variable");
  if (peek() == ':' && peek(1) != ':') {
    ++at_;
    if (!is_word(peek())) refuse("':' after a variable needs ${}");
    word += ":" + name("the name of a variable");
    word = lower(word);
    if (!word.starts_with("env:") && !word.starts_with("script:")) refuse("unknown scope");
  }
  return node(Kind::variable, lower(word));
}

NodePtr Reader::plain_string() {
  NodePtr made = node(Kind::text);
  ++at_;
  for (;; ++at_) {
    if (at_end() || peek() == '\n') refuse("a string without end on its line");
    if (static_cast<unsigned char>(peek()) > 0x7e) refuse("not ASCII in a string");
    if (peek() == '\'' && peek(1) != '\'') break;
    if (peek() == '\'') ++at_;
    made->text += peek();
  }
  ++at_;
  return made;
}

NodePtr Reader::expandable_string() {
  NodePtr made = node(Kind::expandable);
  std::string plain;
  auto flush = [&] {
    if (!plain.empty()) made->kids.push_back(node(Kind::text, plain));
    plain.clear();
  };
  for (++at_; peek() != '"' || peek(1) == '"';) {
    if (at_end() || peek() == '\n') refuse("a string without end on its line");
    if (static_cast<unsigned char>(peek()) > 0x7e) refuse("not ASCII in a string");
    if (peek() == '`') {
      escape(plain);
    } else if (peek() == '$' && (is_word(peek(1)) || peek(1) == '{')) {
      flush();
      made->kids.push_back(variable());
    } else if (starts("$(")) {
      flush();
      made->kids.push_back(atom());
    } else {
      if (peek() == '"') ++at_;
      plain += text_[at_++];
    }
  }
  ++at_;
  flush();
  return made;
}

void Reader::escape(std::string& out) {
  ++at_;
  switch (peek()) {
    case 'r':
      out += '\r';
      break;
    case 'n':
      out += '\n';
      break;
    case 't':
      out += '\t';
      break;
    case '"':
    case '$':
    case '`':
      out += peek();
      break;
    default:
      refuse("unknown escape");
  }
  ++at_;
}

NodePtr Reader::hashtable() {
  expect("@{");
  NodePtr made = node(Kind::hashtable);
  for (skip_lines(); peek() != '}'; skip_lines()) {
    made->names.push_back(name("a key"));
    skip_space();
    expect("=");
    made->kids.push_back(pipeline());
    if (!ends_statement()) refuse("expected the end of the entry");
  }
  expect("}");
  return made;
}

}  // namespace remedia::powershell
