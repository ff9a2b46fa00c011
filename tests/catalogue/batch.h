// The catalogue's batch files, run by Wine's cmd with stand-ins for what they call. An answer is
// written when its question has been asked: Wine's cmd takes all that it finds as one line.
#pragma once

#include "boot/program.h"
#include "support/diagnostic.h"
#include "support/file.h"
#include "support/process.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {

constexpr const char* kWine = "/usr/lib/wine/wine64";
constexpr const char* kServer = "/usr/lib/wine/wineserver64";

using Calls = std::vector<std::string>;

struct Exchange {
  std::string question;
  std::string answer;
};

/// A folder that is X:, one that is D: with a Windows, and the programs that are called.
class Batch : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(home_ / "prefix.made")) make_prefix();
    for (const fs::path& folder : {x_, d_}) {
      fs::remove_all(folder);
      fs::create_directories(folder);
    }
    for (const char* name : {"bcdedit", "bootrec", "chkdsk", "diskpart", "dism", "netsh", "reg",
                             "regedit", "sfc", "wevtutil"}) {
      copy(REMEDIA_RECORDER, x_ / (std::string(name) + ".exe"));
    }
    fs::create_directories(x_ / "Remedia");
    fs::copy(REMEDIA_BATCH_FILES, x_ / "Remedia/Tools", fs::copy_options::recursive);
    write(d_ / "Windows/System32/config/SYSTEM", "");
    write(d_ / "Windows/System32/winevt/Logs/System.evtx", "");
    write(d_ / "Windows/notes.txt", "");
    write(d_ / "Windows/Minidump/old.dmp", "");
    for (const char* folder : {"Debuggers", "Symbols", "Remedia"}) fs::remove_all(c_ / folder);
    fs::remove_all(e_);
    fs::create_directories(e_);
    const fs::path link = home_ / "prefix/dosdevices/e:";
    if (!fs::is_symlink(link)) fs::create_directory_symlink(e_, link);
  }
  void TearDown() override {
    wine({kServer, "-k"});
    wine({kServer, "-w"});
  }

  static void write(const fs::path& file, std::string_view content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }

  /// What the stand-in `name` puts out, or at which words it fails.
  void puts_out(const std::string& name, const std::string& text) {
    write(x_ / (name + ".out"), text);
  }
  void fails_at(const std::string& name, const std::string& text) {
    write(x_ / (name + ".fails"), text);
  }

  /// Runs one with the Windows on D:, or without; what was called, by lines.
  Calls run(const std::string& name, bool target, const std::vector<Exchange>& exchanges) {
    return run(name, std::string(target ? "D:\\Windows" : ""), exchanges);
  }

  /// The same for the Windows in a folder.
  Calls run(const std::string& name, const std::string& target,
            const std::vector<Exchange>& exchanges) {
    const fs::path input = home_ / "input";
    fs::remove(input);
    if (mkfifo(input.c_str(), 0600) != 0) fail_errno(errno, "make", input);
    std::vector<std::string> argv = {"sh",
                                     "-c",
                                     R"(cd "$1"; shift; "$@" <"$0"; echo "ended $?")",
                                     input,
                                     x_,
                                     kWine,
                                     "cmd",
                                     "/d",
                                     "/c",
                                     "X:\\Remedia\\Tools\\" + name + ".cmd"};
    if (!target.empty()) argv.push_back(target);
    boot::Program program(argv, words());
    // Open for both, so that neither side waits for the other.
    const Fd pipe(open(input.c_str(), O_RDWR | O_CLOEXEC));
    std::size_t seen = 0;
    for (const Exchange& exchange : exchanges) {
      seen = wait_for(program, exchange.question, seen);
      const std::string line = exchange.answer + "\n";
      if (::write(pipe.get(), line.data(), line.size()) < 0) fail_errno(errno, "write", input);
    }
    wait_for(program, "ended ", seen);
    wait_for(program, "\n", program.output().rfind("ended "));
    output_ = program.output();
    const std::size_t at = output_.rfind("ended ") + 6;
    code_ = output_.substr(at, output_.find('\n', at) - at);
    return calls();
  }

  std::string output_;
  std::string code_;
  const fs::path home_ = REMEDIA_BATCH_DIR;
  const fs::path x_ = home_ / "x";
  const fs::path d_ = home_ / "d";
  const fs::path e_ = home_ / "e";
  const fs::path c_ = home_ / "prefix/drive_c";  // Wine's %SYSTEMDRIVE% stays C:
  std::vector<std::string> variables_;           // of the environment, NAME=VALUE

  static void copy(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  }

 private:
  std::vector<std::string> words() const {
    std::vector<std::string> words = {
        "env", "WINEPREFIX=" + (home_ / "prefix").string(), "WINEDEBUG=-all",
        "WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d", "DISPLAY="};
    words.insert(words.end(), variables_.begin(), variables_.end());
    return words;
  }

  // To a file: what Wine starts in the background keeps its output open for as long as it lives.
  void wine(const std::vector<std::string>& argv) const {
    std::vector<std::string> all = words();
    all.insert(all.end(), {"sh", "-c", "exec \"$@\" >\"$0\" 2>&1", home_ / "output.txt"});
    all.insert(all.end(), argv.begin(), argv.end());
    run_process(all, {});
  }

  void make_prefix() const {
    fs::remove_all(home_);
    fs::create_directories(home_ / "prefix");
    wine({kWine, "wineboot", "--init"});
    wine({kServer, "-w"});
    const fs::path prefix = home_ / "prefix";
    for (const auto& [letter, folder] : {std::pair{"x:", x_}, std::pair{"d:", d_}})
      fs::create_directory_symlink(folder, prefix / "dosdevices" / letter);
    copy(REMEDIA_RECORDER, prefix / "drive_c/windows/system32/more.com");
    std::ofstream(home_ / "prefix.made") << "\n";
  }

  /// The end of `text` in what was put out behind `from`.
  static std::size_t wait_for(boot::Program& program, const std::string& text, std::size_t from) {
    const auto deadline = boot::in(std::chrono::seconds(60));
    for (;;) {
      const std::size_t at = program.output().find(text, from);
      if (at != std::string::npos) return at + text.size();
      if (program.read_more(deadline) != boot::Program::Progress::more)
        fail("'{}' was not put out, but: {}", text, program.output());
    }
  }

  Calls calls() const {
    std::ifstream file(x_ / "calls.txt", std::ios::binary);
    Calls lines;
    for (std::string line; std::getline(file, line);) {
      while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
      lines.push_back(line);
    }
    return lines;
  }
};

inline const std::string kKey = "Press any key";

}  // namespace remedia
