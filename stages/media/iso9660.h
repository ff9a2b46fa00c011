// Reading ISO 9660 volumes with their extensions Joliet and Rock Ridge: Windows media that were
// made again by other tools than Microsoft's, which write no UDF.
//
// The names come from the Joliet tree (levels 1 to 3) if there is one, else from Rock Ridge, else
// they are what ISO 9660 has: without the version (";1") and the dot that may end it. Read: files
// in several extents (those of 4 GiB and more), blocks of 512 to 2048 bytes, extended attribute
// records (skipped), deep directories that Rock Ridge relocated. Associated files (Macintosh
// resource forks) are not listed. Refused by name: interleaved files, volumes of a set, symbolic
// links and other special files, zisofs compression. Not looked at: ISO 9660:1999, path tables.
#pragma once

#include "media/volume.h"

namespace remedia::iso9660 {

/// Whether the file has an ISO 9660 volume descriptor. A volume with UDF has one too, but its
/// ISO 9660 side may be a stub with a readme: ask udf::probe() first. Does not throw for a file
/// that is no volume, only for one that cannot be read.
bool probe(const fs::path& image);

/// Reads the whole directory tree (not the files). Throws Failure with what is wrong and at which
/// byte; of a truncated image it names the file that reaches furthest past the end.
Volume read(const fs::path& image);

}  // namespace remedia::iso9660
