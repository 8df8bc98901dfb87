/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual GICv3 of the untrusted host: distributor and redistributors by MMIO, list registers for
 * the realm's CPU interface. Pure: no machine access, the caller holds a lock.
 */
#ifndef VGIC_H
#define VGIC_H

#include "types.h"

#define VGIC_MAX_CPUS    8
#define VGIC_PRIVATE     32u
#define VGIC_SPIS        64u
#define VGIC_MAX_LRS     16
#define VGIC_FORCED      4

#define VGIC_GICD_SIZE   KIB(64)
#define VGIC_GICR_STRIDE KIB(128)

#define ICH_LR_PENDING   BIT(62)
#define ICH_LR_ACTIVE    BIT(63)
#define ICH_LR_GROUP1    BIT(60)
#define ICH_LR_EOI       BIT(41)
#define ICH_LR_PRIORITY  48
#define ICH_HCR_UIE      BIT(1)

struct vgic_irq {
	bool enabled, group1, edge;
	bool latch; /* pending by an edge or by software */
	bool line;  /* level of the input */
	bool active;
	bool latched; /* the latch was moved to a list register */
	u8 priority;
	u64 route; /* SPI: IROUTER */
};

/* An interrupt presented whatever the guest has configured. */
struct vgic_forced {
	u32 intid;
	bool pending, active;
};

struct vgic_cpu {
	struct vgic_irq irq[VGIC_PRIVATE];
	struct vgic_forced forced[VGIC_FORCED];
	u32 waker;
	u32 lr_intid[VGIC_MAX_LRS]; /* what the last vgic_fill() put where; forced ones first */
	unsigned filled, filled_forced;
};

struct vgic {
	unsigned cpus;
	u32 ctlr;
	struct vgic_cpu cpu[VGIC_MAX_CPUS];
	struct vgic_irq spi[VGIC_SPIS];
};

void vgic_init(struct vgic *g, unsigned cpus);

/* One access of `size` (1, 2, 4, 8) bytes, naturally aligned; false: nothing there (SEA). All CPUs
 * may have to look again after a write. */
bool vgic_gicd(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value);
bool vgic_gicr(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value);

/* ICC_SGI1R_EL1 (group1) or ICC_SGI0R/ASGI1R written by `cpu`; returns the CPUs that got it. */
u32 vgic_sgi(struct vgic *g, unsigned cpu, u64 value, bool group1);

void vgic_set_line(struct vgic *g, unsigned cpu, u32 intid, bool level); /* PPI or SPI */
bool vgic_force(struct vgic *g, unsigned cpu, u32 intid); /* false: no such id, or full */

bool vgic_pending(const struct vgic *g, unsigned cpu);
/* Before an entry: the list registers; returns bits for ICH_HCR. */
u64 vgic_fill(struct vgic *g, unsigned cpu, u64 *lr, unsigned nr);
/* After an exit: what became of them. */
void vgic_sync(struct vgic *g, unsigned cpu, const u64 *lr, unsigned nr);

#endif
