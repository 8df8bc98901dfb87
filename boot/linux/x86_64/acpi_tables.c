/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables of our own (ACPI 6.5 chapter 5; linux-boot sheet section 4.6 has what kernels insist
 * on). Nothing in them is a host's but numbers that discovery has checked: CPUs, windows, ECAM.
 */
#include <string.h>

#include "abi/linux_params.h"
#include "dsdt.h"
#include "le.h"

#define TABLE_ALIGN         16u
#define HEADER_BYTES        36u
#define HEADER_LENGTH       4u
#define HEADER_REVISION     8u
#define HEADER_CHECKSUM     9u
#define HEADER_OEM          10u /* up to the end: 26 bytes */

#define RSDP_BYTES          36u
#define RSDP_V1_BYTES       20u
#define RSDP_CHECKSUM       8u
#define RSDP_REVISION       15u
#define RSDP_LENGTH         20u
#define RSDP_XSDT           24u
#define RSDP_EXT_CHECKSUM   32u

#define FADT_BYTES          276u /* revision 6 */
#define FADT_DSDT           40u
#define FADT_SCI_INT        46u
#define FADT_PM1A_EVT       56u
#define FADT_PM1A_CNT       64u
#define FADT_PM_TMR         76u
#define FADT_PM1_EVT_LEN    88u
#define FADT_PM1_CNT_LEN    89u
#define FADT_PM_TMR_LEN     91u
#define FADT_P_LVL2_LAT     96u
#define FADT_P_LVL3_LAT     98u
#define FADT_IAPC_BOOT      109u
#define FADT_FLAGS          112u
#define FADT_RESET_REG      116u
#define FADT_RESET_VALUE    128u
#define FADT_MINOR          131u
#define FADT_X_DSDT         140u
#define FADT_X_PM1A_EVT     148u
#define FADT_X_PM1A_CNT     172u
#define FADT_X_PM_TMR       208u

#define IAPC_LEGACY_DEVICES BIT(0)
#define IAPC_NO_VGA         BIT(2)
#define IAPC_NO_RTC         BIT(5)

#define FLAG_WBINVD         BIT(0)
#define FLAG_PROC_C1        BIT(2)
#define FLAG_NO_POWER_BTN   BIT(4)
#define FLAG_NO_SLEEP_BTN   BIT(5)
#define FLAG_NO_FIXED_RTC   BIT(6)
#define FLAG_RESET_REG      BIT(10)

/* PM1a_EVT, PM1a_CNT and PM_TMR of ICH9 and PIIX4, from the block's base on. */
#define PM1A_EVT       0u
#define PM1A_EVT_BYTES 4u
#define PM1A_CNT       4u
#define PM1A_CNT_BYTES 2u
#define PM_TMR         8u
#define PM_TMR_BYTES   4u
#define SCI            9u

/* Both chipsets: system reset and CPU reset. */
#define RESET_PORT         0xcf9u
#define RESET_VALUE        0x06u

#define LATENCY_NO_C2      0xffffu
#define LATENCY_NO_C3      0xffffu

#define LAPIC_BASE         0xfee00000u
#define IOAPIC_BASE        0xfec00000u
#define MADT_ENTRIES       44u
#define MADT_PCAT          BIT(0)
#define APIC_IDS_IN_8_BITS 0xffu /* this one addresses all */
#define LEVEL_HIGH         0x0du /* MPS INTI flags */

#define MCFG_BYTES         60u
#define SPCR_BYTES         80u
#define CCEL_BYTES         56u
#define XSDT_MAX           6u

/* RSDP, XSDT, FADT, MADT, MCFG, SPCR, CCEL, DSDT, each rounded up. */
_Static_assert(RSDP_BYTES + HEADER_BYTES + 8 * XSDT_MAX + FADT_BYTES + MADT_ENTRIES +
		       16 * SMP_MAX_CPUS + 12 + 5 * 10 + MADT_WAKEUP_LEN + MCFG_BYTES + SPCR_BYTES +
		       CCEL_BYTES + HEADER_BYTES + DSDT_AML_MAX + 8 * TABLE_ALIGN <=
		   ACPI_BYTES,
	       "all tables fit");

