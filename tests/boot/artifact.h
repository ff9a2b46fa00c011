// What tests of the product's own artifacts share: where a recipe put them, and what a machine that
// starts from them should read.
#pragma once

#include "boot/qemu.h"
#include "incremental/space.h"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace remedia::boot {

/// Of artifact r/NAME: what its manifest says of the one volume of this kind ("iso", "usb", ...).
/// Throws Failure if there is none.
nlohmann::json volume_of(const Space& space, const std::string& name, std::string_view kind);

/// What the stand-in should report of that volume: the boot files by the manifest, and the images
/// by what boot.wim of each of `images` is now.
Digests expected_digests(const Space& space, const std::string& name, std::string_view kind,
                         const std::vector<std::string>& images);

/// The machine started and read just that.
void expect_report(const Report& report, Firmware firmware, const Digests& digests);

/// Flips one bit in the middle of the only copy of `part` in the file. Throws Failure if there is
/// no copy.
void flip_a_bit_of(const std::string& part, const fs::path& file);

}  // namespace remedia::boot
