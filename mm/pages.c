/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page frames. Free memory that is accepted forms a list, ordered by address, whose nodes lie in
 * the free pages themselves; memory not yet accepted waits in `fresh` and is taken from the front,
 * one 2 MiB unit after the other.
 */
#include "fatal.h"
#include "mm.h"
#include "smp.h"

#define LOW_MEMORY MIB(1) /* see memory_map in memmap.h */

struct free_run {
	struct free_run *next;
	u64 size; /* bytes */
};

static struct free_run *free_list;
static struct range fresh[MEMMAP_MAX]; /* size 0: used up */
static size_t fresh_count;
static u64 free_bytes;
static struct spinlock lock;

static u64 run_base(const struct free_run *f)
{
	return (u64)(uintptr_t)f;
}

/* Puts a run back, merged with its neighbours. Memory that is already free is a bug of ours that
 * would hand out one page twice. */
static void insert_run(u64 base, u64 size)
{
	struct free_run *prev = NULL, *next = free_list, *run;

	while (next != NULL && run_base(next) < base) {
		prev = next;
		next = next->next;
	}
	if ((prev != NULL && run_base(prev) + prev->size > base) ||
	    (next != NULL && base + size > run_base(next)))
		fatal(ST_OVERLAP, "pages: 0x%llx is freed twice", (unsigned long long)base);
	free_bytes += size;
	if (prev != NULL && run_base(prev) + prev->size == base) {
		prev->size += size;
		run = prev;
	} else {
		run = (struct free_run *)(uintptr_t)base;
		run->next = next;
		run->size = size;
		if (prev != NULL)
			prev->next = run;
		else
			free_list = run;
	}
	if (next != NULL && run_base(run) + run->size == run_base(next)) {
		run->size += next->size;
		run->next = next->next;
	}
}

/* Cuts [base, base + size) out of run *link. */
static void carve(struct free_run **link, u64 base, u64 size)
{
	struct free_run *run = *link;
	u64 run_start = run_base(run), run_end = run_start + run->size;

	free_bytes -= size;
	if (base + size < run_end) {
		struct free_run *tail = (struct free_run *)(uintptr_t)(base + size);

		tail->next = run->next;
		tail->size = run_end - (base + size);
		run->next = tail;
	}
	if (base > run_start)
		run->size = base - run_start;
	else
		*link = run->next;
}

static u64 take_free(u64 size, u64 align)
{
	for (struct free_run **link = &free_list; *link != NULL; link = &(*link)->next) {
		u64 start = run_base(*link), end = start + (*link)->size;
		u64 base = align_up(start, align);

		if (base < start || base >= end || end - base < size)
			continue;
		carve(link, base, size);
		return base;
	}
	return 0;
}

/* Moves the next fresh unit into the list. A unit the platform does not give us is dropped: it is
 * in no known state. False when nothing fresh is left. */
static bool refill(struct range *f)
{
	struct range unit;
	u64 end;

	if (f->size == 0)
		return false;
	end = MIN(align_down(f->base, BLOCK_SIZE) + BLOCK_SIZE, range_end(*f));
	unit.base = f->base;
	unit.size = end - f->base;
	f->base += unit.size;
	f->size -= unit.size;
	if ((accept_is_done(unit.base) || accept_range(unit) == ST_OK) && end > LOW_MEMORY) {
		u64 base = MAX(unit.base, LOW_MEMORY);

		insert_run(base, end - base);
	}
	return true;
}

enum status pages_init(struct memmap *m)
{
	if (fresh_count != 0)
		return ST_STATE;
	for (size_t i = 0; i < m->count; i++) {
		enum mem_type type = m->region[i].type;

		if (type == MEM_RAM || type == MEM_ACCEPTED)
			fresh[fresh_count++] = m->region[i].range;
	}
	for (size_t i = 0; i < fresh_count; i++)
		while (fresh[i].size != 0 && accept_is_done(fresh[i].base))
			refill(&fresh[i]);
	return fresh_count == 0 ? ST_NOT_FOUND : ST_OK;
}

u64 pages_alloc(size_t count, u64 align)
{
	u64 size = (u64)count * PAGE_SIZE;
	u64 base = 0;

	if (count == 0 || count > ACCEPT_MAX_BYTES / PAGE_SIZE || align > ACCEPT_MAX_BYTES ||
	    (align & (align - 1)) != 0)
		return 0;
	align = MAX(align, PAGE_SIZE);
	spin_lock(&lock);
	base = take_free(size, align);
	for (size_t i = 0; i < fresh_count && base == 0; i++) {
		if (fresh[i].size < size)
			continue;
		while (base == 0 && refill(&fresh[i]))
			base = take_free(size, align);
	}
	spin_unlock(&lock);
	return base;
}

void pages_free(u64 addr, size_t count)
{
	struct range r = { addr, (u64)count * PAGE_SIZE };

	if (count > ACCEPT_MAX_BYTES / PAGE_SIZE || range_check(r, PAGE_SIZE, 0) != ST_OK)
		fatal(ST_INVALID, "pages: free of 0x%llx", (unsigned long long)addr);
	spin_lock(&lock);
	insert_run(r.base, r.size);
	spin_unlock(&lock);
}

static enum status add_held(struct range *out, size_t *count, size_t max, u64 base, u64 end)
{
	if (base >= end)
		return ST_OK;
	if (*count == max)
		return ST_TOO_MANY;
	out[(*count)++] = (struct range){ base, end - base };
	return ST_OK;
}

/* What lies between the free runs. */
static enum status held_of(struct range r, struct range *out, size_t *count, size_t max)
{
	u64 at = MAX(r.base, LOW_MEMORY), end = range_end(r);
	enum status st = ST_OK;

	for (struct free_run *f = free_list; f != NULL && st == ST_OK; f = f->next) {
		if (run_base(f) + f->size <= at || run_base(f) >= end)
			continue;
		st = add_held(out, count, max, at, run_base(f));
		at = run_base(f) + f->size;
	}
	return st == ST_OK ? add_held(out, count, max, at, end) : st;
}

enum status pages_held(const struct memmap *m, struct range *out, size_t *count)
{
	size_t max = *count;
	enum status st = ST_OK;

	*count = 0;
	spin_lock(&lock);
	for (size_t i = 0; i < fresh_count; i++)
		while (fresh[i].size != 0 && accept_is_done(fresh[i].base))
			refill(&fresh[i]);
	for (size_t i = 0; i < m->count && st == ST_OK; i++)
		if (m->region[i].type == MEM_RAM || m->region[i].type == MEM_ACCEPTED)
			st = held_of(m->region[i].range, out, count, max);
	spin_unlock(&lock);
	return st;
}

u64 pages_free_bytes(void)
{
	u64 sum;

	spin_lock(&lock);
	sum = free_bytes;
	for (size_t i = 0; i < fresh_count; i++)
		sum += fresh[i].size;
	spin_unlock(&lock);
	return sum;
}
