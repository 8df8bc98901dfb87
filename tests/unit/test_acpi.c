/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables made by hand, honest and not.
 * sources: drivers/acpi.c drivers/acpi_iort.c drivers/msi_routes.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acpi.h"

#define BASE 0x7f000000ULL
#define RSDP (BASE)
#define ROOT (BASE + 0x100)
#define MADT (BASE + 0x1000)
#define FADT (BASE + 0x2000)
#define SPCR (BASE + 0x3000)
#define GTDT (BASE + 0x4000)
#define MCFG (BASE + 0x4800)
#define IORT (BASE + 0x4c00)

static u8 memory[0x5000];
static struct platform_info out;
static unsigned reads, change_at; /* the host rewrites the RSDT before that read */

static u8 *at(u64 addr)
{
	return memory + (addr - BASE);
}

static enum status read_memory(void *ctx, u64 addr, void *buf, size_t len)
{
	(void)ctx;
	if (addr < BASE || addr - BASE > sizeof(memory) || len > sizeof(memory) - (addr - BASE))
		return ST_RANGE;
	if (++reads == change_at)
		at(ROOT)[4]++;
	memcpy(buf, at(addr), len);
	return ST_OK;
}

static void put(u64 addr, u64 v, unsigned bytes)
{
	memcpy(at(addr), &v, bytes);
}

static void seal(u64 table, u32 length)
{
	u8 sum = 0;

	put(table + 4, length, 4);
	at(table)[9] = 0;
	for (u32 i = 0; i < length && table - BASE + i < sizeof(memory); i++)
		sum += at(table)[i];
	at(table)[9] = (u8)-sum;
}

static void table(u64 addr, const char *signature, u32 length)
{
	memset(at(addr), 0, length);
	memcpy(at(addr), signature, 4);
	seal(addr, length);
}

static void seal_rsdp(void)
{
	u8 sum = 0;

	at(RSDP)[8] = at(RSDP)[32] = 0;
	for (unsigned i = 0; i < 20; i++)
		sum += at(RSDP)[i];
	at(RSDP)[8] = (u8)-sum;
	sum = 0;
	for (unsigned i = 0; i < 36; i++)
		sum += at(RSDP)[i];
	at(RSDP)[32] = (u8)-sum;
}

static void root(unsigned count)
{
	static const u64 listed[] = { MADT, FADT, SPCR, GTDT, MCFG };

	table(ROOT, "XSDT", 36 + 8 * count);
	for (unsigned i = 0; i < count && i < ARRAY_SIZE(listed); i++)
		put(ROOT + 36 + 8 * i, listed[i], 8);
	seal(ROOT, 36 + 8 * count);
}

static u32 madt_end;

static void madt_add(const void *entry, u8 length)
{
	memcpy(at(MADT + madt_end), entry, length);
	madt_end += length;
	seal(MADT, madt_end);
}

static void add_lapic(u8 id, u32 flags)
{
	u8 e[8] = { 0, 8, id, id };

	memcpy(e + 4, &flags, 4);
	madt_add(e, 8);
}

static void add_gicc(u64 mpidr, u32 flags, u64 gicr)
{
	u8 e[80] = { 0xb, 80 };

	memcpy(e + 12, &flags, 4);
	memcpy(e + 60, &gicr, 8);
	memcpy(e + 68, &mpidr, 8);
	madt_add(e, 80);
}

static void add_base(u8 type, u8 length, unsigned offset, u64 base, unsigned extra, u64 value)
{
	u8 e[32] = { type, length };

	memcpy(e + offset, &base, 8);
	memcpy(e + extra, &value, 4);
	madt_add(e, length);
}

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	memset(&out, 0, sizeof(out));
	reads = change_at = 0;
	memcpy(at(RSDP), "RSD PTR ", 8);
	at(RSDP)[15] = 2;
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, ROOT, 8);
	seal_rsdp();
	root(4);
	table(MADT, "APIC", 44);
	put(MADT + 36, 0xfee00000, 4);
	seal(MADT, 44);
	madt_end = 44;
	table(FADT, "FACP", 276);
	put(FADT + 64, 0x604, 4);
	put(FADT + 112, 1u << 10, 4);
	memcpy(at(FADT + 116), "\x01\x08\x00\x01\xf9\x0c\x00\x00", 8);
	at(FADT + 128)[0] = 0x0f;
	seal(FADT, 276);
	table(SPCR, "SPCR", 80);
	table(GTDT, "GTDT", 96);
	return 0;
}

