#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's unmodified kernels as guests of our hosts, booted by postern-firmware and by Debian's OVMF. tests/clients/init
# says what the kernel says of itself, and gives out the report that the kernel's own driver fetched; it must verify and
# carry the measurement that `postern measure` predicts for that kernel, initrd and command line.
#   firmware.sh POSTERN BUILD [--all] [--only PATTERN] [--jobs N] [run options]
# BUILD/clients/ARCH-VERSION/{kernel,initrd} are made by clients/prepare.sh. Without --all: one boot of each kind.
set -u
postern=$1 build=$(cd "$2" && pwd)
shift 2
all='' jobs=2 only=''
while :; do
	case ${1:-} in
	--all) all=1 && shift ;;
	--jobs) jobs=$2 && shift 2 ;;
	--only) only=$2 && shift 2 ;; # names of cases, a pattern
	*) break ;;
	esac
done
more=("$@")
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
clients=$build/clients kernels=${KERNELS:-$build/kernels}
fd=$build/x86_64/postern-firmware.fd
ovmf=/usr/share/ovmf/OVMF.fd

# A case writes what it found into a file of its own; at the end they are put together.
say() { # status, text
	if [ "$1" = 0 ]; then echo "ok - $name: $2"; else echo "not ok - $name: $2"; fi >>"$out/said.$name"
}
console() { tr -d '\r\0' <"$d/console.log"; } # of the case
init() { console | sed -n "s/^INIT: $1 //p"; } # word

# What the initramfs gave out: name, file.
given() {
	console | sed -n "/^INIT: begin $1\$/,/^INIT: end $1\$/p" | grep -v '^INIT' | base64 -d 2>/dev/null | gzip -dc >"$2" 2>/dev/null
	[ -s "$2" ]
}

# What the kernel must say of the machine that it runs on.
says() { # host
	case $1 in
	snp) echo '^Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP' ;;
	tdx) echo '^Memory Encryption Features active: Intel TDX' ;;
	esac
}

# Violations that a run may show, those of Debian's OVMF in an SNP host; why stands in docs/snp.md ("Foreign guests"). Linux
# shows none.
explained() { # host, whose firmware
	case "$1 $2" in
	'snp debian') echo '^violation: mmio-private vCPU [0-9]+ at 0xfee00[0-9a-f]{3}$' ;;
	*) echo '^$' ;;
	esac
}

# How far a boot came, and whether nobody broke a rule on the way.
booted() { # host, CPUs, exit code, whose firmware
	local odd
	[ "$3" = 0 ]
	say $? "power-off is exit code 0 (it is $3)"
	[ "$(init cpus)" = "$2" ]
	say $? "initramfs of $(init kernel) reached with $(init cpus) CPUs, up after $(init up) s"
	[ "$(init warnings)" = 0 ]
	say $? "the kernel warns of nothing$(init warning | head -2 | tr '\n' ' ')"
	if [ -n "$(says "$1")" ]; then
		init log | grep -E "$(says "$1")" >"$d/says"
		say $? "$(head -1 "$d/says")"
	fi
	case $1 in plain-*) return ;; esac # nobody watches there
	odd=$(grep -a '^violation:' "$d/channel.log" | grep -avE "$(explained "$1" "$4")" | head -3)
	[ -s "$d/channel.log" ] && [ -z "$odd" ]
	say $? "no violation that docs do not explain $odd"
}

# The report of the kernel's driver, held against the prediction. Further arguments: of measure. Debian's OVMF keeps no event
# log of its registers, ours does.
verified() { # host, whose firmware, report data, image, options of measure...
	local host=$1 data=$3 log=() whose=$2
	shift 3
	given report "$d/report.bin" || { say 1 "no report: $(init no | head -1)"; return; }
	"$postern" measure "$1" --platform "$host" "${@:2}" >"$d/expected.txt" 2>"$d/measure.log" ||
		{ say 1 "postern measure: $(tail -1 "$d/measure.log")"; return; }
	if [ "$host $whose" = 'tdx ours' ]; then
		given ccel "$d/ccel.bin"
		say $? "the kernel has an event log (CCEL)"
		log=(--log "$d/ccel.bin")
	fi
	"$postern" verify "$d/report.bin" --report-data "$data" --expect "$d/expected.txt" --roots "$build/keys/$host" \
		--require chain "${log[@]}" >"$d/verify.log" 2>&1
	say $? "report by $(init driver), measurement $(sed -n 's/^measurement: \(.\{16\}\).*/\1/p' "$d/expected.txt")..., verifies as predicted: $(tail -1 "$d/verify.log")"
}

# The command line of a case: 64 bytes of its own are to come back in the report.
data_of() { printf '%s' "$1" | sha512sum | cut -d' ' -f1; }
append_of() { # host, report data
	case $1 in
	cca | pkvm | plain-arm64) echo "console=ttyAMA0 panic=-1 postern.report_data=$2" ;;
	*) echo "console=ttyS0 panic=-1 postern.report_data=$2" ;;
	esac
}

