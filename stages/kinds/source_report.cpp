#include "kinds/source_report.h"

#include "media/windows_source.h"
#include "support/diagnostic.h"

#include <map>

namespace remedia::kinds {

namespace {

std::string kind_of(const Medium& medium) {
  switch (medium.kind()) {
    case Medium::Kind::iso:
      return fmt::format("ISO volume '{}'", medium.label());
    case Medium::Kind::folder:
      return "folder";
    case Medium::Kind::wim:
      return "WIM";
  }
  return {};
}

std::string compression_name(wim::Compression compression) {
  switch (compression) {
    case wim::Compression::none:
      return "not compressed";
    case wim::Compression::xpress:
      return "XPRESS";
    case wim::Compression::lzx:
      return "LZX";
    case wim::Compression::lzms:
      return "LZMS";
  }
  return {};
}

std::string image_line(const wim::Image& image) {
  std::string text = fmt::format("  {:>2}  '{}'", image.index, image.name);
  for (const std::string& fact : {image.edition, image.architecture, image.version,
                                  fmt::format("{}", fmt::join(image.languages, " "))}) {
    if (!fact.empty()) text += ", " + fact;
  }
  return text + "\n";
}

// Which images hold a recovery image, and whether it is the same in all.
std::string recovery_lines(const wim::File& file) {
  std::map<std::string, std::string> images;  // by SHA-1
  for (const wim::Image& image : file.info().images) {
    const wim::Entry* entry = file.find(image.index, kRecoveryImage);
    if (entry == nullptr || entry->directory) continue;
    std::string& list = images[entry->sha1];
    list += fmt::format("{}{}", list.empty() ? "" : ", ", image.index);
  }
  if (images.empty()) return "  no recovery image (image = \"winre\") in it\n";
  std::string text;
  for (const auto& [sha1, list] : images)
    text += fmt::format("  recovery image (image = \"winre\") of image {}: SHA-1 {}\n", list, sha1);
  if (images.size() > 1) text += "  they differ: a recipe says which with edition = \"...\"\n";
  return text;
}

std::string wim_lines(const WindowsSource& source) {
  std::string text = fmt::format("\n{} ({})\n", source.found_in(),
                                 compression_name(source.file().info().compression));
  if (source.container().size() > 1)
    text += fmt::format("  in {} parts\n", source.container().size());
  for (const wim::Image& image : source.file().info().images) text += image_line(image);
  return text + recovery_lines(source.file());
}

std::string boot_file_lines(const WindowsSource& source) {
  const std::string arch = source.image().architecture;
  std::string text = fmt::format("\nboot files for {}\n", arch);
  for (const BootFile& wanted : boot_files(arch)) {
    std::vector<WindowsSource::Found> found = source.find(wanted);
    if (found.empty()) text += fmt::format("  {:<44} not there\n", wanted.target);
    for (const WindowsSource::Found& file : found) {
      text +=
          fmt::format("  {:<44} {}{}\n", file.target, file.rebuilt ? "made from " : "", file.place);
    }
  }
  return text;
}

}  // namespace

std::string source_report(const fs::path& medium) {
  WindowsSource source(medium, medium.filename().string());
  std::string text = fmt::format("{}: {}\n", medium.string(), kind_of(source.medium()));
  bool some = false;
  std::string boot;
  for (const char* name : kWindowsWims) {
    if (!source.open_wim(name)) continue;
    some = true;
    text += wim_lines(source);
    // The first is boot.wim if there is one; a recovery image may have boot files of its own.
    if (boot.empty()) boot = boot_file_lines(source);
  }
  if (!some) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' holds no Windows: no sources/boot.wim, no sources/install.wim",
                               medium.string()),
        .hint = "name an ISO, a folder with the same layout, or a WIM"});
  }
  return text + boot;
}

}  // namespace remedia::kinds
