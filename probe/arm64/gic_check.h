/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the checks of ITS and LPIs share (gic_util.c). Each has a device of its own, with a DeviceID
 * no function has, whose events are raised by INT. Only the checks of INT itself count: to the
 * others an LPI came or did not, so that each rule is judged alone.
 */
#ifndef GIC_CHECK_H
#define GIC_CHECK_H

#include "../../drivers/arm64/its.h"
#include "../dev_irq.h"

#define GIC_EVENTS     8u
#define GIC_BITS       5u           /* EventID bits where nothing else matters */
#define GIC_ARRIVAL_NS 200000000ULL /* how long an LPI that must come is waited for */
#define GIC_LISTEN_NS  (4 * WAIT_NS)
#define GIC_COMMANDS   8u /* at a time */

struct gic_event {
	u32 device, id, lpi;
	u16 collection;
	bool mapped;
	struct heard heard;
};

struct gic_device {
	u32 id;
	unsigned count;
	bool mapped;
	struct gic_event event[GIC_EVENTS];
};

/* Is there an ITS that this guest drives? Says the skip when not. */
bool gic_ready(void);
/* And do the checks of INT hold? */
bool gic_usable(void);
/* The nth from the last DeviceID there is. */
u32 gic_device_id(unsigned nth);
/* Its ITT, and `count` events with enabled LPIs on CPU 0. false: skip or failure has been said.
 * gic_open_first(): also where the checks of INT have failed. */
bool gic_open(struct gic_device *d, unsigned nth, unsigned count);
bool gic_open_first(struct gic_device *d, unsigned nth, unsigned count);
/* In steps, for a device with its own size of ITT; gic_close() from any of them. */
bool gic_open_bits(struct gic_device *d, unsigned nth, unsigned count, unsigned bits);
bool gic_take(struct gic_event *e);
void gic_close(struct gic_device *d);
/* MAPTI to that CPU, and INV. */
bool gic_map(struct gic_event *e, unsigned cpu);
/* Raising an LPI by INT is out of order: others need not try. Said by its own checks. */
void gic_int_is_broken(void);

/* Issues them, at most GIC_COMMANDS, and SYNC to each CPU; none of them stands where the queue
 * wraps, which is a check of its own. false: the ITS does not read them, and failure has been said.
 * *denied, where asked for: it was stalled by one. */
bool gic_do(const struct its_command *c, unsigned n, bool *denied);
bool gic_int(const struct gic_event *e);
/* Its byte, then INVALL, then INV: whichever is out of order, the other does it. */
bool gic_configure(struct gic_event *e, bool enabled);

/* What came of an event while `cpu` listened. */
struct gic_came {
	u64 there, all;
};
/* Commands, then waiting: until one came (wanted), or long enough for one to show. */
struct gic_came gic_listen(struct gic_event *e, unsigned cpu, const struct its_command *c,
			   unsigned n, bool wanted);
/* INT: does it come there, and nowhere else? */
bool gic_arrives(struct gic_event *e, unsigned cpu);
/* INT: does nothing come? An ITS may refuse the command. */
bool gic_silent(struct gic_event *e, unsigned cpu);
/* Enabled, does what was pending come there? */
bool gic_comes_enabled(struct gic_event *e, unsigned cpu, bool wanted);
/* The next CPU that can listen; `cpu` itself: there is none. */
unsigned gic_other_cpu(unsigned cpu);

/* The driver's table that begins there, bytes 0: none does. What a register says only chooses among
 * what is ours. */
struct its_table gic_table_at(u64 base);
/* The ITS as the driver knows it: of the check's events nothing should be mapped then, and the next
 * gic_map() or gic_close() makes sure by DISCARD. */
void gic_restart(void);

/* LPIs that came although nobody had asked for them; but for those of a check that provokes some.
 */
u64 gic_strays(void);
void gic_strays_forget(u64 n);

#endif
