// Reads programs and the table of API sets out of a plan, when they are asked for.
#include "media/closure_programs.h"

#include "formats/win_names.h"

namespace remedia::closure {

namespace {

constexpr std::uint16_t kIsLibrary = 0x2000;  // IMAGE_FILE_DLL

}  // namespace

std::string join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

std::string in_system32(std::string_view name) { return join(kSystem32, name); }

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == path.npos ? 0 : slash));
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string extension_of(std::string_view path) {
  const std::string_view name = name_of(path);
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? std::string() : fold_case(name.substr(dot));
}

Folders search_order(Folders own) {
  own.insert(own.end(), {std::string(kSystem32), "Windows/System", "Windows"});
  return own;
}

Kind Program::kind() const {
  const std::uint16_t subsystem = header.subsystem;
  if ((subsystem >= 10 && subsystem <= 13) || subsystem == 16) return Kind::firmware;
  if ((header.characteristics & kIsLibrary) != 0) return Kind::library;
  return subsystem == 1 ? Kind::driver : Kind::program;
}

const Program& Programs::of(const Plan::File& file) {
  const auto [place, is_new] = read_.try_emplace(&file);
  if (is_new) read(file, place->second);
  return place->second;
}

void Programs::read(const Plan::File& file, Program& program) const {
  program.too_large = file.size() > kLargest;
  if (program.too_large) return;
  plan_.look_into(file, [&](const Slice& content) {
    try {
      const pe::Image image(content, file.path);
      program.header = image.header();
      if (program.kind() != Kind::firmware) program.imports = pe::read_imports(image);
    } catch (const Failure& failure) {
      program.damage = failure.diagnostics().front().message;
    }
  });
}

ApiSets::Answer ApiSets::find(std::string_view library, std::string_view importer) {
  if (!is_read_) read();
  is_read_ = true;
  if (unread_) return {.trusted = true, .host = {}};
  if (schema_) {
    if (std::optional<std::string> host = schema_->host(library, importer)) {
      return {.trusted = false, .host = std::move(host)};
    }
  }
  // Windows 7 has files of these names.
  return {.trusted = plan_.find(in_system32(join("downlevel", library))) != nullptr, .host = {}};
}

void ApiSets::read() {
  const Plan::File* file = plan_.find(in_system32("apisetschema.dll"));
  if (file == nullptr) return;
  std::string why;
  plan_.look_into(*file, [&](const Slice& content) {
    try {
      api_set::Schema schema(pe::Image(content, file->path));
      if (schema.version() == api_set::kVersion) {
        schema_ = std::move(schema);
      } else {
        why = fmt::format("'{}' has a table of version {}, and only {} is understood", file->path,
                          schema.version(), api_set::kVersion);
      }
    } catch (const Failure& failure) {
      why = failure.diagnostics().front().message;
    }
  });
  if (!schema_) unread_ = Finding{"", file->path, "", Reason::unread_api_sets, why};
}

}  // namespace remedia::closure
