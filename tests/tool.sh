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
shows 'is for cca only'
expect 2 'no ITS that is saved' "$postern" run --msi gicv2m --save-restore 50
shows 'without an ITS'
expect 2 'cycles on x86 for every fault' "$postern" faults -- --host snp --save-restore 50
hex128=$(printf '%0128d' 7)
expect 2 'a challenge that is short' "$postern" run --evidence "$fake/e" --challenge 00
shows 'want 64 bytes in hex'
expect 2 'a challenge for nothing' "$postern" run --challenge "$hex128"
shows 'needs --evidence'
expect 2 'evidence of any image' "$postern" run --evidence "$fake/e" --expect Shell
shows 'not for other images'
expect 2 'a job there is not' "$postern" run --job firmware
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
expect 0 'list rules' "$postern" list --rules
fault=$("$postern" list --faults | awk '/^[a-z]/ { name = $1 } /breaks: CCA-RIPAS-01$/ { print name; exit }')
expect 1 "a fault ($fault)" "$postern" run --build-dir "$build" --cpus 1 --mem 256M --fault "$fault" "$@"
shows '^not ok [0-9]+ - rsi.ipa_state_set.misaligned_base'
shows '^  asked: '
shows '^  got: '
shows '^  expected: '
expect 0 'selection' "$postern" run --build-dir "$build" --cpus 1 --mem 256M --probe 'rsi.version.*' "$@"
shows '^# totals: pass:[1-9][0-9]* fail:0 skip:0'
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

echo "$passed passed, $failed failed"
[ $failed = 0 ]
