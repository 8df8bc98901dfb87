#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every bad guest must be caught by the host's violation trace, and only for what it does.
#   badguest.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

for src in "$here"/badguest/*.c; do
	name=$(basename "$src" .c)
	[ "$name" = job ] && continue
	kind=$(sed -n 's|^/\* kind: ||p' "$src")
	[ -n "$kind" ] || { echo "$src names no kind" >&2; exit 1; }
	"$postern" run --quiet --build-dir "$build" --image "$build/arm64/badguest-$name.img" \
		--cpus 1 --save "$out/$name" "$@" >"$out/$name.log" 2>&1 || true
	kinds=$(sed -n 's/^violation: \([^ ]*\).*/\1/p' "$out/$name/channel.log" 2>/dev/null | sort -u | tr '\n' ' ')
	if ! grep -q '^# misbehaving' "$out/$name/console.log" 2>/dev/null; then
		echo "not ok - bad guest $name did not come to its deed"
		tail -5 "$out/$name/console.log" "$out/$name/channel.log" 2>/dev/null || true
		failed=$((failed + 1))
	elif [ "${kinds% }" = "${kind#none}" ]; then
		echo "ok - bad guest $name: ${kinds:-no violation, as it should}"
		passed=$((passed + 1))
	else
		echo "not ok - bad guest $name: recorded '${kinds% }', expected '$kind'"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
