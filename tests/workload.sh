#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A workload gets its secret from a relying party that verifies its evidence, on each platform; and does not, by the
# right reason, where anything is not as it should be. The host looks for the secret in all that it can read.
#   workload.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
more=("$@")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

say() { # status, text
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		tail -12 "$out/log" | cut -c1-200 | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}

run() { # exit code, pattern, text, run options
	local want=$1 pattern=$2 text=$3 got
	shift 3
	"$postern" run --quiet --build-dir "$build" --cpus 2 --mem 256M "$@" "${more[@]}" >"$out/log" 2>&1
	got=$?
	[ $got = "$want" ] && grep -qE -- "$pattern" "$out/log"
	say $? "$text"
	[ $got = "$want" ] || echo "  exit $got, expected $want"
}

verify() { # exit code, text, directory, options
	local want=$1 text=$2 d=$3 got
	shift 3
	[ -s "$d/certs.bin" ] && set -- "$@" --certs "$d/certs.bin"
	"$postern" verify "$d/evidence.bin" --roots "$(root "$host")" --expect "$d/expected.txt" "$@" >"$out/log" 2>&1
	got=$?
	[ $got = "$want" ]
	say $? "$text"
	[ $got = "$want" ] || echo "  exit $got, expected $want"
}

root() { # host
	case $1 in
	cca) echo "$build/keys/cpak.pem" ;;
	snp) echo "$build/keys/snp/ark.pem" ;;
	tdx) echo "$build/keys/tdx/root.pem" ;;
	esac
}

# One bit of a message that is never printed: an image that does all the same, and is another.
tamper() { # image, copy
	local at byte
	cp "$1" "$2"
	at=$(grep -obUam1 'the options cannot be measured' "$2" | head -1 | cut -d: -f1)
	byte=$(od -An -v -t u1 -j "$at" -N 1 "$2")
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$2" bs=1 seek="$at" conv=notrunc status=none
	! cmp -s "$1" "$2"
}

image() { # host, workload
	case $1 in
	cca) echo "$build/arm64/postern-workload-$2.img" ;;
	*) echo "$build/x86_64/postern-workload-$2.fd" ;;
	esac
}

release=(--job workload --relying-party)
head -c 100 /dev/urandom >"$out/secret"

for host in cca snp tdx; do
	e=$out/$host
	run 0 'released +all held; secret in none of [1-9][0-9]+ bytes' "$host: the secret is released, used and nowhere to be read" \
		--host $host "${release[@]}" --secret "$out/secret" --evidence "$e"
	shows=$(grep -c '^# relying party: released' "$out/log")
	[ "$shows" = 1 ]
	say $? "$host: the relying party says so"

	# What the party got can be judged again by anybody, with the same result.
	log=()
	[ -s "$e/log.bin" ] && log=(--log "$e/log.bin")
	verify 0 "$host: what it got verifies once more" "$e" --kind workload --key "$e/key.bin" \
		--challenge "$(cat "$e/challenge.hex")" "${log[@]}"
	verify 14 "$host: for another challenge it is not fresh" "$e" --kind workload --key "$e/key.bin" \
		--challenge "$(tr '0-9a-f' '1-9a-f0' <"$e/challenge.hex")" "${log[@]}"
	verify 14 "$host: it is bound to its key" "$e" --kind workload --challenge "$(cat "$e/challenge.hex")" "${log[@]}"

	original=$(image $host secret-release) tampered=$out/tampered
	tamper "$original" "$tampered"
	say $? "$host: a tampered image"
	run 1 'refused: measurement' "$host: a tampered image is refused by its measurement" \
		--host $host "${release[@]}" --image "$tampered" --expected-image "$original"
	run 1 'refused: freshness' "$host: evidence for another challenge is refused" --host $host "${release[@]}" --stale
	run 1 'refused: policy' "$host: a guest the host may debug is refused" --host $host "${release[@]}" --debug
	run 1 'refused: kind' "$host: an image that calls itself a probe is refused" \
		--host $host "${release[@]}" --workload impostor
	run 1 'the guest broke a rule: secret-leaked' "$host: a workload that gives its secret away is found out" \
		--host $host "${release[@]}" --workload leaky
	# SNP has no register for the options.
	[ $host = snp ] ||
		run 1 'refused: measurement' "$host: options that were not expected are refused" \
			--host $host "${release[@]}" --append x --expected "$e/expected.txt"

	# The probe's own evidence is worth nothing to who waits for a workload.
	p=$out/$host-probe
	run 0 'verified +all held' "$host: the probe's evidence is verified" --host $host --probe memory.pattern --evidence "$p"
	verify 0 "$host: and once more" "$p" --kind probe --challenge "$(cat "$p/challenge.hex")"
	verify 15 "$host: and is no workload's" "$p" --kind workload --challenge "$(cat "$p/challenge.hex")"
	run 1 'refused: policy' "$host: a debuggable probe is refused" --host $host --probe memory.pattern --evidence "$p" --debug
done

# Nobody's trust anchor.
run 1 'refused: chain' 'a chain that leads to another root is refused' --host tdx --probe memory.pattern --evidence "$out/chain" \
	--roots "$(root snp)"
run 0 'all held' 'a workload without a relying party' --host plain-x86,cca,pkvm-android --job workload --workload hello

echo "$passed passed, $failed failed"
[ $failed = 0 ]
