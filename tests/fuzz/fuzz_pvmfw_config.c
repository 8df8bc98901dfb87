/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as what lies behind pvmfw: nothing is read outside, and what passes lies in its place,
 * blob behind blob.
 * sources: drivers/arm64/pvmfw_config.c attest/arm64/dice.c attest/cbor.c
 */
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "pvmfw.h"

static void check_config(const struct pvmfw_config *c, size_t room)
{
	u64 end = PVMFW_CONFIG_HEADER + c->entries * PVMFW_CONFIG_ENTRY;

	if (c->entries < 2 || c->entries > PVMFW_ENTRIES || c->total > room ||
	    c->entry[PVMFW_ENTRY_DICE].size == 0)
		abort();
	for (unsigned i = 0; i < PVMFW_ENTRIES; i++) {
		u64 offset = c->entry[i].offset, size = c->entry[i].size;

		if (size == 0)
			continue;
		if (i >= c->entries || offset % 8 != 0 || offset < end || offset + size > c->total)
			abort();
		end = offset + size;
	}
}

static void check_handover(const u8 *data, size_t size)
{
	struct dice_handover dice;
	enum status st = dice_handover_check((struct bytes){ data, size }, &dice);

	if (dice.chain_bytes > size || dice.chain_items > dice.chain_bytes ||
	    (!dice.has_chain && dice.chain_bytes != 0))
		abort();
	if (st == ST_OK && size < 1 + 2 * (3 + DICE_CDI_SIZE))
		abort();
}

/* The whole of it is the place, as the guest has mapped it; exact, so that a read past the end is
 * seen. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t len = MIN(size, PVMFW_HEAD_MAX);
	struct pvmfw_config c;
	u8 *head = malloc(len), *place = malloc(size);

	if (head == NULL || place == NULL)
		abort();
	memcpy(head, data, len);
	if (pvmfw_config_read(head, len, size, &c) == ST_OK) {
		check_config(&c, size);
		free(place);
		place = malloc(c.entry[PVMFW_ENTRY_DICE].size);
		if (place == NULL)
			abort();
		memcpy(place, data + c.entry[PVMFW_ENTRY_DICE].offset,
		       c.entry[PVMFW_ENTRY_DICE].size);
		check_handover(place, c.entry[PVMFW_ENTRY_DICE].size);
	} else {
		memcpy(place, data, size);
		check_handover(place, size);
	}
	free(head);
	free(place);
	return 0;
}
