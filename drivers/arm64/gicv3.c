/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 (IHI 0069). Distributor and redistributors are the host's: every wait is bounded, the walk
 * ends with the region, and an acknowledged number is only a claim.
 */
#include "arch.h"
#include "arm64/sysreg.h"
#include "cvm.h"
#include "gic.h"
#include "its.h"
#include "mmu.h"
#include "platform.h"

#define GICD_ICENABLER  0x0180
#define GICD_SIZE       0x10000
#define CTLR_ENABLE_G1  BIT(1)
#define CTLR_ARE        BIT(4)
#define GICR_WAKER      0x0014
#define GICR_SGI        0x10000 /* second frame: SGIs and PPIs */
#define GICR_IGROUPR0   (GICR_SGI + 0x0080)
#define GICR_ISENABLER0 (GICR_SGI + 0x0100)
#define GICR_ICENABLER0 (GICR_SGI + 0x0180)
#define GICR_PRIORITY   (GICR_SGI + 0x0400)
#define GICR_STRIDE     KIB(128)
#define GICR_MAX        (2 * GICR_STRIDE * SMP_MAX_CPUS) /* what our CPUs can need */
#define TYPER_VLPIS     BIT(1)
#define TYPER_LAST      BIT(4)
#define WAKER_SLEEP     BIT(1)
#define WAKER_ASLEEP    BIT(2)

#define TEST_SGI        1u
#define INTID_NONE      1023u
#define PRIORITY_ALL    0xa0a0a0a0u
#define POLLS_MAX       100000u /* of one register */
/* One interrupt exception takes at most so many, then the interrupted code gets a turn. */
#define ACKS_MAX 64u
/* A host that does nothing but interrupt would never let us finish: then this CPU goes on deaf. */
#define UNEXPECTED_MAX 100000u

static struct range gicd, gicr;
static u32 timer_id[2];
static bool available;

static struct {
	u64 frame;    /* this CPU's redistributor */
	u64 affinity; /* MPIDR */
	u64 sent, received, unexpected;
	u64 spurious; /* exceptions without a number, in a row */
	bool up;
} local[SMP_MAX_CPUS];

static u32 read32(u64 pa)
{
	return (u32)cvm.ops->mmio_read(pa, 4);
}

static void write32(u64 pa, u64 v)
{
	cvm.ops->mmio_write(pa, 4, v);
}

enum status gic_wait_clear(u64 pa, u64 mask)
{
	for (unsigned i = 0; i < POLLS_MAX; i++) {
		if ((read32(pa) & mask) == 0)
			return ST_OK;
		arch_cpu_relax();
	}
	return ST_TIMEOUT;
}

static bool is_v3(u64 frame)
{
	u64 rev = GIC_PIDR2_REV(read32(frame + GIC_PIDR2));

	return rev == 3 || rev == 4;
}

static u64 typer_affinity(u64 mpidr)
{
	return FIELD(mpidr, 39, 32) << 24 | FIELD(mpidr, 23, 0);
}

/* The CPU's own redistributor, by affinity; stops at LAST, at the latest where the region ends. */
static u64 find_frame(u64 mpidr)
{
	u64 pos = 0;

	while (gicr.size - pos >= GICR_STRIDE) {
		u64 typer;

		if (!is_v3(gicr.base + pos))
			return 0;
		typer = cvm.ops->mmio_read(gicr.base + pos + GICR_TYPER, 8);
		if (FIELD(typer, 63, 32) == typer_affinity(mpidr))
			return gicr.base + pos;
		if ((typer & TYPER_LAST) != 0)
			return 0;
		pos += (typer & TYPER_VLPIS) != 0 ? 2 * GICR_STRIDE : GICR_STRIDE;
		if (pos > gicr.size)
			return 0;
	}
	return 0;
}

static enum status distributor_init(void)
{
	unsigned lines = GICD_TYPER_LINES(read32(gicd.base + GICD_TYPER));
	enum status st;

	if (!is_v3(gicd.base))
		return ST_UNSUPPORTED;
	write32(gicd.base + GICD_CTLR, 0);
	st = gic_wait_clear(gicd.base + GICD_CTLR, GICD_CTLR_RWP);
	for (u64 i = 1; i <= lines && st == ST_OK; i++)
		write32(gicd.base + GICD_ICENABLER + 4 * i, ~0u);
	if (st == ST_OK)
		st = gic_wait_clear(gicd.base + GICD_CTLR, GICD_CTLR_RWP);
	if (st != ST_OK)
		return st;
	write32(gicd.base + GICD_CTLR, CTLR_ARE);
	st = gic_wait_clear(gicd.base + GICD_CTLR, GICD_CTLR_RWP);
	if (st == ST_OK)
		write32(gicd.base + GICD_CTLR, CTLR_ARE | CTLR_ENABLE_G1);
	spi_init(gicd.base, lines);
	return st;
}

