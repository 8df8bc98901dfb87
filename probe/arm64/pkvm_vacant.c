/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses where neither memory nor a device is: what an access there does. */
#include "pkvm_check.h"

#include "memmap.h"
#include "mmu.h"
#include "platform.h"

#define STORED 0x566163616e742121ULL

static bool is_device(struct range r)
{
	const struct range known[] = {
		platform.ecam, platform.pci_mem32, platform.pci_mem64,
		platform.gicd, platform.gicr,      platform.its,
		platform.v2m,  platform.coop,      { platform.uart_base, PAGE_SIZE }
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].size != 0 && range_overlaps(known[i], r))
			return true;
	for (unsigned i = 0; i < platform.virtio_mmio_count; i++)
		if (range_overlaps((struct range){ platform.virtio_mmio[i].base, PAGE_SIZE }, r))
			return true;
	return false;
}

static bool is_memory(struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += PAGE_SIZE)
		if (memmap_find(&memory_map, at) != NULL)
			return true;
	return false;
}

/* Blocks that hosts leave alone: the last ones below 4 GiB, where every IPA space reaches, and the
 * first. */
struct range vacant_get(void)
{
	static struct range found;
	static const u64 candidates[] = { GIB(4) - MIB(32), GIB(4) - MIB(2), MIB(240), MIB(100),
					  MIB(2) };

	for (size_t i = 0; i < ARRAY_SIZE(candidates) && found.size == 0; i++) {
		struct range r = { candidates[i], BLOCK_SIZE };
		unsigned level;
		u64 pte;

		if (!is_memory(r) && !is_device(r) && !pkvm_is_guarded(r.base) &&
		    mmu_walk(r.base, &pte, &level) != ST_OK)
			found = r;
	}
	if (found.size == 0)
		check_skip("no block below 4 GiB is without memory and devices");
	return found;
}

bool vacant_map(struct range *r)
{
	*r = vacant_get();
	return r->size != 0 && expect_eq("mapping a block that is nothing",
					 mmu_map(*r, MAP_DEVICE, MAP_SHARED), ST_OK);
}

void vacant_unmap(struct range r)
{
	(void)mmu_unmap(r);
}

/* Does the host see the value of a store? */
static bool store_is_seen(const char *asked, u64 at, struct fault *f, bool *is_seen)
{
	struct seen seen = { 0 };
	bool watch = coop_has(COOP_REGISTERS_SEEN);

	*is_seen = false;
	if (watch && !host_watch(~(at ^ STORED), 0, &seen))
		return false;
	*f = try_store(at, 8, at ^ STORED);
	check_note("%s: store: %s", asked, fault_name(f->class));
	if (watch && !host_watch(0, 0, &seen))
		return false;
	*is_seen = seen.first != 0;
	return true;
}

bool expect_aborts(const char *asked, u64 at)
{
	struct fault f;
	bool is_seen;
	u64 value;

	check_note("%s: 0x%llx", asked, (unsigned long long)at);
	f = try_load(at, 8, &value);
	if (!expect_true("a load", f.class == FAULT_DATA_EXTERNAL || f.class == FAULT_PAGE,
			 "an abort") ||
	    !store_is_seen(asked, at, &f, &is_seen))
		return false;
	return expect_true("a store", f.class == FAULT_DATA_EXTERNAL || f.class == FAULT_PAGE,
			   "an abort") &&
	       expect_true("the host over the store", !is_seen, "no sight of the value");
}

bool expect_forwarded(const char *asked, u64 at)
{
	struct fault f;
	bool is_seen;

	if (!coop_has(COOP_REGISTERS_SEEN))
		return true;
	if (!store_is_seen(asked, at, &f, &is_seen))
		return false;
	return expect_true(asked, is_seen, "the host sees the value stored there");
}
