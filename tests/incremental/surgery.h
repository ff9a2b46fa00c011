// A project whose recipe changes everything that can be changed in an image.
#pragma once

#include "incremental/space.h"

#include <string>

namespace remedia::surgery {

/// Writes the recipe, two overlays that both bring Tools/shared.txt, and the background.
void fill(const Space& space);

/// Replaces `from`, which must be there, in the recipe.
void change_recipe(const Space& space, const std::string& from, const std::string& to);

/// The head and the end of a JPEG of `width` x 600 pixels; nothing here decodes more.
std::string picture(unsigned width);

/// How often ninja said `label` in the output of the last build.
int count(const Space& space, const std::string& label);

}  // namespace remedia::surgery
