// project { ... }: what all recipes of a project share. Returned by recipes/project.lua, read by
// the evaluation itself; it makes no stage.

#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "project",
    .role = recipe::Role::setting,
    .help = "Settings that all recipes of a project share; recipes/project.lua returns it.",
    .fields =
        {
            {.name = "roots",
             .type = Type::roots,
             .help = "Folders outside of the project: recipes write '@media/win11.iso'. -D "
                     "root.media=FOLDER replaces one on this machine."},
            {.name = "downloads",
             .type = Type::value,
             .help = "What `remedia fetch` brings into the roots.",
             .list = true,
             .words = {"download"}},
            {.name = "as_of",
             .type = Type::date,
             .help = "The day on which policies are judged (expiry, age of definitions). -D "
                     "as_of=DATE replaces it."},
        },
};

}  // namespace

const graph::Kind project = {"project", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
