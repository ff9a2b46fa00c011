#include "bad_input/trial.h"

#include "support/digest.h"

#include <regex>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace remedia {

namespace {

constexpr unsigned kNobody = 65534;

// What nobody but the user may change: content, time and kind of a file, by path.
using Snapshot = std::map<std::string, std::string>;

std::string state_of(const fs::path& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return "gone";
  std::string digest;
  if (S_ISREG(info.st_mode)) digest = sha256(Slice::whole(path));
  if (S_ISLNK(info.st_mode)) digest = fs::read_symlink(path);
  return fmt::format("{:o} {} {}.{} {}", info.st_mode, info.st_ino, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec, digest);
}

Snapshot snapshot(const fs::path& root, bool of_out) {
  Snapshot all;
  fs::path out = root / "out";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    auto relative = entry.path().lexically_relative(root);
    if ((*relative.begin() == "out") == of_out && entry.path() != out)
      all[relative.string()] = state_of(entry.path());
  }
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The word that the caret of the report stands under.
std::string underlined(const std::vector<std::string>& lines, std::size_t error) {
  if (error + 2 >= lines.size()) return {};
  const std::string& source = lines[error + 1];
  const std::string& carets = lines[error + 2];
  std::size_t from = carets.find('^');
  if (from == std::string::npos || from >= source.size()) return {};
  std::size_t width = carets.find_first_not_of('~', from + 1);
  return source.substr(from, (width == std::string::npos ? carets.size() : width) - from);
}

// Outputs of the stages that failed; of the graph if no stage was run.
std::vector<std::string> failed_outputs(const std::string& output) {
  std::vector<std::string> outputs;
  for (const std::string& line : lines_of(output)) {
    if (!line.starts_with("FAILED: ")) continue;
    std::istringstream words(line.substr(8));
    for (std::string word; words >> word;) outputs.push_back("out/" + word);
  }
  if (outputs.empty()) outputs = {"out/build.ninja", "out/where.json", "out/build.ninja.stamp"};
  return outputs;
}

bool is_scratch(const std::string& path) {
  for (const char* ending : {".part", "winre", ".mkntfs", ".winpeshl"})
    if (path.ends_with(ending)) return true;
  return path.find("/bios-boot.") != std::string::npos;
}

void give_to_nobody(const fs::path& path) {
  EXPECT_EQ(lchown(path.c_str(), kNobody, kNobody), 0) << path;
}

}  // namespace

Trial::Trial() {
  write("recipes/project.lua", "return project { roots = { media = \"media\" } }\n");
  recipe(kWinre);
  put_good_medium();
}

fs::path Trial::unpacked() const {
  fs::path folder = *this / "media/win";
  unpack_small_medium(folder);
  fs::remove(medium());
  return folder;
}

void Trial::put_good_medium() const {
  fs::create_directories(medium().parent_path());
  fs::copy_file(small_medium(), medium(), fs::copy_options::overwrite_existing);
}

void Trial::recipe(std::string_view source, std::string_view wim) const {
  write("recipes/r.lua",
        fmt::format("local windows = source {{ {} }}\n"
                    "local boot = wim {{ name = \"helpdesk\", from = windows{}{} }}\n"
                    "return {{ iso {{ boot = boot }} }}\n",
                    source, wim.empty() ? "" : ", ", wim));
}

void Trial::refuses(const Complaint& complaint) {
  Snapshot sources = snapshot(root(), false);
  Snapshot before = fs::exists(*this / "out") ? snapshot(root(), true) : Snapshot();
  failing_build();
  check_report(complaint);

  EXPECT_EQ(snapshot(root(), false), sources) << "the user's files were changed";
  Snapshot after = fs::exists(*this / "out") ? snapshot(root(), true) : Snapshot();
  for (const auto& [path, state] : after) {
    EXPECT_FALSE(is_scratch(path)) << path << " was left behind";
  }
  for (const std::string& file : failed_outputs(output)) {
    EXPECT_EQ(after[file], before[file]) << file << " was changed";
  }
}

void Trial::check_report(const Complaint& complaint) const {
  std::vector<std::string> lines = lines_of(output);
  std::vector<std::size_t> errors;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool ours = !lines[i].starts_with("ninja: ");
    if (ours && lines[i].find(": error: ") != std::string::npos) errors.push_back(i);
  }
  ASSERT_EQ(errors.size(), 1u) << output;
  if (!complaint.under.empty()) {
    std::string place = fmt::format("recipes/r.lua:{}:", complaint.line);
    EXPECT_TRUE(lines[errors[0]].starts_with(place)) << "not at " << place << "\n" << output;
    EXPECT_EQ(underlined(lines, errors[0]), complaint.under) << output;
  }
  for (const std::string& part : complaint.says) {
    EXPECT_NE(output.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << output;
  }
}

void Trial::builds() {
  build();
  auto mended = artifacts_of(*this / "out");
  EXPECT_EQ(mended.size(), products) << output;
  for (const auto& [path, state] : snapshot(root(), true)) {
    EXPECT_FALSE(is_scratch(path)) << path << " was left behind";
  }
  fs::remove_all(*this / "out");
  build();
  EXPECT_EQ(artifacts_of(*this / "out"), mended) << "a clean build makes something else";
}

void Trial::become_nobody() {
  if (geteuid() != 0) return;  // nobody in particular already
  fs::create_directories(*this / "bin");
  fs::copy_file(runner, *this / "bin/remedia");
  runner = *this / "bin/remedia";
  fs::permissions(root().parent_path(), fs::perms(0755));
  give_to_nobody(root());
  for (const auto& entry : fs::recursive_directory_iterator(root())) give_to_nobody(entry.path());
  wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
}

std::vector<std::string> Trial::leftovers() const {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(*this / "out")) {
    if (is_scratch(entry.path())) found.push_back(entry.path());
  }
  return found;
}

nlohmann::json Trial::manifest() const {
  return nlohmann::json::parse(read("out/r/helpdesk/helpdesk.manifest.json"));
}

std::vector<std::string> paths_in(const nlohmann::json& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.at("path"));
  return paths;
}

}  // namespace remedia
