#include "support/http.h"

#include "support/diagnostic.h"
#include "support/process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace remedia::http {

namespace {

constexpr std::uint64_t kMaxHeaders = 1u << 20;
constexpr std::size_t kMaxValue = 1000;  // bytes of an ETag or a date
constexpr std::size_t kMaxOutput = 64u << 10;

// Exit codes of curl, as its manual has them.
constexpr int kNotSupported = 1;
constexpr int kPartial = 18;
constexpr int kHttpError = 22;
constexpr int kWriteError = 23;
constexpr int kRangeError = 33;
constexpr int kTooManyRedirects = 47;
constexpr int kReceiveError = 56;
constexpr int kBadCertificate = 60;
constexpr int kTooLarge = 63;
constexpr int kNoCertificates = 77;

struct Headers {
  int status = 0;
  Version version;
  std::optional<std::uint64_t> total;  ///< bytes of the whole file
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A value that is sent back to the server as it came: one line, nothing that steers.
std::string safe_value(std::string_view text) {
  bool safe = text.size() <= kMaxValue &&
              std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return safe ? std::string(text) : std::string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The fields of the last answer: those of redirects come before it.
Headers parse_headers(const std::string& text) {
  std::map<std::string, std::string> fields;
  Headers headers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("HTTP/")) {
      fields.clear();
      std::size_t space = line.find(' ');
      headers.status = space == std::string::npos
                           ? 0
                           : static_cast<int>(number(line.substr(space + 1, 3)).value_or(0));
    }
    std::size_t colon = line.find(':');
    if (colon != std::string::npos)
      fields.emplace(lower(line.substr(0, colon)),
                     trimmed(std::string_view(line).substr(colon + 1)));
  }
  headers.version = {safe_value(fields["etag"]), safe_value(fields["last-modified"])};
  headers.total = number(fields["content-length"]);
  const std::string& range = fields["content-range"];  // "bytes 100-199/200"
  std::size_t slash = range.find('/');
  if (headers.status == 206 && slash != std::string::npos)
    headers.total = number(std::string_view(range).substr(slash + 1));
  return headers;
}

Headers read_headers(const fs::path& file) {
  std::error_code error;
  std::uintmax_t size = fs::file_size(file, error);
  if (error || size > kMaxHeaders) return {};
  return parse_headers(read_file(file, kMaxHeaders));
}

// A weak ETag promises the same meaning, not the same bytes (RFC 9110, 8.8.1).
std::string range_condition(const Version& version) {
  if (!version.etag.empty() && !version.etag.starts_with("W/")) return version.etag;
  return version.modified;
}

// Whether an answer that was to be the rest is of what began.
bool same_file(const Headers& first, const Headers& rest) {
  if (!rest.total || (first.total && rest.total != first.total)) return false;
  // The rest need not say when it was modified if it has an ETag (RFC 9110, 15.3.7).
  if (!first.version.etag.empty()) return rest.version.etag == first.version.etag;
  return rest.version.modified == first.version.modified;
}

/// No file of ours or of curl's grows beyond a size, as long as it lives. (SIGXFSZ is ignored.)
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    struct rlimit limit = before_;
    // Headers are files, too.
    limit.rlim_cur = std::min<rlim_t>(before_.rlim_cur, std::max<rlim_t>(bytes, kMaxHeaders));
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  struct rlimit before_ = {};
};

struct Answer {
  int exit = 0;
  int status = 0;
  std::string said;  ///< by curl, of what went wrong
};

/// One request after the other for one file.
class Transfer {
 public:
  Transfer(const Request& request, Part& part)
      : request_(request),
        part_(part),
        curl_(find_program("curl", "install the package curl: it does the fetching")) {}

  Response run();

 private:
  std::optional<Response> resume();
  Response begin();
  Answer call(std::vector<std::string> arguments, const fs::path& headers);
  Response finished(const Headers& headers);
  [[noreturn]] void refuse(const Answer& answer);
  [[noreturn]] void refuse(const std::string& fact, std::string hint = {}) const;
  [[noreturn]] void refuse_size();
  [[noreturn]] void refuse_write(const Answer& answer);
  std::string kept() const;

  const Request& request_;
  Part& part_;
  fs::path curl_;
};

Response Transfer::run() {
  if (part_.size() > 0) {
    if (std::optional<Response> response = resume()) return *response;
  }
  return begin();
}

// Nothing if it has to begin anew.
std::optional<Response> Transfer::resume() {
  const Headers first = read_headers(part_.headers());
  const std::string condition = range_condition(first.version);
  const std::uint64_t from = part_.size();
  if (first.status != 200 || condition.empty() || from > request_.limit) return std::nullopt;
  if (first.total == from) return finished(first);
  Fd memory(memfd_create("headers", 0));  // the headers of the part must stay as they are
  if (!memory) fail_errno(errno, "make", "a file in memory");
  fs::path headers = fmt::format("/proc/self/fd/{}", memory.get());
  Answer answer = call({"-C", std::to_string(from), "-H", "If-Range: " + condition}, headers);
  if (answer.exit == kRangeError || answer.status == 416) return std::nullopt;
  Headers rest = read_headers(headers);
  // A server may take the condition for nothing; then what came does not belong together.
  if (answer.status == 206 && !same_file(first, rest)) return std::nullopt;
  if (answer.exit != 0) refuse(answer);
  if (answer.status != 206 || part_.size() != rest.total) return std::nullopt;
  return finished(first);
}

