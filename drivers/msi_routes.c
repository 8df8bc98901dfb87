/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes of messages, from numbers that a host chose. */
#include "msi_routes.h"

static bool overlaps(const struct msi_routes *r, struct range requesters)
{
	for (unsigned i = 0; i < r->count; i++)
		if (range_overlaps(requesters,
				   (struct range){ r->route[i].map.first, r->route[i].map.count }))
			return true;
	return false;
}

enum status msi_routes_add(struct msi_routes *r, u64 first, u64 count, u64 device_base,
			   unsigned controller)
{
	struct range requesters = { first, count };
	enum status st = range_check(requesters, 1, BIT(32));

	if (st == ST_OK)
		st = range_check((struct range){ device_base, count }, 1, BIT(32));
	if (st != ST_OK)
		return st;
	if (first >= MSI_REQUESTERS)
		return ST_OK;
	requesters.size = MIN(count, MSI_REQUESTERS - first);
	if (overlaps(r, requesters))
		return ST_OVERLAP;
	if (r->count == MSI_ROUTES_MAX)
		return ST_TOO_MANY;
	r->route[r->count].map =
	    (struct msi_map){ (u32)first, (u32)requesters.size, (u32)device_base };
	r->route[r->count++].controller = controller;
	return ST_OK;
}

unsigned msi_routes_controller(const struct msi_routes *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->route[i].controller != MSI_NOBODY)
			return r->route[i].controller;
	return MSI_NOBODY;
}

enum status msi_routes_take(const struct msi_routes *r, unsigned controller,
			    struct msi_map map[PLATFORM_MSI_MAPS], unsigned *count)
{
	*count = 0;
	for (unsigned i = 0; i < r->count; i++) {
		if (r->route[i].controller != controller)
			continue;
		if (*count == PLATFORM_MSI_MAPS)
			return ST_TOO_MANY;
		map[(*count)++] = r->route[i].map;
	}
	return ST_OK;
}