static enum status run(void)
{
	return acpi_read(RSDP, read_memory, NULL, &out);
}

static void test_pc(void **state)
{
	u8 x2apic[16] = { 9, 16, 0, 0, 0, 1, 0, 0, 1 };

	add_lapic(0, 1);
	add_lapic(2, 1);
	add_lapic(3, 0);
	madt_add(x2apic, 16);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, 3);
	assert_int_equal(out.cpu_hwid[1], 2);
	assert_int_equal(out.cpu_hwid[2], 256);
	assert_int_equal(out.lapic_base, 0xfee00000);
	assert_int_equal(out.pm1a_cnt_port, 0x604);
	assert_int_equal(out.reset_space, 1);
	assert_int_equal(out.reset_addr, 0xcf9);
	assert_int_equal(out.reset_value, 0x0f);
	assert_int_equal(out.uart, UART_NONE);
	add_base(5, 12, 4, 0x1fee00000, 4, 0xfee00000);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.lapic_base, 0x1fee00000);
}

static void test_arm(void **state)
{
	u8 gicd[24] = { 0xc, 24 };

	put(FADT + 129, 3, 2);
	put(FADT + 112, 1u << 20, 4);
	seal(FADT, 276);
	put(GTDT + 56, 29, 4);
	put(GTDT + 64, 26, 4);
	seal(GTDT, 96);
	put(SPCR + 36, 3, 1);
	put(SPCR + 44, 0x9000000, 8);
	seal(SPCR, 80);
	gicd[8 + 3] = 8;
	gicd[20] = 3;
	madt_add(gicd, 24);
	add_gicc(0x80000000ff000000 | 1, 1, 0);
	add_gicc(0x100, 1, 0);
	add_gicc(0x200, 0, 0);
	add_base(0xe, 16, 4, 0x80a0000, 12, 0xf60000);
	add_base(0xf, 20, 8, 0x8080000, 16, 0);
	assert_int_equal(run(), ST_OK);
	assert_true(out.psci_hvc);
	assert_false(out.psci_smc);
	assert_int_equal(out.pm1a_cnt_port, 0);
	assert_int_equal(out.reset_space, 0xff);
	assert_int_equal(out.timer_phys_intid, 29);
	assert_int_equal(out.timer_virt_intid, 26);
	assert_int_equal(out.uart, UART_PL011);
	assert_int_equal(out.uart_base, 0x9000000);
	assert_true(out.has_gicv3);
	assert_int_equal(out.gicd.base, 0x8000000);
	assert_int_equal(out.gicr.base, 0x80a0000);
	assert_int_equal(out.gicr.size, 0xf60000);
	assert_int_equal(out.its.base, 0x8080000);
	assert_int_equal(out.cpu_count, 2);
	assert_int_equal(out.cpu_hwid[0], 1);
	assert_int_equal(out.cpu_hwid[1], 0x100);
}

static void test_gicr_per_cpu(void **state)
{
	add_gicc(0, 1, 0x80c0000);
	add_gicc(1, 1, 0x80a0000);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.gicr.base, 0x80a0000);
	assert_int_equal(out.gicr.size, 0x40000);
	add_gicc(2, 1, 0x80a00000000);
	assert_int_equal(run(), ST_RANGE);
	setup(state);
	add_gicc(0, 1, ~0ULL - 100);
	assert_int_equal(run(), ST_OVERFLOW);
	setup(state);
	add_base(0xe, 16, 4, 0xfffffffffff00000, 12, 0x200000);
	assert_int_equal(run(), ST_OVERFLOW);
}