static enum status redistributor_init(u64 frame)
{
	u32 enable = (u32)(BIT(TEST_SGI) | BIT(timer_id[0]) | BIT(timer_id[1]));
	enum status st;

	write32(frame + GICR_WAKER, read32(frame + GICR_WAKER) & ~WAKER_SLEEP);
	st = gic_wait_clear(frame + GICR_WAKER, WAKER_ASLEEP);
	if (st != ST_OK)
		return st;
	write32(frame + GICR_ICENABLER0, ~0u);
	st = gic_wait_clear(frame + GICR_CTLR, GICR_CTLR_RWP);
	if (st != ST_OK)
		return st;
	write32(frame + GICR_IGROUPR0, ~0u);
	for (unsigned i = 0; i < GIC_SPI_FIRST; i += 4)
		write32(frame + GICR_PRIORITY + i, PRIORITY_ALL);
	write32(frame + GICR_ISENABLER0, enable);
	return ST_OK;
}

static enum status interface_init(void)
{
	write_sysreg(ICC_SRE_EL1, read_sysreg(ICC_SRE_EL1) | 1);
	isb();
	if ((read_sysreg(ICC_SRE_EL1) & 1) == 0)
		return ST_UNSUPPORTED;
	write_sysreg(ICC_PMR_EL1, 0xf0);
	write_sysreg(ICC_BPR1_EL1, 0);
	write_sysreg(ICC_CTLR_EL1, 0); /* EOI also deactivates */
	write_sysreg(ICC_IGRPEN1_EL1, 1);
	isb();
	return ST_OK;
}

enum status irq_init_cpu(void)
{
	unsigned cpu = arch_cpu_index();
	u64 mpidr = mpidr_affinity(read_sysreg(mpidr_el1));
	u64 frame;
	enum status st;

	if (!available)
		return ST_UNSUPPORTED;
	frame = find_frame(mpidr);
	if (frame == 0)
		return ST_NOT_FOUND;
	st = redistributor_init(frame);
	if (st == ST_OK)
		st = interface_init();
	if (st != ST_OK)
		return st;
	local[cpu].frame = frame;
	local[cpu].affinity = mpidr;
	__atomic_store_n(&local[cpu].up, true, __ATOMIC_RELEASE);
	/* Without LPIs it takes all other interrupts. */
	if (its_available())
		(void)its_init_cpu(frame);
	return ST_OK;
}

/* A PPI as discovery read it; anything else would index past the enable register. */
static u32 checked_ppi(u32 intid, u32 usual)
{
	return intid >= 16 && intid < GIC_SPI_FIRST ? intid : usual;
}

enum status irq_init(const struct platform_info *p)
{
	enum status st;

	if (!p->has_gicv3 || FIELD(read_sysreg(id_aa64pfr0_el1), 27, 24) == 0)
		return ST_UNSUPPORTED;
	if (p->gicd.size < GICD_SIZE || p->gicr.size < GICR_STRIDE)
		return ST_RANGE;
	gicd = p->gicd;
	gicr = p->gicr;
	gicr.size = MIN(gicr.size, GICR_MAX);
	timer_id[IRQ_TIMER_VIRT] = checked_ppi(p->timer_virt_intid, 27);
	timer_id[IRQ_TIMER_PHYS] = checked_ppi(p->timer_phys_intid, 30);
	st = mmu_map_device((struct range){ gicd.base, GICD_SIZE });
	if (st == ST_OK)
		st = mmu_map_device(gicr);
	if (st == ST_OK)
		st = distributor_init();
	if (st != ST_OK)
		return st;
	available = true;
	st = irq_init_cpu();
	available = st == ST_OK;
	if (available)
		msi_init(p);
	return st;
}

bool irq_available(void)
{
	return available;
}

enum status irq_send(unsigned cpu)
{
	u64 aff, aff0;

	if (cpu >= SMP_MAX_CPUS)
		return ST_INVALID;
	if (!available || !__atomic_load_n(&local[cpu].up, __ATOMIC_ACQUIRE))
		return ST_STATE;
	__atomic_add_fetch(&local[cpu].sent, 1, __ATOMIC_RELAXED);
	aff = local[cpu].affinity;
	aff0 = FIELD(aff, 7, 0);
	__asm__ volatile("dsb ish" ::: "memory");
	write_sysreg(ICC_SGI1R_EL1, BIT(aff0 & 15) | (aff0 >> 4) << 44 | FIELD(aff, 15, 8) << 16 |
					FIELD(aff, 23, 16) << 32 | FIELD(aff, 39, 32) << 48 |
					(u64)TEST_SGI << 24);
	isb();
	return ST_OK;
}

