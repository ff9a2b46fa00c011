// One file from an address into a file, by the program curl.
//
// The program and not libcurl, for three reasons. Every stage is a call of our program, and the
// library brings thirty others into each, which takes longer to load than many a stage to run. The
// program has what the library leaves to its user: certificates and proxies as everybody's
// environment sets them, checked resuming, headers on disk as they come. And nothing is needed to
// build us; only who fetches needs the package.
//
// What came of a file lies in NAME.part beside it, the headers that came with it in NAME.part.HEX,
// HEX being of the address; curl writes both, so that they survive whatever ends us. A part is gone
// on with only if the server says that the rest belongs to the same version of the file.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>

namespace remedia::http {

/// What tells two versions of a file on a server apart; empty texts if it does not say.
struct Version {
  std::string etag;
  std::string modified;

  bool known() const { return !etag.empty() || !modified.empty(); }
};

/// NAME.part, held by one process (and the curl that it started) at a time.
class Part {
 public:
  /// Makes folders and an empty part if need be. Throws Failure if another process holds it.
  Part(fs::path target, const std::string& url);
  /// Leaves what a later call can go on with.
  ~Part();
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const fs::path& target() const { return target_; }
  const fs::path& file() const { return part_; }
  const fs::path& headers() const { return headers_; }
  std::uint64_t size() const;
  void empty() const;  ///< of content; headers of any address are removed
  void drop();         ///< removes it and its headers
  /// Makes it the target, dated now: a time that the server gives may be older than what was built
  /// of the file before, and ninja would not see that it is new.
  void publish();
  int fd() const { return lock_.get(); }

 private:
  void remove_headers() const noexcept;

  fs::path target_;
  fs::path part_;
  fs::path headers_;
  Fd lock_;
  bool done_ = false;
};

struct Request {
  std::string url;          ///< http or https
  std::uint64_t limit = 0;  ///< bytes; more is an error
  Version have = {};        ///< not brought again if the server still has just this
};

struct Response {
  bool unchanged = false;  ///< the server has what `have` said; the part is empty
  Version version = {};
};

/// Brings the file into `part`, going on where an earlier call ended. Redirects are followed, from
/// https to https only. Throws Failure that names the address and what is wrong; what came is kept
/// if it can be gone on with. Whether it is the right file is for the caller to judge.
Response download(const Request& request, Part& part);

/// Whether a file of this name is what a Part keeps beside a download that was not finished.
bool is_unfinished(const std::string& name);

/// Notes with a file (in an extended attribute, so that nothing lies about) which version of which
/// address it is. A file system without attributes keeps nothing, which costs a download.
void remember_version(const fs::path& file, const std::string& url, const Version& version);
/// What was noted, if neither file nor address changed since; else nothing is known.
Version remembered_version(const fs::path& file, const std::string& url);

}  // namespace remedia::http
