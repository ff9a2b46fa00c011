// What hivexml, a program that is not ours, says a hive holds: one line per key or value, sorted.
//   \Objects\{guid}\Elements\12000004
//   \Objects\{guid}\Elements\12000004 Element=string:Windows Setup
#pragma once

#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace remedia {

inline std::string plain_xml(std::string text) {
  const std::pair<std::string, std::string> entities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}};
  for (const auto& [from, to] : entities) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

inline std::string hex_of_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string hex;
  unsigned bits = 0;
  int count = 0;
  for (char c : text.substr(0, text.find('='))) {
    if (c == '\r' || c == '\n') continue;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    hex += fmt::format("{:02x}", bits >> count & 0xff);
  }
  return hex;
}

class HiveListing {
 public:
  explicit HiveListing(const std::string& xml) {
    const std::regex token("<(/?)(node|value|string)\\b([^>]*?)(/?)>([^<]*)");
    for (std::sregex_iterator it(xml.begin(), xml.end(), token), end; it != end; ++it) take(*it);
    std::sort(lines.begin(), lines.end());
  }

  std::vector<std::string> lines;

 private:
  using Attributes = std::map<std::string, std::string>;

  static Attributes attributes(const std::string& text) {
    const std::regex pair("(\\w+)=\"([^\"]*)\"");
    Attributes found;
    for (std::sregex_iterator it(text.begin(), text.end(), pair), end; it != end; ++it) {
      found[(*it)[1]] = plain_xml((*it)[2]);
    }
    return found;
  }

  void take(const std::smatch& token) {
    bool closing = token[1].length() > 0;
    if (token[2] == "node") {
      closing ? path_.pop_back() : enter(attributes(token[3]));
    } else if (token[2] == "value") {
      if (!closing) add_value(attributes(token[3]));
    } else if (!closing) {
      lines.back() += "[" + plain_xml(token[5]) + "]";
    }
  }

  void enter(const Attributes& a) {
    path_.push_back(a.count("root") ? "" : a.at("name"));
    lines.push_back(here());
  }

  void add_value(const Attributes& a) {
    std::string text = a.count("value") ? a.at("value") : "";
    if (a.count("encoding")) text = hex_of_base64(text);
    std::string name = a.count("key") ? a.at("key") : "";
    lines.push_back(here() + " " + name + "=" + a.at("type") + ":" + text);
  }

  std::string here() const {
    std::string path;
    for (std::size_t i = 1; i < path_.size(); ++i) path += "\\" + path_[i];
    return path.empty() ? "\\" : path;
  }

  std::vector<std::string> path_;
};

/// One text, of which a failing comparison shows only the lines that differ.
inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

inline std::vector<std::string> hive_listing(const fs::path& hive) {
  return HiveListing(run_checked({"hivexml", hive.string()})).lines;
}

}  // namespace remedia
