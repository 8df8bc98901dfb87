/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * #VC, vector 29: what the CPU no longer does without the host is asked for here, by name, showing
 * no register the event does not need. Entered with interrupts masked.
 *
 * The host can raise vector 29 itself, with any error code at any instruction. So the instruction
 * at RIP must be the one the code means before anything is touched, and RIP moves only when the
 * event is through.
 */
#include "vc.h"
#include "cpuid.h"
#include "decode.h"
#include "fatal.h"
#include "internal.h"
#include "mmu.h"
#include "x86_64/cpu.h"

#define CR4_OSXSAVE BIT(18)
#define DR7_ALWAYS  BIT(10)
#define DR7_ALLOWED 0xffff23ffULL
#define RFLAGS_DF   BIT(10)
#define MSR_FS_BASE 0xc0000100u

static const struct {
	u64 code;
	enum insn_kind kind;
} expected[] = {
	{ GHCB_EXIT_DR7_READ, INSN_DR7_READ }, { GHCB_EXIT_DR7_WRITE, INSN_DR7_WRITE },
	{ GHCB_EXIT_RDTSC, INSN_RDTSC },       { GHCB_EXIT_RDPMC, INSN_RDPMC },
	{ GHCB_EXIT_CPUID, INSN_CPUID },       { GHCB_EXIT_IOIO, INSN_IOIO },
	{ GHCB_EXIT_VMMCALL, INSN_VMMCALL },   { GHCB_EXIT_RDTSCP, INSN_RDTSCP },
	{ GHCB_EXIT_WBINVD, INSN_WBINVD },     { GHCB_EXIT_MONITOR, INSN_MONITOR },
	{ GHCB_EXIT_MWAIT, INSN_MWAIT },       { GHCB_EXIT_MSR, INSN_RDMSR },
	{ GHCB_EXIT_MSR, INSN_WRMSR },         { GHCB_EXIT_NPF, INSN_LOAD },
	{ GHCB_EXIT_NPF, INSN_STORE },
};

bool vc_is_expected(u64 code, enum insn_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (expected[i].code == code && expected[i].kind == kind)
			return true;
	return false;
}

/* Registers are moved into a copy and back, so that a failed event has changed nothing. */
static void load_regs(const struct trap_frame *f, struct insn_regs *r)
{
	*r = (struct insn_regs){
		.r = { f->rax, f->rcx, f->rdx, f->rbx, f->rsp, f->rbp, f->rsi, f->rdi, f->r8, f->r9,
		       f->r10, f->r11, f->r12, f->r13, f->r14, f->r15 },
		.rip = f->rip,
	};
}

static void store_regs(struct trap_frame *f, const struct insn_regs *r)
{
	u64 *const to[16] = { &f->rax, &f->rcx, &f->rdx, &f->rbx, &f->rsp, &f->rbp,
			      &f->rsi, &f->rdi, &f->r8,  &f->r9,  &f->r10, &f->r11,
			      &f->r12, &f->r13, &f->r14, &f->r15 };

	for (unsigned i = 0; i < 16; i++)
		*to[i] = r->r[i];
	f->rip = r->rip;
}

static enum status vc_cpuid(struct vc *v)
{
	struct cpuid_env env = { .cr4 = insn_cr4(), .xcr0 = 1, .host = msr_cpuid };
	u64 *r = v->regs.r;
	enum status st;
	u32 out[4];

	if ((env.cr4 & CR4_OSXSAVE) != 0)
		env.xcr0 = insn_xcr0();
	st = cpuid_answer(snp_cpuid_table(), &env, (u32)r[VC_RAX], (u32)r[VC_RCX], out);
	if (st != ST_OK)
		return st;
	r[VC_RAX] = out[0];
	r[VC_RBX] = out[1];
	r[VC_RCX] = out[2];
	r[VC_RDX] = out[3];
	return ST_OK;
}

/*
 * Hardware answers for these in an SNP guest, from the VMSA or by rule (SEV_STATUS). A #VC about
 * one is of the host's making, and so would be the answer: features that are not there, no NX, a
 * GHCB elsewhere.
 */
static bool is_own_msr(u32 msr)
{
	return msr == MSR_AMD_SEV_STATUS || msr == MSR_AMD_GHCB || msr == MSR_EFER ||
	       msr == MSR_FS_BASE;
}

static enum status vc_msr(struct vc *v)
{
	bool write = v->insn.kind == INSN_WRMSR;
	struct ghcb_call c = { .set = GF(RCX) | (write ? GF(RAX) | GF(RDX) : 0) };
	u64 *r = v->regs.r;
	enum status st;

