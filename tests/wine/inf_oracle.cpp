#include "wine/inf_oracle.h"

#include "formats/inf.h"
#include "formats/registry.h"
#include "support/diagnostic.h"
#include "wine/pc.h"
#include "wine/programs/inf_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

// Answers begin again with each file: no line of a dump starts with this word.
std::vector<std::string> divided(const std::string& answers) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while (at < answers.size()) {
    const std::size_t end = answers.find("\nopen\t", at);
    std::string answer = answers.substr(at, end == std::string::npos ? end : end + 1 - at);
    const std::size_t name = answer.find('\t');
    found.push_back(answer.substr(answer.find('\t', name + 1) + 1));
    at = end == std::string::npos ? answers.size() : end + 1;
  }
  return found;
}

std::string entry(const inf::File& file, const inf::Line& line) {
  std::string text = "line\t";
  // A line of one field is found by it, too.
  if (line.has_key) {
    text += escaped(file.expanded(line.key));
  } else {
    text += line.fields.size() == 1 ? escaped(file.expanded(line.fields[0])) : "\\-";
  }
  for (const std::string& field : line.fields) text += "\t" + escaped(file.expanded(field));
  return text + "\n";
}

}  // namespace

void ask_wine(const std::vector<Question>& questions) {
  Pc pc;
  std::string commands = "system\n";
  for (std::size_t i = 0; i < questions.size(); ++i) {
    pc.write(fmt::format("inf/{}.inf", i), questions[i].bytes);
    commands += fmt::format("open\tX:\\inf\\{}.inf\n", i);
    for (const std::string& command : questions[i].commands) commands += command + "\n";
  }
  pc.write("commands.txt", commands);
  pc.run_program("inf_dump.exe");
  const std::string answers = pc.read("answers.txt");
  constexpr std::string_view kSystem = "system\t1252\t1033\n";
  if (!answers.starts_with(kSystem)) fail("Wine is not as expected: {}", answers.substr(0, 40));
  const std::vector<std::string> found = divided(answers.substr(kSystem.size()));
  if (found.size() != questions.size()) fail("{} answers of Wine", found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    SCOPED_TRACE(questions[i].name);
    questions[i].judge(found[i]);
  }
}

std::string our_dump(std::string_view bytes) {
  try {
    const inf::File file(bytes, "a.inf");
    std::string text = "ok\n";
    for (const inf::Section& section : file.sections()) {
      text += "section\t" + escaped(section.name) + "\n";
      for (const inf::Line& line : section.lines) text += entry(file, line);
    }
    return text;
  } catch (const Failure& failure) {
    return fmt::format("wrong {}\n", failure.diagnostics()[0].where.line);
  }
}

std::string utf16(std::string_view text) { return "\xff\xfe" + to_utf16le(text); }

std::string marked(std::string_view text) { return "\xef\xbb\xbf" + std::string(text); }

std::string ansi(std::string_view text) {
  const std::string units = to_utf16le(text);
  std::string bytes;
  for (std::size_t i = 0; i < units.size(); i += 2) {
    const auto low = static_cast<unsigned char>(units[i]);
    if (units[i + 1] != 0 || (low >= 0x80 && low < 0xa0)) fail("not of ISO 8859-1: {}", text);
    bytes += units[i];
  }
  return bytes;
}

std::string crlf(std::string_view text) { return with_replaced(std::string(text), "\n", "\r\n"); }

}  // namespace remedia::wine
