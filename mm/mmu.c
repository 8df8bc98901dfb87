/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live tables. Table pages come from the image's own .bss, never from memory the host
 * describes, so that no claim of the host decides where a table lies.
 *
 * 320 pages: one per GiB of RAM in 2 MiB blocks for ACCEPT_MAX_BYTES (192), and 128 for the
 * image, the ragged ends of RAM ranges, the upper levels and device windows.
 */
#include "mmu.h"

#include "image.h"
#include "smp.h"

#define TABLE_PAGES    320
#define DEVICE_MAX     64
#define DEVICE_MAX_LEN MIB(64)

static u8 table_pool[TABLE_PAGES][PAGE_SIZE] ALIGNED(4096);
static unsigned tables_used;
static bool is_on;
static struct spinlock lock;
static struct range devices[DEVICE_MAX];
static unsigned device_count;

static u64 table_alloc(void *ctx)
{
	if (tables_used == TABLE_PAGES)
		return 0;
	return (u64)(uintptr_t)table_pool[tables_used++];
}

static struct pgtable live = { .alloc = table_alloc, .write = mmu_arch_write };

static u64 state_bits(enum map_state state)
{
	return state == MAP_SHARED ? cvm.pte_shared : cvm.pte_private;
}

static enum status map_image_part(const char *from, const char *to, enum map_kind kind)
{
	u64 base = (u64)(uintptr_t)from;
	struct range r = { base, (u64)(uintptr_t)to - base };

	return r.size == 0 ? ST_OK : pgtable_map(&live, r, kind, cvm.pte_private, 3);
}

enum status mmu_init(const struct handoff *h)
{
	enum status st;

	if (h->image.base != (u64)(uintptr_t)image_start)
		return ST_INVALID;
	live.root = table_alloc(NULL);
	st = map_image_part(image_start, image_text_end, MAP_CODE);
	if (st == ST_OK)
		st = map_image_part(image_text_end, image_rodata_end, MAP_RO);
	if (st == ST_OK)
		st = map_image_part(image_rodata_end, image_end, MAP_RW);
	if (st != ST_OK)
		return st;
	mmu_arch_enable(live.root);
	is_on = true;
	return ST_OK;
}

void mmu_enable_secondary(void)
{
	mmu_arch_enable(live.root);
}

bool mmu_is_on(void)
{
	return is_on;
}

enum status mmu_map(struct range r, enum map_kind kind, enum map_state state)
{
	enum status st;

	spin_lock(&lock);
	st = pgtable_map(&live, r, kind, state_bits(state), 2);
	spin_unlock(&lock);
	return st;
}

enum status mmu_unmap(struct range r)
{
	enum status st;

	spin_lock(&lock);
	st = pgtable_unmap(&live, r);
	spin_unlock(&lock);
	if (st == ST_OK)
		mmu_arch_flush(r);
	return st;
}

enum status mmu_walk(u64 va, u64 *pte, unsigned *level)
{
	return pgtable_walk(&live, va, pte, level);
}

static bool is_device(u64 page)
{
	for (unsigned i = 0; i < device_count; i++)
		if (page >= devices[i].base && page < range_end(devices[i]))
			return true;
	return false;
}

/*
 * Page by page, because windows that the host lists may overlap. A page mapped as anything but a
 * device stays what it is: a "device" laid over our memory would open it to the host.
 */
static enum status map_device_pages(struct range r)
{
	bool added = false;

	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE) {
		struct range one = { page, PAGE_SIZE };
		enum status st;

		if (is_device(page))
			continue;
		st = pgtable_map(&live, one, MAP_DEVICE, cvm.pte_shared, 3);
		if (st != ST_OK)
			return st;
		added = true;
	}
	if (!added)
		return ST_OK;
	if (device_count == DEVICE_MAX)
		return ST_TOO_MANY;
	devices[device_count++] = r;
	return ST_OK;
}

enum status mmu_map_device(struct range r)
{
	enum status st = range_check(r, 1, cvm.addr_limit);
	struct range pages;

	if (st != ST_OK)
		return st;
	if (r.size > DEVICE_MAX_LEN)
		return ST_RANGE;
	pages.base = align_down(r.base, PAGE_SIZE);
	pages.size = align_up(range_end(r), PAGE_SIZE) - pages.base;
	st = range_check(pages, PAGE_SIZE, 0);
	if (st != ST_OK)
		return st;

	spin_lock(&lock);
	st = map_device_pages(pages);
	spin_unlock(&lock);
	return st;
}
