/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power management block of ICH9 (and, as far as anyone looks, of PIIX4) at 0x600, 128 ports.
 * The machine's own lies at the same address and is never reached: it would end the run without a
 * verdict.
 */
#include "vmm/local.h"

#define PM_BASE       0x600
#define PM1_STATUS    0x00
#define PM1_CONTROL   0x04
#define PM_TIMER      0x08
#define GPE0_STATUS   0x20
#define GPE0_ENABLE   0x28

#define SLEEP_ENABLE  0x2000
#define SLEEP_TYPE    0x1c00 /* 0: off, as QEMU's DSDT has it */

#define PM_TIMER_HZ   3579545ULL
#define PM_TIMER_MASK 0xffffffu

static u8 block[0x80];

u32 pm_in(u16 port, unsigned width)
{
	unsigned offset = port - PM_BASE;

	if (offset >= PM_TIMER && offset < PM_TIMER + 4) {
		u64 ticks = scale(core_now(), PM_TIMER_HZ, core_tsc_hz) & PM_TIMER_MASK;

		return (u32)(ticks >> (8 * (offset - PM_TIMER)) & nothing(width));
	}
	return (u32)bytes_get(block, sizeof(block), offset, width);
}

/* Status bits are cleared by writing ones, and none is ever set. */
static bool read_only(unsigned offset)
{
	return offset < PM1_STATUS + 2 || (offset >= PM_TIMER && offset < PM_TIMER + 4) ||
	       (offset >= GPE0_STATUS && offset < GPE0_ENABLE);
}

void pm_out(u16 port, unsigned width, u32 value)
{
	unsigned offset = port - PM_BASE;
	u32 control;

	for (unsigned i = 0; i < width; i++)
		if (!read_only(offset + i))
			bytes_put(block, sizeof(block), offset + i, 1, value >> (8 * i) & 0xff);
	control = (u32)bytes_get(block, sizeof(block), PM1_CONTROL, 2);
	if ((control & SLEEP_ENABLE) == 0)
		return;
	if ((control & SLEEP_TYPE) == 0)
		core_verdict("off", "ACPI power-off");
	/* No other sleep here; the bit reads 0. */
	bytes_put(block, sizeof(block), PM1_CONTROL, 2, control & ~SLEEP_ENABLE);
}
