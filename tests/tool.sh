#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The tool as a script sees it: exit codes, lists, what a failure shows.
#   tool.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$2
shift 2
passed=0 failed=0
out=$(mktemp)
fake=$(mktemp -d)
trap 'rm -rf "$out" "$fake"' EXIT

expect() { # code, what, command...
	local want=$1 what=$2 got
	shift 2
	"$@" >"$out" 2>&1
	got=$?
	if [ $got = "$want" ]; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what: exit $got, expected $want"
		tail -5 "$out" | sed 's/^/  /'
		failed=$((failed + 1))
	fi
}
shows() { # pattern
	if grep -qE -- "$1" "$out"; then
		passed=$((passed + 1))
		echo "ok -   shows '$1'"
	else
		echo "not ok -   does not show '$1'"
		failed=$((failed + 1))
	fi
}

hides() { # pattern
	if grep -qE -- "$1" "$out"; then
		failed=$((failed + 1))
		echo "not ok -   shows '$1'"
	else
		passed=$((passed + 1))
		echo "ok -   does not show '$1'"
	fi
}

expect 0 'help' "$postern" --help
shows 'exit codes'
expect 0 'version' "$postern" --version
expect 2 'no command' "$postern"
expect 2 'unknown command' "$postern" fly
expect 0 'run help' "$postern" run --help
expect 2 'unknown host' "$postern" run --host moon
expect 2 'unknown fault' "$postern" run --fault no.such
expect 2 'bad number' "$postern" run --cpus 99
expect 2 'bad word' "$postern" run --accept now
expect 2 'an unknown doorbell' "$postern" run --msi apic
expect 2 'a modelled ITS on a plain machine' "$postern" run --host plain-arm64 --msi its-kvm
shows 'host plain-arm64: no such --msi'
expect 2 'an ITS on x86' "$postern" run --host cca,snp --msi its
shows 'host snp: no such --msi'
expect 2 'an ITS that is saved on a plain machine' "$postern" run --host plain-arm64 --save-restore 50
shows 'is for cca, pkvm and pkvm-android only'
expect 2 'no ITS that is saved' "$postern" run --msi gicv2m --save-restore 50
shows 'without an ITS'
expect 2 'a granule on cca' "$postern" run --granule 16K
shows 'are for pkvm and pkvm-android'
expect 2 'another granule' "$postern" run --host pkvm --granule 8K
expect 2 'firmware upstream has not' "$postern" run --host pkvm-android,pkvm --pvmfw
shows 'host pkvm: .*no such firmware'
expect 2 'a configuration that nobody makes' "$postern" run --host pkvm-android --pvmfw=3.0
shows 'want one of 1.2,'
expect 2 'RIPAS on pkvm' "$postern" run --host pkvm --ripas image
expect 2 'a relying party on pkvm' "$postern" run --host pkvm --job workload --relying-party
shows 'no other guest has evidence'
expect 2 'cycles on x86 for every fault' "$postern" faults -- --host snp --save-restore 50
hex128=$(printf '%0128d' 7)
expect 2 'a challenge that is short' "$postern" run --evidence "$fake/e" --challenge 00
shows 'want 64 bytes in hex'
expect 2 'a challenge for nothing' "$postern" run --challenge "$hex128"
shows 'needs --evidence'
expect 2 'evidence of any image' "$postern" run --evidence "$fake/e" --expect Shell
shows 'not for other images'
expect 2 'a job there is not' "$postern" run --job bootloader
expect 2 'a relying party of the probe' "$postern" run --relying-party
shows 'needs --job workload'
expect 2 'a relying party without a port' "$postern" run --job workload --relying-party --devices off
shows 'needs the console device'
expect 2 'a relying party of a plain machine' "$postern" run --host cca,plain-x86 --job workload --relying-party
shows 'host plain-x86: .*no other guest has evidence'
expect 2 'a secret nobody gives' "$postern" run --job workload --stale
expect 2 'checks of a workload' "$postern" run --job workload --probe 'rsi.*'
expect 2 'a plain machine made debuggable' "$postern" run --host plain-arm64 --debug
printf 'short' >"$fake/secret"
expect 2 'a secret that is short' "$postern" run --job workload --relying-party --secret "$fake/secret"
printf 'eight different, and then        ' >"$fake/secret"
expect 2 'a secret that is everywhere' "$postern" run --job workload --relying-party --secret "$fake/secret"
shows 'no 8 of them alike'

