/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks of guest page tables and decoding of control register writes in the x86 hosts' core.
 * sources: hosts/x86/core/walk.c hosts/x86/core/cr.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_guest_x86.h"

static int setup(void **state)
{
	guest_new();
	return 0;
}

static int teardown(void **state)
{
	guest_free();
	return 0;
}

static struct walk walked(u64 va)
{
	struct walk w;

	assert_int_equal(guest_walk(&cpu, va, &w), ST_OK);
	return w;
}

static enum status refused(u64 va)
{
	struct walk w;

	return guest_walk(&cpu, va, &w);
}

static void unpaged_is_private_identity(void **state)
{
	assert_int_equal(walked(0x12345).gpa, ALIAS | 0x12345);
	assert_int_equal(walked(0x1ffffffffULL).gpa, ALIAS | 0xffffffff);
	model.alias_is_private = false;
	assert_int_equal(walked(0x12345).gpa, 0x12345);
}

static void long_mode_keeps_the_leafs_alias(void **state)
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		struct walk w;

		guest_long_mode(levels);
		w = walked(0x5678);
		assert_int_equal(w.gpa, ALIAS | 0x5678);
		assert_int_equal(w.size, 12);
		assert_true(w.writable && !w.user && !w.no_execute);
		poke64(levels * 0x1000ULL + 5 * 8, 0x7000 | PTE_NX | 1);
		w = walked(0x5678);
		assert_int_equal(w.gpa, 0x7678);
		assert_int_equal(w.leaf, 0x7000 | PTE_NX | 1);
		assert_true(!w.writable && w.no_execute);
	}
}

static void alias_of_tables_is_ignored(void **state)
{
	guest_long_mode(4);
	vmcb.cr3 |= ALIAS;
	poke64(0x1000, 0x2000 | ALIAS | PTE);
	assert_int_equal(walked(0x5678).gpa, ALIAS | 0x5678);
}

static void large_pages(void **state)
{
	guest_long_mode(4);
	poke64(0x3000, 0x200000 | ALIAS | PTE_LARGE | PTE);
	assert_int_equal(walked(0x12345).gpa, ALIAS | 0x212345);
	assert_int_equal(walked(0x12345).size, 21);
	poke64(0x3000, 0x202000 | PTE_LARGE | PTE);
	assert_int_equal(refused(0x12345), ST_CORRUPT);
	poke64(0x2000, GIB(3) | PTE_LARGE | PTE);
	assert_int_equal(walked(0x12345).gpa, GIB(3) + 0x12345);
	assert_int_equal(walked(0x12345).size, 30);
	poke64(0x2000, (GIB(3) + MIB(2)) | PTE_LARGE | PTE);
	assert_int_equal(refused(0x12345), ST_CORRUPT);
}

static void hostile_tables(void **state)
{
	guest_long_mode(4);
	assert_int_equal(refused(BIT(47)), ST_INVALID);
	assert_int_equal(refused(1ULL << 39), ST_FAULT);
	poke64(0x1000, 0x2000 | PTE_LARGE | PTE);
	assert_int_equal(refused(0), ST_CORRUPT);
	poke64(0x1000, GUEST_BYTES | PTE);
	assert_int_equal(refused(0), ST_RANGE);
	poke64(0x1000, MASK(50, 12) | PTE);
	assert_int_equal(refused(0), ST_RANGE);
	/* A table that points at itself ends after as many levels as there are. */
	poke64(0x1000, 0x1000 | PTE);
	assert_int_equal(walked(0).gpa, 0x1000);
	vmcb.cr3 = GUEST_BYTES;
	assert_int_equal(refused(0), ST_RANGE);
	vmcb.cr3 = ~0ULL;
	assert_int_equal(refused(0), ST_RANGE);
}

