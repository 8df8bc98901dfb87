#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian's OVMF with an erased variable store, as SNP wants it; why, stands in docs/snp.md ("Foreign guests").
#   erased.sh OUT
set -eu
ovmf=/usr/share/ovmf/OVMF.fd code=/usr/share/OVMF/OVMF_CODE.fd
for file in $ovmf $code; do
	[ -r "$file" ] || { echo "no $file; install the Debian package ovmf" >&2; exit 1; }
done
{ head -c $(($(stat -Lc %s $ovmf) - $(stat -Lc %s $code))) /dev/zero; cat $code; } >"$1"
