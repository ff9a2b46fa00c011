// Names are compared by the table of capitals that NTFS volumes carry, so by all that Windows takes
// for one name: 65536 UTF-16 units, one for one (libntfs-3g builds the table of Windows XP and
// later).
#include "media/ntfs_plan.h"

#include "formats/registry.h"
#include "formats/win_names.h"
#include "media/ntfs_lib.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

namespace remedia::ntfs {

namespace {

constexpr std::uint64_t kSmallest = 2 << 20;
constexpr std::uint64_t kLargest = ((std::uint64_t{1} << 32) - 1) * kCluster;
constexpr std::size_t kLabelUnits = 32;
constexpr std::int64_t kFirstClock = -11'644'473'600;  // 1601
constexpr std::int64_t kLastClock = 253'402'300'799;   // 9999

// Taken in the root folder of every volume.
constexpr std::array<std::string_view, 12> kSystemNames = {
    "$MFT",  "$MFTMirr", "$LogFile", "$Volume", "$AttrDef", "$Bitmap",
    "$Boot", "$BadClus", "$Secure",  "$UpCase", "$Extend",  "."};

// The units keep the byte order of the disk.
std::u16string units(std::string_view utf8) {
  std::string bytes = to_utf16le(utf8);
  std::u16string text(bytes.size() / 2, u'\0');
  std::memcpy(text.data(), bytes.data(), text.size() * 2);
  return text;
}

// The same for all spellings of a path that Windows takes for one.
class CaseFolder {
 public:
  CaseFolder() : capitals_(65536) {
    ntfs_upcase_table_build(capitals_.data(),
                            static_cast<u32>(capitals_.size() * sizeof capitals_[0]));
  }

  std::u16string operator()(std::string_view path) const {
    std::u16string text = units(path);
    ntfs_name_upcase(reinterpret_cast<ntfschar*>(text.data()), static_cast<u32>(text.size()),
                     capitals_.data(), static_cast<u32>(capitals_.size()));
    return text;
  }

 private:
  std::vector<ntfschar> capitals_;
};

void check_size(const Volume& volume) {
  std::uint64_t size = volume.size;
  if (size % kCluster != 0) {
    fail("an NTFS volume of {} bytes: the size must be a multiple of {}", size, kCluster);
  }
  if (size < kSmallest || size > kLargest) {
    fail("an NTFS volume of {} bytes: from {} to {} can be made", size, kSmallest, kLargest);
  }
  if (volume.sector_size != 512 && volume.sector_size != 4096) {
    fail("an NTFS volume with sectors of {} bytes: 512 and 4096 can be made", volume.sector_size);
  }
  if (volume.start_sector > UINT32_MAX) {
    fail("an NTFS volume cannot begin at sector {} of its disk: its boot sector can say up to {}",
         volume.start_sector, UINT32_MAX);
  }
  if (volume.clock < kFirstClock || volume.clock > kLastClock) {
    fail("NTFS volumes cannot be dated {} seconds from 1970: only the years 1601 to 9999 can",
         volume.clock);
  }
}

std::u16string check_label(const std::string& label) {
  for (char c : label) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fail("a label of an NTFS volume has the control character 0x{:02x}", static_cast<int>(c));
    }
  }
  std::u16string text = units(label);
  if (text.size() <= kLabelUnits) return text;
  fail("the label '{}' has {} UTF-16 units; NTFS volumes take at most {}", label, text.size(),
       kLabelUnits);
}

class Planner {
 public:
  Planner() {
    plan_.nodes.push_back({});
    for (std::string_view name : kSystemNames) system_.insert(fold_(name));
  }

  // And those it lies in. Folders come before files: none of them can be a file yet.
  void add_folder(const std::string& path) {
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      std::string part = path.substr(0, end);
      if (!known_.contains(fold_(part))) add(part, nullptr);
    }
  }

  void add_file(const VolumeFile& file) {
    check_image_path(file.target);
    auto known = known_.find(fold_(file.target));
    if (known == known_.end()) {
      add(file.target, &file);
      return;
    }
    const Node& node = plan_.nodes[known->second];
    if (node.file == nullptr) fail("'{}' is a folder, and so cannot be a file as well", node.path);
    fail("'{}' and '{}' are one file to Windows", node.path, file.target);
  }

  void hide(const std::string& path) {
    check_image_path(path);
    auto known = known_.find(fold_(path));
    if (known == known_.end()) fail("'{}' is to be hidden, but is not on the NTFS volume", path);
    plan_.nodes[known->second].hidden = true;
  }

  Plan take() { return std::move(plan_); }

 private:
  void add(const std::string& path, const VolumeFile* file) {
    std::size_t slash = path.rfind('/');
    bool in_root = slash == std::string::npos;
    if (in_root && system_.contains(fold_(path))) {
      fail("'{}' cannot be on an NTFS volume: the file system has a file of its own there", path);
    }
    std::size_t parent = in_root ? 0 : known_.at(fold_(path.substr(0, slash)));
    std::u16string name = units(std::string_view(path).substr(in_root ? 0 : slash + 1));
    known_.emplace(fold_(path), plan_.nodes.size());
    plan_.nodes.push_back({path, std::move(name), parent, file, false});
  }

  CaseFolder fold_;
  Plan plan_;
  std::map<std::u16string, std::size_t> known_;
  std::set<std::u16string> system_;
};

// A sort key for files: small ones by folder; large ones by size, so that the largest, most worth
// cloning, is the last and does not move when others change.
auto rank(const VolumeFile& file) {
  std::uint64_t size = file.size();
  bool large = size >= kLarge;
  std::size_t slash = file.target.rfind('/');
  std::string folder = slash == std::string::npos ? "" : file.target.substr(0, slash);
  return std::tuple(large, large ? size : 0, large ? "" : folder, file.target);
}

std::vector<const VolumeFile*> in_order(const std::vector<VolumeFile>& files) {
  std::vector<const VolumeFile*> sorted;
  for (const VolumeFile& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return rank(*a) < rank(*b); });
  return sorted;
}

std::string folder_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// All folders before all files, so sorted that one spelling wins whatever the order of arguments.
std::vector<std::string> all_folders(const Volume& volume) {
  std::vector<std::string> folders = volume.folders;
  for (const std::string& folder : folders) check_image_path(folder);
  for (const VolumeFile& file : volume.files) {
    check_image_path(file.target);
    folders.push_back(folder_of(file.target));
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

// In clusters, though small files may need none; saturating, since sources may be hostile.
std::uint64_t content_size(const std::vector<VolumeFile>& files) {
  std::uint64_t total = 0;
  for (const VolumeFile& file : files) {
    std::uint64_t clusters = file.size() / kCluster + (file.size() % kCluster != 0 ? 1 : 0);
    total = std::min(total + clusters, std::uint64_t{1} << 51);
  }
  return total * kCluster;
}

}  // namespace

Plan plan(const Volume& volume) {
  check_size(volume);
  Planner planner;
  for (const std::string& folder : all_folders(volume)) planner.add_folder(folder);
  for (const VolumeFile* file : in_order(volume.files)) planner.add_file(*file);
  for (const std::string& path : volume.hidden) planner.hide(path);
  Plan made = planner.take();
  made.label = check_label(volume.label);
  made.content = content_size(volume.files);
  return made;
}

}  // namespace remedia::ntfs
