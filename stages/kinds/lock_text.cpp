// The lock file as a text: written so that it is read in reviews, read so that nothing in it is
// overlooked.
//
// Somebody may have edited it, or a merge: the JSON library would take the last of two equal fields
// and tells no lines, so the text is walked once more for both.

#include "kinds/lock_file.h"
#include "kinds/manifest_read.h"
#include "recipe/recipe.h"
#include "support/utf8.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace remedia::kinds {

namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "remedia lock 1";
constexpr std::uint64_t kMaxBytes = 16u << 20;
constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxText = 4096;  // bytes of one field
constexpr const char* kHint = "remedia lock writes it; it is not meant to be edited";

[[noreturn]] void refuse(Location where, int line, const std::string& fact,
                         std::string hint = kHint) {
  where.line = line;
  throw Failure(Diagnostic{.message = fact, .where = std::move(where), .hint = std::move(hint)});
}

/// Where the fields and items of a valid JSON text stand: the line of each, by its JSON pointer.
class Lines {
 public:
  Lines(std::string_view text, const Location& where) : text_(text), where_(where) { walk(); }

  int of(const std::string& pointer) const {
    auto found = lines_.find(pointer);
    return found != lines_.end() ? found->second : 0;
  }

 private:
  struct Level {
    std::string pointer;
    bool list = false;
    std::size_t item = 0;
    std::string key = {};
  };

  void walk() {
    int line = 1;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      char c = text_[at];
      if (c == '\n') ++line;
      if (c == '"') {
        std::size_t end = at + 1;
        while (text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
        string(json::parse(text_.substr(at, end + 1 - at)), line);
        at = end;
      } else if (c == '{' || c == '[') {
        open(c == '[', line);
      } else if (c == '}' || c == ']') {
        levels_.pop_back();
      } else if (c == ',') {
        next();
      }
    }
  }

  void open(bool list, int line) {
    if (levels_.size() >= kMaxDepth) refuse(where_, line, "the lock file nests too deeply");
    std::string pointer = levels_.empty() ? "" : child(line);
    levels_.push_back({pointer, list});
  }

  // The pointer of a value that begins in the innermost level.
  std::string child(int line) {
    Level& level = levels_.back();
    std::string pointer =
        level.pointer + "/" + (level.list ? std::to_string(level.item) : level.key);
    lines_.emplace(pointer, line);
    return pointer;
  }

  void string(const std::string& text, int line) {
    if (levels_.empty() || levels_.back().list || !levels_.back().key.empty()) return;
    levels_.back().key = text;
    if (!lines_.emplace(levels_.back().pointer + "/" + text, line).second)
      refuse(where_, line, fmt::format("field '{}' is there twice", printable(text)));
  }

  void next() {
    ++levels_.back().item;
    levels_.back().key.clear();
  }

  std::string_view text_;
  const Location& where_;
  std::vector<Level> levels_;
  std::map<std::string, int> lines_;
};

/// One object of the file: hands out its fields, and knows in the end which were left over.
class Object {
 public:
  Object(const json& value, std::string pointer, const Lines& lines, const Location& where)
      : value_(value), pointer_(std::move(pointer)), lines_(lines), where_(where) {
    if (!value.is_object()) wrong(pointer_, "must be an object");
  }

  std::string text(const char* name, bool required = true) {
    const json* found = field(name, required);
    if (found == nullptr) return {};
    if (!found->is_string()) wrong(at(name), fmt::format("'{}' must be a text", name));
    auto text = found->get<std::string>();
    if (text.empty() || text.size() > kMaxText)
      wrong(at(name), fmt::format("'{}' must have 1 to {} bytes", name, kMaxText));
    return text;
  }

  std::uint64_t number(const char* name) {
    const json* found = field(name, true);
    if (!found->is_number_unsigned())
      wrong(at(name), fmt::format("'{}' must be a whole number from 0", name));
    return found->get<std::uint64_t>();
  }

  bool flag(const char* name) {
    const json* found = field(name, true);
    if (!found->is_boolean()) wrong(at(name), fmt::format("'{}' must be true or false", name));
    return found->get<bool>();
  }

  std::string digest(const char* name) {
    std::string text = this->text(name);
    if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string::npos)
      wrong(at(name), fmt::format("'{}' must be 64 digits of 0-9 and a-f", name));
    return text;
  }

  const json* field(const char* name, bool required) {
    known_.insert(name);
    auto found = value_.find(name);
    if (found != value_.end()) return &*found;
    if (required) wrong(pointer_, fmt::format("'{}' is missing", name));
    return nullptr;
  }

  void no_others() const {
    for (const auto& [name, value] : value_.items()) {
      if (known_.contains(name)) continue;
      std::vector<std::string> known(known_.begin(), known_.end());
      std::string hint = did_you_mean(name, known);
      refuse(where_, lines_.of(at(name)), fmt::format("unknown field '{}'", printable(name)),
             hint.empty() ? kHint : hint);
    }
  }

  std::string at(const std::string& name) const { return pointer_ + "/" + name; }
  [[noreturn]] void wrong(const std::string& pointer, const std::string& fact) const {
    refuse(where_, lines_.of(pointer), fact);
  }

 private:
  const json& value_;
  std::string pointer_;
  const Lines& lines_;
  const Location& where_;
  std::set<std::string> known_;
};

