/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the interrupt controller and the timers. */
#ifndef ARM64_GIC_H
#define ARM64_GIC_H

#include "abi/gic.h"
#include "irq.h"
#include "range.h"
#include "smp.h"

/* Reads in a row that return one value: the counter stands still. */
#define COUNTER_STUCK_READS 1000000u

/* Was this interrupt the timer's own? Stops it then. */
bool timer_interrupt(enum irq_timer t, unsigned cpu);

/* drivers/arm64/spi.c: shared peripheral interrupts of a distributor that is up. */
void spi_init(u64 gicd, unsigned lines);
u32 spi_end(void); /* first INTID the distributor does not have */
/* Was it wired? Its handler has run then. */
bool spi_deliver(u32 intid);

/* drivers/arm64/gicv3.c */
/* Until (register & mask) == 0; bounded. */
enum status gic_wait_clear(u64 pa, u64 mask);
/* MPIDR affinity of a CPU whose interface is up; ST_STATE: it is not. */
enum status gic_affinity(unsigned cpu, u64 *mpidr);
/* Redistributor of a CPU whose interface is up; 0: it is not. */
u64 gic_frame(unsigned cpu);
/* Writes caches back, for a reader behind them. */
void gic_clean(struct range r);

/* drivers/arm64/msi.c: ITS or GICv2m frame, after the distributor and the boot CPU are up. */
void msi_init(const struct platform_info *p);

#endif
