#include "support/archive_writers.h"

#include <algorithm>
#include <string_view>

namespace remedia {

namespace {

constexpr std::size_t kBlock = 32768;

std::string little(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

// [MS-CAB] 3.1: words are combined by xor; the bytes that are left over are taken the other way
// round.
std::uint32_t checksum(std::string_view bytes, std::uint32_t sum) {
  auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    sum ^= byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
  }
  std::uint32_t rest = 0;
  for (; i < bytes.size(); ++i) rest = rest << 8 | byte(i);
  return sum ^ rest;
}

// A deflate stream of one stored block.
std::string mszip(std::string_view bytes) {
  return "CK\1" + little(bytes.size(), 2) + little(~bytes.size(), 2) + std::string(bytes);
}

// An LZX stream of one uncompressed block: one bit "no x86 translation", three bits of type, 24 of
// size, four of padding, in words with the highest bit first; then three recent offsets.
std::string lzx(std::string_view bytes) {
  std::string out = little(0x3000 | bytes.size() >> 12, 2);
  out += little((bytes.size() & 0xfff) << 4, 2);
  out += little(1, 4) + little(1, 4) + little(1, 4) + std::string(bytes);
  return bytes.size() % 2 == 0 ? out : out + '\0';
}

std::string packed(CabMethod method, std::string_view bytes) {
  if (method == CabMethod::mszip) return mszip(bytes);
  if (method == CabMethod::lzx) return lzx(bytes);
  return std::string(bytes);
}

std::string blocks_of(const CabSpec& spec, const CabFolderSpec& folder, std::uint16_t& count) {
  std::string content;
  for (const CabFileSpec& file : folder.files) content += file.content;
  std::string out;
  count = 0;
  for (std::size_t i = 0; i < content.size(); i += kBlock) {
    std::string_view piece = std::string_view(content).substr(i, kBlock);
    std::string data = packed(folder.method, piece);
    std::string sizes = little(data.size(), 2) + little(piece.size(), 2);
    std::uint32_t sum = spec.checksums ? checksum(sizes, checksum(data, 0)) : 0;
    out += little(sum, 4) + sizes + data;
    ++count;
  }
  return out;
}

std::string list_files(const CabSpec& spec) {
  std::string out;
  for (std::size_t i = 0; i < spec.folders.size(); ++i) {
    std::size_t offset = 0;
    for (const CabFileSpec& file : spec.folders[i].files) {
      out += little(file.content.size(), 4) + little(offset, 4) + little(i, 2);
      out += little(0x5821, 2) + little(0, 2) + little(file.attributes, 2) + file.name + '\0';
      offset += file.content.size();
    }
  }
  return out;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

struct ZipFields {
  std::uint16_t flags;
  std::uint32_t crc;
  std::uint32_t size;
  std::uint32_t packed;
};

// The part that both headers of an entry have.
std::string common(const ZipFileSpec& file, const ZipFields& fields, bool zip64,
                   std::size_t name_size, std::size_t extra) {
  std::uint64_t none = ~0u;
  return little(zip64 ? 45 : 20, 2) + little(fields.flags, 2) + little(file.method, 2) +
         little(0x5821, 4) + little(fields.crc, 4) + little(zip64 ? none : fields.packed, 4) +
         little(zip64 ? none : fields.size, 4) + little(name_size, 2) + little(extra, 2);
}

std::string zip64_sizes(const ZipFields& fields) {
  return little(1, 2) + little(16, 2) + little(fields.size, 8) + little(fields.packed, 8);
}

std::string zip64_end(std::size_t files, std::size_t size, std::size_t at) {
  std::string end = "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8);
  end += little(files, 8) + little(files, 8) + little(size, 8) + little(at, 8);
  return end + "PK\6\7" + little(0, 4) + little(at + size, 8) + little(1, 4);
}

}  // namespace

namespace {
bool has_reserve(const CabSpec& spec) { return spec.header_reserve + spec.folder_reserve > 0; }
}  // namespace

std::size_t cab_files_at(const CabSpec& spec) {
  std::size_t reserve = has_reserve(spec) ? 4u + spec.header_reserve : 0;
  return kCabFolders + reserve + (8u + spec.folder_reserve) * spec.folders.size();
}

std::size_t cab_data_at(const CabSpec& spec) {
  return cab_files_at(spec) + list_files(spec).size();
}

std::string write_cab(const CabSpec& spec) {
  std::size_t at = cab_data_at(spec);
  std::size_t files = 0;
  std::string folders;
  std::string data;
  for (const CabFolderSpec& folder : spec.folders) {
    std::uint16_t count = 0;
    std::string blocks = blocks_of(spec, folder, count);
    folders += little(at + data.size(), 4) + little(count, 2) +
               little(static_cast<std::uint16_t>(folder.method), 2) +
               std::string(spec.folder_reserve, 'f');
    data += blocks;
    files += folder.files.size();
  }
  std::uint16_t flags = spec.flags;
  std::string reserve;
  if (has_reserve(spec)) {
    flags |= 4;
    reserve = little(spec.header_reserve, 2) + little(spec.folder_reserve, 2) +
              std::string(spec.header_reserve, 'h');
  }
  std::string out = "MSCF" + little(0, 4) + little(at + data.size(), 4) + little(0, 4) +
                    little(cab_files_at(spec), 4) + little(0, 4) + little(0x0103, 2);
  out += little(spec.folders.size(), 2) + little(files, 2) + little(flags, 2) + little(0, 4);
  return out + reserve + folders + list_files(spec) + data;
}

std::string write_zip(const std::vector<ZipFileSpec>& files, bool zip64) {
  std::string out;
  std::string directory;
  std::vector<std::size_t> starts;
  for (const ZipFileSpec& file : files) {
    ZipFields fields{.flags = file.flags,
                     .crc = file.crc.value_or(crc32(file.content)),
                     .size = file.size.value_or(static_cast<std::uint32_t>(file.content.size())),
                     .packed = static_cast<std::uint32_t>(file.content.size())};
    if (file.descriptor) fields.flags |= 8;
    starts.push_back(file.at ? starts[*file.at] : out.size());
    if (!file.at) {
      std::string name = file.local_name.value_or(file.name);
      ZipFields local = file.descriptor ? ZipFields{fields.flags, 0, 0, 0} : fields;
      std::string extra = file.zip64 ? zip64_sizes(fields) : "";
      out += "PK\3\4" + common(file, local, file.zip64, name.size(), extra.size());
      out += name + extra + file.content;
      if (file.descriptor) {
        out +=
            "PK\7\10" + little(fields.crc, 4) + little(fields.packed, 4) + little(fields.size, 4);
      }
    }
    std::string extra = file.zip64 ? zip64_sizes(fields) : "";
    directory += "PK\1\2" + little((file.mode != 0 ? 3u << 8 : 0u) | 45u, 2);
    directory += common(file, fields, file.zip64, file.name.size(), extra.size());
    directory += little(0, 2 + 2 + 2) + little(std::uint64_t{file.mode} << 16, 4);
    directory += little(starts.back(), 4) + file.name + extra;
  }
  std::size_t at = out.size();
  out += directory;
  if (zip64) out += zip64_end(files.size(), directory.size(), at);
  std::size_t count = zip64 ? 0xffff : files.size();
  out += "PK\5\6" + little(0, 4) + little(count, 2) + little(count, 2);
  return out + little(zip64 ? ~0u : directory.size(), 4) + little(zip64 ? ~0u : at, 4) +
         little(0, 2);
}

std::string patched(std::string bytes, std::size_t offset, std::uint64_t value, int size) {
  return bytes.replace(offset, static_cast<std::size_t>(size), little(value, size));
}

}  // namespace remedia
