#!/bin/sh
# sh tests/bench/bench.sh [-d] [-s] [-n RUNS] [-c CACHE] [-w FOLDER] BUILD: what builds cost.
#
# BUILD is a build folder with REMEDIA_DEMO=ON (its remedia and its stand-in medium are used). CACHE
# keeps the base between calls; without it a base is made each time, which takes a minute. All else
# happens in a new folder below FOLDER (default: TMPDIR or /tmp), some 20 GB, removed at the end.
# With -d only the rows of drivers are run, in 8 GB and without a base; with -s only those of
# symbols, in 500 MB; with both, both.
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
#   drivers-cold   the first build of an image with four folders of driver packages: 2,000 INFs,
#                  20,000 files, 2 GB (see driver_folders.cpp), all of them in the image
#   drivers-scan   their lists again, with nothing remembered of any file
#   drivers-no-op  `remedia build` when nothing has changed
#   drivers-touch  one file has another time
#   drivers-file   one program has other bytes: its folder's list, the choice, the compression of
#                  that folder, and the image follow, and nothing else may
#   drivers-note   a file that no package needs has other bytes
#   cp-drivers     a plain copy of the folders
#   symbols-cold   the first build of an image with the PDB of its kernel, which lies in a symbol
#                  store among 10,000 others (see symbol_store.cpp)
#   symbols-scan   the list of the store again, with nothing remembered of any file
#   symbols-no-op  `remedia build` when nothing has changed
#   symbols-folder a folder of the store has another time: a look at each file, and no more
#   symbols-touch  one PDB has another time
#   symbols-new    one PDB more, which nobody wants
#   cp-symbols     a plain copy of the store
#   find-symbols   `find -ls` of it: what a look at each file costs at least
#   cp-wim cp-iso  plain copies of the artifacts (never clones): the yardstick
#   clone-iso      `cp --reflink=always` of the ISO, where that works
#   sixteen-cp     eight copies of each
#   mkwinpeimg     of wimtools, if installed: `--iso` with the same medium, base and files. It
#                  always compresses at its own level (LZX:50); Remedia's default is LZX:20
# Columns: wall time; that as a multiple of cp-wim and of mkwinpeimg; CPU time of all processes, and
# as a multiple of that of cp-wim; megabytes written (see measure.cpp); peak memory of the largest
# process.
# Below the table stand, for the rows of drivers and symbols, the times of their stages in the last
# round, by the log of ninja.
set -eu

usage() {
  sed -n '2s/^# //p' "$0" >&2
  exit 2
}
runs=5 cache='' only='' below=${TMPDIR:-/tmp}
while getopts dsn:c:w: option; do
  case $option in
    d) only="$only drivers" ;;
    s) only="$only symbols" ;;
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
"${CXX:-c++}" -std=c++20 -O2 "$here/driver_folders.cpp" -o "$work/driver_folders"
demo=$here/../../recipes/demo
"${CXX:-c++}" -std=c++20 -O2 -I "$demo" "$here/symbol_store.cpp" "$demo/medium/pdb_file.cpp" \
  -lfmt -o "$work/symbol_store"
# shellcheck source=tests/bench/symbols.sh
. "$here/symbols.sh"

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

# Another, in the current folder: drivers and nothing else. What they are made of is 64 MB of
# programs of this machine.
make_driver_project() {
  mkdir -p recipes driver-media
  cp "$build/media/stand-in.iso" driver-media
  cat > recipes/drivers.lua << 'LUA'
local base = source { media = "driver-media/stand-in.iso", image = "pe" }
return wim {
  name = "drivers", from = base,
  drivers = drivers { "vendor0", "vendor1", "vendor2", "vendor3", allow_unsigned = { "**" } },
}
LUA
  find /usr/bin /usr/lib -xdev -type f -size +100k -size -4000k | LC_ALL=C sort | head -n 1000 |
    tr '\n' '\0' | xargs -0 cat 2> /dev/null | head -c 64000000 > pool
  "$work/driver_folders" pool drivers
  rm pool
  echo 'of the vendor' > drivers/vendor3/readme.txt
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
    no-op | ninja-no-op | *drivers* | *symbols*) ;;
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

# row, and the times of its stages: what ninja logged that it had not logged before.
timed_row() {
  timed=$1
  { echo && cat out/.ninja_log 2> /dev/null; } > log.before || true
  row "$@"
  awk -F '\t' 'FNR == NR { before[$0]; next }
    $0 in before || NF < 4 || $1 " " $2 in seen { next }
    {
      seen[$1 " " $2]
      parts = split($4, names, "/")
      kind = parts > 2 && names[1] == ".store" ? names[2] : names[parts]
      runs[kind]++
      sum[kind] += $2 - $1
      if ($2 - $1 > most[kind]) most[kind] = $2 - $1
    }
    END {
      for (kind in runs)
        printf "  %-24s %d x, %d ms, the longest %d ms\n", kind, runs[kind], sum[kind], most[kind]
    }' log.before out/.ninja_log | LC_ALL=C sort > "stages-$timed"
}

