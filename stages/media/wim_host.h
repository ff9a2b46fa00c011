// The world that libwim sees.
//
// libwim asks the operating system for the time, and for files by their names. In our copy of its
// archive those calls are renamed (wim_host.syms, stages/CMakeLists.txt) and end here, where a Host
// answers: the clock stands still, and a virtual name leads to a Slice, so that what lies inside an
// ISO is read in place and what is added to an image looks the same wherever it came from: a plain
// file of a fixed owner, mode and time with one link. Every other file goes straight through.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace remedia::wim {

/// Opens for reading. The owner of a file leaves no trace of that; others get an ordinary open.
/// Throws Failure.
Fd open_quietly(const fs::path& path);

/// Bytes of a file, or from memory.
struct Part {
  Slice slice = {};
  std::string bytes = {};

  std::uint64_t size() const { return slice.size() + bytes.size(); }
};
class Parts;

/// In force from its construction to its end, for one thread at a time; an inner Host replaces the
/// outer one. Every call into libwim happens inside of one.
class Host {
 public:
  explicit Host(std::int64_t clock = 0);  ///< seconds since 1970
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// A name by which libwim can open `content` while this Host lives. Files that libwim opened stay
  /// readable for longer. Names count up, and libwim sorts by them: call in an order of your own.
  std::string add_file(Slice content);
  /// The same for a file that is these parts, one after another.
  std::string add_parts(std::vector<Part> parts);
  /// The same for an empty folder.
  std::string add_folder();

  /// What libwim writes to standard output goes to this file descriptor.
  void divert_output(int fd) { output_ = fd; }

  /// Called with the metadata of an image, uncompressed, just before libwim writes it.
  using Edit = std::function<void(std::span<char>)>;
  void edit_metadata(Edit edit) { edit_metadata_ = std::move(edit); }
  /// The same for the table of contents of a WIM.
  void edit_table(Edit edit) { edit_table_ = std::move(edit); }

  /// Throws what went wrong in one of our answers, if something did: libwim only passed on "error".
  void rethrow() const;

 private:
  friend struct HostCalls;
  struct Node {
    bool folder = false;
    std::shared_ptr<const Parts> content = {};
    std::uint64_t inode = 0;
  };

  std::string add(Node node);

  std::unique_lock<std::recursive_mutex> lock_;
  Host* outer_ = nullptr;
  std::int64_t clock_;
  std::map<std::string, Node, std::less<>> nodes_;
  int output_ = -1;
  Edit edit_metadata_;
  Edit edit_table_;
  std::exception_ptr trouble_;
};

}  // namespace remedia::wim
