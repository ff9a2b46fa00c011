// tool { ... }: one entry of the catalogue from which tiers choose.
//
// A description: it becomes part of an image when a tier that allows it is that of the image.

#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "tool",
    .role = recipe::Role::description,
    .help =
        "A tool: what it is, the files that it takes, and how it is started.\n"
        "Its files come from folders or archives that you have (files), or are in the base "
        "already (programs). include \"remedia/tools\" is a catalogue.",
    .fields =
        {
            {.name = "id",
             .type = Type::name,
             .help = "names it in tiers, manifests and logs",
             .required = true,
             .max = 40},
            {.name = "title",
             .type = Type::text,
             .help = "what the menu shows",
             .required = true,
             .max = 60},
            {.name = "description",
             .type = Type::text,
             .help = "one or two sentences for whoever stands before the menu",
             .required = true,
             .max = 300},
            {.name = "group",
             .type = Type::text,
             .help = "heading in the menu",
             .fallback = "Tools",
             .max = 40},
            {.name = "risk",
             .type = Type::choice,
             .help = "\"low\": looks only; \"data\": shows or copies files of the PC; \"high\": "
                     "changes Windows or accounts; \"destructive\": can destroy data",
             .required = true,
             .words = {"low", "data", "high", "destructive"}},
            {.name = "files",
             .type = Type::value,
             .help = "what it brings into the image: folders and archives (.cab, .zip) that hold "
                     "paths of the image, and single files, as overlay { \"x.exe\", to = "
                     "\"Tools/x\" }",
             .list = true,
             .words = {"overlay"}},
            {.name = "programs",
             .type = Type::text,
             .help = "paths in the base that it consists of, such as Windows/regedit.exe",
             .list = true,
             .max = 240},
            {.name = "command",
             .type = Type::text,
             .help = "what the menu starts; %TARGET_WINDIR% is the chosen Windows on the PC's "
                     "disk, %TARGET_DRIVE% its drive. Without it the tool is not in the menu",
             .max = 500},
            {.name = "needs",
             .type = Type::choice,
             .help = "what must be there when it starts: the network, a Windows chosen on disk, or "
                     "what the image has (debuggers, symbols, defender) or another tool provides",
             .list = true,
             .words = {"network", "windows", "debuggers", "symbols", "definitions"}},
            {.name = "provides",
             .type = Type::choice,
             .help = "what its files are to other tools, where the words debuggers, symbols and "
                     "defender do not serve",
             .list = true,
             .words = {"debuggers", "symbols", "definitions"}},
            {.name = "with",
             .type = Type::value,
             .help = "further tools without which it is of no use",
             .list = true,
             .words = {"tool"}},
            {.name = "supply",
             .type = Type::text,
             .help = "what you have to supply before it works; a tier cannot allow it until files "
                     "or programs are given: extend(tools.x, { files = { ... } })",
             .max = 300},
            {.name = "licence",
             .type = Type::text,
             .help = "under which it may be used",
             .max = 200},
            {.name = "redistributable",
             .type = Type::boolean,
             .help = "whether its files may be handed on",
             .fallback = "false"},
            {.name = "show_output",
             .type = Type::boolean,
             .help = "run it without a window of its own and show what it prints; for programs of "
                     "the console in images without a command prompt",
             .fallback = "false"},
            {.name = "allow_missing",
             .type = Type::text,
             .help = "DLLs that its programs import and can do without, such as "
                     "\"wlanapi.dll\"; * stands for any letters",
             .list = true,
             .max = 100},
        },
};

}  // namespace

const graph::Kind tool = {"tool", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
