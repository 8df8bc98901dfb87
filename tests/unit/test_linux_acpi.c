/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The ACPI tables an x86 kernel is handed, byte by byte against a second reading of the
 * specification, and as our own reader of hostile tables takes them.
 * sources: boot/linux/x86_64/acpi_tables.c boot/linux/x86_64/dsdt.c drivers/acpi.c drivers/acpi_iort.c drivers/msi_routes.c lib/range.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acpi.h"
#include "acpi_layouts.h"
#include "boot/linux/x86_64/params.h"

#define BASE 0xc00000ULL

static u8 block[ACPI_BYTES + 64];
static struct platform_info machine;
static struct acpi_in in;
static u64 rsdp;
static size_t used;

/* Everything that can be there is. */
static int full(void **state)
{
	(void)state;
	memset(block, 0xee, sizeof(block));
	memset(&machine, 0, sizeof(machine));
	machine.cpu_count = 3;
	machine.cpu_hwid[0] = 4;
	machine.cpu_hwid[1] = 254;
	machine.cpu_hwid[2] = 255;
	machine.ecam = (struct range){ 0xb0000000, 0x4000000 };
	machine.pci_mem32 = (struct range){ 0xc0000000, 0x20000000 };
	machine.pci_mem64 = (struct range){ GIB(64), GIB(8) };
	in = (struct acpi_in){
		.address = BASE,
		.platform = &machine,
		.mailbox = 0xc10000,
		.log = 0x123456000,
		.log_size = 0x3000,
		.pm_base = 0xb000,
		.legacy = true,
		.ecam = true,
	};
	return 0;
}

static void *at(u64 address)
{
	assert_true(address >= BASE && address - BASE < used);
	return block + (address - BASE);
}

static void assert_sum(const void *p, size_t bytes)
{
	u8 sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += ((const u8 *)p)[i];
	assert_int_equal(sum, 0);
}

static const struct rsdp_layout *root(void)
{
	const struct rsdp_layout *r = at(rsdp);

	assert_memory_equal(r->signature, "RSD PTR ", 8);
	assert_int_equal(r->revision, 2);
	assert_int_equal(r->length, sizeof(*r));
	assert_int_equal(r->rsdt, 0);
	assert_sum(r, 20);
	assert_sum(r, sizeof(*r));
	return r;
}

/* A table's form; then its checksum is 0, so that it can be compared. */
static void *table_at(u64 address, const char *signature)
{
	struct header_layout *h = at(address);

	assert_int_equal(address % 16, 0);
	assert_memory_equal(h->signature, signature, 4);
	assert_true(h->length >= sizeof(*h) && h->length <= used - (address - BASE));
	assert_sum(h, h->length);
	h->checksum = 0;
	return h;
}

/* NULL: not listed. */
static void *find(const char *signature)
{
	const struct header_layout *xsdt = at(root()->xsdt);
	u32 count = (xsdt->length - (u32)sizeof(*xsdt)) / 8;

	assert_memory_equal(xsdt->signature, "XSDT", 4);
	assert_int_equal((xsdt->length - sizeof(*xsdt)) % 8, 0);
	assert_sum(xsdt, xsdt->length);
	for (u32 i = 0; i < count; i++) {
		u64 address;

		memcpy(&address, (const u8 *)(xsdt + 1) + 8 * i, 8);
		if (memcmp(at(address), signature, 4) == 0)
			return table_at(address, signature);
	}
	return NULL;
}

static void build(void)
{
	assert_int_equal(acpi_build(block, ACPI_BYTES, &in, &rsdp, &used), ST_OK);
	assert_int_equal(rsdp, BASE);
	assert_true(used <= ACPI_BYTES);
	for (size_t i = ACPI_BYTES; i < sizeof(block); i++)
		assert_int_equal(block[i], 0xee);
	for (size_t i = used; i < ACPI_BYTES; i++)
		assert_int_equal(block[i], 0);
}

static struct header_layout header(const char *signature, size_t length, u8 revision)
{
	struct header_layout h = {
		.length = (u32)length,
		.revision = revision,
		.oem = { 'P', 'O', 'S', 'T', 'R', 'N' },
		.table = { 'P', 'O', 'S', 'T', 'E', 'R', 'N', ' ' },
		.oem_revision = 1,
		.creator = { 'P', 'S', 'T', 'N' },
		.creator_revision = 1,
	};

	memcpy(h.signature, signature, 4);
	return h;
}

/* ---- FADT ---- */

