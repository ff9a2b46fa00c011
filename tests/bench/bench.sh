#!/bin/sh
# sh tests/bench/bench.sh [-n RUNS] [-c CACHE] [-w FOLDER] BUILD: what builds cost.
#
# BUILD is a build folder with REMEDIA_DEMO=ON (its remedia and its stand-in medium are used). CACHE
# keeps the base between calls; without it a base is made each time, which takes a minute. All else
# happens in a new folder below FOLDER (default: TMPDIR or /tmp), some 20 GB, removed at the end.
# RUNS is 5 unless given. Nothing fails for being slow: targets at the end say reached or missed.
#
# The base stands for a big boot.wim: about 1 GB of programs and libraries of this machine, LZX. Its
# overlays are a "big" one (50 MB in some dozens of files) and a "tool" (one file of 1 MB). Every
# row is run once in each of RUNS rounds, in turn, in one call, so that what disturbs the machine
# disturbs all; what is printed are medians. Read the ratios: seconds are this machine's, at this
# moment. Each row starts with its file system written back and finds memory that was just in use;
# nothing waits for the disk after it.
#
# By default on the file system of FOLDER and, as root with mkfs.xfs, once more on an XFS in a file
# (mounted by loop), where copies can be clones.
#
# Rows (all of them by `remedia build` or ninja; what stages do inside is their affair):
#   cold           the first build: nothing but the medium and the overlays is there
#   base-exported  the same with the base exported before, as for a second recipe
#   no-op          `remedia build` when nothing has changed
#   ninja-no-op    `ninja -C out` when nothing has changed
#   wim            boot.wim was removed, all else is there
#   iso            the ISO was removed, all else is there
#   wim+iso        both were removed
#   usb wds        the stick; the folder for network boot, with its copy of the WIM
#   partition      the image of a recovery partition
#   recovery       the folder for software distribution, with its copy of the WIM
#   second-tier    boot.wim of a second tier (other tools, other paths forbidden) when that of the
#                  first is there: its base written anew without those, its settings, its tools
#   third-tier     the same for a third tier, which forbids nothing
#   tool-changed   the 1 MB file has other bytes; WIM and ISO follow
#   big-changed    each file of the 50 MB overlay has other bytes
#   eight-new      eight WIMs and eight ISOs of one base, each with "big" and a tool of its own; the
#                  base was exported before
#   eight-cached   the same when just the sixteen files were removed
#   cp-wim cp-iso  plain copies of the artifacts (never clones): the yardstick
#   clone-iso      `cp --reflink=always` of the ISO, where that works
#   sixteen-cp     eight copies of each
#   mkwinpeimg     of wimtools, if installed: `--iso` with the same medium, base and files. It
#                  always compresses at its own level (LZX:50); Remedia's default is LZX:20
# Columns: wall time; that as a multiple of cp-wim and of mkwinpeimg; CPU time of all processes, and
# as a multiple of that of cp-wim; megabytes written (see measure.cpp); peak memory of the largest
# process.
set -eu

