/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cycle.h"

void cycle_init(struct cycle *c, u64 every)
{
	*c = (struct cycle){ .every = every };
}

void cycle_order(struct cycle *c, u64 n)
{
	c->left = n;
}

bool cycle_due(const struct cycle *c, u64 exits)
{
	return c->left != 0 || (c->every != 0 && exits - c->last >= c->every);
}

bool cycle_enter(struct cycle *c, unsigned cpu)
{
	if (c->stopped)
		c->waiting |= 1u << cpu;
	else
		c->inside |= 1u << cpu;
	return !c->stopped;
}

u32 cycle_leave(struct cycle *c, unsigned cpu)
{
	c->inside &= ~(1u << cpu);
	return c->stopped && c->inside == 0 ? 1u << c->by : 0;
}

bool cycle_stop(struct cycle *c, unsigned cpu)
{
	if (c->stopped) {
		c->waiting |= 1u << cpu;
		return false;
	}
	c->stopped = true;
	c->by = cpu;
	return true;
}

u32 cycle_go(struct cycle *c)
{
	u32 told = c->waiting;

	c->stopped = false;
	c->waiting = 0;
	return told;
}

enum cycle_result cycle_run(struct cycle *c, struct vits *t, u64 exits, enum status *st)
{
	c->last = exits;
	if (c->left != 0)
		c->left--;
	*st = ST_OK;
	/* A guest that has disabled its ITS may have its tables back: nobody writes there. */
	if (!t->enabled)
		return CYCLE_OK;
	*st = vits_save(t);
	if (*st != ST_OK)
		return CYCLE_SAVE_FAILED;
	*st = vits_restore(t);
	if (*st != ST_OK)
		return CYCLE_RESTORE_FAILED;
	c->done++;
	return CYCLE_OK;
}

bool cycle_report(struct cycle *c, enum cycle_result r)
{
	bool first = r != CYCLE_OK && !c->told[r];

	c->told[r] = true;
	return first;
}
