// Tells which set the files of a package are, and whether they belong together.
#include "media/definitions.h"

#include "formats/authenticode.h"
#include "formats/win_names.h"
#include "media/definitions_date.h"
#include "support/byte_size.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <map>
#include <span>

namespace remedia::definitions {

namespace {

constexpr std::string_view kEngine = "mpengine.dll";
constexpr std::string_view kNetworkEngine = "gapaengine.dll";
constexpr std::string_view kAntimalware[] = {kEngine, "mpasbase.vdm", "mpasdlta.vdm",
                                             "mpavbase.vdm", "mpavdlta.vdm"};
constexpr std::string_view kNetwork[] = {"nisbase.vdm", "nisfull.vdm"};

/// The files of the package that a set can be made of, by name in any case.
class Names {
 public:
  explicit Names(const std::vector<File>& files) {
    for (const File& file : files) {
      if (file.path.find('/') != file.path.npos) continue;
      auto [known, fresh] = files_.emplace(fold_case(file.path), &file);
      if (!fresh) {
        fail("'{}' and '{}' differ only in case, which Windows does not tell apart",
             known->second->shown, file.shown);
      }
    }
  }

  const File* find(std::string_view name) const {
    auto found = files_.find(fold_case(name));
    return found == files_.end() ? nullptr : found->second;
  }

  std::vector<std::string_view> missing(std::span<const std::string_view> names) const {
    std::vector<std::string_view> list;
    for (std::string_view name : names) {
      if (find(name) == nullptr) list.push_back(name);
    }
    return list;
  }

 private:
  std::map<std::string, const File*> files_;
};

[[noreturn]] void fail_missing(const std::string& shown, std::string_view what,
                               const std::vector<std::string_view>& missing) {
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' holds no whole set of {} definitions: {} {} missing", shown,
                             what, fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"),
      .hint = "fetch the full package: mpam-fe.exe, not mpam-d.exe"});
}

Kind kind_of(const std::string& shown, const Names& names) {
  std::vector<std::string_view> antimalware = names.missing(kAntimalware);
  if (antimalware.empty()) return Kind::antimalware;
  std::vector<std::string_view> network = names.missing(kNetwork);
  const bool some = antimalware.size() < std::size(kAntimalware);
  if (network.empty() && !some) return Kind::network;
  if (some) fail_missing(shown, "antimalware", antimalware);
  if (network.size() < std::size(kNetwork)) fail_missing(shown, "network inspection", network);
  throw Failure(Diagnostic{
      .message =
          fmt::format("there are no definitions in '{}': neither an antimalware set ({}) nor "
                      "a network inspection set ({})",
                      shown, fmt::join(kAntimalware, ", "), fmt::join(kNetwork, ", ")),
      .hint = "name mpam-fe.exe as Microsoft offers it, or a folder with these files in it"});
}

void check_limits(const std::string& shown, const std::vector<File>& files) {
  std::uint64_t size = 0;
  for (const File& file : files) size += file.content.size();
  if (files.size() > kMostFiles)
    fail("'{}' has {} files; definitions have at most {}", shown, files.size(), kMostFiles);
  if (size > kMostBytes) {
    fail("'{}' has {}; definitions have at most {}", shown, byte_size_text(size),
         byte_size_text(kMostBytes));
  }
}

bool is_program(const File& file) {
  Fd fd = Fd::open_read(file.content.file);
  std::string start(2, '\0');
  start.resize(read_at(file.content, fd.get(), 0, start));
  return start == "MZ";
}

/// By path, of every file that is a program and carries a signature.
using Signers = std::map<std::string, signature::Signer>;

Signers intact_signers(const std::vector<File>& files) {
  Signers signers;
  for (const File& file : files) {
    if (!is_program(file)) continue;
    if (auto signer = authenticode::embedded_signer(file.content, file.shown, {}))
      signers.emplace(file.path, *signer);
  }
  return signers;
}

