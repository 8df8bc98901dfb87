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
failed=$(find "$out" -name 'failed.*' | wc -l)
echo "$((n - failed)) passed, $failed failed"
[ "$failed" = 0 ]
