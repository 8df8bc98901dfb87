/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In pvmfw's place: the bootloader's configuration behind the image's file. The place is memory the
 * host never had, so what is here is the bootloader's word; a host that only claims such a place
 * gains nothing by it, since nothing here is believed for anything but its own form.
 *
 * The handover holds the secrets of this boot. It is copied once to be checked, and the copy is
 * wiped; no byte of it is printed or reaches the shared pool.
 */
#include "pvmfw.h"

#include <string.h>

#include "discover.h"
#include "fatal.h"
#include "mmu.h"
#include "place.h"
#include "print.h"

_Static_assert(PLACE_ENTRY == PVMFW_BASE, "place.h");
_Static_assert(PLACE_RUN == PVMFW_FDT + PVMFW_FDT_MAX, "place.h");

/* A chain has a few certificates of some hundred bytes each. */
#define HANDOVER_MAX KIB(64)

struct pvmfw_info pvmfw_info;

static u8 handover[HANDOVER_MAX];

/* A copy of memory in the place, through a mapping that ends here. */
static enum status copy_out(u64 from, void *to, size_t size)
{
	struct range pages = discover_pages(from, size);
	enum status st = discover_open(pages);

	if (st != ST_OK)
		return st;
	memcpy(to, (const void *)(uintptr_t)from, size);
	return mmu_unmap(pages);
}

static enum status read_config(u64 at)
{
	const u64 end = PVMFW_BASE + PVMFW_SIZE;
	u8 head[PVMFW_HEAD_MAX];
	enum status st;

	if (at >= end) /* the file fills the place; its end is a page border, as the place's is */
		return ST_NOT_FOUND;
	st = copy_out(at, head, sizeof(head));
	return st == ST_OK ? pvmfw_config_read(head, sizeof(head), end - at, &pvmfw_info.read) : st;
}

/* Zeros that the compiler does not leave out. */
static void wipe_handover(void)
{
	memset(handover, 0, sizeof(handover));
	__asm__ volatile("" : : "r"(handover) : "memory");
}

static enum status read_handover(u64 at)
{
	u64 from = at + pvmfw_info.read.entry[PVMFW_ENTRY_DICE].offset;
	size_t size = pvmfw_info.read.entry[PVMFW_ENTRY_DICE].size;
	enum status st;

	if (size > sizeof(handover))
		return ST_TOO_MANY;
	st = copy_out(from, handover, size);
	if (st == ST_OK)
		st = dice_handover_check((struct bytes){ handover, size }, &pvmfw_info.dice);
	wipe_handover();
	return st;
}

static void print_found(void)
{
	const struct pvmfw_config *c = &pvmfw_info.read;

	print("# pvmfw: config 1.%u, %u bytes, dice %u, debug policy %u, assignment %u, "
	      "reference %u\n",
	      c->minor, c->total, c->entry[PVMFW_ENTRY_DICE].size, c->entry[PVMFW_ENTRY_DEBUG].size,
	      c->entry[PVMFW_ENTRY_ASSIGNMENT].size, c->entry[PVMFW_ENTRY_REFERENCE].size);
	if (pvmfw_info.dice.has_chain)
		print("# pvmfw: chain %zu bytes, items=%llu\n", pvmfw_info.dice.chain_bytes,
		      (unsigned long long)pvmfw_info.dice.chain_items);
	if (c->flags != 0)
		print("# pvmfw: flags 0x%x are not known\n", c->flags);
}

void discover_place(const struct handoff *h)
{
	enum status st;

	pvmfw_info.in_place = h->place.size != 0;
	pvmfw_info.config = ST_NOT_FOUND;
	if (!pvmfw_info.in_place)
		return;
	st = pvmfw_info.config = read_config(h->pvmfw);
	if (st == ST_NOT_FOUND) {
		print("# pvmfw: no configuration\n"); /* a payload that was loaded there */
		return;
	}
	if (st == ST_OK)
		st = read_handover(h->pvmfw);
	else if (st == ST_UNSUPPORTED)
		fatal(st, "pvmfw: configuration of another major version");
	else
		fatal(st, "pvmfw: configuration");
	if (st != ST_OK)
		fatal(st, "pvmfw: DICE handover");
	print_found();
}
