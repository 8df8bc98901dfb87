/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything of a guest CPU but its general registers: EL1 system registers, FP and SIMD, pointer
 * keys, list registers, and the EL2 controls that hold it. Registers that have their value already
 * are not written: QEMU drops its TLB at each write to most of them.
 */
#include "local.h"

#define HCR_APK         BIT(40)
#define HCR_API         BIT(41)

#define CPTR_MONITOR    0x33ffULL /* traps SVE and SME, not FP */

#define SPSR_MODE       0x1fULL
#define SPSR_MODE_EL1H  0x05ULL
#define SPSR_MODE_EL1T  0x04ULL
#define SPSR_MODE_EL0T  0x00ULL
#define SPSR_MODE_USR32 0x10ULL

#define LOAD(reg, value)                                                                           \
	do {                                                                                       \
		u64 wanted_ = (value);                                                             \
		if (READ_SYSREG(reg) != wanted_)                                                   \
			WRITE_SYSREG(reg, wanted_);                                                \
	} while (0)

#define EL1_REGISTERS(X)                                                                           \
	X(sctlr_el1, sctlr)                                                                        \
	X(ttbr0_el1, ttbr0)                                                                        \
	X(ttbr1_el1, ttbr1)                                                                        \
	X(tcr_el1, tcr)                                                                            \
	X(mair_el1, mair)                                                                          \
	X(vbar_el1, vbar)                                                                          \
	X(sp_el0, sp_el0)                                                                          \
	X(sp_el1, sp_el1)                                                                          \
	X(elr_el1, elr)                                                                            \
	X(spsr_el1, spsr)                                                                          \
	X(esr_el1, esr)                                                                            \
	X(far_el1, far)                                                                            \
	X(afsr0_el1, afsr0)                                                                        \
	X(afsr1_el1, afsr1)                                                                        \
	X(tpidr_el0, tpidr_el0)                                                                    \
	X(tpidrro_el0, tpidrro_el0)                                                                \
	X(tpidr_el1, tpidr_el1)                                                                    \
	X(contextidr_el1, contextidr)                                                              \
	X(amair_el1, amair)                                                                        \
	X(cpacr_el1, cpacr)                                                                        \
	X(cntkctl_el1, cntkctl)                                                                    \
	X(par_el1, par)                                                                            \
	X(csselr_el1, csselr)                                                                      \
	X(mdscr_el1, mdscr)                                                                        \
	X(ich_ap0r0_el2, ich_ap0r0)                                                                \
	X(ich_ap1r0_el2, ich_ap1r0)

/* Pointer authentication keys by encoding: the base architecture has no names for them. */
#define POINTER_KEYS(X)                                                                            \
	X(s3_0_c2_c1_0, 0)                                                                         \
	X(s3_0_c2_c1_1, 1)                                                                         \
	X(s3_0_c2_c1_2, 2)                                                                         \
	X(s3_0_c2_c1_3, 3)                                                                         \
	X(s3_0_c2_c2_0, 4)                                                                         \
	X(s3_0_c2_c2_1, 5)                                                                         \
	X(s3_0_c2_c2_2, 6)                                                                         \
	X(s3_0_c2_c2_3, 7)                                                                         \
	X(s3_0_c2_c3_0, 8)                                                                         \
	X(s3_0_c2_c3_1, 9)

#define LIST_REGISTERS(X)                                                                          \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static void load_el1(const struct el1_state *g)
{
#define X(reg, field) LOAD(reg, g->field);
	EL1_REGISTERS(X)
#undef X
	LOAD(vmpidr_el2, g->vmpidr);
}

static void save_el1(struct el1_state *g)
{
#define X(reg, field) g->field = READ_SYSREG(reg);
	EL1_REGISTERS(X)
#undef X
}

/* A guest that may not use the keys cannot see them either, so they can stay. */
static bool uses_keys(const struct el2_controls *c)
{
	return (c->hcr & (HCR_APK | HCR_API)) != 0;
}

static void load_keys(const struct el1_state *g)
{
#define X(reg, i) LOAD(reg, g->keys[i]);
	POINTER_KEYS(X)
#undef X
}

