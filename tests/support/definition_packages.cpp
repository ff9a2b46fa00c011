#include "support/definition_packages.h"

#include "medium/pe_file.h"
#include "support/archive_writers.h"
#include "support/date.h"

#include <fstream>
#include <stdexcept>

namespace remedia::definition_packages {

namespace {

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i)
    bytes.at(at + i) = static_cast<char>(value >> (8 * i) & 0xFF);
}

std::size_t find(const std::string& bytes, std::string_view what) {
  std::size_t at = bytes.find(what);
  if (at == bytes.npos) throw std::logic_error("a part of a program of ours is not there");
  return at;
}

// VS_FIXEDFILEINFO ends in the date.
void put_file_date(std::string& bytes, const std::string& day) {
  const std::uint64_t filetime =
      (static_cast<std::uint64_t>(noon(day)) + 11'644'473'600U) * 10'000'000U;
  const std::size_t at = find(bytes, "\xBD\x04\xEF\xFE");
  put(bytes, at + 44, filetime >> 32, 4);
  put(bytes, at + 48, filetime & 0xFFFFFFFF, 4);
}

// A debug directory with one entry, of type REPRO, in the room behind the code.
void make_reproducible(std::string& bytes, bool wide) {
  constexpr std::size_t code = 0x200;
  constexpr std::size_t address = 0x1000;
  constexpr std::size_t entry = 0x100;
  const std::size_t directories = 0x80 + 24 + (wide ? 112 : 96);
  put(bytes, directories + 6 * 8, address + entry, 4);
  put(bytes, directories + 6 * 8 + 4, 28, 4);
  put(bytes, code + entry + 12, 16, 4);
  put(bytes, find(bytes, ".text") + 8, 0x200, 4);  // all of the section is in the image
}

signing::SignOptions countersigned(const std::string& day) {
  signing::SignOptions options;
  if (day.empty()) return options;
  options.stamp = signing::Stamp::token;
  options.stamp_time = noon(day);
  return options;
}

Part engine_of(const Set& set) {
  Part engine = delta(set);
  engine.arch = set.arch;
  engine.version = set.engine;
  return engine;
}

}  // namespace

std::int64_t noon(std::string_view day) {
  return days_of(day).time_since_epoch().count() * std::int64_t{86400} + 43200;
}

std::string part(const Part& part) {
  std::string bytes = medium::pe_file({.arch = part.arch,
                                       .timestamp = part.timestamp,
                                       .version = part.version,
                                       .strings = {{"Comments", "Remedia test " + part.text}},
                                       .library = true});
  if (!part.file_date.empty()) put_file_date(bytes, part.file_date);
  if (part.reproducible) make_reproducible(bytes, part.arch.ends_with("64"));
  return part.is_signed ? signing::sign_program(bytes, part.sign) : bytes;
}

Part delta(const Set& set) {
  return {.version = set.version,
          .text = set.text,
          .is_signed = set.is_signed,
          .sign = countersigned(set.day)};
}

Files antimalware(const Set& set) {
  Part base = delta(set);
  base.version = set.base;
  Files files = {{"mpengine.dll", part(engine_of(set))}, {"MpSigStub.exe", part(engine_of(set))}};
  for (const char* name : {"mpasbase.vdm", "mpavbase.vdm"}) files[name] = part(base);
  for (const char* name : {"mpasdlta.vdm", "mpavdlta.vdm"}) files[name] = part(delta(set));
  return files;
}

Files network(const Set& set, bool engine) {
  Part base = delta(set);
  base.version = set.base;
  Files files = {{"NisBase.vdm", part(base)}, {"NisFull.vdm", part(delta(set))}};
  if (engine) files["GapaEngine.dll"] = part(engine_of(set));
  return files;
}

std::string cabinet(const Files& files) {
  CabSpec spec;
  CabFolderSpec& folder = spec.folders.emplace_back();
  folder.method = CabMethod::mszip;
  for (const auto& [name, content] : files)
    folder.files.push_back({.name = name, .content = content});
  return write_cab(spec);
}

std::string program(const std::string& bytes, const std::optional<signing::SignOptions>& sign) {
  std::string whole = medium::pe_file({.version = "4.18.24090.11"}) + bytes;
  return sign ? signing::sign_program(whole, *sign) : whole;
}

std::string package(const Set& set) { return package_of(antimalware(set), set.day); }

std::string package_of(const Files& files, const std::string& day) {
  return program(cabinet(files), countersigned(day));
}

void write(const std::filesystem::path& folder, const Files& files) {
  for (const auto& [path, content] : files) {
    const std::filesystem::path file = folder / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
}

}  // namespace remedia::definition_packages
