/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-snp: mmio-private
 * kind-tdx: td-stopped
 * A private mapping of an address behind which there is no memory: a device reached through it
 * would be the host's word for the guest's memory. */
#include "../bad.h"

#define HOLE 0xfea00000ULL

void misbehave(void)
{
	struct range r = { HOLE, PAGE_SIZE };
	struct fault f;
	u64 value;

	if (mmu_map(r, MAP_RW, MAP_PRIVATE) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: mapping");
	f = try_load(HOLE, 4, &value);
	print("# load: %s\n", fault_name(f.class));
}
