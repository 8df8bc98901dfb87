/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical GICv3. EL2 owns it: stage 2 never maps it, and what the guest sees are list
 * registers. Timers (PPI) and one SGI between the monitor's CPUs are enabled; no SPI is. Devices of
 * the machine interrupt CPU 0 alone, by the LPIs its.c has mapped for them.
 */
#include "abi/gic.h"
#include "local.h"

#define GICD               0x08000000ULL
#define CTLR_GRP1          BIT(1)
#define CTLR_ARE           BIT(4)
#define GICR_BASE          0x080a0000ULL
#define GICR_STRIDE        0x20000ULL
#define TYPER_LAST         BIT(4)
#define GICR_WAKER         0x0014
#define WAKER_SLEEP        BIT(1)
#define WAKER_ASLEEP       BIT(2)
#define GICR_IGROUPR0      0x10080
#define GICR_ISENABLER0    0x10100
#define GICR_ICENABLER0    0x10180
#define GICR_IPRIORITYR    0x10400

#define PPI_CNTHP          26
#define PPI_CNTV           27
#define PPI_CNTP           30
#define SGI_KICK           0

#define REDISTRIBUTORS_MAX 123 /* what QEMU's first region has room for */
#define POLL_MAX           1000000u

#define SRE_ENABLE         0xfULL /* SRE, DFB, DIB, Enable */
#define AFFINITY           0xff00ffffffULL

static void wait_clear(u64 pa, u32 bits)
{
	for (unsigned i = 0; i < POLL_MAX; i++) {
		if ((mmio_read32(pa) & bits) == 0)
			return;
	}
	core_panic("GIC register %#lx keeps bits %#x", pa, bits);
}

void gic_init(void)
{
	mmio_write32(GICD + GICD_CTLR, 0);
	wait_clear(GICD + GICD_CTLR, GICD_CTLR_RWP);
	mmio_write32(GICD + GICD_CTLR, CTLR_ARE);
	wait_clear(GICD + GICD_CTLR, GICD_CTLR_RWP);
	mmio_write32(GICD + GICD_CTLR, CTLR_ARE | CTLR_GRP1);
	wait_clear(GICD + GICD_CTLR, GICD_CTLR_RWP);
}

static u64 find_redistributor(void)
{
	u64 mpidr = READ_SYSREG(mpidr_el1) & AFFINITY;
	u32 affinity = (u32)(FIELD(mpidr, 39, 32) << 24 | FIELD(mpidr, 23, 0));
	u64 typer = 0;

	for (unsigned i = 0; i < REDISTRIBUTORS_MAX && (typer & TYPER_LAST) == 0; i++) {
		u64 gicr = GICR_BASE + i * GICR_STRIDE;

		typer = mmio_read64(gicr + GICR_TYPER);
		if (typer >> 32 == affinity)
			return gicr;
	}
	core_panic("no redistributor for affinity %#x", affinity);
}

static void init_redistributor(u64 gicr)
{
	mmio_write32(gicr + GICR_WAKER, mmio_read32(gicr + GICR_WAKER) & ~(u32)WAKER_SLEEP);
	wait_clear(gicr + GICR_WAKER, WAKER_ASLEEP);
	mmio_write32(gicr + GICR_IGROUPR0, ~0u);
	mmio_write32(gicr + GICR_ICENABLER0, ~0u);
	wait_clear(gicr + GICR_CTLR, GICR_CTLR_RWP);
	for (unsigned i = 0; i < 32; i += 4)
		mmio_write32(gicr + GICR_IPRIORITYR + i, 0x80808080);
	mmio_write32(gicr + GICR_ISENABLER0,
		     BIT(SGI_KICK) | BIT(PPI_CNTHP) | BIT(PPI_CNTV) | BIT(PPI_CNTP));
}

void gic_init_cpu(void)
{
	WRITE_SYSREG(icc_sre_el2, SRE_ENABLE);
	isb();
	this_cpu()->gicr = find_redistributor();
	init_redistributor(this_cpu()->gicr);
	WRITE_SYSREG(icc_pmr_el1, 0xf0);
	WRITE_SYSREG(icc_bpr1_el1, 0);
	WRITE_SYSREG(icc_ctlr_el1, 0); /* EOImode 0: end of interrupt also deactivates */
	WRITE_SYSREG(icc_igrpen1_el1, 1);
	isb();
}

u32 core_irq_ack(void)
{
	u32 intid = READ_SYSREG(icc_iar1_el1) & 0xffffff;

	dsb();
	return intid >= 1020 && intid <= 1023 ? CORE_NO_IRQ : intid;
}

void core_irq_eoi(u32 intid)
{
	WRITE_SYSREG(icc_eoir1_el1, intid);
	isb();
}

void core_irq_mask(u32 ppi, bool masked)
{
	u64 gicr = this_cpu()->gicr;

	if (ppi < 16 || ppi > 31)
		core_panic("core_irq_mask: %u is no PPI", ppi);
	mmio_write32(gicr + (masked ? GICR_ICENABLER0 : GICR_ISENABLER0), (u32)BIT(ppi));
	wait_clear(gicr + GICR_CTLR, GICR_CTLR_RWP);
}

/* Affinity 0 of a target below 16 is its number; see core_start_cpu(). */
void core_kick(unsigned cpu)
{
	dsb();
	WRITE_SYSREG(icc_sgi1r_el1, BIT(cpu) | (u64)SGI_KICK << 24);
	isb();
}
