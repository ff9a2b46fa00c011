// Remote Connection: the ticket, the port, the addresses and the file that hands them to a help
// desk.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

/// 16 digits in groups of 4 (`1234-5678-9012-3456`, about 53 bits) out of random bytes. Bytes from
/// 250 on are thrown away, so that all digits are equally likely; nothing if too few are left.
std::optional<std::string> make_ticket(const std::vector<std::uint8_t>& random);

/// A port from 49152 to 65535, IANA's range for such uses.
unsigned make_port(std::uint8_t first, std::uint8_t second);

/// An address of the PC. `text` has no scope (`%4`), which means something on this PC only.
struct Address {
  bool v6 = false;
  std::string text;
  bool link_local = false;  ///< fe80::/10: for helpers on the same cable, who add their own scope
};

std::string ipv4_text(const std::array<std::uint8_t, 4>& bytes);
/// As RFC 5952 wants it: lower case, the longest run of zeros as `::`.
std::string ipv6_text(const std::array<std::uint8_t, 16>& bytes);

/// The fields known of DaRT's inv32.xml (an RDP invitation, as two public scripts read it): E/A@ID
/// the ticket, one E/C/T/L with @N address and @P port for each address, IPv6 before IPv4; none for
/// link-local ones, which scripts could not use.
std::string inv32_xml(std::string_view ticket, unsigned port,
                      const std::vector<Address>& addresses);

}  // namespace remedia::launcher
