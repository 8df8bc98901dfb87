#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Other people's guests in our hosts: where only our own guest boots, nothing is proven.
#   clients.sh POSTERN BUILD [--jobs N] [run options]
set -u
postern=$1 build=$2
shift 2
jobs=2
[ "${1:-}" = --jobs ] && { jobs=$2; shift 2; }
ovmf=/usr/share/ovmf/OVMF.fd
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

# Debian's firmware, unmodified: the same file carries the SEV metadata and the TDVF metadata.
client() { # host, CPUs, memory, then run options
	local host=$1 cpus=$2 mem=$3 t=$SECONDS
	shift 3
	if "$postern" run --build-dir "$build" --quiet --host "$host" --cpus "$cpus" --mem "$mem" --image "$ovmf" \
		--expect 'UEFI Interactive Shell' --exits 400000000 --insns 400000000000 "$@" >"$out/$host.$cpus.log" 2>&1; then
		echo "ok - client OVMF in $host, $cpus CPUs, $mem: UEFI shell ($((SECONDS - t)) s)"
	else
		echo "not ok - client OVMF in $host, $cpus CPUs, $mem (code $?)"
		tail -15 "$out/$host.$cpus.log" | sed 's/^/  /'
		touch "$out/failed.$host.$cpus"
	fi
}

if [ ! -r $ovmf ]; then
	echo "not ok - clients: no $ovmf; install the Debian package ovmf"
	echo '0 passed, 1 failed'
	exit 1
fi
n=0
for spec in 'snp 1 512M' 'tdx 1 512M' 'snp 2 512M' 'tdx 2 512M'; do
	n=$((n + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
	# shellcheck disable=SC2086
	client $spec "$@" &
done
wait
failed=$(find "$out" -name 'failed.*' | wc -l)
passed=$((n - failed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
