// The folder in which other programs unpack a pack, and what they left there. Internal to
// media/driver_pack.
#pragma once

#include "media/driver_pack_programs.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// What a program says is in the pack.
struct ListedEntry {
  std::string path;
  bool folder = false;
  std::optional<std::uint64_t> size = {};
};

/// in/pack.EXT, a link to the pack, with links to its parts beside it, and out/, empty at first.
/// Programs so get names that are no option, and find nothing beside the pack that nobody would
/// know to be an input.
class Room {
 public:
  Room(const DriverPack& pack, std::string_view extension);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  const std::string& pack_name() const { return name_; }  ///< relative to the room
  fs::path out() const { return folder_ / "out"; }

  /// Runs `argv` in the room, within limits; returns its output. Throws Failure if it fails.
  std::string run(const DriverPack& pack, const std::vector<std::string>& argv,
                  unsigned seconds) const;

 private:
  fs::path folder_;
  std::string name_;
};

/// Judges a list before it is believed: names, sizes against the limits, nothing twice.
void check_list(const DriverPack& pack, const std::vector<ListedEntry>& list);

/// What lies in out/ after a program ran; throws Failure unless it is the listed files.
class RoomReader : public ArchiveReader {
 public:
  RoomReader(const DriverPack& pack, std::unique_ptr<Room> room,
             const std::vector<ListedEntry>& list);

  const std::vector<ArchiveEntry>& entries() const override { return entries_; }
  void unpack(int, const fs::path&) override {}  // has happened
  Slice content(const ArchiveEntry& entry, const fs::path&) const override {
    return Slice::whole(files_.at(entry.path));
  }

 private:
  void walk(const fs::path& folder, const std::string& below);
  void visit(const fs::path& path, const std::string& name);
  void compare(const std::vector<ListedEntry>& list) const;

  std::string shown_;
  std::string hint_;
  ArchiveBudget budget_;
  std::unique_ptr<Room> room_;
  std::vector<ArchiveEntry> entries_;
  std::map<std::string, fs::path> files_;
};

}  // namespace remedia
