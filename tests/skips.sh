#!/bin/sh
# sh skips.sh RESULTS.xml ALLOWED: fails if ctest left out a test that ALLOWED does not name.
#
# A skipped test looks like a success to ctest. RESULTS.xml is what `ctest --output-junit` writes:
# one line per test, its text escaped, so that nothing a test prints looks like such a line.
set -eu
results=$1
allowed=$2

grep -q '<testsuite' "$results" || { echo "skips.sh: '$results' holds no results" >&2; exit 1; }
left_out=$(sed -nE 's/^\t<testcase name="([^"]*)".* status="(notrun|disabled)".*/\1/p' "$results" |
           sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g')
named=$(sed 's/#.*//; s/[[:space:]]*$//' "$allowed")

status=0
while IFS= read -r name; do
  case $name in '') continue ;; esac
  if ! printf '%s\n' "$named" | grep -Fqx -e "$name"; then
    echo "skipped, but not named in $allowed: $name" >&2
    status=1
  fi
done <<EOF
$left_out
EOF
exit $status
