#!/bin/sh
# Layers: kinds > recipe, graph > media > formats > support. No file includes from above its own.
set -eu
cd "$(dirname "$0")/../stages"
status=0
# check FOLDER FORBIDDEN: no file of FOLDER includes a header of a FORBIDDEN folder
check() {
  if grep -nE "#include \"($2)/" "$1"/*.cpp "$1"/*.h; then
    echo "stages/$1 must not include from $2" >&2
    status=1
  fi
}
check support 'formats|media|recipe|graph|kinds'
check formats 'media|recipe|graph|kinds'
check media 'recipe|graph|kinds'
check recipe 'media|formats|graph|kinds'
check graph 'media|formats|kinds'
# The launcher runs on another system: nothing of the others, and its logic nothing of Windows.
check launcher 'support|formats|media|recipe|graph|kinds|launcher/windows'
check launcher/windows 'support|formats|media|recipe|graph|kinds'
exit $status
