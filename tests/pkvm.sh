#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A pKVM host that may be read everywhere it can read, and one that lies before the guest's first check: whatever it says,
# the guest ends by a name, in bounded time, and no secret is told.
#   pkvm.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

ok() { # what, command...
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what"
		{ grep -avE '^ok |^# (virtio|pci|running)' "$log/console.log"; grep -avE '^(devicetree|counter):' "$log/channel.log"; } 2>/dev/null |
			tail -12 | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}
run() { # log, then run options; the exit code is judged by what follows
	log=$out/$1
	shift
	timeout 120 "$postern" run --build-dir "$build" --quiet --mem 256M --save "$log" "$@" >"$log.log" 2>&1
	code=$?
}
said() { cat "$log/console.log" "$log/channel.log" | grep -qaE -- "$1"; }
counter() { sed -n "s/^counter: $1 //p" "$log/channel.log"; }
verdict() { [ "$(sed -n 's/^verdict: \([a-z]*\).*/\1/p' "$log/channel.log")" = "$1" ]; }
caught() { grep -qa "^violation: $1 " "$log/channel.log"; }

# ---- a secret, wherever the host can read ----
searched() { # nothing found, and not because nobody looked
	[ $code = 0 ] && [ "$(counter secret_found)" = 0 ] && [ "$(counter secret_searched)" -gt 0 ]
}
leaked() { caught secret-leaked && [ "$(counter secret_found)" -gt 0 ]; }
for host in pkvm pkvm-android; do
	run "secret-$host" --host $host --cpus 2 --probe 'virtio.*' "$@"
	ok "$host: the planted secret is nowhere the host can read" searched
	for guest in leak_secret leak_register; do
		run "$guest-$host" --host $host --cpus 1 --image "$build/arm64/badguest-$guest.img" "$@"
		ok "$host: $guest is caught" leaked
	done
done

# ---- registers: of an exit Android shows one, of CPU_ON two; upstream shows all but those that are zero ----
exposed() { # registers for each exit: least and most
	local shown exits
	shown=$(counter registers_exposed) exits=$(counter host_exits)
	[ $code = 0 ] && [ "$shown" -ge $(($1 * exits)) ] && [ "$shown" -le $(($2 * exits)) ]
}
run exposure-android --host pkvm-android --cpus 1 --probe memory.pattern "$@"
ok 'pkvm-android: an exit shows the host one register at most' exposed 0 1
run exposure-upstream --host pkvm --cpus 1 --probe memory.pattern "$@"
ok 'pkvm: an exit shows the host registers in tens' exposed 10 31

# ---- lies: host, fault, what is said of it, how the host sees it end; more run options ----
bounded() { # words, verdict
	# A guest that takes itself for a plain one shares nothing.
	[ "${1/plain/}" = "$1" ] || [ "$(counter shares)" = 0 ] || return 1
	[ $code != 124 ] && said "$1" && verdict "$2" && [ "$(counter secret_found)" = 0 ]
}
while IFS='|' read -r host lie words end more; do
	case $host in '' | '#'*) continue ;; esac
	# shellcheck disable=SC2086
	run "$host-$lie" --host "$host" --cpus 1 --probe memory.pattern --fault "$lie" $more "$@" </dev/null
	ok "$host $lie: '$words', $end" bounded "$words" "$end"
done <<'TABLE'
# a plain guest: it shares nothing
pkvm|lie.uid-other|^# postern probe arm64 plain |off
pkvm|lie.uid-none|^# postern probe arm64 plain |off
pkvm|lie.features-plain|^# postern probe arm64 plain |off
pkvm|lie.features-half|^# postern probe arm64 plain |off
# a granule that cannot be, or is another: devices are told of pages that the guest only believes shared
pkvm|lie.granule-error|HYP_MEMINFO 0x0 answers INVALID_PARAMETER|reset
pkvm|lie.granule-0|^Bail out! .*: the host broke its protocol|reset
pkvm|lie.granule-3|HYP_MEMINFO says a granule of 0x3 bytes|reset
pkvm|lie.granule-2k|HYP_MEMINFO says a granule of 0x800 bytes|reset
pkvm|lie.granule-128k|^violation: its-private |off
pkvm|lie.granule-4m|HYP_MEMINFO says a granule of 0x400000 bytes|reset
pkvm|lie.granule-top|HYP_MEMINFO 0x0 answers unknown code|reset
pkvm-android|lie.granule-0|HYP_MEMINFO says a granule of 0x0 bytes|reset
pkvm-android|lie.granule-128k|^Bail out! synchronous external abort|reset
# nothing can be shared: no device works, and why is said
pkvm|lie.share-refused|MEM_SHARE 0x[0-9a-f]* answers INVALID_PARAMETER|off
pkvm-android|lie.share-refused|ITS: no memory for its tables|off
pkvm-android|lie.share-idle|MEM_SHARE 0x[0-9a-f]* says 0 granules done, of 512|off
pkvm-android|lie.share-beyond|MEM_SHARE 0x[0-9a-f]* says 513 granules done, of 512|off
# no guard; without one there is no console to say so
pkvm-android|lie.enroll-refused|MMIO_GUARD_ENROLL 0x0 answers NOT_SUPPORTED|reset
pkvm-android|lie.guard-refused|^verdict: reset|reset
# PSCI, the host's word
pkvm|lie.psci-none|^# totals: pass:1 fail:0|stuck
pkvm|lie.end-returns|^# totals: pass:1 fail:0|stuck
pkvm|lie.cpu-on-twice|^# totals: pass:1 fail:0|off|--cpus 2
pkvm|lie.cpu-on-elsewhere|^# totals: pass:1 fail:0|off|--cpus 2
pkvm|host.psci-start-lost|^# totals: pass:1 fail:0|off|--cpus 2
TABLE

echo "$passed passed, $failed failed"
[ $failed = 0 ]
