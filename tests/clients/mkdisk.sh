#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A disk with nothing but a FAT file system (no partition table), and in it the file that a UEFI firmware starts.
#   mkdisk.sh OUT BOOTX64.EFI|BOOTAA64.EFI UKI
set -eu
out=$1 name=$2 uki=$3
rm -f "$out"
truncate -s $((($(stat -Lc %s "$uki") / 1048576 + 40) * 1048576)) "$out"
mkfs.fat -F 32 --invariant "$out" >/dev/null
mmd -i "$out" ::/EFI ::/EFI/BOOT
mcopy -i "$out" "$uki" "::/EFI/BOOT/$name"
