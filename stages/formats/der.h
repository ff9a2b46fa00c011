// Reads DER, as far as signatures of Windows need it: what OpenSSL has no type for.
//
// X.690: an item is a tag of one byte, a length and a body. Longer tags and indefinite lengths,
// which DER does not have, are damage. Nothing here calls itself: whoever reads goes down as many
// levels as his format has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remedia::der {

constexpr unsigned char kInteger = 0x02;
constexpr unsigned char kOctets = 0x04;
constexpr unsigned char kOid = 0x06;
constexpr unsigned char kUtcTime = 0x17;
constexpr unsigned char kTime = 0x18;
constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kSet = 0x31;
constexpr unsigned char kExplicit0 = 0xA0;

struct Item {
  unsigned char tag = 0;
  std::string_view body;
};

/// The item at the front of `bytes`, which lose it; nothing if there is no whole one.
std::optional<Item> peel(std::string_view& bytes);

/// "1.3.6.1" of the body of an object identifier; "" if it is none.
std::string oid_text(std::string_view body);

/// Items one after the other. Throws Failure that says that `what` is damaged, and where.
class Reader {
 public:
  /// `bytes` and `what` must outlive this.
  Reader(std::string_view bytes, std::string_view what)
      : what_(what), start_(bytes.data()), rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  /// Whether the next item has this tag.
  bool has(unsigned char tag) const;
  /// The body of the next item, which must have this tag.
  std::string_view take(unsigned char tag);
  /// The same, to be read; places in messages stay those of the whole.
  Reader enter(unsigned char tag);
  /// The next item, if it has this tag, is left out.
  void skip(unsigned char tag);
  /// There must be nothing more.
  void expect_end() const;
  [[noreturn]] void fail_here(std::string_view why) const;

 private:
  Reader(std::string_view bytes, std::string_view what, const char* start)
      : what_(what), start_(start), rest_(bytes) {}

  std::string_view what_;
  const char* start_;
  std::string_view rest_;
};

}  // namespace remedia::der
