// Reading UDF volumes, the file system of Windows ISOs.
//
// Microsoft's media are UDF 1.02 beside an ISO 9660 stub that holds only a readme, so an ISO 9660
// reader finds no Windows on them. libudf fails on half of the variants and libarchive cuts large
// files without a word; hence a reader of our own. Input is hostile until proven otherwise: every
// offset, length and count is checked against the file, every walk has a bound.
//
// Read: UDF 1.02 to 2.01 in plain partitions, blocks of 512 to 32768 bytes. Refused by name:
// virtual, sparable and metadata partitions, symbolic links and other special files. Named streams
// are not looked at.
#pragma once

#include "media/volume.h"

namespace remedia::udf {

using Entry = VolumeEntry;
using remedia::Volume;

/// Whether the file carries a UDF volume recognition sequence (NSR02 or NSR03). Does not throw for
/// a file that is no volume, only for one that cannot be read.
bool probe(const fs::path& image);

/// Reads the whole directory tree (not the files). Throws Failure with what is wrong and at which
/// byte; of a truncated image it names the file that reaches furthest past the end.
Volume read(const fs::path& image);

}  // namespace remedia::udf
