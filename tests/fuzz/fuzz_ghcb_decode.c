/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile bytes at RIP: the decoder reads no further than it was given, and what it takes for a
 * move can be carried out on registers.
 * sources: ghcb/decode.c
 */
#include <stdlib.h>
#include <string.h>

#include "ghcb/decode.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct insn_regs r = { .rip = 0x400000 };
	struct insn i, again;
	u8 *copy = malloc(size + 1); /* exact: ASan sees one byte more */
	enum status st;

	memcpy(copy, data, size);
	copy = realloc(copy, size != 0 ? size : 1);
	st = insn_decode(copy, size, &i);
	if (st == ST_TRUNCATED && size >= INSN_MAX)
		abort();
	if (st == ST_OK) {
		if (i.length == 0 || i.length > size || i.length > INSN_MAX)
			abort();
		if (insn_decode(copy, i.length, &again) != ST_OK ||
		    memcmp(&i, &again, sizeof(i)) != 0)
			abort();
		if (i.kind == INSN_LOAD || i.kind == INSN_STORE) {
			(void)insn_address(&i, &r);
			if (i.size != 1 && i.size != 2 && i.size != 4 && i.size != 8)
				abort();
		}
		if (i.kind == INSN_LOAD)
			insn_load(&i, &r, ~0ULL);
		if (i.kind == INSN_STORE)
			(void)insn_store_value(&i, &r);
	}
	free(copy);
	return 0;
}
