// When definitions were made. Internal to media/definitions.
#pragma once

#include "media/definitions.h"

#include <optional>
#include <vector>

namespace remedia::definitions {

/// A file of a set, opened.
struct Member {
  const File* file = nullptr;
  pe::Image image;
  pe::VersionResource version;
  std::optional<signature::Signer> signer;
};

/// Of what is newest in a set; `package` signed all of it. The best witness counts, and of two
/// files the older day: when it was countersigned, when the package was, the date in its version
/// resource, the timestamp of the linker. Nothing if none of them says anything that can be true.
std::optional<Dated> date_of(const std::vector<const Member*>& newest,
                             const std::optional<signature::Signer>& package);

}  // namespace remedia::definitions
