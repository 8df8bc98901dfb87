#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every bad guest must be caught by the host's violation trace, and only for what it does.
#   badguest.sh POSTERN BUILD [run options]
# A guest's source says which kind each host must record: "kind:" (CCA), "kind-snp:", "kind-tdx:",
# "kind-pkvm:" (Android profile).
set -eu
postern=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

# try HOST NAME IMAGE KIND [run options]
try() {
	local host=$1 name=$2 image=$3 kind=$4 dir=$out/$1-$2 kinds
	shift 4
	"$postern" run --quiet --host "$host" --build-dir "$build" --image "$image" \
		--cpus 1 --save "$dir" "$@" >"$dir.log" 2>&1 || true
	kinds=$(sed -n 's/^violation: \([^ ]*\).*/\1/p' "$dir/channel.log" 2>/dev/null | sort -u | tr '\n' ' ')
	if ! grep -q '^# misbehaving' "$dir/console.log" 2>/dev/null; then
		echo "not ok - bad guest $name ($host) did not come to its deed"
		tail -5 "$dir/console.log" "$dir/channel.log" 2>/dev/null || true
		failed=$((failed + 1))
	elif [ "${kinds% }" = "${kind#none}" ]; then
		echo "ok - bad guest $name ($host): ${kinds:-no violation, as it should}"
		passed=$((passed + 1))
	else
		echo "not ok - bad guest $name ($host): recorded '${kinds% }', expected '$kind'"
		failed=$((failed + 1))
	fi
}

for src in "$here"/badguest/*.c "$here"/badguest/x86_64/*.c; do
	name=$(basename "$src" .c)
	[ "$name" = job ] && continue
	grep -q '^\(/\*\| \*\) kind' "$src" || { echo "$src names no kind" >&2; exit 1; }
	kind=$(sed -n 's|^/\* kind: ||p' "$src")
	[ -z "$kind" ] || try cca "$name" "$build/arm64/badguest-$name.img" "$kind" "$@"
	kind=$(sed -n "s,^\(/\*\| \*\) kind-pkvm: ,,p" "$src")
	[ -z "$kind" ] || try pkvm-android "$name" "$build/arm64/badguest-$name.img" "$kind" "$@"
	for host in snp tdx; do
		kind=$(sed -n "s,^\(/\*\| \*\) kind-$host: ,,p" "$src")
		[ -z "$kind" ] || try $host "$name" "$build/x86_64/postern-bad-$name.fd" "$kind" "$@"
	done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