static void test_uarts(void **state)
{
	static const struct {
		u8 type, space, width, access;
		u64 base;
		enum uart_type uart;
		unsigned shift;
		enum status st;
	} cases[] = {
		{ 0x00, 1, 8, 0, 0x3f8, UART_NS16550_PORT, 0, ST_OK },
		{ 0x01, 1, 8, 0, 0x2f8, UART_NS16550_PORT, 0, ST_OK },
		{ 0x12, 0, 32, 0, 0x1000000, UART_NS16550_MMIO, 2, ST_OK },
		{ 0x00, 0, 8, 1, 0x1000000, UART_NS16550_MMIO, 0, ST_OK },
		{ 0x12, 0, 8, 3, 0x1000000, UART_NS16550_MMIO, 2, ST_OK },
		{ 0x0e, 0, 32, 3, 0x9000000, UART_PL011, 0, ST_OK },
		{ 0x03, 1, 32, 3, 0x9000000, UART_NONE, 0, ST_OK },
		{ 0x00, 2, 8, 0, 0x3f8, UART_NONE, 0, ST_OK },
		{ 0x55, 0, 8, 0, 0x3f8, UART_NONE, 0, ST_OK },
		{ 0x00, 1, 8, 0, 0, UART_NONE, 0, ST_OK },
		{ 0x00, 1, 8, 0, 0xfffd, UART_NONE, 0, ST_RANGE },
		{ 0x03, 0, 8, 0, ~0ULL, UART_NONE, 0, ST_RANGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		put(SPCR + 36, cases[i].type, 1);
		put(SPCR + 40, cases[i].space, 1);
		put(SPCR + 41, cases[i].width, 1);
		put(SPCR + 43, cases[i].access, 1);
		put(SPCR + 44, cases[i].base, 8);
		seal(SPCR, 80);
		assert_int_equal(run(), cases[i].st);
		assert_int_equal(out.uart, cases[i].uart);
		assert_int_equal(out.uart_shift, cases[i].shift);
	}
	/* What was known before stays when SPCR names nothing we can use. */
	setup(state);
	out.uart = UART_NS16550_PORT;
	out.uart_base = 0x3f8;
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.uart_base, 0x3f8);
}

static void test_rsdp(void **state)
{
	at(RSDP)[0] = 'X';
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	at(RSDP)[8]++;
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	at(RSDP)[32]++;
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	put(RSDP + 20, 35, 4);
	seal_rsdp();
	assert_int_equal(run(), ST_TRUNCATED);
	setup(state);
	put(RSDP + 20, 0xffffffff, 4);
	seal_rsdp();
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	put(RSDP + 24, 0, 8);
	seal_rsdp();
	assert_int_equal(run(), ST_NOT_FOUND);
	assert_int_equal(acpi_read(BASE - 8, read_memory, NULL, &out), ST_RANGE);
	assert_int_equal(acpi_read(~0ULL, read_memory, NULL, &out), ST_RANGE);
}

static void test_rsdt(void **state)
{
	at(RSDP)[15] = 0;
	put(RSDP + 16, ROOT, 4);
	seal_rsdp();
	table(ROOT, "RSDT", 36 + 8);
	put(ROOT + 36, MADT, 4);
	put(ROOT + 40, FADT, 4);
	seal(ROOT, 44);
	add_lapic(7, 1);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, 1);
	assert_int_equal(out.pm1a_cnt_port, 0x604);
	put(RSDP + 16, 0, 4);
	seal_rsdp();
	assert_int_equal(run(), ST_NOT_FOUND);
}

static void test_root(void **state)
{
	at(ROOT)[9]++;
	assert_int_equal(run(), ST_CORRUPT);
	root(4);
	at(ROOT)[0] = 'Y';
	seal(ROOT, 68);
	assert_int_equal(run(), ST_CORRUPT);
	root(4);
	seal(ROOT, 35);
	assert_int_equal(run(), ST_TRUNCATED);
	seal(ROOT, 0);
	assert_int_equal(run(), ST_TRUNCATED);
	seal(ROOT, 37);
	assert_int_equal(run(), ST_CORRUPT);
	seal(ROOT, 0x4f04);
	assert_int_equal(run(), ST_RANGE); /* beyond what can be read */
	put(ROOT + 4, 0xffffffff, 4);
	assert_int_equal(run(), ST_TOO_MANY);
	root(65);
	assert_int_equal(run(), ST_TOO_MANY);
	/* Lists itself, the RSDP and null: nothing follows them. */
	root(4);
	put(ROOT + 36, ROOT, 8);
	put(ROOT + 44, RSDP, 8);
	put(ROOT + 52, 0, 8);
	seal(ROOT, 68);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, 0);
	put(ROOT + 36, 0x10, 8);
	seal(ROOT, 68);
	assert_int_equal(run(), ST_RANGE);
	/* The host changes the length between our two reads. */
	root(4);
	reads = 0;
	change_at = 4; /* RSDP twice, header, table */
	assert_int_equal(run(), ST_CORRUPT);
}

