/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest stopped as a whole: who is in it, who may enter, and when its ITS is saved, forgotten
 * and restored. Pure; the caller holds dev_lock at each call.
 */
#ifndef VMM_CYCLE_H
#define VMM_CYCLE_H

#include "vmm/vits.h"

struct cycle {
	u64 every; /* exits between two cycles, 0: none of that kind */
	u64 last;  /* exits when the last one was done */
	u64 left;  /* entries before each of which there is one more */
	u64 done;
	u32 inside;   /* CPUs in the guest, or on their way in or out: their list registers count */
	bool stopped; /* nobody enters */
	unsigned by;  /* CPU that has stopped it */
	u32 waiting;  /* CPUs to be told when it goes on */
	bool told[3]; /* enum cycle_result: was reported */
};

void cycle_init(struct cycle *c, u64 every);
/* The next n entries come with a cycle each. */
void cycle_order(struct cycle *c, u64 n);
/* Must one be done before the next entry, after so many exits? */
bool cycle_due(const struct cycle *c, u64 exits);

/* false: the guest is stopped. The CPU is told when it goes on, and asks again. */
bool cycle_enter(struct cycle *c, unsigned cpu);
/* Its list registers have been folded back. Returns the CPU to be told, as a mask: that it was the
 * last one. */
u32 cycle_leave(struct cycle *c, unsigned cpu);
/* From now on nobody enters; once `inside` is 0 the guest is stopped, for this CPU, until
 * cycle_go(). false: another CPU has it stopped; as cycle_enter(). */
bool cycle_stop(struct cycle *c, unsigned cpu);
/* Returns the CPUs to be told, as a mask. */
u32 cycle_go(struct cycle *c);

/* What is done to a stopped guest. A failure ends nothing. */
enum cycle_result { CYCLE_OK, CYCLE_SAVE_FAILED, CYCLE_RESTORE_FAILED };
enum cycle_result cycle_run(struct cycle *c, struct vits *t, u64 exits, enum status *st);
/* Is it the first failure of its kind? Once a run is enough for people to read. */
bool cycle_report(struct cycle *c, enum cycle_result r);

#endif
