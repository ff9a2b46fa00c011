#include "wine/pc.h"

#include "support/diagnostic.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <sys/wait.h>

namespace remedia::wine {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWine = "/usr/lib/wine/wine64";
constexpr const char* kServer = "/usr/lib/wine/wineserver";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

void empty_folder(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
}

}  // namespace

Pc::Pc()
    : home_(REMEDIA_WINE_DIR),
      prefix_(home_ / "prefix"),
      x_(home_ / "x"),
      d_(home_ / "d"),
      stick_(home_ / "e") {
  empty_folder(x_);
  empty_folder(d_);
  empty_folder(stick_);
  fs::remove(prefix_ / "dosdevices/e:");
  fs::create_directories(x_ / "Remedia");
  fs::create_directories(x_ / "Windows/System32");
  for (const char* name : {"drvload", "manage-bde", "netsh", "wpeutil", "wpeinit"}) {
    add_program(std::string("Windows/System32/") + name + ".exe");
  }
  environment_ = {{"WINEPREFIX", prefix_.string()},
                  {"WINEARCH", "win64"},
                  {"WINEDEBUG", "-all"},
                  {"WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d"},
                  {"WAYLAND_DISPLAY", ""}};
  screen_ = std::make_unique<boot::Program>(std::vector<std::string>{
      "Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"});
  screen_->wait_for("\n", boot::in(std::chrono::seconds(20)));
  std::string display;
  for (const std::string& line : lines_of(screen_->output())) {
    if (!line.empty() && line.find_first_not_of("0123456789") == std::string::npos) display = line;
  }
  environment_["DISPLAY"] = ":" + display;
  if (!fs::exists(home_ / "prefix.made")) make_prefix();
}

Pc::~Pc() {
  launcher_.reset();
  stop_server();
}

void Pc::make_prefix() {
  fs::remove_all(prefix_);
  run({kWine, "wineboot", "--init"});
  const fs::path fonts = prefix_ / "drive_c/windows/Fonts";
  fs::create_directories(fonts);
  for (const fs::directory_entry& font : fs::directory_iterator("/usr/share/wine/fonts")) {
    if (font.path().extension() == ".ttf") {
      fs::copy_file(font.path(), fonts / font.path().filename(),
                    fs::copy_options::overwrite_existing);
    }
  }
  for (const auto& [letter, folder] : {std::pair{"x:", x_}, std::pair{"d:", d_}}) {
    fs::remove(prefix_ / "dosdevices" / letter);
    fs::create_directory_symlink(folder, prefix_ / "dosdevices" / letter);
  }
  fs::remove(prefix_ / "dosdevices/z:");
  fs::create_directory_symlink("/", prefix_ / "dosdevices/z:");
  // A desktop of its own has captions and a focus although no window manager is there.
  registry({"add", "HKCU\\Software\\Wine\\Explorer", "/v", "Desktop", "/d", "Default", "/f"});
  registry(
      {"add", "HKCU\\Software\\Wine\\Explorer\\Desktops", "/v", "Default", "/d", "1024x768", "/f"});
  stop_server();
  std::ofstream(home_ / "prefix.made") << "\n";
}

void Pc::stop_server() {
  run({kServer, "-k"});
  run({kServer, "-w"});
}

// To a file, not a pipe: what Wine starts in the background keeps its output open for as long as it
// lives.
ProcessResult Pc::run(std::vector<std::string> argv) {
  const fs::path output = home_ / "output.txt";
  argv.insert(argv.begin(), {"sh", "-c", "exec \"$@\" >\"$0\" 2>&1", output.string()});
  ProcessResult result = run_process(argv, {.directory = {}, .environment = environment_});
  std::ifstream stream(output, std::ios::binary);
  result.output.assign(std::istreambuf_iterator<char>(stream), {});
  return result;
}

void Pc::write(const std::string& name, const std::string& content) {
  fs::create_directories((x_ / name).parent_path());
  std::ofstream(x_ / name, std::ios::binary) << content;
}

std::string Pc::read(const std::string& name) const {
  std::ifstream stream(x_ / name, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

std::map<std::string, std::string> Pc::files_of_d() const {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(d_)) {
    std::string& content = files[fs::relative(entry.path(), d_).string()];
    if (entry.is_regular_file()) content = read_file(entry.path());
  }
  return files;
}

bool Pc::has(const std::string& name) const { return fs::exists(x_ / name); }

void Pc::add_program(const std::string& name) {
  fs::create_directories((x_ / name).parent_path());
  fs::copy_file(fs::path(REMEDIA_WINE_PROGRAMS) / "stub.exe", x_ / name,
                fs::copy_options::overwrite_existing);
}

void Pc::plug_stick() {
  fs::create_directory_symlink(stick_, prefix_ / "dosdevices/e:");
  registry({"add", "HKLM\\Software\\Wine\\Drives", "/v", "e:", "/d", "floppy", "/f"});
  stop_server();  // reads it when it starts
}

void Pc::registry(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {kWine, "reg"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ProcessResult result = run(argv);
  if (result.status != 0) fail("reg: {}", result.output);
}

void Pc::spawn(const std::string& program, std::vector<std::string> arguments) {
  probe({"desktop"});
  std::vector<std::string> argv = {"env"};
  for (const auto& [name, value] : environment_) argv.push_back(name + "=" + value);
  argv.insert(argv.end(), {kWine, program});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  launcher_ = std::make_unique<boot::Program>(argv);
}

void Pc::start(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--layout", "X:\\layout.txt"});
  spawn(REMEDIA_LAUNCHER_TESTED, std::move(arguments));
}

void Pc::start_from(const std::string& place, std::vector<std::string> arguments) {
  fs::create_directories((x_ / place).parent_path());
  fs::copy_file(REMEDIA_LAUNCHER_TESTED, x_ / place, fs::copy_options::overwrite_existing);
  arguments.insert(arguments.end(), {"--layout", "X:\\layout.txt"});
  spawn("X:\\" + with_replaced(place, "/", "\\"), std::move(arguments));
}

void Pc::start_shipped(std::vector<std::string> arguments) {
  spawn(std::string(REMEDIA_LAUNCHER_SHIPPED) + "/amd64/remedia.exe", std::move(arguments));
}

// Code page and language follow the locale.
std::string Pc::run_program(const std::string& name) {
  const ProcessResult result =
      run({"env", "LC_ALL=C.UTF-8", kWine, std::string(REMEDIA_WINE_PROGRAMS) + "/" + name});
  if (result.status != 0) fail("{} ended with {}: {}", name, result.status, result.output);
  return result.output;
}

std::string Pc::probe(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kWine, std::string(REMEDIA_WINE_PROGRAMS) + "/probe.exe"});
  const ProcessResult result = run(arguments);
  if (result.status != 0) {
    fail("probe {} ended with {}: {}\nlog:\n{}", arguments[2], result.status, result.output,
         read("Remedia/log.txt"));
  }
  return result.output;
}

