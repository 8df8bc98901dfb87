#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Real devices through shared memory, judged from the host's side of the files behind them.
#   devices.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
checks='virtio.*' # every check that needs a device

ok() { # what, command...
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what"
		[ -e "$log.log" ] && grep -vE '^ok |^# (virtio|pci)' "$log.log" | tail -8 | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}
run() { # log, then run options
	log=$out/$1
	shift
	"$postern" run --build-dir "$build" --quiet --cpus 2 --mem 256M --save "$log" "$@" >"$log.log" 2>&1
}
notices() { ! run "$@" && said '^not ok [0-9]+ - '; }
said() { grep -qaE -- "$1" "$log/console.log"; }
value() { sed -n "s/^# $1:.* $2=\([0-9a-fx]*\).*/\1/p" "$log/console.log"; } # line, word
piece() { tail -c "+$(($2 + 1))" "$1" | head -c "$3" | sha256sum | cut -d' ' -f1; } # file, offset, bytes
le64() { od -An -v -t u8 -j "$2" -N 8 "$1" | tr -d ' '; } # file, offset

# By tools that share nothing with ours: what stands where the header says is what the guest has read.
read_whole() { # file
	local bytes
	bytes=$(le64 "$1" 24)
	[ "$bytes" = $((64 << 20)) ] && [ "$(value disk-read bytes | sort -n | tail -1)" = "$bytes" ] &&
		value disk-read sha256 | grep -qx "$(piece "$1" "$(le64 "$1" 16)" "$bytes")"
}
written_there() { # file
	local n=0 offset bytes hash
	while read -r offset bytes hash; do
		[ "$(piece "$1" "$offset" "$bytes")" = "$hash" ] || return 1
		n=$((n + 1))
	done < <(sed -n 's/^# disk-written: offset=\([0-9]*\) bytes=\([0-9]*\) sha256=\([0-9a-f]*\).*/\1 \2 \3/p' "$log/console.log" | tail -1)
	[ $n = 1 ]
}
searched() { # nothing found, and not because nobody looked
	! grep -qa '^violation: secret-leaked' "$log/channel.log" &&
		grep -qaE '^counter: secret_searched [1-9]' "$log/channel.log"
}

for host in cca snp tdx pkvm-android; do
	disk=$out/disk-$host
	ok "$host: all device checks, 80 MiB of disk" run $host --host $host --disk "$disk" --disk-size 80M --probe "$checks" "$@"
	ok "$host: 64 MiB read have the SHA-256 that sha256sum gives" read_whole "$disk"
	ok "$host: what the guest wrote last is on the disk" written_there "$disk"
	ok "$host: ping answered by QEMU's network" said '^# ping: 10\.0\.2\.2 answered'
	ok "$host: a file fetched by TFTP" said '^# tftp: bytes=400 '
	ok "$host: a console written" said '^# console-written: bytes='
	ok "$host: the secret is nowhere the host can read" searched
	rm -f "$disk"
done

# A medium that is not what its header says; the guest has to say so.
disk=$out/disk-spoiled
run made --host plain-x86 --disk "$disk" --probe no.such "$@"
printf 'X' | dd of="$disk" bs=1 seek=$((0x10000 + 1234567)) conv=notrunc status=none
ok 'plain-x86: one byte of the medium changed is noticed' notices spoiled --host plain-x86 --disk "$disk" --probe "$checks" "$@"

# Without devices nothing fails, and nothing passes either (the planted secret needs none).
for host in cca tdx pkvm plain-arm64; do
	run "$host-off" --host $host --devices off --probe "$checks,-virtio.secret.*" "$@"
	ok "$host: without devices every check is SKIP" said '^# totals: pass:0 fail:0 skip:[1-9]'
done

# A guest that shows the host its secret is caught.
leaks() { # host, image
	run "leak-$1" --host "$1" --image "$build/$2" --cpus 1
	grep -qa '^violation: secret-leaked' "$log/channel.log"
}
ok 'cca: a guest that leaks its secret is caught' leaks cca arm64/badguest-leak_secret.img
for host in snp tdx; do
	ok "$host: a guest that leaks its secret is caught" leaks $host x86_64/postern-bad-leak_secret.fd
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