	if (is_own_msr((u32)r[VC_RCX]))
		return ST_PROTOCOL;
	c.value[GF_RCX] = (u32)r[VC_RCX];
	c.value[GF_RAX] = (u32)r[VC_RAX];
	c.value[GF_RDX] = (u32)r[VC_RDX];
	st = ghcb_event(&c, GHCB_EXIT_MSR, write, 0, write ? 0 : GF(RAX) | GF(RDX), &v->x);
	if (st == ST_OK && !write) {
		r[VC_RAX] = (u32)c.value[GF_RAX];
		r[VC_RDX] = (u32)c.value[GF_RDX];
	}
	return st;
}

/* RDTSC, RDTSCP, RDPMC. With Secure TSC the first two are never intercepted; we refuse that
 * feature, so a #VC for them is plain. */
static enum status vc_counter(struct vc *v)
{
	bool pmc = v->insn.kind == INSN_RDPMC, aux = v->insn.kind == INSN_RDTSCP;
	struct ghcb_call c = { .set = pmc ? GF(RCX) : 0 };
	u32 out = GF(RAX) | GF(RDX) | (aux ? GF(RCX) : 0);
	u64 *r = v->regs.r;
	enum status st;

	c.value[GF_RCX] = (u32)r[VC_RCX];
	st = ghcb_event(&c, v->code, 0, 0, out, &v->x);
	if (st != ST_OK)
		return st;
	r[VC_RAX] = (u32)c.value[GF_RAX];
	r[VC_RDX] = (u32)c.value[GF_RDX];
	if (aux)
		r[VC_RCX] = (u32)c.value[GF_RCX];
	return ST_OK;
}

static enum status vc_vmmcall(struct vc *v)
{
	struct ghcb_call c = { .set = GF(RAX) | GF(CPL) };
	enum status st;

	c.value[GF_RAX] = v->regs.r[VC_RAX];
	st = ghcb_event(&c, GHCB_EXIT_VMMCALL, 0, 0, GF(RAX), &v->x);
	if (st == ST_OK)
		v->regs.r[VC_RAX] = c.value[GF_RAX];
	return st;
}

static enum status vc_wbinvd(struct vc *v)
{
	struct ghcb_call c = { 0 };

	return ghcb_event(&c, GHCB_EXIT_WBINVD, 0, 0, 0, &v->x);
}

/* Hardware swaps debug registers itself where DEBUG_SWAP is on; then nobody may intercept them. */
static enum status vc_dr7(struct vc *v)
{
	struct ghcb_cpu *g = ghcb_this_cpu();
	u64 *reg = &v->regs.r[v->insn.reg];
	struct ghcb_call c = { .set = GF(RAX) };
	enum status st;

	if ((insn_sev_status() & SEV_STATUS_DEBUG_SWAP) != 0)
		return ST_UNSUPPORTED;
	if (v->insn.kind == INSN_DR7_READ) {
		*reg = g->dr7 | DR7_ALWAYS;
		return ST_OK;
	}
	if (*reg >> 32 != 0) {
		v->x = (struct ghcb_exception){ .vector = 13 };
		return ST_FAULT;
	}
	c.value[GF_RAX] = (*reg & DR7_ALLOWED) | DR7_ALWAYS;
	st = ghcb_event(&c, GHCB_EXIT_DR7_WRITE, 0, 0, 0, &v->x);
	if (st == ST_OK)
		g->dr7 = (*reg & DR7_ALLOWED) | DR7_ALWAYS;
	return st;
}

/*
 * The page-table entry says what the memory is, not the host: a private page that faults as MMIO is
 * one the host took away. Shared memory that is no device has no business to fault either: the host
 * would choose an instruction of the NMI handler, say, that this handler is to run inside of.
 */
enum status vc_mmio_address(u64 va, u64 *gpa)
{
	unsigned level;
	u64 pte;

	if (!mmu_is_on() || mmu_walk(va, &pte, &level) != ST_OK)
		return ST_PROTOCOL;
	if ((pte & cvm.pte_private) != 0 || !pte_is_device(pte))
		return ST_PROTOCOL;
	if (level < 1 || level > 3)
		return ST_PROTOCOL;
	*gpa = pte_addr(pte) | (va & (BIT(12 + 9 * (3 - level)) - 1));
	return ST_OK;
}

static enum status vc_mmio(struct vc *v)
{
	const struct insn *i = &v->insn;
	u64 va = insn_address(i, &v->regs), gpa = 0, value = 0;
	bool load = i->kind == INSN_LOAD;
	u8 buf[GHCB_BUFFER_SIZE];
	struct ghcb_call c = { .set = GF(SCRATCH), .buffer = buf };
	enum status st = vc_mmio_address(va, &gpa);