LockSigner read_signer(Object object) {
  LockSigner signer{.name = object.text("name"),
                    .issuer = object.text("issuer"),
                    .sha256 = object.digest("sha256"),
                    .anchored = object.flag("anchored")};
  object.no_others();
  return signer;
}

LockEntry read_entry(Object object, const Lines& lines, const Location& where) {
  LockEntry entry{.word = object.text("word"),
                  .path = object.text("path"),
                  .size = object.number("size"),
                  .sha256 = object.digest("sha256"),
                  .version = object.text("version", false),
                  .date = object.text("date", false),
                  .signer = {}};
  const auto& words = lock_words();
  if (std::find(words.begin(), words.end(), entry.word) == words.end())
    object.wrong(object.at("word"), fmt::format("'word' cannot be '{}'; it is one of {}",
                                                printable(entry.word), fmt::join(words, ", ")));
  if (!entry.date.empty() && !recipe::is_date(entry.date))
    object.wrong(object.at("date"), "'date' must be a date such as 2026-11-20");
  std::string pinned = object.text("pinned");
  if (pinned != "digest" && pinned != "signer")
    object.wrong(object.at("pinned"), "'pinned' must be \"digest\" or \"signer\"");
  entry.by_signer = pinned == "signer";
  if (const json* signer = object.field("signer", entry.by_signer))
    entry.signer = read_signer({*signer, object.at("signer"), lines, where});
  object.no_others();
  return entry;
}

json parse(const std::string& text, const Location& where) {
  if (text.find('\0') != std::string::npos)
    refuse(where, 0, "the lock file holds a byte of value 0");
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    std::size_t end = std::min(error.byte, text.size());
    auto breaks = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    refuse(where, static_cast<int>(breaks) + 1, "the lock file is not valid JSON",
           "if a merge left its marks: take one side, then call remedia lock");
  }
}

nlohmann::ordered_json json_of(const LockEntry& entry) {
  nlohmann::ordered_json out = {{"path", entry.path},
                                {"word", entry.word},
                                {"pinned", entry.by_signer ? "signer" : "digest"}};
  if (!entry.version.empty()) out["version"] = entry.version;
  if (!entry.date.empty()) out["date"] = entry.date;
  out["size"] = entry.size;
  out["sha256"] = entry.sha256;
  if (!entry.signer) return out;
  const LockSigner& signer = *entry.signer;
  out["signer"] = {{"name", signer.name},
                   {"issuer", signer.issuer},
                   {"sha256", signer.sha256},
                   {"anchored", signer.anchored}};
  return out;
}

void check_texts(const LockEntry& entry) {
  for (const std::string& text : {entry.path, entry.version}) {
    if (!is_utf8(text)) fail("'{}' is not valid UTF-8 and cannot be locked", printable(text));
  }
}

// What a certificate says of itself may be anything.
LockEntry with_safe_signer(LockEntry entry) {
  if (!entry.signer) return entry;
  for (std::string* text : {&entry.signer->name, &entry.signer->issuer}) {
    if (!is_utf8(*text)) *text = printable(*text);
    if (text->empty()) *text = "(none)";
  }
  return entry;
}

}  // namespace

LockFile parse_lock(const std::string& text, const Location& where) {
  json content = parse(text, where);
  Lines lines(text, where);
  Object object(content, "", lines, where);
  if (object.text("format") != kFormat) {
    refuse(where, lines.of("/format"), fmt::format("the format is not \"{}\"", kFormat),
           "another version of remedia wrote it: take that one, or call remedia lock");
  }
  LockFile lock{.recipe = object.text("recipe"), .entries = {}};
  const json* inputs = object.field("inputs", true);
  if (!inputs->is_array()) object.wrong("/inputs", "'inputs' must be a list");
  object.no_others();
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 0; i < inputs->size(); ++i) {
    std::string pointer = fmt::format("/inputs/{}", i);
    LockEntry entry = read_entry({inputs->at(i), pointer, lines, where}, lines, where);
    if (!seen.emplace(entry.path, entry.word).second) {
      object.wrong(pointer,
                   fmt::format("'{}' ({}) is there twice", printable(entry.path), entry.word));
    }
    lock.entries.push_back(std::move(entry));
  }
  return lock;
}

LockFile read_lock(const fs::path& file) {
  return parse_lock(read_file(file, kMaxBytes), {.name = file.string(), .file = file});
}

std::string write_lock(const LockFile& lock) {
  nlohmann::ordered_json out = {
      {"format", kFormat}, {"recipe", lock.recipe}, {"inputs", nlohmann::ordered_json::array()}};
  for (LockEntry entry : updated(lock, lock.entries, {}).entries) {
    check_texts(entry);
    out["inputs"].push_back(json_of(with_safe_signer(std::move(entry))));
  }
  std::string text = out.dump(1, ' ', true) + "\n";
  parse_lock(text, {.name = lock.recipe + ".lock"});  // nobody is left with a file we refuse
  return text;
}

}  // namespace remedia::kinds
