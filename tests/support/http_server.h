// An HTTP server for tests: it answers what a test tells it to, right or wrong.
#pragma once

#include "support/signing.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace remedia {

struct HttpRequest {
  std::string line;                            ///< "GET /x HTTP/1.1"
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string header(const std::string& name) const;
};

struct HttpReply {
  int status = 200;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::uint64_t> length = {};  ///< what Content-Length says, else what is true
  bool no_length = false;                    ///< the end of the connection is that of the body
  std::optional<std::size_t> cut = {};       ///< the connection ends after so much of the body
  bool endless = false;                      ///< the body again and again
  std::string raw = {};                      ///< all of the answer, instead
};

class HttpServer {
 public:
  using Answer = std::function<HttpReply(const HttpRequest&)>;

  /// On 127.0.0.1, at a port that the system chooses; with `identity`: TLS, as "localhost".
  explicit HttpServer(std::optional<signing::Identity> identity = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path) const;
  void answer(Answer answer);
  /// Every request that came since the last call.
  std::vector<HttpRequest> requests();

 private:
  struct Connection;
  void serve();
  void talk(int socket);

  std::optional<signing::Identity> identity_;
  int socket_ = -1;
  int stop_[2] = {-1, -1};
  int port_ = 0;
  std::mutex mutex_;
  Answer answer_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;
};

/// A file as a good server has it: ranges, conditions, ETag, Last-Modified.
struct ServedFile {
  std::string body;
  std::string etag = "\"one\"";
  std::string modified = "Sat, 01 Nov 2025 00:00:00 GMT";
  bool ranges = true;
  bool range_conditions = true;         ///< else If-Range is taken for nothing
  std::optional<std::size_t> cut = {};  ///< of answers with the whole file

  HttpReply operator()(const HttpRequest& request) const;
};

}  // namespace remedia
