// wds { boot = ... }: everything that a network boot takes, as a folder: for a WDS server, for one
// without WDS (TFTP and HTTP), and for sites where ConfigMgr owns PXE.
//
// Boot managers find their files by fixed names, in the spelling used here: seen of a genuine
// bootmgfw.efi, which asks for \BCD, then \Boot\BCD, then itself as \Boot/x64/bootmgfw.efi, then
// image and boot.sdi, with fonts from \EFI\Microsoft\Boot\Fonts. Where both firmwares boot, \BCD is
// the store for UEFI and \Boot\BCD, which pxeboot.n12's bootmgr.exe asks for, the one for BIOS.

#include "formats/deploy_texts.h"
#include "formats/network_texts.h"
#include "kinds/boot_volume.h"
#include "kinds/copy.h"
#include "kinds/evidence.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "kinds/tier.h"
#include "media/boot_files.h"
#include "support/digest.h"

#include <algorithm>
#include <regex>

namespace remedia::kinds {

namespace {

using recipe::Type;

// Without these, boot managers show no text. Others are for languages that need them.
constexpr const char* kFonts[] = {"segmono_boot.ttf", "segoe_slboot.ttf", "segoen_slboot.ttf",
                                  "wgl4_boot.ttf"};

// Which files there are has to be known before the medium is read.
std::vector<recipe::Field> fields_with_firmware() {
  std::vector<recipe::Field> fields = boot_fields();
  for (recipe::Field& field : fields) {
    if (field.name != "firmware") continue;
    field.help = "what clients boot by; the source must have the files for it";
    field.fallback = "both, arm64: \"uefi\"";
  }
  return fields;
}

recipe::Schema make_schema() {
  recipe::Schema schema = {
      .word = "wds",
      .role = recipe::Role::artifact,
      .help =
          "A folder for network boot: OUT/RECIPE/NAME/wds/, with README.txt in it.\n"
          "Import-RecoveryImage.ps1 (or .cmd) adds the images to a WDS server; tftp/ serves them "
          "without WDS, by the dnsmasq.conf and boot.ipxe beside it.",
      .fields = fields_with_firmware(),
      .positional = "boot",
  };
  std::vector<recipe::Field> more = {
      {.name = "anonymous",
       .type = Type::boolean,
       .help = "a network boot asks nobody for a login: say true if everybody who can reach the "
               "server may have what the images can do; demanded for images without a tier, "
               "with Windows' own menu, or with tools of risk \"high\" and \"destructive\"",
       .fallback = "false"},
      {.name = "tftp_block_size",
       .type = Type::integer,
       .help = "ramdisktftpblocksize: bytes in a packet; with 32 more it has to fit the MTU",
       .fallback = "1456",
       .min = 512,
       .max = 16384},
      {.name = "tftp_window_size",
       .type = Type::integer,
       .help = "ramdisktftpwindowsize: packets that are sent before one is acknowledged",
       .fallback = "4",
       .min = 1,
       .max = 64},
      {.name = "fonts",
       .type = Type::text,
       .help = "further fonts of the boot manager, such as \"jpn_boot.ttf\"",
       .list = true,
       .max = 60},
      {.name = "leave_out",
       .type = Type::choice,
       .help = "what older media do not have",
       .list = true,
       .words = {"boot.stl"}},
      {.name = "interface",
       .type = Type::text,
       .help = "network interface of the server, for dnsmasq.conf",
       .fallback = "eth0",
       .max = 15},
      {.name = "network",
       .type = Type::text,
       .help = "network that dnsmasq answers as a proxy beside your DHCP server: \"192.0.2.0\"",
       .fallback = "192.0.2.0",
       .max = 15},
      {.name = "tftp_root",
       .type = Type::text,
       .help = "folder of the server where tftp/ will be",
       .fallback = "/srv/tftp",
       .max = 200},
  };
  for (recipe::Field& field : more) schema.fields.push_back(std::move(field));
  return schema;
}

const recipe::Schema schema = make_schema();

/// As Microsoft's servers call it in paths.
std::string folder_of(std::string_view arch) { return arch == "amd64" ? "x64" : std::string(arch); }

/// A file of the tree: where it goes below tftp/, and which boot file it is.
struct Served {
  std::string target;
  std::string boot_file;
};

std::vector<Served> served_files(const nlohmann::json& p) {
  std::string arch = p.at("arch");
  std::string folder = "Boot/" + folder_of(arch) + "/";
  std::vector<std::string> fonts(std::begin(kFonts), std::end(kFonts));
  for (const auto& font : p.at("fonts")) fonts.push_back(font);
  std::vector<Served> files = {{"Boot/boot.sdi", "boot/boot.sdi"}};
  for (const std::string firmware : p.at("firmware")) {
    bool uefi = firmware == "uefi";
    if (uefi) {
      files.push_back({folder + "bootmgfw.efi", uefi_loader(arch)});
      if (p.at("leave_out").empty())
        files.push_back({"EFI/Microsoft/Boot/boot.stl", "efi/microsoft/boot/boot.stl"});
    } else {
      files.push_back({folder + "pxeboot.n12", "pxe/pxeboot.n12"});
      files.push_back({folder + "bootmgr.exe", "pxe/bootmgr.exe"});
    }
    for (const std::string& font : fonts) {
      files.push_back({(uefi ? "EFI/Microsoft/Boot/Fonts/" : "Boot/Fonts/") + font,
                       (uefi ? "efi/microsoft/boot/fonts/" : "boot/fonts/") + font});
    }
  }
  return files;
}

/// The stores: target and firmware. Both are always there: a tree that is copied over an older one
/// must not leave that one's BCD, which UEFI clients ask for first.
std::vector<std::pair<std::string, bcd::Firmware>> stores(const nlohmann::json& p) {
  bool uefi = p.at("firmware").back() == "uefi";
  bool bios = p.at("firmware")[0] == "bios";
  return {{"BCD", uefi ? bcd::Firmware::uefi : bcd::Firmware::bios},
          {"Boot/BCD", bios ? bcd::Firmware::bios : bcd::Firmware::uefi}};
}

std::string wim_target(std::size_t index) { return numbered_wim("Boot", index); }

constexpr const char* kTexts[] = {"Import-RecoveryImage.ps1",
                                  "Import-RecoveryImage.cmd",
                                  "dnsmasq.conf",
                                  "boot.ipxe",
                                  "New-CMBootImage.txt",
                                  "README.txt"};

// --- Planning --------------------------------------------------------------------------------

void check_anonymous(const recipe::Node& node) {
  if (node.flag("anonymous")) return;
  for (const recipe::NodeRef& image : node.nodes("boot")) {
    std::string risk = "nothing says that what it can do is harmless";
    if (image->node("tier") != nullptr) {
      bool prompt = shell_of(*image) == "winre";
      std::vector<recipe::NodeRef> tools = tools_of(*image);
      auto dangerous =
          std::find_if(tools.begin(), tools.end(), [](const auto& t) { return is_dangerous(*t); });
      if (dangerous == tools.end() && !prompt) continue;
      risk = prompt ? "Windows' own menu has a command prompt"
                    : fmt::format("it has the tool '{}' (risk \"{}\")", (*dangerous)->text("id"),
                                  (*dangerous)->text("risk"));
    }
    throw Failure(
        Diagnostic{.message = fmt::format("a network boot of '{}' asks nobody for a login, and {}",
                                          image->text("name"), risk),
                   .where = node.place("boot"),
                   .hint = "if everybody who can reach the server may have it: anonymous = true"});
  }
}

// wdsutil, cmd.exe and menus take no quotes in names.
void check_texts(const recipe::Node& node) {
  for (const recipe::NodeRef& image : node.nodes("boot")) {
    for (const char* field : {"title", "description"}) {
      std::string text = image->text(field);
      if (text.find('"') == std::string::npos && !text.ends_with('\\')) continue;
      throw Failure(Diagnostic{
          .message =
              fmt::format("a server for network boot cannot be given the {} '{}'", field, text),
          .where = image->place(field),
          .hint = "leave out quotes, and a backslash at the end",
          .notes = {{.message = "for this", .where = node.where}}});
    }
  }
}

// They become names of files, of our own outputs.
void check_fonts(const recipe::Node& node) {
  std::vector<std::string> fonts(std::begin(kFonts), std::end(kFonts));
  for (const std::string& font : node.texts("fonts")) {
    bool plain = std::all_of(font.begin(), font.end(), [](unsigned char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
    bool fresh = std::find(fonts.begin(), fonts.end(), font) == fonts.end();
    if (plain && font.ends_with(".ttf") && font.front() != '.' && fresh) {
      fonts.push_back(font);
      continue;
    }
    throw Failure(Diagnostic{
        .message = fresh ? fmt::format("'{}' is not the name of a boot font", font)
                         : fmt::format("the font '{}' is there already", font),
        .where = node.place("fonts"),
        .hint = "names are as in the medium's boot/fonts, in lower case: \"jpn_boot.ttf\""});
  }
}

// They go into a configuration file, where a space or line break would begin something else.
void check_network_names(const recipe::Node& node) {
  struct Rule {
    const char* field;
    const char* pattern;
    const char* what;
  };
  static constexpr Rule kRules[] = {
      {"interface", "[A-Za-z0-9_.-]{1,15}", "the name of a network interface, such as \"eth0\""},
      {"network",
       "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}",
       "an IPv4 network, such as \"192.0.2.0\""},
      {"tftp_root", "/[A-Za-z0-9_./-]*", "an absolute path without spaces, such as \"/srv/tftp\""},
  };
  for (const Rule& rule : kRules) {
    if (!node.has(rule.field) || std::regex_match(node.text(rule.field), std::regex(rule.pattern)))
      continue;
    throw Failure(
        Diagnostic{.message = fmt::format("'{}' is not {}", node.text(rule.field), rule.what),
                   .where = node.place(rule.field)});
  }
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  graph::Edge edge{.kind = "wds", .origin = node};
  graph::Planned planned;
  check_anonymous(*node);
  check_fonts(*node);
  check_texts(*node);
  check_network_names(*node);
  refuse_data_evidence(*node);
  planned.records = plan_boot(planner, *node, edge);
  std::string name = artifact_name(*node);
  std::string folder = fmt::format("{}/{}/wds/", planner.recipe(), name);
  nlohmann::ordered_json& p = edge.parameters;
  edge.label = fmt::format("WDS {}/{}", planner.recipe(), name);
  // Which files there are must be known before the medium is read.
  if (p["firmware"].empty() && p["arch"] == "arm64") p["firmware"] = {"uefi"};
  if (p["firmware"].empty()) p["firmware"] = {"bios", "uefi"};
  for (const char* number : {"tftp_block_size", "tftp_window_size"})
    p[number] = node->integer(number);
  p["fonts"] = node->texts("fonts");
  p["leave_out"] = node->texts("leave_out");
  p["interface"] = node->has("interface") ? node->text("interface") : "eth0";
  p["network"] = node->has("network") ? node->text("network") : "192.0.2.0";
  p["tftp_root"] = node->has("tftp_root") ? node->text("tftp_root") : "/srv/tftp";

  std::vector<std::string> wims;
  for (const auto& image : p["boot"]) wims.push_back(image.at("wim"));
  for (const char* text : kTexts) edge.outputs.push_back(folder + text);
  for (const Served& file : served_files(p)) edge.outputs.push_back(folder + "tftp/" + file.target);
  for (const auto& [target, firmware] : stores(p))
    edge.outputs.push_back(folder + "tftp/" + target);
  std::vector<std::string> files = edge.outputs;
  for (std::size_t i = 0; i < wims.size(); ++i) files.push_back(folder + "tftp/" + wim_target(i));
  p["folder"] = files;
  p["descriptions"] = nlohmann::ordered_json::array();
  for (const recipe::NodeRef& image : node->nodes("boot"))
    p["descriptions"].push_back(image->text("description"));
  edge.outputs.push_back(fmt::format(".store/wds/{}.{}.record", planner.recipe(), name));
  p["record"] = edge.outputs.back();
  p["artifact"] = planner.recipe() + "/" + name;
  planned.file = edge.outputs[0];
  planned.records.insert(planned.records.begin(), edge.outputs.back());
  planner.add(std::move(edge));
  for (std::size_t i = 0; i < wims.size(); ++i)
    plan_copy(planner, node, wims[i], folder + "tftp/" + wim_target(i));
  for (const std::string& file : files) {
    planner.add_product(
        {planner.recipe(), name, "wds", file, planned.records, node, name + ".wds"});
  }
  return planned;
}

// --- Running ---------------------------------------------------------------------------------

std::string first_digits(const std::string& guid) { return guid.substr(0, 8); }

NetworkTree network_tree(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  NetworkTree tree;
  tree.recipe_name = job.text("name");
  tree.arch = job.text("arch");
  tree.bios = p.at("firmware")[0] == "bios";
  tree.uefi = p.at("firmware").back() == "uefi";
  tree.interface = job.text("interface");
  tree.network = job.text("network");
  tree.tftp_root = job.text("tftp_root");
  tree.default_image = p.at("default");
  tree.timeout_seconds = p.at("timeout");
  for (std::size_t i = 0; i < p.at("boot").size(); ++i) {
    const auto& image = p["boot"][i];
    auto record = graph::read_record(image.at("record").get<std::string>());
    NetworkImage described;
    described.file = "tftp/" + wim_target(i);
    described.name = image.at("title");
    described.description = p.at("descriptions")[i];
    described.arch = tree.arch;
    // Content decides it: the same image keeps its name, another one gets a name of its own.
    described.version = first_digits(record.at("guid"));
    described.sha256 = job.digest(image.at("wim").get<std::string>());
    tree.images.push_back(std::move(described));
  }
  return tree;
}

void write_texts(graph::Job& job, const NetworkTree& tree) {
  std::vector<WdsImage> images;
  for (const NetworkImage& image : tree.images) {
    std::string file = image.file;
    std::replace(file.begin(), file.end(), '/', '\\');
    images.push_back({file, image.name, image.description, image.arch, image.version, image.sha256,
                      job.text("artifact")});
  }
  std::string texts[] = {import_script(images), wdsutil_script(tree),     dnsmasq_conf(tree),
                         ipxe_script(tree),     cm_boot_image_note(tree), network_readme(tree)};
  for (std::size_t i = 0; i < std::size(texts); ++i) job.write_text(i, texts[i]);
}

// What a field of this kind of artifact asks for, or can do without, is said here.
void check_served(const graph::Job& job, const BootVolume& volume, const Served& file) {
  if (volume.find(file.boot_file) != nullptr) return;
  std::string message = fmt::format(
      "the source has no {}, neither on its medium nor inside the image", file.boot_file);
  const std::string lend =
      "lend it from another medium: source { ..., boot_files = source { ... } }";
  if (file.boot_file.ends_with("/boot.stl"))
    job.fail_at("boot", message, lend + ", or do without: leave_out = \"boot.stl\"");
  const nlohmann::json& fonts = job.parameters().at("fonts");
  bool asked_for = std::any_of(fonts.begin(), fonts.end(), [&](const nlohmann::json& font) {
    return file.boot_file.ends_with("/" + font.get<std::string>());
  });
  if (asked_for) job.fail_at("fonts", message, lend + ", or leave the font out");
}

void add_stores(const nlohmann::json& p, BootVolume& volume) {
  for (const auto& [target, firmware] : stores(p)) {
    bcd::StoreOptions options;
    options.firmware = firmware;
    options.sdi_path = "\\Boot\\boot.sdi";
    options.tftp = bcd::Tftp{p.at("tftp_block_size"), p.at("tftp_window_size")};
    volume.add_store(target, wim_target, std::move(options));
  }
}

// What an earlier recipe had in the folder, and this one has not: a server would go on serving it.
void remove_leftovers(const graph::Job& job) {
  fs::path record = job.parameters().at("record").get<std::string>();
  if (!fs::exists(record)) return;
  std::vector<std::string> now = job.parameters().at("folder");
  std::string folder = fs::path(job.output(0)).parent_path().string() + "/";
  nlohmann::ordered_json before;
  try {
    before = graph::read_record(record);
  } catch (const Failure&) {
    return;  // it is made anew just now
  }
  for (const auto& file : before.value("folder", nlohmann::ordered_json::array())) {
    std::string name = file.is_string() ? file.get<std::string>() : "";
    bool ours = name.starts_with(folder) && name.find("..") == std::string::npos;
    std::error_code ignored;
    if (ours && std::find(now.begin(), now.end(), name) == now.end()) fs::remove(name, ignored);
  }
}

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  BootVolume volume(job);
  for (const Served& file : served_files(p)) {
    check_served(job, volume, file);
    volume.add_boot_file(file.boot_file, file.target);
  }
  add_stores(p, volume);
  job.about("boot", [&] { write_texts(job, network_tree(job)); });
  std::size_t output = std::size(kTexts);
  for (const VolumeFile& file : volume.files()) {
    Fd out = Fd::open_empty(job.part(output));
    file.write_content(out.get(), 0, job.output(output));
    ++output;
  }
  nlohmann::ordered_json record;
  volume.describe(record);
  record["firmware"] = p.at("firmware");  // planned, not chosen by what the source has
  record["file"] = fs::path(job.output(0)).parent_path().string();
  record["folder"] = p.at("folder");
  remove_leftovers(job);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind wds = {"wds", &schema, plan, run};

}  // namespace remedia::kinds
