// Component WIMs: content that was compressed before, for update() to take as it is.
#pragma once

#include "media/wim_lib.h"
#include "media/wim_table.h"
#include "support/file.h"

#include <vector>

namespace remedia::wim {

/// Content that update() is about to add.
struct NewContent {
  Slice content;
  Sha1 sha1 = {};
};

struct ComponentOptions {
  int level = 20;       ///< for contents that are in no component
  const fs::path& out;  ///< beside it is room for what has to be compressed
};

/// Before `contents` are added to `wim`, a copy of `base` opened for appending: lets libwim find
/// those of them that a component has, so that it appends the compressed bytes as they are. They
/// will be in the order of `contents`, each once, without those that the base has: that is what
/// libwim itself makes of contents added in this order, so that the result is bit for bit the same
/// as without components (of the same level; LZX compresses each content for itself).
///
/// libwim would append all that it is shown. So it is not shown the components but one WIM that
/// exists only in the Host: a table of just what is wanted, and the data where it lies. If only
/// some of the contents are in components, the others are compressed into a file without a name
/// first, and take their places in that WIM.
///
/// Throws Failure if a component is damaged. Those of another compression than the base are of no
/// use, and are not looked at.
void reference_components(Host& host, WIMStruct* wim, const fs::path& base,
                          const std::vector<fs::path>& components,
                          const std::vector<NewContent>& contents, const ComponentOptions& options);

/// The same for `wim`, an image that capture() makes from nothing, and donors that are sound (see
/// wim_donor.h). Whether any of the contents was in one of them: then all have to be written,
/// whether libwim thinks that it needs them or not (WIMLIB_WRITE_FLAG_STREAMS_OK).
bool reference_donors(Host& host, WIMStruct* wim, const std::vector<Slice>& donors,
                      const std::vector<NewContent>& contents, const ComponentOptions& options);

}  // namespace remedia::wim
