/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 hosts' ACPI: linked as a firmware would, it describes the machine the vmm emulates.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "fake_core_x86.h"
#include "vmm/acpi.h"

#define TABLES_AT 0x7654000ULL
#define RSDP_AT   0xf5a10ULL

static struct acpi_files got;

static struct {
	u8 *p;
	size_t size;
	u64 at;
	const char *name;
} file[2];

static u64 field(const u8 *p, unsigned n)
{
	u64 value = 0;

	while (n-- != 0)
		value = value << 8 | p[n];
	return value;
}

static u8 sum(const u8 *p, size_t n)
{
	u8 total = 0;

	while (n-- != 0)
		total = (u8)(total + p[n]);
	return total;
}

static unsigned file_of(const u8 *name)
{
	unsigned n = strcmp((const char *)name, file[0].name) == 0 ? 0 : 1;

	assert_string_equal((const char *)name, file[n].name);
	return n;
}

/* The commands, as docs/specs of QEMU's loader have them; every one has to be in its file. */
static void link_files(void)
{
	unsigned allocated = 0;

	for (size_t at = 0; at < sizeof(got.loader); at += 128) {
		const u8 *c = got.loader + at;
		unsigned f;
		u64 offset;

		switch (field(c, 4)) {
		case 0:
			break;
		case 1:
			assert_int_equal(allocated >> file_of(c + 4) & 1, 0);
			allocated |= 1u << file_of(c + 4);
			break;
		case 2:
			f = file_of(c + 4);
			assert_int_equal(file_of(c + 60), 1);
			offset = field(c + 116, 4);
			assert_true(offset + c[120] <= file[f].size);
			bytes_put(file[f].p, file[f].size, offset, c[120],
				  field(file[f].p + offset, c[120]) + file[1].at);
			break;
		case 3:
			f = file_of(c + 4);
			offset = field(c + 60, 4);
			assert_true(field(c + 64, 4) + field(c + 68, 4) <= file[f].size);
			file[f].p[offset] = 0;
			file[f].p[offset] =
			    (u8)-sum(file[f].p + field(c + 64, 4), field(c + 68, 4));
			break;
		default:
			fail();
		}
	}
	assert_int_equal(allocated, 3);
}

static int setup(void **state)
{
	fake_reset(3);
	vmm_init();
	return 0;
}

/* Ports, as a guest reads them. */
static void read_files(void)
{
	u8 *to[] = { got.rsdp, got.tables, got.loader };
	size_t size[] = { sizeof(got.rsdp), sizeof(got.tables), sizeof(got.loader) };

	for (unsigned f = 0; f < 3; f++) {
		vmm_port_out(&vcpus[0], 0x510, 2, 0x21 + f);
		for (size_t i = 0; i < size[f]; i++)
			to[f][i] = (u8)vmm_port_in(&vcpus[0], 0x511, 1);
	}
	file[0].p = got.rsdp;
	file[0].size = sizeof(got.rsdp);
	file[0].at = RSDP_AT;
	file[0].name = "etc/acpi/rsdp";
	file[1].p = got.tables;
	file[1].size = sizeof(got.tables);
	file[1].at = TABLES_AT;
	file[1].name = "etc/acpi/tables";
	link_files();
}

static const u8 *at(u64 address)
{
	assert_in_range(address, TABLES_AT, TABLES_AT + sizeof(got.tables) - 36);
	return got.tables + (address - TABLES_AT);
}

/* A table that is whole and in order. */
static const u8 *table(u64 address, const char *signature)
{
	const u8 *t = at(address);

	assert_memory_equal(t, signature, 4);
	assert_in_range(field(t + 4, 4), 36, sizeof(got.tables));
	assert_int_equal(sum(t, field(t + 4, 4)), 0);
	return t;
}