# A kernel, and what goes with it.
printf 'no kernel at all' >"$fake/kernel"
expect 2 'an initrd alone' "$postern" run --initrd "$fake/kernel"
shows 'need --kernel'
expect 2 'firmware without anything to boot' "$postern" run --job firmware
shows 'needs --kernel, --uki or --disk'
expect 2 'a command line without a kernel' "$postern" run --uki "$fake/kernel" --append quiet
expect 2 'a kernel through UEFI' "$postern" run --host uefi-x86 --kernel "$fake/kernel"
shows 'has firmware of its own'
expect 2 'fw_cfg on arm64' "$postern" run --host cca --kernel "$fake/kernel" --boot fw_cfg
expect 2 'another place to boot from' "$postern" run --kernel "$fake/kernel" --boot net
expect 2 'other hashes' "$postern" run --host snp --kernel "$fake/kernel" --hashes no
expect 2 'hashes on cca' "$postern" run --host cca --kernel "$fake/kernel" --hashes flash
shows 'registers measure'
expect 2 'hashes by the host of a TD' "$postern" run --host tdx --kernel "$fake/kernel" --hashes host
shows 'is for snp and --boot fw_cfg'
expect 2 'hashes of nothing' "$postern" run --host snp --uki "$fake/kernel" --hashes flash
shows 'the hashes of what'
expect 2 'two disks' "$postern" run --host snp --uki "$fake/kernel" --disk "$fake/kernel"
expect 2 'two images' "$postern" run --host snp --kernel "$fake/kernel" --image "$fake/kernel" --unmeasured
expect 2 'no disk to boot from' "$postern" run --host tdx --kernel "$fake/kernel" --devices rng
shows 'needs the blk device'
expect 2 'white space at the end' "$postern" run --host tdx --kernel "$fake/kernel" --append 'quiet '
expect 2 'a line break' "$postern" run --host snp --kernel "$fake/kernel" --append $'quiet\nmutant=1'
shows 'a line break'
expect 2 'checks of a kernel' "$postern" run --kernel "$fake/kernel" --probe 'rsi.*'
expect 2 'evidence of a kernel' "$postern" run --kernel "$fake/kernel" --evidence "$fake/e"
expect 2 'faults for a kernel' "$postern" faults -- --host snp --kernel "$fake/kernel"
shows 'for the probe'
expect 4 'no kernel there' "$postern" run --build-dir "$build" --host snp --kernel "$fake/none"
shows 'kernel .*/none: No such file'
expect 4 'no initrd there' "$postern" run --build-dir "$build" --host snp --kernel "$fake/kernel" --initrd "$fake/none"
expect 4 'no disk there' "$postern" run --build-dir "$build" --host snp --job firmware --disk "$fake/none"
expect 4 'an image without room for hashes' "$postern" run --build-dir "$build" --host tdx --kernel "$fake/kernel" \
	--image "$build/x86_64/postern-probe.fd"
shows 'with --hashes none the image is used as it is'
for command in uki firmware; do
	expect 0 "$command: help" "$postern" $command --help
	shows "usage: postern $command --kernel"
	expect 2 "$command: no kernel" "$postern" $command -o "$fake/out"
	expect 2 "$command: nowhere to" "$postern" $command --kernel "$fake/kernel"
	expect 2 "$command: one word more" "$postern" $command --kernel "$fake/kernel" -o "$fake/out" now
	expect 2 "$command: an option nobody knows" "$postern" $command --fly
	expect 2 "$command: a long command line" "$postern" $command --kernel "$fake/kernel" -o "$fake/out" --append "$(printf '%02048d' 0)"
	expect 4 "$command: no file" "$postern" $command --kernel "$fake/none" -o "$fake/out"
	expect 4 "$command: cannot write" "$postern" $command --kernel "$fake/kernel" -o "$fake/no/out" \
		$([ $command = uki ] || echo --image "$build/x86_64/postern-firmware.fd")