struct tables {
	u8 *block;
	u64 address; /* of block */
	size_t used;
	u64 listed[XSDT_MAX];
	unsigned count;
};

static u8 checksum(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n-- > 0)
		sum += *p++;
	return (u8)-sum;
}

static u64 address_of(const struct tables *t, const u8 *p)
{
	return t->address + (u64)(p - t->block);
}

/* The table's place, with its header; the length is finish()'s. */
static u8 *start(struct tables *t, const char *signature, u8 revision)
{
	static const char oem[] = "POSTRNPOSTERN \1\0\0\0PSTN\1\0\0";
	u8 *table = t->block + t->used;

	_Static_assert(sizeof(oem) == HEADER_BYTES - HEADER_OEM, "with the string's NUL");
	memcpy(table, signature, 4);
	table[HEADER_REVISION] = revision;
	memcpy(table + HEADER_OEM, oem, sizeof(oem));
	return table;
}

static void finish(struct tables *t, u8 *table, size_t length)
{
	le_put(table + HEADER_LENGTH, length, 4);
	table[HEADER_CHECKSUM] = checksum(table, length);
	t->used = align_up(t->used + length, TABLE_ALIGN);
}

static void finish_listed(struct tables *t, u8 *table, size_t length)
{
	t->listed[t->count++] = address_of(t, table);
	finish(t, table, length);
}

/* Generic address structure: a port of as many bits. access: 1 byte, 2 word, 3 dword. */
static void put_port(u8 *gas, u16 port, unsigned bytes, u8 access)
{
	gas[0] = 1; /* system I/O */
	gas[1] = (u8)(8 * bytes);
	gas[2] = 0;
	gas[3] = access;
	le_put(gas + 4, port, 8);
}

static u64 put_dsdt(struct tables *t, const struct acpi_in *in)
{
	u8 *table = start(t, "DSDT", 2);

	finish(t, table, HEADER_BYTES + dsdt_aml(table + HEADER_BYTES, in));
	return address_of(t, table);
}

/* The same block in the old fields and in the new ones: kernels compare them. */
static void put_pm(u8 *fadt, u16 base)
{
	le_put(fadt + FADT_PM1A_EVT, base + PM1A_EVT, 4);
	le_put(fadt + FADT_PM1A_CNT, base + PM1A_CNT, 4);
	le_put(fadt + FADT_PM_TMR, base + PM_TMR, 4);
	fadt[FADT_PM1_EVT_LEN] = PM1A_EVT_BYTES;
	fadt[FADT_PM1_CNT_LEN] = PM1A_CNT_BYTES;
	fadt[FADT_PM_TMR_LEN] = PM_TMR_BYTES;
	put_port(fadt + FADT_X_PM1A_EVT, base + PM1A_EVT, PM1A_EVT_BYTES, 2);
	put_port(fadt + FADT_X_PM1A_CNT, base + PM1A_CNT, PM1A_CNT_BYTES, 2);
	put_port(fadt + FADT_X_PM_TMR, base + PM_TMR, PM_TMR_BYTES, 3);
}

/* "Legacy" in ACPI's sense, never "hardware reduced": on that Linux goes without PIT and PIC, and
 * hangs where it cannot tell the TSC's frequency otherwise. SMI_CMD 0: ACPI is on already. */
