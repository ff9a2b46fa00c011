#include "formats/deploy_texts.h"

#include "formats/texts.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace remedia {

namespace {

using Words = std::map<std::string, std::string>;

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBuild = "0123456789.";
constexpr std::string_view kWord =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

void check_digest(std::string_view digest) {
  if (digest.size() != 64 || !consists_of(digest, kHex)) fail("'{}' is not a SHA-256", digest);
}

void check_arch(std::string_view arch) {
  if (arch != "amd64" && arch != "arm64" && arch != "x86")
    fail("'{}' is not an architecture that recovery images are made for", arch);
}

// Sizes are Int64 in the scripts, and sums of them must be too.
void check_size(std::string_view what, std::uint64_t size) {
  if (size == 0 || size > (std::uint64_t{1} << 50)) fail("{} bytes is no size of {}", size, what);
}

void check(const RecoveryFacts& facts) {
  check_arch(facts.arch);
  check_digest(facts.wim_sha256);
  check_digest(facts.sdi_sha256);
  check_size("an image", facts.wim_size);
  check_size("boot.sdi", facts.sdi_size);
  check_size("a partition", facts.partition_size);
  if (!facts.build.empty() && !consists_of(facts.build, kBuild))
    fail("'{}' is not a build of Windows", facts.build);
  for (const std::string& language : facts.languages) {
    if (!consists_of(language, kWord)) fail("'{}' is not the name of a language", language);
  }
}

// The four numbers of "10.0.26100.1742"; none if the text has other ones.
std::vector<std::uint64_t> four_numbers(const std::string& version) {
  static const std::regex form(R"((\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5}))");
  std::smatch found;
  std::vector<std::uint64_t> numbers;
  if (!std::regex_match(version, found, form)) return numbers;
  for (std::size_t i = 1; i < found.size(); ++i) numbers.push_back(std::stoul(found[i].str()));
  return numbers;
}

// Either may lag behind the other, as each is raised by other tools.
std::string image_version(const RecoveryFacts& facts) {
  const auto kernel = four_numbers(facts.build);
  const auto xml = four_numbers(facts.xml_version);
  if (kernel.empty() && xml.empty()) return {};
  return kernel < xml ? facts.xml_version : facts.build;
}

std::string comma_list(const std::vector<std::string>& words, bool quoted) {
  std::string list;
  for (const std::string& word : words)
    list += (list.empty() ? "" : ", ") + (quoted ? ascii_powershell_string(word) : word);
  return list;
}

// The table of exit codes stands once, in the help of the script.
std::string exit_codes(std::string_view script) {
  constexpr std::string_view kBegin = "Exit codes:\n";
  std::size_t begin = script.find(kBegin);
  std::size_t end = script.find("\n\n", begin);
  if (begin == std::string_view::npos || end == std::string_view::npos)
    fail("the deployment script has no table of exit codes");
  begin += kBegin.size();
  return with_replaced(std::string(script.substr(begin, end - begin)), "\n", "\n  ");
}

std::string deploy_text(const RecoveryFacts& facts) {
  return fill_text("Deploy-RecoveryImage.ps1",
                   {{"NAME", ascii_powershell_string(facts.name)},
                    {"TITLE", ascii_powershell_string(facts.title)},
                    {"ARCH", ascii_powershell_string(facts.arch)},
                    {"BUILD", ascii_powershell_string(facts.build)},
                    {"VERSION", ascii_powershell_string(image_version(facts))},
                    {"REVISION", ascii_powershell_string(facts.revision)},
                    {"BUILT", ascii_powershell_string(facts.built)},
                    {"LANGUAGES", comma_list(facts.languages, true)},
                    {"WIM_SHA256", ascii_powershell_string(facts.wim_sha256)},
                    {"SDI_SHA256", ascii_powershell_string(facts.sdi_sha256)},
                    {"WIM_SIZE", std::to_string(facts.wim_size)},
                    {"SDI_SIZE", std::to_string(facts.sdi_size)},
                    {"PARTITION_SIZE", std::to_string(facts.partition_size)},
                    {"BYPASSES", facts.bypasses_bitlocker ? "$true" : "$false"},
                    {"FUNCTIONS", fill_text("recovery-functions.ps1", {})},
                    {"CHECKS", fill_text("deploy-checks.ps1", {})},
                    {"SWITCH", fill_text("deploy-switch.ps1", {})}});
}

// One line, whatever a recipe says.
std::string plain_line(std::string_view text) {
  ascii_powershell_string(text);  // throws for what no line can show
  return std::string(text);
}

void check(const WdsImage& image) {
  check_arch(image.arch);
  check_digest(image.sha256);
  // -Replace knows versions by this form.
  if (image.version.size() != 8 || !consists_of(image.version, kHex))
    fail("'{}' is not a version of a boot image: 8 hexadecimal digits", image.version);
  if (image.name.empty()) fail("a boot image for WDS needs a name");
  if (!consists_of(image.artifact, std::string(kWord) + "/"))
    fail("'{}' is not the name of the artifact of a boot image", image.artifact);
  bool inside = consists_of(image.file, std::string(kWord) + "\\ ") && image.file[0] != '\\' &&
                ("\\" + image.file + "\\").find("\\..\\") == std::string::npos;
  if (!inside) fail("'{}' is not a file in the folder of the script", image.file);
}

// WDS keeps all files of one architecture in one folder.
std::string stored_name(const WdsImage& image) {
  std::string stem;
  for (char c : image.name) stem += consists_of(std::string_view(&c, 1), kWord) ? c : '-';
  return stem + "-" + image.arch + "-" + image.version + ".wim";
}

std::string wds_entry(const WdsImage& image) {
  std::string mark = "[remedia " + image.artifact + "]";
  std::string description = image.description + (image.description.empty() ? "" : " ") + mark;
  return "    [pscustomobject]@{\n        File        = " + ascii_powershell_string(image.file) +
         "\n        Name        = " + ascii_powershell_string(image.name) +
         "\n        Description = " + ascii_powershell_string(description) +
         "\n        Mark        = " + ascii_powershell_string(mark) +
         "\n        Arch        = " + ascii_powershell_string(image.arch) +
         "\n        Version     = " + ascii_powershell_string(image.version) +
         "\n        NewFile     = " + ascii_powershell_string(stored_name(image)) +
         "\n        Sha256      = " + ascii_powershell_string(image.sha256) + "\n    }";
}

void append_unit(std::string& out, char32_t unit) {
  out += fmt::format("' + [char]{:#x} + '", static_cast<std::uint32_t>(unit));
}

}  // namespace