/// A file of the set.
Member member_of(const File& file, const Signers& signers) {
  pe::Image image(file.content, file.shown);
  std::optional<pe::VersionResource> version = pe::version_resource(image);
  if (!version) fail("'{}' does not say its version: it has no version resource", file.shown);
  auto signer = signers.find(file.path);
  return {.file = &file,
          .image = std::move(image),
          .version = std::move(*version),
          .signer = signer == signers.end() ? std::nullopt : std::optional(signer->second)};
}

using Members = std::map<std::string_view, Member>;

void check_not_older(const Members& members, std::string_view delta, std::string_view base) {
  const Member& newer = members.at(delta);
  const Member& older = members.at(base);
  if (newer.version.file >= older.version.file) return;
  throw Failure(Diagnostic{
      .message =
          fmt::format("'{}' has version {}, which is older than {} of '{}'", newer.file->shown,
                      newer.version.file.text(), older.version.file.text(), older.file->path),
      .hint = "the files are of two packages; fetch one anew"});
}

/// The files whose version is that of the signatures.
std::vector<const Member*> newest_of(Kind kind, const Members& members) {
  if (kind == Kind::network) {
    const Member& base = members.at("nisbase.vdm");
    const Member& full = members.at("nisfull.vdm");
    return {full.version.file < base.version.file ? &base : &full};
  }
  const Member& antivirus = members.at("mpavdlta.vdm");
  const Member& antispyware = members.at("mpasdlta.vdm");
  if (antivirus.version.file != antispyware.version.file) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' has version {} and '{}' has {}: they are of two packages",
                               antivirus.file->shown, antivirus.version.file.text(),
                               antispyware.file->path, antispyware.version.file.text()),
        .hint = "fetch one package anew"});
  }
  check_not_older(members, "mpavdlta.vdm", "mpavbase.vdm");
  check_not_older(members, "mpasdlta.vdm", "mpasbase.vdm");
  return {&antivirus, &antispyware};
}

Members members_of(Kind kind, const Names& names, const Signers& signers) {
  std::vector<std::string_view> wanted(std::begin(kAntimalware), std::end(kAntimalware));
  if (kind == Kind::network) {
    wanted.assign(std::begin(kNetwork), std::end(kNetwork));
    if (names.find(kNetworkEngine) != nullptr) wanted.push_back(kNetworkEngine);
  }
  Members members;
  for (std::string_view name : wanted) members.emplace(name, member_of(*names.find(name), signers));
  return members;
}

// Who signed everything that is there: only he can be said to have signed the package.
std::optional<signature::Signer> sole_signer(const std::vector<File>& files,
                                             const Signers& signers) {
  if (files.empty() || signers.size() != files.size()) return std::nullopt;
  const signature::Signer& first = signers.begin()->second;
  bool all = std::all_of(signers.begin(), signers.end(),
                         [&](const auto& signer) { return signer.second.sha256 == first.sha256; });
  return all ? std::optional(first) : std::nullopt;
}

}  // namespace

std::string_view form_text(Form form) {
  switch (form) {
    case Form::program:
      return "program";
    case Form::cabinet:
      return "cabinet";
    default:
      return "folder";
  }
}

std::string_view kind_text(Kind kind) {
  return kind == Kind::antimalware ? "antimalware" : "network";
}

Facts judge(Form form, const std::string& shown, const std::vector<File>& files,
            const std::optional<signature::Signer>& package) {
  check_limits(shown, files);
  Names names(files);
  Facts facts;
  facts.kind = kind_of(shown, names);
  Signers signers = intact_signers(files);
  Members members = members_of(facts.kind, names, signers);
  std::vector<const Member*> newest = newest_of(facts.kind, members);
  facts.signature_version = newest.front()->version.file;
  auto engine = members.find(facts.kind == Kind::antimalware ? kEngine : kNetworkEngine);
  if (engine != members.end()) {
    facts.architecture = engine->second.image.header().architecture;
    facts.engine_version = engine->second.version.file;
  }
  for (const auto& [name, member] : members) {
    facts.set.push_back(member.file->path);
    if (!member.signer) facts.unsigned_files.push_back(member.file->path);
  }
  facts.dated = date_of(newest, package);
  facts.signer = form == Form::program ? package : sole_signer(files, signers);
  return facts;
}

}  // namespace remedia::definitions
