/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LISTEN_H
#define LISTEN_H

#include "types.h"

/* CPU `cpu` takes interrupts until told to stop, however parked CPUs wait: another one in a loop of
 * its own, for ns at the most; this one while the check goes on. false: failure has been said. */
struct listener {
	unsigned cpu;
	u64 ns;
	u32 ready, stop;
	bool enabled_before;
};
bool listen_start(struct listener *l, unsigned cpu, u64 ns);
void listen_stop(struct listener *l);
/* Is it there to listen? */
bool can_listen(unsigned cpu);

#endif
