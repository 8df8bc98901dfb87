#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Counters, not seconds: under -icount the same run gives the same figures on every machine.
#   bench.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

word() { sed -n "/^# accept:/s/.* $2=\(0x[0-9a-f]*\|[0-9]*\).*/\1/p" "$1"; } # file key
per_gib() { awk -v n="$(($1))" -v b="$(($2))" 'BEGIN { if (b > 0) printf "%.1f", n * 1073741824 / b; else printf "-" }'; }

# One nanosecond of the machine is one instruction (-icount shift=0).
row() { # name, log directory
	local c=$2/console.log h=$2/channel.log bytes calls cont exits insns first
	bytes=$(word "$c" bytes) calls=$(word "$c" calls) cont=$(word "$c" continuations) exits=$(word "$c" exits)
	insns=$(($(word "$c" ticks) * 1000000000 / $(word "$c" hz)))
	first=$(sed -n 's/^counter: entry_to_first_byte_ns //p' "$h" 2>/dev/null || true)
	printf '%-30s %12s %10d %6d %6d %6d %12s %10s %10s\n' "$1" "${first:--}" "$insns" "$calls" "$exits" "$cont" \
		"$(per_gib "$insns" "$bytes")" "$(per_gib "$calls" "$bytes")" "$(per_gib "$exits" "$bytes")"
}

one() { # name, then options of postern run
	local name=$1 d
	shift
	d=$out/$(echo "$name" | tr ' ' -)
	if ! "$postern" run --build-dir "$build" --cpus 2 --quiet --no-trace --save "$d" "$@" >"$out/log" 2>&1; then
		cat "$out/log"
		exit 1
	fi
	row "$name" "$d"
}

printf '%-30s %12s %10s %6s %6s %6s %12s %10s %10s\n' '' 'insns, entry' 'insns,' '' '' 'forced' '' '' ''
printf '%-30s %12s %10s %6s %6s %6s %12s %10s %10s\n' run 'to 1st line' accepting calls exits cont. insns/GiB calls/GiB exits/GiB
for mem in 512M 3G; do
	for policy in eager lazy parallel; do
		one "cca $mem $policy" --host cca --mem $mem --accept $policy --probe 'rsi.version.*' "$@"
		[ $policy = lazy ] ||
			one "cca $mem $policy chunk=4096" --host cca --mem $mem --accept $policy --ripas-chunk 4096 --probe 'rsi.version.*' "$@"
	done
done
# Nothing is accepted there: what the guest has not touched is not there, and what it touches the hypervisor has isolated.
for host in pkvm pkvm-android; do
	one "$host 3G eager" --host $host --mem 3G --accept eager --probe memory.pattern "$@"
done
for host in snp tdx; do
	for policy in eager lazy parallel; do
		one "$host 3G $policy" --host $host --mem 3G --accept $policy --probe memory.pattern "$@"
	done
	one "$host 512M eager, 4 KiB backing" --host $host --mem 512M --accept eager --fault backing.4k --probe memory.pattern "$@"
done
# What one GiB costs: a guest of 2816 MiB has exactly one more than one of 1792 MiB, in a range of its own.
for host in snp tdx; do
	one "$host 1792M eager" --host $host --mem 1792M --accept eager --probe memory.pattern "$@" >"$out/less"
	one "$host 2816M eager" --host $host --mem 2816M --accept eager --probe memory.pattern "$@" >"$out/more"
	less=$out/$host-1792M-eager/console.log more=$out/$host-2816M-eager/console.log
	printf '%-30s %12s %10s %6d %6d\n' "$host one GiB" '' '' $(($(word "$more" calls) - $(word "$less" calls))) \
		$(($(word "$more" exits) - $(word "$less" exits)))
done
# In place: all calls to EL2 of a run that shares one unit of 2 MiB and takes it back. Android takes ranges, and guards devices.
count() { sed -n "s/^counter: $2 //p" "$out/$1/channel.log"; } # log directory, counter
shares() { # host, granule, then run options
	local d=$1-$2
	if ! "$postern" run --build-dir "$build" --cpus 1 --mem 256M --quiet --no-trace --host "$1" --granule "$2" \
		--probe memory.pattern --save "$out/$d" "${@:3}" >"$out/log" 2>&1; then
		cat "$out/log"
		exit 1
	fi
	printf '%-30s %10d %10d %10d %10d\n' "$1 $2" "$(count "$d" shares)" "$(count "$d" unshares)" "$(count "$d" guards)" \
		"$(count "$d" hyp_calls)"
}
printf '\n%-30s %10s %10s %10s %10s\n' '2 MiB there and back' shared unshared guarded calls
for host in pkvm pkvm-android; do
	for granule in 4K 16K 64K; do
		shares $host $granule "$@"
	done
