/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The #VC handler: error code against instruction, what is shown to the host, what is taken back.
 * sources: ghcb/vc.c ghcb/ioio.c ghcb/decode.c ghcb/cpuid.c ghcb/page.c ghcb/msr.c ghcb/count.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ghcb_host.h"
#include "ghcb/cpuid.h"
#include "ghcb/vc.h"
#include "mmu.h"
#include "x86_64/cpu.h"

/* ---- what the handler calls above itself ---- */
static struct cpu self;
static struct cpuid_table table;
static bool mmu_on;
static u64 walk_pte, walk_va;
static unsigned walk_level;
static enum status walk_status;

struct cpu *cpu_self(void)
{
	return &self;
}

const struct cpuid_table *snp_cpuid_table(void)
{
	return &table;
}

bool mmu_is_on(void)
{
	return mmu_on;
}

enum status mmu_walk(u64 va, u64 *pte, unsigned *level)
{
	walk_va = va;
	*pte = walk_pte;
	*level = walk_level;
	return walk_status;
}

u64 pte_addr(u64 pte)
{
	return pte & MASK(51, 12);
}

#define DEVICE 0x18 /* PCD, PWT */
bool pte_is_device(u64 pte)
{
	return (pte & DEVICE) == DEVICE;
}

static u8 seen[GHCB_SIZE];
static u64 rax, rcx, rdx, info1, info2;
static u8 device[GHCB_BUFFER_SIZE];

static void answer(u8 *page)
{
	if (page == NULL) { /* CPUID by the MSR protocol */
		host.msr = (host.msr & 3ULL << 30) | 0x1122334400000000 | GHCB_MSR_CPUID_RESP;
		return;
	}
	memcpy(seen, page, GHCB_SIZE);
	host_answer(page, info1, info2);
	host_put(page, GHCB_RAX, rax);
	host_put(page, GHCB_RCX, rcx);
	host_put(page, GHCB_RDX, rdx);
	memcpy(page + GHCB_BUFFER, device, sizeof(device));
}

static int setup(void **state)
{
	host_reset();
	memset(&self, 0, sizeof(self));
	memset(&table, 0, sizeof(table));
	memset(seen, 0, sizeof(seen));
	host.exit = answer;
	rax = 0xaaaaaaaa11111111;
	rcx = 0xcccccccc33333333;
	rdx = 0xdddddddd22222222;
	info1 = info2 = 0;
	mmu_on = true;
	walk_status = ST_OK;
	walk_pte = 0xfee00000 | DEVICE | 1;
	walk_level = 3;
	return 0;
}

static u8 code[32] __attribute__((aligned(4096)));

static struct trap_frame frame(u64 error, const u8 *bytes, size_t n)
{
	struct trap_frame f = { .vector = 29, .error = error, .rip = (uintptr_t)code, .cs = 8 };

	memset(code, 0xcc, sizeof(code));
	memcpy(code, bytes, n);
	f.rax = 0x1000;
	f.rcx = 0x2000;
	f.rdx = 0x3000;
	f.rbx = 0x4000;
	f.rsi = 0x7000;
	f.rdi = 0x8000;
	return f;
}

#define FRAME(error, ...)                                                                          \
	frame(error, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))
#define HANDLED(f, length)                                                                         \
	do {                                                                                       \
		assert_true(snp_vc(&(f)));                                                         \
		assert_int_equal((f).rip, (uintptr_t)code + (length));                             \
	} while (0)
#define STOPS(f, st)                                                                               \
	do {                                                                                       \
		struct trap_frame before = (f);                                                    \
		assert_true(ENDS(snp_vc(&(f))));                                                   \
		assert_int_equal(host.fatal_status, st);                                           \
		assert_memory_equal(&before, &(f), sizeof(before));                                \
	} while (0)

static void cpuid_from_the_page(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_CPUID, 0x0f, 0xa2);

	table.count = 1;
	table.entry[0] = (struct cpuid_entry){ .eax_in = 1, .out = { 5, 6, 7, 8 } };
	f.rax = 0xffffffff00000001;
	HANDLED(f, 2);
	assert_int_equal(f.rax, 5);
	assert_int_equal(f.rbx, 0x11000006);
	assert_int_equal(f.rcx, 7);
	f = FRAME(GHCB_EXIT_CPUID, 0x0f, 0xa2);
	f.rax = 1;
	host.exit = NULL; /* the MSR keeps the request: no answer */
	STOPS(f, ST_PROTOCOL);
}

