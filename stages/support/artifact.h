// The output files of one stage: whole or not there, and dated with the moment the stage began.
//
// Each is written as NAME.part and renamed when everything is done, so nobody sees half a file. Its
// time is that of the `.part` just created, by the file system's own clock: ninja 1.11 does not
// remember when a command started (ninja#1162, fixed in 1.12), and a later time would hide an input
// that was edited while the stage ran. A stage that fails or is interrupted removes its parts.
#pragma once

#include "support/file.h"

#include <ctime>
#include <string_view>
#include <vector>

namespace remedia {

class Artifacts {
 public:
  /// Creates the folders and the parts. Throws Failure if it may not.
  explicit Artifacts(std::vector<fs::path> targets);
  ~Artifacts();  ///< removes what was not published
  Artifacts(const Artifacts&) = delete;
  Artifacts& operator=(const Artifacts&) = delete;

  std::size_t count() const { return targets_.size(); }
  const fs::path& target(std::size_t i) const { return targets_.at(i); }
  const fs::path& part(std::size_t i) const { return parts_.at(i); }
  /// Replaces the content of a part.
  void write(std::size_t i, std::string_view bytes) const;

  enum class Mode {
    replace,
    if_different,  ///< left alone if the same bytes are there: ninja's restat then skips its users
    keep,          ///< what is there is known to be right; the part is dropped
  };
  /// Gives every target its content. What would be left alone is dated anew if something in `read`
  /// changed after the stage began: then ninja has to ask again.
  void publish(const std::vector<Mode>& modes, const std::vector<fs::path>& read);

 private:
  void discard() noexcept;

  std::vector<fs::path> targets_;
  std::vector<fs::path> parts_;
  timespec start_ = {};
};

/// A file for the time of one stage, removed with the object and on signals.
class ScratchFile {
 public:
  explicit ScratchFile(fs::path path);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Writes a file in one step, through NAME.part.
void write_atomically(const fs::path& target, std::string_view bytes);

/// Removes the parts and scratch files that exist; for signal handlers.
void remove_parts() noexcept;

/// From now on SIGINT, SIGTERM and SIGHUP remove the parts that exist before they end the program.
void remove_parts_on_signals();

/// An exclusive lock on a file, made if need be; false if somebody holds it. Released with the Fd.
bool try_lock(const fs::path& file, Fd& lock);

}  // namespace remedia
