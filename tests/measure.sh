#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `postern measure` as a script sees it: what it prints, what the value depends on, what it refuses and how.
#   measure.sh POSTERN BUILD
set -u
postern=$1 build=$2
passed=0 failed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fd=$build/x86_64/postern-probe.fd img=$build/arm64/postern-probe.img
head -c 2000 "$img" >"$out/dtb" # any bytes: the RIM does not read them

say() { # status, text
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		failed=$((failed + 1))
	fi
}

# Exit code, a pattern on standard error, arguments.
refused() {
	local want=$1 pattern=$2 got
	shift 2
	"$postern" measure "$@" >"$out/stdout" 2>"$out/stderr"
	got=$?
	[ $got = "$want" ] && grep -qE -- "$pattern" "$out/stderr" && [ ! -s "$out/stdout" ]
	say $? "exit $want and '$pattern': measure ${*##*/}"
	[ $got = "$want" ] || { echo "  exit $got"; head -3 "$out/stderr"; }
}

value() { # name, arguments
	local name=$1
	shift
	"$postern" measure "$@" 2>"$out/stderr" | sed -n "s/^$name: //p"
}

# Other values of a parameter, other measurements; and the same where it does not count.
differs() { # what, first arguments, --, second arguments
	local what=$1 first=() a b
	shift
	while [ "$1" != -- ]; do first+=("$1"); shift; done
	shift
	a=$(value measurement "${first[@]}") b=$(value measurement "$@")
	[ -n "$a" ] && [ -n "$b" ] && [ "$a" != "$b" ]
	say $? "another measurement: $what"
}
same() {
	local what=$1 first=() a b
	shift
	while [ "$1" != -- ]; do first+=("$1"); shift; done
	shift
	a=$(value measurement "${first[@]}") b=$(value measurement "$@")
	[ -n "$a" ] && [ "$a" = "$b" ]
	say $? "the same measurement: $what"
}

snp=("$fd" --platform snp) tdx=("$fd" --platform tdx) cca=("$img" --platform cca --dtb "$out/dtb")

"$postern" measure --help >"$out/help"
say $? 'help'
refused 2 'wants one image' --platform snp
refused 2 'wants one image' "$fd" "$fd" --platform snp
refused 2 '--platform: which' "$fd"
refused 2 'want cca, snp or tdx' "$fd" --platform sgx
refused 2 'unrecognized option' "${snp[@]}" --fly
refused 2 '--cpus: given twice' "${snp[@]}" --cpus 1 --cpus 2
for option in vmm mode vcpu-type vcpu-sig features firmware-digest; do
	refused 2 "--$option: platform tdx has no such thing" "${tdx[@]}" --$option x
	refused 2 "--$option: platform cca has no such thing" "${cca[@]}" --$option x
done
for option in dtb dtb-base dtb-room ram-base ipa-bits hash ripas num-bps num-wps pmu-ctrs sve-vl; do
	refused 2 "--$option: platform snp has no such thing" "${snp[@]}" --$option x
	refused 2 "--$option: platform tdx has no such thing" "${tdx[@]}" --$option x
done
refused 2 '--order: platform snp' "${snp[@]}" --order pages
refused 2 '--kind: platform snp' "${snp[@]}" --kind workload
refused 2 '--log: platform snp' "${snp[@]}" --log x
for bad in '--cpus 0' '--cpus x' '--vmm xen' '--mode tdx' '--vcpu-type i486' '--vcpu-sig -1' '--vcpu-sig 0x100000000' \
	'--features x' '--firmware-digest 00'; do
	# shellcheck disable=SC2086
	refused 2 "^postern: ${bad%% *} .*: want" "${snp[@]}" $bad
done
for bad in '--ipa-bits 31' '--ipa-bits 49' '--hash md5' '--ripas none' '--num-bps 0' '--num-wps 64' '--pmu-ctrs 32' \
	'--sve-vl 16' '--mem x' '--ram-base x' '--dtb-base up' '--dtb-room 0'; do
	# shellcheck disable=SC2086
	refused 2 "^postern: ${bad%% *} .*: want" "${cca[@]}" $bad
