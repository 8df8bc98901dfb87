/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as an event log: what is read lies inside of it, every step goes forward, replay and
 * reader agree on where it ends; and what was read, written again, replays to the same registers.
 * sources: attest/evlog.c
 * libs: -lbearssl
 * seeds: tdx/eventlog_*.bin
 */
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "attest.h"

static const u8 *log_at;
static size_t log_size;

static void inside(struct bytes b)
{
	if (b.data < log_at || b.size > log_size || (size_t)(b.data - log_at) > log_size - b.size)
		__builtin_trap();
}

/* Reads to the end, writing what it reads to l. */
static enum status copy_events(struct evlog_reader *r, struct evlog *l)
{
	struct evlog_event e;
	enum status st;
	size_t before = r->left.size;

	for (st = evlog_next(r, &e); st == ST_OK; st = evlog_next(r, &e)) {
		inside(e.digest);
		inside(e.data);
		if (r->left.size >= before || e.reg >= EVLOG_REGISTERS ||
		    e.digest.size != evlog_digest_size(r->hash))
			__builtin_trap();
		before = r->left.size;
		if (evlog_append(l, e.reg, e.type, e.digest.data, e.data) != ST_OK)
			return ST_CORRUPT; /* of register 0, which replay refuses, too */
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = { data, size };
	struct evlog_registers once, again;
	struct evlog_reader r;
	struct evlog copy;
	enum status st;
	u8 *memory;

	log_at = data;
	log_size = size;
	st = evlog_open(log, &r);
	if (evlog_replay(log, &once) == ST_OK && st != ST_OK)
		__builtin_trap();
	if (st != ST_OK)
		return 0;
	memory = malloc(size + 128); /* one algorithm never takes more than several */
	if (memory == NULL || evlog_begin(&copy, memory, size + 128, r.hash) != ST_OK)
		__builtin_trap();
	st = copy_events(&r, &copy);
	if ((st == ST_OK) != (evlog_replay(log, &once) == ST_OK))
		__builtin_trap();
	if (st == ST_OK && (evlog_replay((struct bytes){ copy.data, copy.size }, &again) != ST_OK ||
			    memcmp(&once, &again, sizeof(once)) != 0))
		__builtin_trap();
	free(memory);
	return 0;
}
