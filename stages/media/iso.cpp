// ISO volumes: libisofs makes descriptors, folders and the boot catalog, and decides where each
// file lies; the contents do not pass through it.
//
// It would move them 2 KiB at a time from one thread to another, several times slower than a copy.
// But with a distinct weight for each file their order is known, they lie back to back in whole
// blocks, and nothing but the padding follows: so where each begins follows from the size of the
// volume. The stream of libisofs is read up to the first content and then cancelled, and copy_to()
// puts the contents in place, with copy_file_range. What stands for contents inside libisofs is a
// stream of marked blocks; finding the first mark where the first file must begin proves the
// reckoning.
//
// A big file begins at a multiple of 1 MiB: there a file system that shares blocks (XFS, btrfs)
// clones it in milliseconds, and ext4 copies at full speed, not at two thirds of it. The volume is
// laid out once to learn where the contents begin, then again with a filler before each big file: a
// file of libisofs that is in no folder, and of which nothing is ever written.
//
// The options are the ones of a volume that a genuine Windows boot manager starts from, by BIOS and
// by UEFI: level 3, names without ";1", Joliet, no Rock Ridge, no boot information table (it would
// overwrite code of etfsboot.com), 300 KiB of padding (a BIOS that reads ahead past the end of the
// medium returns garbage for the last file).
#define LIBISOFS_WITHOUT_LIBBURN  // libisofs.h brings struct burn_source itself
#include "media/iso.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <new>

#include <fcntl.h>
#include <libisofs.h>
#include <unistd.h>

namespace remedia::iso {

namespace {

constexpr std::uint64_t kBlock = 2048;
constexpr std::uint64_t kPadding = 150 * kBlock;
constexpr std::uint64_t kMaxContents = std::uint64_t{1} << 42;  // block numbers have 32 bits
constexpr std::uint64_t kBig = 4 << 20;  // fillers then are at most a quarter more
constexpr std::uint64_t kAlignment = 1 << 20;
constexpr std::uint64_t kSector = 512;            // El Torito counts in these
constexpr std::uint64_t kBiosLoad = 8 * kSector;  // the size of etfsboot.com
constexpr std::size_t kMaxName = 103;             // in UTF-16 units, with the option for long names
constexpr std::size_t kMaxPath = 120;             // the same; Joliet's 240 bytes
constexpr std::int64_t kLastSecond = 5'869'583'999;  // of 2155: years are one byte from 1900

using ImagePtr = std::unique_ptr<IsoImage, void (*)(IsoImage*)>;
using OptionsPtr = std::unique_ptr<IsoWriteOpts, void (*)(IsoWriteOpts*)>;
using SourcePtr = std::unique_ptr<burn_source, void (*)(burn_source*)>;

// --- what is asked for ---

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::strchr("_-. ", c) != nullptr);
}

void check_label(const std::string& label) {
  bool plain = std::all_of(label.begin(), label.end(), is_label_character);
  if (!plain || label.empty() || label.size() > 32 || label.front() == ' ' || label.back() == ' ') {
    fail("'{}' cannot be the label of an ISO volume: 1 to 32 of A-Z a-z 0-9 _ - . and space",
         label);
  }
}

void check_clock(std::int64_t clock) {
  if (clock < 0 || clock > kLastSecond) {
    fail("an ISO volume cannot be dated {}: the years 1970 to 2155 can be written", clock);
  }
}

void check_name(std::string_view name, const std::string& target) {
  auto bad = [](char c) {
    return static_cast<unsigned char>(c) < ' ' || std::strchr("*:;?\\<>|\"\x7f", c) != nullptr;
  };
  if (name.empty() || std::any_of(name.begin(), name.end(), bad) || name.back() == '.' ||
      name.back() == ' ') {
    fail("'{}' cannot be a path on an ISO volume: Windows has no name '{}'", target, name);
  }
  if (to_utf16le(name).size() / 2 > kMaxName) {
    fail("a name in '{}' is longer than the {} characters of an ISO volume", target, kMaxName);
  }
}

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// Everything that a volume will hold, by upper-cased path: Windows ignores case, so one path must
// have one spelling and be one thing.
class Targets {
 public:
  void add_file(const std::string& target) {
    if (to_utf16le(target).size() / 2 > kMaxPath) {
      fail("the path '{}' is longer than the {} characters of an ISO volume", target, kMaxPath);
    }
    add(target, false, target);
    for (std::string_view folder = parent_of(target); !folder.empty(); folder = parent_of(folder)) {
      add(std::string(folder), true, target);
    }
    if (target.front() == '/') check_name("", target);
  }

