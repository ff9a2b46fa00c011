#include "bad_input/media.h"

#include "media/medium.h"
#include "media/udf.h"
#include "support/diagnostic.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <cerrno>
#include <cstring>
#include <random>

#include <fcntl.h>

namespace remedia {

namespace {

constexpr std::int64_t kClock = 1704164645;

Fd open_write(const fs::path& file, int flags) {
  Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644));
  if (!fd) fail_errno(errno, "write", file);
  return fd;
}

// libwim reads additions from files.
wim::Capture capture_of(const TestImage& image, const Scratch& work) {
  wim::Capture capture{.name = image.name, .properties = image.properties};
  capture.properties["WINDOWS/ARCH"] = image.arch;
  for (const auto& [path, content] : image.files) {
    fs::path file = work.write(image.name + "/" + path, content);
    capture.additions.push_back({.target = path, .content = Slice::whole(file)});
  }
  return capture;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

fs::path small_medium() { return REMEDIA_SMALL_MEDIUM; }

void unpack_small_medium(const fs::path& folder) {
  for (const udf::Entry& entry : udf::read(small_medium()).entries) {
    fs::path file = folder / entry.path;
    if (entry.directory) {
      fs::create_directories(file);
      continue;
    }
    fs::create_directories(file.parent_path());
    copy_to(entry.content, open_write(file, O_CREAT | O_TRUNC).get(), 0, file);
  }
}

void write_iso(const fs::path& folder, const fs::path& iso) {
  run_checked(
      {"genisoimage", "-quiet", "-udf", "-iso-level", "3", "-V", "WINDOWS", "-o", iso, folder});
}

std::string recovery_wim() {
  Scratch scratch;
  Medium medium(small_medium());
  wim::File install(medium.find("sources/install.wim")->content, "install.wim");
  const wim::Entry* entry = install.find(1, "Windows/System32/Recovery/winre.wim");
  install.extract(1, *entry, scratch / "winre.wim");
  return content_of(scratch / "winre.wim");
}

void write_wim(const fs::path& out, const std::vector<TestImage>& images, const WimKind& kind) {
  Scratch work;
  std::vector<wim::Capture> captures;
  for (const TestImage& image : images) captures.push_back(capture_of(image, work));
  fs::create_directories(out.parent_path());
  wim::capture(captures,
               {.compression = kind.compression,
                .boot_index = static_cast<int>(images.size()),
                .level = 1,
                .solid = kind.solid,
                .clock = kClock},
               out);
}

void write_install(const fs::path& out, const std::map<std::string, std::string>& winre_by_name,
                   const WimKind& kind) {
  std::vector<TestImage> images;
  for (const auto& [name, winre] : winre_by_name) {
    images.push_back({.name = name,
                      .files = {{"Windows/System32/Recovery/winre.wim", winre},
                                {"Windows/explorer.exe", name}}});
  }
  write_wim(out, images, kind);
}

std::string noise(std::size_t size) {
  std::mt19937_64 engine(20241120);
  std::string bytes(size + 8, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    std::uint64_t word = engine();
    std::memcpy(&bytes[at], &word, 8);
  }
  bytes.resize(size);
  return bytes;
}

std::string content_of(const fs::path& file) { return read_file(file, 1u << 30); }

void overwrite(const fs::path& file, std::uint64_t at, std::string_view bytes) {
  write_at(open_write(file, 0).get(), bytes, at, file);
}

void flip(const fs::path& file, std::uint64_t at) {
  std::string byte(1, '\0');
  read_at(Slice::whole(file), Fd::open_read(file).get(), at, byte);
  byte[0] = static_cast<char>(byte[0] ^ 0x55);
  overwrite(file, at, byte);
}

std::uint64_t place_on(const fs::path& iso, std::string_view path) {
  return Medium(iso).find(path)->content.extents.at(0).offset;
}

WimParts parts_of(const fs::path& wim) {
  std::string header(208, '\0');
  read_at(Slice::whole(wim), Fd::open_read(wim).get(), 0, header);
  return {.table = number_at(header, 56), .metadata = number_at(header, 104)};
}

}  // namespace remedia
