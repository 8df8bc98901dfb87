/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI for a guest's firmware that takes the host's, as QEMU hands it over: tables, RSDP and a list
 * of commands that link the two where the firmware puts them (docs/specs/fw_cfg, hw/acpi/
 * bios-linker-loader.c). They describe the machine as this vmm emulates it. Like QEMU's, they are
 * built when they are asked for, because the windows of the root bridge follow the firmware.
 */
#include <string.h>

#include "vmm/acpi.h"
#include "vmm/pci.h"

#define HEADER_SIZE    36u
#define FACS_SIZE      64u
#define RSDP_SIZE      36u
#define RSDP_V1_SIZE   20u
#define COMMAND_SIZE   128u
#define AT_LENGTH      4u
#define AT_CHECKSUM    9u

#define PM_BASE        0x600u
#define SCI            9u
#define RESET_PORT     0xcf9u
#define RESET_VALUE    0x0fu
#define IOAPIC_ADDRESS 0xfec00000u
#define PCI_WINDOW     0x80000000u
#define PCI_WINDOW_END 0xfec00000u
#define ECAM_SIZE      0x10000000u
#define ADDRESS_END    BIT(47) /* below every alias bit of either model */

static struct acpi_files files;

struct out {
	u8 *p;
	size_t size, used;
};

static void bytes(struct out *o, const void *data, size_t n)
{
	if (n > o->size - o->used)
		core_verdict("broken", "ACPI: no room for %u bytes", (unsigned)n);
	memcpy(o->p + o->used, data, n);
	o->used += n;
}

static void number(struct out *o, u64 value, unsigned n)
{
	u8 b[8];

	bytes_put(b, sizeof(b), 0, 8, value);
	bytes(o, b, n);
}

static void zeros(struct out *o, size_t n)
{
	while (n-- != 0)
		number(o, 0, 1);
}

/* ---- tables ---- */

static size_t table_begin(struct out *o, const char *signature, u8 revision)
{
	size_t at = o->used;

	bytes(o, signature, 4);
	number(o, 0, 4);
	number(o, revision, 1);
	number(o, 0, 1);
	bytes(o, "PSTERNHOST    ", 14); /* OEM id and table id */
	number(o, 1, 4);
	bytes(o, "PSTN", 4);
	number(o, 1, 4);
	return at;
}

static void table_end(struct out *o, size_t at)
{
	bytes_put(o->p, o->size, at + AT_LENGTH, 4, o->used - at);
}

static void facs(struct out *o)
{
	bytes(o, "FACS", 4);
	number(o, FACS_SIZE, 4);
	zeros(o, FACS_SIZE - 8);
}

/* Generic address: a port of `width` bits. */
static void port(struct out *o, u64 address, unsigned width)
{
	static const u8 access[] = { [8] = 1, [16] = 2, [32] = 3 };

	number(o, address != 0, 1);
	number(o, width, 1);
	number(o, 0, 1);
	number(o, width <= 32 ? access[width] : 0, 1);
	number(o, address, 8);
}

static void pm_registers(struct out *o)
{
	number(o, PM_BASE, 4);     /* PM1a event */
	number(o, 0, 4);           /* PM1b event */
	number(o, PM_BASE + 4, 4); /* PM1a control */
	number(o, 0, 8);           /* PM1b control, PM2 control */
	number(o, PM_BASE + 8, 4); /* timer */
	number(o, PM_BASE + 0x20, 4);
	number(o, 0, 4);            /* GPE 0, 1 */
	number(o, 0x1004000204, 7); /* their lengths: 4, 2, 0, 4, 16, 0, base */
}

/* Revision 3. Hardware is in ACPI mode from the start: there is no SMI command. */
static void fadt(struct out *o)
{
	size_t at = table_begin(o, "FACP", 3);

	zeros(o, 8);     /* FACS, DSDT: by the loader */
	number(o, 0, 2); /* profile: unspecified */
	number(o, SCI, 2);
	zeros(o, 8); /* SMI command and its values */
	pm_registers(o);
	number(o, 0, 1);
	number(o, 0x0fff, 2); /* C2, */
	number(o, 0x0fff, 2); /* C3: not there */
	zeros(o, 8);
	number(o, 0x32, 1); /* century in CMOS */
	number(o, 0x7, 2);  /* legacy devices, keyboard controller, no VGA */
	number(o, 0, 1);
	/* WBINVD, C1 on all CPUs, no fixed power and sleep buttons, RTC not in S4, reset register
	 */
	number(o, 0x4b5, 4);
	port(o, RESET_PORT, 8);
	number(o, RESET_VALUE, 1);
	zeros(o, 3);
	zeros(o, 16); /* FACS, DSDT again */
	port(o, PM_BASE, 32);
	port(o, 0, 0);
	port(o, PM_BASE + 4, 16);
	port(o, 0, 0);
	port(o, 0, 0);
	port(o, PM_BASE + 8, 32);
	port(o, PM_BASE + 0x20, 128);
	port(o, 0, 0);
	table_end(o, at);
}

