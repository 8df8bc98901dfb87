/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the ITS driver. All of it is private memory; ranges lie in the shared pool.
 */
#ifndef ARM64_ITS_INTERNAL_H
#define ARM64_ITS_INTERNAL_H

#include "deadline.h"
#include "its.h"

#define ITS_QUEUE_PAGES   1u
#define ITS_QUEUE_BYTES   (ITS_QUEUE_PAGES * PAGE_SIZE)
#define ITS_QUEUE_ALIGN   KIB(64)
#define ITS_DEVICES       32u /* mapped at a time */
#define ITS_DEVICE_BITS   5u  /* EventID bits of a device that messages were asked for */
#define ITS_DEVICE_EVENTS 32u
#define ITS_LEVEL2        16u  /* level-2 device tables */
#define ITS_LPI_BITS      14u  /* of INTIDs: LPIs 8192..16383 */
#define ITS_LPIS          256u /* of these the ones with a handler */

/* LIVE: commands are taken. GIVEN_UP: was live; registers may still be written. */
enum its_phase { ITS_ABSENT, ITS_LIVE, ITS_GIVEN_UP, ITS_STOPPED };

/* One GITS_BASER and its table. */
struct its_baser {
	unsigned n;     /* which; GITS_BASERS: there is none of this type */
	unsigned entry; /* bytes */
	unsigned page;  /* as GITS_BASER_PAGE */
	bool indirect;
	u64 ids; /* the table has room for */
	struct range memory;
};

struct its_level2 {
	u64 index;
	struct range memory; /* size 0: free */
};

struct its_event {
	bool used;
	u32 lpi;
	u16 collection;
};

struct its_device {
	bool used;
	u32 id;
	unsigned bits;
	struct range itt;
	unsigned next; /* a freed event is the last to be used again: its message may be late */
	struct its_event event[ITS_DEVICE_EVENTS];
};

struct its_cpu {
	u64 frame; /* redistributor; 0: its LPIs were never enabled */
	u64 target;
	bool collection; /* it has one, to be mapped again after a restart */
	bool mapped;     /* and is */
	struct range pending;
};

struct its {
	struct spinlock lock; /* of all below; taken with interrupts masked */
	enum its_phase phase;
	const char *why;
	u64 base;
	struct its_info info;
	bool noncoherent;             /* reads memory behind the caches */
	bool lpis_stay;               /* some redistributor did not let them be turned off */
	u64 collection_ids, held_ids; /* with a table, without one (GITS_TYPER.HCC) */
	u64 written;                  /* CWRITER */
	struct range queue, config;
	struct its_baser devices, collections;
	struct its_level2 level2[ITS_LEVEL2];
	struct its_cpu cpu[SMP_MAX_CPUS];
	struct its_device device[ITS_DEVICES];
	struct its_stats stats;
};
extern struct its its;

/* ---- its.c ---- */
bool its_lock(void);
void its_unlock(bool irqs);
enum status its_collection_locked(unsigned cpu, u16 *collection);

/* ---- its_memory.c ---- */
/* Zeroed pages of the pool; size 0: there are none. */
struct range its_memory(u64 bytes, u64 align);
/* Back to the pool; `released`: the GIC has let go of it. Else it stays shared, and is leaked. */
void its_memory_free(struct range *r, bool released);
/* Queue, tables and pages of ITTs that there are now, as its_tables(). */
unsigned its_list(struct its_table *list, unsigned max);
/* They have changed. */
void its_account(void);
/* What was written to r is seen by an ITS or redistributor that looks after the next register
 * write. */
void its_publish(struct range r);
/* Writes a register that holds a table's address; where it reads back non-shareable, again as
 * non-cacheable. false: of the bits in `same` not all read back as written. */
bool its_program(u64 pa, u64 value, u64 same, unsigned inner_shift, struct range table);

/* For one register to change. */
#define ITS_WAIT_NS (NS_PER_S / 2)
/* Until (32-bit register & mask) == want. */
enum status its_wait_for(u64 pa, u64 mask, u64 want);

/* ---- its_tables.c: NULL, or what is wrong ---- */
const char *its_tables_init(void);
/* Registers again, with zeroed tables: nothing is mapped any more. */
const char *its_tables_reset(void);
void its_tables_free(bool released);
/* Room for this DeviceID's entry: a level-2 table where there are such. */
enum status its_device_room(u32 device);

/* ---- its_queue.c ---- */
const char *its_queue_init(void);
/* Empties it and starts anew; the ITS is disabled. */
const char *its_queue_reset(void);
enum status its_submit_locked(const struct its_command *c, unsigned n);

/* ---- its_device.c ---- */
enum status its_devices_remap(void);
void its_devices_free(bool released);

/* ---- lpi.c ---- */
bool lpi_init(void); /* its configuration table; false: no memory */
void lpi_rewrite(void);

/* ---- lpi_cpu.c: LPIs of one redistributor ---- */
/* Tables into its registers, LPIs on. ST_UNSUPPORTED: it has none; ST_STATE: the host does not let
 * LPIs be turned off, or on; ST_PROTOCOL: it does not take the tables' addresses. */
enum status lpi_cpu_start(u64 frame, struct range pending);
/* ST_OK: the tables are read no more. */
enum status lpi_cpu_stop(u64 frame);

#endif
