/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the interrupt controller and the timers. */
#ifndef ARM64_GIC_H
#define ARM64_GIC_H

#include "irq.h"
#include "smp.h"

/* Reads in a row that return one value: the counter stands still. */
#define COUNTER_STUCK_READS 1000000u

/* Was this interrupt the timer's own? Stops it then. */
bool timer_interrupt(enum irq_timer t, unsigned cpu);

#endif