usage() {
  sed -n '2s/^# //p' "$0" >&2
  exit 2
}
runs=5 cache='' below=${TMPDIR:-/tmp}
while getopts n:c:w: option; do
  case $option in
    n) runs=$OPTARG ;;
    c) cache=$OPTARG ;;
    w) below=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || usage
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
runner=$build/bin/remedia
work=$(mktemp -d "$below/remedia-bench-XXXXXX")
mounted=''
clean_up() {
  cd /
  [ -z "$mounted" ] || umount "$mounted" || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
"${CXX:-c++}" -std=c++20 -O2 "$here/measure.cpp" -o "$work/measure"

# --- what is built ---

# About 1 GB of files in the order of their names, then files of at most 4 MB, 50 MB together.
choose_files() {
  find /usr/bin /usr/sbin /usr/libexec /usr/lib -xdev -type f -size +8k -printf '%s %p\n' |
    grep -v "['\"\\\\]" | grep -v ' .* ' | LC_ALL=C sort -k 2 |
    awk -v base="$1/base.list" -v big="$1/big.list" '
      total < 1e9 { total += $1; print $2, "/Windows/System32" $2 > base; next }
      $1 < 4e6 && more + $1 < 50e6 { more += $1; print $2 > big }'
}

# $1: where base.wim and the overlays are to be. Equal packages on the machine give an equal base.
make_base() {
  echo "making the base ..." >&2
  rm -rf "$1"
  mkdir -p "$1.new/big/Tools"
  choose_files "$1.new"
  wimcapture --source-list --no-acls --norpfix "$1.new/base.list" "$1.new/base.wim" \
    'Microsoft Windows PE (amd64)' --boot --compress=LZX:20 > /dev/null
  wiminfo "$1.new/base.wim" 1 --image-property WINDOWS/ARCH=9 > /dev/null
  number=100
  while read -r file; do
    number=$((number + 1))
    cp "$file" "$1.new/big/Tools/library$number.dll"
  done < "$1.new/big.list"
  cat "$1.new"/big/Tools/*.dll | head -c 1000000 > "$1.new/tool.exe"
  mv "$1.new" "$1"
}

make_recipes() {
  mkdir -p recipes
  cat > recipes/plain.lua << 'LUA'
return wim { name = "plain", from = source { media = "media", image = 1 } }
LUA
  cat > recipes/bench.lua << 'LUA'
local base = source { media = "media", image = 1 }
return iso { boot = wim { name = "bench", from = base, overlays = { "big", "tool" } } }
LUA
  cat > recipes/ways.lua << 'LUA'
local base = source { media = "media", image = 1 }
local boot = wim { name = "ways", from = base, overlays = { "big", "tool" } }
return {
  usb { boot = boot },
  wds { boot = boot, anonymous = true, firmware = "uefi" },
  partition { boot = boot, i_accept_that_this_bypasses_bitlocker = true },
}
LUA
  cat > recipes/tiers.lua << 'LUA'
local base = source { media = "media", image = 1 }
local function level(number, tools, forbid)
  local allow = {}
  for i = 1, tools do
    allow[i] = tool { id = "tool" .. i, title = "Tool " .. i, description = "A tool.",
                      risk = "low", files = { overlay { "tool" .. i, to = "T" .. i } } }
  end
  return wim {
    name = "l" .. number, from = base, overlays = { "system" },
    tier = tier { name = "L" .. number, allow = allow, forbid = forbid },
  }
end
return {
  level(1, 1, { "Windows/System32/usr/bin/a*", "Windows/System32/usr/bin/b*" }),
  level(2, 2, { "Windows/System32/usr/bin/a*" }),
  level(3, 3),
}
LUA
  cat > recipes/eight.lua << 'LUA'
local base = source { media = "media", image = 1 }
local artifacts = {}
for i = 1, 8 do
  local boot = wim { name = "image" .. i, from = base, overlays = { "big", "tool" .. i } }
  artifacts[i] = iso { boot = boot }
end
return artifacts
LUA
}

# A project in the current folder, and `merged`: both overlays in one, for mkwinpeimg.
make_project() {
  "$build/recipes/demo/remedia-demo-medium" stand-in.iso
  7zz x -omedia stand-in.iso > /dev/null
  # The libraries of Windows that the launcher imports, as far as builds look at them.
  mkdir -p overlays/system/Windows/System32
  wimextract media/sources/boot.wim 1 '/Windows/System32/*.dll' \
    --dest-dir=overlays/system/Windows/System32 > /dev/null
  wimextract media/sources/boot.wim 1 /Windows/System32/wpeutil.exe > /dev/null
  rm -f stand-in.iso media/sources/*.wim
  cp "$base/base.wim" media/sources/boot.wim
  wimupdate media/sources/boot.wim 1 \
    --command='add wpeutil.exe /Windows/System32/wpeutil.exe' > /dev/null
  make_recipes
  mkdir -p overlays
  cp -r "$base/big" overlays/big
  for tool in tool tool1 tool2 tool3 tool4 tool5 tool6 tool7 tool8; do
    mkdir -p "overlays/$tool/Tools"
    { echo "$tool" && cat "$base/tool.exe"; } > "overlays/$tool/Tools/tool.dat"
  done
  mkdir merged
  cp -r overlays/big/. overlays/tool/. merged
}

# --- rows ---

# A virtual machine may have to ask its host for memory that was not used lately, several times
# slower than a copy: so every row finds memory that just was, $1 times the size of the base.
prime() {
  mkdir warm
  for i in $(seq "$1"); do cp --reflink=never "$base/base.wim" "warm/$i"; done
  rm -rf warm
}

# row NAME COMMAND...: one line of measure.cpp more in the file of that name
row() {
  name=$1
  shift
  sync -f .
  case $name in
    no-op | ninja-no-op) ;;
    eight-* | sixteen-*) prime 18 ;;
    *) prime 4 ;;
  esac
  "$work/measure" "rows/$name" "$@" > log 2>&1 && return
  echo "bench: '$name' failed:" >&2
  cat log >&2
  exit 1
}
quietly() {
  "$@" > log 2>&1 && return
  cat log >&2
  exit 1
}
# Other bytes than ever before, at the beginning of each file.
change() {
  for file in "$@"; do printf '%s %s' "$$" "$round" | dd of="$file" conv=notrunc status=none; done
}

one_image() {
  rm -rf out
  row cold "$runner" build recipes/bench.lua
  rm -rf out
  quietly "$runner" build recipes/plain.lua
  row base-exported "$runner" build recipes/bench.lua
  quietly ninja -C out
  row no-op "$runner" build recipes/bench.lua
  row ninja-no-op ninja -C out
}

stages() {
  wim=out/bench/bench/boot.wim iso=out/bench/bench/bench.iso
  rm "$wim"
  row wim ninja -C out "${wim#out/}"
  quietly ninja -C out
  rm "$iso"
  row iso ninja -C out "${iso#out/}"
  rm "$wim" "$iso"
  row wim+iso ninja -C out "${iso#out/}"
}

# Each artifact made again from a WIM that is there.
ways() {
  rm -rf ways
  quietly "$runner" build -C ways recipes/ways.lua
  rm ways/ways/ways/ways.usb.img
  row usb ninja -C ways ways.usb.img
  rm -r ways/ways/ways/wds
  row wds ninja -C ways ways.wds
  rm ways/ways/ways/ways.recovery.img
  row partition ninja -C ways ways.recovery.img
  rm -r ways/ways/ways/recovery
  row recovery ninja -C ways ways.recovery
  rm -rf ways
}

tiers() {
  rm -rf tiers
  quietly "$runner" build -C tiers recipes/tiers.lua -- tiers/l1/boot.wim
  row second-tier ninja -C tiers tiers/l2/boot.wim
  row third-tier ninja -C tiers tiers/l3/boot.wim
  rm -rf tiers
}

yardsticks() {
  cat "$wim" "$iso" > /dev/null  # clones have no cached pages, and cp is not to read from the disk
  rm -f copy
  row cp-wim cp --reflink=never "$wim" copy
  rm -f copy
  row cp-iso cp --reflink=never "$iso" copy
  rm -f copy
  if cp --reflink=always "$iso" copy 2> /dev/null; then
    rm -f copy
    row clone-iso cp --reflink=always "$iso" copy
  fi
  rm -f copy
  command -v mkwinpeimg > /dev/null || return 0
  rm -f peer.iso
  row mkwinpeimg mkwinpeimg --iso --windows-dir=media --wim=media/sources/boot.wim \
    --overlay=merged peer.iso
  rm -f peer.iso
}

changes() {
  change overlays/tool/Tools/tool.dat
  row tool-changed "$runner" build recipes/bench.lua
  change overlays/big/Tools/*
  row big-changed "$runner" build recipes/bench.lua
}

eight() {
  rm -rf eight copies
  quietly "$runner" build -C eight recipes/plain.lua
  row eight-new "$runner" build -C eight recipes/eight.lua
  rm eight/eight/*/boot.wim eight/eight/*/*.iso
  row eight-cached ninja -C eight
  rm -rf eight
  mkdir copies
  # shellcheck disable=SC2016 # for the inner shell
  row sixteen-cp sh -c 'set -e; for i in 1 2 3 4 5 6 7 8; do
    cp --reflink=never "$1" copies/$i.wim; cp --reflink=never "$2" copies/$i.iso; done' \
    sh "$wim" "$iso"
  rm -rf copies
}

# --- what is printed ---

# of NAME COLUMN: the median; nothing if there is no such row
of() {
  [ ! -e "rows/$1" ] || sort -n -k "$2,$2" "rows/$1" |
    awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
peak() { sort -n -k 3,3 "rows/$1" | awk 'END { print $3 }'; }

table() {
  printf '%-14s %9s %7s %8s %9s %7s %9s %8s\n' "$1" 'wall ms' 'x cp' 'x mkwpe' 'CPU ms' 'x cp' \
    'MB writ.' 'peak MB'
  for name in cold base-exported no-op ninja-no-op wim iso wim+iso usb wds partition recovery \
    second-tier third-tier tool-changed big-changed eight-new eight-cached cp-wim cp-iso clone-iso \
    sixteen-cp mkwinpeimg; do
    [ -e "rows/$name" ] || continue
    echo "$name $(of "$name" 1) $(of "$name" 2) $(peak "$name") $(of "$name" 4)" \
      "$(of cp-wim 1) $(of cp-wim 2) $(of mkwinpeimg 1)"
  done | awk '{
    peer = $8 ? sprintf("%.3f", $2 / $8) : "-"
    printf "%-14s %9.1f %7.2f %8s %9.1f %7.2f %9.1f %8.0f\n", $1, $2 / 1e3, $2 / $6, peer, $3 / 1e3,
           $3 / $7, $5 / 1e6, $4 / 1e3 }'
}

# The verdict is on wall time; CPU time, which neighbours disturb less, stands beside it.
verdict() { awk -v text="$1" '{
  printf "%-8s %s: %s\n", $1 <= $2 ? "reached" : "MISSED", text, substr($0, length($1 $2) + 3) }'; }
# target ROW FACTOR YARDSTICK
target() {
  [ -e "rows/$3" ] || return 0
  echo "$(of "$1" 1) $(of "$3" 1) $(of "$1" 2) $(of "$3" 2)" |
    awk -v factor="$2" '{
      printf "%d %d %.2f x (CPU: %.2f x)\n", $1, factor * $2, $1 / $2, $3 / $4 }' |
    verdict "$1 <= $2 x $3"
}

targets() {
  echo "$(of no-op 1) $(of ninja-no-op 1)" |
    awk '{ printf "%d %d %.1f ms more\n", $1, $2 + 20000, ($1 - $2) / 1e3 }' |
    verdict 'no-op <= ninja-no-op + 20 ms'
  target wim 2 cp-wim
  target iso 2.2 cp-iso
  for name in usb wds partition recovery second-tier third-tier; do target $name 2 cp-wim; done
  target wim+iso 0.25 mkwinpeimg
  target cold 0.5 mkwinpeimg
  target eight-cached 2 sixteen-cp
  for name in cold base-exported wim iso wim+iso usb wds partition recovery second-tier third-tier \
    tool-changed big-changed eight-new eight-cached; do
    peak "$name"
  done | sort -n | awk 'END { printf "%d 300000 %.0f MB\n", $1, $1 / 1e3 }' |
    verdict 'memory of any stage <= 300 MB'
}

# on TITLE FOLDER
on() {
  mkdir -p "$2/project"
  cd "$2/project"
  mkdir rows
  make_project
  for round in $(seq "$runs"); do
    echo "$1, round $round of $runs ..." >&2
    one_image
    stages
    ways
    tiers
    yardsticks
    changes
    eight
  done
  echo
  table "$1"
  targets
  cd "$work"
  rm -rf "$2/project"
}

base=${cache:-$work/cache}/base
[ -e "$base/base.wim" ] || { mkdir -p "${base%/*}" && make_base "$base"; }
base=$(cd "$base" && pwd)
echo "base: $(stat -c %s "$base/base.wim" | awk '{ printf "%.0f", $1 / 1e6 }') MB," \
  "$(wc -l < "$base/base.list") files; medians of $runs rounds; others may use the machine as well"
on "$(findmnt -no FSTYPE -T "$work")" "$work"

[ "$(id -u)" = 0 ] && command -v mkfs.xfs > /dev/null || exit 0
truncate -s 40G "$work/xfs.img"
mkfs.xfs -q -m reflink=1 "$work/xfs.img"
mkdir "$work/xfs"
if mount -o loop,discard "$work/xfs.img" "$work/xfs" 2> /dev/null; then
  mounted=$work/xfs
  on xfs "$work/xfs"
fi
