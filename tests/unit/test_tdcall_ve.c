/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * #VE: each exit reason as the module reports it, with a host that answers, refuses or wants more
 * than it may have. MMIO instructions come from the assembler.
 * sources: tdcall/ve.c tdcall/decode.c tdcall/device.c tdcall/calls.c tdcall/status.c
 * libs:
 */
#include "fake_tdx.h"

#define IF   (1ULL << 9)
#define DF   (1ULL << 10)
#define RIP  0x7000ULL /* where length is all that counts */
#define MMIO 0xfe001000ULL

struct tdx_vp_info tdx_info;

u64 tdx_shared_bit(void)
{
	return FAKE_SHARED;
}

const char *status_text(enum status st)
{
	return "?";
}

/* What the page tables say: all is ours, but for one page. */
static u64 special, special_pte;
static enum status special_status;

enum status mmu_walk(u64 va, u64 *pte, unsigned *level)
{
	bool is_special = special != 0 && align_down(va, PAGE_SIZE) == special;

	*pte = is_special ? special_pte : 3;
	*level = 3;
	return is_special ? special_status : ST_OK;
}

static struct trap_frame f;

static int setup(void **state)
{
	td_reset();
	special = 0;
	special_status = ST_OK;
	f = (struct trap_frame){ .vector = TDX_VE_VECTOR, .rip = RIP, .rflags = IF };
	return 0;
}

static bool raise_ve(u32 reason, u64 qualification, unsigned length)
{
	td.ve = (struct tdcall_regs){ .rcx = reason, .rdx = qualification, .r10 = length };
	return tdx_trap(&f);
}

static void not_ours(void **state)
{
	f.vector = 13;
	assert_false(tdx_trap(&f));
	assert_int_equal(td.calls, 0);
	f.vector = TDX_VE_VECTOR;
	td.ve.rax = STATUS(TDX_NO_VALID_VE_INFO, 0);
	assert_false(tdx_trap(&f));
	assert_int_equal(td.calls, 1);
	assert_int_equal(f.rip, RIP);
}

static bool host_cpuid(struct tdcall_regs *r)
{
	assert_int_equal(r->r11, TDVMCALL_CPUID);
	r->r10 = 0;
	r->r12 = 0x1111111122222222ULL;
	r->r13 = 3;
	r->r14 = 4;
	r->r15 = ~0ULL;
	return true;
}

static void cpuid_leaves(void **state)
{
	static const u32 zeros[] = { 2,          6,    9,          0xb,        0x1f,
				     0x80000002, 0x24, 0x3fffffff, 0x40000100, 0x4fffffff };

	td.host = host_cpuid;
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++) {
		f.rax = zeros[i];
		f.rbx = f.rcx = f.rdx = ~0ULL;
		assert_true(raise_ve(TDX_VE_CPUID, 0, 2));
		assert_int_equal(f.rax | f.rbx | f.rcx | f.rdx, 0);
	}
	assert_int_equal(td.vmcalls, 0);
	assert_int_equal(f.rip, RIP + 2 * ARRAY_SIZE(zeros));
	f.rax = 0xffffffff40000001ULL;
	f.rcx = 7;
	assert_true(raise_ve(TDX_VE_CPUID, 0, 2));
	assert_int_equal(td.last.r12, 0x40000001);
	assert_int_equal(td.last.r13, 7);
	assert_int_equal(f.rax, 0x22222222);
	assert_int_equal(f.rbx, 3);
	assert_int_equal(f.rcx, 4);
	assert_int_equal(f.rdx, 0xffffffff);
}

static u64 refusal;

static bool refuse(struct tdcall_regs *r)
{
	r->r10 = refusal;
	return true;
}

static void cpuid_refused(void **state)
{
	refusal = TDVMCALL_INVALID_OPERAND;
	td.host = refuse;
	f.rax = 0x40000000;
	f.rdx = 5;
	assert_true(raise_ve(TDX_VE_CPUID, 0, 2));
	assert_int_equal(f.rax | f.rbx | f.rcx | f.rdx, 0);
}

