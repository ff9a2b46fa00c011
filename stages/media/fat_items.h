// What a FAT volume holds: its files and folders, and the entries that name them.
#pragma once

#include "media/fat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::fat {

struct Item {
  std::string name;                  ///< empty: the root folder
  const VolumeFile* file = nullptr;  ///< none: a folder
  std::size_t parent = 0;            ///< where in the list; the root folder's is itself
  std::vector<std::size_t> children = {};
  std::string short_name = {};
  std::uint64_t size = 0;   ///< bytes, of a folder those of its entries
  std::uint64_t first = 0;  ///< the first of its consecutive clusters; 0: it has none
};

/// Everything by path, each folder before what is in it; the first is the root folder. Throws
/// Failure as write() says about paths, sizes of files and entries of folders.
std::vector<Item> items_of(const Volume& volume);

/// The content of a folder, when it is known where everything lies.
std::string folder_bytes(const std::vector<Item>& items, std::size_t folder, const Volume& volume);

/// The low `size` bytes of a number, the lowest first.
std::string little(std::uint64_t value, std::size_t size);

/// `label` as eleven characters; throws Failure if it cannot be one.
std::string padded_label(const std::string& label);

}  // namespace remedia::fat