 private:
  struct Item {
    std::string path;
    bool is_folder;
  };

  void add(const std::string& path, bool is_folder, const std::string& target) {
    check_name(name_of(path), target);
    auto [at, is_new] = items_.emplace(upper(path), Item{path, is_folder});
    const Item& known = at->second;
    if (is_new || (known.path == path && known.is_folder && is_folder)) return;
    if (known.is_folder != is_folder) {
      fail("'{}' would be a file and a folder of the ISO volume", path);
    }
    if (known.path == path) fail("two files of the ISO volume have the path '{}'", path);
    fail("'{}' and '{}' would be one path: Windows ignores case", known.path, path);
  }

  std::map<std::string, Item> items_;
};

std::uint64_t size_of(const VolumeFile& file) {
  std::uint64_t size = file.size();
  if (size >= kMaxContents) fail("'{}' is too large for an ISO volume", file.target);
  return size;
}

// --- the stand-in for contents ---

// Takes `size` bytes of the volume; each of its blocks says whose it is and which.
struct Placeholder {
  const VolumeFile* file = nullptr;  // none: a filler
  std::uint64_t number = 0;
  std::uint64_t size = 0;
  std::uint64_t next_block = 0;

  std::uint64_t space() const { return (size + kBlock - 1) / kBlock * kBlock; }
};

using Block = std::array<unsigned char, kBlock>;

Block marked(std::uint64_t number, std::uint64_t block) {
  const std::uint64_t words[] = {0x616964656d6572, number, block};
  Block bytes = {};
  std::memcpy(bytes.data(), words, sizeof words);
  return bytes;
}

// libisofs.h hides its struct iso_stream from C++, since a member is named "class". Same layout.
struct Stream {
  IsoStreamIface* methods;
  int references;
  Placeholder* content;
};

Placeholder& content_of(IsoStream* stream) { return *reinterpret_cast<Stream*>(stream)->content; }

int open_stream(IsoStream* stream) {
  content_of(stream).next_block = 0;
  return ISO_SUCCESS;
}

int close_stream(IsoStream*) { return ISO_SUCCESS; }

off_t stream_size(IsoStream* stream) { return static_cast<off_t>(content_of(stream).size); }

// libisofs asks for whole blocks, the last one included.
int read_stream(IsoStream* stream, void* buffer, std::size_t count) {
  Block block = marked(content_of(stream).number, content_of(stream).next_block++);
  std::size_t n = std::min(count, block.size());
  std::memcpy(buffer, block.data(), n);
  return static_cast<int>(n);
}

int is_repeatable(IsoStream*) { return 1; }

// Each content is its own: libisofs stores contents of equal identity once.
void stream_identity(IsoStream* stream, unsigned int* fs, dev_t* device, ino_t* inode) {
  *fs = 0x72656d;
  *device = 0;
  *inode = content_of(stream).number + 1;
}

void free_stream(IsoStream*) {}  // the placeholder is not the stream's

int update_stream_size(IsoStream*) { return ISO_SUCCESS; }

IsoStreamIface stream_methods = {
    1,           {'u', 's', 'e', 'r'}, open_stream,   close_stream,
    stream_size, read_stream,          is_repeatable, stream_identity,
    free_stream, update_stream_size,   nullptr,       nullptr,
    nullptr,
};

IsoStream* new_stream(Placeholder& content) {
  auto* stream = static_cast<Stream*>(std::malloc(sizeof(Stream)));  // libisofs will free() it
  if (stream == nullptr) throw std::bad_alloc();
  *stream = {&stream_methods, 1, &content};
  return reinterpret_cast<IsoStream*>(stream);
}

// --- libisofs ---

