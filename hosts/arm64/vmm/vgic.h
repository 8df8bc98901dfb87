/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual GICv3 of the untrusted host: distributor and redistributors by MMIO, list registers for
 * the realm's CPU interface. Pure: no machine access, the caller holds a lock.
 */
#ifndef VGIC_H
#define VGIC_H

#include "status.h"
#include "types.h"

#define VGIC_MAX_CPUS    8
#define VGIC_PRIVATE     32u
#define VGIC_SPIS        96u
#define VGIC_LPIS        256u     /* mapped at a time */
#define VGIC_LPI_END     0x10000u /* 16 bits of INTID */
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

/* One that an ITS has mapped. LPIs have no active state. */
struct vgic_lpi {
	u32 intid;     /* 0: free */
	unsigned maps; /* events that raise it */
	unsigned cpu;  /* VGIC_NOWHERE: none, it cannot pend */
	bool returned; /* it pends again after it stood in a list register */
	struct vgic_irq irq;
};
#define VGIC_NOWHERE (~0u)

/* The guest's memory as the host reaches it: shared pages only, whatever the guest's tables say. An
 * access lies within one page. false: no RAM there, nothing was read or written. */
struct vgic_memory {
	bool (*read)(u64 ipa, void *to, size_t size);
	bool (*write)(u64 ipa, const void *from, size_t size);
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
	bool lpis; /* GICR_CTLR.EnableLPIs */
	u64 propbaser, pendbaser;
	u32 lr_intid[VGIC_MAX_LRS]; /* what the last vgic_fill() put where; forced ones first */
	unsigned filled, filled_forced;
};

struct vgic {
	unsigned cpus;
	u32 ctlr;
	struct vgic_cpu cpu[VGIC_MAX_CPUS];
	struct vgic_irq spi[VGIC_SPIS];
	const struct vgic_memory *memory; /* NULL: no LPIs here */
	struct vgic_lpi lpi[VGIC_LPIS];
	u64 lpi_ready[VGIC_LPIS /
		      64]; /* those that are enabled and pending: entries are frequent */
};

/* memory NULL: neither GICD nor GICR offers LPIs. */
void vgic_init(struct vgic *g, unsigned cpus, const struct vgic_memory *memory);

/* One access of `size` (1, 2, 4, 8) bytes, naturally aligned; false: nothing there (SEA). All CPUs
 * may have to look again after a write. */
bool vgic_gicd(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value);
bool vgic_gicr(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value);

/* ICC_SGI1R_EL1 (group1) or ICC_SGI0R/ASGI1R written by `cpu`; returns the CPUs that got it. */
u32 vgic_sgi(struct vgic *g, unsigned cpu, u64 value, bool group1);

void vgic_set_line(struct vgic *g, unsigned cpu, u32 intid, bool level); /* PPI or SPI */
bool vgic_force(struct vgic *g, unsigned cpu, u32 intid); /* false: no such id, or full */

/* ---- LPIs (vgic_lpi.c): what an ITS does with them ---- */
/* First INTID beyond those GICR_PROPBASER of CPU 0 has a configuration table for. */
u32 vgic_lpi_end(const struct vgic *g);
/* One more event raises it, on that CPU (or VGIC_NOWHERE); its configuration is read from the
 * guest's table. false: no such id, or no room. */
bool vgic_lpi_map(struct vgic *g, u32 intid, unsigned cpu);
void vgic_lpi_unmap(struct vgic *g, u32 intid); /* one event less; the last forgets it */
void vgic_lpi_move(struct vgic *g, u32 intid, unsigned cpu); /* its pending state goes with it */
void vgic_lpi_configure(struct vgic *g, u32 intid);          /* reads its byte again (INV) */
/* Nothing can be made pending where GICR_CTLR.EnableLPIs is clear. */
void vgic_lpi_set_pending(struct vgic *g, u32 intid, bool pending);
bool vgic_lpi_is_pending(const struct vgic *g, u32 intid);
bool vgic_lpi_is_enabled(const struct vgic *g, u32 intid);
/* CPU it goes to, or pends on; VGIC_NOWHERE: none. */
unsigned vgic_lpi_cpu(const struct vgic *g, u32 intid);
/* CPUs in whose list registers it stands. */
u32 vgic_lpi_stands(const struct vgic *g, u32 intid);
/* Pending bits of all mapped LPIs to the guest's tables. ST_FAULT: one is not in its RAM. */
enum status vgic_lpi_save(struct vgic *g);
/* And back, after all are mapped again. ST_FAULT as above. */
enum status vgic_lpi_load(struct vgic *g);
void vgic_lpi_forget(struct vgic *g); /* all of them */

bool vgic_pending(const struct vgic *g, unsigned cpu);
/* Before an entry: the list registers; returns bits for ICH_HCR. */
u64 vgic_fill(struct vgic *g, unsigned cpu, u64 *lr, unsigned nr);
/* After an exit: what became of them. Returns the other CPUs that have to look: for an LPI that was
 * moved while it stood here. */
u32 vgic_sync(struct vgic *g, unsigned cpu, const u64 *lr, unsigned nr);

#endif
