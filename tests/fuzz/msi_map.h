/* SPDX-License-Identifier: BSD-2-Clause */
/* What any reader promises of its map: each requester has one DeviceID, and none past 32 bits. */
#ifndef TESTS_FUZZ_MSI_MAP_H
#define TESTS_FUZZ_MSI_MAP_H

#include <stdlib.h>

#include "platform.h"

static inline void check_spis(u32 base, u32 count)
{
	if (count != 0 && (base < 32 || base > 1019 || count > 1020 - base))
		abort();
}

static inline void check_msi_map(const struct msi_map *map, unsigned n)
{
	if (n > PLATFORM_MSI_MAPS)
		abort();
	for (unsigned i = 0; i < n; i++) {
		if (map[i].count == 0 || map[i].first > 0xffff ||
		    map[i].count > 0x10000 - map[i].first ||
		    (u64)map[i].device_base + map[i].count > BIT(32))
			abort();
		for (unsigned j = 0; j < i; j++)
			if (map[i].first < map[j].first + map[j].count &&
			    map[j].first < map[i].first + map[i].count)
				abort();
	}
}

#endif