run() { # host, CPUs, run options; the exit code
	timeout 900 "$postern" run --build-dir "$build" --quiet --host "$1" --cpus "$2" --mem 512M --save "$d" "${@:3}" "${more[@]}" \
		>"$d.log" 2>&1
}

ours() { # client, host, CPUs
	local c=$clients/$1 data append code
	data=$(data_of "$name") append=$(append_of "$2" "$data")
	run "$2" "$3" --kernel "$c/kernel" --initrd "$c/initrd" --append "$append"
	code=$?
	booted "$2" "$3" $code ours
	case $2 in
	snp) verified snp ours "$data" "$fd" --cpus "$3" --kernel "$c/kernel" --initrd "$c/initrd" --append "$append" ;;
	tdx) verified tdx ours "$data" "$fd" --kernel "$c/kernel" --initrd "$c/initrd" --append "$append" ;;
	esac
}

# Debian 12's kernels know no pKVM either: they share nothing, so they have no use for an ITS whose tables the host has to read. All
# else they find as on any KVM, but for what EL2 hides of the CPU.
protected() { # client, CPUs
	more+=(--msi none)
	ours "$1" pkvm "$2"
}

# A disk that others made, by mkfs.fat and mtools, and the image with a stub that we do not run.
their_disk() { # client, host, CPUs
	local c=$clients/$1 data append code
	data=$(data_of "$name") append=$(append_of "$2" "$data")
	"$here/clients/mkuki.sh" "$d.efi" "$kernels/amd64/stub.efi" x86_64-linux-gnu-objcopy "$c/kernel" "$c/initrd" "$append"
	"$here/clients/mkdisk.sh" "$d.img" BOOTX64.EFI "$d.efi"
	run "$2" "$3" --boot disk --job firmware --disk "$d.img" --kernel "$c/kernel" --initrd "$c/initrd" --append "$append"
	code=$?
	booted "$2" "$3" $code ours
	verified "$2" ours "$data" "$fd" --cpus "$3" --hashes flash --kernel "$c/kernel" \
		--initrd "$c/initrd" --append "$append"
	rm -f "$d.efi" "$d.img"
}

# Debian 12's kernels know no realms: they are measured and entered, and stop before they say anything (docs/firmware.md, "arm64").
realm() { # client, CPUs
	local c=$clients/$1
	run cca "$2" --kernel "$c/kernel" --initrd "$c/initrd" --append "$(append_of cca "$(data_of "$name")")"
	for line in 'register 2: postern kernel' 'register 3: postern initrd' 'register 3: postern cmdline' 'entering'; do
		console | grep -q "^# linux: $line"
		say $? "$line"
	done
	[ -s "$d/channel.log" ] && ! grep -aq '^violation:' "$d/channel.log"
	say $? 'no violation'
}

# The same through UEFI firmware that knows nothing of ours: a unified kernel image on a disk.
debian() { # client, host, CPUs
	local c=$clients/$1 data append code image=$ovmf options=()
	data=$(data_of "$name") append=$(append_of "$2" "$data")
	"$here/clients/mkuki.sh" "$d.efi" "$kernels/amd64/stub.efi" x86_64-linux-gnu-objcopy "$c/kernel" "$c/initrd" "$append"
	# On SNP an erased variable store and configuration space by ports: docs/snp.md, "Foreign guests".
	[ "$2" != snp ] || { image=$out/erased.fd options=(--machine pc); }
	# On TDX its second CPU polls a mailbox all the time: clients.sh has more on that.
	[ "$2$3" != tdx2 ] || options=(--threads)
	run "$2" "$3" --image "$image" --uki "$d.efi" "${options[@]}"
	code=$?
	booted "$2" "$3" $code debian
	case $2 in
	snp) verified snp debian "$data" "$image" --cpus "$3" ;;
	tdx) verified tdx debian "$data" "$image" ;;
	esac
	rm -f "$d.efi"
}

# What came from the host is not what was measured: refused by its name, before the kernel starts.
refused() { # host, words after "# linux: refused: ", run options
	local words=$2 code
	run "$1" 1 "${@:3}"
	code=$?
	[ $code = 1 ]
	say $? "a failure is exit code 1 (it is $code)"
	console | grep -E "^# linux: refused: .*$words" >"$d/refused"
	say $? "refused: $(head -1 "$d/refused")"
	! console | grep -q '^INIT:\|Linux version'
	say $? "the kernel did not start"
}

# One byte in the middle of a file.
changed() { # file, copy
	cp "$1" "$2"
	printf '\x5a' | dd of="$2" bs=1 seek=$(($(stat -Lc %s "$1") / 2)) conv=notrunc status=none
	! cmp -s "$1" "$2" || printf '\xa5' | dd of="$2" bs=1 seek=$(($(stat -Lc %s "$1") / 2)) conv=notrunc status=none
}