static void madt(struct out *o)
{
	static const u8 ioapic[] = { 1, 12, 0, 0 }, timer[] = { 2, 10, 0, 0, 2, 0, 0, 0, 0, 0 },
			sci[] = { 2, 10, 0, SCI, SCI, 0, 0, 0, 0x0d, 0 }, /* high, level */
	    nmi[] = { 4, 6, 0xff, 0, 0, 1 };                              /* all CPUs, LINT1 */
	size_t at = table_begin(o, "APIC", 1);

	number(o, APIC_BASE_ADDRESS, 4);
	number(o, 1, 4); /* 8259s as well */
	for (unsigned i = 0; i < config.cpus; i++) {
		const u8 cpu[] = { 0, 8, (u8)i, (u8)i, 1, 0, 0, 0 };

		bytes(o, cpu, sizeof(cpu));
	}
	bytes(o, ioapic, sizeof(ioapic));
	number(o, IOAPIC_ADDRESS, 4);
	number(o, 0, 4);
	bytes(o, timer, sizeof(timer));
	bytes(o, sci, sizeof(sci));
	bytes(o, nmi, sizeof(nmi));
	table_end(o, at);
}

static void mcfg(struct out *o)
{
	size_t at = table_begin(o, "MCFG", 1);

	zeros(o, 8);
	number(o, pci_ecam(), 8);
	number(o, 0, 2);      /* segment */
	number(o, 0xff00, 2); /* buses 0..255 */
	zeros(o, 4);
	table_end(o, at);
}

/* ---- AML ---- */

#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_SCOPE   0x10
#define AML_BUFFER  0x11
#define AML_PACKAGE 0x12
#define AML_EXT     0x5b
#define AML_DEVICE  0x82

/* Package lengths in their form of two bytes, which count themselves. */
static size_t package_begin(struct out *o)
{
	number(o, 0, 2);
	return o->used - 2;
}

static void package_end(struct out *o, size_t at)
{
	size_t n = o->used - at;

	bytes_put(o->p, o->size, at, 2, 0x40 | (n & 0xf) | n >> 4 << 8);
}

static void name(struct out *o, const char *segment)
{
	number(o, AML_NAME, 1);
	bytes(o, segment, 4);
}

static size_t device_begin(struct out *o, const char *segment)
{
	size_t at;

	number(o, AML_EXT, 1);
	number(o, AML_DEVICE, 1);
	at = package_begin(o);
	bytes(o, segment, 4);
	return at;
}

/* EISA id, packed: three letters of 5 bits and the number, big-endian. */
static void plug_and_play(struct out *o, const char *segment, u16 product)
{
	static const u8 pnp[] = { AML_DWORD, 0x41, 0xd0 };

	name(o, segment);
	bytes(o, pnp, sizeof(pnp));
	number(o, (u64)(product >> 8 | (product & 0xff) << 8), 2);
}

static void byte_name(struct out *o, const char *segment, u8 value)
{
	name(o, segment);
	number(o, AML_BYTE, 1);
	number(o, value, 1);
}

struct template
{
	size_t package, size, first;
};

static struct template resources_begin(struct out *o)
{
	struct template t;

	name(o, "_CRS");
	number(o, AML_BUFFER, 1);
	t.package = package_begin(o);
	number(o, AML_WORD, 1);
	t.size = o->used;
	number(o, 0, 2);
	t.first = o->used;
	return t;
}

static void resources_end(struct out *o, struct template t)
{
	number(o, 0x79, 2); /* end tag, no checksum */
	bytes_put(o->p, o->size, t.size, 2, o->used - t.first);
	package_end(o, t.package);
}