static void halts(void **state)
{
	assert_true(raise_ve(TDX_VE_HLT, 0, 1));
	assert_int_equal(td.last.r11, TDVMCALL_HLT);
	assert_int_equal(td.last.r12, 0);
	assert_int_equal(f.rip, RIP + 1);
	f.rflags = 0;
	assert_true(raise_ve(TDX_VE_HLT, 0, 1));
	assert_int_equal(td.last.r12, 1);
}

static void msrs(void **state)
{
	f.rcx = 0xffffffff0000001bULL;
	assert_true(raise_ve(TDX_VE_RDMSR, 0, 2));
	assert_int_equal(td.last.r12, 0x1b);
	assert_int_equal(f.rax, 0x44332211);
	assert_int_equal(f.rdx, 0x88776655);
	f.rax = 0xaaaaaaaa00000001ULL;
	f.rdx = 0xbbbbbbbb00000002ULL;
	assert_true(raise_ve(TDX_VE_WRMSR, 0, 2));
	assert_int_equal(td.last.r11, TDVMCALL_WRMSR);
	assert_int_equal(td.last.r13, 0x0000000200000001ULL);
	assert_int_equal(f.rip, RIP + 4);
	/* What would be #GP on hardware is not made up. */
	td.host = refuse;
	refusal = TDVMCALL_INVALID_OPERAND;
	assert_false(raise_ve(TDX_VE_RDMSR, 0, 2));
	assert_false(raise_ve(TDX_VE_WRMSR, 0, 2));
	assert_int_equal(f.rip, RIP + 4);
	assert_int_equal(f.rax, 0xaaaaaaaa00000001ULL);
}

#define IO(port, bytes, flags) ((u64)(port) << 16 | (flags) | ((bytes)-1))

static void ports(void **state)
{
	f.rax = ~0ULL;
	assert_true(raise_ve(TDX_VE_IO, IO(0x3f8, 1, TDX_IO_IN), 1));
	assert_int_equal(f.rax, 0xffffffffffffff11ULL);
	assert_int_equal(td.last.r14, 0x3f8);
	assert_int_equal(td.last.r12, 1);
	assert_int_equal(td.last.r13, TDVMCALL_IO_IN);
	assert_true(raise_ve(TDX_VE_IO, IO(0xffff, 2, TDX_IO_IN), 2));
	assert_int_equal(f.rax, 0xffffffffffff2211ULL);
	assert_true(raise_ve(TDX_VE_IO, IO(0xcfc, 4, TDX_IO_IN | TDX_IO_IMMEDIATE), 1));
	assert_int_equal(f.rax, 0x44332211);
	f.rax = 0x1122334455667788ULL;
	assert_true(raise_ve(TDX_VE_IO, IO(0x80, 2, 0), 2));
	assert_int_equal(td.last.r13, TDVMCALL_IO_OUT);
	assert_int_equal(td.last.r15, 0x7788);
	assert_int_equal(f.rip, RIP + 6);
	assert_false(raise_ve(TDX_VE_IO, IO(0x80, 3, 0), 2));
	assert_false(raise_ve(TDX_VE_IO, IO(0x80, 8, 0), 2));
	td.host = refuse;
	refusal = 99;
	assert_true(raise_ve(TDX_VE_IO, IO(0x80, 1, TDX_IO_IN), 1));
	assert_int_equal(f.rax, 0x11223344556677ffULL);
}

/* ---- string I/O ---- */
static u8 memory[3 * PAGE_SIZE] ALIGNED(4096);
static const u8 plain_insb[] = { 0xf3, 0x6c }, fs_outsb[] = { 0x64, 0xf3, 0x6e };
static unsigned bytes_out;
static u64 sum_out;