/* Keeps a level nobody serves from coming back at once. */
static void silence(unsigned cpu, u32 intid)
{
	if (intid < GIC_SPI_FIRST)
		write32(local[cpu].frame + GICR_ICENABLER0, BIT(intid));
	else if (intid < GIC_SPI_END)
		write32(gicd.base + GICD_ICENABLER + 4 * (u64)(intid / 32), BIT(intid % 32));
}

static void unexpected(unsigned cpu, u32 intid)
{
	u64 n = __atomic_add_fetch(&local[cpu].unexpected, 1, __ATOMIC_RELAXED);

	/* A number that is ours came without a cause: counted, but the line stays enabled, else
	 * one forged interrupt would silence the real ones. */
	if (intid != TEST_SGI && intid != timer_id[0] && intid != timer_id[1])
		silence(cpu, intid);
	if (n >= UNEXPECTED_MAX)
		write_sysreg(ICC_IGRPEN1_EL1, 0);
}

/* Our own number counts whoever sent it, but not without end. */
static void test_sgi(unsigned cpu)
{
	u64 n = __atomic_add_fetch(&local[cpu].received, 1, __ATOMIC_RELAXED);
	u64 sent = __atomic_load_n(&local[cpu].sent, __ATOMIC_RELAXED);

	if (n > sent && n - sent >= UNEXPECTED_MAX)
		write_sysreg(ICC_IGRPEN1_EL1, 0);
}

static void deliver(unsigned cpu, u32 intid)
{
	if (intid == TEST_SGI) {
		test_sgi(cpu);
		return;
	}
	for (enum irq_timer t = IRQ_TIMER_VIRT; t <= IRQ_TIMER_PHYS; t++)
		if (intid == timer_id[t] && timer_interrupt(t, cpu))
			return;
	if (intid >= GIC_LPI_FIRST ? lpi_deliver(intid) : spi_deliver(intid))
		return;
	unexpected(cpu, intid);
}

/* The line is asserted, yet nothing is there: the controller cannot be told to stop, so the CPU
 * goes on masked. */
static bool nothing_there(unsigned cpu, bool first)
{
	if (first)
		local[cpu].spurious++;
	return local[cpu].spurious < UNEXPECTED_MAX;
}

bool irq_handle(void);

bool irq_handle(void)
{
	unsigned cpu = arch_cpu_index();

	for (unsigned i = 0; i < ACKS_MAX; i++) {
		u32 intid = (u32)FIELD(read_sysreg(ICC_IAR1_EL1), 23, 0);

		__asm__ volatile("dsb sy" ::: "memory");
		if (intid == INTID_NONE)
			return nothing_there(cpu, i == 0);
		if (intid >= GIC_SPI_END && intid < INTID_NONE) {
			unexpected(cpu, intid); /* not acknowledged, so no end either */
			return nothing_there(cpu, true);
		}
		local[cpu].spurious = 0;
		deliver(cpu, intid);
		write_sysreg(ICC_EOIR1_EL1, intid);
		isb();
	}
	return true;
}

enum status gic_affinity(unsigned cpu, u64 *mpidr)
{
	if (cpu >= SMP_MAX_CPUS || !__atomic_load_n(&local[cpu].up, __ATOMIC_ACQUIRE))
		return ST_STATE;
	*mpidr = local[cpu].affinity;
	return ST_OK;
}

u64 gic_frame(unsigned cpu)
{
	u64 mpidr;

	return gic_affinity(cpu, &mpidr) == ST_OK ? local[cpu].frame : 0;
}

void gic_clean(struct range r)
{
	u64 line = 4ULL << FIELD(read_sysreg(ctr_el0), 19, 16);

	for (u64 p = align_down(r.base, line); p < range_end(r); p += line)
		__asm__ volatile("dc cvac, %0" ::"r"(p) : "memory");
}

u64 irq_received(unsigned cpu)
{
	return cpu < SMP_MAX_CPUS ? __atomic_load_n(&local[cpu].received, __ATOMIC_RELAXED) : 0;
}

u64 irq_unexpected(void)
{
	u64 n = 0;

	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		n += __atomic_load_n(&local[i].unexpected, __ATOMIC_RELAXED);
	return n;
}

u32 timer_intid(enum irq_timer t)
{
	return (unsigned)t < ARRAY_SIZE(timer_id) ? timer_id[t] : 0;
}

void irq_enable_cpu(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

void irq_disable_cpu(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}