static void save_keys(struct el1_state *g)
{
#define X(reg, i) g->keys[i] = READ_SYSREG(reg);
	POINTER_KEYS(X)
#undef X
}

unsigned core_list_registers(void)
{
	return (unsigned)FIELD(READ_SYSREG(ich_vtr_el2), 4, 0) + 1;
}

static void load_list(unsigned i, u64 value)
{
	switch (i) {
#define X(n)                                                                                       \
	case n:                                                                                    \
		LOAD(ich_lr##n##_el2, value);                                                      \
		break;
		LIST_REGISTERS(X)
#undef X
	}
}

static u64 save_list(unsigned i)
{
	switch (i) {
#define X(n)                                                                                       \
	case n:                                                                                    \
		return READ_SYSREG(ich_lr##n##_el2);
		LIST_REGISTERS(X)
#undef X
	}
	return 0;
}

/* Registers the caller does not use are emptied: what another guest left there must not fire. */
static void load_vgic(const struct el2_controls *c)
{
	for (unsigned i = 0; i < core_list_registers(); i++)
		load_list(i, i < c->nr_lr ? c->ich_lr[i] : 0);
	LOAD(ich_vmcr_el2, c->ich_vmcr);
	WRITE_SYSREG(ich_hcr_el2, c->ich_hcr);
}

static void save_vgic(struct el2_controls *c)
{
	unsigned used = MIN(c->nr_lr, core_list_registers());

	for (unsigned i = 0; i < used; i++)
		c->ich_lr[i] = save_list(i);
	c->ich_vmcr = READ_SYSREG(ich_vmcr_el2);
	c->ich_misr = READ_SYSREG(ich_misr_el2);
	c->ich_hcr = READ_SYSREG(ich_hcr_el2);
	WRITE_SYSREG(ich_hcr_el2, 0);
}

static void load_controls(const struct el2_controls *c)
{
	LOAD(vtcr_el2, c->vtcr);
	LOAD(vttbr_el2, c->vttbr);
	LOAD(hcr_el2, c->hcr);
	LOAD(mdcr_el2, c->mdcr);
	LOAD(cnthctl_el2, c->cnthctl);
	LOAD(hstr_el2, c->hstr);
	WRITE_SYSREG(cptr_el2, c->cptr);
	isb();
}

/* An eret to EL2 would hand the machine to whoever chose the PC. */
static void check_mode(u64 pstate)
{
	switch (pstate & SPSR_MODE) {
	case SPSR_MODE_EL0T:
	case SPSR_MODE_EL1T:
	case SPSR_MODE_EL1H:
	case SPSR_MODE_USR32:
		return;
	}
	core_panic("entry with pstate %#lx", pstate);
}

void switch_init_cpu(void)
{
	WRITE_SYSREG(cntvoff_el2, 0);
	WRITE_SYSREG(cntv_ctl_el0, 0);
	WRITE_SYSREG(cntp_ctl_el0, 0);
	WRITE_SYSREG(vpidr_el2, READ_SYSREG(midr_el1));
	WRITE_SYSREG(vmpidr_el2, READ_SYSREG(mpidr_el1));
	WRITE_SYSREG(hstr_el2, 0);
	WRITE_SYSREG(ich_hcr_el2, 0);
	WRITE_SYSREG(vttbr_el2, 0);
	isb();
}

struct core_exit_info core_enter(struct el1_state *g, struct el2_controls *c)
{
	struct core_exit_info info;

	check_mode(g->pstate);
	load_el1(g);
	if (uses_keys(c))
		load_keys(g);
	load_vgic(c);
	core_fp_load(g->fp);
	load_controls(c);

	info.kind = (enum core_exit)core_switch(g);

	WRITE_SYSREG(cptr_el2, CPTR_MONITOR);
	isb();
	info.esr = READ_SYSREG(esr_el2);
	info.far = READ_SYSREG(far_el2);
	info.hpfar = READ_SYSREG(hpfar_el2);
	core_fp_save(g->fp);
	save_vgic(c);
	if (uses_keys(c))
		save_keys(g);
	save_el1(g);
	return info;
}

void core_tlb_flush_vm(void)
{
	__asm__ volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
}