static bool counting(struct tdcall_regs *r)
{
	r->r10 = 0;
	if (r->r13 == TDVMCALL_IO_OUT) {
		bytes_out += (unsigned)r->r12;
		sum_out += r->r15;
	}
	r->r11 = td.vmcalls;
	return true;
}

static void strings_in(void **state)
{
	u64 q = IO(0x1f0, 2, TDX_IO_IN | TDX_IO_STRING | TDX_IO_REP);

	td.host = counting;
	memset(memory, 0, sizeof(memory));
	f.rip = (u64)(uintptr_t)plain_insb;
	f.rcx = 2049; /* one more than fits into one exception */
	f.rdi = (u64)(uintptr_t)memory + 1;
	assert_true(raise_ve(TDX_VE_IO, q, 2));
	assert_int_equal(f.rip, (u64)(uintptr_t)plain_insb);
	assert_int_equal(f.rcx, 1);
	assert_true(raise_ve(TDX_VE_IO, q, 2));
	assert_int_equal(f.rip, (u64)(uintptr_t)plain_insb + 2);
	assert_int_equal(f.rcx, 0);
	assert_int_equal(f.rdi, (u64)(uintptr_t)memory + 1 + 2 * 2049);
	assert_int_equal(td.vmcalls, 2049);
	assert_int_equal(memory[0], 0);
	assert_int_equal(memory[1], 1);
	assert_int_equal(memory[1 + 2 * 2048], 2049 & 0xff);
	assert_int_equal(memory[2 + 2 * 2048], 2049 >> 8);
	assert_int_equal(memory[3 + 2 * 2048], 0);
	/* none at all */
	f.rip = (u64)(uintptr_t)plain_insb;
	assert_true(raise_ve(TDX_VE_IO, q, 2));
	assert_int_equal(td.vmcalls, 2049);
	assert_int_equal(f.rip, (u64)(uintptr_t)plain_insb + 2);
}

static void strings_out(void **state)
{
	td.host = counting;
	bytes_out = 0;
	sum_out = 0;
	for (unsigned i = 0; i < 8; i++)
		memory[i] = (u8)(i + 1);
	f.rip = (u64)(uintptr_t)plain_insb;
	f.rsi = (u64)(uintptr_t)memory + 7;
	f.rcx = 8;
	f.rflags |= DF;
	assert_true(raise_ve(TDX_VE_IO, IO(0x80, 1, TDX_IO_STRING | TDX_IO_REP), 2));
	assert_int_equal(bytes_out, 8);
	assert_int_equal(sum_out, 36);
	assert_int_equal(f.rsi, (u64)(uintptr_t)memory - 1);
	f.rflags &= ~DF;
	f.rsi = (u64)(uintptr_t)memory;
	f.rcx = 77;
	f.rip = (u64)(uintptr_t)plain_insb;
	assert_true(raise_ve(TDX_VE_IO, IO(0x80, 4, TDX_IO_STRING), 1));
	assert_int_equal(bytes_out, 12);
	assert_int_equal(sum_out, 36 + 0x04030201);
	assert_int_equal(f.rsi, (u64)(uintptr_t)memory + 4);
	assert_int_equal(f.rcx, 77);
}

