/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks.h"
#include "smp.h"

#define ADDITIONS 20000

static void answer(void *arg)
{
	u64 *a = arg;

	*a = arch_cpu_hwid() ^ *a;
}

/* A CPU that answers is not yet the CPU that was asked: it says its own number, too. */
void gen_smp_work(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		u64 value = 0xa5a5000000000000ULL + cpu, expected = value ^ smp_hwid(cpu);

		check_note("cpu %u, hardware id 0x%llx", cpu, (unsigned long long)smp_hwid(cpu));
		if (!expect_eq("starting the CPU", smp_start_status(cpu), ST_OK) ||
		    !expect_eq("giving it work", smp_run(cpu, answer, &value), ST_OK) ||
		    !expect_eq("the work finishing", smp_wait(cpu), ST_OK) ||
		    !expect_eq("its result", value, expected))
			return;
	}
	expect_eq("CPUs that are online", smp_online_count(), smp_cpu_count());
}

struct sums {
	u64 atomic, locked;
	struct spinlock lock;
};

static void add(void *arg)
{
	struct sums *s = arg;

	for (unsigned i = 0; i < ADDITIONS; i++) {
		__atomic_fetch_add(&s->atomic, 1, __ATOMIC_RELAXED);
		spin_lock(&s->lock);
		s->locked++;
		spin_unlock(&s->lock);
	}
}

void gen_smp_atomics(void)
{
	static struct sums s;
	bool runs[SMP_MAX_CPUS] = { false };
	unsigned workers = 1;

	s = (struct sums){ 0 };
	for (unsigned cpu = 1; cpu < smp_cpu_count(); cpu++) {
		runs[cpu] = smp_start_status(cpu) == ST_OK && smp_run(cpu, add, &s) == ST_OK;
		workers += runs[cpu];
	}
	add(&s);
	for (unsigned cpu = 1; cpu < smp_cpu_count(); cpu++)
		if (runs[cpu] && !expect_eq("a CPU finishing its additions", smp_wait(cpu), ST_OK))
			return;
	if (workers == 1) {
		check_skip("no other CPU");
		return;
	}
	check_note("%u CPUs", workers);
	expect_eq("the sum of atomic additions", s.atomic, (u64)workers * ADDITIONS);
	expect_eq("the sum of additions under a lock", s.locked, (u64)workers * ADDITIONS);
}
