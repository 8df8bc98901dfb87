#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# House rules no compiler knows: licence lines, file sizes, unfinished work, platform #ifdefs.
set -eu
bad=0
say() {
	printf '%s\n' "$*" >&2
	bad=1
}
files=$(git ls-files | grep -E '\.(c|h|S|asm|def|lds|mk|sh)$|^Makefile$|^\.ci/run$')
for f in $files; do
	head -3 "$f" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || say "$f: no SPDX line"
	n=$(wc -l <"$f")
	case $f in
	*.def | tests/*) limit=1200 ;;
	*) limit=520 ;;
	esac
	[ "$n" -le $limit ] || say "$f: $n lines; split it by subject"
done
if git grep -nE '\b(TODO|FIXME|XXX)\b' -- ':!tests/house.sh' ':!docs' >&2; then
	say 'unfinished work, see above'
fi
# Above the backends nobody may know the platform at compile time.
if git grep -nE '#[ \t]*(if|elif).*\b(CVM|CONFIG)?_?(CCA|SNP|TDX|PKVM)\b' -- boot mm drivers virtio attest probe lib include >&2; then
	say 'platform #ifdef above the backends'
fi
# Nor name it: comments may, code may not. What control arrived on is known to the entry code only, and the
# list of backends stands in platforms.c.
names='\b(CVM_(CCA|SNP|TDX|PKVM)|(rsi|rmm|ghcb|tdcall|snp|sev|tdx|tdg|pkvm|realm|cca)(_|\b))'
for f in $(git ls-files 'boot/*.c' 'boot/*.h' 'mm/*.[ch]' 'drivers/*.[ch]' 'virtio/*.[ch]'); do
	case $f in
	boot/*/platforms.c | boot/arm64/start.c | boot/x86_64/fd.c) continue ;;
	# A kernel is handed what its platform has: CC blob or mailbox, by a look at run time.
	boot/linux/x86_64/place.c | boot/linux/x86_64/hashes_place.c | boot/linux/x86_64/legacy.c) continue ;;
	esac
	# Texts go first: register names of inline assembly are texts, too.
	hits=$(gcc -fpreprocessed -dD -E -P "$f" 2>/dev/null | sed 's/"[^"]*"//g; s/f->rsi//g' | grep -E "$names" || true)
	[ -z "$hits" ] || say "$f names a platform above the backends: $hits"
done
exit $bad