Response Transfer::begin() {
  part_.empty();
  std::vector<std::string> conditions;
  if (!request_.have.etag.empty()) {
    conditions = {"-H", "If-None-Match: " + request_.have.etag};
  } else if (!request_.have.modified.empty()) {
    conditions = {"-H", "If-Modified-Since: " + request_.have.modified};
  }
  Answer answer = call(conditions, part_.headers());
  Headers headers = read_headers(part_.headers());
  if (answer.exit != 0) refuse(answer);
  if (answer.status == 304 && !conditions.empty())
    return {.unchanged = true, .version = request_.have};
  if (answer.status != 200) {
    part_.drop();
    refuse(fmt::format("the server answers {}, which gives no file", answer.status));
  }
  return finished(headers);
}

Answer Transfer::call(std::vector<std::string> arguments, const fs::path& headers) {
  bool https = request_.url.starts_with("https:");
  std::vector<std::string> argv = {
      curl_.string(),
      "-q",  // first: no configuration file
      "--silent",
      "--show-error",
      "--fail",
      "--globoff",
      "--location",
      "--max-redirs",
      "10",
      "--proto",
      "=http,https",
      "--proto-redir",
      https ? "=https" : "=http,https",
      "--suppress-connect-headers",
      "--connect-timeout",
      "30",
      "--speed-limit",  // less than a byte per second for a minute
      "1",
      "--speed-time",
      "60",
      "--max-filesize",
      std::to_string(request_.limit),
      "--user-agent",
      "remedia/" REMEDIA_VERSION,
      "--dump-header",
      headers.string(),
      "--output",
      part_.file().string(),
      "--write-out",
      "\nremedia %{http_code}\n",
  };
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.insert(argv.end(), {"--url", request_.url});
  FileSizeLimit limit(request_.limit);
  ProcessResult result =
      run_process(argv, {.environment = {{"LC_ALL", "C"}}, .max_output = kMaxOutput});
  Answer answer{.exit = result.status, .status = 0, .said = {}};
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("remedia "))
      answer.status = static_cast<int>(number(line.substr(8)).value_or(0));
    if (line.starts_with("curl: (") && answer.said.empty())
      answer.said = safe_value(line.substr(std::min(line.find(") "), line.size() - 2) + 2));
  }
  return answer;
}

Response Transfer::finished(const Headers& headers) {
  if (part_.size() > request_.limit) refuse_size();
  return {.unchanged = false, .version = headers.version};
}

void Transfer::refuse(const Answer& answer) {
  switch (answer.exit) {
    case kHttpError:
      refuse(fmt::format("the server answers {}", answer.status));
    case kTooLarge:
      refuse_size();
    case kWriteError:
      refuse_write(answer);
    case kTooManyRedirects:
      refuse("the server redirects more than 10 times");
    case kPartial:
    case kReceiveError:
      refuse(fmt::format("the connection ended too early, after {} bytes", part_.size()), kept());
    case kNotSupported:
      if (answer.status >= 300 && answer.status < 400)
        refuse("the server redirects to another protocol; https leads to https only");
      break;
    case kBadCertificate:
    case kNoCertificates:
      refuse("curl says: " + answer.said,
             "the package ca-certificates has the usual authorities; CURL_CA_BUNDLE names a file "
             "of others");
    default:
      break;
  }
  std::string said = answer.said.empty() ? fmt::format("exit code {}", answer.exit) : answer.said;
  refuse("curl says: " + said, part_.size() > 0 ? kept() : "");
}

void Transfer::refuse_size() {
  part_.drop();
  refuse(fmt::format("the file has more than {} bytes", request_.limit),
         "--max-size allows more, if the lock file does not say how many it has");
}

// curl does not tell why; the next byte does.
void Transfer::refuse_write(const Answer& answer) {
  const std::uint64_t size = part_.size();
  if (size >= request_.limit) refuse_size();
  const std::string more(64u << 10, '\0');
  int error = 0;
  if (pwrite(part_.fd(), more.data(), more.size(), static_cast<off_t>(size)) <
      static_cast<ssize_t>(more.size()))
    error = errno != 0 ? errno : ENOSPC;
  if (ftruncate(part_.fd(), static_cast<off_t>(size)) != 0) part_.drop();
  if (error != 0) fail_errno(error, "write", part_.file());
  fail("cannot write '{}': {}", part_.file().string(), answer.said);
}

void Transfer::refuse(const std::string& fact, std::string hint) const {
  throw Failure(
      Diagnostic{.message = fmt::format("{}: {}", request_.url, fact), .hint = std::move(hint)});
}

std::string Transfer::kept() const {
  bool useful = part_.size() > 0 && !range_condition(read_headers(part_.headers()).version).empty();
  return useful ? "call it again: it goes on from there" : "call it again: it begins anew";
}

}  // namespace

Response download(const Request& request, Part& part) { return Transfer(request, part).run(); }

}  // namespace remedia::http