tamper() { # host, what
	local c=$clients/$sample append kernel initrd image=$d.fd words="the $2 is not the one of the flash's table"
	append=$(append_of "$1" "$(data_of "$name")")
	kernel=$c/kernel initrd=$c/initrd
	"$postern" firmware --kernel "$kernel" --initrd "$initrd" --append "$append" --image "$fd" -o "$image" >"$d.log" 2>&1 ||
		{ say 1 "postern firmware: $(tail -1 "$d.log")"; return; }
	# The table ends 2 KiB before the end of the file and has 256 bytes (include/abi/fd.h).
	local table=$(($(stat -c %s "$image") - 0x800 - 0x100))
	case $2 in
	kernel) changed "$kernel" "$d.kernel" && kernel=$d.kernel ;;
	initrd) changed "$initrd" "$d.initrd" && initrd=$d.initrd ;;
	'command line') append="$append init=/bin/sh" ;;
	'missing table') image=$fd words='no table of hashes' ;;
	'malformed table') words='the table of hashes' && printf '\x5a' | dd of="$image" bs=1 seek=$((table + 17)) conv=notrunc status=none ;;
	esac
	# None: the image's table is as it was made, whatever is booted.
	refused "$1" "$words" --image "$image" --hashes none --kernel "$kernel" --initrd "$initrd" --append "$append"
	rm -f "$d".fd "$d".kernel "$d".initrd
}

n=0
case_of() { # name, function, arguments
	name=$1
	# shellcheck disable=SC2053
	[[ -z $only || $name == $only ]] || return 0
	d=$out/${name//[ \/]/-}
	name=${name//\//-}
	n=$((n + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
	{
		t=$SECONDS
		mkdir -p "$d"
		# A case that dies leaves this behind.
		echo "not ok - $name: ended early" >"$out/said.$name"
		"${@:2}"
		sed -i 1d "$out/said.$name"
		echo "# $name: $((SECONDS - t)) s" >>"$out/said.$name"
		grep -q '^not ok' "$out/said.$name" && { console 2>/dev/null | tail -12; tail -4 "$d.log"; } | sed 's/^/  /' >>"$out/said.$name"
		cat "$out/said.$name"
		[ -z "${KEEP:-}" ] || { mkdir -p "$KEEP" && cp -r "$d" "$d.log" "$KEEP/"; }
	} &
}

"$here/clients/erased.sh" "$out/erased.fd" || {
	echo 'not ok - no OVMF'
	echo '0 passed, 1 failed'
	exit 1
}

# Which kernels there are; the newest is the sample where one will do. 6.1 knows nothing of TDX.
x86=() arm=()
for c in "$clients"/*/; do
	case $(basename "$c") in
	amd64-*) x86+=("$(basename "$c")") ;;
	arm64-*) arm+=("$(basename "$c")") ;;
	esac
done
sample=${x86[-1]}
knows() { [ "$1/$2" != amd64-6.1/tdx ]; } # client, host

if [ -n "$all" ]; then
	for cpus in 1 2; do
		for c in "${x86[@]}"; do
			for host in snp tdx; do
				knows "$c" $host || continue
				case_of "$host $c $cpus firmware" ours "$c" $host $cpus
				case_of "$host $c $cpus OVMF" debian "$c" $host $cpus
			done
			case_of "plain-x86 $c $cpus firmware" ours "$c" plain-x86 $cpus
		done
		for c in "${arm[@]}"; do
			case_of "plain-arm64 $c $cpus firmware" ours "$c" plain-arm64 $cpus
			case_of "cca $c $cpus firmware" realm "$c" $cpus
			case_of "pkvm $c $cpus firmware" protected "$c" $cpus
		done
	done
	case_of "snp $sample 1 disk by mkfs.fat" their_disk "$sample" snp 1
	case_of "tdx $sample 1 disk by mkfs.fat" their_disk "$sample" tdx 1
else
	case_of "snp ${x86[0]} 1 firmware" ours "${x86[0]}" snp 1
	case_of "snp $sample 2 firmware" ours "$sample" snp 2
	case_of "tdx $sample 2 firmware" ours "$sample" tdx 2
	case_of "snp $sample 1 OVMF" debian "$sample" snp 1
	case_of "tdx $sample 1 OVMF" debian "$sample" tdx 1
	case_of "plain-x86 $sample 2 firmware" ours "$sample" plain-x86 2
	case_of "plain-arm64 ${arm[-1]} 2 firmware" ours "${arm[-1]}" plain-arm64 2
	case_of "cca ${arm[-1]} 1 firmware" realm "${arm[-1]}" 1
	case_of "pkvm ${arm[-1]} 2 firmware" protected "${arm[-1]}" 2
fi
n_of=0
for what in kernel initrd 'command line' 'missing table' 'malformed table'; do
	for host in snp tdx; do
		# Each once, in turn on the two hosts; all of them with --all.
		n_of=$((n_of + 1))
		[ -n "$all" ] || [ $((n_of % 4)) -lt 2 ] || continue
		case_of "$host tampered $what" tamper $host "$what"
	done
done
wait
cat "$out"/said.* >"$out/all"
passed=$(grep -c '^ok' "$out/all") failed=$(grep -c '^not ok' "$out/all")
echo "$n boots"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
