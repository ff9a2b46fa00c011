#include "support/http_server.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace remedia {

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

HttpRequest parse(const std::string& text) {
  HttpRequest request;
  std::size_t at = text.find("\r\n");
  request.line = text.substr(0, at);
  while (at != std::string::npos) {
    std::size_t begin = at + 2;
    at = text.find("\r\n", begin);
    std::string line = text.substr(begin, at == std::string::npos ? at : at - begin);
    std::size_t colon = line.find(": ");
    if (colon != std::string::npos)
      request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  return request;
}

std::string head_of(const HttpReply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " So\r\nConnection: close\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (!reply.no_length && !reply.endless)
    head += "Content-Length: " + std::to_string(reply.length.value_or(reply.body.size())) + "\r\n";
  return head + "\r\n";
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

/// A connection with or without TLS.
struct HttpServer::Connection {
  explicit Connection(int fd, const std::optional<signing::Identity>& identity) : socket(fd) {
    if (!identity) return;
    context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), identity->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity->key.get());
    tls.reset(SSL_new(context.get()));
    SSL_set_fd(tls.get(), socket);
    good = SSL_accept(tls.get()) == 1;
  }
  ~Connection() {
    if (tls && good) SSL_shutdown(tls.get());
    tls.reset();
    shutdown(socket, SHUT_WR);
    char rest[256];  // so that what was sent arrives before the end does
    while (recv(socket, rest, sizeof rest, 0) > 0) {
    }
    close(socket);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::string receive() {
    char buffer[4096];
    int count = static_cast<int>(sizeof buffer);
    ssize_t size =
        tls ? SSL_read(tls.get(), buffer, count) : recv(socket, buffer, sizeof buffer, 0);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }
  bool send(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      std::size_t count = std::min<std::size_t>(bytes.size() - at, 1u << 16);
      ssize_t size = tls ? SSL_write(tls.get(), bytes.data() + at, static_cast<int>(count))
                         : ::send(socket, bytes.data() + at, count, MSG_NOSIGNAL);
      if (size <= 0) return false;
      at += static_cast<std::size_t>(size);
    }
    return true;
  }

  int socket;
  bool good = true;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, void (*)(SSL*)> tls{nullptr, SSL_free};
};

HttpServer::HttpServer(std::optional<signing::Identity> identity)
    : identity_(std::move(identity)),
      answer_([](const HttpRequest&) { return HttpReply{.status = 404}; }) {
  if (identity_) std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes as it likes
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket_, plain, size) != 0 || listen(socket_, 16) != 0 ||
      getsockname(socket_, plain, &size) != 0 || pipe(stop_) != 0)
    throw std::runtime_error("no server for the test");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(socket_);
}

std::string HttpServer::url(const std::string& path) const {
  return (identity_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

void HttpServer::answer(Answer answer) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<HttpRequest> HttpServer::requests() {
  std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

void HttpServer::serve() {
  while (true) {
    pollfd ready[2] = {{socket_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (poll(ready, 2, -1) < 0) continue;
    if (ready[1].revents != 0) return;
    int client = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) talk(client);
  }
}

void HttpServer::talk(int socket) {
  Connection connection(socket, identity_);
  if (!connection.good) return;
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    std::string more = connection.receive();
    if (more.empty()) return;
    text += more;
  }
  HttpReply reply;
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(parse(text));
    reply = answer_(requests_.back());
  }
  if (!reply.raw.empty()) {
    connection.send(reply.raw);
    return;
  }
  if (!connection.send(head_of(reply))) return;
  if (reply.cut) reply.body.resize(*reply.cut);
  bool open = connection.send(reply.body);
  while (reply.endless && open) open = connection.send(reply.body);
}

HttpReply ServedFile::operator()(const HttpRequest& request) const {
  HttpReply reply{.body = body};
  if (!etag.empty()) reply.headers.emplace_back("ETag", etag);
  if (!modified.empty()) reply.headers.emplace_back("Last-Modified", modified);
  const std::string known = request.header("if-none-match");
  const std::string since = request.header("if-modified-since");
  if ((!known.empty() && known == etag) || (!since.empty() && since == modified)) {
    reply.status = 304;
    reply.body.clear();
    reply.no_length = true;
    return reply;
  }
  const std::string range = request.header("range");  // "bytes=100-"
  const std::string condition = request.header("if-range");
  bool same = !range_conditions || condition.empty() || condition == etag || condition == modified;
  if (range.empty() || !ranges || !same) {
    reply.cut = cut;
    return reply;
  }
  std::size_t from = std::stoul(range.substr(6));
  if (from >= body.size()) return {.status = 416};
  reply.status = 206;
  reply.body = body.substr(from);
  reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" +
                                                  std::to_string(body.size() - 1) + "/" +
                                                  std::to_string(body.size()));
  return reply;
}

}  // namespace remedia
