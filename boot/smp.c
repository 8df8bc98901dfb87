/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other CPUs. Each is started once and then polls its mailbox: polling needs no interrupt, which
 * the host could withhold. The host may also refuse a CPU or never run it; every wait for one ends.
 */
#include "smp.h"

#include "arch.h"
#include "cvm.h"
#include "deadline.h"
#include "fatal.h"
#include "irq.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"

#define START_NS (2 * NS_PER_S)
#define WORK_NS  (300 * NS_PER_S) /* accepting many GiB page by page is slow, not dead */
#define LOCK_NS  (300 * NS_PER_S) /* the holder may be accepting memory, too */

enum cpu_state { CPU_ABSENT, CPU_STARTING, CPU_IDLE, CPU_POSTED, CPU_LEAVING };

static struct {
	u64 hwid;
	enum status start;
	u32 state; /* enum cpu_state; IDLE -> POSTED by the caller, back by the CPU itself */
	void (*fn)(void *);
	void *arg;
} mail[SMP_MAX_CPUS];

static unsigned listed = 1;

static u32 get_state(unsigned cpu)
{
	return __atomic_load_n(&mail[cpu].state, __ATOMIC_ACQUIRE);
}

static void set_state(unsigned cpu, enum cpu_state s)
{
	__atomic_store_n(&mail[cpu].state, (u32)s, __ATOMIC_RELEASE);
}

static enum status wait_idle(unsigned cpu, u64 ns)
{
	struct deadline d = deadline_in(ns);

	while (get_state(cpu) != CPU_IDLE)
		if (deadline_passed(&d))
			return ST_TIMEOUT;
	return ST_OK;
}

/* What the backend needs for it; after a failure never given back, as the CPU may come all the
 * same.
 */
static enum status prepare_cpu(unsigned cpu)
{
	const struct cvm_ops *ops = cvm.ops;
	void *shared = NULL, *priv = NULL;

	if (ops->cpu_prepare == NULL)
		return ST_OK;
	if (ops->cpu_shared_pages != 0) {
		shared = pool_alloc_kept(ops->cpu_shared_pages);
		if (shared == NULL)
			return ST_NO_MEMORY;
	}
	if (ops->cpu_private_pages != 0) {
		priv = (void *)(uintptr_t)pages_alloc(ops->cpu_private_pages, PAGE_SIZE);
		if (priv == NULL)
			return ST_NO_MEMORY;
	}
	return ops->cpu_prepare(cpu, shared, priv);
}

static enum status start_cpu(unsigned cpu)
{
	enum status st = prepare_cpu(cpu);

	if (st != ST_OK)
		return st;
	set_state(cpu, CPU_STARTING);
	st = cvm.ops->cpu_start(mail[cpu].hwid, smp_arch_entry(),
				smp_arch_context(cpu, mail[cpu].hwid));
	if (st == ST_OK)
		st = wait_idle(cpu, START_NS);
	return st;
}

/* The first failure is returned, but every CPU is tried. */
enum status smp_start_all(const struct platform_info *p)
{
	enum status first = ST_OK;

	listed = MIN(MAX(p->cpu_count, 1), SMP_MAX_CPUS);
	mail[0].hwid = p->cpu_hwid[0];
	set_state(0, CPU_IDLE);
	for (unsigned cpu = 1; cpu < listed; cpu++) {
		mail[cpu].hwid = p->cpu_hwid[cpu];
		mail[cpu].start = start_cpu(cpu);
		if (first == ST_OK)
			first = mail[cpu].start;
	}
	return first;
}

unsigned smp_cpu_count(void)
{
	return listed;
}

/* Counts what the CPUs said themselves: one that came late counts, too. */
unsigned smp_online_count(void)
{
	unsigned n = 1;

	for (unsigned cpu = 1; cpu < listed; cpu++)
		if (get_state(cpu) >= CPU_IDLE)
			n++;
	return n;
}

enum status smp_start_status(unsigned cpu)
{
	return cpu < listed ? mail[cpu].start : ST_RANGE;
}

u64 smp_hwid(unsigned cpu)
{
	return cpu < listed ? mail[cpu].hwid : ~0ULL;
}

enum status smp_run(unsigned cpu, void (*fn)(void *), void *arg)
{
	if (cpu >= listed)
		return ST_RANGE;
	if (cpu == arch_cpu_index()) {
		fn(arg);
		return ST_OK;
	}
	if (get_state(cpu) != CPU_IDLE)
		return ST_STATE;
	mail[cpu].fn = fn;
	mail[cpu].arg = arg;
	set_state(cpu, CPU_POSTED);
	return ST_OK;
}

enum status smp_wait(unsigned cpu)
{
	if (cpu >= listed)
		return ST_RANGE;
	if (cpu == arch_cpu_index())
		return ST_OK;
	if (get_state(cpu) < CPU_IDLE)
		return ST_STATE;
	return wait_idle(cpu, WORK_NS);
}

/* No waiting: a CPU that does not go, or that the host keeps, changes nothing for the verdict. */
void smp_stop_all(void)
{
	for (unsigned cpu = 1; cpu < listed; cpu++)
		if (get_state(cpu) == CPU_IDLE)
			set_state(cpu, CPU_LEAVING);
}

void smp_secondary_main(unsigned index)
{
	/* Without its interrupts the CPU still works; irq_send() to it will say so. */
	if (irq_available() && irq_init_cpu() == ST_OK)
		irq_enable_cpu();
	set_state(index, CPU_IDLE);
	for (;;) {
		if (get_state(index) == CPU_POSTED) {
			mail[index].fn(mail[index].arg);
			set_state(index, CPU_IDLE);
		} else if (get_state(index) == CPU_LEAVING) {
			set_state(index, CPU_ABSENT);
			cvm.ops->cpu_off();
		}
		arch_cpu_relax();
	}
}

static bool try_lock(struct spinlock *l, u32 self)
{
	u32 expected = 0;

	return __atomic_compare_exchange_n(&l->owner, &expected, self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* The host may never again run the CPU that holds the lock: that ends by name, too. */
static void wait_lock(struct spinlock *l, u32 self)
{
	struct deadline d = deadline_in(LOCK_NS);

	/* An exception inside a locked section that wants in again, on its way to a stop. */
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) == self)
		fatal(ST_STATE, "a lock that this CPU holds already");
	while (!try_lock(l, self))
		if (deadline_passed(&d))
			fatal(ST_TIMEOUT, "a lock that CPU %u holds",
			      __atomic_load_n(&l->owner, __ATOMIC_RELAXED) - 1);
}

/* One CPU alone until the tables are live, and until then no exclusive access works yet on arm64.
 */
void spin_lock(struct spinlock *l)
{
	u32 self = arch_cpu_index() + 1;

	if (mmu_is_on() && !try_lock(l, self))
		wait_lock(l, self);
}

void spin_unlock(struct spinlock *l)
{
	if (mmu_is_on())
		__atomic_store_n(&l->owner, 0, __ATOMIC_RELEASE);
}
