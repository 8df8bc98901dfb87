#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The image in pvmfw's place on the Android host: every version of the configuration, the secrets in it, the other jobs,
# and devicetrees that lie. A lie ends in a named stop or in a run that passes: never without an end, never in a broken
# rule of the host, never with a secret where the host can read.
#   pvmfw.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
more=("$@")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
log=$out/none

ok() { # what, command...
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what"
		tail -4 "$log.log" "$log/console.log" "$log/channel.log" 2>/dev/null | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}
boot() { # run options; the end is for the caller to judge
	log=$out/run-$((passed + failed))
	timeout 300 "$postern" run --quiet --host pkvm-android --build-dir "$build" --cpus 1 --mem 256M --no-terminal --save "$log" \
		"$@" ${more[@]+"${more[@]}"} >"$log.log" 2>&1
}
says() { grep -qaE -- "$1" "$log/console.log"; }
host_says() { grep -qaE -- "$1" "$log/channel.log"; }
silent() { [ ! -s "$log/console.log" ]; }
clean() { ! host_says '^violation:'; }
searched() { clean && host_says '^counter: secret_searched [1-9]'; }
passes() { host_says '^verdict: off' && says '^# totals: pass:[1-9][0-9]* fail:0' && clean; }
held() { passes && searched; }

# ---- what lies behind the image ----
without() {
	boot --pvmfw=none --probe 'memory.*' && passes && says '^# pvmfw: no configuration$'
}
ok "no configuration: an ordinary payload in that place goes on" without
configured() { # version, words on the console
	boot --pvmfw="$1" --probe 'memory.*' && held && says "$2"
}
ok "version 1.0" configured 1.0 '^# pvmfw: config 1\.0, .* dice [1-9][0-9]*, debug policy 0, assignment 0, reference 0$'
ok "version 1.1" configured 1.1 '^# pvmfw: config 1\.1, .* dice [1-9][0-9]*, debug policy 0, assignment 0, reference 0$'
ok "version 1.2" configured 1.2 '^# pvmfw: config 1\.2, .* dice [1-9][0-9]*, debug policy 0, assignment 0, reference [1-9][0-9]*$'
ok "version 1.9, read as 1.2" configured 1.9 '^# pvmfw: config 1\.9, .* reference [1-9][0-9]*$'
stops() { # words; the host sees a reset and nothing else
	host_says '^verdict: reset' && clean && says "^Bail out! .*$1"
}
refused() { ! boot --pvmfw="$1" && stops "$2"; }
ok "version 2.0 is refused by name" refused 2.0 'pvmfw: configuration of another major version: not supported$'

# ---- the whole probe there ----
everything() {
	boot --pvmfw --cpus 4 --granule "$1" && held && says '^# pvmfw: config 1\.2' &&
		says "^# postern probe arm64 pkvm boot=image tables=dt cpus=4 image=0x80200000"
}
for granule in 4K 16K 64K; do
	ok "the whole probe, granules of $granule" everything $granule
done

# ---- the secrets of the handover ----
leaks() {
	! boot --pvmfw --image "$build/arm64/badguest-leak_handover.img" && host_says '^violation: secret-leaked' &&
		says '^# misbehaved'
}
ok "a guest that gives a secret of the handover away is found" leaks

# ---- the other jobs ----
workload() {
	boot --pvmfw --job workload --workload hello && host_says '^verdict: off' && searched &&
		says '^# pvmfw: config 1\.2' && says '^# workload: ended: 0$'
}
ok "a workload runs there; there is no evidence yet" workload
firmware() {
	boot --pvmfw --image "$build/arm64/postern-firmware.img" --expect 'neither a partition table nor a file system' &&
		clean && says '^# pvmfw: config 1\.2'
}
ok "the firmware runs there, and finds no kernel on this disk" firmware

# ---- devicetrees that lie ----
lie() { # name, options...
	local name=$1
	shift
	boot --pvmfw --probe 'memory.*' --dt-lie "$name" "$@" || true
	host_says "^host: the devicetree lies: $name "
}
# What it says is checked, and there is nothing in it that the guest uses.
for name in memory-over-place memory-from-image initrd-over-image initrd-over-place; do
	goes_on() { lie "$name" && held; }
	ok "lie $name: the run passes" goes_on
done
while IFS='|' read -r name words options; do
	# shellcheck disable=SC2086 # none, or several
	stopped() { lie "$name" $options && stops "$words"; }
	ok "lie $name: $words" stopped
done <<'LIST'
memory-overflow|memory map: address or size overflows$
memory-beyond|memory map: address or size overflows$
memory-twice|memory map: ranges overlap$
memory-empty|memory map: not found$
memory-none|memory map: not found$
memory-more|synchronous external abort on a data access at 0xd0000000
reserved-all|memory map: no RAM beside the image
gic-in-ram|GIC distributor at 0x8c000000: ranges overlap$
gic-in-place|GIC distributor at 0x7fd00000: ranges overlap$
gic-nowhere|synchronous external abort on a data access at 0xd0000004
its-in-ram|GIC ITS at 0x8c000000: ranges overlap$
pci-in-ram|PCI configuration space at 0x8c000000: ranges overlap$
virtio-in-ram|virtio device at 0x8c000000: ranges overlap$
coop-in-ram|control channel at 0x8c000000: ranges overlap$
coop-in-place|control channel at 0x7fd00000: ranges overlap$
psci-smc|the host says PSCI by SMC, to a guest of pkvm: the host broke its protocol$
cpu-twice|devicetree content: ranges overlap$|--dt-order reversed
LIST
# Before a UART is known, or while its address is in doubt, nobody can be told why: a reset, and not a byte written.
for name in uart-in-ram uart-in-image uart-in-place uart-beyond uart-nowhere truncated oversize no-magic \
	x0-null x0-odd x0-image x0-place x0-beyond x0-device x0-nowhere; do
	resets() { lie "$name" && host_says '^verdict: reset' && clean && silent; }
	ok "lie $name: a reset, and not a byte anywhere" resets
done
# None may be forgotten above.
untried() {
	grep -oE '^	\{ "[a-z0-9-]+", ' "$here/../hosts/arm64/vmm/pkvm/lie.c" | cut -d'"' -f2 | while read -r name; do
		grep -qE "(^| |	)$name(\$| |;|\|)" "$0" || echo "$name"
	done
}
all_tried() { [ -z "$(untried)" ]; }
ok "every lie of the host is tried here" all_tried
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
