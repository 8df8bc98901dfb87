/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The acceptance engine. What has been accepted stands in our own bitmap, one bit per 2 MiB unit,
 * and a unit is marked before the platform is asked: whatever the host answers, no unit is ever
 * asked for twice. A host that could get a page accepted again could swap its content.
 */
#include "fatal.h"
#include "mm.h"
#include "mmu.h"
#include "smp.h"

#define UNIT_MAX                                                                                   \
	(ACCEPT_MAX_BYTES / BLOCK_SIZE + 2ull * MEMMAP_MAX) /* ragged ends count as units */

/* One range of RAM; its units are the 2 MiB blocks it touches, clipped to it. */
struct span {
	struct range range;
	size_t first_unit;
	size_t units;
};

struct work {
	size_t from, to; /* units */
	struct accept_stats stats;
	enum status status;
};

static struct memmap *map;
static enum accept_policy current;
static struct span spans[MEMMAP_MAX];
static size_t span_count, unit_count;
static u64 taken[UNIT_MAX / 64 + 1];
static u64 unused_bytes;
static bool note_lost;
static struct accept_stats totals;
static struct spinlock lock;

static u64 unit_end(const struct span *s, size_t unit)
{
	u64 end = align_down(s->range.base, BLOCK_SIZE) + (unit - s->first_unit + 1) * BLOCK_SIZE;

	return MIN(end, range_end(s->range));
}

static u64 unit_start(const struct span *s, size_t unit)
{
	return unit == s->first_unit ? s->range.base : unit_end(s, unit - 1);
}

static size_t unit_of(const struct span *s, u64 addr)
{
	return s->first_unit + (addr / BLOCK_SIZE - s->range.base / BLOCK_SIZE);
}

static bool is_taken(size_t unit)
{
	return (taken[unit / 64] & BIT(unit % 64)) != 0;
}

/* Marks units [from, to); ST_STATE, and nothing marked, when one of them already is. */
static enum status take(size_t from, size_t to)
{
	enum status st = ST_OK;

	spin_lock(&lock);
	for (size_t u = from; u < to && st == ST_OK; u++)
		if (is_taken(u))
			st = ST_STATE;
	for (size_t u = from; u < to && st == ST_OK; u++)
		taken[u / 64] |= BIT(u % 64);
	spin_unlock(&lock);
	return st;
}

static void add_stats(struct accept_stats *sum, const struct accept_stats *s)
{
	sum->calls += s->calls;
	sum->exits += s->exits;
	sum->continuations += s->continuations;
	sum->pages_2m += s->pages_2m;
	sum->pages_4k += s->pages_4k;
	sum->mismatches += s->mismatches;
	sum->retries += s->retries;
	sum->bytes += s->bytes;
}

/* Gives span s its units; what exceeds the bound is taken out of the map. */
static enum status clip_span(struct span *s, u64 *left)
{
	struct range rest = s->range;
	u64 keep = MIN(s->range.size, align_down(*left, PAGE_SIZE));

	*left -= keep;
	s->range.size = keep;
	rest.base += keep;
	rest.size -= keep;
	if (rest.size != 0) {
		enum status st = memmap_set(map, rest, MEM_RESERVED);

		unused_bytes += rest.size;
		if (st != ST_OK || keep == 0)
			return st;
	}
	s->first_unit = unit_count;
	s->units = (range_end(s->range) - 1) / BLOCK_SIZE - s->range.base / BLOCK_SIZE + 1;
	if (unit_count + s->units > UNIT_MAX)
		return ST_TOO_MANY;
	unit_count += s->units;
	return ST_OK;
}

enum status accept_init(struct memmap *m, enum accept_policy policy)
{
	u64 left = ACCEPT_MAX_BYTES;
	size_t listed = 0;

	if (map != NULL)
		return ST_STATE; /* a second map would accept everything again */
	map = m;
	current = policy;
	for (size_t i = 0; i < m->count; i++)
		if (m->region[i].type == MEM_RAM)
			spans[listed++].range = m->region[i].range;
	for (size_t i = 0; i < listed; i++) {
		enum status st = clip_span(&spans[i], &left);

		if (st != ST_OK)
			return st;
		if (spans[i].range.size != 0)
			span_count++;
	}
	return span_count == 0 ? ST_NOT_FOUND : ST_OK;
}

/* Memory is mapped only once it is ours, but where the platform names it by its virtual address
 * (converts_mapped in cvm.h): then nobody gets it before it is accepted, and the mapping goes again
 * when it is not. */
static enum status accept_and_map(struct range r, struct accept_stats *stats)
{
	bool first = cvm.ops->converts_mapped;
	enum status st = first ? mmu_map(r, MAP_RW, MAP_PRIVATE) : ST_OK;

	if (st != ST_OK)
		return st;
	st = cvm.ops->accept(r, stats);
	/* A page that was accepted before we asked, or an answer that is none: not memory withheld,
	 * without which a lazy guest could go on, but a host that exchanges it. */
	if (st == ST_PROTOCOL)
		fatal(st, "accepting 0x%llx", (unsigned long long)r.base);
	if (st == ST_OK)
		return first ? ST_OK : mmu_map(r, MAP_RW, MAP_PRIVATE);
	if (first)
		(void)mmu_unmap(r);
	return st;
}

static enum status accept_span(struct span *s)
{
	enum status st = take(s->first_unit, s->first_unit + s->units);

