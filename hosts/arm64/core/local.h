/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of core/ share with each other and with nobody else. */
#ifndef CORE_LOCAL_H
#define CORE_LOCAL_H

/* What the assembly knows of struct percpu and struct el1_state. */
#define PERCPU_STACK_TOP 0
#define G_PC             248
#define G_PSTATE         256
#define G_FPSR           512 /* behind g->fp */

#define STACK_SIZE       0x10000 /* BearSSL's ECDSA needs about 8 KiB */
#define STACKS           8

#ifndef __ASSEMBLER__

#include "core.h"

#define READ_SYSREG(name)                                                                          \
	({                                                                                         \
		u64 value_;                                                                        \
		__asm__ volatile("mrs %0, " #name : "=r"(value_));                                 \
		value_;                                                                            \
	})
#define WRITE_SYSREG(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((u64)(value)))

static inline void isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

static inline void dsb(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

/* Reached through TPIDR_EL2. */
struct percpu {
	u64 stack_top;
	void (*fn)(unsigned cpu);
	u64 gicr; /* own redistributor, once gic_init_cpu() found it */
	u32 index;
};

_Static_assert(offsetof(struct percpu, stack_top) == PERCPU_STACK_TOP, "start.S loads the stack");
_Static_assert(offsetof(struct el1_state, pc) == G_PC, "enter.S loads pc");
_Static_assert(offsetof(struct el1_state, pstate) == G_PSTATE, "enter.S loads pstate");
_Static_assert(sizeof(((struct el1_state *)0)->fp) == G_FPSR + 16, "enter.S fills fp");
_Static_assert(STACKS == CORE_MAX_CPUS, "start.S has a stack for each CPU");

extern struct percpu percpu[CORE_MAX_CPUS];
struct percpu *this_cpu(void);

/* Single-register accesses: what QEMU's devices expect. */
u8 mmio_read8(u64 pa);
u16 mmio_read16(u64 pa);
u32 mmio_read32(u64 pa);
u64 mmio_read64(u64 pa);
void mmio_write8(u64 pa, u8 v);
void mmio_write16(u64 pa, u16 v);
void mmio_write32(u64 pa, u32 v);
void mmio_write64(u64 pa, u64 v);

/* start.S */
extern char core_image_end[];
void core_secondary_start(void);
void core_vectors(void);

/* main.c */
NORETURN void core_main(void);
NORETURN void core_secondary_main(struct percpu *self);

/* mmu.c: the same tables on every CPU; the boot CPU builds them with the MMU off. */
void mmu_build(void);
void mmu_enable(void);

/* memory.c */
void memory_init(void);
/* Where the machine's devicetree has an SMMUv3, and an ITS; 0: nowhere. */
u64 memory_smmu(void);
u64 memory_its(void);

/* channel.c */
void channel_init(void);

/* gic.c */
void gic_init(void);
void gic_init_cpu(void);

/* enter.S */
u64 core_switch(struct el1_state *g);
void core_fp_load(const u8 *fp);
void core_fp_save(u8 *fp);
/* switch.c: EL2 state every CPU starts with. */
void switch_init_cpu(void);

/* trap.c: an exception taken from EL2 itself. */
struct own_frame {
	u64 x[31], sp;
};
_Static_assert(sizeof(struct own_frame) == 256, "enter.S makes room for it");
NORETURN void own_fault(const struct own_frame *f, u64 vector);

#endif
#endif