done
# Data: one check reads the disk's read area; of two disks the larger has 48 MiB more to read, and what the larger run
# takes beyond the smaller one it takes for them. Completion is the business of QEMU's threads: a guest that polls, or is
# interrupted more or less often, does not do quite the same work in every run.
said() { sed -n "s/^# disk-read:.* $2=\(0x[0-9a-f]*\|[0-9]*\).*/\1/p" "$1/console.log" | tail -1; } # log directory, word
exits() { sed -n 's/^counter: host_exits //p' "$1/channel.log"; }
per_mib() { awk -v n="$1" -v b="$2" 'BEGIN { printf "%.1f", n * 1048576 / b; }'; }
moved() { # host, then run options
	local host=$1 size less=$out/$1-disk-20M more=$out/$1-disk-80M bytes key ticks hz
	shift
	for size in 20M 80M; do
		if ! "$postern" run --build-dir "$build" --cpus 1 --mem 256M --quiet --no-trace --host "$host" \
			--disk-size $size --probe virtio.blk.read --save "$out/$host-disk-$size" "$@" >"$out/log" 2>&1; then
			cat "$out/log"
			exit 1
		fi
	done
	bytes=$(($(said "$more" bytes) - $(said "$less" bytes)))
	printf '%-30s %12d' "$host virtio-blk" $bytes
	printf ' %10s' "$(per_mib $(($(exits "$more") - $(exits "$less"))) $bytes)"
	for key in kicks interrupts; do
		printf ' %10s' "$(per_mib $(($(said "$more" $key) - $(said "$less" $key))) $bytes)"
	done
	ticks=$(($(said "$more" ticks) - $(said "$less" ticks))) hz=$(($(said "$more" hz)))
	printf ' %12s\n' "$(per_mib $((ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz)) $bytes)"
}
printf '\n%-30s %12s %10s %10s %10s %12s\n' 'reading, with SHA-256' bytes exits/MiB kicks/MiB irqs/MiB insns/MiB
for host in cca snp tdx pkvm pkvm-android; do
	moved $host "$@"
done
# A kernel: from the guest's first instruction to the kernel's entry, by our firmware and by Debian's in the same host, and from
# there to its first process. Under OVMF the kernel's own stub speaks first, before anything is unpacked.
here=$(cd "$(dirname "$0")" && pwd)
clients=$build/clients
client=$(find "$clients" -maxdepth 1 -name 'amd64-*' | sort | tail -1)
append='console=ttyS0 panic=-1'
mark() { sed -n "s/^mark: \([0-9]*\) ns \([0-9]*\) exits .*$3.*/\\$2/p" "$1/channel.log"; } # log directory, 1 ns or 2 exits, text
starts() { # name, host, text of the kernel's entry, then run options
	local d=$out/${1// /-} entry up
	if ! "$postern" run --build-dir "$build" --host "$2" --cpus 1 --mem 512M --quiet --no-trace --mark "$3|INIT: up" --save "$d" \
		"${@:4}" >"$out/log" 2>&1; then
		cat "$out/log"
		exit 1
	fi
	entry=$(mark "$d" 1 "$3") up=$(mark "$d" 1 'INIT: up')
	printf '%-30s %14d %8d %14d %8d\n' "$1" "$entry" "$(mark "$d" 2 "$3")" $((up - entry)) \
		$(($(mark "$d" 2 'INIT: up') - $(mark "$d" 2 "$3")))
}
printf '\n%-30s %14s %8s %14s %8s\n' '' 'insns, reset' '' 'insns, entry' ''
printf '%-30s %14s %8s %14s %8s\n' 'a kernel, 1 CPU, 512M' 'to entry' exits 'to init' exits
"$here/clients/mkuki.sh" "$out/uki.efi" "${KERNELS:-$build/kernels}/amd64/stub.efi" x86_64-linux-gnu-objcopy "$client/kernel" \
	"$client/initrd" "$append"
"$here/clients/erased.sh" "$out/erased.fd"
for host in snp tdx; do
	starts "$host $(basename "$client") firmware" $host '# linux: entering' --kernel "$client/kernel" --initrd "$client/initrd" \
		--append "$append" "$@"
done
starts "snp $(basename "$client") OVMF" snp 'EFI stub: ' --image "$out/erased.fd" --machine pc --uki "$out/uki.efi" "$@"
starts "tdx $(basename "$client") OVMF" tdx 'EFI stub: ' --image /usr/share/ovmf/OVMF.fd --uki "$out/uki.efi" "$@"
echo
cat <<'EOT'
calls: RSI_IPA_STATE_SET, PVALIDATE, TDG.MEM.PAGE.ACCEPT by the acceptance engine; exits: those to the untrusted host that
accepting took; cont.: calls that continue one the host cut short (chunk = pages the host changes per request).
Floor: CCA one call per RAM region; SNP 512 calls and 3 exits per GiB (253 entries of 2 MiB each), TDX 512 calls and no
exit, pKVM nothing; ragged ends of ranges take 4 KiB pages. parallel: one round per chunk of work. lazy accepts the rest when
it is used.
A kernel's instructions are the machine's: those of the host that it makes work are among them.
EOT
