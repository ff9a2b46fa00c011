// Definitions of Microsoft Defender, as a user fetched them: which set it is, of which version and
// day, for which engine, and who signed it.
//
// Facts: Microsoft's page "Manually update Microsoft Defender Antivirus" offers mpam-fe.exe (one
// for each architecture) and nis_full.exe, programs with a cabinet inside; what lies in these is
// named on "Manage how and where Microsoft Defender Antivirus receives updates". An antimalware set
// is an engine, and of antivirus and antispyware a large base and what changed since (delta). The
// .vdm files are programs without code, whose version resource has the version of the signatures;
// the engine merges base and delta when it loads them. The engine itself is not run here, so what
// is in the signatures is not looked at.
#pragma once

#include "formats/pe.h"
#include "formats/signature.h"
#include "support/file.h"
#include "support/pack.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::definitions {

enum class Form { program, cabinet, folder };
enum class Kind { antimalware, network };

std::string_view form_text(Form form);
std::string_view kind_text(Kind kind);  ///< "antimalware", "network"

/// What a set may have, in bytes and files: five times of what they have today.
inline constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
inline constexpr std::size_t kMostFiles = 10'000;

/// A file of a package.
struct File {
  std::string path;  ///< in the package, '/' between names
  Slice content;
  std::string shown;  ///< for people: "@media/mpam-fe.exe/mpengine.dll"
};

struct Dated {
  std::int64_t time = 0;  ///< seconds since 1970
  std::string by;         ///< "countersignature", "version resource" or "timestamp"
};

struct Facts {
  Kind kind = Kind::antimalware;
  std::string architecture;  ///< of the engine; empty for a network set without one
  std::optional<pe::Version> engine_version;
  pe::Version signature_version;
  std::optional<Dated> dated;
  std::vector<std::string> set;             ///< paths of the files that make it a set
  std::vector<std::string> unsigned_files;  ///< those of them without a signature
  /// Of the program as a whole; of cabinets and folders, if every file is signed by the same one.
  std::optional<signature::Signer> signer;
};

/// What lies at `path`. Throws Failure if it is nothing that definitions come in.
Form form_of(const fs::path& path, const std::string& shown);

/// The signature of a package; nothing unless it is a program that has one. Only intactness is
/// asked for. Throws Failure as authenticode::embedded_signer().
std::optional<signature::Signer> package_signer(const fs::path& package, Form form,
                                                const std::string& shown);

/// Puts the files of a program or cabinet into `pack` by their paths there. `scratch` is as in
/// unpack_archive(). Throws Failure as that, and for a cabinet in that part of a program which its
/// signature does not cover.
void unpack(const fs::path& package, Form form, const std::string& shown, Pack& pack,
            const fs::path& scratch);

/// Judges the files of one package, `shown` to people so; `package` is who signed all of it. Only
/// names in any case and directly in the package count; what else there is stays unjudged, but for
/// signatures, which must be intact wherever they are.
///
/// Throws Failure: a set that is not whole, with all that it lacks; engine or .vdm truncated, no
/// program or without a version; a delta older than its base, two deltas of different versions; a
/// signature that is not intact; more than kMostBytes or kMostFiles.
Facts judge(Form form, const std::string& shown, const std::vector<File>& files,
            const std::optional<signature::Signer>& package);

/// All of that at once, for whoever needs nothing of the files. Of a folder, only what lies
/// directly in it is looked at. `scratch` names files of the caller's own that do not stay.
Facts inspect(const fs::path& path, const std::string& shown, const fs::path& scratch);

}  // namespace remedia::definitions