/* Address space descriptors (ACPI 6.4.3.5) in their forms of 2, 4, 8 bytes. */
static void window(struct out *o, unsigned width, u8 type, u8 flags, u64 first, u64 last)
{
	if (first > last)
		return;
	number(o, width == 2 ? 0x88 : width == 4 ? 0x87 : 0x8a, 1);
	number(o, 3 + 5 * width, 2);
	number(o, type, 1);
	number(o, 0x0c, 1); /* both ends fixed, produced */
	number(o, flags, 1);
	number(o, 0, width);
	number(o, first, width);
	number(o, last, width);
	number(o, 0, width);
	number(o, last - first + 1, width);
}

static void isa_ports(struct out *o, u16 first, u8 count)
{
	number(o, 0x0147, 2); /* 16 bits decoded */
	number(o, first, 2);
	number(o, first, 2);
	number(o, 1, 1);
	number(o, count, 1);
}

enum { WINDOW_MEMORY, WINDOW_PORTS, WINDOW_BUSES };

static void root_resources(struct out *o)
{
	u64 ecam = pci_ecam();
	struct template t = resources_begin(o);

	window(o, 2, WINDOW_BUSES, 0, 0, 0xff);
	isa_ports(o, 0xcf8, 8);
	window(o, 2, WINDOW_PORTS, 3, 0, 0xcf7);
	window(o, 2, WINDOW_PORTS, 3, 0xd00, 0xffff);
	if (ecam == 0) {
		window(o, 4, WINDOW_MEMORY, 1, PCI_WINDOW, PCI_WINDOW_END - 1);
	} else {
		if (ecam > PCI_WINDOW)
			window(o, 4, WINDOW_MEMORY, 1, PCI_WINDOW, ecam - 1);
		window(o, 4, WINDOW_MEMORY, 1, ecam + ECAM_SIZE, PCI_WINDOW_END - 1);
	}
	window(o, 8, WINDOW_MEMORY, 1, align_up(GIB(4) + guest_high_size(), GIB(1)),
	       ADDRESS_END - 1);
	resources_end(o, t);
}

/* ICH9: the pins of slot 31 go to PIRQA..D, those of slot 30 to PIRQE..H, the others turn with the
 * slot through PIRQE..H; PIRQA is pin 16 of the IOAPIC. */
static unsigned pin_of(unsigned slot, unsigned pin)
{
	if (slot == 31)
		return 16 + pin;
	return 20 + (slot == 30 ? pin : (slot + pin) & 3);
}

static void routing(struct out *o)
{
	size_t all, one;

	name(o, "_PRT");
	number(o, AML_PACKAGE, 1);
	all = package_begin(o);
	number(o, 32 * 4, 1);
	for (unsigned n = 0; n < 32 * 4; n++) {
		number(o, AML_PACKAGE, 1);
		one = package_begin(o);
		number(o, 4, 1);
		number(o, AML_DWORD, 1);
		number(o, n / 4 << 16 | 0xffff, 4); /* every function */
		number(o, AML_BYTE, 1);
		number(o, n & 3, 1);
		number(o, 0, 1); /* no link device: a pin of the IOAPIC */
		number(o, AML_BYTE, 1);
		number(o, pin_of(n / 4, n & 3), 1);
		package_end(o, one);
	}
	package_end(o, all);
}

static void serial(struct out *o)
{
	size_t at = device_begin(o, "COM1");
	struct template t;

	plug_and_play(o, "_HID", 0x0501);
	byte_name(o, "_UID", 1);
	t = resources_begin(o);
	isa_ports(o, 0x3f8, 8);
	number(o, 0x001022, 3); /* IRQ 4 */
	resources_end(o, t);
	package_end(o, at);
}

static void dsdt(struct out *o)
{
	static const u8 s5[] = {
		AML_NAME, '\\', '_', 'S', '5', '_', AML_PACKAGE, 6, 4, 0, 0, 0, 0
	};
	size_t at = table_begin(o, "DSDT", 2), scope, root;

	number(o, AML_SCOPE, 1);
	scope = package_begin(o);
	bytes(o, "\\_SB_", 5);
	root = device_begin(o, "PCI0");
	plug_and_play(o, "_HID", config.i440fx ? 0x0a03 : 0x0a08);
	if (!config.i440fx)
		plug_and_play(o, "_CID", 0x0a03);
	byte_name(o, "_UID", 0);
	byte_name(o, "_BBN", 0);
	root_resources(o);
	routing(o);
	serial(o);
	package_end(o, root);
	package_end(o, scope);
	bytes(o, s5, sizeof(s5)); /* SLP_TYP 0 (power.c) */
	table_end(o, at);
}

