// Writing WIMs. Nothing that is compressed already is compressed again, and what is written depends
// on the arguments alone: additions are sorted, libwim's world is a Host (wim_host.h).
// What update() may take from component WIMs is found in wim_component.cpp.
//
// libwim replaces a file by taking the old entry out and linking a new one in, which drops what the
// old one had. So the old entry is noted before, its fields are written into the metadata on its
// way to the disk (wim_metadata.h), and the result is read back and compared.
#include "formats/win_names.h"
#include "media/wim_component.h"
#include "media/wim_copy.h"
#include "media/wim_lib.h"
#include "media/wim_metadata.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia::wim {

namespace {

constexpr int kOverwrite = WIMLIB_WRITE_FLAG_NO_CHECK_INTEGRITY;
constexpr unsigned kAllProcessors = 0;

// --- What is to be done --------------------------------------------------------------------------

// An addition with its target spelt as the image will have it.
struct Step {
  std::string target;
  const Addition* addition = nullptr;
  std::optional<Entry> existing;
};

std::string described(const Addition& addition) {
  if (addition.directory) return fmt::format("the folder '{}'", addition.target);
  return fmt::format("'{}' (from '{}')", addition.target, addition.content.file.string());
}

[[noreturn]] void fail_addition(const Addition& addition, std::string_view why) {
  fail("cannot put {} into the image: {}", described(addition), why);
}

// In one order, whatever order they came in. Windows cannot tell names apart that differ only in
// case, so two such additions are one file too many; two such folders are one folder.
std::vector<const Addition*> sorted(const std::vector<Addition>& additions) {
  std::map<std::string, const Addition*> by_name;
  for (const Addition& addition : additions) {
    check_image_path(addition.target);
    auto [it, added] = by_name.emplace(fold_case(addition.target), &addition);
    if (added) continue;
    if (!addition.directory || !it->second->directory) {
      fail_addition(addition, described(*it->second) + " has the same target");
    }
    if (addition.target < it->second->target) it->second = &addition;
  }
  std::vector<const Addition*> all;
  for (const auto& [name, addition] : by_name) all.push_back(addition);
  return all;
}

// Resolves targets against an image and against each other.
class Planner {
 public:
  Planner(const Host& host, WIMStruct* wim, int image, std::string_view shown)
      : host_(host), wim_(wim), image_(image), shown_(shown) {}