static const u8 *xsdt(void)
{
	assert_memory_equal(got.rsdp, "RSD PTR ", 8);
	assert_int_equal(sum(got.rsdp, 20), 0);
	assert_int_equal(sum(got.rsdp, 36), 0);
	assert_int_equal(got.rsdp[15], 2);
	return table(field(got.rsdp + 24, 8), "XSDT");
}

static void fixed_description(void **state)
{
	const u8 *x, *f;

	read_files();
	x = xsdt();
	assert_int_equal(field(x + 4, 4), 36 + 2 * 8); /* no MCFG: the window is off */
	f = table(field(x + 36, 8), "FACP");
	assert_int_equal(field(f + 4, 4), 244);
	assert_int_equal(f[8], 3);
	assert_memory_equal(at(field(f + 36, 4)), "FACS", 4);
	assert_int_equal(field(f + 36, 4) % 64, TABLES_AT % 64);
	assert_int_equal(field(f + 40, 4), field(f + 140, 8));
	assert_int_equal(field(f + 46, 2), 9);
	assert_int_equal(field(f + 48, 4), 0); /* always in ACPI mode */
	assert_int_equal(field(f + 56, 4), 0x600);
	assert_int_equal(field(f + 64, 4), 0x604);
	assert_int_equal(field(f + 76, 4), 0x608);
	assert_int_equal(field(f + 80, 4), 0x620);
	assert_memory_equal(f + 88, "\4\2\0\4\x10\0\0", 7);
	assert_int_equal(field(f + 96, 2), 0xfff);
	assert_int_equal(f[108], 0x32);
	assert_int_equal(field(f + 109, 2), 7);
	assert_int_equal(field(f + 112, 4) & BIT(10), BIT(10));
	assert_int_equal(field(f + 112, 4) & BIT(20), 0);
	assert_memory_equal(f + 116, "\1\x8\0\1\xf9\xc\0\0\0\0\0\0\xf", 13);
	assert_memory_equal(f + 148, "\1\x20\0\3\0\6\0\0\0\0\0\0", 12);
	assert_memory_equal(f + 172, "\1\x10\0\2\4\6\0\0\0\0\0\0", 12);
	assert_memory_equal(f + 208, "\1\x20\0\3\x8\6\0\0\0\0\0\0", 12);
	assert_memory_equal(f + 220, "\1\x80\0\0\x20\6\0\0\0\0\0\0", 12);
}

static void interrupts(void **state)
{
	static const u8 rest[] = { 1, 12, 0, 0, 0, 0,   0xc0, 0xfe, 0, 0,    0, 0, /* IOAPIC */
				   2, 10, 0, 0, 2, 0,   0,    0,    0, 0,    2, 10, 0,
				   9, 9,  0, 0, 0, 0xd, 0,    4,    6, 0xff, 0, 0,  1 };
	const u8 *m;

	read_files();
	m = table(field(xsdt() + 44, 8), "APIC");
	assert_int_equal(field(m + 36, 4), 0xfee00000);
	assert_int_equal(field(m + 40, 4), 1);
	for (unsigned i = 0; i < 3; i++) {
		const u8 cpu[] = { 0, 8, (u8)i, (u8)i, 1, 0, 0, 0 };

		assert_memory_equal(m + 44 + 8 * i, cpu, sizeof(cpu));
	}
	assert_memory_equal(m + 44 + 24, rest, sizeof(rest));
	assert_int_equal(field(m + 4, 4), 44 + 24 + sizeof(rest));
}

/* Where `needle` is in the DSDT. */
static const u8 *find(const u8 *d, const void *needle, size_t n)
{
	size_t size = field(d + 4, 4);

	for (size_t i = 36; i + n <= size; i++)
		if (memcmp(d + i, needle, n) == 0)
			return d + i;
	return NULL;
}

