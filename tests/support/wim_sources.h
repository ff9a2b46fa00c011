// Files and WIMs that the tests of the WIM layer share.
#pragma once

#include "media/wim.h"
#include "unit/scratch.h"

#include <string>
#include <utility>
#include <vector>

namespace remedia::wim_sources {

constexpr std::int64_t kClock = 1'700'000'000;

/// Bytes that compress to about half; the same in every run.
std::string filler(std::size_t size, unsigned seed);
/// Bytes that do not compress.
std::string noise(std::size_t size, unsigned seed);

/// Writes files below `scratch`/`folder`, and names them as additions in this order.
std::vector<wim::Addition> write_additions(
    const Scratch& scratch, const std::string& folder,
    const std::vector<std::pair<std::string, std::string>>& files);

/// A WIM of one image with these additions.
fs::path capture_wim(const Scratch& scratch, const std::string& name,
                     const std::vector<wim::Addition>& additions, wim::CaptureOptions options = {});

/// The same, exported: what update() and trim() start from.
fs::path make_base(const Scratch& scratch, const std::string& name,
                   const std::vector<wim::Addition>& additions,
                   wim::Compression compression = wim::Compression::lzx);

wim::File open_wim_file(const fs::path& path);

/// The content of a file of the first image.
std::string content_of(const wim::File& wim, const std::string& path, const Scratch& scratch);

/// SHA-1 as the WIM has it, or "" if there is no such file.
std::string sha1_in(const wim::File& wim, const std::string& path);

/// wimverify, which is not ours, finds it good.
void expect_verified(const fs::path& wim);

}  // namespace remedia::wim_sources