static void add_ecam(unsigned index, u64 base, u16 segment, u8 first, u8 last)
{
	u64 e = MCFG + 44 + 16 * index;

	root(5);
	memcpy(at(MCFG), "MCFG", 4);
	put(e, base, 8);
	put(e + 8, segment, 2);
	put(e + 10, first, 1);
	put(e + 11, last, 1);
	seal(MCFG, 60 + 16 * index);
}

static void test_mcfg(void **state)
{
	add_ecam(0, 0xb0000000, 0, 0, 255);
	add_ecam(1, 0xc0000000, 0, 0, 1); /* the first counts */
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.ecam.base, 0xb0000000);
	assert_int_equal(out.ecam.size, MIB(256));
	setup(state);
	add_ecam(0, 0xb0000000, 1, 0, 255); /* another segment; not from bus 0 */
	add_ecam(1, 0xc0000000, 0, 1, 255);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.ecam.size, 0);
	add_ecam(2, 0x4010000000, 0, 0, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.ecam.base, 0x4010000000);
	assert_int_equal(out.ecam.size, MIB(1));
	for (u32 length = 36; length < 92; length += 7) { /* the last: 85 */
		seal(MCFG, length);
		assert_int_equal(run(), ST_TRUNCATED);
	}
	add_ecam(0, 0xb0001000, 0, 0, 255);
	assert_int_equal(run(), ST_RANGE);
	add_ecam(0, 0xfffffffffff00000, 0, 0, 255);
	assert_int_equal(run(), ST_RANGE);
}

/* As Debian's QEMU has it: one ITS of id 0 in one group, one root complex. */
static void add_iort(u64 listed_at)
{
	put(listed_at, IORT, 8);
	seal(ROOT, 68);
	table(IORT, "IORT", 128);
	put(IORT + 36, 2, 4);
	put(IORT + 40, 48, 4);
	put(IORT + 48, 24 << 8, 3); /* group */
	put(IORT + 64, 1, 4);
	put(IORT + 72, 2 | 56 << 8, 3); /* root complex */
	put(IORT + 80, 1, 4);
	put(IORT + 84, 36, 4);
	put(IORT + 112, 0xffff, 4);
	put(IORT + 116, 0x200, 4);
	put(IORT + 120, 48, 4);
	seal(IORT, 128);
}

static void test_messages(void **state)
{
	for (unsigned i = 0; i < 2; i++) { /* before the MADT and behind it */
		setup(state);
		add_base(0xf, 20, 8, 0x8080000, 4, 0);
		if (i == 0)
			put(ROOT + 36 + 24, MADT, 8);
		add_iort(ROOT + 36 + (i == 0 ? 0 : 24));
		assert_int_equal(run(), ST_OK);
		assert_int_equal(out.its.base, 0x8080000);
		assert_int_equal(out.its.size, 0x20000);
		assert_int_equal(out.msi_map_count, 1);
		assert_int_equal(out.msi_map[0].first, 0);
		assert_int_equal(out.msi_map[0].count, 0x10000);
		assert_int_equal(out.msi_map[0].device_base, 0x200);
	}
	at(IORT)[9]++;
	assert_int_equal(run(), ST_CORRUPT);
	seal(IORT, 127); /* ends inside the root complex */
	assert_int_equal(run(), ST_TRUNCATED);
	seal(IORT, 36);
	assert_int_equal(run(), ST_TRUNCATED);
	/* A second one does not count, not even by its errors. */
	seal(IORT, 128);
	table(MCFG, "IORT", 36);
	put(ROOT + 36 + 16, MCFG, 8);
	put(ROOT + 36 + 8, IORT, 8);
	seal(ROOT, 68);
	assert_int_equal(run(), ST_OK);
	/* Without an IORT nobody is mapped; a frame beside it needs no map. */
	setup(state);
	add_base(0xf, 20, 8, 0x8080000, 4, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8080000);
	assert_int_equal(out.msi_map_count, 0);
	add_base(0xd, 24, 8, 0x8020000, 16, 0);
	out.its.size = 0;
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.base, 0x8020000);
	assert_int_equal(out.v2m.size, 0x1000);
	assert_int_equal(out.its.size, 0);
}

