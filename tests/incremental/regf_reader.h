// A reader of registry hives for tests, which shares nothing with libhivex or with what judges its
// work: it looks keys up as Windows does, by the order and the hashes of their lists.
//
// Layout: the published descriptions of the regf format (Norris, "The Internal Structure of the
// Windows Registry"; Suhanov, "Windows registry file format specification"); hives of Windows
// agree.
#pragma once

#include "support/diagnostic.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::regf {

struct Value {
  std::uint32_t type = 0;
  std::string data = {};  ///< raw

  bool operator==(const Value&) const = default;
};

struct Key {
  std::string name;
  std::map<std::string, Value> values = {};
  std::vector<Key> children = {};
};

class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {
    if (bytes_.substr(0, 4) != "regf") fail("no regf");
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < 508; at += 4) sum ^= word(at);
    if (sum != word(508)) fail("the checksum is wrong");
    if (word(4) != word(8)) fail("it is dirty");
    if (4096 + std::size_t{word(40)} > bytes_.size()) fail("bins end behind the file");
    root_ = key(word(36), 0);
  }

  const Key& root() const { return root_; }

 private:
  std::uint32_t number(std::size_t at, int size) const {
    std::uint32_t value = 0;
    for (int i = size; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes_.at(at + static_cast<std::size_t>(i)));
    return value;
  }
  std::uint32_t word(std::size_t at) const { return number(at, 4); }

  /// Where the content of a cell begins; it has at least `size` bytes and is in use.
  std::size_t cell(std::uint32_t offset, std::size_t size) const {
    std::size_t at = 4096 + std::size_t{offset};
    std::uint32_t negative = word(at);
    if (negative < 0x80000000) fail("a cell at {:x} is used that is free", offset);
    if (0 - negative < size + 4) fail("the cell at {:x} is too small", offset);
    return at + 4;
  }

  static std::string upper(std::string text) {
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
  }

  static std::uint32_t hash(const std::string& name) {
    std::uint32_t sum = 0;
    for (char c : upper(name)) sum = sum * 37 + static_cast<unsigned char>(c);
    return sum;
  }

  void list(std::uint32_t offset, int depth, std::vector<Key>& children) const {
    std::size_t at = cell(offset, 4);
    std::string id = bytes_.substr(at, 2);
    std::uint32_t count = number(at + 2, 2);
    std::size_t step = id == "li" || id == "ri" ? 4 : 8;
    cell(offset, 4 + count * step);
    for (std::uint32_t i = 0; i < count; ++i) {
      std::size_t entry = at + 4 + i * step;
      if (id == "ri") {
        list(word(entry), depth, children);
        continue;
      }
      Key child = key(word(entry), depth + 1);
      if (id == "lh" && word(entry + 4) != hash(child.name))
        fail("'{}' has a wrong hash: Windows does not find it", child.name);
      if (id == "lf" &&
          bytes_.substr(entry + 4, 4).substr(0, child.name.size()) != child.name.substr(0, 4))
        fail("'{}' has a wrong hint: Windows does not find it", child.name);
      if (id != "lh" && id != "lf" && id != "li") fail("a list of an unknown kind, {}", id);
      if (!children.empty() && upper(children.back().name) >= upper(child.name))
        fail("'{}' stands before '{}': Windows does not find it", children.back().name, child.name);
      children.push_back(std::move(child));
    }
  }

  std::string text(std::size_t at, std::uint32_t size, bool ascii) const {
    std::string name;
    for (std::uint32_t i = 0; i < size; i += ascii ? 1 : 2)
      name += static_cast<char>(number(at + i, ascii ? 1 : 2));
    return name;
  }

  Key key(std::uint32_t offset, int depth) const {
    std::size_t at = cell(offset, 76);
    if (bytes_.substr(at, 2) != "nk" || depth > 100) fail("no key at {:x}", offset);
    std::uint32_t length = number(at + 72, 2);
    cell(offset, 76 + length);
    Key result{.name = text(at + 76, length, (number(at + 2, 2) & 0x20) != 0)};
    if (bytes_.substr(cell(word(at + 44), 20), 2) != "sk") fail("'{}' has no owner", result.name);
    if (word(at + 20) > 0) list(word(at + 28), depth, result.children);
    if (result.children.size() != word(at + 20))
      fail("'{}' counts {} keys of {}", result.name, word(at + 20), result.children.size());
    for (std::uint32_t i = 0; i < word(at + 36); ++i)
      value(word(cell(word(at + 40), 4 * word(at + 36)) + 4 * i), result);
    return result;
  }

  void value(std::uint32_t offset, Key& of) const {
    std::size_t at = cell(offset, 20);
    if (bytes_.substr(at, 2) != "vk") fail("no value at {:x}", offset);
    std::string name = text(at + 20, number(at + 2, 2), (number(at + 16, 2) & 1) != 0);
    std::uint32_t size = word(at + 4);
    bool here = size >= 0x80000000;
    size &= 0x7fffffff;
    if (size > (here ? 4u : 16344u)) fail("'{}' has {} bytes", name, size);
    Value found{.type = word(at + 12)};
    if (size > 0) found.data = bytes_.substr(here ? at + 8 : cell(word(at + 8), size), size);
    if (!of.values.emplace(upper(name), std::move(found)).second) fail("'{}' is there twice", name);
  }

  std::string bytes_;
  Key root_;
};

/// By names as they are written, '\' between them; null if one is missing.
inline const Key* find(const Key& root, std::string_view path) {
  const Key* at = &root;
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find('\\'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    const Key* next = nullptr;
    for (const Key& child : at->children) {
      if (child.name == name) next = &child;
    }
    if (next == nullptr) return nullptr;
    at = next;
  }
  return at;
}

}  // namespace remedia::regf