static void reserved_bits(void **state)
{
	guest_long_mode(4);
	vmcb.efer &= ~EFER_NXE;
	poke64(0x4000, PTE | PTE_NX);
	assert_int_equal(refused(0), ST_CORRUPT);
	/* Above an alias at bit 47 no address bit is left. */
	model.alias_bit = BIT(47);
	poke64(0x4000, PTE | BIT(47));
	assert_int_equal(walked(0).gpa, BIT(47));
	poke64(0x4000, PTE | BIT(48));
	assert_int_equal(refused(0), ST_CORRUPT);
}

static void two_levels(void **state)
{
	vmcb.cr0 = CR0_PE | CR0_PG;
	vmcb.cr3 = 0x1fff;
	poke32(0x1000 + 4, 0x2000 | PTE);
	poke32(0x2000 + 8, 0x3000 | 1);
	assert_int_equal(walked(0x402abc).gpa, ALIAS | 0x3abc);
	assert_false(walked(0x402abc).writable);
	assert_int_equal(refused(0x403000), ST_FAULT);
	assert_int_equal(refused(0), ST_FAULT);
	poke32(0x1000 + 8, 0x00c02000 | PTE_LARGE | PTE);
	assert_int_equal(refused(0x800000), ST_RANGE); /* without PSE it is a table */
	vmcb.cr4 = CR4_PSE;
	assert_int_equal(walked(0x812345).gpa, ALIAS | 0x100c12345);
	assert_int_equal(walked(0x812345).size, 22);
	poke32(0x1000 + 8, 0x00e00000 | PTE_LARGE | PTE);
	assert_int_equal(refused(0x800000), ST_CORRUPT);
	poke32(0x1000 + 4, 0xfffff000 | PTE);
	assert_int_equal(refused(0x402abc), ST_RANGE);
	vmcb.cr3 = 0xfffff000;
	assert_int_equal(refused(0), ST_RANGE);
}

static void pae(void **state)
{
	vmcb.cr0 = CR0_PE | CR0_PG;
	vmcb.cr4 = CR4_PAE;
	vmcb.cr3 = 0x1020;
	poke64(0x1020 + 3 * 8, 0x2000 | 1);
	poke64(0x2000 + 511 * 8, 0x3000 | PTE);
	poke64(0x3000 + 511 * 8, 0x4000 | ALIAS | PTE);
	assert_int_equal(walked(0xfffffabc).gpa, ALIAS | 0x4abc);
	assert_true(walked(0xfffffabc).writable);
	poke64(0x1020 + 3 * 8, 0x2000 | PTE);
	assert_int_equal(refused(0xfffffabc), ST_CORRUPT);
	poke64(0x1020 + 3 * 8, 0x2000 | BIT(60) | 1);
	assert_int_equal(refused(0xfffffabc), ST_CORRUPT);
}

static void bytes_go_where_the_leaf_says(void **state)
{
	u8 out[8] = { 0 };

	guest_long_mode(4);
	poke64(0x4000 + 0x20 * 8, 0x20000 | ALIAS | PTE);
	poke64(0x4000 + 0x21 * 8, 0x30000 | PTE);
	assert_int_equal(guest_write_va(&cpu, 0x20ffc, "abcdefgh", 8), ST_OK);
	assert_memory_equal(private_memory + 0x20ffc, "abcd", 4);
	assert_memory_equal(shared_memory + 0x30000, "efgh", 4);
	assert_int_equal(guest_read_va(&cpu, 0x20ffc, out, 8), ST_OK);
	assert_memory_equal(out, "abcdefgh", 8);
	poke64(0x4000 + 0x22 * 8, 0x31000 | 1);
	assert_int_equal(guest_read_va(&cpu, 0x21ffc, out, 8), ST_OK);
	assert_int_equal(guest_write_va(&cpu, 0x21ffc, out, 8), ST_DENIED);
	poke64(0x4000 + 0x22 * 8, GUEST_BYTES | PTE);
	assert_int_equal(guest_read_va(&cpu, 0x21ffc, out, 8), ST_RANGE);
	poke64(0x4000 + 0x22 * 8, 0);
	assert_int_equal(guest_read_va(&cpu, 0x21ffc, out, 8), ST_FAULT);
}

