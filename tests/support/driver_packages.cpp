#include "support/driver_packages.h"

#include "formats/authenticode.h"
#include "medium/pe_file.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace remedia::driver_packages {

namespace fs = std::filesystem;

namespace {

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out << bytes;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

}  // namespace

Package storage(const std::string& name) {
  return {.name = name,
          .class_name = "SCSIAdapter",
          .class_guid = "{4D36E97B-E325-11CE-BFC1-08002BE10318}",
          .ids = {R"(PCI\VEN_1AF4&DEV_10F1)"},
          .start = 0,
          .destination = "12",
          .parameters = "HKR,\"Parameters\\PnpInterface\",\"5\",0x00010001,1\n",
          .signed_program = true};
}

std::string inf_text(const Package& p) {
  std::string text = "[Version]\nSignature=\"$Windows NT$\"\n";
  text += fmt::format("Class={}\nClassGuid={}\nProvider=%Maker%\nDriverVer={}\n", p.class_name,
                      p.class_guid, p.version);
  if (p.catalog) text += fmt::format("CatalogFile={}.cat\n", p.name);
  text += "PnpLockdown=1\n[Manufacturer]\n%Maker%=Devices";
  for (const std::string& target : p.targets) text += "," + target;
  text += "\n";
  for (const std::string& target : p.targets) {
    text += fmt::format("[Devices.{}]\n", target);
    for (const std::string& id : p.ids) {
      text += "%Device%=Install," + id;
      for (const std::string& other : p.compatible_ids) text += "," + other;
      text += "\n";
    }
  }
  text += fmt::format(
      "[Install]\nCopyFiles=Program\n{install}[Install.Services]\nAddService={name},2,Service\n"
      "[Service]\nServiceType=1\nStartType={start}\nErrorControl=1\nServiceBinary=%{dir}%\\{name}."
      "sys\n"
      "{group}AddReg=Parameters\n[Parameters]\n{parameters}[Program]\n{name}.sys\n"
      "[SourceDisksNames]\n1=Disk\n[SourceDisksFiles]\n{name}.sys=1\n"
      "[DestinationDirs]\nDefaultDestDir={dir}\n{more}"
      "[Strings]\nMaker=\"{provider}\"\nDevice=\"A device of tests\"\n",
      fmt::arg("install", p.install), fmt::arg("name", p.name), fmt::arg("start", p.start),
      fmt::arg("dir", p.destination),
      fmt::arg("group", p.start == 0 ? "LoadOrderGroup=\"SCSI miniport\"\n" : ""),
      fmt::arg("parameters",
               p.parameters.empty() ? "HKR,Parameters,Level,0x00010001,1\n" : p.parameters),
      fmt::arg("more", p.more), fmt::arg("provider", p.provider));
  return with_crlf(text);
}

std::string program(const Package& p) {
  std::string bytes = medium::pe_file(
      {.strings = {{"OriginalFilename", p.name + ".sys"}, {"Comments", "salt " + p.salt}}});
  return p.signed_program ? signing::sign_program(std::move(bytes), p.signing.sign) : bytes;
}

void write(const fs::path& folder, const Package& p) {
  fs::create_directories(folder);
  write_bytes(folder / (p.name + ".inf"), inf_text(p));
  write_bytes(folder / (p.name + ".sys"), program(p));
  if (p.catalog) write_catalog(folder, p);
}

void write_catalog(const fs::path& folder, const Package& p) {
  write_bytes(
      folder / (p.name + ".cat"),
      signing::make_catalog({folder / (p.name + ".inf"), folder / (p.name + ".sys")}, p.signing));
}

Listed list(const fs::path& folder, const std::string& written) {
  Listed listed;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    authenticode::Digests of = authenticode::digests(Slice::whole(file.path()));
    std::string path = file.path().lexically_relative(folder).string();
    listed.entries.push_back({.target = path,
                              .source = file.path().string(),
                              .size = file.file_size(),
                              .sha256 = of.flat,
                              .origin = written + "/" + path});
    if (!of.image.empty()) listed.image_digests[of.flat] = of.image;
  }
  std::sort(listed.entries.begin(), listed.entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.target < b.target; });
  return listed;
}

}  // namespace remedia::driver_packages
