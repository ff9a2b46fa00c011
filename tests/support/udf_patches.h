// Damaged UDF volumes from a script of bytes, for the fuzzer and for the unit test that plays
// scripts of its own. Flipping bytes at random only ever finds wrong checksums; a script changes
// descriptors of a sound volume and seals them again, so that it reaches what lies behind the
// checksums.
#pragma once

#include "media/udf.h"

#include <string>
#include <string_view>

namespace remedia::udf_patches {

/// The image that `script` makes. First byte: which volume. Then records: one byte that picks a
/// descriptor, two bytes of position in it, one byte with the number of bytes that follow (low
/// three bits, plus 1) and whether to leave the seal broken (high bit), and these bytes.
std::string image(std::string_view script);

/// What udf::read() promises about any volume that it accepts and this one does not keep; empty if
/// all is well.
std::string broken_promise(const udf::Volume& volume, const fs::path& image);

}  // namespace remedia::udf_patches
