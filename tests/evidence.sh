#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What realms, SNP guests and TDs were launched as and what evidence they got: the host's measurement is the one that
# `postern measure` predicts, and `postern verify`, which shares no code with the signer, verifies reports and quotes
# against the test roots and that prediction.
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

# The host's own word, and the prediction, of a run saved in a directory.
launched() { # directory, host, CPUs, image, options of measure
	local d=$1 host_says ours
	host_says=$(sed -n 's/^measurement: //p' "$d/channel.log")
	"$postern" measure "$4" --platform "$2" --cpus "$3" --mem 256M "${@:5}" >"$d/expected.txt"
	ours=$(sed -n 's/^measurement: //p' "$d/expected.txt")
	[ -n "$ours" ] && [ "$host_says" = "$ours" ]
	say $? "$2, $3 CPUs: the host's measurement is the predicted one (${ours:0:16}...)"
}

run() { # directory, host, CPUs, checks, run options
	"$postern" run --quiet --build-dir "$build" --host "$2" --cpus "$3" --mem 256M --probe "$4" --save "$1" "${@:5}" \
		>"$out/log" 2>&1 || { cat "$out/log"; say 1 "$2, $3 CPUs: the run"; return 1; }
}

evidence() { # host, CPUs, checks that fetch evidence, run options
	local host=$1 cpus=$2 d=$out/$1-$2 n=0 good=0
	run "$d" "$host" "$cpus" "$3" "${@:4}" || return
	launched "$d" "$host" "$cpus" "$image"
	for f in "$d"/evidence-*.bin; do
		n=$((n + 1))
		"$postern" verify "$f" --roots "$build/keys/$host" --expect "$d/expected.txt" --require chain >"$out/log" 2>&1 &&
			good=$((good + 1)) || tail -40 "$out/log"
	done
	[ "$n" = "$good" ]
	say $? "$host, $cpus CPUs: postern verifies $good of $n pieces of evidence, their chain and the predicted measurement"
}

# The RIM needs the devicetree the host gave; tests/token.sh verifies tokens.
realm() { # CPUs, options of measure, --, options of run
	local cpus=$1 d=$out/cca-$passed-$failed measure=()
	shift
	while [ "$1" != -- ]; do measure+=("$1"); shift; done
	shift
	run "$d" cca "$cpus" memory.pattern "$@" || return
	sed -n 's/^devicetree: //p' "$d/channel.log" | tr -d '\n' | tr '0-9a-f' '0-9A-F' | basenc --base16 -d >"$d/realm.dtb"
	launched "$d" cca "$cpus" "$build/arm64/postern-probe.img" --dtb "$d/realm.dtb" "${measure[@]}"
}

# The firmware with a kernel, which need not be one: what is measured is measured before anybody looks at it.
firmware() { # host, CPUs, host or flash: where the hashes are
	local d=$out/firmware-$1-$3 cpus=$2
	local payload=(--kernel "$out/kernel" --append 'a b')
	[ "$3" = flash ] || payload+=(--initrd "$out/initrd")
	"$postern" run --quiet --build-dir "$build" --host "$1" --cpus "$cpus" --mem 256M --save "$d" --hashes "$3" "${payload[@]}" \
		"${@:4}" >"$out/log" 2>&1
	[ $? = 1 ] && grep -q '^# linux: verified: ' "$d/console.log" && grep -q '^# linux: refused: ' "$d/console.log"
	say $? "$1, $cpus CPUs: what is no kernel is refused, and not for its hashes ($3)"
	launched "$d" "$1" "$cpus" "$build/x86_64/postern-firmware.fd" --hashes "$3" "${payload[@]}"
}

printf 'no kernel' >"$out/kernel"
printf 'an initrd' >"$out/initrd"
firmware snp 1 host "$@"
firmware snp 2 flash "$@"
firmware tdx 1 flash "$@"

for cpus in 1 2 4; do
	evidence snp $cpus 'snp.report.*' "$@"
	evidence tdx $cpus 'tdx.quote.*' "$@"
	realm $cpus -- "$@"
done
realm 2 --hash sha512 --ram-base 0x80000000 --ipa-bits 40 --dtb-base low -- \
	--hash sha512 --ram-base 0x80000000 --ipa-bits 40 --dtb low --console ns16550 "$@"
realm 4 --ripas image --dtb-base after -- --ripas image --dtb after --msi none --dt-order reversed "$@"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
