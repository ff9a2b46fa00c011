// Damaged ISO 9660 volumes from a script of bytes, for the fuzzer and for the unit test that plays
// scripts of its own; see udf_patches.h. There are no checksums here, but numbers stand twice.
#pragma once

#include <string>
#include <string_view>

namespace remedia::iso9660_patches {

/// The image that `script` makes. First byte: which volume. Then records: one byte that picks a
/// descriptor, a directory or a directory record, one byte of position in it, one byte with the
/// number of bytes that follow (low two bits, plus 1) and whether they are written as a number in
/// both byte orders (high bit), and these bytes.
std::string image(std::string_view script);

}  // namespace remedia::iso9660_patches