	if (st == ST_OK)
		st = accept_and_map(s->range, &totals);
	if (st == ST_OK)
		st = memmap_set(map, s->range, MEM_ACCEPTED);
	return st;
}

static enum status accept_unit(const struct span *s)
{
	struct range r = { s->range.base, unit_end(s, s->first_unit) - s->range.base };

	return accept_range(r);
}

/* Under the other policies the page allocator asks for what it hands out. */
enum status accept_all(void)
{
	if (map == NULL)
		return ST_STATE;
	for (size_t i = 0; i < span_count; i++) {
		enum status st = ST_OK;

		if (current == ACCEPT_EAGER)
			st = accept_span(&spans[i]);
		else if (spans[i].range.base < MIB(1))
			st = accept_unit(&spans[i]); /* start-up code of other CPUs */

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* Accepts the first run of units in [*unit, end) of s that is not yet taken; *unit moves past it.
 */
static enum status accept_run(const struct span *s, size_t *unit, size_t end,
			      struct accept_stats *stats)
{
	size_t first = *unit, last;
	struct range r;
	enum status st;

	while (first < end && is_taken(first))
		first++;
	for (last = first; last < end && !is_taken(last);)
		last++;
	*unit = last;
	if (first == last)
		return ST_OK;
	st = take(first, last);
	if (st != ST_OK)
		return st;
	r.base = unit_start(s, first);
	r.size = unit_end(s, last - 1) - r.base;
	return accept_and_map(r, stats);
}

static void accept_share(void *arg)
{
	struct work *w = arg;

	for (size_t i = 0; i < span_count && w->status == ST_OK; i++) {
		const struct span *s = &spans[i];
		size_t unit = MAX(w->from, s->first_unit);
		size_t end = MIN(w->to, s->first_unit + s->units);

		while (unit < end && w->status == ST_OK)
			w->status = accept_run(s, &unit, end, &w->stats);
	}
}

enum status accept_parallel(void)
{
	static struct work work[SMP_MAX_CPUS];
	unsigned listed = MIN(smp_cpu_count(), SMP_MAX_CPUS), n = 0;
	unsigned cpu[SMP_MAX_CPUS];
	enum status st = ST_OK;

	if (map == NULL || current != ACCEPT_PARALLEL)
		return ST_STATE;
	for (unsigned c = 0; c < listed; c++)
		if (c == 0 || smp_start_status(c) == ST_OK)
			cpu[n++] = c;
	if (n == 0)
		cpu[n++] = 0;

	for (unsigned i = 0; i < n; i++) {
		work[i] =
		    (struct work){ .from = unit_count * i / n, .to = unit_count * (i + 1) / n };
	}
	for (unsigned i = n; i-- > 1 && st == ST_OK;)
		st = smp_run(cpu[i], accept_share, &work[i]);
	if (st != ST_OK)
		return st;
	accept_share(&work[0]);
	for (unsigned i = 1; i < n && st == ST_OK; i++)
		st = smp_wait(cpu[i]);
	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		st = work[i].status;
		add_stats(&totals, &work[i].stats);
	}
	for (size_t i = 0; i < map->count && st == ST_OK;)
		if (map->region[i].type == MEM_RAM) {
			st = memmap_set(map, map->region[i].range, MEM_ACCEPTED);
			i = 0; /* neighbours have merged */
		} else {
			i++; /* also what the pool has shared meanwhile: it stays so */
		}
	return st;
}

static const struct span *span_of(u64 addr)
{
	for (size_t i = 0; i < span_count; i++)
		if (addr >= spans[i].range.base && addr < range_end(spans[i].range))
			return &spans[i];
	return NULL;
}

void accept_note(struct range r, enum mem_type type)
{
	spin_lock(&lock);
	if (map != NULL && memmap_set(map, r, type) != ST_OK)
		note_lost = true;
	spin_unlock(&lock);
}

bool accept_notes_complete(void)
{
	return !note_lost;
}

enum status accept_range(struct range r)
{
	enum status st = range_check(r, PAGE_SIZE, 0);
	struct accept_stats stats = { 0 };
	const struct span *s;
	size_t from, to;

	if (st != ST_OK)
		return st;
	s = span_of(r.base);
	if (s == NULL || !range_contains(s->range, r))
		return ST_RANGE;
	from = unit_of(s, r.base);
	to = unit_of(s, range_end(r) - 1) + 1;
	if (r.base != unit_start(s, from) || range_end(r) != unit_end(s, to - 1))
		return ST_ALIGN; /* whole units only: a bit must not stand for half of one */
	st = take(from, to);
	if (st != ST_OK)
		return st;
	st = accept_and_map(r, &stats);
	spin_lock(&lock);
	add_stats(&totals, &stats);
	spin_unlock(&lock);
	if (st == ST_OK)
		accept_note(r, MEM_ACCEPTED);
	return st;
}

bool accept_is_done(u64 addr)
{
	const struct span *s = span_of(addr);

	return s != NULL && is_taken(unit_of(s, addr));
}

void accept_totals(struct accept_stats *out)
{
	*out = totals;
}

u64 accept_unused(void)
{
	return unused_bytes;
}

const char *accept_policy_name(enum accept_policy p)
{
	switch (p) {
	case ACCEPT_EAGER:
		return "eager";
	case ACCEPT_LAZY:
		return "lazy";
	case ACCEPT_PARALLEL:
		return "parallel";
	}
	return "unknown";
}