done
refused 2 '--order fast: want pages or two-pass' "${tdx[@]}" --order fast
refused 2 '--kind virus: want' "${tdx[@]}" --kind virus
refused 2 'RIM depends on the devicetree' "$img" --platform cca
refused 2 'only --kind workload' "${tdx[@]}" --append x
refused 2 'only --kind workload' "${cca[@]}" --append x
refused 2 'only together with --kernel' "${snp[@]}" --append x
refused 2 'only together with --kernel' "${snp[@]}" --initrd "$fd"
refused 2 'only together with --kernel' "${tdx[@]}" --initrd "$fd"
refused 2 '--hashes: platform cca' "${cca[@]}" --kernel "$fd" --hashes flash
refused 2 '--hashes .*: want host, flash or none' "${tdx[@]}" --kernel "$fd" --hashes page
refused 2 'of what\?' "${snp[@]}" --hashes flash
refused 2 'no host adds some to a TD' "${tdx[@]}" --kernel "$fd" --hashes host
refused 2 'nothing on snp measures the kernel' "${snp[@]}" --kernel "$fd" --hashes none
refused 2 'no workload boots one' "${tdx[@]}" --kind workload --kernel "$fd"
refused 2 'says itself what was booted' "${tdx[@]}" --kernel "$fd" --log "$out/dtb"
refused 4 'No such file' "${tdx[@]}" --kernel /nonexistent
refused 4 'no table for kernel hashes of its own' "${tdx[@]}" --kernel "$img"
refused 4 'no table for kernel hashes of its own' "${snp[@]}" --kernel "$img" --hashes flash
refused 2 'no such launch measures it' "${snp[@]}" --vmm ec2 --vcpu-type EPYC
refused 2 'says it already' "${snp[@]}" --vcpu-type EPYC --vcpu-sig 1
refused 2 'only --mode snp' "${snp[@]}" --mode sev-es --features 1
refused 2 'says itself what the options were' "${tdx[@]}" --kind workload --append x --log "$out/dtb"
refused 4 'No such file' /nonexistent --platform snp
refused 4 'No such file' "${tdx[@]}" --log /nonexistent
refused 4 'the event log: ' "${tdx[@]}" --log "$out/dtb"
refused 4 'no GUIDed table|no multiple of 4 KiB' "$build/x86_64/postern-probe.elf" --platform snp
refused 4 'no arm64 Image' "$fd" --platform cca --dtb "$out/dtb"
refused 4 'no section for kernel hashes' "${snp[@]}" --kernel "$img"
head -c 65536 "$fd" >"$out/cut.fd"
refused 4 'no GUIDed table' "$out/cut.fd" --platform tdx
tail -c 4096 "$fd" >"$out/cut.fd"
refused 4 'data of a TDVF section lies outside the image' "$out/cut.fd" --platform tdx

differs 'SNP, another CPU' "${snp[@]}" -- "${snp[@]}" --cpus 3
differs 'SNP, CPU type' "${snp[@]}" -- "${snp[@]}" --vcpu-type EPYC-Milan
same 'SNP, CPU type by its number' "${snp[@]}" --vcpu-type EPYC-Milan-v2 -- "${snp[@]}" --vcpu-sig 0xa00f11
differs 'SNP, features' "${snp[@]}" -- "${snp[@]}" --features 0x21
differs 'SNP, EC2' "${snp[@]}" -- "${snp[@]}" --vmm ec2
differs 'SNP, GCE' "${snp[@]}" --vmm ec2 -- "${snp[@]}" --vmm gce
differs 'SEV-ES' "${snp[@]}" --mode sev -- "${snp[@]}" --mode sev-es
same 'SNP, memory' "${snp[@]}" -- "${snp[@]}" --mem 3G
differs 'TDX, order' "${tdx[@]}" -- "${tdx[@]}" --order two-pass
same 'TDX, CPUs and memory' "${tdx[@]}" -- "${tdx[@]}" --cpus 8 --mem 3G
same 'TDX, options' "${tdx[@]}" -- "${tdx[@]}" --kind workload --append x
differs 'CCA, memory' "${cca[@]}" -- "${cca[@]}" --mem 1G
differs 'CCA, RAM' "${cca[@]}" -- "${cca[@]}" --ram-base 0x80000000
differs 'CCA, IPA width' "${cca[@]}" -- "${cca[@]}" --ipa-bits 36
differs 'CCA, RIPAS' "${cca[@]}" -- "${cca[@]}" --ripas image
differs 'CCA, place of the devicetree' "${cca[@]}" -- "${cca[@]}" --dtb-base low
differs 'CCA, its room' "${cca[@]}" --dtb-base 0x48000000 -- "${cca[@]}" --dtb-base 0x48000000 --dtb-room 128K
differs 'CCA, breakpoints' "${cca[@]}" -- "${cca[@]}" --num-bps 6
differs 'CCA, watchpoints' "${cca[@]}" -- "${cca[@]}" --num-wps 4
differs 'CCA, PMU' "${cca[@]}" -- "${cca[@]}" --pmu-ctrs 0
differs 'CCA, SVE' "${cca[@]}" -- "${cca[@]}" --sve-vl 1
differs 'CCA, hash' "${cca[@]}" --hash sha384 -- "${cca[@]}" --hash sha512
same 'CCA, CPUs' "${cca[@]}" -- "${cca[@]}" --cpus 8

