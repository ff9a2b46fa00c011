// Batch files as cmd.exe wants them.
//
// cmd misses labels among lines that end in LF alone, or finds them, depending on where in the file
// they lie. A byte order mark is to it the beginning of the first command.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>

namespace remedia {

struct BatchFlaws {
  std::string mark;                   ///< "UTF-8", "UTF-16": of which it has a byte order mark
  std::uint64_t line_without_cr = 0;  ///< the first that ends in LF alone, from 1; 0: none
};

/// Lines are not looked at in UTF-16. Throws Failure if the content cannot be read.
BatchFlaws batch_flaws(const Slice& content);

}  // namespace remedia
