#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs fuzz targets for some seconds each, or until so many inputs (0: as many as fit); a finding is kept beside the corpus. Samples of $VECTORS that a target
# names in a line "seeds: GLOB..." start it, where they are there.
#   fuzz.sh BUILD SECONDS INPUTS TARGET...
set -u
build=$1 seconds=$2 inputs=$3
shift 3
[ "$inputs" != 0 ] || inputs=-1
passed=0 failed=0
for t; do
	corpus=$build/fuzz/corpus/$t
	mkdir -p "$corpus" "$build/fuzz/findings"
	for glob in $(sed -n 's/^ \* seeds: *//p' "tests/fuzz/$t.c"); do
		for seed in ${VECTORS:-../shared/vectors}/$glob; do
			[ ! -f "$seed" ] || cp -f "$seed" "$corpus/seed-$(basename "$seed")"
		done
	done
	if "$build/fuzz/$t" -max_total_time="$seconds" -runs="$inputs" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/fuzz/findings/$t-" "$corpus" >"$build/fuzz/$t.log" 2>&1; then
		echo "ok - $t: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz/$t.log") inputs"
		passed=$((passed + 1))
	else
		echo "not ok - $t: error: see $build/fuzz/$t.log and $build/fuzz/findings/"
		grep -E -A12 'ERROR|runtime error' "$build/fuzz/$t.log" | head -20
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