  std::vector<Step> plan(const std::vector<Addition>& additions) {
    std::vector<Step> steps;
    for (const Addition* addition : sorted(additions)) {
      Step step = resolve(*addition);
      if (!addition->directory || !step.existing) steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  // What a path leads to: something of the image, or something that an addition makes.
  struct Place {
    std::string path;
    bool directory = false;
    std::optional<Entry> existing;
    const Addition* maker = nullptr;
  };

  Place& place(const std::string& path, bool directory, const Addition& addition) {
    auto [it, added] = places_.try_emplace(fold_case(path));
    if (added) {
      std::optional<Entry> entry = look_up(host_, wim_, image_, path, shown_);
      it->second = entry ? Place{entry->path, entry->directory, entry, nullptr}
                         : Place{path, directory, std::nullopt, &addition};
    }
    return it->second;
  }

  void check_kind(const Addition& addition, const Place& place, bool directory) const {
    if (place.directory == directory) return;
    const char* kind = place.directory ? "a folder" : "a file";
    if (place.maker != nullptr) {
      fail_addition(addition, fmt::format("'{}' is {} because of {}", place.path, kind,
                                          described(*place.maker)));
    }
    bool link = (place.existing->attributes & WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    fail_addition(addition, fmt::format("'{}' is {} there", place.path, link ? "a link" : kind));
  }

  Step resolve(const Addition& addition) {
    std::string path;
    for (std::size_t start = 0;;) {
      std::size_t end = std::min(addition.target.find('/', start), addition.target.size());
      bool last = end == addition.target.size();
      bool directory = !last || addition.directory;
      path += (path.empty() ? "" : "/") + addition.target.substr(start, end - start);
      const Place& found = place(path, directory, addition);
      check_kind(addition, found, directory);
      path = found.path;
      if (last) return {path, &addition, found.existing};
      start = end + 1;
    }
  }

  const Host& host_;
  WIMStruct* wim_;
  int image_;
  std::string_view shown_;
  std::map<std::string, Place> places_;
};

// --- Doing it ------------------------------------------------------------------------------------

void run_steps(Host& host, WIMStruct* wim, int image, const std::vector<Step>& steps,
               std::string_view shown) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Step& step : steps) {
    const Addition& addition = *step.addition;
    names.emplace_back(addition.directory ? host.add_folder() : host.add_file(addition.content),
                       "/" + step.target);
  }
  std::vector<wimlib_update_command> commands;
  for (auto& [source, target] : names) {
    wimlib_update_command command = {};
    command.op = WIMLIB_UPDATE_OP_ADD;
    command.add.fs_source_path = source.data();
    command.add.wim_target_path = target.data();
    commands.push_back(command);
  }
  check(host, wimlib_update_image(wim, image, commands.data(), commands.size(), 0), shown);
}

// What said how the old data was stored does not hold for the new data.
std::uint32_t kept_attributes(std::uint32_t attributes) {
  attributes &=
      ~std::uint32_t{WIMLIB_FILE_ATTRIBUTE_DIRECTORY | WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT |
                     WIMLIB_FILE_ATTRIBUTE_SPARSE_FILE | WIMLIB_FILE_ATTRIBUTE_ENCRYPTED};
  return attributes == 0 ? WIMLIB_FILE_ATTRIBUTE_NORMAL : attributes;
}

std::vector<Kept> kept_fields(const std::vector<Step>& steps) {
  std::vector<Kept> all;
  for (const Step& step : steps) {
    if (!step.existing) continue;
    const Entry& old = *step.existing;
    all.push_back({old.path, kept_attributes(old.attributes), old.security_descriptor,
                   old.creation_time, old.last_access_time, old.last_write_time});
  }
  return all;
}

// The one place that relies on a function inside libwim.
void check_library_version() {
  if (wimlib_get_version() == (1u << 20 | 13u << 10 | 6u)) return;
  throw Failure(Diagnostic{
      .message =
          fmt::format("cannot replace files in an image with libwim {}: their attributes and "
                      "permissions would be lost",
                      wimlib_get_version_string()),
      .hint = "build with libwim 1.13.6 (Debian 12), for which keeping them was verified"});
}

bool same(const Entry& found, const Step& step) {
  if (found.path != step.target || found.directory != step.addition->directory) return false;
  if (!found.directory && found.size != step.addition->content.size()) return false;
  if (!step.existing) return true;
  const Entry& old = *step.existing;
  return found.attributes == kept_attributes(old.attributes) &&
         found.security_descriptor == old.security_descriptor &&
         found.creation_time == old.creation_time &&
         found.last_access_time == old.last_access_time &&
         found.last_write_time == old.last_write_time;
}

void check_result(const std::vector<Step>& steps, int image, const fs::path& out) {
  Host host;
  Handle wim = open_wim(host, out, 0, out.native());
  for (const Step& step : steps) {
    std::optional<Entry> found = look_up(host, wim.get(), image, step.target, out.native());
    const std::string& wanted = step.addition->sha1;
    if (found && !wanted.empty() && found->size > 0 && found->sha1 != wanted)
      throw ContentChanged(*step.addition);
    if (found && same(*found, step)) continue;
    fail_addition(*step.addition, fmt::format("'{}' in '{}' did not become what it should be",
                                              found ? found->path : step.target, out.string()));
  }
}

void set_names(const Host& host, WIMStruct* wim, int image, const std::string& name,
               const std::string& description, std::string_view shown) {
  if (!name.empty()) check(host, wimlib_set_image_name(wim, image, name.c_str()), shown);
  if (!description.empty()) {
    check(host, wimlib_set_image_descripton(wim, image, description.c_str()), shown);
  }
}

void set_level(int level) {
  wimlib_set_default_compression_level(-1, static_cast<unsigned>(level));
}

Handle new_wim(const Host& host, wimlib_compression_type type, std::string_view shown) {
  start_library();
  WIMStruct* wim = nullptr;
  check(host, wimlib_create_new_wim(type, &wim), shown);
  return Handle(wim);
}

void copy_base(const fs::path& base, const fs::path& out) {
  Slice whole = Slice::whole(base);
  check_distinct(base, out);
  Fd fd = Fd::open_empty(out);
  copy_to(whole, fd.get(), 0, out);
}

// libwim falls back to writing the whole file anew, under a new inode, when it cannot append.
void append(const Host& host, WIMStruct* wim, const fs::path& base, const fs::path& out) {
  FileId before = id_of(out);
  check(host, wimlib_overwrite(wim, kOverwrite, kAllProcessors), out.native());
  if (id_of(out) == before) return;
  throw Failure(Diagnostic{.message = fmt::format("nothing can be appended to '{}'", base.string()),
                           .hint = "export its image to a WIM of its own first"});
}

using Digests = std::map<const Addition*, Sha1>;

// Those that are not known are found out.
Digests find_digests(const std::vector<Addition>& additions) {
  Digests digests;
  for (const Addition& addition : additions) {
    if (addition.directory) continue;
    digests.emplace(&addition,
                    addition.sha1.empty() ? sha1_of(addition.content) : parse_sha1(addition.sha1));
  }
  return digests;
}

// On another thread, while the base is copied.
std::future<Digests> begin_digests(const std::vector<Addition>& additions) {
  return std::async(std::launch::async, [&additions] { return find_digests(additions); });
}

std::vector<NewContent> contents_of(const std::vector<Step>& steps, const Digests& digests) {
  std::vector<NewContent> all;
  for (const Step& step : steps) {
    if (step.addition->directory) continue;
    all.push_back({step.addition->content, digests.at(step.addition)});
  }
  return all;
}

std::vector<Replacement> replacements(const std::vector<Step>& steps) {
  std::vector<Replacement> all;
  for (const Step& step : steps) {
    if (!step.existing) continue;
    const Entry& old = *step.existing;
    all.push_back({old.path, old.short_name, old.named_streams});
  }
  return all;
}

void check_base(const wimlib_wim_info& info, const fs::path& base) {
  if (info.image_count != 1) {
    fail("'{}' has {} images; only a WIM with one can be updated", base.string(), info.image_count);
  }
}

struct NewImage {
  int number = 0;
  std::vector<Step> steps;
};

NewImage add_image(const Host& host, WIMStruct* wim, const Capture& capture,
                   std::string_view shown) {
  NewImage image;
  check(host, wimlib_add_empty_image(wim, capture.name.c_str(), &image.number), shown);
  image.steps = Planner(host, wim, image.number, shown).plan(capture.additions);
  return image;
}

void fill_image(Host& host, WIMStruct* wim, const NewImage& image, const Capture& capture,
                std::string_view shown) {
  run_steps(host, wim, image.number, image.steps, shown);
  set_names(host, wim, image.number, "", capture.description, shown);
  for (const auto& [name, value] : capture.properties) {
    check(host, wimlib_set_image_property(wim, image.number, name.c_str(), value.c_str()), shown);
  }
}

// Lets libwim find what donors have; whether they have any of it.
bool use_donors(Host& host, WIMStruct* wim, const std::vector<Capture>& images,
                const std::vector<NewImage>& added, const CaptureOptions& options,
                const fs::path& out) {
  if (options.donors.empty() || options.compression != Compression::lzx || options.solid)
    return false;
  std::vector<NewContent> contents;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (NewContent& content : contents_of(added[i].steps, find_digests(images[i].additions)))
      contents.push_back(std::move(content));
  }
  return reference_donors(host, wim, options.donors, contents, {options.level, out});
}

int write_flags(const CaptureOptions& options, bool donors_used) {
  int flags = kWriteFlags;
  if (options.solid) flags |= WIMLIB_WRITE_FLAG_SOLID;
  if (donors_used) flags |= WIMLIB_WRITE_FLAG_STREAMS_OK;
  if (!options.integrity) return flags;
  return (flags & ~WIMLIB_WRITE_FLAG_NO_CHECK_INTEGRITY) | WIMLIB_WRITE_FLAG_CHECK_INTEGRITY;
}

// Whether libwim found in each file what its digest says.
void check_contents(const Host& host, WIMStruct* wim, const NewImage& image,
                    std::string_view shown) {
  for (const Step& step : image.steps) {
    const Addition& addition = *step.addition;
    if (addition.directory || addition.sha1.empty() || addition.content.size() == 0) continue;
    std::optional<Entry> found = look_up(host, wim, image.number, step.target, shown);
    if (!found || found->sha1 != addition.sha1) throw ContentChanged(addition);
  }
}

}  // namespace