void check(int result, std::string_view what) {
  if (result == static_cast<int>(ISO_OUT_OF_MEM)) throw std::bad_alloc();
  if (result < 0) fail("cannot lay out the ISO volume: {}: {}", what, iso_error_to_msg(result));
}

// libisofs goes on after a file it had to leave out or rename, with a warning. Here that is an
// error.
void check_messages() {
  char least[] = "WARNING";
  std::array<char, ISO_MSGS_MESSAGE_LEN> text = {};
  std::array<char, 80> severity = {};
  int code = 0;
  int image = 0;
  if (iso_obtain_msgs(least, &code, &image, text.data(), severity.data()) == 1) {
    fail("cannot lay out the ISO volume: {}", text.data());
  }
}

void discard_messages() {
  char all[] = "NEVER";
  std::array<char, ISO_MSGS_MESSAGE_LEN> text = {};
  std::array<char, 80> severity = {};
  int ignored = 0;
  iso_obtain_msgs(all, &ignored, &ignored, text.data(), severity.data());
}

void start_library() {
  check(iso_init_with_flag(1), "start");  // 1: the locale is not ours to set
  char utf8[] = "UTF-8";
  check(iso_set_local_charset(utf8, 0) == 1 ? ISO_SUCCESS : static_cast<int>(ISO_ERROR), "UTF-8");
  char queued[] = "WARNING";
  char printed[] = "NEVER";
  char prefix[] = "";
  iso_set_msgs_severities(queued, printed, prefix);
  discard_messages();  // of an earlier volume
}

// In neither tree, and still a place among the contents.
constexpr int kNowhere = LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_JOLIET | LIBISO_HIDE_BUT_WRITE;

class Tree {
 public:
  explicit Tree(IsoImage* image) : image_(image) {}

  void add(Placeholder& content, int weight) {
    bool is_filler = content.file == nullptr;
    // No target can be called so.
    std::string target = is_filler ? fmt::format(":{}", content.number) : content.file->target;
    IsoDir* parent = folder(std::string(parent_of(target)));
    IsoStream* stream = new_stream(content);
    IsoFile* node = nullptr;
    int result =
        iso_image_add_new_file(image_, parent, std::string(name_of(target)).c_str(), stream, &node);
    if (result < 0) iso_stream_unref(stream);
    check(result, target);
    iso_node_set_sort_weight(reinterpret_cast<IsoNode*>(node), weight);
    if (is_filler) iso_node_set_hidden(reinterpret_cast<IsoNode*>(node), kNowhere);
  }

 private:
  IsoDir* folder(const std::string& path) {
    if (path.empty()) return iso_image_get_root(image_);
    auto known = folders_.find(path);
    if (known != folders_.end()) return known->second;
    IsoDir* parent = folder(std::string(parent_of(path)));
    IsoDir* made = nullptr;
    check(iso_image_add_new_dir(image_, parent, std::string(name_of(path)).c_str(), &made), path);
    return folders_[path] = made;
  }

  IsoImage* image_;
  std::map<std::string, IsoDir*> folders_;
};

std::uint64_t boot_file_size(const Image& image, const std::string& target) {
  std::vector<std::string> targets;
  for (const VolumeFile& file : image.files) {
    if (file.target == target) return size_of(file);
    targets.push_back(file.target);
  }
  throw Failure(
      Diagnostic{.message = fmt::format("the boot file '{}' is not on the ISO volume", target),
                 .hint = did_you_mean(target, targets)});
}

// The catalog is found by its block number alone: it is in no folder that anyone sees.
ElToritoBootImage* add_boot_file(IsoImage* image, const std::string& target, bool is_first) {
  std::string path = "/" + target;
  ElToritoBootImage* boot = nullptr;
  if (is_first) {
    check(iso_image_set_boot_image(image, path.c_str(), ELTORITO_NO_EMUL, "/boot.cat", &boot),
          target);
    iso_image_set_boot_catalog_hidden(image, LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_JOLIET);
  } else {
    check(iso_image_add_boot_image(image, path.c_str(), ELTORITO_NO_EMUL, 0, &boot), target);
  }
  return boot;
}

