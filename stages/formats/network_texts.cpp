#include "formats/network_texts.h"

#include "formats/texts.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace remedia {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kRoot = "tftp/";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> sets) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](std::string_view set) { return set.find(c) != set.npos; });
  });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string versioned(const NetworkImage& image) {
  return fmt::format("{} ({})", image.name, image.version);
}

// ---- is the tree as the header says? ----

void check_text(std::string_view what, std::string_view text) {
  if (!is_utf8(text)) fail("the {} of a network image is not valid UTF-8", what);
  if (std::any_of(text.begin(), text.end(), is_control)) {
    fail("the {} of a network image has a control character, which no menu can show", what);
  }
}

void check_file(std::string_view file) {
  bool is_below_root = file.substr(0, kRoot.size()) == kRoot && file.size() > kRoot.size();
  if (!is_below_root || file.find("..") != file.npos ||
      !consists_of(file, {kDigits, kLetters, "._-/"})) {
    fail("'{}' cannot be the file of a network image", file);
  }
}

void check_arch(std::string_view arch) {
  if (arch != "amd64" && arch != "arm64" && arch != "x86") {
    fail("there is no network start for the architecture '{}'", arch);
  }
}

void check_image(const NetworkImage& image) {
  check_file(image.file);
  check_text("name", image.name);
  check_text("description", image.description);
  if (image.name.empty()) fail("the network image '{}' has no name", image.file);
  check_arch(image.arch);
  if (!consists_of(image.version, {kDigits, kLetters, "._-"})) {
    fail("'{}' cannot be the version of a network image", image.version);
  }
  if (image.sha256.size() != 64 || !consists_of(image.sha256, {kDigits, "abcdef"})) {
    fail("'{}' is not a SHA-256", image.sha256);
  }
}

void check_address(std::string_view network) {
  std::size_t numbers = 1;
  int value = -1;
  for (char c : network) {
    if (c == '.' && value >= 0) {
      ++numbers;
      value = -1;
    } else if (c >= '0' && c <= '9' && value != 0) {
      value = std::max(value, 0) * 10 + (c - '0');
    } else {
      fail("'{}' is not an IPv4 address", network);
    }
    if (value > 255) fail("'{}' is not an IPv4 address", network);
  }
  if (numbers != 4 || value < 0) fail("'{}' is not an IPv4 address", network);
}

void check_site(const NetworkTree& tree) {
  // 15: IFNAMSIZ of Linux, without the end mark.
  if (tree.interface.size() > 15 || !consists_of(tree.interface, {kDigits, kLetters, "._-"})) {
    fail("'{}' cannot be the name of a network interface", tree.interface);
  }
  check_address(tree.network);
  if (tree.tftp_root.substr(0, 1) != "/" || !is_utf8(tree.tftp_root) ||
      std::any_of(tree.tftp_root.begin(), tree.tftp_root.end(), is_control)) {
    fail("'{}' cannot be the TFTP root: an absolute path is needed", tree.tftp_root);
  }
}

void check(const NetworkTree& tree) {
  if (!consists_of(tree.recipe_name, {kDigits, "abcdefghijklmnopqrstuvwxyz-"})) {
    fail("'{}' cannot be the name of a recipe", tree.recipe_name);
  }
  if (tree.images.empty()) fail("a network artifact without images");
  std::set<std::string> names;
  for (const NetworkImage& image : tree.images) {
    check_image(image);
    if (!names.insert(versioned(image)).second) {
      fail("two network images are called '{}'", versioned(image));
    }
  }
  check_arch(tree.arch);
  if (!tree.bios && !tree.uefi) fail("a network artifact for neither BIOS nor UEFI");
  if (tree.bios && tree.arch == "arm64") fail("there is no BIOS for arm64");
  check_site(tree);
}

// ---- parts of texts ----

std::string folder_of(std::string_view arch) { return arch == "amd64" ? "x64" : std::string(arch); }

std::string below_root(const NetworkImage& image) { return image.file.substr(kRoot.size()); }

std::string file_name(const NetworkImage& image) {
  return image.file.substr(image.file.rfind('/') + 1);
}

// In dnsmasq's configuration, within double quotes.
std::string dnsmasq_quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// iPXE has no quoting: it expands ${...}, then splits at spaces, and takes ||, && and ; for its
// own.
std::string ipxe_text(std::string_view text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    char32_t c = take_utf8(rest);
    bool is_plain = c < 0x80 && (kDigits.find(static_cast<char>(c)) != kDigits.npos ||
                                 kLetters.find(static_cast<char>(c)) != kLetters.npos ||
                                 std::string_view(" .,:()+-_/'").find(static_cast<char>(c)) !=
                                     std::string_view::npos);
    out += is_plain ? static_cast<char>(c) : '?';
  }
  return out;
}

