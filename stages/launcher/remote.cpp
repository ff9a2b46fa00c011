#include "launcher/remote.h"

#include "launcher/text.h"

namespace remedia::launcher {

std::optional<std::string> make_ticket(const std::vector<std::uint8_t>& random) {
  std::string ticket;
  int digits = 0;
  for (const std::uint8_t byte : random) {
    if (byte >= 250) continue;
    if (digits != 0 && digits % 4 == 0) ticket += '-';
    ticket += static_cast<char>('0' + byte % 10);
    if (++digits == 16) return ticket;
  }
  return std::nullopt;
}

unsigned make_port(std::uint8_t first, std::uint8_t second) {
  return 49152U + ((static_cast<unsigned>(first) << 8 | second) & 16383U);
}

std::string ipv4_text(const std::array<std::uint8_t, 4>& bytes) {
  return decimal(bytes[0]) + "." + decimal(bytes[1]) + "." + decimal(bytes[2]) + "." +
         decimal(bytes[3]);
}

namespace {

std::string group_text(unsigned group) {
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 15U;
    if (digit != 0 || !text.empty() || shift == 0) text += "0123456789abcdef"[digit];
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string ipv6_text(const std::array<std::uint8_t, 16>& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  }
  std::size_t zeros = 0;  // the longest run of at least two, the first of equals
  std::size_t zeros_at = 8;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > zeros && end - i >= 2) {
      zeros = end - i;
      zeros_at = i;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == zeros_at) {
      text += "::";
      i += zeros - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += group_text(groups[i]);
  }
  return text;
}

std::string inv32_xml(std::string_view ticket, unsigned port,
                      const std::vector<Address>& addresses) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<E>\r\n";
  xml += "<A ID=\"" + escaped(ticket) + "\"/>\r\n<C><T>\r\n";
  for (const bool v6 : {true, false}) {
    for (const Address& address : addresses) {
      if (address.v6 != v6 || address.link_local) continue;
      xml += "<L P=\"" + decimal(port) + "\" N=\"" + escaped(address.text) + "\"/>\r\n";
    }
  }
  return xml + "</T></C>\r\n</E>\r\n";
}

}  // namespace remedia::launcher
