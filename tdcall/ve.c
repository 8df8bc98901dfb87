/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * #VE: an instruction that the TDX module leaves to us to put to the host, or not. What cannot be
 * put to the host, or does not make sense, is fatal: nobody's code is resumed on a guess.
 *
 * Everything here runs with interrupts off on the exception stack; nothing in it may raise #VE.
 */
#include "internal.h"
#include "mmu.h"
#include "print.h"
#include "x86_64/cpu.h"

#define RFLAGS_IF          BIT(9)
#define RFLAGS_DF          BIT(10)
#define PTE_RW             BIT(1)

#define CPUID_HYPERVISOR   0x40000000u /* the host's own range: 256 leaves */
#define STRING_CHUNK_BYTES 4096u       /* of one string instruction, per exception */

/* What the module reported, by CPU: for the probe to read. */
static struct {
	u64 count;
	struct tdx_ve last;
} seen[SMP_MAX_CPUS];

u64 tdx_ve_seen(struct tdx_ve *last)
{
	unsigned cpu = arch_cpu_index();

	*last = seen[cpu].last;
	return seen[cpu].count;
}

static void remember(const struct tdx_ve *v)
{
	unsigned cpu = arch_cpu_index();

	seen[cpu].count++;
	seen[cpu].last = *v;
}

/* ---- instructions ---- */
static void set32(u64 *reg, u64 value)
{
	*reg = (u32)value;
}

/*
 * Leaves the module does not answer are the host's claims: only its own range is asked for, the
 * rest reads as zeros. That makes 0xB (topology) say "look at leaf 1", where the module puts the
 * vCPU's index.
 */
static enum status on_cpuid(struct trap_frame *f)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_CPUID, .r12 = (u32)f->rax, .r13 = (u32)f->rcx };
	bool host_leaf = ((u32)f->rax & ~0xffu) == CPUID_HYPERVISOR;
	u64 mask = TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14 | TDVMCALL_R15;

	if (!host_leaf || tdvmcall(&r, mask) != TDVMCALL_SUCCESS)
		r = (struct tdcall_regs){ 0 };
	set32(&f->rax, r.r12);
	set32(&f->rbx, r.r13);
	set32(&f->rcx, r.r14);
	set32(&f->rdx, r.r15);
	return ST_OK;
}

static enum status on_rdmsr(struct trap_frame *f)
{
	u64 value, r10 = tdx_rdmsr((u32)f->rcx, &value);

	if (r10 != TDVMCALL_SUCCESS)
		return tdvmcall_failed("RDMSR", r10);
	set32(&f->rax, value);
	set32(&f->rdx, value >> 32);
	return ST_OK;
}

static enum status on_wrmsr(const struct trap_frame *f)
{
	u64 r10 = tdx_wrmsr((u32)f->rcx, (u64)(u32)f->rdx << 32 | (u32)f->rax);

	return r10 == TDVMCALL_SUCCESS ? ST_OK : tdvmcall_failed("WRMSR", r10);
}

/* Memory the handler may touch: ours, so that no host can make the access raise #VE on the stack
 * this handler runs on. */
static bool is_own_memory(u64 va, unsigned size, bool write)
{
	u64 last = va + size - 1, pte;
	unsigned level;

	if (last < va || last >= tdx_shared_bit())
		return false;
	for (u64 page = align_down(va, PAGE_SIZE); page <= last; page += PAGE_SIZE) {
		if (mmu_walk(page, &pte, &level) != ST_OK || (pte & tdx_shared_bit()) != 0 ||
		    (write && (pte & PTE_RW) == 0))
			return false;
	}
	return true;
}

static void store(u64 va, unsigned width, u32 value)
{
	for (unsigned i = 0; i < width; i++)
		((volatile u8 *)(uintptr_t)va)[i] = (u8)(value >> (8 * i));
}

static u32 load(u64 va, unsigned width)
{
	u32 v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (u32)((volatile u8 *)(uintptr_t)va)[i] << (8 * i);
	return v;
}

/* The module does not report prefixes that change where a string lies; our own code does. */
static bool is_plain_string(const struct trap_frame *f, const struct tdx_ve *v)
{
	if (!is_own_memory(f->rip, v->length, false))
		return false;
	for (unsigned i = 0; i < v->length; i++) {
		u8 b = ((const u8 *)(uintptr_t)f->rip)[i];

		if (b == 0x64 || b == 0x65 || b == 0x67)
			return false; /* FS, GS, 32-bit addresses */
	}
	return true;
}

/* A part of a long string at a time: with *done false the instruction comes again. */
static enum status string_io(struct trap_frame *f, const struct tdx_ve *v, u16 port, unsigned width,
			     bool *done)
{
	bool in = (v->qualification & TDX_IO_IN) != 0, rep = (v->qualification & TDX_IO_REP) != 0;
	u64 step = f->rflags & RFLAGS_DF ? -(u64)width : width;
	u64 *pointer = in ? &f->rdi : &f->rsi;
	unsigned left = rep ? (unsigned)MIN(f->rcx, STRING_CHUNK_BYTES / width) : 1;

	if (!is_plain_string(f, v))
		return ST_UNSUPPORTED;
	for (; left > 0; left--) {
		if (!is_own_memory(*pointer, width, in))
			return ST_DENIED;
		if (in)
			store(*pointer, width, tdx_port_in(port, width));
		else
			tdx_port_out(port, width, load(*pointer, width));
		*pointer += step;
		if (rep)
			f->rcx--;
	}
	*done = !rep || f->rcx == 0;
	return ST_OK;
}

