/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting with an end, and memory to test with. */
#include "checks.h"
#include "mm.h"

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
