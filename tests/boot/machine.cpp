#include "boot/machine.h"

#include "boot/lan.h"
#include "support/diagnostic.h"

namespace remedia::boot {

namespace {

using Words = std::vector<std::string>;

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words board(const Machine& machine) {
  if (machine.arch == Arch::arm64) {
    return {"qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57", "-m", "512"};
  }
  // Without graphics SeaBIOS and the network card's program speak on the serial port.
  const bool quiet = machine.firmware == Firmware::bios && machine.medium == Medium::network;
  return {"qemu-system-x86_64", "-machine", quiet ? "q35,graphics=off" : "q35", "-m", "256"};
}

Words firmware(const Machine& machine, const fs::path& folder) {
  // Without a bootable volume SeaBIOS starts again at once, which ends QEMU.
  if (machine.firmware == Firmware::bios) return {"-boot", "reboot-timeout=0"};
  const bool arm = machine.arch == Arch::arm64;
  const std::string code =
      arm ? "/usr/share/AAVMF/AAVMF_CODE.fd" : "/usr/share/OVMF/OVMF_CODE_4M.fd";
  const fs::path variables = folder / "variables.fd";
  fs::copy_file(arm ? "/usr/share/AAVMF/AAVMF_VARS.fd" : "/usr/share/OVMF/OVMF_VARS_4M.fd",
                variables, fs::copy_options::overwrite_existing);
  Words words = {"-drive", "if=pflash,format=raw,unit=0,readonly=on,file=" + code, "-drive",
                 "if=pflash,format=raw,unit=1,file=" + variables.native()};
  // Only the menu option makes firmware look at the time that it waits for a key.
  if (arm) add(words, {"-boot", "menu=on,splash-time=0"});
  return words;
}

Words network(const Machine& machine) {
  std::string backend;
  if (machine.lan != nullptr) {
    backend = fmt::format("tap,id=net,ifname={},script=no,downscript=no", Lan::tap);
  } else {
    backend =
        fmt::format("user,id=net,tftp={},bootfile={}", machine.volume.native(), machine.boot_file);
  }
  std::string card = "virtio-net-pci,netdev=net,bootindex=0";
  Words words = {"-netdev", backend};
  if (machine.firmware == Firmware::uefi) {
    card += ",romfile=";  // the firmware's own PXE is faster than that of the card
    add(words, {"-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=no"});
  }
  add(words, {"-device", card});
  return words;
}

Words drive(const Machine& machine) {
  const bool cd = machine.medium == Medium::cd;
  const std::string sectors =
      machine.sector_size == 512
          ? ""
          : fmt::format(",logical_block_size={0},physical_block_size={0}", machine.sector_size);
  Words words = {"-nic", "none", "-drive",
                 fmt::format("if=none,id=volume,format=raw,readonly=on,media={},file={}",
                             cd ? "cdrom" : "disk", machine.volume.native())};
  if (cd && machine.arch == Arch::amd64) {
    add(words, {"-device", "ide-cd,drive=volume,bootindex=0"});
  } else if (cd) {
    add(words, {"-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=volume,bootindex=0"});
  } else if (machine.medium == Medium::usb) {
    // usb-storage is these two, but QEMU 7.2 does not hand the size of sectors on.
    add(words,
        {"-device", "qemu-xhci", "-device", "usb-bot,id=bot", "-device",
         "scsi-hd,bus=bot.0,scsi-id=0,lun=0,drive=volume,bootindex=0,removable=on" + sectors});
  } else {
    add(words, {"-device", "virtio-blk-pci,drive=volume,bootindex=0" + sectors});
  }
  if (!machine.other_disk.empty()) {
    add(words,
        {"-drive", "if=none,id=other,format=raw,readonly=on,file=" + machine.other_disk.native(),
         "-device", "virtio-blk-pci,drive=other"});
  }
  return words;
}

}  // namespace

std::vector<std::string> command_line(const Machine& machine, const fs::path& folder,
                                      const fs::path& monitor) {
  if (machine.firmware == Firmware::bios && machine.arch != Arch::amd64) {
    fail("there is a BIOS on amd64 only");
  }
  Words words = board(machine);
  add(words, {"-accel", "tcg", "-display", "none", "-no-reboot", "-serial", "stdio", "-monitor",
              fmt::format("unix:{},server=on,wait=off", monitor.native())});
  add(words, firmware(machine, folder));
  add(words, machine.medium == Medium::network ? network(machine) : drive(machine));
  return words;
}

}  // namespace remedia::boot
