// Makes the language files of the launcher part of it: `compile OUT.h en.txt de.txt ...`.
//
// The first file decides which texts there are. Every other one has to have the same keys, each
// with the same placeholders: a text that is missing, unknown, empty or given twice fails the
// build, with file and line.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

struct Entry {
  int line = 0;
  std::string text;
};

struct File {
  std::string name;
  std::string language;
  std::map<std::string, Entry> entries;
};

bool failed = false;

void error(const std::string& file, int line, const std::string& message) {
  std::cerr << file << ":" << line << ": error: " << message << "\n";
  failed = true;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_key(const std::string& key) {
  return !key.empty() &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos;
}

// The names between braces; a brace without its partner is an error.
std::set<std::string> placeholders(const File& file, const Entry& entry) {
  std::set<std::string> names;
  for (std::size_t at = 0; (at = entry.text.find_first_of("{}", at)) != std::string::npos;) {
    const std::size_t end = entry.text.find('}', at);
    const std::string name = entry.text.substr(at + 1, end - at - 1);
    if (entry.text[at] == '}' || end == std::string::npos || !is_key(name)) {
      error(file.name, entry.line, "a placeholder is written {name}");
      return names;
    }
    names.insert(name);
    at = end + 1;
  }
  return names;
}

File read(const std::string& path) {
  File file;
  file.name = path;
  const std::size_t slash = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  file.language = path.substr(slash, path.rfind('.') - slash);
  std::ifstream stream(path);
  if (!stream) error(path, 0, "cannot be read");
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string key = trimmed(line.substr(0, equals));
    const std::string text = equals == std::string::npos ? "" : trimmed(line.substr(equals + 1));
    if (!is_key(key) || text.empty()) {
      error(path, number, "a line is 'key = text'");
    } else if (!file.entries.insert({key, {number, text}}).second) {
      error(path, number, "the text '" + key + "' is here twice");
    }
  }
  return file;
}

void compare(const File& first, const File& other) {
  for (const auto& [key, entry] : first.entries) {
    const auto found = other.entries.find(key);
    if (found == other.entries.end()) {
      error(other.name, 0, "the text '" + key + "' is missing");
    } else if (placeholders(first, entry) != placeholders(other, found->second)) {
      error(other.name, found->second.line,
            "'" + key + "' has other placeholders than in " + first.name);
    }
  }
  for (const auto& [key, entry] : other.entries) {
    if (first.entries.count(key) == 0) {
      error(other.name, entry.line, "the text '" + key + "' is unknown in " + first.name);
    }
  }
}

// A C++ literal; the files' own escape \n stays what it is.
std::string literal(const std::string& text) {
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    if (text[i] == '"' || (text[i] == '\\' && !escape)) result += '\\';
    result += text[i];
  }
  return result + "\"";
}

void write(const std::string& path, const std::vector<File>& files) {
  std::ofstream out(path, std::ios::binary);
  out << "// Generated from strings/*.txt.\n#pragma once\n\n#include <string_view>\n\n"
         "namespace remedia::launcher {\n\nenum class Language {";
  for (const File& file : files) out << " " << file.language << ",";
  out << " };\n\nenum class Text {\n";
  for (const auto& [key, entry] : files[0].entries) out << "  " << key << ",\n";
  out << "};\n\ninline constexpr std::string_view kTexts[][" << files[0].entries.size()
      << "] = {\n";
  for (const File& file : files) {
    out << "    {\n";
    for (const auto& [key, entry] : file.entries) out << "        " << literal(entry.text) << ",\n";
    out << "    },\n";
  }
  out << "};\n\n}  // namespace remedia::launcher\n";
  out.flush();
  if (!out) error(path, 0, "cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: compile OUT.h FIRST.txt OTHER.txt...\n";
    return 2;
  }
  std::vector<File> files;
  for (int i = 2; i < argc; ++i) files.push_back(read(argv[i]));
  for (const auto& [key, entry] : files[0].entries) placeholders(files[0], entry);
  for (std::size_t i = 1; i < files.size(); ++i) compare(files[0], files[i]);
  if (!failed) write(argv[1], files);
  return failed ? 1 : 0;
}
