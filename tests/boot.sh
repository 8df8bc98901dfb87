#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Boots the real images in every host, varied over what a real host may choose.
#   boot.sh POSTERN BUILD [--jobs N] [run options]
set -eu
postern=$1 build=$2
shift 2
jobs=2
[ "${1:-}" = --jobs ] && { jobs=$2; shift 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# One line per boot: host, then options of `postern run`.
boots() {
	cat <<'LIST'
cca --cpus 1 --mem 256M --accept eager
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
cca --cpus 2 --mem 256M --msi none
cca --cpus 4 --mem 256M --save-restore 50
cca --cpus 4 --mem 256M --msi its-kvm --save-restore 50 --threads
snp --cpus 1 --mem 256M --accept eager
snp --cpus 4 --mem 2G --accept parallel
snp --cpus 2 --mem 512M --accept lazy
snp --cpus 4 --mem 512M --threads
snp --cpus 2 --mem 256M --no-coop
tdx --cpus 1 --mem 256M --accept eager
tdx --cpus 4 --mem 2G --accept parallel
tdx --cpus 2 --mem 512M --accept lazy --gpaw 48
tdx --cpus 4 --mem 512M --threads
tdx --cpus 2 --mem 256M --no-coop
plain-arm64 --cpus 1 --mem 256M
plain-arm64 --cpus 4 --mem 3G --accept lazy
plain-arm64 --cpus 4 --mem 512M --threads
plain-arm64 --cpus 2 --mem 256M --msi none
plain-x86 --cpus 1 --mem 256M
plain-x86 --cpus 4 --mem 3G --accept parallel
plain-x86 --cpus 4 --mem 512M --threads
uefi-arm64 --cpus 2 --mem 512M
uefi-x86 --cpus 2 --mem 512M
uefi-arm64 --cpus 1 --mem 512M --esp
uefi-x86 --cpus 4 --mem 512M --esp
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
done < <(boots)
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
