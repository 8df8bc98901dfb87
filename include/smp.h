/* SPDX-License-Identifier: BSD-2-Clause */
/* Other CPUs: started once, then parked waiting for work (boot/smp.c). */
#ifndef SMP_H
#define SMP_H

#include "status.h"
#include "types.h"

#define SMP_MAX_CPUS 16

struct platform_info;

/* Starts every CPU discovery listed (at most SMP_MAX_CPUS; the rest is counted as ignored).
 * Waits with a bound; a CPU the host refuses is reported by smp_start_status(). */
enum status smp_start_all(const struct platform_info *p);
unsigned smp_cpu_count(void); /* CPUs listed, clipped */
unsigned smp_online_count(void);
enum status smp_start_status(unsigned cpu);
u64 smp_hwid(unsigned cpu);

/* Runs fn(arg) on a parked CPU; smp_wait() waits for it with a bound (ST_TIMEOUT).
 * cpu 0 is the caller: runs at once. */
enum status smp_run(unsigned cpu, void (*fn)(void *), void *arg);
enum status smp_wait(unsigned cpu);
/* At the end: every idle CPU leaves, so that a machine that does not go off is seen to stand still.
 */
void smp_stop_all(void);

/* Spinlock. Not fair: a host may run any CPU at any time, and a queue would wait for the one it
 * does not run. */
struct spinlock {
	u32 owner; /* CPU index + 1, 0 = free */
};
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

/* Entry-code contract: the secondary entry point's physical address and what ctx means are
 * private to boot/<arch>; the common part is called here with interrupts masked, MMU on, own stack.
 */
NORETURN void smp_secondary_main(unsigned index);
u64 smp_arch_entry(void);                       /* physical address handed to cvm.ops->cpu_start */
u64 smp_arch_context(unsigned index, u64 hwid); /* ctx for it; prepares the stack */

#endif