drivers() {
  [ -e recipes/drivers.lua ] || make_driver_project
  rm -rf out
  timed_row drivers-cold "$runner" build recipes/drivers.lua
  quietly "$runner" build recipes/drivers.lua
  lists=$(find out/.store/driver_files -name '*.tree' -printf '.store/driver_files/%f ')
  rm -r out/.store/driver_files
  # shellcheck disable=SC2086 # several words
  timed_row drivers-scan ninja -C out $lists
  quietly "$runner" build recipes/drivers.lua
  row drivers-no-op "$runner" build recipes/drivers.lua
  program=drivers/vendor1/net700/net700.sys
  touch "$program"
  timed_row drivers-touch "$runner" build recipes/drivers.lua
  printf '%s %s' "$$" "$round" | dd of="$program" bs=1 seek=4000 conv=notrunc status=none
  timed_row drivers-file "$runner" build recipes/drivers.lua
  change drivers/vendor3/readme.txt
  timed_row drivers-note "$runner" build recipes/drivers.lua
  row cp-drivers cp -r --reflink=never drivers copies
  rm -rf copies out
}

# --- what is printed ---

# of NAME COLUMN: the median; nothing if there is no such row
of() {
  [ ! -e "rows/$1" ] || sort -n -k "$2,$2" "rows/$1" |
    awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
peak() { sort -n -k 3,3 "rows/$1" | awk 'END { print $3 }'; }

driver_rows='drivers-cold drivers-scan drivers-no-op drivers-touch drivers-file drivers-note'

# Where no base is, drivers and symbols are measured by their copy.
yardstick() {
  for copy in cp-wim cp-drivers cp-symbols; do
    [ ! -e "rows/$copy" ] || break
  done
  of "$copy" "$1"
}

table() {
  printf '%-14s %9s %7s %8s %9s %7s %9s %8s\n' "$1" 'wall ms' 'x cp' 'x mkwpe' 'CPU ms' 'x cp' \
    'MB writ.' 'peak MB'
  for name in cold base-exported no-op ninja-no-op wim iso wim+iso usb wds partition recovery \
    second-tier third-tier tool-changed big-changed eight-new eight-cached cp-wim cp-iso clone-iso \
    sixteen-cp mkwinpeimg $driver_rows cp-drivers $symbol_rows cp-symbols \
    find-symbols; do
    [ -e "rows/$name" ] || continue
    echo "$name $(of "$name" 1) $(of "$name" 2) $(peak "$name") $(of "$name" 4)" \
      "$(yardstick 1) $(yardstick 2) $(of mkwinpeimg 1)"
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

stages_of_rows() {
  for name in $driver_rows $symbol_rows; do
    [ -s "stages-$name" ] || continue
    echo "$name, by stage:"
    cat "stages-$name"
  done
}

driver_targets() {
  of drivers-no-op 1 | awk '{ printf "%d 1000000 %.0f ms\n", $1, $1 / 1e3 }' |
    verdict 'drivers-no-op <= 1 s'
  # Of each, the stages that may run.
  awk '{ runs += $2 } END { printf "%d 1 %d stages\n", runs, runs }' stages-drivers-touch |
    verdict 'drivers-touch: the list alone'
  awk '{ runs += $2 } END { printf "%d 2 %d stages\n", runs, runs }' stages-drivers-note |
    verdict 'drivers-note: the list and the choice'
  # The list, the choice, two components, the settings, the image, the manifest.
  awk '{ runs += $2 } END { printf "%d 7 %d stages\n", runs, runs }' stages-drivers-file |
    verdict 'drivers-file: one folder and the image'
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
  [ -n "$only" ] || make_project
  for round in $(seq "$runs"); do
    echo "$1, round $round of $runs ..." >&2
    for part in ${only:-drivers symbols}; do "$part"; done
    [ -z "$only" ] || continue
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
  stages_of_rows
  [ ! -e rows/drivers-no-op ] || driver_targets
  [ ! -e rows/symbols-no-op ] || symbol_targets
  [ -n "$only" ] || targets
  cd "$work"
  rm -rf "$2/project"
}

if [ -n "$only" ]; then
  echo "medians of $runs rounds; others may use the machine as well"
  on "$(findmnt -no FSTYPE -T "$work")" "$work"
  exit 0
fi

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
