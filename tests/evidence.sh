#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What SNP guests and TDs were launched as and what evidence they got: the host's measurement equals that of
# separate code, and OpenSSL code that is not the signer's verifies every report and quote against the test roots.
#   evidence.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$(cd "$2" && pwd)
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
image=$build/x86_64/postern-probe.fd

say() { # status, text
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		failed=$((failed + 1))
	fi
}

evidence() { # host, CPUs, checks that fetch evidence, verifier
	local host=$1 cpus=$2 d=$out/$1-$2 host_says ours n
	"$postern" run --quiet --build-dir "$build" --host "$host" --cpus "$cpus" --mem 256M --probe "$3" \
		--save "$d" "${@:5}" >"$out/log" 2>&1 || { cat "$out/log"; say 1 "$host, $cpus CPUs: the run"; return; }
	host_says=$(sed -n 's/^measurement: //p' "$d/channel.log")
	ours=$("$build/native/measure" "$host" "$image" $([ "$host" = snp ] && echo "$cpus"))
	[ -n "$ours" ] && [ "$host_says" = "$ours" ]
	say $? "$host, $cpus CPUs: the host's measurement is that of separate code (${ours:0:16}...)"
	n=$(find "$d" -name 'evidence-*.bin' | wc -l)
	[ "$n" -gt 0 ] && EVIDENCE=$d MEASUREMENT=$ours "$build/unit/$4" >"$out/log" 2>&1
	say $? "$host, $cpus CPUs: OpenSSL verifies $n pieces of evidence and their measurement against the test roots"
	[ $failed = 0 ] || tail -20 "$out/log"
}

for cpus in 1 2 4; do
	evidence snp $cpus 'snp.report.*' test_snp_verify "$@"
	evidence tdx $cpus 'tdx.quote.*' test_tdx_verify "$@"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
