// The part of the Debugging Tools for Windows that examines a memory dump, chosen from a kit.
//
// A kit is whatever people have: a folder of an installed SDK or WDK, what its .msi holds, a copy
// of it. The tools of several architectures may lie in it, at any depth; which is which say the
// programs themselves, not the names of folders.
//
// Of the tools' folder goes into an image, with names in any case:
//
//   cdb.exe kd.exe                                   those that are there, at least one
//   dbgeng.dll dbghelp.dll                           required
//   winext/ext.dll winxp/kdexts.dll                  required: !analyze, and it of kernel dumps
//   symsrv.dll symsrv.yes dbgcore.dll dbgmodel.dll srcsrv.dll winext/kext.dll winxp/exts.dll
//   winxp/ntsdexts.dll                               if they are there
//   triage/*.ini triage/*.txt                        if they are there: what !analyze knows
//
// and whatever these import, at once or later, that lies beside the importer or beside dbgeng.dll.
// Imports that lead out of the kit are the closure check's business (media/closure.h).
//
// Sources: "Debugging Tools for Windows" of Microsoft's documentation, which names the extensions
// (Ext.dll, Kext.dll, Kdexts.dll, Exts.dll, Ntsdexts.dll) and their folders (winext, winxp), and
// "Using SymSrv": symbol stores are read by symsrv.dll beside dbghelp.dll.
#pragma once

#include "support/tree.h"

#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct DebuggerTools {
  std::string folder;                 ///< of the kit, that dbgeng.dll lies in; "" for itself
  std::string version;                ///< of dbgeng.dll; empty if it does not say
  std::vector<std::string> programs;  ///< paths from that folder, as the kit spells them
  /// What is taken, sorted by target, which is the path from that folder.
  std::vector<TreeEntry> files;
  /// What else was looked into: another answer of these is another choice.
  std::vector<TreeEntry> looked_at;
  bool has_symsrv = false;  ///< without it no symbol store can be read
};

/// Chooses from `kit`, whose targets are paths in it and whose sources hold the bytes; digests are
/// not needed. `architecture` as in wim::Image, `shown` names the kit for people.
///
/// Throws Failure: no tools, or for other architectures only; tools in two folders; files that are
/// required and missing, each named; a program that is damaged or of another architecture than
/// dbgeng.dll.
DebuggerTools choose_debugger_tools(const std::vector<TreeEntry>& kit,
                                    std::string_view architecture, const std::string& shown);

}  // namespace remedia