static void msrs(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_MSR, 0x0f, 0x32);

	HANDLED(f, 2);
	assert_int_equal(f.rax, 0x11111111);
	assert_int_equal(f.rdx, 0x22222222);
	assert_int_equal(host_get(seen, GHCB_RCX), 0x2000);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0);
	assert_false(host_valid(seen, GHCB_RAX));
	f = FRAME(GHCB_EXIT_MSR, 0x0f, 0x30);
	HANDLED(f, 2);
	assert_int_equal(f.rax, 0x1000);
	assert_int_equal(host_get(seen, GHCB_INFO1), 1);
	assert_int_equal(host_get(seen, GHCB_RDX), 0x3000);
}

/* Hardware keeps these from the host; a #VC about one can only be injected. */
static void own_msrs_are_not_asked_for(void **state)
{
	static const u32 own[] = { MSR_AMD_SEV_STATUS, MSR_AMD_GHCB, MSR_EFER, 0xc0000100 };

	for (volatile size_t i = 0; i < 2 * ARRAY_SIZE(own); i++) {
		struct trap_frame f = FRAME(GHCB_EXIT_MSR, 0x0f, i % 2 == 0 ? 0x32 : 0x30);

		f.rcx = 0xffffffff00000000 | own[i / 2];
		STOPS(f, ST_PROTOCOL);
		assert_int_equal(host.exits, 0);
	}
}

static void counters(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_RDTSC, 0x0f, 0x31);

	HANDLED(f, 2);
	assert_int_equal(f.rax, 0x11111111);
	assert_int_equal(f.rdx, 0x22222222);
	assert_int_equal(f.rcx, 0x2000);
	f = FRAME(GHCB_EXIT_RDTSCP, 0x0f, 0x01, 0xf9);
	HANDLED(f, 3);
	assert_int_equal(f.rcx, 0x33333333);
	f = FRAME(GHCB_EXIT_RDPMC, 0x0f, 0x33);
	HANDLED(f, 2);
	assert_int_equal(host_get(seen, GHCB_RCX), 0x2000);
	assert_true(host_valid(seen, GHCB_RCX));
}

static void small_ones(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_VMMCALL, 0x0f, 0x01, 0xd9);

	HANDLED(f, 3);
	assert_int_equal(f.rax, rax);
	assert_int_equal(host_get(seen, GHCB_RAX), 0x1000);
	assert_true(host_valid(seen, GHCB_CPL & ~7));
	f = FRAME(GHCB_EXIT_WBINVD, 0x0f, 0x09);
	HANDLED(f, 2);
	host.exits = 0;
	f = FRAME(GHCB_EXIT_MONITOR, 0x0f, 0x01, 0xc8);
	HANDLED(f, 3);
	f = FRAME(GHCB_EXIT_MWAIT, 0x0f, 0x01, 0xc9);
	HANDLED(f, 3);
	assert_int_equal(host.exits, 0);
}

static void debug_register(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_DR7_READ, 0x0f, 0x21, 0xf8);

	HANDLED(f, 3);
	assert_int_equal(f.rax, 0x400);
	f = FRAME(GHCB_EXIT_DR7_WRITE, 0x0f, 0x23, 0xf9); /* rcx */
	f.rcx = 0xffffffff;
	HANDLED(f, 3);
	assert_int_equal(host_get(seen, GHCB_RAX), 0xffff27ff);
	f = FRAME(GHCB_EXIT_DR7_READ, 0x0f, 0x21, 0xf8);
	HANDLED(f, 3);
	assert_int_equal(f.rax, 0xffff27ff);
	f = FRAME(GHCB_EXIT_DR7_WRITE, 0x0f, 0x23, 0xf9);
	f.rcx = 1ULL << 32;
	assert_false(snp_vc(&f));
	assert_int_equal(f.vector, 13);
	host.sev_status = SEV_STATUS_DEBUG_SWAP;
	f = FRAME(GHCB_EXIT_DR7_READ, 0x0f, 0x21, 0xf8);
	STOPS(f, ST_UNSUPPORTED);
}

