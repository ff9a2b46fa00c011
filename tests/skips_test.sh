#!/bin/sh
# What skips.sh makes of the results of ctest.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

results() {
  printf '<?xml version="1.0"?>\n<testsuite name="(empty)"\n\ttests="3"\n\t>\n' > "$work/results"
  printf '\t<testcase name="%s" classname="c" time="0" status="%s">\n\t</testcase>\n' \
    a.passes run 'b/skips&amp;says' "$1" c.passes run >> "$work/results"
  printf '\t\t<system-out>a.passes status="notrun"\n</system-out>\n</testsuite>\n' >> "$work/results"
}

# expect STATUS: with the allowed names that come on stdin
expect() {
  cat > "$work/allowed"
  status=0
  sh skips.sh "$work/results" "$work/allowed" 2> "$work/said" || status=$?
  [ "$status" -eq "$1" ] || { echo "expected $1, got $status:"; cat "$work/said"; exit 1; }
}

results run
expect 0 < /dev/null
for kind in notrun disabled; do
  results "$kind"
  expect 1 < /dev/null
  grep -q ': b/skips&says$' "$work/said"
  echo '# b/skips&says' | expect 1
  echo 'b/skips' | expect 1
  echo 'b.skips.says' | expect 1
  echo 'b/skips&says   # needs a machine of another kind' | expect 0
done
: > "$work/results"
expect 1 < /dev/null
rm "$work/results"
expect 1 < /dev/null