/* ---- the loader's commands ---- */

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM };
enum { ZONE_HIGH = 1, ZONE_F_SEGMENT };

static const char tables_file[] = ACPI_TABLES_FILE, rsdp_file[] = ACPI_RSDP_FILE;

static void file_name(struct out *o, const char *text)
{
	size_t n = strlen(text);

	bytes(o, text, n);
	zeros(o, ACPI_NAME_SIZE - n);
}

static void command_end(struct out *o)
{
	zeros(o, align_up(o->used, COMMAND_SIZE) - o->used);
}

static void allocate(struct out *o, const char *file, u32 alignment, u8 zone)
{
	number(o, ALLOCATE, 4);
	file_name(o, file);
	number(o, alignment, 4);
	number(o, zone, 1);
	command_end(o);
}

/* The field holds the offset in the tables' file already. */
static void add_pointer(struct out *o, const char *file, size_t at, u8 size)
{
	number(o, ADD_POINTER, 4);
	file_name(o, file);
	file_name(o, tables_file);
	number(o, at, 4);
	number(o, size, 1);
	command_end(o);
}

static void add_checksum(struct out *o, const char *file, size_t at, size_t start, size_t length)
{
	number(o, ADD_CHECKSUM, 4);
	file_name(o, file);
	number(o, at, 4);
	number(o, start, 4);
	number(o, length, 4);
	command_end(o);
}

static void pointer(struct out *loader, struct out *tables, size_t at, u8 size, size_t target)
{
	bytes_put(tables->p, tables->size, at, size, target);
	add_pointer(loader, tables_file, at, size);
}

static void sum(struct out *loader, const struct out *tables, size_t at)
{
	add_checksum(loader, tables_file, at + AT_CHECKSUM, at,
		     (size_t)bytes_get(tables->p, tables->size, at + AT_LENGTH, 4));
}

static void xsdt(struct out *t, struct out *loader, const size_t *listed, size_t count)
{
	size_t at = table_begin(t, "XSDT", 1), entry = t->used;

	zeros(t, 8 * count);
	table_end(t, at);
	for (size_t i = 0; i < count; i++)
		pointer(loader, t, entry + 8 * i, 8, listed[i]);
	sum(loader, t, at);
}

static void rsdp(struct out *o, struct out *loader, size_t xsdt_at)
{
	bytes(o, "RSD PTR \0PSTERN\2", 16);
	zeros(o, 4);
	number(o, RSDP_SIZE, 4);
	number(o, xsdt_at, 8);
	zeros(o, 4);
	add_pointer(loader, rsdp_file, 24, 8);
	add_checksum(loader, rsdp_file, 8, 0, RSDP_V1_SIZE);
	add_checksum(loader, rsdp_file, 32, 0, RSDP_SIZE);
}

enum { FADT_FACS = 36, FADT_DSDT = 40, FADT_X_DSDT = 140 };

const struct acpi_files *acpi_files(void)
{
	return &files;
}

void acpi_build(void)
{
	struct out t = { files.tables, sizeof(files.tables), 0 };
	struct out l = { files.loader, sizeof(files.loader), 0 };
	struct out r = { files.rsdp, sizeof(files.rsdp), 0 };
	size_t listed[3], count = 0, dsdt_at, xsdt_at;

	memset(&files, 0, sizeof(files));
	allocate(&l, rsdp_file, 16, ZONE_F_SEGMENT);
	allocate(&l, tables_file, 64, ZONE_HIGH);
	facs(&t); /* at 0 */
	dsdt_at = t.used;
	dsdt(&t);
	sum(&l, &t, dsdt_at);
	listed[count++] = t.used;
	fadt(&t);
	pointer(&l, &t, listed[0] + FADT_FACS, 4, 0);
	pointer(&l, &t, listed[0] + FADT_DSDT, 4, dsdt_at);
	pointer(&l, &t, listed[0] + FADT_X_DSDT, 8, dsdt_at);
	sum(&l, &t, listed[0]);
	listed[count++] = t.used;
	madt(&t);
	sum(&l, &t, listed[1]);
	if (pci_ecam() != 0) {
		listed[count++] = t.used;
		mcfg(&t);
		sum(&l, &t, listed[2]);
	}
	xsdt_at = t.used;
	xsdt(&t, &l, listed, count);
	rsdp(&r, &l, xsdt_at);
}