void add_bios_boot(IsoImage* volume, const Image& image) {
  std::uint64_t size = boot_file_size(image, image.bios_boot);
  if (size > kBiosLoad) {
    fail("the BIOS boot file '{}' has {} bytes; a BIOS would load {}", image.bios_boot, size,
         kBiosLoad);
  }
  ElToritoBootImage* boot = add_boot_file(volume, image.bios_boot, true);
  el_torito_set_boot_platform_id(boot, 0x00);
  el_torito_set_load_size(boot, kBiosLoad / kSector);
}

void add_uefi_boot(IsoImage* volume, const Image& image) {
  std::uint64_t size = boot_file_size(image, image.uefi_boot);
  if (size > 0xffff * kSector) {
    fail("the UEFI boot file '{}' has {} bytes; El Torito can name at most {}", image.uefi_boot,
         size, 0xffff * kSector);
  }
  ElToritoBootImage* boot = add_boot_file(volume, image.uefi_boot, image.bios_boot.empty());
  el_torito_set_boot_platform_id(boot, 0xef);
  el_torito_set_full_load(boot, 1);
}

ImagePtr make_volume(const Image& image, std::vector<Placeholder>& contents) {
  IsoImage* made = nullptr;
  check(iso_image_new(image.label.c_str(), &made), image.label);
  ImagePtr volume(made, iso_image_unref);
  iso_image_set_volset_id(made, "");  // libisofs would repeat the label
  Tree tree(made);
  int weight = static_cast<int>(contents.size());
  for (Placeholder& content : contents) tree.add(content, weight--);
  if (!image.bios_boot.empty()) add_bios_boot(made, image);
  if (!image.uefi_boot.empty()) add_uefi_boot(made, image);
  return volume;
}

// The digits date the volume and, through it, every record of a folder or file.
void set_dates(IsoWriteOpts* options, std::int64_t clock) {
  time_t time = static_cast<time_t>(clock);
  std::tm utc = {};
  gmtime_r(&time, &utc);
  std::string digits =
      fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}00", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  check(iso_write_opts_set_pvd_times(options, 0, 0, 0, 0, digits.data()), "dates");
  iso_write_opts_set_always_gmt(options, 1);
}

OptionsPtr make_options(std::int64_t clock) {
  IsoWriteOpts* o = nullptr;
  check(iso_write_opts_new(&o, 0), "options");
  OptionsPtr options(o, iso_write_opts_free);
  iso_write_opts_set_iso_level(o, 3);  // files of 4 GiB and more, in several extents
  iso_write_opts_set_rockridge(o, 0);
  iso_write_opts_set_joliet(o, 1);
  iso_write_opts_set_joliet_long_names(o, 1);
  iso_write_opts_set_joliet_longer_paths(o, 1);  // kMaxPath is checked here, in characters
  iso_write_opts_set_joliet_utf16(o, 1);
  iso_write_opts_set_omit_version_numbers(o, 1);
  iso_write_opts_set_no_force_dots(o, 3);  // in both trees
  iso_write_opts_set_max_37_char_filenames(o, 1);
  iso_write_opts_set_allow_deep_paths(o, 1);
  iso_write_opts_set_allow_longer_paths(o, 1);
  iso_write_opts_set_relaxed_vol_atts(o, 1);  // labels as they are given
  iso_write_opts_set_sort_files(o, 1);
  iso_write_opts_set_tail_blocks(o, kPadding / kBlock);
  set_dates(o, clock);
  return options;
}

void stop(burn_source* source) {
  source->cancel(source);
  source->free_data(source);
  std::free(source);
  discard_messages();  // that it was cancelled
}

SourcePtr start(IsoImage* volume, std::int64_t clock) {
  OptionsPtr options = make_options(clock);
  burn_source* made = nullptr;
  check(iso_image_create_burn_source(volume, options.get(), &made), "start");
  SourcePtr source(made, stop);
  check_messages();
  return source;
}

// --- writing ---

void number(std::vector<Placeholder>& contents) {
  for (std::size_t i = 0; i < contents.size(); ++i) contents[i].number = i;
}

