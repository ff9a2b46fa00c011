// The headers of libntfs-3g, which ask for definitions and for an order, and leave the macros
// min and max behind.
#pragma once

#define HAVE_STDARG_H 1
#define HAVE_TIME_H 1
#define HAVE_SYS_STAT_H 1
// clang-format off
extern "C" {
#include <ntfs-3g/device.h>
#include <ntfs-3g/volume.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/unistr.h>
}
// clang-format on
#undef min
#undef max