static void put_fadt(struct tables *t, const struct acpi_in *in, u64 dsdt)
{
	u64 flags = FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_SLEEP_BTN | FLAG_NO_FIXED_RTC |
		    FLAG_RESET_REG | (in->pm_base == 0 ? FLAG_NO_POWER_BTN : 0);
	u64 boot = IAPC_NO_VGA | (in->legacy ? IAPC_LEGACY_DEVICES : IAPC_NO_RTC);
	u8 *fadt = start(t, "FACP", 6);

	le_put(fadt + FADT_DSDT, dsdt, 4);
	le_put(fadt + FADT_SCI_INT, SCI, 2);
	le_put(fadt + FADT_P_LVL2_LAT, LATENCY_NO_C2, 2);
	le_put(fadt + FADT_P_LVL3_LAT, LATENCY_NO_C3, 2);
	le_put(fadt + FADT_IAPC_BOOT, boot, 2);
	le_put(fadt + FADT_FLAGS, flags, 4);
	put_port(fadt + FADT_RESET_REG, RESET_PORT, 1, 1);
	fadt[FADT_RESET_VALUE] = RESET_VALUE;
	fadt[FADT_MINOR] = 5;
	le_put(fadt + FADT_X_DSDT, dsdt, 8);
	if (in->pm_base != 0)
		put_pm(fadt, in->pm_base);
	finish_listed(t, fadt, FADT_BYTES);
}

/* ---- MADT ---- */

static u8 *put_cpus(u8 *entry, const struct platform_info *p)
{
	for (unsigned i = 0; i < p->cpu_count; i++) {
		bool wide = p->cpu_hwid[i] >= APIC_IDS_IN_8_BITS;

		if (wide) { /* processor local x2APIC */
			entry[0] = 9;
			entry[1] = 16;
			le_put(entry + 4, p->cpu_hwid[i], 4);
			le_put(entry + 8, 1, 4); /* enabled */
			le_put(entry + 12, i, 4);
		} else { /* processor local APIC */
			entry[0] = 0;
			entry[1] = 8;
			entry[2] = (u8)i;
			entry[3] = (u8)p->cpu_hwid[i];
			le_put(entry + 4, 1, 4);
		}
		entry += entry[1];
	}
	return entry;
}

static u8 *put_ioapic(u8 *entry)
{
	entry[0] = 1;
	entry[1] = 12;
	le_put(entry + 4, IOAPIC_BASE, 4); /* id 0, interrupts from 0 on */
	return entry + 12;
}

static u8 *put_override(u8 *entry, u8 irq, u32 gsi, u16 flags)
{
	entry[0] = 2;
	entry[1] = 10;
	entry[3] = irq; /* of bus 0, ISA */
	le_put(entry + 4, gsi, 4);
	le_put(entry + 8, flags, 2);
	return entry + 10;
}