done
expect 2 'uki: an architecture there is not' "$postern" uki --kernel "$fake/kernel" -o "$fake/out" --arch mips
expect 2 'uki: an image' "$postern" uki --kernel "$fake/kernel" -o "$fake/out" --image x
expect 2 'firmware: an architecture' "$postern" firmware --kernel "$fake/kernel" -o "$fake/out" --arch arm64
expect 4 'firmware: no place for hashes' "$postern" firmware --kernel "$fake/kernel" -o "$fake/out" \
	--image "$build/x86_64/postern-probe.fd"
shows 'no table for kernel hashes'
expect 0 'uki' "$postern" uki --kernel "$fake/kernel" --append quiet -o "$fake/uki"
expect 0 'uki, once more' "$postern" uki --kernel "$fake/kernel" --append quiet -o "$fake/uki2"
expect 0 'the same bytes' cmp "$fake/uki" "$fake/uki2"

expect 4 'no workload of that name' "$postern" run --build-dir "$build" --job workload --workload no-such
shows 'postern-workload-no-such.img'
expect 4 'no image' "$postern" run --build-dir "$build" --image /nonexistent
shows 'make images'
expect 4 'no QEMU' "$postern" run --build-dir "$build" --qemu-dir /nonexistent
shows 'install the Debian package'
expect 0 'list' "$postern" list
shows 'rsi.ipa_state_set.misaligned_base.*solo.*CCA-RIPAS-01'
expect 0 'list faults' "$postern" list --faults
shows 'breaks: CCA-RIPAS-01'
shows '^guard\..* \(pkvm-android\)$'
expect 0 'list rules' "$postern" list --rules
fault=$("$postern" list --faults | awk '/^[a-z]/ { name = $1 } /breaks: CCA-RIPAS-01$/ { print name; exit }')
expect 1 "a fault ($fault)" "$postern" run --build-dir "$build" --cpus 1 --mem 256M --fault "$fault" "$@"
shows '^not ok [0-9]+ - rsi.ipa_state_set.misaligned_base'
shows '^  asked: '
shows '^  got: '
shows '^  expected: '
expect 0 'selection' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --probe 'rsi.version.*' "$@"
shows '^# totals: pass:[1-9][0-9]* fail:0 skip:0'
expect 0 'pKVM, granules of 64 KiB' "$postern" run --build-dir "$build" --host pkvm --cpus 1 --mem 128M --granule 64K --evidence "$fake/e" "$@"
shows '^# host pkvm: 1 CPUs, 128M, granule 64K$'
shows '^# terminal checks'
shows '^pkvm .* -  +all held$'
expect 0 'the same without terminal checks' "$postern" run --build-dir "$build" --host pkvm --cpus 1 --mem 128M --devices off --no-terminal "$@"
hides '^# terminal checks'
expect 3 'instruction budget' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --insns 1000000 "$@"
shows 'budget'
expect 3 'exit budget' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --exits 50 "$@"
shows 'budget'

