/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU state at the very first instruction, before anything of ours could change it (rule
 * CCA-BOOT-01; boot protocol: x1..x3 = 0). Written by boot/arm64/head.S with the MMU off.
 */
#ifndef ARM64_ENTRY_H
#define ARM64_ENTRY_H

#include "types.h"

struct arm64_entry_state {
	u64 x[4];       /* x0..x3; by UEFI: image handle, system table, then whatever it left */
	u64 current_el; /* CurrentEL: bits 3:2 */
	u64 daif;       /* DAIF: bits 9:6 */
	u64 spsel;      /* SPSel: bit 0 */
	u64 sctlr;      /* SCTLR of that exception level: bit 0 = MMU on */
	u64 efi;        /* 1: entered as an EFI application, the state is the firmware's */
	u64 place_end;  /* entered in pvmfw's place: end of the file there, a page border; else 0 */
};

extern struct arm64_entry_state arm64_entry_state;

#endif