static void ports(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_IOIO, 0xe4, 0x71);

	f.rax = 0x1122334455667788;
	HANDLED(f, 2);
	assert_int_equal(f.rax, 0x1122334455667711);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x00710211);
	f = FRAME(GHCB_EXIT_IOIO, 0x66, 0xed);
	f.rax = 0x1122334455667788;
	HANDLED(f, 2);
	assert_int_equal(f.rax, 0x1122334455661111);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x30000221);
	f = FRAME(GHCB_EXIT_IOIO, 0xed);
	f.rax = ~0ULL;
	HANDLED(f, 1);
	assert_int_equal(f.rax, 0x11111111);
	f = FRAME(GHCB_EXIT_IOIO, 0xee);
	f.rax = 0x12345;
	HANDLED(f, 1);
	assert_int_equal(host_get(seen, GHCB_RAX), 0x45);
	assert_int_equal(f.rax, 0x12345);
}

static void port_strings(void **state)
{
	static u8 memory[8192];
	struct trap_frame f = FRAME(GHCB_EXIT_IOIO, 0xf3, 0x6c); /* rep insb */

	for (unsigned i = 0; i < sizeof(device); i++)
		device[i] = (u8)(i * 7);
	f.rcx = 3000;
	f.rdi = (uintptr_t)memory;
	f.rdx = 0x511;
	HANDLED(f, 0); /* not through */
	assert_int_equal(f.rcx, 3000 - 2032);
	assert_int_equal(f.rdi, (uintptr_t)memory + 2032);
	assert_memory_equal(memory, device, 2032);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x0511021d);
	assert_int_equal(host_get(seen, GHCB_INFO2), 2032);
	assert_int_equal(host_get(seen, GHCB_SCRATCH), (uintptr_t)host_pages[0][0] + 0x800);
	HANDLED(f, 2);
	assert_int_equal(f.rcx, 0);
	assert_memory_equal(memory + 2032, device, 968);
	host.exits = 0;
	f = FRAME(GHCB_EXIT_IOIO, 0xf3, 0x6c);
	f.rcx = 0;
	HANDLED(f, 2);
	assert_int_equal(host.exits, 0);
	f = FRAME(GHCB_EXIT_IOIO, 0x66, 0xf3, 0x6f); /* rep outsw, downwards */
	f.rflags = 1u << 10;
	memcpy(memory, "abcdef", 6);
	f.rsi = (uintptr_t)memory + 4;
	f.rcx = 3;
	HANDLED(f, 3);
	assert_memory_equal(seen + GHCB_BUFFER, "efcdab", 6);
	assert_int_equal(f.rsi, (uintptr_t)memory - 2);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x30000e2c);
	f = FRAME(GHCB_EXIT_IOIO, 0x6e); /* outsb */
	f.rsi = (uintptr_t)memory;
	HANDLED(f, 1);
	assert_int_equal(f.rcx, 0x2000);
	assert_int_equal(seen[GHCB_BUFFER], 'a');
	info1 = GHCB_RESULT_MALFORMED;
	f = FRAME(GHCB_EXIT_IOIO, 0x6e);
	f.rsi = (uintptr_t)memory;
	STOPS(f, ST_INVALID);
}

static void mmio(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_NPF, 0x8b, 0x43, 0x20); /* eax, [rbx + 0x20] */

	memcpy(device, "\x78\x56\x34\x12\xff\xff\xff\xff", 8);
	HANDLED(f, 3);
	assert_int_equal(f.rax, 0x12345678);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_MMIO_READ);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0xfee00020);
	assert_int_equal(host_get(seen, GHCB_INFO2), 4);
	assert_int_equal(walk_va, 0x4020);
	f = FRAME(GHCB_EXIT_NPF, 0x89, 0x0b); /* [rbx], ecx */
	walk_level = 2;
	walk_pte = 0xfee00000 | DEVICE;
	HANDLED(f, 2);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_MMIO_WRITE);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0xfee04000);
	assert_int_equal((u32)host_get(seen, GHCB_BUFFER), 0x2000);
}

/* A page of ours that comes as MMIO was taken away. */
static void private_mmio_is_an_attack(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_NPF, 0x8b, 0x03);

	walk_pte |= cvm.pte_private;
	STOPS(f, ST_PROTOCOL);
	assert_int_equal(host.exits, 0);
	walk_pte = 0xfee00000 | 1; /* shared, but no device: the pool, a GHCB */
	STOPS(f, ST_PROTOCOL);
	walk_pte |= 0x10;
	STOPS(f, ST_PROTOCOL);
	walk_pte = 0xfee00000 | DEVICE;
	walk_level = 0;
	STOPS(f, ST_PROTOCOL);
	walk_level = 3;
	f.rbx = 0x4ffd; /* across a page */
	STOPS(f, ST_PROTOCOL);
	f.rbx = 0x4000;
	walk_status = ST_NOT_FOUND;
	STOPS(f, ST_PROTOCOL);
	walk_status = ST_OK;
	mmu_on = false;
	STOPS(f, ST_PROTOCOL);
}

