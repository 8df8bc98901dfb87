/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI static tables (ACPI specification 6.5, chapter 5). Every table is copied whole before a byte
 * of it is checked, so that the host cannot change it between the check and the use. Nothing
 * follows a pointer that a table other than RSDP, XSDT and RSDT holds (IORT: acpi_iort.c), so there
 * are no loops to fall into, and AML is never looked at.
 */
#include "acpi.h"

#include <string.h>

#include "acpi_internal.h"

#define RSDP_V1_BYTES      20u
#define RSDP_V2_BYTES      36u
#define RSDP_REVISION      15u
#define RSDP_RSDT          16u
#define RSDP_LENGTH        20u
#define RSDP_XSDT          24u

#define HEADER_BYTES       36u
#define HEADER_LENGTH      4u
#define TABLE_BYTES_MAX    KIB(64)
#define TABLES_LISTED_MAX  64u

#define FADT_PM1A_CNT      64u
#define FADT_FLAGS         112u
#define FADT_RESET_REG     116u
#define FADT_RESET_VALUE   128u
#define FADT_ARM_BOOT      129u
#define FADT_X_PM1A_CNT    172u
#define FADT_FLAG_RESET    BIT(10)
#define FADT_FLAG_REDUCED  BIT(20)
#define FADT_ARM_PSCI      BIT(0)
#define FADT_ARM_PSCI_HVC  BIT(1)

#define GAS_ADDRESS        4u
#define GAS_BIT_WIDTH      1u
#define GAS_ACCESS_SIZE    3u
#define GAS_BYTES          12u
#define SPACE_MEMORY       0u
#define SPACE_IO           1u
#define SPACE_NONE         0xffu

#define MADT_LAPIC_BASE    36u
#define MADT_ENTRIES       44u
#define CPU_ENABLED        BIT(0)
#define MPIDR_AFFINITY     0xff00ffffffULL

#define GICD_BYTES         KIB(64)
#define GICR_FRAME_BYTES   KIB(128)
#define GICR_BYTES_MAX     MIB(64)
#define TIMER_VIRT_DEFAULT 27u
#define TIMER_PHYS_DEFAULT 30u

#define GTDT_PHYS          56u
#define GTDT_VIRT          64u

#define MCFG_ENTRIES       44u
#define MCFG_ENTRY_BYTES   16u
#define MCFG_BUS_BYTES     MIB(1)

#define SPCR_TYPE          36u
#define SPCR_BASE          40u

/* One table at a time lives here. */
static u8 table[TABLE_BYTES_MAX];

struct reader {
	acpi_read_fn read;
	void *ctx;
	u32 length; /* of `table`, after a successful load() */
	struct acpi_msi *msi;
	u64 iort; /* read last: it names what the MADT lists; 0: none */
};

static bool sums_to_zero(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n-- > 0)
		sum += *p++;
	return sum == 0;
}

static bool has(const struct reader *r, u32 offset, u32 bytes)
{
	return r->length >= bytes && offset <= r->length - bytes;
}

/* Copies the table at addr, whose length is in its own header, and checks the copy. */
static enum status load(struct reader *r, u64 addr, const char *signature)
{
	enum status st = r->read(r->ctx, addr, table, HEADER_BYTES);
	u32 length;

	if (st != ST_OK)
		return st;
	length = (u32)le_get(table + HEADER_LENGTH, 4);
	if (length < HEADER_BYTES)
		return ST_TRUNCATED;
	if (length > sizeof(table))
		return ST_TOO_MANY;
	st = r->read(r->ctx, addr, table, length);
	if (st != ST_OK)
		return st;
	/* The second copy is the one that counts: it must still say what the first said. */
	if (memcmp(table, signature, 4) != 0 || le_get(table + HEADER_LENGTH, 4) != length ||
	    !sums_to_zero(table, length))
		return ST_CORRUPT;
	r->length = length;
	return ST_OK;
}

/* ---- FADT ---- */

static void read_pm1a(const struct reader *r, struct platform_info *out)
{
	const u8 *gas = table + FADT_X_PM1A_CNT;
	u64 port = 0;

	out->pm1a_cnt_port = 0;
	if (has(r, FADT_FLAGS, 4) && (le_get(table + FADT_FLAGS, 4) & FADT_FLAG_REDUCED) != 0)
		return;
	if (has(r, FADT_X_PM1A_CNT, GAS_BYTES) && gas[0] == SPACE_IO)
		port = le_get(gas + GAS_ADDRESS, 8);
	if (port == 0 && has(r, FADT_PM1A_CNT, 4))
		port = le_get(table + FADT_PM1A_CNT, 4);
	if (port <= 0xffff)
		out->pm1a_cnt_port = (u16)port;
}

