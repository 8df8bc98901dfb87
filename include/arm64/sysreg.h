/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers of arm64, by name or by their generic encoding. */
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

#include "types.h"

#define SYSREG_STR_(r) #r
#define SYSREG_STR(r)  SYSREG_STR_(r)

#define read_sysreg(r)                                                                             \
	__extension__({                                                                            \
		u64 value_;                                                                        \
		__asm__ volatile("mrs %0, " SYSREG_STR(r) : "=r"(value_)::"memory");               \
		value_;                                                                            \
	})

#define write_sysreg(r, v) __asm__ volatile("msr " SYSREG_STR(r) ", %0" ::"r"((u64)(v)) : "memory")

/* GICv3 CPU interface (IHI 0069), by encoding: assemblers for armv8-a need not know the names. */
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7

#define MPIDR_AFFINITY  (MASK(39, 32) | MASK(23, 0))

static inline u64 mpidr_affinity(u64 mpidr)
{
	return mpidr & MPIDR_AFFINITY;
}

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

#endif
