/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device pages. After ENROLL the host is shown accesses to guarded pages only, so a page is opened
 * when a driver first touches it and never by what a devicetree lists. The table is ours: EL2 is
 * asked once for each page. Sorted ranges, none touching another.
 */
#include <string.h>

#include "arch.h"
#include "internal.h"
#include "smp.h"

static struct range open[PKVM_GUARD_MAX];
static unsigned open_count;
static struct spinlock lock;

/* The first range that ends behind addr; open_count: none. */
static unsigned find(u64 addr)
{
	unsigned low = 0, high = open_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (range_end(open[middle]) > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool is_open(u64 addr)
{
	unsigned i = find(addr);

	return i < open_count && open[i].base <= addr;
}

static void remove_at(unsigned i)
{
	open_count--;
	memmove(&open[i], &open[i + 1], (open_count - i) * sizeof(open[0]));
}

/* Is there room to note this granule, not open yet? */
static bool has_room(u64 base)
{
	unsigned i = find(base);

	return open_count < PKVM_GUARD_MAX || (i > 0 && range_end(open[i - 1]) == base) ||
	       (i < open_count && open[i].base == base + pkvm_info.granule);
}

static void note(u64 base)
{
	u64 granule = pkvm_info.granule;
	unsigned i = find(base);

	if (i > 0 && range_end(open[i - 1]) == base) {
		open[i - 1].size += granule;
		if (i < open_count && open[i].base == range_end(open[i - 1])) {
			open[i - 1].size += open[i].size;
			remove_at(i);
		}
	} else if (i < open_count && open[i].base == base + granule) {
		open[i].base -= granule;
		open[i].size += granule;
	} else {
		memmove(&open[i + 1], &open[i], (open_count - i) * sizeof(open[0]));
		open[i] = (struct range){ base, granule };
		open_count++;
	}
}

static enum status guard_granule(u64 base)
{
	s64 x0;

	if (is_open(base))
		return ST_OK;
	if (!has_room(base))
		return ST_TOO_MANY;
	x0 = pkvm_call(PKVM_MMIO_GUARD, base, 0, 0).x0;
	if (x0 == PKVM_SUCCESS) {
		note(base);
		return ST_OK;
	}
	return pkvm_status_of(x0)->status == ST_OK ? ST_PROTOCOL : pkvm_status_of(x0)->status;
}

/* Nothing is printed in here: the console is a device, too. */
enum status pkvm_guard(struct range r)
{
	enum status st = range_check(r, 1, cvm.addr_limit);
	u64 base, end;
	bool irqs;

	/* Not enrolled where that is offered, or without a granule that can be used: we are about
	 * to stop, and the console that says why works without a guard. */
	if (st != ST_OK || !pkvm_has(PKVM_MMIO_GUARD) || pkvm_info.granule == 0 ||
	    (pkvm_has(PKVM_MMIO_GUARD_ENROLL) && !pkvm_info.enrolled))
		return st;
	base = align_down(r.base, pkvm_info.granule);
	end = align_up(range_end(r), pkvm_info.granule); /* below 2^63: no wrap */
	irqs = arch_irq_save();
	spin_lock(&lock);
	for (; base < end && st == ST_OK; base += pkvm_info.granule)
		st = guard_granule(base);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	return st;
}

bool pkvm_is_guarded(u64 pa)
{
	return is_open(pa);
}