// Smallest first; paths decide among equals, so that no order but this one is possible.
std::vector<Placeholder> contents_of(const Image& image) {
  std::vector<Placeholder> contents;
  std::uint64_t total = 0;
  for (const VolumeFile& file : image.files) {
    contents.push_back({&file, 0, size_of(file), 0});
    total += contents.back().space();
    if (total > kMaxContents) fail("{} bytes are too much for an ISO volume", total);
  }
  std::sort(contents.begin(), contents.end(), [](const Placeholder& a, const Placeholder& b) {
    return a.size != b.size ? a.size < b.size : a.file->target < b.file->target;
  });
  number(contents);
  return contents;
}

// Bytes in memory are never cloned.
bool is_aligned(const Placeholder& content) {
  return content.size >= kBig && std::holds_alternative<Slice>(content.file->content);
}

// The contents with fillers among them, if the first lies at `offset`.
std::vector<Placeholder> with_fillers(const std::vector<Placeholder>& contents,
                                      std::uint64_t offset) {
  std::vector<Placeholder> result;
  for (const Placeholder& content : contents) {
    std::uint64_t gap = is_aligned(content) ? (kAlignment - offset % kAlignment) % kAlignment : 0;
    if (gap > 0) result.push_back({nullptr, 0, gap, 0});
    result.push_back(content);
    offset += gap + content.space();
  }
  number(result);
  return result;
}

struct Layout {
  Layout(const Image& image, std::vector<Placeholder>& contents)
      : volume(make_volume(image, contents)), source(start(volume.get(), image.clock)) {
    offset = static_cast<std::uint64_t>(source->get_size(source.get())) - kPadding;
    for (const Placeholder& content : contents) offset -= content.space();
  }

  ImagePtr volume;
  SourcePtr source;
  std::uint64_t offset;  // where the first content lies
};

[[noreturn]] void fail_unknown_layout() {
  fail("this version of libisofs lays out files in a way that is not known here");
}

void read_from(burn_source* source, std::string& buffer) {
  auto* bytes = reinterpret_cast<unsigned char*>(buffer.data());
  int size = static_cast<int>(buffer.size());
  if (source->read_xt(source, bytes, size) == size) return;
  check_messages();
  fail("cannot lay out the ISO volume: libisofs ended early");
}

void write_metadata(burn_source* source, std::uint64_t size, int out, const fs::path& name) {
  std::string buffer;
  for (std::uint64_t done = 0; done < size; done += buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - done, 1 << 20)));
    read_from(source, buffer);
    write_at(out, buffer, done, name);
  }
}

void check_first_mark(burn_source* source, const std::vector<Placeholder>& contents) {
  auto first = std::find_if(contents.begin(), contents.end(),
                            [](const Placeholder& content) { return content.size > 0; });
  if (first == contents.end()) return;
  std::string block(kBlock, '\0');
  read_from(source, block);
  Block expected = marked(first->number, 0);
  if (std::memcmp(block.data(), expected.data(), expected.size()) != 0) {
    fail_unknown_layout();
  }
}

void check_request(const Image& image) {
  check_label(image.label);
  check_clock(image.clock);
  if (image.files.empty()) fail("there is nothing to put on the ISO volume '{}'", image.label);
  Targets targets;
  for (const VolumeFile& file : image.files) targets.add_file(file.target);
}

}  // namespace

void write(const Image& image, const fs::path& out) {
  check_request(image);
  std::vector<Placeholder> contents = contents_of(image);
  start_library();
  std::uint64_t offset = Layout(image, contents).offset;
  contents = with_fillers(contents, offset);
  Layout layout(image, contents);
  if (layout.offset != offset) fail_unknown_layout();

  Fd fd = Fd::open_empty(out);
  write_metadata(layout.source.get(), offset, fd.get(), out);
  check_first_mark(layout.source.get(), contents);
  for (const Placeholder& content : contents) {
    if (content.file != nullptr) content.file->write_content(fd.get(), offset, out);
    offset += content.space();
  }
  if (ftruncate(fd.get(), static_cast<off_t>(offset + kPadding)) != 0) {
    fail_errno(errno, "write", out);
  }
}

}  // namespace remedia::iso
