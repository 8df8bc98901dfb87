#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A unified kernel image that any UEFI firmware starts, and ours: sections behind those of systemd's stub.
#   mkuki.sh OUT STUB OBJCOPY KERNEL INITRD CMDLINE
set -eu
out=$1 stub=$2 objcopy=$3 kernel=$4 initrd=$5 cmdline=$6
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
printf '%s' "$cmdline" >"$tmp/cmdline"
printf 'ID=postern\n' >"$tmp/osrel"
# The stub's own sections end here; sizes and addresses are hexadecimal in the listing.
next=0
for row in $("${objcopy%objcopy}objdump" -h "$stub" | awk '$1 ~ /^[0-9]+$/ { print $3 "," $4 }'); do
	end=$((0x${row%,*} + 0x${row#*,}))
	[ $end -le $next ] || next=$end
done
add=
section() { # name, file
	next=$(((next + 0xfffff) & ~0xfffff))
	add="$add --add-section $1=$2 --change-section-vma $1=$(printf '0x%x' $next)"
	next=$((next + $(stat -Lc %s "$2")))
}
section .osrel "$tmp/osrel"
section .cmdline "$tmp/cmdline"
section .initrd "$initrd"
section .linux "$kernel"
# shellcheck disable=SC2086
"$objcopy" $add "$stub" "$out"
