// driver_folders POOL FOLDER: folders of driver packages, as a fleet collects them.
//
// FOLDER/vendor0 to vendor3 with 500 packages each: an INF of 20 devices, a program and eight more
// files that its CopyFiles names; 20,000 files and 2 GB together. Sizes are those of real packages,
// most of them small and a few large. Content is taken from POOL, a file of programs, from another
// place each time, so that it compresses as programs do and is never twice the same. Nothing is
// signed. The same POOL gives the same files.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;

constexpr int kVendors = 4;
constexpr int kPackages = 500;  // of each
constexpr int kFiles = 8;       // beside INF and program

std::uint64_t random_state = 1;
std::uint64_t any_below(std::uint64_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (random_state >> 33) % limit;
}

// Half of the bytes are in one file of twenty.
std::size_t any_size() {
  return any_below(20) == 0 ? 500'000 + any_below(1'100'000) : 4'000 + any_below(120'000);
}

// The headers of a program for amd64 without sections; what follows them is signed with it.
std::string program_head() {
  std::string head(512, '\0');
  auto put = [&](std::size_t at, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
      head[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  head.replace(0, 2, "MZ");
  put(0x3c, 0x40, 4);
  head.replace(0x40, 2, "PE");
  put(0x44, 0x8664, 2);  // machine
  put(0x54, 0xf0, 2);    // size of the optional header
  put(0x56, 0x22, 2);    // an executable
  put(0x58, 0x20b, 2);   // PE32+
  put(0x78, 0x1000, 4);  // alignment of sections
  put(0x7c, 0x200, 4);   // of the file
  put(0x90, 0x1000, 4);  // size of the image
  put(0x94, 0x200, 4);   // of the headers
  put(0x9c, 1, 2);       // native
  put(0xc4, 16, 4);      // data directories
  return head;
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  if (!(out << bytes)) {
    std::fprintf(stderr, "driver_folders: cannot write '%s'\n", file.c_str());
    std::exit(1);
  }
}

std::string inf_text(const std::string& name, int number) {
  std::string text =
      "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=Net\r\n"
      "ClassGuid={4D36E972-E325-11CE-BFC1-08002BE10318}\r\nProvider=%Maker%\r\n"
      "DriverVer=05/31/2024,1.2.3.4\r\nCatalogFile=" +
      name + ".cat\r\n[Manufacturer]\r\n%Maker%=Devices,NTamd64.10.0\r\n[Devices.NTamd64.10.0]\r\n";
  for (int i = 0; i < 20; ++i) {
    char id[64];
    std::snprintf(id, sizeof id, "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X", 0x1000 + number / 1000,
                  number % 1000 * 20 + i, 0x10280000 + i);
    text += std::string("%Device%=Install,") + id + "\r\n";
  }
  text += "[Install]\r\nCopyFiles=Files\r\n[Install.Services]\r\nAddService=" + name +
          ",2,Service\r\n[Service]\r\nServiceType=1\r\nStartType=3\r\nErrorControl=1\r\n"
          "ServiceBinary=%13%\\" +
          name + ".sys\r\n[DestinationDirs]\r\nDefaultDestDir=13\r\n[Files]\r\n";
  std::string files = name + ".sys\r\n";
  std::string sources = name + ".sys=1\r\n";
  for (int i = 0; i < kFiles; ++i) {
    std::string file = name + std::to_string(i) + ".dll";
    files += file + "\r\n";
    sources += file + "=1\r\n";
  }
  return text + files + "[SourceDisksNames]\r\n1=Disk\r\n[SourceDisksFiles]\r\n" + sources +
         "[Strings]\r\nMaker=\"Bench\"\r\nDevice=\"A device\"\r\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: driver_folders POOL FOLDER\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string pool{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (pool.size() < (4u << 20)) {
    std::fprintf(stderr, "driver_folders: '%s' has less than 4 MiB\n", argv[1]);
    return 1;
  }
  const std::string head = program_head();
  for (int number = 0; number < kVendors * kPackages; ++number) {
    std::string name = "net" + std::to_string(number);
    fs::path folder = fs::path(argv[2]) / ("vendor" + std::to_string(number / kPackages)) / name;
    fs::create_directories(folder);
    write(folder / (name + ".inf"), inf_text(name, number));
    for (int i = -1; i < kFiles; ++i) {
      std::size_t size = any_size();
      std::string bytes = head + pool.substr(any_below(pool.size() - size), size);
      write(folder / (name + (i < 0 ? ".sys" : std::to_string(i) + ".dll")), bytes);
    }
  }
}
