// Opens what definitions come in: a program with a cabinet inside, a cabinet, a folder.
#include "formats/authenticode.h"
#include "media/archive_readers.h"
#include "media/definitions.h"
#include "support/artifact.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::definitions {

namespace {

constexpr ArchiveLimits kLimits = {.size = kMostBytes, .entries = kMostFiles};
constexpr const char* kFetchAgain = "fetch the package again";

std::uint64_t size_of_cabinet(const Slice& whole, std::uint64_t start) {
  Fd fd = Fd::open_read(whole.file);
  std::string bytes(4, '\0');
  read_at(whole, fd.get(), start + 8, bytes);
  std::uint64_t size = 0;
  for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return size;
}

// No signature covers the certificates: with a cabinet there, somebody's signed program could be
// made to bring anything.
void check_covered(const fs::path& program, const std::string& shown, std::uint64_t start) {
  const Slice whole = Slice::whole(program);
  const pe::Directory table = pe::Image(whole, shown).directory(pe::kCertificates);
  if (table.size == 0 || start >= std::uint64_t{table.address} + table.size ||
      start + size_of_cabinet(whole, start) <= table.address)
    return;
  throw Failure(Diagnostic{
      .message = fmt::format("the cabinet in '{}' lies among its certificates, where no signature "
                             "covers it",
                             shown),
      .hint = "somebody put it there; fetch the package from Microsoft"});
}

std::uint64_t cabinet_in(const fs::path& package, Form form, const std::string& shown) {
  std::vector<std::uint64_t> starts = find_cabinets(package);
  if (starts.empty()) {
    throw Failure(
        Diagnostic{.message = fmt::format(
                       "'{}' is no package of definitions: there is no whole cabinet in it", shown),
                   .hint = kFetchAgain});
  }
  if (starts.size() > 1) {
    fail("'{}' holds {} cabinets, and which is meant is not known", shown, starts.size());
  }
  if (form == Form::program) check_covered(package, shown, starts[0]);
  return starts[0];
}

std::vector<File> files_in(const fs::path& folder, const std::string& shown) {
  std::vector<File> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (files.size() > kMostFiles) fail("'{}' has more than {} files", shown, kMostFiles);
    std::string name = entry.path().filename().string();
    files.push_back({.path = name,
                     .content = Slice::whole(entry.path()),
                     .shown = fmt::format("{}/{}", shown, name)});
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

fs::path beside(const fs::path& file, std::string_view suffix) {
  return file.string().append(suffix);
}

}  // namespace

Form form_of(const fs::path& path, const std::string& shown) {
  if (fs::is_directory(path)) return Form::folder;
  Slice whole = Slice::whole(path);
  Fd fd = Fd::open_read(path);
  std::string start(4, '\0');
  start.resize(read_at(whole, fd.get(), 0, start));
  if (start == "MSCF") return Form::cabinet;
  if (start.starts_with("MZ")) return Form::program;
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' is neither a program with a cabinet in it nor a cabinet, nor a "
                             "folder",
                             shown),
      .hint = "definitions come as mpam-fe.exe, nis_full.exe, a .cab, or a folder of the files"});
}

std::optional<signature::Signer> package_signer(const fs::path& package, Form form,
                                                const std::string& shown) {
  if (form != Form::program) return std::nullopt;
  return authenticode::embedded_signer(Slice::whole(package), shown, {});
}

void unpack(const fs::path& package, Form form, const std::string& shown, Pack& pack,
            const fs::path& scratch) {
  std::unique_ptr<ArchiveReader> cabinet =
      open_cabinet(package, shown, cabinet_in(package, form, shown), kLimits);
  unpack_entries(*cabinet, shown, "", pack, scratch);
}

Facts inspect(const fs::path& path, const std::string& shown, const fs::path& scratch) {
  const Form form = form_of(path, shown);
  if (form == Form::folder) return judge(form, shown, files_in(path, shown), std::nullopt);
  std::optional<signature::Signer> signer = package_signer(path, form, shown);
  ScratchFile unpacked(beside(scratch, ".files"));
  Pack pack(unpacked.path(), unpacked.path());
  unpack(path, form, shown, pack, beside(scratch, ".unpacked"));
  std::vector<File> files;
  for (const TreeEntry& entry : pack.entries())
    files.push_back({.path = entry.target, .content = entry.slice(), .shown = entry.origin});
  return judge(form, shown, files, signer);
}

}  // namespace remedia::definitions