static void read_reset(const struct reader *r, struct platform_info *out)
{
	const u8 *gas = table + FADT_RESET_REG;

	out->reset_space = SPACE_NONE;
	if (!has(r, FADT_RESET_VALUE, 1) || (le_get(table + FADT_FLAGS, 4) & FADT_FLAG_RESET) == 0)
		return;
	if (gas[0] != SPACE_MEMORY && gas[0] != SPACE_IO)
		return;
	out->reset_space = gas[0];
	out->reset_addr = le_get(gas + GAS_ADDRESS, 8);
	out->reset_value = table[FADT_RESET_VALUE];
}

static enum status read_fadt(const struct reader *r, struct platform_info *out)
{
	u64 boot = has(r, FADT_ARM_BOOT, 2) ? le_get(table + FADT_ARM_BOOT, 2) : 0;

	read_pm1a(r, out);
	read_reset(r, out);
	out->psci_hvc = (boot & FADT_ARM_PSCI) != 0 && (boot & FADT_ARM_PSCI_HVC) != 0;
	out->psci_smc = (boot & FADT_ARM_PSCI) != 0 && !out->psci_hvc;
	return ST_OK;
}

/* ---- MADT ---- */

/* One id twice would have us start, and so reset, a CPU that already runs on its stack. */
static enum status add_cpu(struct platform_info *out, u64 hwid)
{
	for (unsigned i = 0; i < out->cpu_count; i++)
		if (out->cpu_hwid[i] == hwid)
			return ST_CORRUPT;
	if (out->cpu_count == SMP_MAX_CPUS)
		out->cpu_ignored++;
	else
		out->cpu_hwid[out->cpu_count++] = hwid;
	return ST_OK;
}

static enum status set_region(struct range *slot, u64 base, u64 size)
{
	struct range r = { base, size };
	enum status st = range_check(r, 1, 0);

	if (st == ST_OK && slot->size == 0)
		*slot = r;
	return st;
}

/* Redistributors listed per CPU instead of by region: one range from the lowest to the highest. */
static enum status grow_gicr(struct range *all, u64 base)
{
	struct range one = { base, GICR_FRAME_BYTES };
	enum status st = range_check(one, 1, 0);
	u64 start, end;

	if (st != ST_OK)
		return st;
	start = all->size == 0 ? base : MIN(all->base, base);
	end = all->size == 0 ? range_end(one) : MAX(range_end(*all), range_end(one));
	if (end - start > GICR_BYTES_MAX)
		return ST_RANGE;
	*all = (struct range){ start, end - start };
	return ST_OK;
}

static enum status read_gicc(const u8 *e, struct platform_info *out, struct range *per_cpu)
{
	u64 gicr = le_get(e + 60, 8);
	enum status st = ST_OK;

	if ((le_get(e + 12, 4) & CPU_ENABLED) == 0)
		return ST_OK;
	if (gicr != 0)
		st = grow_gicr(per_cpu, gicr);
	return st == ST_OK ? add_cpu(out, le_get(e + 68, 8) & MPIDR_AFFINITY) : st;
}

static enum status read_gicd(const u8 *e, struct platform_info *out)
{
	u8 version = e[20];

	if (version == 3 || version == 4)
		out->has_gicv3 = true;
	return set_region(&out->gicd, le_get(e + 8, 8), GICD_BYTES);
}

static const struct {
	u8 type, length; /* least length of that type */
} madt_entry[] = {
	{ 0x0, 8 },  /* local APIC */
	{ 0x5, 12 }, /* local APIC address override */
	{ 0x9, 16 }, /* local x2APIC */
	{ 0xb, 76 }, /* GICC */
	{ 0xc, 24 }, /* GICD */
	{ 0xd, 24 }, /* GIC MSI frame */
	{ 0xe, 16 }, /* GICR */
	{ 0xf, 16 }, /* GIC ITS */
};

static bool long_enough(u8 type, u8 length)
{
	for (unsigned i = 0; i < ARRAY_SIZE(madt_entry); i++)
		if (madt_entry[i].type == type)
			return length >= madt_entry[i].length;
	return true;
}

static enum status read_madt_entry(const struct reader *r, const u8 *e, struct platform_info *out,
				   struct range *per_cpu)
{
	switch (e[0]) {
	case 0x0:
		return (le_get(e + 4, 4) & CPU_ENABLED) != 0 ? add_cpu(out, e[3]) : ST_OK;
	case 0x5:
		out->lapic_base = le_get(e + 4, 8);
		return ST_OK;
	case 0x9:
		return (le_get(e + 8, 4) & CPU_ENABLED) != 0 ? add_cpu(out, le_get(e + 4, 4))
							     : ST_OK;
	case 0xb:
		return read_gicc(e, out, per_cpu);
	case 0xc:
		return read_gicd(e, out);
	case 0xd:
		return acpi_add_v2m(r->msi, e);
	case 0xe:
		return set_region(&out->gicr, le_get(e + 4, 8), le_get(e + 12, 4));
	case 0xf:
		return acpi_add_its(r->msi, e);
	default:
		return ST_OK;
	}
}

