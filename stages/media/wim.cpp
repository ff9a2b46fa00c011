// Reading WIMs: what is in them, as libwim tells it, and its errors in our words.
#include "media/wim.h"

#include "formats/win_names.h"
#include "media/wim_glob.h"
#include "media/wim_lib.h"
#include "media/wim_split.h"
#include "media/wim_table.h"
#include "media/wim_tree.h"
#include "media/wim_verify.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia::wim {

namespace {

constexpr std::uint32_t kPlainVersion = 0x10d00;  // solid WIMs have 0xe00
constexpr std::uint32_t kBootChunk = 32768;

struct Reason {
  int code;
  const char* text;
  const char* hint;
};

constexpr const char* kFetchAgain = "copy or download it again, and compare its checksum";

constexpr Reason kReasons[] = {
    {WIMLIB_ERR_NOT_A_WIM_FILE, "is not a WIM file", "name a .wim or .esd file"},
    {WIMLIB_ERR_WIM_IS_ENCRYPTED, "is an encrypted ESD",
     "only Windows Update can read it; take the ISO, or decrypt it first"},
    {WIMLIB_ERR_UNEXPECTED_END_OF_FILE, "ends too early: it is truncated", kFetchAgain},
    {WIMLIB_ERR_INVALID_HEADER, "has a damaged header", kFetchAgain},
    {WIMLIB_ERR_INVALID_LOOKUP_TABLE_ENTRY, "has a damaged table of contents", kFetchAgain},
    {WIMLIB_ERR_INVALID_METADATA_RESOURCE, "has a damaged directory tree", kFetchAgain},
    {WIMLIB_ERR_INVALID_RESOURCE_HASH, "is damaged: data does not match its SHA-1", kFetchAgain},
    {WIMLIB_ERR_DECOMPRESSION, "is damaged: data does not decompress", kFetchAgain},
    {WIMLIB_ERR_IMAGE_COUNT, "is damaged: its parts count different images", kFetchAgain},
    {WIMLIB_ERR_XML, "has damaged XML", kFetchAgain},
    {WIMLIB_ERR_INVALID_UTF16_STRING, "has text that is not UTF-16", kFetchAgain},
    {WIMLIB_ERR_INVALID_PART_NUMBER, "has an impossible part number", kFetchAgain},
    {WIMLIB_ERR_METADATA_NOT_FOUND, "lacks the directory tree of an image", kFetchAgain},
    {WIMLIB_ERR_RESOURCE_NOT_FOUND, "lacks the data of a file",
     "it may be part of a split or delta WIM: join the parts first (wimjoin)"},
    {WIMLIB_ERR_INVALID_CHUNK_SIZE, "has chunks of a size that libwim does not support", ""},
    {WIMLIB_ERR_INVALID_COMPRESSION_TYPE, "is compressed in a way that libwim does not know", ""},
    {WIMLIB_ERR_UNKNOWN_VERSION, "has a version that libwim does not know", ""},
    {WIMLIB_ERR_WIM_IS_INCOMPLETE, "was not written to its end",
     "the program that wrote it was interrupted: make it again"},
    {WIMLIB_ERR_WIM_IS_READONLY, "is read-only", ""},
    {WIMLIB_ERR_NOMEM, "is damaged, or needs more memory than there is", kFetchAgain},
};

// A damaged WIM can claim any size, and libwim believes it. Nothing that it needs is this large.
constexpr std::size_t kLargestBlock = std::size_t{4} << 30;

void* bounded_malloc(std::size_t size) {
  return size > kLargestBlock ? nullptr : std::malloc(size);
}

void* bounded_realloc(void* block, std::size_t size) {
  return size > kLargestBlock ? nullptr : std::realloc(block, size);
}

std::string property(WIMStruct* wim, int image, const std::string& name) {
  const char* value = wimlib_get_image_property(wim, image, name.c_str());
  return value == nullptr ? "" : value;
}

// Numbers of PROCESSOR_ARCHITECTURE_* (winnt.h).
std::string architecture(const std::string& number) {
  static const std::map<std::string, std::string> names = {
      {"0", "x86"}, {"5", "arm"}, {"6", "ia64"}, {"9", "amd64"}, {"12", "arm64"}};
  auto it = names.find(number);
  return it == names.end() ? number : it->second;
}

std::string version(WIMStruct* wim, int image) {
  std::string text;
  for (const char* part : {"MAJOR", "MINOR", "BUILD", "SPBUILD"}) {
    std::string value = property(wim, image, std::string("WINDOWS/VERSION/") + part);
    if (value.empty()) break;
    text += (text.empty() ? "" : ".") + value;
  }
  return text;
}

std::vector<std::string> languages(WIMStruct* wim, int image) {
  std::vector<std::string> all;
  for (int i = 1; i <= 1000; ++i) {
    all.push_back(property(wim, image, fmt::format("WINDOWS/LANGUAGES/LANGUAGE[{}]", i)));
    if (all.back().empty()) break;
  }
  all.pop_back();
  return all;
}

Image read_image(WIMStruct* wim, int index) {
  return {.index = index,
          .name = property(wim, index, "NAME"),
          .description = property(wim, index, "DESCRIPTION"),
          .edition = property(wim, index, "WINDOWS/EDITIONID"),
          .installation_type = property(wim, index, "WINDOWS/INSTALLATIONTYPE"),
          .architecture = architecture(property(wim, index, "WINDOWS/ARCH")),
          .version = version(wim, index),
          .default_language = property(wim, index, "WINDOWS/LANGUAGES/DEFAULT"),
          .languages = languages(wim, index)};
}

Compression compression(int type) {
  switch (type) {
    case WIMLIB_COMPRESSION_TYPE_XPRESS:
      return Compression::xpress;
    case WIMLIB_COMPRESSION_TYPE_LZX:
      return Compression::lzx;
    case WIMLIB_COMPRESSION_TYPE_LZMS:
      return Compression::lzms;
    default:
      return Compression::none;
  }
}

bool boots(const wimlib_wim_info& info, Compression type) {
  return info.wim_version == kPlainVersion && !info.pipable && type != Compression::lzms &&
         (type == Compression::none || info.chunk_size == kBootChunk);
}

void check_complete(const wimlib_wim_info& info, std::string_view shown) {
  if (info.write_in_progress) {
    throw Failure(Diagnostic{.message = fmt::format("'{}' was not written to its end", shown),
                             .hint = "the program that wrote it was interrupted: make it again"});
  }
  if (info.resource_only) fail("'{}' holds data without any image", shown);
}

Info read_info(const Host& host, WIMStruct* wim, std::string_view shown) {
  wimlib_wim_info raw = {};
  check(host, wimlib_get_wim_info(wim, &raw), shown);
  check_complete(raw, shown);
  Info info;
  info.compression = compression(raw.compression_type);
  info.chunk_size = raw.chunk_size;
  info.boot_index = static_cast<int>(raw.boot_index);
  for (std::uint8_t byte : raw.guid) info.guid += fmt::format("{:02x}", byte);
  for (int i = 1; i <= static_cast<int>(raw.image_count); ++i)
    info.images.push_back(read_image(wim, i));
  info.bootable_format = boots(raw, info.compression);
  return info;
}

// libwim keeps times as seconds and nanoseconds; both ways lose nothing.
std::uint64_t filetime(const timespec& time) {
  constexpr std::uint64_t kSecondsTo1970 = 11644473600;
  return (static_cast<std::uint64_t>(time.tv_sec) + kSecondsTo1970) * 10'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 100;
}

// An exception may not pass through libwim, so it waits here.
struct Collected {
  std::vector<Entry> entries;
  std::exception_ptr trouble;
};

int collect(const wimlib_dir_entry* entry, void* context) {
  auto& collected = *static_cast<Collected*>(context);
  try {
    if (entry->full_path == nullptr) return WIMLIB_ERR_INVALID_METADATA_RESOURCE;
    collected.entries.push_back(to_entry(*entry));
    return 0;
  } catch (...) {
    collected.trouble = std::current_exception();
    return WIMLIB_ERR_NOMEM;
  }
}

std::string image_list(const Info& info) {
  std::string text;
  for (const Image& image : info.images) {
    text += fmt::format("{}{} '{}'", text.empty() ? "" : ", ", image.index, image.name);
    if (!image.edition.empty()) text += fmt::format(" ({})", image.edition);
  }
  return text.empty() ? "it has none" : "it has: " + text;
}

[[noreturn]] void fail_image(const Info& info, std::string_view wanted, std::string_view shown,
                             std::string_view why) {
  std::vector<std::string> names;
  for (const Image& image : info.images) {
    names.push_back(image.name);
    if (!image.edition.empty()) names.push_back(image.edition);
  }
  Diagnostic d{.message = fmt::format("'{}' {} '{}'; {}", shown, why, wanted, image_list(info)),
               .hint = did_you_mean(wanted, names)};
  throw Failure(std::move(d));
}

// The images that `matches`; more than one is not an answer.
template <typename Matches>
int single_image(const Info& info, std::string_view wanted, std::string_view shown,
                 Matches&& matches) {
  int found = 0;
  for (const Image& image : info.images) {
    if (!matches(image)) continue;
    if (found != 0) fail_image(info, wanted, shown, "has more than one image");
    found = image.index;
  }
  return found;
}

Listing make_listing(std::vector<Entry> entries) {
  Listing listing;
  listing.entries = std::move(entries);
  std::erase_if(listing.entries, [](const Entry& entry) { return entry.path.empty(); });
  std::sort(listing.entries.begin(), listing.entries.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  for (std::size_t i = 0; i < listing.entries.size(); ++i) {
    listing.by_folded_path.emplace(fold_case(listing.entries[i].path), i);
  }
  return listing;
}

const Listing& listing_of(File::State& state, int image) {
  check_image_number(state.info, image, state.shown);
  if (auto it = state.listings.find(image); it != state.listings.end()) return it->second;
  Host host;
  Collected collected;
  int code = wimlib_iterate_dir_tree(state.wim.get(), image, WIMLIB_WIM_ROOT_PATH,
                                     WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE, collect, &collected);
  if (collected.trouble) std::rethrow_exception(collected.trouble);
  // An image that was made empty has not even a root.
  if (code != WIMLIB_ERR_PATH_DOES_NOT_EXIST) check(host, code, state.shown);
  return state.listings.emplace(image, make_listing(std::move(collected.entries))).first->second;
}

}  // namespace

std::string sha1_text(const wimlib_resource_entry& resource) {
  Sha1 sha1 = {};
  std::copy(std::begin(resource.sha1_hash), std::end(resource.sha1_hash), sha1.begin());
  return hex(sha1);
}

Entry to_entry(const wimlib_dir_entry& from) {
  Entry to;
  to.path = from.full_path;
  to.path.erase(0, 1);
  to.directory =
      (from.attributes & (WIMLIB_FILE_ATTRIBUTE_DIRECTORY | WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT)) ==
      WIMLIB_FILE_ATTRIBUTE_DIRECTORY;
  to.size = from.streams[0].resource.uncompressed_size;
  to.sha1 = sha1_text(from.streams[0].resource);
  to.attributes = from.attributes;
  if (from.dos_name != nullptr) to.short_name = from.dos_name;
  to.named_streams = from.num_named_streams;
  if (from.security_descriptor != nullptr) {
    to.security_descriptor.assign(from.security_descriptor, from.security_descriptor_size);
  }
  to.creation_time = filetime(from.creation_time);
  to.last_write_time = filetime(from.last_write_time);
  to.last_access_time = filetime(from.last_access_time);
  return to;
}

void start_library() {
  static const int result = [] {
    wimlib_set_memory_allocator(bounded_malloc, std::free, bounded_realloc);
    wimlib_set_print_errors(false);
    return wimlib_global_init(WIMLIB_INIT_FLAG_ASSUME_UTF8 |
                              WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE);
  }();
  if (result != 0) fail("libwim cannot start (error {})", result);
}

void FreeWim::operator()(WIMStruct* wim) const {
  Host host;
  wimlib_free(wim);
}

void check(const Host& host, int code, std::string_view shown) {
  int error = errno;
  if (code == 0) return;
  host.rethrow();
  if (code == WIMLIB_ERR_WRITE && error != 0) fail_errno(error, "write", shown);
  if (code == WIMLIB_ERR_OPEN && error != 0) fail_errno(error, "open", shown);
  for (const Reason& reason : kReasons) {
    if (reason.code != code) continue;
    throw Failure(
        Diagnostic{.message = fmt::format("'{}' {}", shown, reason.text), .hint = reason.hint});
  }
  fail("'{}': {}", shown, wimlib_get_error_string(static_cast<wimlib_error_code>(code)));
}

Handle open_wim(const Host& host, const std::string& name, int flags, std::string_view shown) {
  start_library();
  WIMStruct* wim = nullptr;
  check(host, wimlib_open_wim(name.c_str(), flags, &wim), shown);
  return Handle(wim);
}

std::optional<Entry> look_up(const Host& host, WIMStruct* wim, int image, std::string_view path,
                             std::string_view shown) {
  Collected collected;
  std::string full = fmt::format("/{}", path);
  int code = wimlib_iterate_dir_tree(wim, image, full.c_str(), 0, collect, &collected);
  if (collected.trouble) std::rethrow_exception(collected.trouble);
  if (code == WIMLIB_ERR_PATH_DOES_NOT_EXIST) return std::nullopt;
  check(host, code, shown);
  if (collected.entries.empty()) return std::nullopt;
  return std::move(collected.entries.front());
}

void check_image_number(const Info& info, int image, std::string_view shown) {
  if (image >= 1 && image <= static_cast<int>(info.images.size())) return;
  fail_image(info, std::to_string(image), shown, "has no image");
}

void reference(const Host& host, WIMStruct* wim, const std::vector<std::string>& names,
               std::string_view shown) {
  if (names.empty()) return;
  std::vector<const char*> all;
  for (const std::string& name : names) all.push_back(name.c_str());
  check(host,
        wimlib_reference_resource_files(wim, all.data(), static_cast<unsigned>(all.size()), 0, 0),
        shown);
}

File::File(const Slice& slice, std::string shown, const std::vector<Slice>& more_parts)
    : state_(std::make_unique<State>()) {
  Host host;
  state_->shown = std::move(shown);
  state_->slices = ordered_parts(slice, state_->shown, more_parts);
  std::vector<std::string> names;
  for (const Slice& part : state_->slices) names.push_back(host.add_file(part));
  state_->wim = open_wim(host, names.front(), 0, state_->shown);
  names.erase(names.begin());
  reference(host, state_->wim.get(), names, state_->shown);
  state_->info = read_info(host, state_->wim.get(), state_->shown);
}

File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

const Info& File::info() const { return state_->info; }

int File::find_image(std::string_view wanted) const {
  const Info& info = state_->info;
  int index = 0;
  auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error == std::errc() && end == wanted.data() + wanted.size() && index >= 1 &&
      index <= static_cast<int>(info.images.size())) {
    return index;
  }
  auto single = [&](auto&& matches) { return single_image(info, wanted, state_->shown, matches); };
  std::string folded = fold_case(wanted);
  int found = single([&](const Image& image) { return image.name == wanted; });
  if (found == 0)
    found = single([&](const Image& image) { return fold_case(image.name) == folded; });
  if (found == 0)
    found = single([&](const Image& image) { return fold_case(image.edition) == folded; });
  if (found == 0) fail_image(info, wanted, state_->shown, "has no image");
  return found;
}

