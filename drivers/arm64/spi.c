/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wired interrupts of devices: shared peripheral interrupts of the GICv3 (IHI 0069, 12.9). Which
 * number a device has, and when it comes, is the host's word; one that is not wired stays off.
 */
#include "arch.h"
#include "cvm.h"
#include "gic.h"

#define GICD_IGROUPR    0x0080u
#define GICD_ISENABLER  0x0100u
#define GICD_ICENABLER  0x0180u
#define GICD_ICPENDR    0x0280u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ICFGR      0x0c00u
#define GICD_IROUTER    0x6000u
#define PRIORITY        0xa0u
#define CFG_EDGE        2u

#define WIRES_MAX       40u
/* A level that never goes down, or a host that does nothing but interrupt: then the device is
 * polled. More than any run of ours needs. */
#define DELIVERED_MAX 2000000u

static struct {
	u32 intid;
	irq_handler fn; /* NULL: free; written last, read first */
	void *ctx;
	u64 delivered;
} wires[WIRES_MAX];
static struct spinlock lock;
static u64 gicd;
static u32 intid_end; /* first the distributor does not have */

void spi_init(u64 base, unsigned lines)
{
	gicd = base;
	intid_end = MIN(32 * (lines + 1), GIC_SPI_END);
}

u32 spi_end(void)
{
	return intid_end;
}

static void write_bit(u32 reg, u32 intid)
{
	cvm.ops->mmio_write(gicd + reg + 4 * (u64)(intid / 32), 4, BIT(intid % 32));
}

static void change_bits(u32 reg, u32 shift, u32 mask, u32 value)
{
	u32 v = (u32)cvm.ops->mmio_read(gicd + reg, 4);

	cvm.ops->mmio_write(gicd + reg, 4, (v & ~(mask << shift)) | value << shift);
}

/* Off while it changes: 12.9.8 leaves a change of an enabled interrupt open. */
static enum status program(u32 intid, bool level, u64 mpidr)
{
	enum status st;

	write_bit(GICD_ICENABLER, intid);
	st = gic_wait_clear(gicd + GICD_CTLR, GICD_CTLR_RWP);
	if (st != ST_OK)
		return st;
	change_bits(GICD_IGROUPR + 4 * (intid / 32), intid % 32, 1, 1);
	change_bits(GICD_ICFGR + 4 * (intid / 16), intid % 16 * 2, 3, level ? 0 : CFG_EDGE);
	cvm.ops->mmio_write(gicd + GICD_IPRIORITYR + intid, 1, PRIORITY);
	cvm.ops->mmio_write(gicd + GICD_IROUTER + 8 * (u64)intid, 8, mpidr);
	write_bit(GICD_ICPENDR, intid);
	write_bit(GICD_ISENABLER, intid);
	return ST_OK;
}

static int find(u32 intid)
{
	for (unsigned i = 0; i < WIRES_MAX; i++)
		if (__atomic_load_n(&wires[i].fn, __ATOMIC_ACQUIRE) != NULL &&
		    wires[i].intid == intid)
			return (int)i;
	return -1;
}

static void drop(u32 intid)
{
	int i = find(intid);

	if (i >= 0)
		__atomic_store_n(&wires[i].fn, NULL, __ATOMIC_RELEASE);
}

static enum status add(u32 intid, irq_handler fn, void *ctx)
{
	if (find(intid) >= 0)
		return ST_STATE;
	for (unsigned i = 0; i < WIRES_MAX; i++) {
		if (wires[i].fn != NULL)
			continue;
		wires[i].intid = intid;
		wires[i].ctx = ctx;
		wires[i].delivered = 0;
		__atomic_store_n(&wires[i].fn, fn, __ATOMIC_RELEASE);
		return ST_OK;
	}
	return ST_NO_MEMORY;
}

enum status irq_wire(u32 intid, bool level, unsigned cpu, irq_handler fn, void *ctx)
{
	enum status st;
	u64 mpidr;
	bool irqs;

	if (!irq_available())
		return ST_UNSUPPORTED;
	if (intid < GIC_SPI_FIRST || intid >= intid_end || fn == NULL)
		return ST_RANGE;
	st = gic_affinity(cpu, &mpidr);
	if (st != ST_OK)
		return st;
	irqs = arch_irq_save();
	spin_lock(&lock);
	st = add(intid, fn, ctx);
	if (st == ST_OK) {
		st = program(intid, level, mpidr);
		if (st != ST_OK)
			drop(intid);
	}
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	return st;
}

void irq_unwire(u32 intid)
{
	bool irqs = arch_irq_save();

	spin_lock(&lock);
	if (find(intid) >= 0) {
		write_bit(GICD_ICENABLER, intid);
		gic_wait_clear(gicd + GICD_CTLR, GICD_CTLR_RWP);
		drop(intid);
	}
	spin_unlock(&lock);
	arch_irq_restore(irqs);
}

bool spi_deliver(u32 intid)
{
	int i = find(intid);
	irq_handler fn;

	if (i < 0)
		return false;
	fn = __atomic_load_n(&wires[i].fn, __ATOMIC_ACQUIRE);
	if (fn == NULL)
		return false;
	fn(wires[i].ctx);
	if (__atomic_add_fetch(&wires[i].delivered, 1, __ATOMIC_RELAXED) >= DELIVERED_MAX)
		write_bit(GICD_ICENABLER, intid);
	return true;
}
