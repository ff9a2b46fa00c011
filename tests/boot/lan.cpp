#include "boot/lan.h"

#include "support/diagnostic.h"
#include "support/process.h"

#include <fstream>

#include <unistd.h>

namespace remedia::boot {

namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::seconds patience(30);

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// A program that does nothing in a network namespace of its own. Users who are not root get a user
/// namespace around it, in which they are.
std::unique_ptr<Program> hold_namespace(Words inside) {
  const bool nested = !inside.empty();
  inside = joined(std::move(inside), {"unshare", "--net"});
  if (geteuid() != 0 && !nested) inside.push_back("--map-root-user");
  auto holder = std::make_unique<Program>(Words{"sh", "-c", "echo holding; exec sleep infinity"},
                                          std::move(inside));
  holder->wait_for("holding", in(patience));
  return holder;
}

Words enter(const Program& holder) {
  const std::string target = std::to_string(holder.id());
  Words words = {"nsenter", "--target", target, "--net"};
  if (geteuid() != 0) words = joined(words, {"--user", "--preserve-credentials"});
  return words;
}

}  // namespace

Lan::Lan() {
  host_ = hold_namespace({});
  inside_ = enter(*host_);
  router_ = hold_namespace(inside_);
  inside_router_ = enter(*router_);
  const auto ip = [](const Words& host, const Words& arguments) {
    run_checked(joined(joined(host, {"ip"}), arguments));
  };
  const std::string bridge(interface);
  const std::string port(tap);
  ip(inside_, {"link", "add", bridge, "type", "bridge"});
  ip(inside_, {"tuntap", "add", "dev", port, "mode", "tap"});
  ip(inside_, {"link", "add", "router", "type", "veth", "peer", "name", bridge, "netns",
               std::to_string(router_->id())});
  ip(inside_, {"address", "add", fmt::format("{}/24", server), "dev", bridge});
  ip(inside_router_, {"address", "add", "192.168.77.254/24", "dev", bridge});
  ip(inside_router_, {"link", "set", bridge, "up"});
  for (const std::string& name : {std::string("router"), port}) {
    ip(inside_, {"link", "set", name, "master", bridge, "up"});
  }
  ip(inside_, {"link", "set", bridge, "up"});
}

std::string Lan::refusal() {
  try {
    const Lan lan;
    return {};
  } catch (const Failure& failure) {
    return failure.what();
  }
}

void Lan::start_server(const std::vector<std::string>& arguments, const Words& host) {
  // --no-daemon: in the foreground, as the user that it is, no file with its number, log to stderr.
  const Words dnsmasq = {"dnsmasq", "--no-daemon", "--port=0", "--dhcp-leasefile=/dev/null",
                         "--log-dhcp"};
  servers_.push_back(std::make_unique<Program>(joined(dnsmasq, arguments), host));
  servers_.back()->wait_for("started, version", in(patience));
}

void Lan::give_addresses() {
  // The lease names the host that serves, but no file: GRUB asks the server that the lease names,
  // where firmware asks the one that the proxy names.
  start_server(
      {"--conf-file=/dev/null", fmt::format("--interface={}", interface), "--bind-interfaces",
       "--dhcp-authoritative", "--dhcp-range=192.168.77.100,192.168.77.199,5m",
       fmt::format("--dhcp-boot=,,{}", server)},
      inside_router_);
}

void Lan::serve(std::string_view configuration, const fs::path& folder) {
  const fs::path file = folder / "dnsmasq.conf";
  std::ofstream(file, std::ios::binary | std::ios::trunc) << configuration;
  start_server({"--conf-file=" + file.native()}, inside_);
}

std::string Lan::log() {
  std::string text;
  for (const auto& one : servers_) {
    while (one->read_more(Clock::now()) == Program::Progress::more) {
    }
    text += one->output();
  }
  return text;
}

}  // namespace remedia::boot