# Registers: H(zeros || H(options)).
want=$({ head -c 48 /dev/zero; printf 'mode=fast' | openssl dgst -sha384 -binary; } | openssl dgst -sha384 -r | cut -d' ' -f1)
[ "$(value rtmr2 "${tdx[@]}" --kind workload --append mode=fast)" = "$want" ]
say $? "a workload's options in rtmr2"
want=$({ head -c 32 /dev/zero; openssl dgst -sha256 -binary </dev/null; } | openssl dgst -sha256 -r | cut -d' ' -f1)
[ "$(value rem2 "${cca[@]}" --kind workload)" = "$want" ]
say $? "no options in rem2"
[ -z "$(value rem2 "${cca[@]}" --kind probe)" ]
say $? "a probe measures none"

# A kernel: the flash file's table is in the launch, the registers are what the firmware extends: the kernel; initrd,
# then command line. Any files are kernels here.
ours=$build/x86_64/postern-firmware.fd
printf kernel >"$out/kernel"
printf initrd >"$out/initrd"
payload=(--kernel "$out/kernel" --initrd "$out/initrd" --append 'a b')
"$postern" firmware --image "$ours" "${payload[@]}" -o "$out/filled.fd"
say $? "postern firmware"
extend() { # digest's name, register in hex, data
	{ printf '%s' "$2" | tr a-f A-F | basenc --base16 -d; printf '%s' "$3" | openssl dgst "-$1" -binary; } |
		openssl dgst "-$1" -r | cut -d' ' -f1
}
zero=$(printf '%096d' 0)
[ "$(value rtmr1 "$ours" --platform tdx "${payload[@]}")" = "$(extend sha384 "$zero" kernel)" ]
say $? "rtmr1: the kernel"
[ "$(value rtmr2 "$ours" --platform tdx "${payload[@]}")" = "$(extend sha384 "$(extend sha384 "$zero" initrd)" 'a b')" ]
say $? "rtmr2: initrd, then command line"
[ "$(value rtmr2 "$ours" --platform tdx --kernel "$out/kernel")" = "$(extend sha384 "$(extend sha384 "$zero" '')" '')" ]
say $? "rtmr2: neither"
[ "$(value rtmr0 "$ours" --platform tdx "${payload[@]}")" = "$zero" ]
say $? "rtmr0: nothing"
[ "$(value rem1 "${cca[@]}" "${payload[@]}")" = "$(extend sha256 "${zero:0:64}" kernel)" ]
say $? "rem1: the kernel"
same 'CCA, a kernel' "${cca[@]}" -- "${cca[@]}" "${payload[@]}"
same 'TDX, the filled flash file' "$ours" --platform tdx "${payload[@]}" -- "$out/filled.fd" --platform tdx
same 'TDX, hashes left alone' "$ours" --platform tdx --kernel "$out/kernel" --hashes none -- "$ours" --platform tdx
same 'SNP, the filled flash file' "$ours" --platform snp "${payload[@]}" --hashes flash -- "$out/filled.fd" --platform snp
differs 'SNP, hashes by the host' "$ours" --platform snp "${payload[@]}" -- "$ours" --platform snp "${payload[@]}" --hashes flash
for host in snp tdx; do
	differs "$host, kernel" "$ours" --platform $host "${payload[@]}" -- "$ours" --platform $host "${payload[@]:2}" --kernel "$out/initrd"
	differs "$host, initrd" "$ours" --platform $host "${payload[@]}" -- "$ours" --platform $host "${payload[@]:0:2}" "${payload[@]:4}"
	differs "$host, command line" "$ours" --platform $host "${payload[@]}" -- "$ours" --platform $host "${payload[@]:0:5}" 'a c'
done
log=${VECTORS:-../shared/vectors}/tdx/eventlog_cos113_trimmed.bin
if [ -f "$log" ]; then
	[ "$(value rtmr1 "${tdx[@]}" --log "$log")" = f62dbc072bd5d3f3438b7b35c39a727f5aea2ffc2473f43723953f530daf62504f0a7944aa62c41a86e8a878c2b122c1 ]
	say $? "registers as a real log replays"
	refused 4 'not of the hash' "${cca[@]}" --log "$log"
else
	echo "# SKIP $log is not there"
fi

# What it prints is what verify reads, and the same to programs.
"$postern" measure "${tdx[@]}" --kind workload >"$out/expected"
"$postern" measure "${tdx[@]}" --kind workload --json >"$out/json"
plain=$(sed -n 's/^measurement: //p' "$out/expected")
[ "$(sed -n 's/^  "measurement": "\(.*\)",$/\1/p' "$out/json")" = "$plain" ] && grep -q '"order": "pages"' "$out/json"
say $? "JSON"
: >"$out/nothing"
"$postern" verify "$out/nothing" --expect "$out/expected" >"$out/stdout" 2>&1
[ $? = 10 ]
say $? "postern verify reads it as expectations"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