// The value of a `set "NAME=value"` that is used within double quotes.
std::string cmd_value(std::string_view what, const std::string& text) {
  if (text.find('"') != text.npos || text.ends_with('\\')) {
    throw Failure(Diagnostic{
        .message = fmt::format("the {} '{}' cannot be given to wdsutil: it has a double quote, or "
                               "ends in a backslash",
                               what, text),
        .hint = "leave them out"});
  }
  return with_replaced(text, "%", "%%");
}

// For the last lines of a part of a text, which has its own line end.
std::string without_last_end(std::string lines) {
  lines.pop_back();
  return lines;
}

std::string digests(const NetworkTree& tree) {
  std::string text;
  for (const NetworkImage& image : tree.images) {
    text += fmt::format("{}  {}\n", image.sha256, image.file);
  }
  return without_last_end(std::move(text));
}

// ---- dnsmasq ----

std::string pxe_service(std::string_view client, const std::string& program) {
  return fmt::format("pxe-service={},\"Recovery\",{}\n", client, program);
}

// dnsmasq's names for what RFC 4578 numbers: BIOS 0; IA32 6; x64 7 and 9, which the RFC and
// firmware swap; arm64 11.
std::string pxe_services(const NetworkTree& tree) {
  const std::string folder = "Boot/" + folder_of(tree.arch);
  std::string services;
  if (tree.bios) services += pxe_service("x86PC", folder + "/pxeboot.n12");
  if (!tree.uefi) return services;
  const std::string program = folder + "/bootmgfw.efi";
  if (tree.arch == "arm64") return services + pxe_service("ARM64_EFI", program);
  if (tree.arch == "x86") return services + pxe_service("IA32_EFI", program);
  return services + pxe_service("x86-64_EFI", program) + pxe_service("BC_EFI", program);
}

// ---- iPXE ----

std::string ipxe_choice(const NetworkTree& tree) {
  if (tree.images.size() == 1) return "";
  std::string menu = fmt::format("\nmenu Recovery images: {}\n", tree.recipe_name);
  for (std::size_t i = 0; i < tree.images.size(); ++i) {
    menu += fmt::format("item image{} {}\n", i + 1, ipxe_text(tree.images[i].name));
  }
  if (tree.timeout_seconds == 0)
    return menu + fmt::format("goto image{}\n", tree.default_image + 1);
  return menu +
         fmt::format("choose --default image{} --timeout {} image || exit 0\n",
                     tree.default_image + 1, 1000 * std::uint64_t{tree.timeout_seconds}) +
         "goto ${image}\n";
}

// wimboot takes boot manager, BCD and boot.sdi out of the image itself.
std::string ipxe_start(const NetworkImage& image, std::size_t number) {
  return fmt::format(
      ":image{}\nkernel ${{base}}/wimboot || goto failed\n"
      "initrd --name boot.wim ${{base}}/{} boot.wim || goto failed\n"
      "boot || goto failed\n",
      number, below_root(image));
}

// ---- Configuration Manager ----

std::string share_path(const NetworkTree& tree, const NetworkImage& image) {
  return fmt::format("\\\\SERVER\\SHARE\\{}\\{}\\{}", tree.recipe_name, image.version,
                     file_name(image));
}

std::string cm_create(const NetworkTree& tree, const NetworkImage& image) {
  std::string line =
      fmt::format("   New-CMBootImage -Path {} -Index 1 -Name {} -Version {}",
                  powershell_string(share_path(tree, image)), powershell_string(versioned(image)),
                  powershell_string(image.version));
  if (!image.description.empty()) line += " -Description " + powershell_string(image.description);
  return line + "\n";
}

// ---- wdsutil ----

std::string cmd_path(const std::string& file) { return with_replaced(file, "/", "\\"); }

std::string plain_name(const NetworkTree& tree, const NetworkImage& image) {
  return is_ascii(image.name) ? image.name : tree.recipe_name + " " + file_name(image);
}

std::string plain_description(const NetworkTree& tree, const NetworkImage& image) {
  bool is_fit = is_ascii(image.description) && !image.description.empty();
  return is_fit ? image.description : "Recovery image of " + tree.recipe_name;
}

std::string cmd_call(const char* label) {
  return fmt::format("call :{}\nif not \"%ERRORLEVEL%\"==\"0\" exit /b %ERRORLEVEL%\n", label);
}

std::string cmd_verify(const NetworkImage& image) {
  return fmt::format("set \"FILE={}\"\nset \"SHA256={}\"\n", cmd_path(image.file), image.sha256) +
         cmd_call("verify");
}

std::string cmd_import(const NetworkTree& tree, const NetworkImage& image) {
  // WDS keeps all boot images of an architecture in one folder.
  const std::string stored =
      fmt::format("{}-{}-{}", tree.recipe_name, image.version, file_name(image));
  return fmt::format(
             "set \"FILE={}\"\nset \"NAME={}\"\nset \"DESCRIPTION={}\"\nset \"VERSION={}\"\n"
             "set \"ARCH={}\"\nset \"STORED={}\"\n",
             cmd_path(image.file), cmd_value("name", plain_name(tree, image)),
             cmd_value("description", plain_description(tree, image)), image.version,
             folder_of(image.arch), stored) +
         cmd_call("import");
}

