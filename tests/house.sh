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
exit $bad
