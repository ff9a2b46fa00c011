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
exit $status
