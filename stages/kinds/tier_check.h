// What the wim stage asks of an image's tier: that its tools can run, and what a person could get
// at beside them.
#pragma once

#include "graph/job.h"
#include "media/wim.h"
#include "support/tree.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

using TreeReader = std::function<const std::vector<TreeEntry>&(const std::string& tree)>;

/// The program of the base that a tool's command starts, by the id of the tool.
using StartedPrograms = std::map<std::string, std::string>;

/// That no two tools bring different files of one name, since one would run with the other's.
/// `tier` is that parameter of the stage. Throws Failure.
void check_tool_files(const nlohmann::json& tier, const TreeReader& read);

/// That nothing puts a file where the tier forbids one. Throws Failure.
void check_not_brought_back(const graph::Job& job, const std::vector<TreeEntry>& entries);

/// Warns of each file of a tool that one of `overlays` replaces.
void warn_of_replaced_tools(graph::Job& job, const std::vector<TreeEntry>& overlays,
                            const TreeReader& read);

/// That everything which the tools need is in the image: `base` and, on top, `entries`. Throws
/// Failure with all that is not; shows what is odd as warnings of the job. Returns what
/// tier_section wants to know.
StartedPrograms check_tools_run(graph::Job& job, const wim::File& base,
                                const std::vector<TreeEntry>& entries, const TreeReader& read);

/// The same for the debuggers, of whose stage `record` says which files they are. Failures are
/// about the field `debuggers`, as they need no tier.
void check_debuggers_run(graph::Job& job, const nlohmann::json& record, const wim::File& base,
                         const std::vector<TreeEntry>& entries);

/// For the manifest: all that the tier decided, each tool with its files and with the programs of
/// the base that it names or starts, and how much of the base each forbidden pattern took out.
nlohmann::ordered_json tier_section(const nlohmann::json& tier,
                                    const nlohmann::ordered_json& removal,
                                    const StartedPrograms& started, const TreeReader& read);

/// Ways around a menu that are known, each with whether it is open in this image and why. The
/// options of the boot manager belong to artifacts and stand there.
///
/// Sources: Microsoft's descriptions of winpeshl.exe (a Ctrl key held at the start gives a debug
/// prompt where there is no winpeshl.ini), of Windows Setup (Shift+F10), of Windows RE's options
/// and of wpeinit (unattend.xml in the root of a medium).
nlohmann::ordered_json back_doors(const wim::File& base, const std::vector<TreeEntry>& entries,
                                  const nlohmann::json& tier);

}  // namespace remedia::kinds