static enum status on_io(struct trap_frame *f, const struct tdx_ve *v, bool *done)
{
	unsigned width = (unsigned)(v->qualification & TDX_IO_SIZE_MASK) + 1;
	u16 port = (u16)(v->qualification >> TDX_IO_PORT_SHIFT);

	if (width != 1 && width != 2 && width != 4)
		return ST_INVALID;
	if ((v->qualification & TDX_IO_STRING) != 0)
		return string_io(f, v, port, width, done);
	if ((v->qualification & TDX_IO_IN) != 0)
		tdx_merge(&f->rax, width, tdx_port_in(port, width));
	else
		tdx_port_out(port, width, (u32)f->rax);
	return ST_OK;
}

/* For exit reasons that report the length of the instruction. */
static enum status on_instruction(struct trap_frame *f, const struct tdx_ve *v)
{
	enum status st = ST_OK;
	bool done = true;

	if (v->length == 0 || v->length > INSN_MAX)
		return ST_INVALID;
	switch (v->reason) {
	case TDX_VE_CPUID:
		st = on_cpuid(f);
		break;
	case TDX_VE_HLT:
		tdx_hlt((f->rflags & RFLAGS_IF) == 0);
		break;
	case TDX_VE_IO:
		st = on_io(f, v, &done);
		break;
	case TDX_VE_RDMSR:
		st = on_rdmsr(f);
		break;
	case TDX_VE_WRMSR:
		st = on_wrmsr(f);
		break;
	case TDX_VE_INVD: /* caches are the module's business */
	case TDX_VE_WBINVD:
		break;
	default:
		return ST_UNSUPPORTED;
	}
	if (st == ST_OK && done)
		f->rip += v->length;
	return st;
}

/* ---- devices ---- */
/* Page by page: the one behind the instruction need not be mapped. */
static enum status fetch_and_decode(const struct trap_frame *f, struct tdx_insn *insn)
{
	size_t in_page = PAGE_SIZE - (f->rip & (PAGE_SIZE - 1)), n = MIN(in_page, INSN_MAX);
	enum status st;

	if (!is_own_memory(f->rip, (unsigned)n, false))
		return ST_DENIED;
	st = tdx_decode((const u8 *)(uintptr_t)f->rip, n, f, insn);
	if (st != ST_TRUNCATED)
		return st;
	if (!is_own_memory(f->rip, INSN_MAX, false))
		return ST_DENIED;
	return tdx_decode((const u8 *)(uintptr_t)f->rip, INSN_MAX, f, insn);
}

static void put_read(struct trap_frame *f, const struct tdx_insn *i, u64 value)
{
	u64 *reg = tdx_register(f, i->reg);
	unsigned shift = 64 - 8 * i->width;

	if (i->access == ACCESS_READ_SIGN)
		value = (u64)((s64)(value << shift) >> shift);
	if (i->high)
		*reg = (*reg & ~0xff00ULL) | (value & 0xff) << 8;
	else
		tdx_merge(reg, i->reg_width, value);
}

static u64 written(struct trap_frame *f, const struct tdx_insn *i)
{
	if (i->access == ACCESS_WRITE_VALUE)
		return i->value;
	return *tdx_register(f, i->reg) >> (i->high ? 8 : 0);
}

/*
 * Access to shared memory that the host does not back. The host decides when this happens and what
 * is read, as it may with any shared memory; it must not get at anything else: private addresses,
 * instruction fetches and accesses that reach into another page are refused.
 */
static enum status on_ept_violation(struct trap_frame *f, const struct tdx_ve *v)
{
	struct tdx_insn insn;
	enum status st;
	u64 offset = v->gpa & (PAGE_SIZE - 1);

	if ((v->gpa & tdx_shared_bit()) == 0 || (v->qualification & TDX_EPT_FETCH) != 0)
		return ST_DENIED;
	st = fetch_and_decode(f, &insn);
	if (st != ST_OK)
		return st;
	/* Virtual and physical addresses are the same, but for the shared bit. */
	if (v->gpa != (insn.address | tdx_shared_bit()) || offset + insn.width > PAGE_SIZE)
		return ST_RANGE;
	if (insn.access == ACCESS_WRITE || insn.access == ACCESS_WRITE_VALUE)
		tdx_mmio_put(v->gpa, insn.width, written(f, &insn));
	else
		put_read(f, &insn, tdx_mmio_get(v->gpa, insn.width));
	f->rip += insn.length;
	return ST_OK;
}

bool tdx_trap(struct trap_frame *f)
{
	struct tdcall_regs r = { .rax = TDG_VP_VEINFO_GET };
	struct tdx_ve v;
	enum status st;

	if (f->vector != TDX_VE_VECTOR)
		return false;
	/* First of all: until this is read, another #VE would be a double fault. */
	tdcall(&r);
	if (TDX_CODE(r.rax) != TDX_SUCCESS) {
		tdx_failed("TDG.VP.VEINFO.GET", r.rax);
		return false;
	}
	v = (struct tdx_ve){ .reason = (u32)r.rcx,
			     .length = (u32)r.r10,
			     .qualification = r.rdx,
			     .gla = r.r8,
			     .gpa = r.r9 };
	remember(&v);
	st = v.reason == TDX_VE_EPT_VIOLATION ? on_ept_violation(f, &v) : on_instruction(f, &v);
	if (st == ST_OK)
		return true;
	print("# tdx: #VE exit reason %u qualification 0x%llx gla 0x%llx gpa 0x%llx at 0x%llx: "
	      "%s\n",
	      v.reason, (unsigned long long)v.qualification, (unsigned long long)v.gla,
	      (unsigned long long)v.gpa, (unsigned long long)f->rip, status_text(st));
	return false;
}