static void code_is_private(void **state)
{
	u8 out[15];

	guest_long_mode(4);
	memcpy(private_memory + 0x20ffe, "\x0f\xa2", 2);
	poke64(0x4000 + 0x20 * 8, 0x20000 | PTE); /* shared by its entry */
	poke64(0x4000 + 0x21 * 8, 0);
	vmcb.rip = 0x20ffe;
	vmcb.cs.base = 0x5000; /* not in 64-bit mode */
	assert_int_equal(guest_fetch(&cpu, out, sizeof(out)), 2);
	assert_memory_equal(out, "\x0f\xa2", 2);
	vmcb.cs.attributes = CS_32;
	vmcb.rip = 0xffffffff;
	assert_int_equal(guest_linear_rip(&cpu), 0x4fff);
}

static u64 closed;
static bool closed_private;

static bool reachable(u64 gpa, bool private)
{
	return align_down(gpa, PAGE_SIZE) != closed || private != closed_private;
}

/* A page the guest has not validated is none to the CPU, whatever its tables say. */
static void what_the_cpu_cannot_reach(void **state)
{
	u8 out[8] = { 0 };

	guest_long_mode(4);
	poke64(0x4000 + 0x20 * 8, 0x20000 | ALIAS | PTE);
	poke64(0x4000 + 0x21 * 8, 0x30000 | PTE);
	model.reachable = reachable;
	closed_private = true;
	for (closed = 0x1000; closed <= 0x4000; closed += 0x1000)
		assert_int_equal(refused(0x20000), ST_STATE);
	closed = 0x21000;
	assert_int_equal(walked(0x20000).gpa, ALIAS | 0x20000);
	vmcb.rip = 0x20000;
	assert_int_equal(guest_fetch(&cpu, out, 2), 2);
	closed = 0x20000;
	assert_int_equal(walked(0x20000).gpa, ALIAS | 0x20000);
	assert_int_equal(guest_fetch(&cpu, out, 2), 0);
	assert_int_equal(guest_read_va(&cpu, 0x20000, out, 8), ST_STATE);
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(guest_write_va(&cpu, 0x20000, out, 8), ST_STATE);
	assert_int_equal(private_memory[0x20000], 0);
	closed = 0x30000;
	assert_int_equal(guest_write_va(&cpu, 0x21000, out, 8), ST_OK);
	closed_private = false;
	assert_int_equal(guest_write_va(&cpu, 0x21000, out, 8), ST_STATE);
	model.reachable = NULL;
}

static enum status cr_write(unsigned cr, const char *bytes, size_t n, u64 *value, unsigned *length)
{
	memset(private_memory + 0x20000, 0xcc, 15);
	memcpy(private_memory + 0x20000, bytes, n);
	vmcb.rip = 0x20000;
	return cr_decode_write(&cpu, cr, value, length);
}

static void cr_decoding(void **state)
{
	unsigned length;
	u64 value;

	cpu.reg[RAX] = 0xffffffff00000011;
	assert_int_equal(cr_write(0, "\x0f\x22\xc0", 3, &value, &length), ST_OK);
	assert_int_equal(value, 0x11);
	assert_int_equal(length, 3);
	assert_int_equal(cr_write(4, "\x0f\x22\xc0", 3, &value, &length), ST_UNSUPPORTED);
	vmcb.cr0 = CR0_PE | BIT(3);
	assert_int_equal(cr_write(0, "\x0f\x06", 2, &value, &length), ST_OK);
	assert_int_equal(value, CR0_PE);
	assert_int_equal(length, 2);
	cpu.reg[RBX] = 0xfff8;
	assert_int_equal(cr_write(0, "\x66\x0f\x01\xf3", 4, &value, &length), ST_OK);
	assert_int_equal(value, CR0_PE | 8); /* LMSW does not clear PE */
	assert_int_equal(length, 4);
	assert_int_equal(cr_write(0, "\x0f\x01\x33", 3, &value, &length), ST_UNSUPPORTED);
	assert_int_equal(cr_write(0, "\x0f\xa2", 2, &value, &length), ST_UNSUPPORTED);
	assert_int_equal(cr_write(0, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66",
				  15, &value, &length),
			 ST_UNSUPPORTED);
	vmcb.rip = GUEST_BYTES - 1;
	assert_int_equal(cr_decode_write(&cpu, 0, &value, &length), ST_UNSUPPORTED);
}