/* The timer's wire goes to input 2; SCI and PCI's share lines and so are levels. */
static u8 *put_overrides(u8 *entry, bool legacy)
{
	static const u8 levels[] = { 5, 9, 10, 11 };

	if (legacy)
		entry = put_override(entry, 0, 2, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
		entry = put_override(entry, levels[i], levels[i], LEVEL_HIGH);
	return entry;
}

static u8 *put_wakeup(u8 *entry, u64 mailbox)
{
	entry[0] = MADT_WAKEUP;
	entry[1] = MADT_WAKEUP_LEN;
	le_put(entry + 8, mailbox, 8);
	return entry + MADT_WAKEUP_LEN;
}

static void put_madt(struct tables *t, const struct acpi_in *in)
{
	u8 *madt = start(t, "APIC", 5);
	u8 *entry = madt + MADT_ENTRIES;

	le_put(madt + 36, LAPIC_BASE, 4);
	le_put(madt + 40, in->legacy ? MADT_PCAT : 0, 4);
	entry = put_cpus(entry, in->platform);
	entry = put_ioapic(entry);
	entry = put_overrides(entry, in->legacy);
	if (in->mailbox != 0)
		entry = put_wakeup(entry, in->mailbox);
	finish_listed(t, madt, (size_t)(entry - madt));
}

/* ---- the small ones ---- */

static void put_mcfg(struct tables *t, struct range ecam)
{
	u8 *mcfg = start(t, "MCFG", 1);

	le_put(mcfg + 44, ecam.base, 8); /* segment 0, buses from 0 on */
	mcfg[55] = (u8)(ecam.size / MIB(1) - 1);
	finish_listed(t, mcfg, MCFG_BYTES);
}

/* For `earlycon` on the command line, which alone has Linux look at it. */
static void put_spcr(struct tables *t)
{
	u8 *spcr = start(t, "SPCR", 2);

	put_port(spcr + 40, COM1_PORT, 1, 1); /* type at 36: 0, a full 16550 */
	spcr[52] = 0x03;                      /* by 8259 and by I/O APIC */
	spcr[53] = COM1_IRQ;
	le_put(spcr + 54, COM1_IRQ, 4);
	spcr[58] = 7;                     /* 115200 bits a second */
	spcr[60] = 1;                     /* stop bits */
	le_put(spcr + 64, 0xffffffff, 4); /* not a PCI device */
	finish_listed(t, spcr, SPCR_BYTES);
}

static void put_ccel(struct tables *t, const struct acpi_in *in)
{
	u8 *ccel = start(t, "CCEL", 1);

	ccel[36] = CCEL_TYPE_TDX;
	le_put(ccel + 40, in->log_size, 8);
	le_put(ccel + 48, in->log, 8);
	finish_listed(t, ccel, CCEL_BYTES);
}

static u64 put_xsdt(struct tables *t)
{
	u8 *xsdt = start(t, "XSDT", 1);

	for (unsigned i = 0; i < t->count; i++)
		le_put(xsdt + HEADER_BYTES + 8 * i, t->listed[i], 8);
	finish(t, xsdt, HEADER_BYTES + 8 * t->count);
	return address_of(t, xsdt);
}

static void put_rsdp(u8 *rsdp, u64 xsdt)
{
	static const u8 head[] = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ',
				   0,   'P', 'O', 'S', 'T', 'R', 'N' };

	memcpy(rsdp, head, sizeof(head));
	rsdp[RSDP_REVISION] = 2;
	le_put(rsdp + RSDP_LENGTH, RSDP_BYTES, 4);
	le_put(rsdp + RSDP_XSDT, xsdt, 8);
	rsdp[RSDP_CHECKSUM] = checksum(rsdp, RSDP_V1_BYTES);
	rsdp[RSDP_EXT_CHECKSUM] = checksum(rsdp, RSDP_BYTES);
}

static enum status check(size_t bytes, const struct acpi_in *in)
{
	const struct platform_info *p = in->platform;

	if (bytes < ACPI_BYTES || p->cpu_count > SMP_MAX_CPUS)
		return ST_TOO_MANY;
	if (!is_aligned(in->address, TABLE_ALIGN) || !is_aligned(in->mailbox, MAILBOX_BYTES))
		return ST_ALIGN;
	/* The DSDT's address stands in 32 bits, too. */
	if (in->address > GIB(4) - ACPI_BYTES)
		return ST_RANGE;
	if (in->pm_base > 0x10000 - (PM_TMR + PM_TMR_BYTES))
		return ST_RANGE;
	if (p->pci_mem32.size != 0 && range_check(p->pci_mem32, 1, GIB(4)) != ST_OK)
		return ST_RANGE;
	if (p->pci_mem64.size != 0 && range_check(p->pci_mem64, 1, 0) != ST_OK)
		return ST_RANGE;
	if (in->ecam && (range_check(p->ecam, MIB(1), 0) != ST_OK || p->ecam.size > MIB(256)))
		return ST_RANGE;
	return ST_OK;
}

enum status acpi_build(u8 *block, size_t bytes, const struct acpi_in *in, u64 *rsdp, size_t *size)
{
	struct tables t = { .block = block, .address = in->address };
	enum status st = check(bytes, in);

	if (st != ST_OK)
		return st;
	memset(block, 0, bytes);
	t.used = align_up(RSDP_BYTES, TABLE_ALIGN);
	put_fadt(&t, in, put_dsdt(&t, in));
	put_madt(&t, in);
	if (in->ecam)
		put_mcfg(&t, in->platform->ecam);
	put_spcr(&t);
	if (in->log != 0)
		put_ccel(&t, in);
	put_rsdp(block, put_xsdt(&t));
	*rsdp = in->address;
	*size = t.used;
	return ST_OK;
}
