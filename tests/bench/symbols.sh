# The rows of symbols, of which bench.sh tells at its head; it reads this file.
# shellcheck shell=sh disable=SC2154,SC2034 # its variables are used here, and ours there

symbol_rows='symbols-cold symbols-scan symbols-no-op symbols-folder symbols-touch symbols-new'
symbol_count=10000

# In the current folder: an image of Windows PE with the PDB of its kernel, which lies in a store
# among ten thousand others.
make_symbol_project() {
  mkdir -p recipes symbol-media
  "$build/recipes/demo/remedia-demo-medium" symbol-media/stand-in.iso
  "$build/recipes/demo/remedia-demo-evidence" symbol-media
  "$work/symbol_store" 0 "$symbol_count" store
  cp -r symbol-media/symbols-stand-in/ntkrnlmp.pdb store
  cat > recipes/symbols.lua << 'LUA'
local base = source { media = "symbol-media/stand-in.iso", image = "pe" }
return wim {
  name = "symbols", from = base,
  symbols = symbols { "store", files = { "ntoskrnl.exe" } },
}
LUA
}

symbols() {
  [ -e recipes/symbols.lua ] || make_symbol_project
  rm -rf out
  timed_row symbols-cold "$runner" build recipes/symbols.lua
  quietly "$runner" build recipes/symbols.lua
  lists=$(find out/.store/symbol_files -name '*.record' -printf '.store/symbol_files/%f ')
  rm -r out/.store/symbol_files
  # shellcheck disable=SC2086 # several words
  timed_row symbols-scan ninja -C out $lists
  quietly "$runner" build recipes/symbols.lua
  row symbols-no-op "$runner" build recipes/symbols.lua
  touch store/module500.pdb
  timed_row symbols-folder "$runner" build recipes/symbols.lua
  touch "$(find store/module500.pdb -name '*.pdb' -type f | LC_ALL=C sort | head -n 1)"
  timed_row symbols-touch "$runner" build recipes/symbols.lua
  "$work/symbol_store" "$((symbol_count + round))" 1 store
  timed_row symbols-new "$runner" build recipes/symbols.lua
  row cp-symbols cp -r --reflink=never store copies
  row find-symbols find store -ls
  rm -rf copies out
}

# of NAME, the stages that ran in the last round
ran() { awk '{ runs += $2 } END { print runs + 0 }' "stages-$1"; }

symbol_targets() {
  of symbols-no-op 1 | awk '{ printf "%d 1000000 %.0f ms\n", $1, $1 / 1e3 }' |
    verdict 'symbols-no-op <= 1 s'
  target symbols-folder 10 find-symbols
  for name in symbols-folder symbols-touch; do
    echo "$(ran "$name") 1 $(ran "$name") stages" | verdict "$name: the list alone"
  done
  # The list, and what is sought in it.
  echo "$(ran symbols-new) 2 $(ran symbols-new) stages" |
    verdict 'symbols-new: the list and the search'
}
