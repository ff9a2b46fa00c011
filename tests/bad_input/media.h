// Media with something wrong on them, made from one good one.
//
// The small stand-in medium is made when the tests are built; everything else is derived from it
// here, without the programs that make boot files, so that each test is quick by itself.
#pragma once

#include "media/wim.h"
#include "support/file.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// An ISO like Windows' own, with sources/boot.wim, sources/install.wim and all boot files.
fs::path small_medium();
/// Its files, in a folder.
void unpack_small_medium(const fs::path& folder);
/// The files of a folder as an ISO with UDF, as Windows' own.
void write_iso(const fs::path& folder, const fs::path& iso);
/// The recovery image inside its install.wim.
std::string recovery_wim();

struct TestImage {
  std::string name;
  std::map<std::string, std::string> files;
  std::string arch = "9";                              ///< as in the XML: 9 is amd64, 12 is arm64
  std::map<std::string, std::string> properties = {};  ///< more of the XML
};
struct WimKind {
  wim::Compression compression = wim::Compression::lzx;
  bool solid = false;
};
void write_wim(const fs::path& out, const std::vector<TestImage>& images, const WimKind& kind = {});
/// A WIM whose images have these recovery images in them, as install.wim does.
void write_install(const fs::path& out, const std::map<std::string, std::string>& winre_by_name,
                   const WimKind& kind = {});

/// Bytes that do not compress; none of them are on the small medium.
std::string noise(std::size_t size);

std::string content_of(const fs::path& file);
void overwrite(const fs::path& file, std::uint64_t at, std::string_view bytes);
/// Changes one byte.
void flip(const fs::path& file, std::uint64_t at);
/// Where a file of an ISO begins in it.
std::uint64_t place_on(const fs::path& iso, std::string_view path);

/// Where the header of a WIM says that its parts are; the metadata are those of the boot image.
struct WimParts {
  std::uint64_t table = 0;
  std::uint64_t metadata = 0;
};
WimParts parts_of(const fs::path& wim);

}  // namespace remedia
