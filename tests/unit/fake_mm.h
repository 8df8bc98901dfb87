/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What mm/ stands on, faked: locks that notice a second taking, page tables that record, a
 * platform that logs. Tests of mm/ include the .c file under test, to start each case afresh.
 */
#ifndef FAKE_MM_H
#define FAKE_MM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fatal.h"
#include "mm.h"
#include "mmu.h"
#include "smp.h"

struct memmap memory_map;
struct cvm cvm;

/* ---- locks ---- */
void spin_lock(struct spinlock *l)
{
	assert_int_equal(l->owner, 0);
	l->owner = 1;
}

void spin_unlock(struct spinlock *l)
{
	assert_int_equal(l->owner, 1);
	l->owner = 0;
}

/* ---- fatal() ends the call under test ---- */
static jmp_buf fatal_jump;
static enum status fatal_status;

void fatal(enum status st, const char *fmt, ...)
{
	fatal_status = st;
	longjmp(fatal_jump, 1);
}

#define expect_fatal(st, call)                                                                     \
	do {                                                                                       \
		fatal_status = ST_OK;                                                              \
		if (setjmp(fatal_jump) == 0) {                                                     \
			call;                                                                      \
			fail_msg("%s did not stop", #call);                                        \
		}                                                                                  \
		assert_int_equal(fatal_status, st);                                                \
	} while (0)

/* ---- a log of what was done to memory, in order ---- */
enum act { ACT_MAP_PRIVATE, ACT_MAP_SHARED, ACT_UNMAP, ACT_ACCEPT, ACT_SHARE, ACT_UNSHARE };

struct event {
	enum act act;
	struct range range;
};

#define EVENTS 4096
static struct event events[EVENTS];
static size_t event_count;
static enum status next_result[6]; /* per act; ST_OK unless a test sets it */

static enum status log_event(enum act act, struct range r)
{
	assert_true(event_count < EVENTS);
	events[event_count++] = (struct event){ act, r };
	return next_result[act];
}

__attribute__((unused)) static size_t count_events(enum act act)
{
	size_t n = 0;

	for (size_t i = 0; i < event_count; i++)
		n += events[i].act == act;
	return n;
}

enum status mmu_map(struct range r, enum map_kind kind, enum map_state state)
{
	assert_int_equal(kind, MAP_RW);
	return log_event(state == MAP_SHARED ? ACT_MAP_SHARED : ACT_MAP_PRIVATE, r);
}

enum status mmu_unmap(struct range r)
{
	return log_event(ACT_UNMAP, r);
}

static enum status fake_accept(struct range r, struct accept_stats *stats)
{
	stats->calls++;
	stats->bytes += r.size;
	return log_event(ACT_ACCEPT, r);
}

static enum status fake_share(struct range r)
{
	return log_event(ACT_SHARE, r);
}

static enum status fake_unshare(struct range r)
{
	return log_event(ACT_UNSHARE, r);
}

static struct cvm_ops fake_ops = {
	.name = "fake",
	.accept = fake_accept,
	.share = fake_share,
	.unshare = fake_unshare,
};

/* ---- real memory under the addresses ---- */
static u8 *arena;

static inline u64 arena_base(void)
{
	return (u64)(uintptr_t)arena;
}

static inline void fake_reset(size_t arena_bytes)
{
	cvm.ops = &fake_ops;
	fake_ops.converts_mapped = false;
	fake_ops.in_place = false;
	event_count = 0;
	memset(next_result, 0, sizeof(next_result));
	memmap_init(&memory_map);
	free(arena);
	arena = arena_bytes != 0 ? aligned_alloc(BLOCK_SIZE, arena_bytes) : NULL;
}

#endif
