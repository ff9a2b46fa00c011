// A note is a text: a line for each field, one for each content, and the SHA-256 of all that.
#include "kinds/component_made.h"

#include "support/digest.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia::kinds {

namespace {

constexpr std::string_view kTitle = "component 1";
constexpr std::string_view kEnding = ".wim.made";

// Bounds for folders that hold the components of years.
constexpr std::size_t kMostNotes = 256;
constexpr std::uint64_t kMostNoteBytes = std::uint64_t{64} << 20;
constexpr std::size_t kMostDonors = 4;
constexpr std::size_t kMostTries = 8;

// A donor is read as a whole to see that it is sound, some twenty times as fast as compressing.
constexpr std::uint64_t kWorthwhile = 16;

// Those that open none are gone, links, or no plain files.
std::optional<std::string> read_note(const fs::path& file, std::uint64_t limit) {
  Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::uint64_t size = static_cast<std::uint64_t>(info.st_size);
  if (size > limit) return std::nullopt;
  try {
    return read_all({fmt::format("/proc/self/fd/{}", fd.get()), {{0, size, false}}}, limit);
  } catch (const Failure&) {
    return std::nullopt;
  }
}

// The one that is to be replaced, then the others by name.
std::vector<fs::path> notes_for(const fs::path& output) {
  std::vector<std::string> names;
  std::error_code error;
  fs::path folder = output.parent_path();
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (name.ends_with(kEnding)) names.push_back(std::move(name));
  }
  std::string own = output.filename().string() + ".made";
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return (a == own) != (b == own) ? a == own : a < b;
  });
  std::vector<fs::path> paths;
  for (const std::string& name : names) paths.push_back(folder / name);
  return paths;
}

fs::path wim_of(const fs::path& note) {
  fs::path wim = note;
  return wim.replace_extension();
}

// A component that could be a donor; of its contents, those that are wanted.
struct Candidate {
  fs::path wim;
  Made made;
};

std::vector<Candidate> candidates(const fs::path& output, const std::string& maker,
                                  const std::set<std::string>& wanted) {
  std::vector<Candidate> all;
  std::uint64_t left = kMostNoteBytes;
  for (const fs::path& note : notes_for(output)) {
    if (all.size() == kMostNotes) break;
    std::error_code ignored;
    fs::path wim = wim_of(note);
    if (fs::symlink_status(wim, ignored).type() == fs::file_type::not_found) {
      fs::remove(note, ignored);
      continue;
    }
    std::optional<std::string> text = read_note(note, left);
    if (!text) continue;
    left -= text->size();
    std::optional<Made> made = read_made(*text);
    if (!made || made->maker != maker) continue;
    std::erase_if(made->contents, [&](const auto& item) { return !wanted.contains(item.first); });
    all.push_back({wim, std::move(*made)});
  }
  return all;
}

std::optional<wim::Donor> open_donor(const Candidate& candidate, std::size_t& tries) {
  if (tries == 0) return std::nullopt;
  --tries;
  return wim::Donor::open(candidate.wim, candidate.made.wim_size, candidate.made.seal);
}

// Bytes that this one would spare compressing, beside what is known already.
std::uint64_t gain(const Candidate& candidate, const Sha1BySha256& known) {
  std::uint64_t bytes = 0;
  for (const auto& [sha256, content] : candidate.made.contents) {
    if (!known.contains(sha256)) bytes += content.size;
  }
  return bytes >= candidate.made.wim_size / kWorthwhile ? bytes : 0;
}

void learn(const Candidate& candidate, Sha1BySha256& digests) {
  for (const auto& [sha256, content] : candidate.made.contents)
    digests.emplace(sha256, content.sha1);
}

// Each time the one that gives most.
void choose(std::vector<Candidate> from, std::size_t tries, Donors& donors) {
  while (!from.empty() && tries > 0 && donors.others.size() < kMostDonors) {
    auto best =
        std::max_element(from.begin(), from.end(), [&](const Candidate& a, const Candidate& b) {
          return gain(a, donors.digests) < gain(b, donors.digests);
        });
    if (gain(*best, donors.digests) == 0) return;
    if (std::optional<wim::Donor> donor = open_donor(*best, tries)) {
      donors.others.push_back(std::move(*donor));
      learn(*best, donors.digests);
    }
    from.erase(best);
  }
}

bool is_digest(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::optional<Made> parse(const std::string& text) {
  std::istringstream in(text);
  std::string title;
  Made made;
  if (!std::getline(in, title) || title != kTitle) return std::nullopt;
  if (!(in >> made.maker >> made.shape >> made.seal >> made.wim_size)) return std::nullopt;
  std::string sha256;
  for (MadeContent content; in >> sha256 >> content.sha1 >> content.size;) {
    if (!is_digest(sha256, 64) || !is_digest(content.sha1, 40)) return std::nullopt;
    made.contents.emplace(sha256, content);
  }
  return made;
}

}  // namespace

std::string write_made(const Made& made) {
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n", kTitle, made.maker, made.shape, made.seal, made.wim_size);
  for (const auto& [sha256, content] : made.contents)
    text += fmt::format("{} {} {}\n", sha256, content.sha1, content.size);
  return text + sha256(text) + "\n";
}

std::optional<Made> read_made(const std::string& text) {
  constexpr std::size_t kDigestLine = 65;
  if (text.size() < kDigestLine) return std::nullopt;
  std::string listed = text.substr(0, text.size() - kDigestLine);
  if (text != listed + sha256(listed) + "\n") return std::nullopt;
  return parse(listed);
}

std::string shape_of(const std::vector<TreeEntry>& entries) {
  Sha256 digest;
  for (const TreeEntry& entry : entries) {
    std::string what = entry.directory ? "" : fmt::format("{} {}", entry.size, entry.sha256);
    digest.update(fmt::format("{} {}\n{}\n", entry.target.size(), entry.target, what));
  }
  return digest.hex();
}

Donors find_donors(const fs::path& output, const std::string& maker,
                   const std::vector<TreeEntry>& entries) {
  std::set<std::string> wanted;
  for (const TreeEntry& entry : entries) wanted.insert(entry.sha256);
  std::vector<Candidate> all = candidates(output, maker, wanted);
  Donors donors;
  std::string shape = shape_of(entries);
  std::size_t tries = kMostTries;
  for (const Candidate& candidate : all) {
    if (candidate.made.shape != shape) continue;
    donors.twin = open_donor(candidate, tries);
    if (!donors.twin) continue;
    learn(candidate, donors.digests);
    return donors;
  }
  choose(std::move(all), tries, donors);
  return donors;
}

}  // namespace remedia::kinds
