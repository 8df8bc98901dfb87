/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter's rate and its steps may be the host's word: one that stands still, steps back or
 * goes to and fro must not hold a wait for ever, and one that steps back now and then must not end
 * it early.
 */
#include "deadline.h"

#include "arch.h"

#define HZ_ASSUMED  1000000000ULL
#define SECONDS_MAX 1000000u /* no product overflows */
/* Reads in a row that go no further. Also slow counters step within a thousand. */
#define STUCK_READS 1000000u

struct deadline deadline_in(u64 ns)
{
	u64 hz = arch_counter_hz(), now = arch_counter();
	u64 seconds = MIN(ns / NS_PER_S, SECONDS_MAX);
	struct deadline d = { .start = now, .furthest = now };

	if (hz == 0)
		hz = HZ_ASSUMED;
	/* Split so that neither a short nor a long wait overflows or becomes 0. */
	d.ticks = seconds * hz + ns % NS_PER_S * (hz / 1000) / 1000000;
	return d;
}

bool deadline_passed(struct deadline *d)
{
	u64 now = arch_counter();

	arch_cpu_relax();
	if ((s64)(now - d->furthest) > 0) {
		d->furthest = now;
		d->stuck = 0;
	} else {
		d->stuck++;
	}
	return d->stuck >= STUCK_READS || d->furthest - d->start > d->ticks;
}