int Pc::probe_status(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kWine, std::string(REMEDIA_WINE_PROGRAMS) + "/probe.exe"});
  return run(arguments).status;
}

int Pc::wait_for_end() {
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(launcher_->id()), &info, WEXITED | WNOWAIT) != 0) {
    fail("the launcher is not there");
  }
  return info.si_status;
}

void Pc::let_go() { probe({"go"}); }

void Pc::wait_for(const std::string& heading) { probe({"wait", heading}); }

std::vector<Control> Pc::controls() {
  std::vector<Control> found;
  for (const std::string& line : lines_of(probe({"controls"}))) {
    Control control;
    std::istringstream fields(line);
    std::string id, enabled;
    std::getline(fields, id, '\t');
    std::getline(fields, control.type, '\t');
    std::getline(fields, enabled, '\t');
    std::getline(fields, control.text);
    control.id = std::stoi(id);
    control.enabled = enabled == "1";
    found.push_back(control);
  }
  return found;
}

std::string Pc::text_of(int id) {
  for (const Control& control : controls()) {
    if (control.id == id) return control.text;
  }
  return {};
}

std::vector<std::string> Pc::buttons() {
  std::vector<std::string> found;
  for (const Control& control : controls()) {
    if (control.id >= kFirstButton && control.enabled) {
      found.push_back(with_replaced(control.text, "&", ""));
    }
  }
  return found;
}

std::vector<std::string> Pc::rows() { return lines_of(probe({"rows"})); }

void Pc::choose(const std::string& row) {
  const std::vector<std::string> all = rows();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != row) continue;
    probe({"choose", std::to_string(i)});
    return;
  }
  fail("no row '{}' in the list", row);
}

void Pc::press(const std::string& button) { probe({"press", button}); }

void Pc::wait_for_text(int id, const std::string& part) {
  probe({"text", std::to_string(id), part});
}

void Pc::wait_for_file(const std::string& name, const std::string& part) {
  probe({"file", with_replaced(name, "/", "\\"), part});
}

std::vector<Box> Pc::boxes() {
  std::vector<Box> found;
  std::istringstream stream(read("layout.txt"));
  Box box;
  while (stream >> box.id >> box.left >> box.top >> box.right >> box.bottom >> box.width >>
         box.height >> box.scrolls) {
    found.push_back(box);
  }
  return found;
}

void Pc::picture(const std::string& name) {
  const char* wanted = std::getenv("REMEDIA_PICTURES");
  const fs::path folder = wanted != nullptr ? fs::path(wanted) : home_ / "pictures";
  fs::create_directories(folder);
  const fs::path file = folder / (name + ".png");
  fs::remove(file);
  run({"import", "-display", environment_["DISPLAY"], "-window", "root", file.string()});
  if (!fs::exists(file)) fail("no picture {}", file.string());
}

std::string policy(const std::string& head, const std::string& tools) {
  std::string text =
      "remedia policy 1\nimage = helpdesk\ntitle = Contoso recovery\ntier = L2\n"
      "revision = 0123456789abcdef\nbuilt = 2024-01-01\nas_of = 2026-11-20\n"
      "base = 10.0.26100.1742\narch = amd64\nexpires = 2026-12-20\n"
      "contact = the help desk, extension 4711\nbitlocker = no\nnetwork = no\n"
      "confirm = destructive\n";
  // A setting of `head` stands for the one that is there.
  for (const std::string& line : lines_of(head)) {
    const std::string key = "\n" + line.substr(0, line.find('=') + 1);
    const std::size_t at = text.find(key);
    if (at != std::string::npos) text.erase(at + 1, text.find('\n', at + 1) - at);
  }
  return text + head + tools;
}

std::string tool(const std::string& id, const std::string& title, const std::string& group,
                 const std::string& risk, const std::string& command, const std::string& more) {
  return "[tool " + id + "]\ntitle = " + title + "\ndescription = What " + title +
         " does.\ngroup = " + group + "\nrisk = " + risk + "\ncommand = " + command + "\n" + more;
}

}  // namespace remedia::wine
