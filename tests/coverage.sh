#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Line coverage of one source by one unit test, by gcov; fails below the given per cent.
#   coverage.sh BUILD TEST SOURCE MINIMUM
set -eu
build=$1 test=$2 source=$3 minimum=$4
root=$(pwd)
cd "$build/unit"
rm -f ./*"$test"-*.gcda
"./$test" >/dev/null 2>&1
data=$(ls "$test"-"$(basename "$source" .c)".gcda)
line=$(cd "$root" && gcov -n -o "$build/unit/$data" "$source" | grep -A1 "File '$source'" | tail -1)
percent=$(printf '%s' "$line" | sed -n 's/Lines executed:\([0-9]*\)\..*/\1/p')
echo "$source: $line"
[ -n "$percent" ] && [ "$percent" -ge "$minimum" ] || { echo "not ok - coverage of $source below $minimum%"; exit 1; }
echo '1 passed, 0 failed'