/* The host may raise vector 29 with any code at any instruction. */
static void code_and_instruction_must_agree(void **state)
{
	static const u64 codes[] = { GHCB_EXIT_DR7_READ,
				     GHCB_EXIT_DR7_WRITE,
				     GHCB_EXIT_RDTSC,
				     GHCB_EXIT_RDPMC,
				     GHCB_EXIT_IOIO,
				     GHCB_EXIT_MSR,
				     GHCB_EXIT_VMMCALL,
				     GHCB_EXIT_RDTSCP,
				     GHCB_EXIT_WBINVD,
				     GHCB_EXIT_MONITOR,
				     GHCB_EXIT_MWAIT,
				     GHCB_EXIT_NPF,
				     GHCB_EXIT_INVD,
				     0x41,
				     0x51,
				     0x78,
				     0x401,
				     0xffffffffffff };
	struct trap_frame f;

	for (volatile size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		f = FRAME(codes[i], 0x0f, 0xa2);
		STOPS(f, ST_UNSUPPORTED);
		assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_UNSUPPORTED);
		assert_int_equal(host_get(seen, GHCB_INFO1), codes[i]);
	}
	f = FRAME(GHCB_EXIT_CPUID, 0x90, 0x0f, 0xa2);
	STOPS(f, ST_UNSUPPORTED);
	f = FRAME(GHCB_EXIT_INVD, 0x0f, 0x08);
	STOPS(f, ST_UNSUPPORTED);
	f = FRAME(GHCB_EXIT_CPUID, 0x0f, 0xa2);
	f.cs = 0x23;
	STOPS(f, ST_PROTOCOL);
	f.vector = 20;
	assert_false(snp_vc(&f));
}

static void not_validated_is_fatal(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_NOT_VALIDATED, 0x8b, 0x03);

	STOPS(f, ST_DESTROYED);
	assert_int_equal(host.exits, 0);
	self.guard_pc = f.rip; /* a check that expects it */
	assert_false(snp_vc(&f));
	assert_int_equal(f.vector, 29);
}

static void exceptions_take_its_place(void **state)
{
	struct trap_frame f = FRAME(GHCB_EXIT_MSR, 0x0f, 0x32);

	info1 = GHCB_RESULT_EXCEPTION;
	info2 = 0x7700000b0dULL << 0 | 0x80000000;
	assert_false(snp_vc(&f));
	assert_int_equal(f.vector, 13);
	assert_int_equal(f.error, 0x77);
	assert_int_equal(f.rip, (uintptr_t)code);
	assert_int_equal(f.rax, 0x1000);
	info2 = 0x8000030e; /* #PF is not the host's to raise */
	f = FRAME(GHCB_EXIT_MSR, 0x0f, 0x32);
	STOPS(f, ST_PROTOCOL);
}

/* An instruction at the end of a page whose successor is not mapped. */
static void at_the_end_of_a_page(void **state)
{
	static u8 pages[8192] __attribute__((aligned(4096)));
	struct trap_frame f = FRAME(GHCB_EXIT_WBINVD, 0x0f, 0x09);

	pages[4094] = 0x0f;
	pages[4095] = 0x09;
	f.rip = (uintptr_t)pages + 4094;
	walk_status = ST_NOT_FOUND;
	assert_true(snp_vc(&f));
	assert_int_equal(f.rip, (uintptr_t)pages + 4096);
	pages[4095] = 0x0f;
	f.rip = (uintptr_t)pages + 4095;
	STOPS(f, ST_UNSUPPORTED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(cpuid_from_the_page),
		T(msrs),
		T(own_msrs_are_not_asked_for),
		T(counters),
		T(small_ones),
		T(debug_register),
		T(ports),
		T(port_strings),
		T(mmio),
		T(private_mmio_is_an_attack),
		T(code_and_instruction_must_agree),
		T(not_validated_is_fatal),
		T(exceptions_take_its_place),
		T(at_the_end_of_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