wimlib_compression_type library_type(Compression compression) {
  switch (compression) {
    case Compression::none:
      return WIMLIB_COMPRESSION_TYPE_NONE;
    case Compression::xpress:
      return WIMLIB_COMPRESSION_TYPE_XPRESS;
    case Compression::lzx:
      return WIMLIB_COMPRESSION_TYPE_LZX;
    case Compression::lzms:
      return WIMLIB_COMPRESSION_TYPE_LZMS;
  }
  return WIMLIB_COMPRESSION_TYPE_NONE;
}

void set_info(const Host& host, WIMStruct* wim, wimlib_wim_info info,
              const std::array<std::uint8_t, 16>& guid, int which, std::string_view shown) {
  std::copy(guid.begin(), guid.end(), info.guid);
  check(host, wimlib_set_wim_info(wim, &info, WIMLIB_CHANGE_GUID | which), shown);
}

FileId id_of(const fs::path& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

void check_distinct(const fs::path& from, const fs::path& out) {
  FileId id = id_of(out);
  if (id != FileId{} && id == id_of(from)) {
    fail("'{}' would be written over itself", from.string());
  }
}

void export_image(const File& from, int image, const fs::path& out, const ExportOptions& options) {
  File::State& source = from.state();
  check_image_number(source.info, image, source.shown);
  for (const Slice& part : source.slices) check_distinct(part.file, out);
  Host host(options.clock);
  set_level(options.level);
  bool keep = source.info.bootable_format && source.info.compression != Compression::none;
  Handle wim =
      new_wim(host, library_type(keep ? source.info.compression : Compression::lzx), out.native());
  Handle copy = keep ? open_for_copy(host, source.slices, source.shown) : nullptr;
  WIMStruct* images = copy ? copy.get() : source.wim.get();
  check(host, wimlib_export_image(images, image, wim.get(), nullptr, nullptr, 0), source.shown);
  wimlib_wim_info info = {};
  check(host, wimlib_get_wim_info(source.wim.get(), &info), source.shown);
  info.boot_index = 1;
  set_info(host, wim.get(), info, options.guid, WIMLIB_CHANGE_BOOT_INDEX | WIMLIB_CHANGE_RPFIX_FLAG,
           out.native());
  check(host, wimlib_write(wim.get(), out.c_str(), WIMLIB_ALL_IMAGES, kWriteFlags, kAllProcessors),
        fmt::format("{}: image {}", source.shown, image));
}

std::vector<Replacement> update(const fs::path& base, const std::vector<Addition>& additions,
                                const UpdateOptions& options, const fs::path& out) {
  Host host(options.clock);
  set_level(options.level);
  std::future<Digests> digests;
  if (!options.components.empty()) digests = begin_digests(additions);
  copy_base(base, out);
  Handle wim = open_wim(host, out, WIMLIB_OPEN_FLAG_WRITE_ACCESS, base.native());
  wimlib_wim_info info = {};
  check(host, wimlib_get_wim_info(wim.get(), &info), base.native());
  check_base(info, base);

  std::vector<Step> steps = Planner(host, wim.get(), 1, base.native()).plan(additions);
  std::vector<Kept> kept = kept_fields(steps);
  if (!kept.empty()) {
    check_library_version();
    host.edit_metadata([kept](std::span<char> metadata) { restore_fields(metadata, kept); });
  }
  if (digests.valid()) {
    reference_components(host, wim.get(), base, options.components,
                         contents_of(steps, digests.get()), {options.level, out});
  }
  run_steps(host, wim.get(), 1, steps, base.native());
  set_names(host, wim.get(), 1, options.name, options.description, base.native());
  set_info(host, wim.get(), info, options.guid, 0, out.native());
  append(host, wim.get(), base, out);
  wim.reset();
  check_result(steps, 1, out);
  return replacements(steps);
}

void capture(const std::vector<Capture>& images, const CaptureOptions& options,
             const fs::path& out) {
  Host host(options.clock);
  set_level(options.level);
  Handle wim = new_wim(host, library_type(options.compression), out.native());
  std::vector<NewImage> added;
  for (const Capture& image : images)
    added.push_back(add_image(host, wim.get(), image, out.native()));
  bool donors_used = use_donors(host, wim.get(), images, added, options, out);
  for (std::size_t i = 0; i < images.size(); ++i)
    fill_image(host, wim.get(), added[i], images[i], out.native());
  wimlib_wim_info info = {};
  info.boot_index = static_cast<std::uint32_t>(options.boot_index);
  set_info(host, wim.get(), info, options.guid, WIMLIB_CHANGE_BOOT_INDEX, out.native());
  check(host,
        wimlib_write(wim.get(), out.c_str(), WIMLIB_ALL_IMAGES, write_flags(options, donors_used),
                     kAllProcessors),
        out.native());
  for (const NewImage& image : added) check_contents(host, wim.get(), image, out.native());
}

}  // namespace remedia::wim
