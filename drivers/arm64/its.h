/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt Translation Service and LPIs (IHI 0069, chapter 5), as a guest drives them whose ITS is
 * the host's software: every table lies in the shared pool, at its canonical address, and holds
 * nothing but what the ITS needs. What was mapped is remembered in private memory; no table is ever
 * read back.
 *
 * Locks are taken inside; handlers run on the CPU that took the LPI, with interrupts masked.
 */
#ifndef ARM64_ITS_H
#define ARM64_ITS_H

#include "abi/gic.h"
#include "irq.h"
#include "range.h"
#include "smp.h"

struct platform_info;

/* ---- commands (its_command.c), pure ---- */
struct its_command {
	u64 dw[4];
};
/* bits: of EventID (the field holds one less); target: its_target(). */
struct its_command its_mapd(u32 device, unsigned bits, u64 itt, bool valid);
struct its_command its_mapc(u16 collection, u64 target, bool valid);
struct its_command its_mapti(u32 device, u32 event, u32 lpi, u16 collection);
struct its_command its_mapi(u32 device, u32 event, u16 collection);
struct its_command its_movi(u32 device, u32 event, u16 collection);
struct its_command its_discard(u32 device, u32 event);
struct its_command its_int(u32 device, u32 event);
struct its_command its_clear(u32 device, u32 event);
struct its_command its_inv(u32 device, u32 event);
struct its_command its_invall(u16 collection);
struct its_command its_movall(u64 from, u64 to);
struct its_command its_sync(u64 target);

/* ---- the ITS (its.c) ---- */
/* What it says of itself, read once and clamped to what this guest can use. */
struct its_info {
	unsigned device_bits, event_bits, id_bits; /* id_bits: of INTIDs */
	unsigned itt_entry;                        /* bytes */
	unsigned queue_commands;                   /* room in the queue, one of them always free */
	bool address_targets;                      /* GITS_TYPER.PTA */
};
/* Shares tables and queue, enables ITS and LPIs of the boot CPU; after the distributor is up.
 * Whatever is wrong with the ITS the guest goes on without it: its_why(). */
enum status its_init(const struct platform_info *p);
/* LPIs of the calling CPU, whose redistributor is at `frame`. */
enum status its_init_cpu(u64 frame);
bool its_available(void);
const char *its_why(void); /* why not; static text, never NULL */
const struct its_info *its_get_info(void);
/* Registers of the ITS: control frame. */
struct range its_frame(void);
/* Disables it, waits until it is quiescent, ends LPIs, gives all tables back. What the host does
 * not let go of stays shared for good, and is counted as leaked. */
void its_stop(void);
/* Disables it, zeroes every table, enables it again and maps again all that is mapped by this
 * guest: after a host has shown other tables than ours. Pending LPIs are lost. */
enum status its_restart(void);

/* RDbase field of a CPU, as MAPC, SYNC and MOVALL take it; ST_STATE: the CPU takes no LPIs. */
enum status its_target(unsigned cpu, u64 *target);
/* Collection of a CPU; maps it first where nothing has. */
enum status its_collection(unsigned cpu, u16 *collection);

/* ---- the command queue (its_queue.c) ---- */
/* Issues all of them in order and waits, bounded, until the ITS has read them. ST_DENIED: one was
 * in error and stalled the queue; it was replaced by a SYNC, and the rest was done. ST_TIMEOUT: the
 * ITS does not read; ST_PROTOCOL: its read pointer is nowhere. After the last two the ITS is given
 * up. */
enum status its_submit(const struct its_command *c, unsigned n);

/* ---- devices (its_device.c) ---- */
/* An ITT for 2^bits events from the pool, and MAPD. ST_STATE: mapped already. */
enum status its_map_device(u32 device, unsigned bits);
/* MAPD with Valid 0, then the ITT is given back. */
enum status its_unmap_device(u32 device);
/* Its ITT; size 0: it is not mapped. */
struct range its_itt(u32 device);
/* DeviceID of a PCI function by the platform's map; ST_NOT_FOUND: it has none. */
enum status its_device_id(u16 requester, u32 *device);

/* ---- LPIs (lpi.c) ---- */
/* An LPI nobody has, disabled. `fn` NULL is refused. */
enum status lpi_take(irq_handler fn, void *ctx, u32 *intid);
void lpi_give(u32 intid); /* disables it first; the caller has unmapped or DISCARDed its event */
/* Writes the configuration table; an ITS sees it at INV or INVALL. priority: bits 7:2. */
void lpi_configure(u32 intid, bool enabled, u8 priority);
#define LPI_PRIORITY 0xa0u
/* Taken, but nobody had asked for them. */
u64 lpi_unexpected(void);
/* Was it one of ours? Its handler has run then. */
bool lpi_deliver(u32 intid);

/* ---- accounting ---- */
/* What of the pool is the GIC's now: one entry each of queue, tables and pages of ITTs. */
struct its_table {
	const char *name;
	u64 base;
	u64 bytes;
};
unsigned its_tables(struct its_table *list, unsigned max);
struct its_stats {
	u64 commands, stalls;
	u64 pages, high_water, leaked; /* 4 KiB */
};
struct its_stats its_get_stats(void);

/* ---- messages (msi.c chooses): an event of its device ---- */
enum status its_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m);
void its_msi_free(const struct msi_message *m);

/* ---- GICv2m frame (v2m.c): messages as SPIs ---- */
/* After the distributor is up. ST_UNSUPPORTED: there is none. */
enum status v2m_init(const struct platform_info *p);
enum status v2m_msi_alloc(unsigned cpu, irq_handler fn, void *ctx, struct msi_message *m);
void v2m_msi_free(const struct msi_message *m);

#endif