static struct fadt_layout fadt_without_pm(const struct fadt_layout *got)
{
	return (struct fadt_layout){
		.header = header("FACP", 276, 6),
		.dsdt = got->dsdt, /* its own test */
		.x_dsdt = got->x_dsdt,
		.sci_int = 9,
		.p_lvl2_lat = 0xffff,
		.p_lvl3_lat = 0xffff,
		.iapc_boot_arch = 0x5, /* legacy devices, no VGA */
		.flags = 0x465,        /* WBINVD, C1, no sleep button, no fixed RTC, reset */
		.reset_reg = { 1, 8, 0, 1, 0xcf9 },
		.reset_value = 6,
		.minor_version = 5,
	};
}

static void fadt(void **state)
{
	const struct fadt_layout *got;
	struct fadt_layout want;

	(void)state;
	assert_int_equal(sizeof(*got), 276);
	build();
	got = find("FACP");
	want = fadt_without_pm(got);
	want.pm1a_evt_blk = 0xb000;
	want.pm1a_cnt_blk = 0xb004;
	want.pm_tmr_blk = 0xb008;
	want.pm1_evt_len = 4;
	want.pm1_cnt_len = 2;
	want.pm_tmr_len = 4;
	want.x_pm1a_evt = (struct gas_layout){ 1, 32, 0, 2, 0xb000 };
	want.x_pm1a_cnt = (struct gas_layout){ 1, 16, 0, 2, 0xb004 };
	want.x_pm_tmr = (struct gas_layout){ 1, 32, 0, 3, 0xb008 };
	assert_memory_equal(got, &want, sizeof(want));
	assert_int_equal(got->dsdt, got->x_dsdt);
	table_at(got->x_dsdt, "DSDT");
	assert_null(find("DSDT"));
}

static void fadt_without_power_management(void **state)
{
	const struct fadt_layout *got;
	struct fadt_layout want;

	(void)state;
	in.pm_base = 0;
	in.legacy = false;
	build();
	got = find("FACP");
	want = fadt_without_pm(got);
	want.flags |= 0x10;         /* no power button either */
	want.iapc_boot_arch = 0x24; /* no VGA, no RTC */
	assert_memory_equal(got, &want, sizeof(want));
}

/* ---- MADT ---- */

static size_t add(u8 *list, size_t size, const void *entry, size_t bytes)
{
	memcpy(list + size, entry, bytes);
	return size + bytes;
}

#define ADD(type, ...)                                                                             \
	size = add(want, size, &(const struct type){ __VA_ARGS__ }, sizeof(struct type))

static void assert_madt(const u8 *want, size_t size, u32 flags)
{
	const struct madt_layout *got = find("APIC");
	struct madt_layout head = {
		.header = header("APIC", sizeof(head) + size, 5),
		.lapic = 0xfee00000,
		.flags = flags,
	};

	assert_memory_equal(got, &head, sizeof(head));
	assert_memory_equal(got->entries, want, size);
}

static void madt(void **state)
{
	u8 want[256];
	size_t size = 0;

	(void)state;
	build();
	ADD(lapic_layout, 0, 8, 0, 4, 1);
	ADD(lapic_layout, 0, 8, 1, 254, 1);
	ADD(x2apic_layout, 9, 16, 0, 255, 1, 2);
	ADD(ioapic_layout, 1, 12, 0, 0, 0xfec00000, 0);
	ADD(override_layout, 2, 10, 0, 0, 2, 0);
	ADD(override_layout, 2, 10, 0, 5, 5, 0xd);
	ADD(override_layout, 2, 10, 0, 9, 9, 0xd);
	ADD(override_layout, 2, 10, 0, 10, 10, 0xd);
	ADD(override_layout, 2, 10, 0, 11, 11, 0xd);
	ADD(wakeup_layout, 0x10, 16, 0, 0, 0xc10000);
	assert_madt(want, size, 1);
}

static void madt_without_legacy(void **state)
{
	u8 want[256];
	size_t size = 0;

	(void)state;
	in.legacy = false;
	in.mailbox = 0;
	machine.cpu_count = 1;
	build();
	ADD(lapic_layout, 0, 8, 0, 4, 1);
	ADD(ioapic_layout, 1, 12, 0, 0, 0xfec00000, 0);
	ADD(override_layout, 2, 10, 0, 5, 5, 0xd);
	ADD(override_layout, 2, 10, 0, 9, 9, 0xd);
	ADD(override_layout, 2, 10, 0, 10, 10, 0xd);
	ADD(override_layout, 2, 10, 0, 11, 11, 0xd);
	assert_madt(want, size, 0);
}

/* ---- the small ones ---- */