const std::vector<Entry>& File::list(int image) const { return listing_of(*state_, image).entries; }

const Entry* File::find(int image, std::string_view path) const {
  const Listing& listing = listing_of(*state_, image);
  std::string wanted = normalized(path);
  auto exact =
      std::lower_bound(listing.entries.begin(), listing.entries.end(), wanted,
                       [](const Entry& entry, const std::string& p) { return entry.path < p; });
  if (exact != listing.entries.end() && exact->path == wanted) return &*exact;
  auto folded = listing.by_folded_path.find(fold_case(wanted));
  return folded == listing.by_folded_path.end() ? nullptr : &listing.entries[folded->second];
}

// Through libwim's "to standard output", which the Host leads to the file: so no name of the WIM
// ever becomes a name on disk, and libwim checks the SHA-1.
void File::extract(int image, const Entry& entry, const fs::path& destination) const {
  check_image_number(state_->info, image, state_->shown);
  if (entry.directory) fail("'{}' of '{}' is a folder, not a file", entry.path, state_->shown);
  Fd out(open(destination.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!out) fail_errno(errno, "write", destination);
  try {
    Host host;
    host.divert_output(out.get());
    std::string path = "/" + entry.path;
    const char* paths[] = {path.c_str()};
    check(host,
          wimlib_extract_paths(state_->wim.get(), image, "/", paths, 1,
                               WIMLIB_EXTRACT_FLAG_TO_STDOUT),
          fmt::format("{}: {}", state_->shown, entry.path));
    struct stat info = {};
    if (fstat(out.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) != entry.size) {
      fail("'{}' of '{}' did not come out whole", entry.path, state_->shown);
    }
  } catch (...) {
    std::error_code ignored;
    fs::remove(destination, ignored);
    throw;
  }
}

void File::verify() const {
  Host host;
  check(host, verify_wim(state_->wim.get(), state_->slices, state_->info), state_->shown);
}

bool File::contains(std::string_view sha1) const {
  return contents_of(*this).contains(hex(parse_sha1(sha1)));
}

}  // namespace remedia::wim