static enum status read_madt(const struct reader *r, struct platform_info *out)
{
	struct range per_cpu = { 0, 0 };
	u32 at = MADT_ENTRIES;
	enum status st;

	if (!has(r, 0, MADT_ENTRIES))
		return ST_TRUNCATED;
	out->lapic_base = le_get(table + MADT_LAPIC_BASE, 4);
	while (at < r->length) {
		const u8 *e = table + at;

		if (!has(r, at, 2))
			return ST_TRUNCATED;
		if (e[1] < 2) /* would never move on */
			return ST_CORRUPT;
		if (!has(r, at, e[1]))
			return ST_TRUNCATED;
		if (!long_enough(e[0], e[1]))
			return ST_CORRUPT;
		st = read_madt_entry(r, e, out, &per_cpu);
		if (st != ST_OK)
			return st;
		at += e[1];
	}
	if (out->gicr.size == 0)
		out->gicr = per_cpu;
	return ST_OK;
}

/* ---- GTDT, SPCR ---- */

static u32 ppi_or(u64 gsiv, u32 otherwise)
{
	return gsiv >= 16 && gsiv < 32 ? (u32)gsiv : otherwise;
}

static enum status read_gtdt(const struct reader *r, struct platform_info *out)
{
	if (!has(r, GTDT_VIRT, 4))
		return ST_TRUNCATED;
	out->timer_phys_intid = ppi_or(le_get(table + GTDT_PHYS, 4), TIMER_PHYS_DEFAULT);
	out->timer_virt_intid = ppi_or(le_get(table + GTDT_VIRT, 4), TIMER_VIRT_DEFAULT);
	return ST_OK;
}

static enum uart_type uart_of(u8 type, u8 space)
{
	switch (type) {
	case 0x0:
	case 0x1:
	case 0x12:
		return space == SPACE_IO ? UART_NS16550_PORT : UART_NS16550_MMIO;
	case 0x3:
	case 0xe:
		return space == SPACE_MEMORY ? UART_PL011 : UART_NONE;
	default:
		return UART_NONE;
	}
}

static enum status read_spcr(const struct reader *r, struct platform_info *out)
{
	const u8 *gas = table + SPCR_BASE;
	enum uart_type type;
	u64 base;

	if (!has(r, SPCR_BASE, GAS_BYTES))
		return ST_TRUNCATED;
	type = uart_of(table[SPCR_TYPE], gas[0]);
	base = le_get(gas + GAS_ADDRESS, 8);
	/* Address 0 means no console; a kind we have no driver for leaves what was known before. */
	if (type == UART_NONE || base == 0 || (gas[0] != SPACE_MEMORY && gas[0] != SPACE_IO))
		return ST_OK;
	if (range_check((struct range){ base, 8 }, 1, gas[0] == SPACE_IO ? 0x10000 : 0) != ST_OK)
		return ST_RANGE;
	out->uart = type;
	out->uart_base = base;
	out->uart_shift = 0;
	if (type == UART_NS16550_MMIO && (gas[GAS_ACCESS_SIZE] == 3 || gas[GAS_BIT_WIDTH] == 32))
		out->uart_shift = 2;
	return ST_OK;
}

/* ---- MCFG (PCI Firmware specification 3.2, 4.1.2) ---- */

/* The first of segment 0 that begins with bus 0. */
static enum status read_mcfg(const struct reader *r, struct platform_info *out)
{
	if (!has(r, 0, MCFG_ENTRIES) || (r->length - MCFG_ENTRIES) % MCFG_ENTRY_BYTES != 0)
		return ST_TRUNCATED;
	for (u32 at = MCFG_ENTRIES; at < r->length; at += MCFG_ENTRY_BYTES) {
		const u8 *e = table + at;
		struct range window = { le_get(e, 8), ((u64)e[11] + 1) * MCFG_BUS_BYTES };

		if (le_get(e + 8, 2) != 0 || e[10] != 0)
			continue;
		if (range_check(window, MCFG_BUS_BYTES, 0) != ST_OK)
			return ST_RANGE;
		out->ecam = window;
		return ST_OK;
	}
	return ST_OK;
}

/* ---- the tree ---- */

