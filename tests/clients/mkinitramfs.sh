#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An initramfs around tests/clients/init; the same files give the same bytes.
#   mkinitramfs.sh OUT BUSYBOX MODULES [REPORT]
# MODULES: a directory of unpacked modules, or nothing (""); REPORT: the program for /dev/sev-guest.
set -eu
out=$1 busybox=$2 modules=$3 report=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/bin" "$tree/modules"
cp "$busybox" "$tree/bin/busybox"
cp "$here/init" "$tree/init"
[ -z "$report" ] || cp "$report" "$tree/bin/report"
if [ -n "$modules" ]; then
	for m in "$modules"/*.ko; do
		[ ! -e "$m" ] || cp "$m" "$tree/modules/"
	done
fi
chmod -R u=rwX,go=rX "$tree"
chmod 755 "$tree/init" "$tree"/bin/*
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0) | gzip -n -9 >"$out"