static void cr_decoding_64(void **state)
{
	unsigned length;
	u64 value;

	guest_long_mode(4);
	cpu.reg[R12] = CR4_PAE | BIT(9);
	assert_int_equal(cr_write(4, "\x41\x0f\x22\xe4", 4, &value, &length), ST_OK);
	assert_int_equal(value, CR4_PAE | BIT(9));
	assert_int_equal(length, 4);
	cpu.reg[R12] = BIT(9); /* PAE off in long mode */
	assert_int_equal(cr_write(4, "\x41\x0f\x22\xe4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR4_PAE | CR4_LA57;
	assert_int_equal(cr_write(4, "\x41\x0f\x22\xe4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR4_PAE | BIT(13);
	assert_int_equal(cr_write(4, "\x41\x0f\x22\xe4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR0_PE | CR0_PG | BIT(32);
	assert_int_equal(cr_write(0, "\x41\x0f\x22\xc4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR0_PG;
	assert_int_equal(cr_write(0, "\x41\x0f\x22\xc4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR0_PE | CR0_PG | BIT(29);
	assert_int_equal(cr_write(0, "\x41\x0f\x22\xc4", 4, &value, &length), ST_DENIED);
	cpu.reg[R12] = CR0_PE; /* paging off in 64-bit code */
	assert_int_equal(cr_write(0, "\x41\x0f\x22\xc4", 4, &value, &length), ST_DENIED);
}

static void long_mode_follows_paging(void **state)
{
	vmcb.efer = EFER_LME;
	vmcb.cr4 = CR4_PAE;
	cr_set(&cpu, 0, CR0_PE | CR0_PG);
	assert_int_equal(vmcb.efer, EFER_LME | EFER_LMA);
	assert_int_equal(vmcb.cr0, CR0_PE | CR0_PG | BIT(4));
	cr_set(&cpu, 0, CR0_PE);
	assert_int_equal(vmcb.efer, EFER_LME);
	cr_set(&cpu, 4, 0x20);
	assert_int_equal(vmcb.cr4, 0x20);
	vmcb.efer = 0;
	cr_set(&cpu, 0, CR0_PE | CR0_PG);
	assert_int_equal(vmcb.efer, 0);
}

static void paging_needs_pae_for_long_mode(void **state)
{
	unsigned length;
	u64 value;

	vmcb.cr0 = CR0_PE;
	vmcb.efer = EFER_LME;
	vmcb.cs.attributes = CS_32;
	cpu.reg[RAX] = CR0_PE | CR0_PG;
	assert_int_equal(cr_write(0, "\x0f\x22\xc0", 3, &value, &length), ST_DENIED);
	vmcb.cr4 = CR4_PAE;
	assert_int_equal(cr_write(0, "\x0f\x22\xc0", 3, &value, &length), ST_OK);
	vmcb.cs.attributes = CS_64;
	assert_int_equal(cr_write(0, "\x0f\x22\xc0", 3, &value, &length), ST_DENIED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unpaged_is_private_identity),
		T(long_mode_keeps_the_leafs_alias),
		T(alias_of_tables_is_ignored),
		T(large_pages),
		T(hostile_tables),
		T(reserved_bits),
		T(two_levels),
		T(pae),
		T(bytes_go_where_the_leaf_says),
		T(code_is_private),
		T(what_the_cpu_cannot_reach),
		T(cr_decoding),
		T(cr_decoding_64),
		T(long_mode_follows_paging),
		T(paging_needs_pae_for_long_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
