#include "support/pe_builder.h"

#include "medium/pe_file.h"

namespace remedia::pe_builder {

namespace {

constexpr std::size_t kCoff = 0x80;
constexpr std::size_t kOptional = kCoff + 24;
constexpr std::uint32_t kImageBase = 0x400000;  // that the medium's 32-bit programs have

std::string u32(std::uint64_t value) {
  std::string bytes(4, '\0');
  put(bytes, 0, value, 4);
  return bytes;
}

/// The content of the section, whose parts follow each other.
class Section {
 public:
  std::size_t offset() const { return kOffset + bytes_.size(); }
  void append(const std::string& bytes) { bytes_ += bytes; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::size_t address_of(std::size_t offset) { return offset - kOffset + kAddress; }

void add_lists(const Options& options, Built& built, Section& section) {
  // Both lists, the CLR header, then the names: where these begin is known beforehand.
  const std::size_t imports = options.loaded.empty() ? 0 : 20 * (options.loaded.size() + 1);
  const std::size_t delayed = options.delayed.empty() ? 0 : 32 * (options.delayed.size() + 1);
  const std::size_t clr = options.clr_flags ? 72 : 0;
  std::size_t name = kAddress + imports + delayed + clr;
  built.imports = imports == 0 ? 0 : section.offset();
  for (const std::string& library : options.loaded) {
    section.append(u32(0) + u32(0) + u32(0) + u32(name) + u32(kAddress));
    name += library.size() + 1;
  }
  if (imports != 0) section.append(std::string(20, '\0'));
  built.delayed = delayed == 0 ? 0 : section.offset();
  for (const std::string& library : options.delayed) {
    const std::size_t place = options.old_delay_form ? name + kImageBase : name;
    section.append(u32(options.old_delay_form ? 0 : 1) + u32(place) + std::string(24, '\0'));
    name += library.size() + 1;
  }
  if (delayed != 0) section.append(std::string(32, '\0'));
  built.clr = clr == 0 ? 0 : section.offset();
  if (clr != 0) section.append(u32(72) + std::string(12, '\0') + u32(*options.clr_flags));
  if (clr != 0) section.append(std::string(52, '\0'));
}

}  // namespace

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    bytes.at(at + i) = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

Built build(const Options& options) {
  Built built;
  Section section;
  add_lists(options, built, section);
  built.names = section.offset();
  for (const auto* list : {&options.loaded, &options.delayed}) {
    for (const std::string& library : *list) section.append(library + '\0');
  }
  built.end = section.offset();

  std::string& bytes = built.bytes;
  bytes = medium::pe_file({.arch = options.arch, .subsystem = options.subsystem, .version = ""});
  const bool wide = options.arch.ends_with("64");
  built.directories = kOptional + (wide ? 112 : 96);
  const std::size_t sections = built.directories + 16 * 8;
  const auto point = [&](std::size_t index, std::size_t offset, std::size_t size) {
    if (offset != 0) put(bytes, built.directories + index * 8, address_of(offset), 4);
    if (offset != 0) put(bytes, built.directories + index * 8 + 4, size, 4);
  };
  point(1, built.imports, 20 * (options.loaded.size() + 1));
  point(13, built.delayed, 32 * (options.delayed.size() + 1));
  point(14, built.clr, 72);
  if (options.library) put(bytes, kCoff + 22, wide ? 0x2022 : 0x2102, 2);
  if (section.bytes().empty()) return built;
  put(bytes, kCoff + 6, 2, 2);
  bytes.replace(sections + 40, 6, ".idata");
  put(bytes, sections + 40 + 8, section.bytes().size(), 4);
  put(bytes, sections + 40 + 12, kAddress, 4);
  put(bytes, sections + 40 + 16, section.bytes().size(), 4);
  put(bytes, sections + 40 + 20, kOffset, 4);
  put(bytes, sections + 40 + 36, 0xC0000040, 4);
  bytes += section.bytes();
  return built;
}

std::string program(const Options& options) { return build(options).bytes; }

}  // namespace remedia::pe_builder