std::string ascii_powershell_string(std::string_view text) {
  std::string out = "'";
  while (!text.empty()) {
    char32_t c = take_utf8(text);
    if (c == kInvalidUtf8 || c < ' ' || (c >= 0x7f && c < 0xa0))
      fail("a text for a script holds a control character or is not UTF-8");
    if (c == '\'') {
      out += "''";
    } else if (c < 0x7f) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      append_unit(out, c);
    } else {  // [char] is a unit of UTF-16
      append_unit(out, 0xd800 + ((c - 0x10000) >> 10));
      append_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  out += "'";
  bool plain = out.find("[char]") == std::string::npos;
  return plain ? out : "(" + out + ")";
}

std::string deploy_script(const RecoveryFacts& facts) {
  check(facts);
  return with_crlf(deploy_text(facts));
}

std::string detection_script(const RecoveryFacts& facts) {
  check(facts);
  return with_crlf(fill_text("Get-RecoveryImageState.ps1",
                             {{"NAME", ascii_powershell_string(facts.name)},
                              {"BUILD", ascii_powershell_string(facts.build)},
                              {"VERSION", ascii_powershell_string(image_version(facts))},
                              {"REVISION", ascii_powershell_string(facts.revision)},
                              {"WIM_SHA256", ascii_powershell_string(facts.wim_sha256)},
                              {"WIM_SIZE", std::to_string(facts.wim_size)},
                              {"SDI_SIZE", std::to_string(facts.sdi_size)},
                              {"FUNCTIONS", fill_text("recovery-functions.ps1", {})}}));
}

std::string recovery_readme(const RecoveryFacts& facts) {
  check(facts);
  std::string warning =
      "\nThis image opens its tools without asking for an account. Where BitLocker asks for no "
      "PIN,\nwhoever stands at a PC may reach its data with a registered recovery image of this "
      "kind.\n";
  return with_crlf(fill_text(
      "recovery-README.txt",
      {{"NAME", plain_line(facts.name)},
       {"TITLE", plain_line(facts.title)},
       {"ARCH", facts.arch},
       {"BUILD", facts.build.empty() ? "not known" : facts.build},
       {"REVISION", plain_line(facts.revision)},
       {"BUILT", plain_line(facts.built)},
       {"LANGUAGES", facts.languages.empty() ? "not known" : comma_list(facts.languages, false)},
       {"WIM_SHA256", facts.wim_sha256},
       {"SDI_SHA256", facts.sdi_sha256},
       {"WIM_SIZE", std::to_string(facts.wim_size)},
       {"SDI_SIZE", std::to_string(facts.sdi_size)},
       {"PARTITION_SIZE", std::to_string(facts.partition_size)},
       {"BITLOCKER", facts.bypasses_bitlocker ? warning : ""},
       {"EXIT_CODES", exit_codes(deploy_text(facts))}}));
}

std::string import_script(const std::vector<WdsImage>& images) {
  if (images.empty()) fail("an import script needs an image");
  std::string entries;
  std::set<std::string> names;
  for (const WdsImage& image : images) {
    check(image);
    if (!names.insert(stored_name(image)).second)
      fail("two boot images for WDS are called '{}', {}, {}", image.name, image.arch,
           image.version);
    entries += (entries.empty() ? "" : "\n") + wds_entry(image);
  }
  return with_crlf(fill_text("Import-RecoveryImage.ps1", {{"IMAGES", entries}}));
}

}  // namespace remedia
