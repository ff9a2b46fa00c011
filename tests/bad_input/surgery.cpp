#include "bad_input/surgery.h"

#include "media/hive.h"
#include "medium/pe_file.h"

#include <algorithm>

namespace remedia {

namespace {

constexpr const char* kVersion = "10.0.26100.1742";
constexpr const char* kPe = R"(media = "@media/pe.wim", image = "pe",)"
                            R"( boot_files = source { media = "@media/win.iso", image = "pe" })";

}  // namespace

std::map<std::string, std::string> windows_pe(medium::Hives hives) {
  std::string kernel = medium::windows_program("ntkrnlmp.exe", "amd64", 1, kVersion);
  std::map<std::string, std::string> files = medium::hive_files(
      {"Microsoft Windows PE", "WindowsPE", "WindowsPE", "X:"}, "amd64", kVersion, hives);
  std::string system32(kSystem32);
  files[system32 + "ntoskrnl.exe"] = kernel;
  files["Windows/WinSxS/amd64_os-kernel/ntoskrnl.exe"] = kernel;
  files[system32 + "winload.efi"] = medium::windows_program("winload.efi", "amd64", 16, kVersion);
  files[system32 + "winpeshl.exe"] = "a program";
  files[system32 + "startnet.cmd"] = "wpeinit\r\n";
  files[system32 + "en-US/winpeshl.exe.mui"] = "words";
  files["setup.exe"] = "another program";
  return files;
}

std::string changed_hive(const std::string& hive, const std::function<void(RegistryKey&)>& change) {
  Scratch scratch;
  RegistryKey root = hive::read(scratch.write("hive", hive));
  change(root);
  return hive::write(root, {.minor_version = 5, .file_name = {}});
}

RegistryKey& key_at(RegistryKey& root, const std::vector<std::string>& names) {
  RegistryKey* key = &root;
  for (const std::string& name : names) {
    auto at = std::find_if(key->children.begin(), key->children.end(),
                           [&](const RegistryKey& child) { return child.name == name; });
    if (at == key->children.end()) throw std::out_of_range("no key " + name);
    key = &*at;
  }
  return *key;
}

Surgery::Surgery() {
  base(windows_pe());
  change("");
}

void Surgery::base(const std::map<std::string, std::string>& files) const {
  write_wim(*this / "media/pe.wim", {{.name = "Windows PE",
                                      .files = files,
                                      .properties = {{"WINDOWS/LANGUAGES/LANGUAGE", "en-US"},
                                                     {"WINDOWS/LANGUAGES/DEFAULT", "en-US"}}}});
}

void Surgery::base_hive(const std::string& name, const std::string& hive) const {
  auto files = windows_pe();
  files[std::string(kConfig) + name] = hive;
  base(files);
}

void Surgery::change(std::string_view fields) const { recipe(kPe, fields); }

void Surgery::warns(const std::vector<std::string>& says) {
  build();
  EXPECT_NE(output.find("warning: "), std::string::npos) << output;
  for (const std::string& part : says)
    EXPECT_NE(output.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << output;
  builds();
}

std::string Surgery::in_image(std::string_view path) const {
  wim::File wim(Slice::whole(*this / "out/r/helpdesk/boot.wim"), "boot.wim");
  const wim::Entry* entry = wim.find(1, path);
  if (entry == nullptr) return "not there";
  fs::path file = *this / "taken";
  fs::remove(file);
  wim.extract(1, *entry, file);
  return content_of(file);
}

RegistryKey Surgery::hive_in_image(std::string_view name) const {
  in_image(std::string(kConfig) + std::string(name));
  return hive::read(*this / "taken");
}

}  // namespace remedia
