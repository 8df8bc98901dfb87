/* SPDX-License-Identifier: BSD-2-Clause */
/* What the first instruction saw, on platforms that promise it. */
#include "../../boot/arm64/entry.h"
#include "../checks.h"

void boot_state(void)
{
	const struct arm64_entry_state *e = &arm64_entry_state;

	if (e->efi) {
		check_skip("firmware ran before this image");
		return;
	}
	expect_eq("CurrentEL", e->current_el, 1 << 2);
	expect_eq("SPSel", e->spsel & 1, 1);
	expect_eq("DAIF", e->daif & 0x3c0, 0x3c0);
	expect_eq("SCTLR_EL1: MMU and data cache", e->sctlr & (BIT(0) | BIT(2)), 0);
}