	if (st != ST_OK || va / PAGE_SIZE != (va + i->size - 1) / PAGE_SIZE)
		return ST_PROTOCOL; /* no device register crosses a page */
	c.in = load ? 0 : i->size;
	c.out = load ? i->size : 0;
	if (!load)
		value = insn_store_value(i, &v->regs);
	for (unsigned b = 0; b < i->size; b++)
		buf[b] = (u8)(value >> (8 * b));
	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	st = ghcb_event(&c, load ? GHCB_EXIT_MMIO_READ : GHCB_EXIT_MMIO_WRITE, gpa, i->size, 0,
			&v->x);
	if (st != ST_OK || !load)
		return st;
	for (unsigned b = i->size; b-- > 0;)
		value = value << 8 | buf[b];
	insn_load(i, &v->regs, value);
	return ST_OK;
}

static enum status handle(struct vc *v)
{
	switch (v->insn.kind) {
	case INSN_CPUID:
		return vc_cpuid(v);
	case INSN_RDMSR:
	case INSN_WRMSR:
		return vc_msr(v);
	case INSN_RDTSC:
	case INSN_RDTSCP:
	case INSN_RDPMC:
		return vc_counter(v);
	case INSN_VMMCALL:
		return vc_vmmcall(v);
	case INSN_WBINVD:
		return vc_wbinvd(v);
	case INSN_MONITOR:
	case INSN_MWAIT:
		return ST_OK; /* hints: nothing is what they may do */
	case INSN_DR7_READ:
	case INSN_DR7_WRITE:
		return vc_dr7(v);
	case INSN_IOIO:
		return vc_ioio(v);
	case INSN_LOAD:
	case INSN_STORE:
		return vc_mmio(v);
	default:
		return ST_UNSUPPORTED;
	}
}

/* The page after that of RIP need not be mapped. */
static size_t fetchable(u64 rip)
{
	u64 next = align_down(rip, PAGE_SIZE) + PAGE_SIZE, pte;
	unsigned level;

	if (rip + INSN_MAX <= next || !mmu_is_on() || mmu_walk(next, &pte, &level) == ST_OK)
		return INSN_MAX;
	return next - rip;
}

enum status vc_handle(struct vc *v)
{
	enum status st;

	if (v->code == GHCB_EXIT_NOT_VALIDATED)
		return ST_DESTROYED;
	st = insn_decode((const u8 *)(uintptr_t)v->regs.rip, fetchable(v->regs.rip), &v->insn);
	if (st != ST_OK || !vc_is_expected(v->code, v->insn.kind))
		return ST_UNSUPPORTED;
	v->again = false;
	st = handle(v);
	if (st == ST_OK && !v->again)
		v->regs.rip += v->insn.length;
	return st;
}

struct snp_vc_seen snp_vc_seen(void)
{
	bool irqs = arch_irq_save();
	struct snp_vc_seen seen = ghcb_this_cpu()->vc;

	arch_irq_restore(irqs);
	return seen;
}

static void note_seen(u64 code)
{
	struct snp_vc_seen *seen = &ghcb_this_cpu()->vc;

	seen->count++;
	seen->code = code;
}

/* Says to the host what it is that ends here. */
NORETURN static void give_up(const struct trap_frame *f, enum status st)
{
	struct ghcb_call c = { 0 };

	if (st == ST_UNSUPPORTED)
		(void)ghcb_event(&c, GHCB_EXIT_UNSUPPORTED, f->error, 0, 0, NULL);
	fatal(st, "#VC 0x%llx at 0x%llx", (unsigned long long)f->error, (unsigned long long)f->rip);
}

/*
 * An exception the host has a right to (GP, UD) takes the place of #VC in the frame: whoever armed
 * the instruction gets it, else the guest stops with it.
 */
bool snp_vc(struct trap_frame *f)
{
	struct vc v = { .code = f->error, .df = (f->rflags & RFLAGS_DF) != 0 };
	struct cpu *c = cpu_self();
	enum status st;

	if (f->vector != VECTOR_VC)
		return false;
	note_seen(f->error);
	load_regs(f, &v.regs);
	st = (f->cs & 3) == 0 ? vc_handle(&v) : ST_PROTOCOL;
	if (st == ST_OK) {
		store_regs(f, &v.regs);
		return true;
	}
	if (st == ST_FAULT) {
		f->vector = v.x.vector;
		f->error = v.x.error;
		return false;
	}
	if (c->guard_pc != 0 && c->guard_pc == f->rip)
		return false; /* a try_* function expects it */
	give_up(f, st);
}