# A machine that says anything: a report in which all held, with one line more, LINE, on what the guest moved. It may
# speak of $at, the read area, and of $wat, the write area, where `pattern` is written.
cat >"$fake/qemu-system-aarch64" <<'EOT'
#!/bin/bash
for arg; do
	case $arg in
	file,id=console,path=*) console=${arg##*path=} ;;
	file,id=channel,path=*) channel=${arg##*path=} ;;
	if=none,id=disk,*) disk=${arg##*file=} ;;
	esac
done
at=$(($(od -An -v -t u8 -j 16 -N 8 "$disk")))
wat=$(($(od -An -v -t u8 -j 64 -N 8 "$disk")))
hash() { tail -c "+$(($1 + 1))" "$disk" | head -c "$2" | sha256sum | cut -d' ' -f1; }
printf 'pattern' | dd of="$disk" bs=1 seek=$wat conv=notrunc status=none
printf 'KTAP version 1\n1..1\nok 1 - a.b\n# totals: pass:1 fail:0 skip:0\n# counters: a=1\n' >"$console"
eval "printf '%s\n' \"$LINE\"" >"$console"
[ -z "${EVIDENCE-}" ] || printf 'evidence: %s\n' "$EVIDENCE" >"$channel"
printf 'counter: a 1\nverdict: off\n' >"$channel"
EOT
chmod +x "$fake/qemu-system-aarch64"
says() { # code, what, line
	LINE=$3 expect "$1" "guest says: $2" "$postern" run --build-dir "$build" --qemu-dir "$fake" --host cca --no-trace \
		--probe rsi.version.highest
}
claims() { # code, text of the result, what the guest says of its evidence
	LINE=$3 expect "$1" "evidence: $2" "$postern" run --build-dir "$build" --qemu-dir "$fake" --host cca --no-trace \
		--probe rsi.version.highest --evidence "$fake/kept" --challenge "$hex128"
	shows "^cca +1 .* (none|refused: [a-z]+|not judged) +evidence: $2"
}
claims 1 'the guest says nothing of its own' ''
claims 1 'why not' '# evidence: failed: why not'
claims 1 'the host issued none with the SHA-256 the guest says' '# evidence: kind=probe bytes=3 sha256=00 report_data=00'
expect 0 'an earlier run leaves nothing' test ! -e "$fake/kept/evidence.bin"
expect 0 'the challenge is kept' grep -qx "$hex128" "$fake/kept/challenge.hex"
expect 0 'the launch is kept' grep -qx "append: probe=rsi.version.highest challenge=$hex128" "$fake/kept/launch.txt"
EVIDENCE=d28443a10126 claims 1 'no prediction' "# evidence: kind=probe sha256=$(printf '\xd2\x84\x43\xa1\x01\x26' | sha256sum | cut -c1-64)"
printf 'platform: cca\nmeasurement: 00\n' >"$fake/expected"
LINE="# evidence: kind=probe sha256=$(printf '\xd2\x84\x43\xa1\x01\x26' | sha256sum | cut -c1-64)" EVIDENCE=d28443a10126 expect 1 \
	'evidence that is none' "$postern" run --build-dir "$build" --qemu-dir "$fake" --host cca --no-trace --probe rsi.version.highest \
	--evidence "$fake/kept" --expected "$fake/expected"
shows '^cca .* refused: malformed'
expect 0 'it is kept all the same' test -s "$fake/kept/evidence.bin"

zeros=$(printf '%064d' 0)
# shellcheck disable=SC2016 # the machine's shell expands it
{
	says 0 'nothing of devices' ''
	says 0 'what is there' '# disk-read: bytes=1000 sha256=$(hash $at 1000)'
	says 1 'less than what it hashed' '# disk-read: bytes=999 sha256=$(hash $at 1000)'
	shows 'devices: 999 bytes read from the disk and on the host it is something else'
	says 0 'what it wrote' '# disk-written: offset=$wat bytes=7 sha256=$(printf pattern | sha256sum | cut -c1-64)'
	says 1 'what it did not write' '# disk-written: offset=$wat bytes=7 sha256=$(printf Pattern | sha256sum | cut -c1-64)'
	says 1 'a console that is empty' "# console-written: bytes=4 sha256=$zeros"
	says 1 'a line without a hash' '# tftp: bytes=400'
}
shows 'devices: a line on moved data that cannot be read'
expect 2 'unknown device' "$postern" run --devices blk,floppy
expect 4 'a disk too small' "$postern" run --build-dir "$build" --disk-size 1M
shows 'at least 2M'

# The exit code is the guest's end; the host's, if it had to end the run, is 3 and says where the guest was.
expect 1 'a kernel that is none' "$postern" run --build-dir "$build" --host snp --cpus 1 --kernel "$fake/kernel" "$@"
shows '^# linux: refused: '
shows '^snp +- +- +- .*refused: '
expect 3 'a kernel out of budget' "$postern" run --build-dir "$build" --host snp --cpus 1 --kernel "$fake/kernel" --exits 200 "$@"
shows '^# last exit: vCPU 0: .* at rip 0x'
shows '^# last line: '

echo "$passed passed, $failed failed"
[ $failed = 0 ]
