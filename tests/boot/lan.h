// A network in namespaces of its own, for tests of PXE: a host that serves, a tap for the machine
// that boots, and another host that gives out addresses, as a router does.
//
// All of it vanishes with the programs that hold the namespaces, and these end with the test.
#pragma once

#include "boot/program.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::boot {

class Lan {
 public:
  static constexpr std::string_view interface = "lan0";       ///< of the host that serves
  static constexpr std::string_view server = "192.168.77.1";  ///< its address
  static constexpr std::string_view subnet = "192.168.77.0";  ///< 24 bits
  static constexpr std::string_view tap = "tap0";             ///< for the machine that boots

  /// Throws Failure where namespaces, bridges or taps are forbidden.
  Lan();

  /// Why Lan() throws here; empty if it does not.
  static std::string refusal();

  /// Starts the DHCP server of the other host, which knows nothing of booting. For tests of a proxy
  /// DHCP server.
  void give_addresses();

  /// Starts dnsmasq on the host that serves, with a configuration file of this text. `folder` is
  /// for the file. Interface and addresses are those above.
  void serve(std::string_view configuration, const fs::path& folder);

  /// Words in front of a command that is to run on the host that serves.
  const std::vector<std::string>& inside() const { return inside_; }

  /// What the servers said so far.
  std::string log();

 private:
  void start_server(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& host);

  std::unique_ptr<Program> host_;    ///< holds the namespace of the host that serves
  std::unique_ptr<Program> router_;  ///< holds that of the other one
  std::vector<std::string> inside_;
  std::vector<std::string> inside_router_;
  std::vector<std::unique_ptr<Program>> servers_;
};

}  // namespace remedia::boot
