/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The guest's TDX backend against a module and a host whose every answer comes from the input: the
 * loops end within their bounds, write nowhere but into their buffers, and put nothing into a
 * register the host sees but what the request needs. Input used up: everything succeeds.
 * sources: tdcall/accept.c tdcall/mapgpa.c tdcall/memory.c tdcall/calls.c tdcall/status.c tdcall/detect.c tdcall/device.c tdcall/measure.c tdcall/failure.c lib/why.c tdcall/ve.c tdcall/decode.c lib/range.c
 * libs:
 */
/* clang-format on */
#include <string.h>

#include "abi/fd.h"
#include "fake_print.h"
#include "input.h"
#include "mmu.h"
#include "tdcall/quote.c" /* for what it keeps between requests */
#include "x86_64/cpu.h"

#define SHARED_BIT (1ULL << 47)
#define QUOTE_MAX  (QUOTE_PAGES * PAGE_SIZE)
/* As many calls as one request may make: every page, each as busy as can be. */
#define CALLS_MAX (4 * (u64)TDCALL_REPEATS_MAX + 20 * 512 + 200000)

struct range tdx_mailbox;
bool (*trap_platform)(struct trap_frame *f);

static u64 calls;
static struct range asked; /* what MapGPA may be about, and how far it is */
static u8 shared[QUOTE_MAX] ALIGNED(4096);
static u8 own[2 * PAGE_SIZE] ALIGNED(4096);

