#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Lays out what boots as a client: OUT/ARCH-VERSION/{kernel,initrd,version}, for each kernel that `setup.sh kernels` fetched,
# or, of an architecture whose kernel is given by hand, for that one alone (version "own"; its modules, unpacked, lie in
# MODULES_X86 or MODULES_ARM64). Kernels and initramfs are made again only when they changed.
#   prepare.sh OUT KERNELS REPORT
set -eu
out=$1 kernels=$2 report=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"

client() { # architecture, version, kernel, modules or nothing, program for /dev/sev-guest or nothing
	local d=$out/$1-$2 busybox=$kernels/$1/busybox made
	made=$(stat -Lc '%n %s %Y' "$3" "$busybox" "$here/init" "$here/mkinitramfs.sh" ${5:+"$5"}; [ -z "$4" ] || find "$4" -name '*.ko' -printf '%p %s %T@\n')
	[ "$(cat "$d/made" 2>/dev/null)" != "$made" ] || return 0
	rm -rf "$d"
	mkdir "$d"
	cp "$3" "$d/kernel"
	"$here/mkinitramfs.sh" "$d/initrd" "$busybox" "$4" "$5"
	echo "$made" >"$d/made"
}

arch() { # architecture, kernel by hand or nothing, its modules, program
	local v
	if [ -n "$2" ]; then
		find "$out" -maxdepth 1 -name "$1-*" ! -name "$1-own" -exec rm -rf {} +
		client "$1" own "$2" "$3" "$4"
		return
	fi
	rm -rf "$out/$1-own"
	for v in "$kernels/$1"/*/; do
		client "$1" "$(basename "$v")" "$v/vmlinuz" "$v/modules" "$4"
	done
}

arch amd64 "${KERNEL_X86:-}" "${MODULES_X86:-}" "$report"
arch arm64 "${KERNEL_ARM64:-}" "${MODULES_ARM64:-}" ""
