#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the stages of `make check`, two at a time, each into a log of its own; prints time and result.
#   check.sh BUILD MAKE STAGE...
set -u
build=$1 make=$2
shift 2
logs=$build/check
rm -rf "$logs"
mkdir -p "$logs"
start=$SECONDS

one() {
	local stage=$1 t=$SECONDS
	if $make --no-print-directory "$stage" >"$logs/$stage.log" 2>&1; then
		printf 'ok      %-12s %4d s  %s\n' "$stage" $((SECONDS - t)) "$(grep -E '^([a-z]+: )?[0-9]+ (passed|run),' "$logs/$stage.log" | tail -1)"
		touch "$logs/$stage.ok"
	else
		printf 'FAILED  %-12s %4d s  see %s\n' "$stage" $((SECONDS - t)) "$logs/$stage.log"
		grep -E -A8 '^not ok|rror:|FAILED|SURVIVED|assert' "$logs/$stage.log" | tail -60 | sed 's/^/        /'
	fi
}

for stage; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
	one "$stage" &
done
wait
ok=0
for stage; do [ -e "$logs/$stage.ok" ] && ok=$((ok + 1)); done
printf 'check: %d s; stages:\n%d passed, %d failed\n' $((SECONDS - start)) $ok $(($# - ok))
[ $ok = $# ]