/* Where a handler must not reach, whoever asks. */
static void strings_refused(void **state)
{
	u64 in = IO(0x80, 1, TDX_IO_STRING | TDX_IO_REP | TDX_IO_IN);

	td.host = counting;
	f.rip = (u64)(uintptr_t)fs_outsb;
	f.rcx = 1;
	f.rsi = (u64)(uintptr_t)memory;
	assert_false(raise_ve(TDX_VE_IO, IO(0x80, 1, TDX_IO_STRING | TDX_IO_REP), 3));
	assert_int_equal(td.vmcalls, 0);

	f.rip = (u64)(uintptr_t)plain_insb;
	special = (u64)(uintptr_t)memory + PAGE_SIZE;
	f.rdi = special;
	special_pte = 3 | FAKE_SHARED;
	assert_false(raise_ve(TDX_VE_IO, in, 2));
	special_pte = 1; /* read-only */
	assert_false(raise_ve(TDX_VE_IO, in, 2));
	special_status = ST_NOT_FOUND;
	assert_false(raise_ve(TDX_VE_IO, in, 2));
	assert_int_equal(td.vmcalls, 0);
	/* up to there it works, and says how far */
	f.rdi = special - 3;
	f.rcx = 8;
	assert_false(raise_ve(TDX_VE_IO, in, 2));
	assert_int_equal(td.vmcalls, 3);
	assert_int_equal(f.rcx, 5);
	/* an element that reaches in */
	f.rdi = special - 1;
	assert_false(raise_ve(TDX_VE_IO, IO(0x80, 2, TDX_IO_STRING | TDX_IO_IN), 1));
	/* around the end of all addresses */
	f.rdi = ~0ULL;
	assert_false(raise_ve(TDX_VE_IO, IO(0x80, 2, TDX_IO_STRING | TDX_IO_IN), 1));
	assert_int_equal(td.vmcalls, 3);
	/* code that is not there */
	special = align_down((u64)(uintptr_t)plain_insb, PAGE_SIZE);
	f.rdi = (u64)(uintptr_t)memory;
	assert_false(raise_ve(TDX_VE_IO, in, 2));
}

static void nothing_to_do(void **state)
{
	assert_true(raise_ve(TDX_VE_WBINVD, 0, 2));
	assert_true(raise_ve(TDX_VE_INVD, 0, 2));
	assert_int_equal(f.rip, RIP + 4);
	assert_int_equal(td.vmcalls, 0);
}

static void fatal_ones(void **state)
{
	static const u32 reasons[] = { TDX_VE_VMCALL,
				       TDX_VE_CR_ACCESS,
				       TDX_VE_MWAIT,
				       TDX_VE_MONITOR,
				       TDX_VE_APIC_WRITE,
				       TDX_VE_PCONFIG,
				       0,
				       49,
				       0xffffffff };
	struct trap_frame before = f;

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		assert_false(raise_ve(reasons[i], 0, 3));
	/* A length that no instruction has. */
	assert_false(raise_ve(TDX_VE_CPUID, 0, 0));
	assert_false(raise_ve(TDX_VE_CPUID, 0, 16));
	assert_false(raise_ve(TDX_VE_HLT, 0, 0xffffffff));
	assert_memory_equal(&f, &before, sizeof(f));
	assert_int_equal(td.vmcalls, 0);
}

/* ---- devices ---- */
extern const u8 insn_read[], insn_write[], insn_zero[], insn_sign[], insn_high[], insn_value[],
    insn_or[], insn_end[];
__asm__(".section .rodata\n.balign 4096\n.skip 64\n"
	"insn_read: movl 4(%rbx), %ecx\n"
	"insn_write: movw %cx, 4(%rbx)\n"
	"insn_zero: movzbl 4(%rbx), %ecx\n"
	"insn_sign: movsbq 4(%rbx), %rcx\n"
	"insn_high: movb 4(%rbx), %ch\n"
	"insn_value: movq $-5, 4(%rbx)\n"
	"insn_or: orl $1, 4(%rbx)\n"
	".balign 4096\n.skip 4092\n"
	"insn_end: movl $0x12345678, 4(%rbx)\n"
	".balign 4096\n.text\n");

static bool access_at(const u8 *insn, u64 va, u64 gpa, u64 qualification)
{
	f.rip = (u64)(uintptr_t)insn;
	f.rbx = va - 4;
	td.ve = (struct tdcall_regs){
		.rcx = TDX_VE_EPT_VIOLATION, .rdx = qualification, .r8 = va, .r9 = gpa, .r10 = 77
	};
	return tdx_trap(&f);
}

static bool access_device(const u8 *insn)
{
	return access_at(insn, MMIO, MMIO | FAKE_SHARED, 0);
}

