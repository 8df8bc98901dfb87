#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The tool as a script sees it: exit codes, lists, what a failure shows.
#   tool.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

expect() { # code, what, command...
	local want=$1 what=$2 got
	shift 2
	"$@" >"$out" 2>&1
	got=$?
	if [ $got = "$want" ]; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what: exit $got, expected $want"
		tail -5 "$out" | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}
shows() { # pattern
	if grep -qE -- "$1" "$out"; then
		passed=$((passed + 1))
		echo "ok -   shows '$1'"
	else
		echo "not ok -   does not show '$1'"
		failed=$((failed + 1))
	fi
}

expect 0 'help' "$postern" --help
shows 'exit codes'
expect 0 'version' "$postern" --version
expect 2 'no command' "$postern"
expect 2 'unknown command' "$postern" fly
expect 0 'run help' "$postern" run --help
expect 2 'unknown host' "$postern" run --host moon
expect 2 'unknown fault' "$postern" run --fault no.such
expect 2 'bad number' "$postern" run --cpus 99
expect 2 'bad word' "$postern" run --accept now
expect 4 'no image' "$postern" run --build-dir "$build" --image /nonexistent
shows 'make images'
expect 4 'no QEMU' "$postern" run --build-dir "$build" --qemu-dir /nonexistent
shows 'install the Debian package'
expect 0 'list' "$postern" list
shows 'rsi.ipa_state_set.misaligned_base.*solo.*CCA-RIPAS-01'
expect 0 'list faults' "$postern" list --faults
shows 'breaks: CCA-RIPAS-01'
expect 0 'list rules' "$postern" list --rules
fault=$("$postern" list --faults | awk '/^[a-z]/ { name = $1 } /breaks: CCA-RIPAS-01$/ { print name; exit }')
expect 1 "a fault ($fault)" "$postern" run --build-dir "$build" --cpus 1 --mem 256M --fault "$fault" "$@"
shows '^not ok [0-9]+ - rsi.ipa_state_set.misaligned_base'
shows '^  asked: '
shows '^  got: '
shows '^  expected: '
expect 0 'selection' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --probe 'rsi.version.*' "$@"
shows '^# totals: pass:[1-9][0-9]* fail:0 skip:0'
expect 3 'instruction budget' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --insns 1000000 "$@"
shows 'budget'
expect 3 'exit budget' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --exits 50 "$@"
shows 'budget'
echo "$passed passed, $failed failed"
[ $failed = 0 ]
