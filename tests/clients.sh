#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Other people's guests in our hosts: where only our own guest boots, nothing is proven.
#   clients.sh POSTERN BUILD [--jobs N] [run options]
# One CPU takes to the shell about 1.2 G instructions and 130,000 exits on TDX, 1.8 G and 220,000 on SNP
# (without trace); the budgets are more than three times that. They drive the disk and the source of entropy by
# themselves; with a network they would look for something to boot there first.
set -u
postern=$1 build=$2
shift 2
jobs=2
[ "${1:-}" = --jobs ] && { jobs=$2; shift 2; }
ovmf=/usr/share/ovmf/OVMF.fd
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

# Debian's firmware: the same file carries the SEV metadata and the TDVF metadata. On SNP it needs an
# erased variable store and configuration space by ports; why, and what the violations are that a run
# may show, stands in docs/snp.md ("Foreign guests").
erased=$out/erased.fd
explained='^violation: mmio-private vCPU [0-9]+ at 0xfee00[0-9a-f]{3}$'

# The tool says "reached", or, when there were violations as well, "broke a rule".
judge() { # name, seconds, log directory
	local odd
	odd=$(grep -a '^violation:' "$3/channel.log" | grep -avE "$explained" | head -3)
	if ! grep -aqE "reached 'UEFI Interactive Shell'|the guest broke a rule" "$3.log" ||
		grep -aq 'never reached' "$3.log"; then
		echo "not ok - client $1: no UEFI shell"
	elif [ -n "$odd" ]; then
		echo "not ok - client $1: $odd"
	else
		echo "ok - client $1: UEFI shell ($2 s)"
		return
	fi
	tail -15 "$3.log" | sed 's/^/  /'
	touch "$out/failed.$(basename "$3")"
}

client() { # host, CPUs, memory, image, then run options
	local host=$1 cpus=$2 mem=$3 image=$4 t=$SECONDS
	local log=$out/$host.$cpus
	shift 4
	"$postern" run --build-dir "$build" --quiet --host "$host" --cpus "$cpus" --mem "$mem" --image "$image" --devices blk,rng \
		--expect 'UEFI Interactive Shell' --exits 4000000 --insns 8000000000 --save "$log" "$@" \
		>"$log.log" 2>&1
	judge "OVMF in $host, $cpus CPUs, $mem" $((SECONDS - t)) "$log"
}

# Unmodified, it stores to a page before it validates it: the host must stop it there, at the page it
# keeps 128 KiB below the end of RAM, and nowhere else.
stopped() { # memory in MiB, then run options
	local mib=$1 log=$out/snp.stopped page
	shift
	page=$((mib * 1024 * 1024 - 128 * 1024))
	"$postern" run --build-dir "$build" --quiet --host snp --cpus 1 --mem "${mib}M" --image $ovmf --devices off \
		--expect 'UEFI Interactive Shell' --exits 400000 --insns 700000000 --save "$log" "$@" \
		>"$log.log" 2>&1
	if grep -aqx 'counter: not_validated 1' "$log/channel.log" &&
		grep -aqx "counter: not_validated_last $page" "$log/channel.log"; then
		echo "ok - client OVMF with its variable store in snp: stopped by #VC 0x404"
	else
		echo "not ok - client OVMF with its variable store in snp: not stopped where it must be"
		tail -15 "$log.log" | sed 's/^/  /'
		touch "$out/failed.stopped"
	fi
}

"$(dirname "$0")/clients/erased.sh" "$erased" || {
	echo 'not ok - clients: no OVMF'
	echo '0 passed, 1 failed'
	exit 1
}

n=0
slot() {
	n=$((n + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
}
# On TDX a second CPU polls its mailbox all the time: with counted instructions it would take turns with the
# first. On SNP it sleeps; there the firmware must not fall behind its timer (docs/snp.md, "Foreign guests").
for cpus in 1 2; do
	threads=$([ $cpus = 1 ] || echo --threads)
	slot
	client snp $cpus 512M "$erased" --machine pc "$@" &
	slot
	# shellcheck disable=SC2086
	client tdx $cpus 512M $ovmf $threads "$@" &
done
slot
stopped 512 "$@" &
wait
failed=$(find "$out" -name 'failed.*' | wc -l)
passed=$((n - failed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