static void test_duplicate_table(void **state)
{
	add_lapic(1, 1);
	put(ROOT + 36 + 24, MADT, 8);
	seal(ROOT, 68);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, 1);
}

static void test_madt_bounds(void **state)
{
	static const u8 zero[] = { 0, 0 }, one[] = { 0, 1 }, lone[] = { 0 };
	static const u8 past[] = { 0, 8, 0, 0 }, small[] = { 0, 4, 0, 0 };
	static const u8 types[] = { 0x0, 0x5, 0x9, 0xb, 0xc, 0xd, 0xe, 0xf };

	seal(MADT, 40);
	assert_int_equal(run(), ST_TRUNCATED);
	seal(MADT, 44);
	madt_add(zero, 2);
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	madt_add(one, 2);
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	madt_add(lone, 1);
	assert_int_equal(run(), ST_TRUNCATED);
	setup(state);
	madt_add(past, 4);
	assert_int_equal(run(), ST_TRUNCATED);
	setup(state);
	madt_add(small, 4);
	assert_int_equal(run(), ST_CORRUPT);
	for (size_t i = 0; i < sizeof(types); i++) {
		u8 e[4] = { types[i], 4 };

		setup(state);
		madt_add(e, 4);
		assert_int_equal(run(), ST_CORRUPT);
		e[0] = 0x7f; /* a type we do not know */
		setup(state);
		madt_add(e, 4);
		assert_int_equal(run(), ST_OK);
	}
	setup(state);
	at(MADT)[50] ^= 1;
	put(MADT + 4, 60, 4);
	assert_int_equal(run(), ST_CORRUPT);
}

static void test_cpus(void **state)
{
	add_lapic(4, 1);
	add_lapic(4, 1);
	assert_int_equal(run(), ST_CORRUPT);
	setup(state);
	for (u8 i = 0; i < SMP_MAX_CPUS + 3; i++)
		add_lapic(i, 1);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, SMP_MAX_CPUS);
	assert_int_equal(out.cpu_ignored, 3);
	/* Reading again starts anew. */
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.cpu_count, SMP_MAX_CPUS);
}

static void test_fadt(void **state)
{
	seal(FADT, 60); /* no PM1a, no flags */
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.pm1a_cnt_port, 0);
	assert_int_equal(out.reset_space, 0xff);
	setup(state);
	memcpy(at(FADT + 172), "\x01\x10\x00\x02\x04\x18\x00\x00", 8);
	seal(FADT, 276);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.pm1a_cnt_port, 0x1804);
	put(FADT + 176, 0x10000, 8); /* no such port */
	seal(FADT, 276);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.pm1a_cnt_port, 0);
	setup(state);
	at(FADT + 116)[0] = 2; /* a reset register in PCI space is not used */
	put(FADT + 129, 1, 2);
	seal(FADT, 276);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.reset_space, 0xff);
	assert_true(out.psci_smc);
	assert_false(out.psci_hvc);
}

static void test_short(void **state)
{
	seal(GTDT, 60);
	assert_int_equal(run(), ST_TRUNCATED);
	setup(state);
	seal(SPCR, 50);
	assert_int_equal(run(), ST_TRUNCATED);
	setup(state);
	put(GTDT + 56, 5, 4); /* no PPI */
	put(GTDT + 64, 4000000, 4);
	seal(GTDT, 96);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.timer_phys_intid, 30);
	assert_int_equal(out.timer_virt_intid, 27);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pc),          TEST(test_arm),      TEST(test_gicr_per_cpu),
		TEST(test_uarts),       TEST(test_rsdp),     TEST(test_rsdt),
		TEST(test_root),        TEST(test_mcfg),     TEST(test_duplicate_table),
		TEST(test_madt_bounds), TEST(test_cpus),     TEST(test_fadt),
		TEST(test_short),       TEST(test_messages),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