static void device_reads(void **state)
{
	f.rcx = ~0ULL;
	assert_true(access_device(insn_read));
	assert_int_equal(f.rcx, 0x44332211);
	assert_int_equal(f.rip, (u64)(uintptr_t)insn_write);
	assert_int_equal(td.last.r11, TDVMCALL_MMIO);
	assert_int_equal(td.last.r12, 4);
	assert_int_equal(td.last.r13, TDVMCALL_MMIO_READ);
	assert_int_equal(td.last.r14, MMIO | FAKE_SHARED);
	f.rcx = ~0ULL;
	assert_true(access_device(insn_zero));
	assert_int_equal(f.rcx, 0x11);
	assert_int_equal(td.last.r12, 1);
	f.rcx = ~0ULL;
	assert_true(access_device(insn_high));
	assert_int_equal(f.rcx, 0xffffffffffff11ffULL);
	td.host = refuse; /* as an absent device */
	refusal = TDVMCALL_INVALID_OPERAND;
	f.rcx = 0;
	assert_true(access_device(insn_sign));
	assert_int_equal(f.rcx, ~0ULL);
	assert_true(access_device(insn_zero));
	assert_int_equal(f.rcx, 0xff);
}

static void device_writes(void **state)
{
	f.rcx = 0x1122334455667788ULL;
	assert_true(access_device(insn_write));
	assert_int_equal(td.last.r12, 2);
	assert_int_equal(td.last.r13, TDVMCALL_MMIO_WRITE);
	assert_int_equal(td.last.r15, 0x7788);
	assert_int_equal(f.rip, (u64)(uintptr_t)insn_zero);
	assert_true(access_device(insn_value));
	assert_int_equal(td.last.r12, 8);
	assert_int_equal(td.last.r15, (u64)-5);
	/* an instruction that goes on in the next page */
	assert_true(access_device(insn_end));
	assert_int_equal(td.last.r15, 0x12345678);
	assert_int_equal(f.rip, (u64)(uintptr_t)insn_end + 7);
}

static void devices_refused(void **state)
{
	u64 other = MMIO + PAGE_SIZE;

	assert_false(access_at(insn_read, MMIO, MMIO, 0)); /* private */
	assert_false(access_at(insn_read, MMIO, MMIO | FAKE_SHARED, TDX_EPT_FETCH));
	assert_false(access_at(insn_read, MMIO, other | FAKE_SHARED, 0));
	assert_false(access_at(insn_read, MMIO, (MMIO + 1) | FAKE_SHARED, 0));
	assert_false(access_at(insn_read, other - 1, (other - 1) | FAKE_SHARED, 0));
	assert_false(access_device(insn_or));
	special = align_down((u64)(uintptr_t)insn_read, PAGE_SIZE);
	special_pte = 1 | FAKE_SHARED;
	assert_false(access_device(insn_read));
	special = (u64)(uintptr_t)insn_end + 4;
	special_status = ST_NOT_FOUND;
	assert_false(access_device(insn_end));
	assert_int_equal(f.rip, (u64)(uintptr_t)insn_end);
	assert_int_equal(td.vmcalls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(not_ours, setup),
		cmocka_unit_test_setup(cpuid_leaves, setup),
		cmocka_unit_test_setup(cpuid_refused, setup),
		cmocka_unit_test_setup(halts, setup),
		cmocka_unit_test_setup(msrs, setup),
		cmocka_unit_test_setup(ports, setup),
		cmocka_unit_test_setup(strings_in, setup),
		cmocka_unit_test_setup(strings_out, setup),
		cmocka_unit_test_setup(strings_refused, setup),
		cmocka_unit_test_setup(nothing_to_do, setup),
		cmocka_unit_test_setup(fatal_ones, setup),
		cmocka_unit_test_setup(device_reads, setup),
		cmocka_unit_test_setup(device_writes, setup),
		cmocka_unit_test_setup(devices_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
