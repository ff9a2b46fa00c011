#include "launcher/catalogue.h"

namespace remedia::launcher {
namespace {

std::string_view value_of(std::string_view name, std::initializer_list<Value> values) {
  for (const Value& value : values) {
    if (value.name == name) return value.text;
  }
  return {};
}

}  // namespace

std::string say(Language language, Text text, std::initializer_list<Value> values) {
  std::string_view rest = kTexts[static_cast<int>(language)][static_cast<int>(text)];
  std::string result;
  for (;;) {
    const std::size_t open = rest.find('{');
    result += rest.substr(0, open);
    if (open == std::string_view::npos) return result;
    const std::size_t close = rest.find('}', open);  // compile.cpp saw to it that there is one
    if (close == std::string_view::npos) return result;
    result += value_of(rest.substr(open + 1, close - open - 1), values);
    rest.remove_prefix(close + 1);
  }
}

}  // namespace remedia::launcher