/* Nested packages end where the table ends: \_SB, then \_S5. */
static void name_space(void **state)
{
	static const u8 s5[] = { 8, '\\', '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0 };
	static const u8 irq4[] = { 0x47, 1, 0xf8, 3, 0xf8, 3, 1, 8, 0x22, 0x10, 0, 0x79, 0 };
	/* slot 2, INTB: PIRQ[2 + 1 and 3] of E..H */
	static const u8 route[] = { 4, 0xc, 0xff, 0xff, 2, 0, 0xa, 1, 0, 0xa, 23 };
	static const u8 route31[] = { 4, 0xc, 0xff, 0xff, 31, 0, 0xa, 3, 0, 0xa, 19 };
	const u8 *d;
	size_t scope;

	read_files();
	d = table(field(table(field(xsdt() + 36, 8), "FACP") + 140, 8), "DSDT");
	assert_int_equal(d[36], 0x10);
	assert_int_equal(d[37] >> 4, 4);
	scope = (d[37] & 0xf) | d[38] << 4;
	assert_memory_equal(d + 37 + scope, s5, sizeof(s5));
	assert_int_equal(field(d + 4, 4), 37 + scope + sizeof(s5));
	assert_non_null(find(d, irq4, sizeof(irq4)));
	assert_non_null(find(d, route, sizeof(route)));
	assert_non_null(find(d, route31, sizeof(route31)));
	assert_non_null(find(d, "_HID\xc\x41\xd0\xa\x8", 9));
}

/* With the window on, it is described and nobody's room for BARs. */
static void window(void **state)
{
	static const u8 before[] = { 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xaf };
	static const u8 behind[] = { 0, 0, 0, 0xc0, 0xff, 0xff, 0xbf, 0xfe };
	static const u8 whole[] = { 0, 0, 0, 0x80, 0xff, 0xff, 0xbf, 0xfe };
	const u8 *x, *m, *d;

	pci_write(0, 0x60, 4, 0xb0000001);
	read_files();
	x = xsdt();
	assert_int_equal(field(x + 4, 4), 36 + 3 * 8);
	m = table(field(x + 52, 8), "MCFG");
	assert_int_equal(field(m + 4, 4), 60);
	assert_int_equal(field(m + 44, 8), 0xb0000000);
	assert_int_equal(field(m + 52, 4), 0xff000000);
	d = table(field(table(field(x + 36, 8), "FACP") + 140, 8), "DSDT");
	assert_non_null(find(d, before, sizeof(before)));
	assert_non_null(find(d, behind, sizeof(behind)));
	assert_null(find(d, whole, sizeof(whole)));
	/* Built once: a window that moves afterwards is the firmware's doing. */
	pci_write(0, 0x60, 4, 0);
	read_files();
	assert_int_equal(field(xsdt() + 4, 4), 36 + 3 * 8);
	vmm_init();
	read_files();
	d = table(field(table(field(xsdt() + 36, 8), "FACP") + 140, 8), "DSDT");
	assert_non_null(find(d, whole, sizeof(whole)));
}

static void old_chipset(void **state)
{
	const u8 *d;

	config.i440fx = true;
	vmm_init();
	read_files();
	d = table(field(table(field(xsdt() + 36, 8), "FACP") + 140, 8), "DSDT");
	assert_non_null(find(d, "_HID\xc\x41\xd0\xa\x3", 9));
	assert_null(find(d, "_CID", 4));
	config.i440fx = false;
}

/* The most there can be has room. */
static void full(void **state)
{
	fake_reset(CORE_MAX_CPUS);
	vmm_init();
	pci_write(0, 0x60, 4, 0xb0000001);
	read_files();
	table(field(xsdt() + 44, 8), "APIC");
	table(field(xsdt() + 52, 8), "MCFG");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fixed_description, setup),
		cmocka_unit_test_setup(interrupts, setup),
		cmocka_unit_test_setup(name_space, setup),
		cmocka_unit_test_setup(window, setup),
		cmocka_unit_test_setup(old_chipset, setup),
		cmocka_unit_test_setup(full, setup),
	};

	return cmocka_run_group_tests_name("x86 ACPI", tests, NULL, NULL);
}
