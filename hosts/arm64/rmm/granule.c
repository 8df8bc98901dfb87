/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Granule states. They stand in for the granule protection table as well: what is not NS cannot be
 * mapped into an unprotected half, and what is mapped there cannot be delegated.
 */
#include <string.h>

#include "rmm/model.h"

struct granule {
	u8 state;
	u8 ns_mapped; /* times mapped into an unprotected half */
};

static struct granule *granules;
static u64 granule_end;       /* machine address behind the last granule */
static u64 own_base, own_end; /* the monitor's image and, directly behind it, the table itself */

#ifdef NATIVE
void *pa_to_ptr(u64 pa)
{
	extern u8 *fake_memory;

	return fake_memory + (pa - NS_BASE);
}
#else
void *pa_to_ptr(u64 pa)
{
	return (void *)(uintptr_t)pa;
}
#endif

void granule_init(void)
{
	u64 count, pages;

	granule_end = core_ram_end();
	count = (granule_end - NS_BASE) / PAGE_SIZE;
	pages = align_up(count * sizeof(struct granule), PAGE_SIZE) / PAGE_SIZE;
	own_base = core_alloc_pages(pages);
	if (own_base == 0)
		core_panic("model: no memory for %llu granules", (unsigned long long)count);
	own_end = own_base + pages * PAGE_SIZE;
	granules = pa_to_ptr(own_base);
	/* The table is the first thing allocated: all below it is the monitor, with its keys. */
	own_base = MIN(own_base, MONITOR_BASE);
	memset(granules, 0, pages * PAGE_SIZE);
}

static struct granule *granule_at(u64 pa)
{
	if (V(!is_aligned(pa, PAGE_SIZE)))
		return NULL;
	if (V(pa < NS_BASE))
		return NULL;
	if (V(pa >= granule_end))
		return NULL;
	/* The host must not get the monitor itself as a granule, nor map it for a guest. */
	if (V(pa >= own_base && pa < own_end))
		return NULL;
	return &granules[(pa - NS_BASE) / PAGE_SIZE];
}

bool granule_is(u64 pa, enum granule_state state)
{
	const struct granule *g = granule_at(pa);

	return g != NULL && g->state == state;
}

void granule_set(u64 pa, enum granule_state state)
{
	granule_at(pa)->state = (u8)state;
}

/* What a realm or the model kept there must not reach the next user of the granule. */
void granule_scrub(u64 pa, enum granule_state state)
{
	memset(pa_to_ptr(pa), 0, PAGE_SIZE);
	granule_set(pa, state);
}

bool granule_ns_range(u64 pa, u64 size)
{
	u64 off;

	for (off = 0; off < size; off += PAGE_SIZE) {
		const struct granule *g = granule_at(pa + off);

		if (V(g == NULL))
			return false;
		if (V(g->state != GRANULE_NS))
			return false;
		if (V(g->ns_mapped == UINT8_MAX)) /* a count that wraps would show as unmapped */
			return false;
	}
	return true;
}

void granule_ns_map(u64 pa, u64 size, bool mapped)
{
	u64 off;

	for (off = 0; off < size; off += PAGE_SIZE)
		granule_at(pa + off)->ns_mapped += mapped ? 1 : -1;
}

u64 rmi_granule_delegate(const u64 *a)
{
	const struct granule *g = granule_at(a[0]);

	if (V(g == NULL))
		return RMI_ERROR_INPUT;
	if (V(g->state != GRANULE_NS))
		return RMI_ERROR_INPUT;
	if (V(g->ns_mapped != 0))
		return RMI_ERROR_INPUT;
	granule_set(a[0], GRANULE_DELEGATED);
	return RMI_SUCCESS;
}

u64 rmi_granule_undelegate(const u64 *a)
{
	if (V(!granule_is(a[0], GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	granule_scrub(a[0], GRANULE_NS);
	return RMI_SUCCESS;
}
