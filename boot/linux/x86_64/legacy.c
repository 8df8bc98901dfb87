/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux takes for granted of a PC. */
#include <string.h>

#include "cvm.h"
#include "irq.h"
#include "mmu.h"
#include "place.h"
#include "platform.h"
#include "print.h"
#include "x86_64/cpu.h"
#include "x86_64/lapic.h"

#define LOW_END          0xa0000u
#define ROMS             0xc0000u
#define ROMS_END         0x100000u

#define PCI_ADDRESS      0xcf8u
#define PCI_DATA         0xcfcu
#define PCI_ENABLE       0x80000000u

#define ICH9_LPC         0x29188086u /* 0:1f.0 (ICH9 datasheet 13.1) */
#define ICH9_PMBASE      0x40u
#define ICH9_ACPI_CNTL   0x44u
#define ICH9_ACPI_EN     0x80u
#define PIIX4_POWER      0x71138086u /* 0:1.3 (82371AB datasheet 7.1) */
#define PIIX4_PMBASE     0x40u
#define PIIX4_PMREGMISC  0x80u
#define PIIX4_PMIOSE     0x01u
#define PM_PORT          0x600u
#define PM_MASK          0xff80u

#define CPUID1_EDX_MTRR  (1u << 12)
#define MSR_MTRR_DEFAULT 0x2ffu
#define MTRR_ENABLE      0x800u
#define MTRR_WRITE_BACK  6u

#define PIC1_MASK        0x21u
#define PIC2_MASK        0xa1u

/* ---- memory ---- */

static enum status own(struct range r)
{
	struct accept_stats unused = { 0 };
	bool first = cvm.ops->converts_mapped;
	enum status st = first ? mmu_map(r, MAP_RW, MAP_PRIVATE) : ST_OK;

	if (st == ST_OK)
		st = cvm.ops->accept(r, &unused);
	if (st == ST_OK && !first)
		st = mmu_map(r, MAP_RW, MAP_PRIVATE);
	return st;
}

/* Address 0 is one of them; what the compiler knows of null pointers must not matter. */
static void clear(u64 base, u64 end)
{
	u64 size = end - base;

	__asm__ volatile("" : "+r"(base));
	memset((void *)(uintptr_t)base, 0, size);
}

/*
 * Linux searches these places for tables of old firmware, through private mappings: a page that is
 * not ours would stop a confidential guest, and one that is not zero could hold such a table. None
 * of them was accepted before: page zero and the ROMs are reserved in the map from its first
 * moment. Where other firmware loaded us, they are that firmware's.
 */
enum status legacy_memory(void)
{
	struct range roms = { ROMS, ROMS_END - ROMS };
	enum status st;

	if (platform.flash.size == 0)
		return ST_OK;
	st = own((struct range){ 0, PAGE_SIZE });
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < memory_map.count; i++) {
		struct range r = memory_map.region[i].range;

		if (memory_map.region[i].type == MEM_ACCEPTED && r.base < LOW_END)
			clear(r.base, MIN(range_end(r), LOW_END));
	}
	clear(0, PAGE_SIZE);
	if (cvm.ops->platform == CVM_PLAIN)
		return ST_OK; /* a ROM there is a ROM */
	st = own(roms);
	if (st == ST_OK)
		clear(roms.base, range_end(roms));
	return st;
}

/* ---- chipset ---- */

static u32 config_read(unsigned device, unsigned function, unsigned reg)
{
	cvm.ops->port_out(PCI_ADDRESS, 4, PCI_ENABLE | device << 11 | function << 8 | reg);
	return cvm.ops->port_in(PCI_DATA, 4);
}

static void config_write8(unsigned device, unsigned function, unsigned reg, u8 value)
{
	cvm.ops->port_out(PCI_ADDRESS, 4, PCI_ENABLE | device << 11 | function << 8 | reg);
	cvm.ops->port_out(PCI_DATA, 1, value);
}

static u16 place_pm(unsigned device, unsigned function, unsigned reg, unsigned enable_reg,
		    u8 enable)
{
	(void)config_read(device, function, reg);
	cvm.ops->port_out(PCI_DATA, 4, PM_PORT | 1);
	config_write8(device, function, enable_reg, enable);
	return (config_read(device, function, reg) & PM_MASK) == PM_PORT ? PM_PORT : 0;
}

u16 legacy_pm_base(void)
{
	if (config_read(31, 0, 0) == ICH9_LPC)
		return place_pm(31, 0, ICH9_PMBASE, ICH9_ACPI_CNTL, ICH9_ACPI_EN);
	if (config_read(1, 3, 0) == PIIX4_POWER)
		return place_pm(1, 3, PIIX4_PMBASE, PIIX4_PMREGMISC, PIIX4_PMIOSE);
	return 0;
}

/*
 * All memory write-back, devices as page tables say. It is what the CPU does anyway in a guest; but
 * kernels before 6.2 have no PAT where firmware left the MTRRs off, and then cannot share a page
 * (early_memremap_decrypted_wp). A host that has no such register answers #GP: nothing is lost. A
 * TD's kernel does not look.
 */
void legacy_mtrr(void)
{
	struct try_regs r = { .rax = MTRR_ENABLE | MTRR_WRITE_BACK, .rcx = MSR_MTRR_DEFAULT };
	u32 id[4];

	cpuid(1, 0, id);
	if ((id[3] & CPUID1_EDX_MTRR) == 0 || cvm.ops->platform == CVM_TDX)
		return;
	if (try_insn(linux_wrmsr, &r).class != FAULT_NONE)
		print("# linux: no MTRRs\n");
}

void legacy_mask(void)
{
	cvm.ops->port_out(PIC1_MASK, 1, 0xff);
	cvm.ops->port_out(PIC2_MASK, 1, 0xff);
	if (!irq_available())
		return;
	timer_cancel(IRQ_TIMER_VIRT);
	lapic_write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_ERROR, LAPIC_LVT_MASKED);
}
