/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command queue (IHI 0069, 5.3.1). The ITS reads it from shared memory and says in GITS_CREADR
 * how far it is: a claim. It must lie between what was read before and what was written, it must
 * move, and it may stop at a command in error (Stalled), which is then replaced.
 */
#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "its_internal.h"

#define COMMANDS (ITS_QUEUE_BYTES / ITS_COMMAND_BYTES)
#define NOWHERE  (~0ULL)

static void write_queue_register(u64 reg, u64 v)
{
	cvm.ops->mmio_write(its.base + reg, 8, v);
}

const char *its_queue_reset(void)
{
	u64 value = GITS_CBASER_VALID | (u64)GIC_CACHE_WB << GITS_INNER_SHIFT | its.queue.base |
		    GIC_SHARE_INNER | (ITS_QUEUE_PAGES - 1);
	u64 same = GITS_CBASER_VALID | GITS_CBASER_ADDRESS | MASK(7, 0);

	memset((void *)(uintptr_t)its.queue.base, 0, its.queue.size);
	its_publish(its.queue);
	if (!its_program(its.base + GITS_CBASER, value, same, GITS_INNER_SHIFT, its.queue))
		return "the queue's register reads back differently";
	write_queue_register(GITS_CWRITER, 0);
	its.written = 0;
	if (cvm.ops->mmio_read(its.base + GITS_CREADR, 8) != 0)
		return "the queue does not begin empty";
	return NULL;
}

const char *its_queue_init(void)
{
	its.queue = its_memory(ITS_QUEUE_BYTES, ITS_QUEUE_ALIGN);
	its.info.queue_commands = COMMANDS;
	return its.queue.size != 0 ? its_queue_reset() : "no memory for the queue";
}

/* The ITS may read it at any time from here on: nothing but a command ever lies there. */
static void put(u64 offset, const struct its_command *c)
{
	volatile u64 *slot = (volatile u64 *)(uintptr_t)(its.queue.base + offset);

	for (unsigned i = 0; i < ARRAY_SIZE(c->dw); i++)
		slot[i] = c->dw[i];
	its_publish((struct range){ its.queue.base + offset, ITS_COMMAND_BYTES });
}

static u64 distance(u64 from, u64 to)
{
	return (to - from) % ITS_QUEUE_BYTES;
}

/* In error: a SYNC takes its place, and the ITS is told to go on (5.3.2). */
static void replace(u64 offset)
{
	struct its_command sync = its_sync(its.cpu[0].target);

	put(offset, &sync);
	its.stats.stalls++;
	its.stats.commands++;
	write_queue_register(GITS_CWRITER, its.written | GITS_CWRITER_RETRY);
}

/* Waits until all is read that was written. Every pass either moves on, or replaces a command that
 * was not replaced before, or comes nearer to the time-out. */
static enum status drain(u64 from)
{
	struct deadline wait = deadline_in(ITS_WAIT_NS);
	enum status result = ST_OK;
	u64 at = from, replaced = NOWHERE;

	for (;;) {
		u64 creadr = cvm.ops->mmio_read(its.base + GITS_CREADR, 8);
		u64 pos = creadr & GITS_OFFSET;
		bool stalled = (creadr & GITS_CREADR_STALLED) != 0;

		if ((creadr & ~(GITS_OFFSET | GITS_CREADR_STALLED)) != 0 ||
		    pos >= ITS_QUEUE_BYTES || distance(at, pos) > distance(at, its.written))
			return ST_PROTOCOL;
		/* An empty queue has no command to be stalled at: QEMU 7.2 never clears the bit. */
		if (pos == its.written)
			return result;
		if (pos != at)
			wait = deadline_in(ITS_WAIT_NS);
		at = pos;
		if (stalled && pos != replaced) {
			replaced = pos;
			replace(pos);
			result = ST_DENIED;
		} else if (deadline_passed(&wait)) {
			return ST_TIMEOUT;
		}
	}
}

static void give_up(enum status st)
{
	its.phase = ITS_GIVEN_UP;
	its.why = st == ST_TIMEOUT ? "it does not read its queue"
				   : "its read pointer is out of the queue";
}

enum status its_submit_locked(const struct its_command *c, unsigned n)
{
	enum status result = ST_OK;

	if (its.phase != ITS_LIVE)
		return ST_STATE;
	while (n != 0) {
		unsigned batch = MIN(n, COMMANDS - 1);
		u64 first = its.written;
		enum status st;

		for (unsigned i = 0; i < batch; i++) {
			put(its.written, c++);
			its.written = (its.written + ITS_COMMAND_BYTES) % ITS_QUEUE_BYTES;
		}
		n -= batch;
		its.stats.commands += batch;
		arch_barrier();
		write_queue_register(GITS_CWRITER, its.written);
		st = drain(first);
		if (st == ST_DENIED)
			result = st;
		if (st == ST_TIMEOUT || st == ST_PROTOCOL) {
			give_up(st);
			return st;
		}
	}
	return result;
}

enum status its_submit(const struct its_command *c, unsigned n)
{
	bool irqs = its_lock();
	enum status st = its_submit_locked(c, n);

	its_unlock(irqs);
	return st;
}
