/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting with an end, and memory to test with. */
#include "checks.h"
#include "mm.h"

/* Without a known rate or a counter that moves: turns of the loop, far more than any honest host
 * needs. */
#define TURNS_MAX 200000000ULL

struct deadline deadline_in(u64 ns)
{
	struct deadline d = { .start = arch_counter() };
	u64 hz = arch_counter_hz();

	/* Split so that neither a short nor a long wait overflows or becomes 0. */
	d.ticks = ns / 1000000000ULL * hz + ns % 1000000000ULL * (hz / 1000) / 1000000;
	return d;
}

bool deadline_passed(struct deadline *d)
{
	u64 now = arch_counter();

	arch_cpu_relax();
	/* Without a rate every turn counts; with one, those in which the counter stood still. */
	d->turns = d->ticks == 0 || now == d->last ? d->turns + 1 : 0;
	d->last = now;
	if (d->turns > TURNS_MAX)
		return true;
	/* Signed: a counter that steps back is judged elsewhere and must not end a wait. */
	return d->ticks != 0 && (s64)(now - d->start) > (s64)d->ticks;
}

u64 ticks_to_ns(u64 ticks)
{
	u64 hz = arch_counter_hz();

	if (hz < 1000)
		return 0;
	return ticks / hz * 1000000000ULL + ticks % hz * 1000000 / (hz / 1000);
}

bool block_get(struct range *r)
{
	r->base = pages_alloc(BLOCK_SIZE / PAGE_SIZE, BLOCK_SIZE);
	r->size = BLOCK_SIZE;
	if (r->base == 0)
		check_skip("no free block of 2 MiB");
	return r->base != 0;
}

void block_put(struct range r)
{
	pages_free(r.base, r.size / PAGE_SIZE);
}

u64 page_get(void)
{
	u64 page = pages_alloc(1, PAGE_SIZE);
	u64 *p = (u64 *)(uintptr_t)page;

	if (page == 0) {
		check_skip("no free page");
		return 0;
	}
	for (size_t i = 0; i < PAGE_SIZE / sizeof(*p); i++)
		p[i] = 0;
	return page;
}

void page_put(u64 page)
{
	pages_free(page, 1);
}
