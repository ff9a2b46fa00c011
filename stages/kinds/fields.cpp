#include "kinds/fields.h"

#include "support/byte_size.h"

#include <cctype>

namespace remedia::kinds {

std::string volume_label(const recipe::Node& node, std::string_view field, const std::string& name,
                         std::size_t longest) {
  std::string label = node.text(field);
  if (label.empty()) {
    for (char c : name.substr(0, longest))
      label += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (label.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos)
    return label;
  throw Failure(Diagnostic{
      .message = fmt::format("volume label '{}' holds other characters than A-Z, 0-9 and _", label),
      .where = node.place(field),
      .hint = "not every file system has others"});
}

std::uint64_t size_field(const recipe::Node& node, std::string_view field) {
  constexpr std::uint64_t kMost = 16 * 1024 * kGiB;
  if (!node.has(field)) return 0;
  std::optional<std::uint64_t> size = parse_byte_size(node.text(field));
  if (size && *size >= kMost) {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is 16 TiB or more", node.text(field)),
                             .where = node.place(field),
                             .hint = "no medium that is meant here is that large"});
  }
  if (size && *size >= kMiB) return *size / kMiB * kMiB;
  throw Failure(Diagnostic{.message = fmt::format("'{}' is no size", node.text(field)),
                           .where = node.place(field),
                           .hint = "write \"700MiB\", \"8GB\" or \"1.5GiB\"; at least 1 MiB"});
}

std::int64_t sector_size_field(const recipe::Node& node) {
  std::int64_t size = node.integer("sector_size");
  if (size == 512 || size == 4096) return size;
  throw Failure(Diagnostic{.message = fmt::format("no disk has sectors of {} bytes", size),
                           .where = node.place("sector_size"),
                           .hint = "512, or 4096 for a 4Kn disk"});
}

}  // namespace remedia::kinds