static void small_ones(void **state)
{
	const struct mcfg_layout mcfg = {
		.header = header("MCFG", 60, 1),
		.base = 0xb0000000,
		.last_bus = 63,
	};
	const struct spcr_layout spcr = {
		.header = header("SPCR", 80, 2),
		.base = { 1, 8, 0, 1, 0x3f8 },
		.interrupt_type = 3, /* 8259 and I/O APIC */
		.irq = 4,
		.gsi = 4,
		.baud = 7, /* 115200 */
		.stop_bits = 1,
		.pci_device = 0xffff,
		.pci_vendor = 0xffff,
	};
	const struct ccel_layout ccel = {
		.header = header("CCEL", 56, 1),
		.type = 2, /* TDX */
		.log_bytes = 0x3000,
		.log = 0x123456000,
	};

	(void)state;
	build();
	assert_memory_equal(find("MCFG"), &mcfg, sizeof(mcfg));
	assert_memory_equal(find("SPCR"), &spcr, sizeof(spcr));
	assert_memory_equal(find("CCEL"), &ccel, sizeof(ccel));
	machine.ecam.size = MIB(256);
	build();
	assert_int_equal(((struct mcfg_layout *)find("MCFG"))->last_bus, 255);
}

static void only_what_is_there(void **state)
{
	(void)state;
	in.ecam = false;
	in.log = 0;
	build();
	assert_null(find("MCFG"));
	assert_null(find("CCEL"));
	assert_non_null(find("SPCR"));
	assert_non_null(find("APIC"));
}

/* ---- as drivers/acpi.c reads them ---- */

static enum status read_block(void *ctx, u64 address, void *buf, size_t bytes)
{
	(void)ctx;
	if (address < BASE || address - BASE > used || bytes > used - (address - BASE))
		return ST_RANGE;
	memcpy(buf, block + (address - BASE), bytes);
	return ST_OK;
}

static void as_our_reader_takes_them(void **state)
{
	static struct platform_info got;

	(void)state;
	memset(&got, 0, sizeof(got));
	build();
	assert_int_equal(acpi_read(rsdp, read_block, NULL, &got), ST_OK);
	assert_int_equal(got.cpu_count, 3);
	assert_int_equal(got.cpu_hwid[0], 4);
	assert_int_equal(got.cpu_hwid[1], 254);
	assert_int_equal(got.cpu_hwid[2], 255);
	assert_int_equal(got.lapic_base, 0xfee00000);
	assert_int_equal(got.pm1a_cnt_port, 0xb004);
	assert_int_equal(got.reset_space, 1);
	assert_int_equal(got.reset_addr, 0xcf9);
	assert_int_equal(got.reset_value, 6);
	assert_int_equal(got.ecam.base, 0xb0000000);
	assert_int_equal(got.ecam.size, 0x4000000);
	assert_int_equal(got.uart, UART_NS16550_PORT);
	assert_int_equal(got.uart_base, 0x3f8);
}

/* ---- limits ---- */

static void most_cpus(void **state)
{
	(void)state;
	machine.cpu_count = SMP_MAX_CPUS;
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		machine.cpu_hwid[i] = 0xffffff00 + i;
	build();
	machine.cpu_count++;
	assert_int_equal(acpi_build(block, ACPI_BYTES, &in, &rsdp, &used), ST_TOO_MANY);
}

static void assert_refused(enum status want)
{
	memset(block, 0xee, sizeof(block));
	assert_int_equal(acpi_build(block, ACPI_BYTES, &in, &rsdp, &used), want);
	for (size_t i = 0; i < sizeof(block); i++)
		assert_int_equal(block[i], 0xee);
	full(NULL);
}

static void refused(void **state)
{
	(void)state;
	assert_int_equal(acpi_build(block, ACPI_BYTES - 1, &in, &rsdp, &used), ST_TOO_MANY);
	in.address = BASE + 8;
	assert_refused(ST_ALIGN);
	in.address = GIB(4) - ACPI_BYTES + 16;
	assert_refused(ST_RANGE);
	in.address = ~0xfULL;
	assert_refused(ST_RANGE);
	in.mailbox += 8;
	assert_refused(ST_ALIGN);
	in.pm_base = 0xfff5;
	assert_refused(ST_RANGE);
	machine.pci_mem32.size = 0x40000001;
	assert_refused(ST_RANGE);
	machine.pci_mem64.base = ~0ULL;
	assert_refused(ST_RANGE);
	machine.ecam.size = 0;
	assert_refused(ST_RANGE);
	machine.ecam.size = MIB(257);
	assert_refused(ST_RANGE);
	machine.ecam.size = MIB(1) + 4096;
	assert_refused(ST_RANGE);
	in.pm_base = 0xfff4;
	in.address = BASE;
	build();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fadt, full),
		cmocka_unit_test_setup(fadt_without_power_management, full),
		cmocka_unit_test_setup(madt, full),
		cmocka_unit_test_setup(madt_without_legacy, full),
		cmocka_unit_test_setup(small_ones, full),
		cmocka_unit_test_setup(only_what_is_there, full),
		cmocka_unit_test_setup(as_our_reader_takes_them, full),
		cmocka_unit_test_setup(most_cpus, full),
		cmocka_unit_test_setup(refused, full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
