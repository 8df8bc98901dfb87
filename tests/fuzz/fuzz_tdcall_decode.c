/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an instruction: nothing behind their end is read, and what is accepted makes sense
 * and does not depend on what follows the instruction.
 * sources: tdcall/decode.c
 * libs:
 */
#include <stdlib.h>
#include <string.h>

#include "tdcall/internal.h"
#include "x86_64/cpu.h"

#define REGISTERS 17u

static void require(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void sensible(const struct tdx_insn *i, size_t n)
{
	require(i->length >= 2 && i->length <= n && i->length <= INSN_MAX);
	require(i->width == 1 || i->width == 2 || i->width == 4 || i->width == 8);
	require(i->reg_width >= i->width || i->access == ACCESS_READ_ZERO ||
		i->access == ACCESS_READ_SIGN || i->access == ACCESS_WRITE_VALUE);
	require(i->reg < 16 && (!i->high || (i->reg < 4 && i->reg_width == 1)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trap_frame f = { 0 };
	struct tdx_insn insn = { 0 }, again = { 0 };
	u8 *exact, longer[INSN_MAX];
	enum status st;
	size_t n;

	/* Registers first, then the instruction in a block of exactly its size. */
	for (unsigned i = 0; i < REGISTERS && size >= 8; i++, data += 8, size -= 8)
		memcpy(i < 16 ? tdx_register(&f, i) : &f.rip, data, 8);
	n = size;
	exact = malloc(n + 1);
	if (exact == NULL)
		return 0;
	memmove(exact + 1, data, n);
	st = tdx_decode(exact + 1, n, &f, &insn);
	require(st == ST_OK || st == ST_UNSUPPORTED || (st == ST_TRUNCATED && n < INSN_MAX));
	if (st == ST_OK) {
		sensible(&insn, n);
		memset(longer, 0x66, sizeof(longer));
		memcpy(longer, exact + 1, insn.length);
		require(tdx_decode(longer, INSN_MAX, &f, &again) == ST_OK);
		require(again.length == insn.length && again.address == insn.address &&
			again.value == insn.value && again.reg == insn.reg);
		require(tdx_decode(longer, insn.length - 1, &f, &again) == ST_TRUNCATED);
	}
	free(exact);
	return 0;
}
