/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pvmfw: secret-leaked
 * In pvmfw's place: a secret of the bootloader's handover gets into a page the host reads. */
#include <string.h>

#include "../../boot/arm64/entry.h"
#include "bad_secret.h"
#include "pvmfw.h"

/* {1: h'32 bytes', ...: the first CDI begins behind the map's, the key's and the string's head. */
#define FIRST_CDI 4

void misbehave(void)
{
	u64 at = arm64_entry_state.place_end;
	struct range page = { at, PAGE_SIZE };
	u8 *shared = pool_alloc(1, PAGE_SIZE);

	if (shared == NULL || !pvmfw_info.in_place || pvmfw_info.config != ST_OK ||
	    mmu_map(page, MAP_RO, MAP_PRIVATE) != ST_OK)
		fatal(ST_STATE, "bad guest: no handover to leak");
	at += pvmfw_info.read.entry[PVMFW_ENTRY_DICE].offset + FIRST_CDI;
	memcpy(shared + 1000, (const u8 *)(uintptr_t)at, DICE_CDI_SIZE);
	bad_end();
}
