/* SPDX-License-Identifier: BSD-2-Clause */
#include "x86_64/lapic.h"

#include "cvm.h"
#include "memmap.h"
#include "mmu.h"
#include "x86_64/cpu.h"

#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)
#define APIC_BASE_ADDR   MASK(51, 12)
#define MSR_X2APIC       0x800u

#define CPUID1_EDX_APIC  (1u << 9)
#define CPUID1_ECX_X2    (1u << 21)
#define SVR_ENABLE       (1u << 8)

#define ICR_NMI          0x4400u /* delivery mode NMI, level assert */
#define ICR_INIT         0x4500u
#define ICR_STARTUP      0x4600u
#define ICR_FIXED        0x4000u
#define ICR_PENDING      (1u << 12)

#define PENDING_READS    1000000u

static enum { APIC_UNKNOWN, APIC_NONE, APIC_MMIO, APIC_MSR } mode;
static u64 base;

static enum status find(void)
{
	struct range r = { 0, PAGE_SIZE };
	u32 id[4];
	u64 msr;

	mode = APIC_NONE;
	cpuid(1, 0, id);
	if ((id[3] & CPUID1_EDX_APIC) == 0)
		return ST_UNSUPPORTED;
	msr = cvm.ops->msr_read(MSR_APIC_BASE);
	if ((msr & APIC_BASE_ENABLE) == 0)
		return ST_UNSUPPORTED;
	if ((msr & APIC_BASE_X2APIC) != 0 || (id[2] & CPUID1_ECX_X2) != 0) {
		mode = APIC_MSR;
		return ST_OK;
	}
	r.base = msr & APIC_BASE_ADDR;
	/* Refused where memory is, mapped or not yet accepted: an APIC laid over our RAM. */
	if (memmap_check_device(&memory_map, r, PAGE_SIZE, cvm.addr_limit) != ST_OK ||
	    mmu_map_device(r) != ST_OK)
		return ST_UNSUPPORTED;
	base = r.base;
	mode = APIC_MMIO;
	return ST_OK;
}

enum status lapic_find(void)
{
	if (mode == APIC_UNKNOWN)
		return find();
	return mode == APIC_NONE ? ST_UNSUPPORTED : ST_OK;
}

u32 lapic_read(enum lapic_register r)
{
	if (mode == APIC_MSR)
		return (u32)cvm.ops->msr_read(MSR_X2APIC + (u32)r / 16);
	return (u32)cvm.ops->mmio_read(base + (u64)r, 4);
}

void lapic_write(enum lapic_register r, u32 v)
{
	if (mode == APIC_MSR)
		cvm.ops->msr_write(MSR_X2APIC + (u32)r / 16, v);
	else
		cvm.ops->mmio_write(base + (u64)r, 4, v);
}

/* Not written where it is set already: TDX starts that way and refuses the write. */
static void enable_x2apic(void)
{
	u64 msr = cvm.ops->msr_read(MSR_APIC_BASE);

	if ((msr & APIC_BASE_X2APIC) == 0)
		cvm.ops->msr_write(MSR_APIC_BASE, msr | APIC_BASE_X2APIC);
}

void lapic_enable_cpu(void)
{
	if (mode == APIC_MSR)
		enable_x2apic();
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED | VECTOR_TIMER);
	lapic_write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_ERROR, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
}

static enum status send_mmio(u64 hwid, u32 low)
{
	unsigned reads = 0;

	if (hwid > 0xff)
		return ST_RANGE;
	while ((lapic_read(LAPIC_ICR_LOW) & ICR_PENDING) != 0)
		if (++reads == PENDING_READS)
			return ST_TIMEOUT;
	lapic_write(LAPIC_ICR_HIGH, (u32)hwid << 24);
	lapic_write(LAPIC_ICR_LOW, low);
	return ST_OK;
}

/* High and low word of the ICR belong together: no interrupt (whose handler may send) in between.
 */
static enum status send(u64 hwid, u32 low)
{
	enum status st = lapic_find();
	bool irqs;

	if (st != ST_OK)
		return st;
	irqs = arch_irq_save();
	if (mode == APIC_MSR) {
		arch_barrier(); /* the x2APIC write does not wait for earlier stores */
		cvm.ops->msr_write(MSR_X2APIC + LAPIC_ICR_LOW / 16, hwid << 32 | low);
	} else {
		st = send_mmio(hwid, low);
	}
	arch_irq_restore(irqs);
	return st;
}

enum status lapic_send(u64 hwid, u32 vector)
{
	return send(hwid, ICR_FIXED | vector);
}

enum status lapic_send_nmi(u64 hwid)
{
	return send(hwid, ICR_NMI);
}

enum status lapic_send_init(u64 hwid)
{
	return send(hwid, ICR_INIT);
}

enum status lapic_send_startup(u64 hwid, u64 entry)
{
	if (entry == 0 || entry >= MIB(1) || !is_aligned(entry, PAGE_SIZE))
		return ST_RANGE;
	return send(hwid, ICR_STARTUP | (u32)(entry / PAGE_SIZE));
}
