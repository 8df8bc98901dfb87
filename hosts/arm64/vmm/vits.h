/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual ITS of the untrusted host. What is mapped is the host's own state; the guest's tables are
 * read where the architecture says so (queue, configuration, pending, level-1 device table), and
 * written only when the state is saved. Pure: memory is reached through struct vgic_memory, the
 * caller holds a lock.
 */
#ifndef VITS_H
#define VITS_H

#include "abi/gic.h"
#include "vmm/vgic.h"

#define VITS_DEVICES     32u
#define VITS_EVENTS      256u /* of all devices */
#define VITS_COLLECTIONS 16u

/* What a real host may choose. */
enum vits_kind {
	VITS_STRICT, /* a command in error stalls the queue; RDbase is an address (PTA); any page
			size */
	VITS_KVM,    /* as KVM: errors are dropped, RDbase is a processor number, 64 KiB pages */
};

struct vits_device {
	bool valid;
	u32 id;
	unsigned bits; /* of EventID */
	u64 itt;
};

struct vits_event {
	bool valid;
	u32 device, event;
	u32 lpi;
	u16 collection;
};

/* One that a MAPC has mapped, or that an event names. */
struct vits_collection {
	bool valid;
	u16 id;
	unsigned cpu; /* VGIC_NOWHERE: none, its events raise nothing */
};

struct vits_counters {
	u64 commands; /* carried out */
	u64 errors;   /* refused */
	u64 raised;   /* LPIs made pending by messages and INT */
	u64 dropped;  /* messages nothing was mapped for */
	u64 saves, restores;
	u32 last_error; /* as KVM numbers them: 0x010000 | command << 8 | reason, 0: none yet */
};

struct vits {
	enum vits_kind kind;
	struct vgic *gic;
	u64 gicr; /* address of the redistributors: PTA targets */
	bool enabled, stalled;
	bool wrapped;         /* the queue's end was passed (faults) */
	unsigned typer_reads; /* (faults) */
	u64 cbaser, baser[GITS_BASERS];
	u32 cwriter, creadr;
	struct vits_device device[VITS_DEVICES];
	struct vits_event event[VITS_EVENTS];
	struct vits_collection collection[VITS_COLLECTIONS];
	struct vits_counters count;
};

void vits_init(struct vits *t, struct vgic *g, u64 gicr, enum vits_kind kind);
/* One access of `size` bytes, naturally aligned, in GITS_SIZE; false: nothing there (SEA). A write
 * of CWRITER carries out the commands, at most one queue full. */
bool vits_access(struct vits *t, u64 offset, unsigned size, bool write, u64 *value);
/* What an event is mapped to; NULL: nothing. */
struct vits_event *vits_event(struct vits *t, u32 device, u32 event);
/* A message of a device. Returns the CPUs that have to look, 0: dropped. */
u32 vits_message(struct vits *t, u32 device, u32 event);

/* All state to the guest's tables (pending tables included), in the layout of KVM's revision 0.
 * ST_STATE: a table that is needed is not there; ST_FAULT: a table is not in the guest's RAM. */
enum status vits_save(struct vits *t);
/* Forgets everything but the registers, then reads it back. On failure nothing is mapped.
 * ST_CORRUPT: the tables say what cannot be. */
enum status vits_restore(struct vits *t);

#endif