static const struct {
	char signature[5];
	enum status (*read)(const struct reader *r, struct platform_info *out);
} wanted[] = {
	{ "FACP", read_fadt }, { "APIC", read_madt }, { "GTDT", read_gtdt },
	{ "SPCR", read_spcr }, { "MCFG", read_mcfg },
};

/* The first table of a kind counts; `seen` has a bit for each kind. */
static enum status read_listed(struct reader *r, u64 addr, u32 *seen, struct platform_info *out)
{
	u8 signature[4];
	enum status st = r->read(r->ctx, addr, signature, sizeof(signature));

	if (st != ST_OK)
		return st;
	if (memcmp(signature, "IORT", 4) == 0 && r->iort == 0)
		r->iort = addr;
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (memcmp(signature, wanted[i].signature, 4) != 0 || (*seen & 1u << i) != 0)
			continue;
		*seen |= 1u << i;
		st = load(r, addr, wanted[i].signature);
		return st == ST_OK ? wanted[i].read(r, out) : st;
	}
	return ST_OK;
}

static enum status read_messages(struct reader *r, struct platform_info *out)
{
	enum status st = ST_OK;

	if (r->iort != 0) {
		st = load(r, r->iort, "IORT");
		if (st == ST_OK)
			st = acpi_read_iort(r->msi, table, r->length);
	}
	return st == ST_OK ? acpi_take_msi(r->msi, out) : st;
}

static enum status read_root(struct reader *r, u64 addr, bool xsdt, struct platform_info *out)
{
	unsigned width = xsdt ? 8 : 4, count;
	u64 listed[TABLES_LISTED_MAX];
	enum status st = load(r, addr, xsdt ? "XSDT" : "RSDT");
	u32 seen = 0;

	if (st != ST_OK)
		return st;
	if ((r->length - HEADER_BYTES) % width != 0)
		return ST_CORRUPT;
	count = (r->length - HEADER_BYTES) / width;
	if (count > TABLES_LISTED_MAX)
		return ST_TOO_MANY;
	for (unsigned i = 0; i < count; i++)
		listed[i] = le_get(&table[HEADER_BYTES + i * width], width);
	for (unsigned i = 0; i < count && st == ST_OK; i++)
		if (listed[i] != 0)
			st = read_listed(r, listed[i], &seen, out);
	return st == ST_OK ? read_messages(r, out) : st;
}

static enum status read_rsdp(const struct reader *r, u64 addr, u64 *root, bool *xsdt)
{
	u8 rsdp[RSDP_V2_BYTES] = { 0 };
	enum status st = r->read(r->ctx, addr, rsdp, RSDP_V1_BYTES);

	if (st != ST_OK)
		return st;
	if (memcmp(rsdp, "RSD PTR ", 8) != 0 || !sums_to_zero(rsdp, RSDP_V1_BYTES))
		return ST_CORRUPT;
	*root = le_get(rsdp + RSDP_RSDT, 4);
	*xsdt = false;
	if (rsdp[RSDP_REVISION] < 2)
		return *root == 0 ? ST_NOT_FOUND : ST_OK;
	st = r->read(r->ctx, addr, rsdp, RSDP_V2_BYTES);
	if (st != ST_OK)
		return st;
	if (le_get(rsdp + RSDP_LENGTH, 4) < RSDP_V2_BYTES)
		return ST_TRUNCATED;
	if (memcmp(rsdp, "RSD PTR ", 8) != 0 || !sums_to_zero(rsdp, RSDP_V1_BYTES) ||
	    le_get(rsdp + RSDP_LENGTH, 4) != RSDP_V2_BYTES || !sums_to_zero(rsdp, RSDP_V2_BYTES))
		return ST_CORRUPT;
	*xsdt = le_get(rsdp + RSDP_XSDT, 8) != 0;
	*root = *xsdt ? le_get(rsdp + RSDP_XSDT, 8) : le_get(rsdp + RSDP_RSDT, 4);
	return *root == 0 ? ST_NOT_FOUND : ST_OK;
}

enum status acpi_read(u64 rsdp, acpi_read_fn read, void *ctx, struct platform_info *out)
{
	struct acpi_msi msi = { 0 };
	struct reader r = { .read = read, .ctx = ctx, .msi = &msi };
	enum status st;
	bool xsdt;
	u64 root;

	out->cpu_count = 0;
	out->cpu_ignored = 0;
	out->reset_space = SPACE_NONE;
	out->timer_virt_intid = TIMER_VIRT_DEFAULT;
	out->timer_phys_intid = TIMER_PHYS_DEFAULT;
	st = read_rsdp(&r, rsdp, &root, &xsdt);
	return st == ST_OK ? read_root(&r, root, xsdt, out) : st;
}
