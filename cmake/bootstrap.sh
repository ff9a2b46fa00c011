#!/bin/sh
# Everything from a bare Debian 12 on, as root or with sudo; each command can be repeated.
#
#   sh cmake/bootstrap.sh demo                          build the demo recipe into out/
#   sh cmake/bootstrap.sh test                          build everything and run all tests
#   sh cmake/bootstrap.sh build                         build the program only
#   sh cmake/bootstrap.sh packages [build|demo|test]    install what these need, and stop there
set -eu
cd "$(dirname "$0")/.."

# Each list holds the one before it.
build='g++ cmake ninja-build pkg-config binutils clang g++-mingw-w64-x86-64-posix grub-common
       grub-pc-bin libcli11-dev libfdisk-dev libfmt-dev libhivex-dev libisofs-dev liblua5.4-dev
       libmspack-dev libssl-dev libwim-dev libxml2-dev libzip-dev lld llvm nlohmann-json3-dev ntfs-3g
       ntfs-3g-dev'
demo="$build dosfstools genisoimage grub-efi-amd64-bin mtools"
test="$demo 7zip curl dnsmasq-base exfatprogs fdisk fonts-wine gcab gdisk innoextract iproute2 ipxe-qemu
      libclang-rt-14-dev libgtest-dev libhivex-bin msitools ovmf qemu-efi-aarch64 qemu-system-arm
      qemu-system-x86 seabios udftools wimtools wine64 xorriso"

usage() {
  sed -n "2,7s/^# \{0,1\}//p" cmake/bootstrap.sh >&2
  exit 2
}

fail() {
  printf 'bootstrap.sh: %s\n' "$@" >&2
  exit 1
}

missing_of() {
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s ' "$package"
  done
}

# Another apt may be at work, as on machines that have just started: wait for it.
apt_get() {
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=500 "$@"
}

# For the lock of the indexes apt-get does not wait.
update_index() {
  for pause in 5 10 20 40; do
    if apt_get update; then return; fi
    sleep "$pause"
  done
  apt_get update
}

install_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this is no Debian; install what its packages of these names hold:" "$(echo $1)"
  missing=$(missing_of $1)
  [ -n "$missing" ] || return 0
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "neither root nor sudo is here; let root run: apt-get install --no-install-recommends $missing"
    sudo=sudo
  fi
  set -- install --no-install-recommends --no-remove $missing
  # The index of a fresh machine is empty, that of an old one names files that are gone.
  if apt_get --simulate "$@" >/dev/null 2>&1 && apt_get "$@"; then return; fi
  update_index || fail "apt-get update failed (is this machine online?); missing: $missing"
  apt_get "$@" || fail "apt-get could not install all of: $missing" \
    "no network, or a system without them: Remedia is made for Debian 12, this is $(system_name)"
}

system_name() {
  (. /etc/os-release && echo "$PRETTY_NAME") 2>/dev/null || echo 'another system'
}

configure() {
  if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER-}" ] && command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  cmake --preset "$1"
}

boot_help() {
  echo
  echo 'The demo is built from a stand-in medium; nothing of Windows is in it. It made:'
  find out/demo -name '*.iso' -o -name '*.img' -o -name 'README.txt' -o -name '*.manifest.json' | sort |
    while IFS= read -r file; do
      printf '  %-44s %s\n' "$file" "$(du -h --apparent-size "$file" | cut -f 1)"
    done
  iso=$(find out/demo -name '*.iso' | sort | head -n 1)
  usb=$(find out/demo -name '*.usb.img' | sort | head -n 1)
  cat <<EOF

To boot it (packages qemu-system-x86 and ovmf):
  UEFI  qemu-system-x86_64 -M q35 -m 512 -serial stdio -cdrom $iso -bios /usr/share/ovmf/OVMF.fd
  BIOS  qemu-system-x86_64 -M q35 -m 512 -serial stdio -cdrom $iso
  USB   qemu-system-x86_64 -M q35 -m 512 -serial stdio -device qemu-xhci -device usb-storage,drive=u \\
          -drive if=none,id=u,format=raw,readonly=on,file=$usb
Without a screen add -display none.
EOF
}

command=${1-}
case $command in
  packages)
    case ${2-test} in
      build) install_packages "$build" ;;
      demo) install_packages "$demo" ;;
      test) install_packages "$test" ;;
      *) usage ;;
    esac
    ;;
  build)
    install_packages "$build"
    configure default
    cmake --build --preset default
    ;;
  demo)
    install_packages "$demo"
    configure demo
    cmake --build --preset demo
    boot_help
    ;;
  test)
    install_packages "$test"
    configure test
    cmake --build --preset test
    ctest --preset test -j "$(nproc)"
    sh tests/skips.sh out/.build/tests.xml tests/skips.allowed
    ;;
  *) usage ;;
esac