// ---- readme ----

std::string listed_programs(const NetworkTree& tree) {
  const std::string folder = "Boot/" + folder_of(tree.arch);
  std::string lines;
  auto add = [&](const std::string& file, std::string_view what) {
    lines += fmt::format("{:<34} {}\n", file, what);
  };
  if (tree.uefi) add(folder + "/bootmgfw.efi", "what UEFI clients start");
  if (tree.bios) {
    add(folder + "/pxeboot.n12", "what BIOS clients start");
    add(folder + "/bootmgr.exe", "what pxeboot.n12 loads");
  }
  return without_last_end(std::move(lines));
}

std::string listed_images(const NetworkTree& tree) {
  std::string lines;
  for (const NetworkImage& image : tree.images) {
    lines += fmt::format("{:<34} {}, {}\n", image.file, versioned(image), image.arch);
  }
  return lines;
}

// A genuine bootmgfw.efi asks for \BCD first, and takes \Boot\BCD if it is not there.
std::string listed_stores(const NetworkTree& tree) {
  if (tree.bios && tree.uefi) {
    return "BCD                                the menu of images for UEFI clients, which ask for "
           "it "
           "first\n"
           "Boot/BCD                           the same for BIOS clients";
  }
  return "BCD, Boot/BCD                      the menu of images; clients ask for one or the other";
}

std::string listed_fonts(const NetworkTree& tree) {
  std::string text;
  if (tree.uefi) text = "EFI/Microsoft/Boot                 fonts and policies for UEFI";
  if (tree.bios && tree.uefi) text += "\n";
  if (tree.bios) text += "Boot/Fonts                         fonts for BIOS";
  return text;
}

template <typename Part>
std::string for_each_image(const NetworkTree& tree, Part&& part) {
  std::string text;
  for (const NetworkImage& image : tree.images) text += part(image);
  return text;
}

}  // namespace

std::string dnsmasq_conf(const NetworkTree& tree) {
  check(tree);
  return fill_text("dnsmasq.conf", {{"RECIPE", tree.recipe_name},
                                    {"INTERFACE", tree.interface},
                                    {"NETWORK", tree.network},
                                    {"TFTP_ROOT", dnsmasq_quoted(tree.tftp_root)},
                                    {"SERVICES", pxe_services(tree)}});
}

std::string ipxe_script(const NetworkTree& tree) {
  check(tree);
  std::string starts;
  for (std::size_t i = 0; i < tree.images.size(); ++i) {
    starts += (i == 0 ? "" : "\n") + ipxe_start(tree.images[i], i + 1);
  }
  return fill_text(
      "boot.ipxe",
      {{"RECIPE", tree.recipe_name}, {"CHOICE", ipxe_choice(tree)}, {"STARTS", starts}});
}

std::string cm_boot_image_note(const NetworkTree& tree) {
  check(tree);
  auto each = [&](auto&& part) { return for_each_image(tree, part); };
  return with_crlf(fill_text(
      "New-CMBootImage.txt",
      {{"RECIPE", tree.recipe_name},
       {"COPIES", each([&](const NetworkImage& image) {
          return fmt::format("   {}  to  {}\n", cmd_path(image.file), share_path(tree, image));
        })},
       {"CREATES", each([&](const NetworkImage& image) { return cm_create(tree, image); })},
       {"DISTRIBUTES", each([&](const NetworkImage& image) {
          return fmt::format(
              "   Start-CMContentDistribution -BootImageName {} "
              "-DistributionPointGroupName 'GROUP' -DisableWildcardHandling\n",
              powershell_string(versioned(image)));
        })},
       {"OFFERS", each([&](const NetworkImage& image) {
          return fmt::format(
              "   Get-CMBootImage -Name {} -DisableWildcardHandling | "
              "Set-CMBootImage -DeployFromPxeDistributionPoint $true\n",
              powershell_string(versioned(image)));
        })},
       {"DIGESTS", digests(tree)}}));
}

std::string wdsutil_script(const NetworkTree& tree) {
  check(tree);
  auto import = [&](const NetworkImage& image) { return cmd_import(tree, image); };
  return with_crlf(fill_text(
      "Import-RecoveryImage.cmd",
      {{"VERIFIES", for_each_image(tree, cmd_verify)}, {"IMPORTS", for_each_image(tree, import)}}));
}

std::string network_readme(const NetworkTree& tree) {
  check(tree);
  return with_crlf(fill_text("network-README.txt", {{"RECIPE", tree.recipe_name},
                                                    {"IMAGES", listed_images(tree)},
                                                    {"PROGRAMS", listed_programs(tree)},
                                                    {"STORES", listed_stores(tree)},
                                                    {"FONTS", listed_fonts(tree)},
                                                    {"DIGESTS", digests(tree)}}));
}

}  // namespace remedia
