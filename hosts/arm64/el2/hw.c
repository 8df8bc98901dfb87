/* SPDX-License-Identifier: BSD-2-Clause */
#include "el2/hw.h"

#define READ(reg)                                                                                  \
	({                                                                                         \
		u64 v_;                                                                            \
		__asm__ volatile("mrs %0, " #reg : "=r"(v_));                                      \
		v_;                                                                                \
	})
#define WRITE(reg, v) __asm__ volatile("msr " #reg ", %0" ::"r"((u64)(v)))

/* MRS takes the register as part of the instruction, so there is one per register. */
#define ROW(m)                                                                                     \
	case m:                                                                                    \
		switch (op2) {                                                                     \
		case 0:                                                                            \
			return READ(S3_0_C0_C##m##_0);                                             \
		case 1:                                                                            \
			return READ(S3_0_C0_C##m##_1);                                             \
		case 2:                                                                            \
			return READ(S3_0_C0_C##m##_2);                                             \
		case 3:                                                                            \
			return READ(S3_0_C0_C##m##_3);                                             \
		case 4:                                                                            \
			return READ(S3_0_C0_C##m##_4);                                             \
		case 5:                                                                            \
			return READ(S3_0_C0_C##m##_5);                                             \
		case 6:                                                                            \
			return READ(S3_0_C0_C##m##_6);                                             \
		default:                                                                           \
			return READ(S3_0_C0_C##m##_7);                                             \
		}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	switch (crm) {
		ROW(1)
		ROW(2)
		ROW(3)
		ROW(4)
		ROW(5)
		ROW(6)
		ROW(7)
	default:
		return 0;
	}
}

u64 hw_ich_vtr(void)
{
	return READ(S3_4_C12_C11_1);
}

unsigned hw_pmu_counters(void)
{
	if (FIELD(hw_id_reg(5, 0), 11, 8) == 0)
		return 0;
	return (unsigned)FIELD(READ(pmcr_el0), 15, 11);
}

void hw_timers_read(struct hw_timers *t)
{
	__asm__ volatile("isb" ::: "memory");
	t->cntp_ctl = READ(cntp_ctl_el0);
	t->cntp_cval = READ(cntp_cval_el0);
	t->cntv_ctl = READ(cntv_ctl_el0);
	t->cntv_cval = READ(cntv_cval_el0);
}

void hw_timers_write(const struct hw_timers *t)
{
	WRITE(cntp_cval_el0, t->cntp_cval);
	WRITE(cntp_ctl_el0, t->cntp_ctl);
	WRITE(cntv_cval_el0, t->cntv_cval);
	WRITE(cntv_ctl_el0, t->cntv_ctl);
	__asm__ volatile("isb" ::: "memory");
}

void hw_set_cntvoff(u64 offset)
{
	WRITE(cntvoff_el2, offset);
	__asm__ volatile("isb" ::: "memory");
}

void hw_set_vttbr(u64 vttbr)
{
	WRITE(vttbr_el2, vttbr);
	__asm__ volatile("isb" ::: "memory");
}

void hw_sync_code(u64 addr, size_t n)
{
	u64 p;

	/* 16 bytes is the smallest line the architecture allows. */
	for (p = addr; p < addr + n; p += 16)
		__asm__ volatile("dc cvau, %0" ::"r"(p) : "memory");
	__asm__ volatile("dsb ish\n ic ialluis\n dsb ish\n isb" ::: "memory");
}
