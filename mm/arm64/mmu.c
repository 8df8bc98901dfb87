/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation registers and TLB maintenance of EL1. */
#include "mmu.h"
#include "arm64/sysreg.h"
#include "image.h"
#include "live.h"

#define MAIR_NORMAL_WB     0xffULL        /* index 0 */
#define MAIR_DEVICE_NGNRE  (0x04ULL << 8) /* index 1 */
#define TCR_T0SZ           16ULL          /* 48 bits: every IPA width fits, as VA == PA */
#define TCR_WALK_WB_SHARED (1ULL << 8 | 1ULL << 10 | 3ULL << 12)
#define TCR_NO_TTBR1       BIT(23)
#define TCR_IPS(n)         ((u64)(n) << 32)
#define PARANGE_48         5
#define SCTLR_RES1         0x30d00800ULL
#define SCTLR_M            BIT(0)
#define SCTLR_C            BIT(2)
#define SCTLR_SA           BIT(3)
#define SCTLR_I            BIT(12)

/* Page by page up to here; beyond, one invalidation of everything costs less than the many. */
#define FLUSH_PAGES_MAX 32

struct mmu_live mmu_live;

/* The output size follows the CPU, not the realm's IPA width: the stage-2 tables stop what lies
 * beyond that, and the probe wants to see it. */
static u64 tcr_value(void)
{
	u64 range = FIELD(read_sysreg(id_aa64mmfr0_el1), 3, 0);

	return TCR_T0SZ | TCR_WALK_WB_SHARED | TCR_NO_TTBR1 | TCR_IPS(MIN(range, PARANGE_48));
}

void mmu_arch_enable(u64 root)
{
	mmu_live = (struct mmu_live){
		.mair = MAIR_NORMAL_WB | MAIR_DEVICE_NGNRE,
		.tcr = tcr_value(),
		.ttbr0 = root,
		.sctlr = SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I,
	};
	/* All of the image was written past the caches; a line filled since then would be older. */
	mmu_invalidate((u64)image_start, (u64)image_end);
	mmu_enable_live();
}

void mmu_arch_flush(struct range r)
{
	u64 first = r.base / PAGE_SIZE, count = r.size / PAGE_SIZE;

	__asm__ volatile("dsb ishst" ::: "memory");
	if (count > FLUSH_PAGES_MAX)
		__asm__ volatile("tlbi vmalle1is" ::: "memory");
	else
		for (u64 i = 0; i < count; i++)
			__asm__ volatile("tlbi vaae1is, %0" ::"r"((first + i) & MASK(43, 0))
					 : "memory");
	__asm__ volatile("dsb ish; isb" ::: "memory");
}

/* One 64-bit store; the walker sees it before the caller uses the address. */
void mmu_arch_write(u64 *slot, u64 pte)
{
	*(volatile u64 *)slot = pte;
	__asm__ volatile("dsb ishst; isb" ::: "memory");
}
