/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's own translation: identity over 512 GiB in 1 GiB blocks, one table for all CPUs.
 * Only the GiB that holds the monitor may be executed.
 */
#include "local.h"

#define ATTR_NORMAL    0 /* index into MAIR_EL2 */
#define ATTR_DEVICE    1
#define MAIR           (0xffULL << (8 * ATTR_NORMAL) | 0x00ULL << (8 * ATTR_DEVICE))

#define BLOCK_VALID    BIT(0)
#define BLOCK_ATTR(i)  ((u64)(i) << 2)
#define BLOCK_AP_RES1  BIT(6)
#define BLOCK_INNER    (3ULL << 8)
#define BLOCK_ACCESSED BIT(10)
#define BLOCK_XN       BIT(54)

#define TCR_T0SZ(bits) (64 - (bits))
#define TCR_WB_INNER   (1ULL << 8 | 1ULL << 10 | 3ULL << 12)
#define TCR_PS(n)      ((u64)(n) << 16)
#define TCR_RES1       (BIT(31) | BIT(23))

#define SCTLR_RES1     0x30c50830ULL
#define SCTLR_M        BIT(0)
#define SCTLR_C        BIT(2)
#define SCTLR_SA       BIT(3)
#define SCTLR_I        BIT(12)

#define VA_BITS        39
#define LOW_DEVICES    1   /* GiB 0: PL011, fw_cfg, GIC, PIO window */
#define HIGH_START     256 /* GiB from which QEMU puts its high redistributors, ECAM and PCI memory */

static u64 table[512] ALIGNED(4096);

static u64 attributes(unsigned gib)
{
	u64 device = BLOCK_ATTR(ATTR_DEVICE) | BLOCK_XN;
	u64 normal = BLOCK_ATTR(ATTR_NORMAL) | BLOCK_INNER;

	if (gib < LOW_DEVICES || gib >= HIGH_START)
		return device;
	return gib == MONITOR_BASE / GIB(1) ? normal : normal | BLOCK_XN;
}

void mmu_build(void)
{
	for (unsigned gib = 0; gib < ARRAY_SIZE(table); gib++)
		table[gib] =
		    GIB(gib) | attributes(gib) | BLOCK_VALID | BLOCK_AP_RES1 | BLOCK_ACCESSED;
	dsb();
}

void mmu_enable(void)
{
	u64 pa_range = READ_SYSREG(id_aa64mmfr0_el1) & 0xf;

	WRITE_SYSREG(mair_el2, MAIR);
	WRITE_SYSREG(tcr_el2,
		     TCR_RES1 | TCR_T0SZ(VA_BITS) | TCR_WB_INNER | TCR_PS(MIN(pa_range, 5u)));
	WRITE_SYSREG(ttbr0_el2, (uintptr_t)table);
	isb();
	__asm__ volatile("tlbi alle2\n\tdsb sy\n\tic iallu\n\tdsb sy\n\tisb" : : : "memory");
	WRITE_SYSREG(sctlr_el2, SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I);
	isb();
}