static void require(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* Mostly values near what was asked, else the loops end at the first call. */
static u64 near(u64 base, u64 size)
{
	u8 b = byte();

	switch (b & 7) {
	case 0:
		return base;
	case 1:
		return base + size;
	case 2:
		return base - PAGE_SIZE;
	case 3:
		return any(8);
	default:
		return base + (u64)(b >> 3) * PAGE_SIZE;
	}
}

static u64 *gpr(struct tdcall_regs *r, unsigned n)
{
	static u64 rsp;
	u64 *const table[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &rsp,    &r->rbp,
			       &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
			       &r->r12, &r->r13, &r->r14, &r->r15 };

	return table[n];
}

static void quote_written(void)
{
	u8 b = byte();
	u64 status = b < 100   ? TDX_QUOTE_STATUS_SUCCESS
		     : b < 200 ? TDX_QUOTE_STATUS_IN_FLIGHT
			       : any(8);
	u32 n = byte() < 200 ? byte() * 100u : (u32)any(8);

	memcpy(shared + TDX_QUOTE_STATUS, &status, 8);
	memcpy(shared + TDX_QUOTE_OUT_LEN, &n, 4);
}

static void host_answers(struct tdcall_regs *r)
{
	struct tdcall_regs in = *r;
	u8 b = byte();

	require((r->rcx & TDVMCALL_MASK_RESERVED) == 0 && r->rcx <= 0xffff && r->r10 == 0);
	for (unsigned n = 2; n < 16; n++) {
		if (n == 4)
			continue;
		if ((r->rcx & (1u << n)) == 0)
			require(*gpr(r, n) == 0);
		else
			*gpr(r, n) = any(8);
	}
	r->r10 = b < 170 ? TDVMCALL_SUCCESS : b < 230 ? TDVMCALL_RETRY : any(8);
	if (in.r11 == TDVMCALL_MAP_GPA) {
		require(in.r13 != 0 && is_aligned(in.r12 | in.r13, PAGE_SIZE));
		require(in.r12 >= asked.base && in.r12 + in.r13 == range_end(asked));
		asked = (struct range){ in.r12, in.r13 }; /* never back */
		r->r11 = near(in.r12, in.r13);
	} else if (in.r11 == TDVMCALL_GET_QUOTE) {
		require(in.r12 == ((u64)(uintptr_t)shared | SHARED_BIT) && in.r13 == QUOTE_MAX);
		quote_written();
	} else if (in.r11 == TDVMCALL_MMIO) {
		require((in.r14 & SHARED_BIT) != 0);
	}
}

static u64 code(void)
{
	static const u32 codes[] = { TDX_OPERAND_BUSY,     TDX_PAGE_SIZE_MISMATCH,
				     TDX_OPERAND_INVALID,  TDX_PAGE_ALREADY_ACCEPTED,
				     TDX_SYS_BUSY,         TDX_INTERRUPTED_RESUMABLE,
				     TDX_NO_VALID_VE_INFO, 0x40000002 };
	u8 b = byte();

	if (b < 200)
		return 0;
	return b < 250 ? (u64)codes[b % ARRAY_SIZE(codes)] << 32 | byte() : any(8);
}

static struct trap_frame *current; /* of the exception under way */

static void module_answers(struct tdcall_regs *r)
{
	static const u8 reasons[] = { TDX_VE_CPUID, TDX_VE_HLT,           TDX_VE_IO,
				      TDX_VE_RDMSR, TDX_VE_WRMSR,         TDX_VE_WBINVD,
				      TDX_VE_IO,    TDX_VE_EPT_VIOLATION, TDX_VE_EPT_VIOLATION };
	u64 leaf = r->rax, rcx = r->rcx, rdx = r->rdx;

	r->rax = code();
	switch (leaf) {
	case TDG_VP_INFO:
		r->rcx = byte() & 1 ? 48 : any(8);
		r->rdx = any(8);
		break;
	case TDG_MR_REPORT:
		require(is_aligned(rcx, TDREPORT_ALIGN) && is_aligned(rdx, 64));
		memset((void *)(uintptr_t)rcx, byte(), TDREPORT_SIZE);
		*(u8 *)(uintptr_t)rcx = TDREPORT_TYPE_TDX;
		if (byte() < 240)
			memcpy((u8 *)(uintptr_t)rcx + TDREPORT_REPORTDATA,
			       (const void *)(uintptr_t)rdx, 64);
		break;
	case TDG_MEM_PAGE_ACCEPT:
		break;
	case TDG_MEM_PAGE_ATTR_RD:
		r->rcx = rcx | (byte() & 7) | (byte() > 250 ? TDX_ATTR_RD_PENDING : 0);
		break;
	case TDG_VP_VEINFO_GET:
		r->rcx = byte() < 240 ? reasons[byte() % ARRAY_SIZE(reasons)] : any(8);
		r->rdx = any(8);
		r->r9 = byte() < 240 ? *tdx_register(current, byte()) | SHARED_BIT : any(8);
		r->r10 = byte() & 31;
		break;
	default:
		r->r8 = any(8);
	}
}

void tdcall_insn(struct tdcall_regs *r)
{
	require(++calls <= CALLS_MAX);
	if (r->rax == TDG_VP_VMCALL && byte() < 240) {
		r->rax = 0;
		host_answers(r);
	} else {
		module_answers(r);
	}
}

void tdx_cpuid(u32 leaf, u32 sub, u32 out[4])
{
	out[0] = 0x23;
	out[1] = TDX_CPUID_EBX;
	out[2] = TDX_CPUID_ECX;
	out[3] = TDX_CPUID_EDX;
}

u64 tdx_native_rdmsr(u32 msr)
{
	return msr;
}

void tdx_native_wrmsr(u32 msr, u64 value)
{
}

void arch_cpu_relax(void)
{
}

unsigned arch_cpu_index(void)
{
	return 0;
}

/* The host writes into shared memory whenever it likes. */
void delay_us(u64 us)
{
	shared[byte() % 32] = byte();
	if (byte() > 100)
		quote_written();
}

enum status mmu_walk(u64 va, u64 *pte, unsigned *level)
{
	u64 base = (u64)(uintptr_t)own;

	*pte = 3;
	*level = 3;
	return va >= base && va < base + sizeof(own) ? ST_OK : ST_NOT_FOUND;
}

void print(const char *fmt, ...)
{
	(void)fmt;
}

const char *status_text(enum status st)
{
	return "";
}

static void memory(void)
{
	static const struct range ram = { 0x40000000, MIB(8) }, pages = { 0x40001000, 0x5000 };
	struct accept_stats stats = { 0 };
	enum status st = tdx_accept(byte() & 1 ? ram : pages, &stats);

	require(stats.bytes == stats.pages_2m * BLOCK_SIZE + stats.pages_4k * PAGE_SIZE);
	require(stats.bytes <= ram.size && stats.retries < stats.calls && stats.exits == 0);
	require(st == ST_OK || stats.bytes < ram.size);
	calls = 0;
	asked = (struct range){ ram.base | SHARED_BIT, ram.size };
	(void)tdx_share(ram);
	calls = 0;
	asked = pages;
	(void)tdx_unshare(pages);
	calls = 0;
	(void)tdx_is_private(pages);
}

static void evidence(void)
{
	u8 quote[5000 + 1], data[64] = { 1 };
	size_t len = 5000;
	enum status st;

	quote[5000] = 0x5a;
	st = tdx_evidence(data, shared, quote, &len);
	require(quote[5000] == 0x5a && len <= 5000 && (len != 0) == (st == ST_OK));
	len = sizeof(quote);
	st = tdx_measure_read(byte() % 6, quote, &len);
	require(st != ST_OK || len == TDX_DIGEST_SIZE);
	(void)tdx_measure_extend(byte() % 6, data, 48);
}

/* Half of the time something that is known, with any operands. */
static void plant_code(u8 *code, size_t room)
{
	static const u8 known[] = { 0x88, 0x89, 0x8a, 0x8b, 0xc6, 0xc7, 0x6c, 0x6e };
	u8 b = byte();
	size_t n = 0;

	if (room < INSN_MAX)
		return;
	if (b & 1)
		code[n++] = known[b >> 1 & 7];
	while (n < INSN_MAX)
		code[n++] = byte();
}

/* Any exception at any code of ours with any registers: memory of ours is touched, or none. */
static void exceptions(void)
{
	for (unsigned i = 0; i < 8; i++) {
		size_t rip = byte() * 32u;
		struct trap_frame f, before;

		for (unsigned n = 0; n < 15; n++)
			((u64 *)&f)[n] = byte() & 1 ? (u64)(uintptr_t)own + byte() * 33 : any(8);
		f.vector = TDX_VE_VECTOR;
		f.rip = (u64)(uintptr_t)own + rip;
		f.rflags = any(8);
		f.rsp = (u64)(uintptr_t)own;
		plant_code(own + rip, sizeof(own) - rip);
		before = f;
		current = &f;
		if (tdx_trap(&f))
			require(f.rip - before.rip <= INSN_MAX && f.vector == before.vector &&
				f.rflags == before.rflags);
		else
			require(f.rip == before.rip);
	}
}

static void devices(void)
{
	unsigned width = byte() % 9;
	bool whole = width == 0 || width > 7;

	require(whole || width == 3 || width > 4 ||
		tdx_mmio_read(any(8), width) <= ~0ULL >> (64 - 8 * width));
	require(whole || width == 3 || width > 4 ||
		tdx_port_in((u16)any(8), width) <= ~0u >> (32 - 8 * width));
	tdx_mmio_write(any(8), width, any(8));
	tdx_port_out((u16)any(8), width, (u32)any(8));
	(void)tdx_mmio_read(any(8), width);
	(void)tdx_port_in((u16)any(8), width);
	(void)tdx_msr_read(byte() + 0x800u);
	tdx_msr_write(byte() + 0x800u, any(8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handoff h = { .source = BOOT_X86_FD,
			     .fd = { .platform = FD_TDX,
				     .alias_bit = 47,
				     .gpaw = 48,
				     .flash = 0xff000000,
				     .flash_size = MIB(16),
				     .mailbox = 0xff000000 } };
	struct cvm c = { 0 };

	input_start(data, size);
	calls = 0;
	abandoned_count = 0;
	if (size == 0)
		return 0;
	tdx_info.gpaw = 48;
	switch (byte() % 5) {
	case 0:
		if (tdx_detect(&c, &h) == ST_OK)
			require(c.pte_shared == SHARED_BIT && c.addr_bits == 48);
		break;
	case 1:
		memory();
		break;
	case 2:
		evidence();
		break;
	case 3:
		devices();
		break;
	default:
		exceptions();
	}
	return 0;
}
