#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Boots the real images in every host, varied over what a real host may choose.
#   boot.sh POSTERN BUILD [--sample] [--jobs N] [run options]
set -eu
postern=$1 build=$2
shift 2
sample=no jobs=2
[ "${1:-}" = --sample ] && { sample=yes; shift; }
[ "${1:-}" = --jobs ] && { jobs=$2; shift 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# One line per boot: host, then options of `postern run`. In these every choice is made once, several in a boot; of each
# reference host one boots for its terminal checks, too.
sample() {
	cat <<'LIST'
cca --cpus 1 --mem 256M --accept eager
cca --cpus 4 --mem 3G --accept parallel --ipa-bits 36 --dtb low --no-terminal
cca --cpus 1 --mem 3G --accept lazy --ram-base 0x80000000 --ipa-bits 34 --no-terminal
cca --cpus 1 --mem 256M --accept lazy --ripas image --dtb after --dt-order reversed --no-terminal
cca --cpus 2 --mem 256M --ram-base 0x80000000 --ipa-bits 40 --console ns16550 --hash sha512 --no-terminal
cca --cpus 1 --mem 256M --ipa-bits 48 --console none --no-terminal
cca --cpus 2 --mem 256M --ipa-bits 44 --no-coop --no-terminal
cca --cpus 2 --mem 256M --accept parallel --ripas-chunk 7 --msi gicv2m --no-terminal
cca --cpus 2 --mem 256M --msi none --no-terminal
cca --cpus 2 --mem 256M --msi its-kvm --save-restore 50 --threads --no-terminal
snp --cpus 1 --mem 256M --accept eager
snp --cpus 4 --mem 2G --accept parallel --no-terminal
snp --cpus 2 --mem 256M --accept lazy --threads --no-terminal
snp --cpus 2 --mem 256M --no-coop --no-terminal
tdx --cpus 1 --mem 256M --accept eager
tdx --cpus 4 --mem 2G --accept parallel --no-terminal
tdx --cpus 2 --mem 256M --accept lazy --gpaw 48 --threads --no-terminal
tdx --cpus 2 --mem 256M --no-coop --no-terminal
pkvm --cpus 1 --mem 256M
pkvm --cpus 2 --mem 3G --granule 16K --dtb low --no-terminal
pkvm --cpus 4 --mem 256M --granule 64K --msi none --no-terminal
pkvm --cpus 2 --mem 256M --ram-base 0x80000000 --ipa-bits 40 --console ns16550 --no-coop --no-terminal
pkvm-android --cpus 4 --mem 512M
pkvm-android --cpus 1 --mem 256M --granule 64K --msi gicv2m --dtb after --dt-order reversed --no-terminal
pkvm-android --cpus 2 --mem 256M --msi its-kvm --save-restore 50 --threads --no-terminal
plain-arm64 --cpus 4 --mem 3G --accept lazy
plain-arm64 --cpus 4 --mem 512M --msi none --threads
plain-x86 --cpus 1 --mem 256M
plain-x86 --cpus 4 --mem 3G --accept parallel --threads
uefi-arm64 --cpus 2 --mem 512M
uefi-x86 --cpus 2 --mem 512M
uefi-arm64 --cpus 1 --mem 512M --esp
uefi-x86 --cpus 4 --mem 512M --esp
LIST
}

# The rest of `make boot` and of make check-full.
more() {
	cat <<'LIST'
cca --cpus 4 --mem 256M --accept parallel
cca --cpus 1 --mem 3G --accept lazy
cca --cpus 4 --mem 3G --accept parallel
cca --cpus 4 --mem 512M --threads
cca --cpus 2 --mem 512M --accept lazy --ripas image
cca --cpus 1 --mem 256M --ripas image --dtb after --dt-order reversed
cca --cpus 2 --mem 256M --ram-base 0x80000000 --console ns16550
cca --cpus 1 --mem 3G --ram-base 0x80000000 --ipa-bits 34 --accept eager
cca --cpus 1 --mem 256M --ipa-bits 36 --dtb low
cca --cpus 2 --mem 256M --ipa-bits 40 --hash sha512
cca --cpus 1 --mem 256M --ipa-bits 44 --ram-base 0x80000000
cca --cpus 1 --mem 256M --ipa-bits 48 --ripas image
cca --cpus 1 --mem 256M --console none
cca --cpus 2 --mem 256M --no-coop
cca --cpus 2 --mem 256M --ripas-chunk 7 --accept parallel
cca --cpus 2 --mem 256M --msi its-kvm
cca --cpus 2 --mem 256M --msi gicv2m
cca --cpus 4 --mem 256M --save-restore 50
cca --cpus 4 --mem 256M --msi its-kvm --save-restore 50 --threads
snp --cpus 2 --mem 512M --accept lazy
snp --cpus 4 --mem 512M --threads
tdx --cpus 2 --mem 512M --accept lazy --gpaw 48
tdx --cpus 4 --mem 512M --threads
pkvm --cpus 4 --mem 256M --accept parallel
pkvm --cpus 4 --mem 512M --threads
pkvm --cpus 2 --mem 256M --msi its-kvm
pkvm --cpus 2 --mem 256M --granule 64K
pkvm --cpus 1 --mem 256M --ipa-bits 32 --dtb after
pkvm --cpus 1 --mem 256M --console none
pkvm-android --cpus 1 --mem 256M
pkvm-android --cpus 1 --mem 3G --accept lazy
pkvm-android --cpus 4 --mem 512M --threads
pkvm-android --cpus 2 --mem 256M --granule 16K
pkvm-android --cpus 4 --mem 256M --granule 64K
pkvm-android --cpus 2 --mem 256M --no-coop
pkvm-android --cpus 2 --mem 256M --msi its-kvm
pkvm-android --cpus 2 --mem 256M --msi none
pkvm-android --cpus 2 --mem 256M --ram-base 0x80000000
pkvm-android --cpus 4 --mem 256M --save-restore 50
pkvm-android --cpus 4 --mem 256M --msi its-kvm --save-restore 50 --threads
pkvm-android --cpus 4 --mem 512M --pvmfw
pkvm-android --cpus 1 --mem 256M --pvmfw --granule 64K
plain-arm64 --cpus 1 --mem 256M
plain-arm64 --cpus 4 --mem 512M --threads
plain-arm64 --cpus 2 --mem 256M --msi none
plain-x86 --cpus 4 --mem 3G --accept parallel
plain-x86 --cpus 4 --mem 512M --threads
LIST
}

one() { # number, words
	local n=$1 t=$SECONDS
	shift
	if "$postern" run --build-dir "$build" --quiet --host "$@" >"$out/$n.log" 2>&1; then
		echo "ok - boot $* ($((SECONDS - t)) s)"
	else
		echo "not ok - boot $* (code $?)"
		grep -vE '^ok |^#' "$out/$n.log" | tail -15 | sed 's/^/  /'
		touch "$out/failed.$n"
	fi
}

n=0
while read -r line; do
	n=$((n + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
	# shellcheck disable=SC2086
	one "$n" $line "$@" </dev/null &
done < <(
	sample
	[ $sample = yes ] || more
)
wait

# The floor of the design: one GiB more, in a range of its own (above 4 GiB), costs so many calls and exits to the
# host. Counters of guest and host are equal in every run, or it fails.
accepting() { sed -n "/^# accept:/s/.* $2=\([0-9]*\).*/\1/p" "$out/$1/console.log"; } # run key
floor() { # host, calls, exits, 4 KiB pages, then run options
	local host=$1 want="$2 $3 $4" got mem key
	n=$((n + 1))
	shift 4
	for mem in 1792M 2816M; do
		"$postern" run --build-dir "$build" --quiet --host "$host" --cpus 1 --mem $mem --accept eager \
			--probe memory.pattern --save "$out/$mem" "$@" >"$out/$n.log" 2>&1 || touch "$out/failed.$n"
	done
	got=
	for key in calls exits pages_4k; do
		got="$got $(($(accepting 2816M $key) - $(accepting 1792M $key)))"
	done
	if [ "$got" = " $want" ] && [ ! -e "$out/failed.$n" ]; then
		echo "ok - one GiB of $host: calls, exits, 4 KiB pages$got ($*)"
	else
		echo "not ok - one GiB of $host: calls, exits, 4 KiB pages$got, not $want ($*)"
		touch "$out/failed.$n"
	fi
}
floor snp 512 3 0 "$@"
floor tdx 512 0 0 "$@"

failed=$(find "$out" -name 'failed.*' | wc -l)
echo "$((n - failed)) passed, $failed failed"
[ "$failed" = 0 ]
