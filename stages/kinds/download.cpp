// download { ... }: where an input comes from that git does not hold. Only recipes/project.lua has
// them, and only `remedia fetch` reads them: a build never touches the network.

#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

// The path is a text here: the roots that it is under are declared by the same project { }, and -D
// may replace them. recipe.cpp resolves it.
const recipe::Schema schema = {
    .word = "download",
    .role = recipe::Role::setting,
    .help =
        "Where `remedia fetch` gets an input, in recipes/project.lua.\n"
        "  project { downloads = { download { \"@media/mpam-x64.exe\", url = \"https://...\" } } }",
    .fields =
        {
            {.name = "path",
             .type = Type::text,
             .help = "Where it lies, under a root: \"@media/mpam-x64.exe\".",
             .required = true,
             .max = 1000},
            {.name = "url",
             .type = Type::text,
             .help = "http:// or https://, without a user or password. What comes must be what the "
                     "recipe's lock file says.",
             .required = true,
             .max = 2000},
        },
    .positional = "path",
};

}  // namespace

const graph::Kind download = {"download", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
