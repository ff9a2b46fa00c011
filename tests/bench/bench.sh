#!/bin/sh
# sh tests/bench/bench.sh BUILD_DIR [RUNS]: what builds cost, against cp of the same image and against
# mkwinpeimg, in turn in one run. Machines differ and are shared: read the ratios, not the seconds.
#
# The base is a WIM of this machine's programs, some hundred MB, at the place of boot.wim.
set -eu
build=$(cd "$1" && pwd)
runs=${2:-5}
runner=$build/bin/remedia
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "making a base of /usr/bin (this takes a minute) ..." >&2
mkdir -p media recipes overlays/tools
"$build/recipes/demo/remedia-demo-medium" stand-in.iso
7zz x -omedia stand-in.iso > /dev/null
rm media/sources/*.wim
wimcapture --no-acls --norpfix /usr/bin media/sources/boot.wim 'Microsoft Windows PE (amd64)' --boot \
  --compress=LZX:20 > /dev/null
wiminfo media/sources/boot.wim 1 --image-property WINDOWS/ARCH=9 > /dev/null
head -c 50000000 "$(ls -S /usr/lib/x86_64-linux-gnu/*.so* | head -n 1)" > overlays/tools/big.dll
head -c 1000000 overlays/tools/big.dll > overlays/tools/tool.exe
cat > recipes/bench.lua <<'EOF'
local base = source { media = "media", image = 1 }
return iso { boot = wim { name = "bench", from = base, overlays = { "tools" } } }
EOF

# ms COMMAND...: milliseconds of wall time
ms() {
  start=$(date +%s%N)
  "$@" > /dev/null 2>&1
  echo $((($(date +%s%N) - start) / 1000000))
}
change() { head -c 16 /dev/urandom | od -An -tx1 > overlays/tools/changed.txt; }
fresh() { rm -rf out; "$runner" build recipes/bench.lua; }
copy() { rm -f copy.wim; cp media/sources/boot.wim copy.wim; }
iso_only() { rm -f out/bench/bench/bench.iso; ninja -C out bench.iso; }
peer() { rm -f peer.iso; mkwinpeimg --iso --windows-dir=media --wim=media/sources/boot.wim --overlay=overlays/tools peer.iso; }

size=$(du -m media/sources/boot.wim | cut -f 1)
for i in $(seq "$runs"); do
  echo "cp $(ms copy)"
  echo "first-build $(ms fresh)"
  change
  echo "one-file-changed $(ms ninja -C out)"
  echo "iso-only $(ms iso_only)"
  ninja -C out > /dev/null
  echo "no-op $(ms ninja -C out)"
  if command -v mkwinpeimg > /dev/null; then echo "mkwinpeimg $(ms peer)"; fi
done > times
cp_median=$(sed -n 's/^cp //p' times | sort -n | sed -n "$(((runs + 1) / 2))p")
echo "base: $size MB; overlay: 51 MB; medians of $runs runs; machine shared with whatever else runs"
for what in cp first-build one-file-changed iso-only no-op mkwinpeimg; do
  median=$(sed -n "s/^$what //p" times | sort -n | sed -n "$(((runs + 1) / 2))p")
  [ -n "$median" ] || continue
  printf '%-18s %6d ms   %5d %% of cp\n' "$what" "$median" $((median * 100 / cp_median))
done
