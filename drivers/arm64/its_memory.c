/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the ITS driver stand on: bounded waits, memory of the shared pool, accounting.
 */
#include "arch.h"
#include "cvm.h"
#include "gic.h"
#include "its_internal.h"
#include "mm.h"

enum status its_wait_for(u64 pa, u64 mask, u64 want)
{
	struct deadline d = deadline_in(ITS_WAIT_NS);

	while ((cvm.ops->mmio_read(pa, 4) & mask) != want)
		if (deadline_passed(&d))
			return ST_TIMEOUT;
	return ST_OK;
}

struct range its_memory(u64 bytes, u64 align)
{
	void *p = pool_alloc(bytes / PAGE_SIZE, align);

	return p != NULL ? (struct range){ (u64)(uintptr_t)p, bytes } : (struct range){ 0, 0 };
}

void its_memory_free(struct range *r, bool released)
{
	void *p = (void *)(uintptr_t)r->base;

	if (r->size != 0 && released) {
		pool_free(p, r->size / PAGE_SIZE);
	} else if (r->size != 0) {
		pool_keep(p, r->size);
		its.stats.leaked += r->size / PAGE_SIZE;
	}
	*r = (struct range){ 0, 0 };
}

void its_publish(struct range r)
{
	if (its.noncoherent)
		gic_clean(r);
	arch_barrier();
}

bool its_program(u64 pa, u64 value, u64 same, unsigned inner_shift, struct range table)
{
	u64 back;

	its_publish(table);
	cvm.ops->mmio_write(pa, 8, value);
	back = cvm.ops->mmio_read(pa, 8);
	if ((back & GIC_SHARE_MASK) == 0) {
		its.noncoherent = true;
		its_publish(table);
		value &= ~(GIC_SHARE_MASK | 7ULL << inner_shift);
		value |= (u64)GIC_CACHE_NONE << inner_shift;
		cvm.ops->mmio_write(pa, 8, value);
		back = cvm.ops->mmio_read(pa, 8);
	}
	return ((back ^ value) & same) == 0;
}

static unsigned add_table(struct its_table *list, unsigned n, unsigned max, const char *name,
			  struct range r)
{
	if (r.size == 0 || n == max)
		return n;
	list[n] = (struct its_table){ name, r.base, r.size };
	return n + 1;
}

/* The pages an ITT lies in: several share one. */
static unsigned add_itt(struct its_table *list, unsigned n, unsigned max, struct range itt)
{
	u64 page = align_down(itt.base, PAGE_SIZE);

	for (unsigned i = 0; i < n; i++)
		if (list[i].base == page)
			return n;
	return add_table(list, n, max, "ITTs",
			 (struct range){ page, align_up(itt.size, PAGE_SIZE) });
}

unsigned its_list(struct its_table *list, unsigned max)
{
	unsigned n = 0;

	n = add_table(list, n, max, "command queue", its.queue);
	n = add_table(list, n, max, "device table", its.devices.memory);
	n = add_table(list, n, max, "collection table", its.collections.memory);
	n = add_table(list, n, max, "LPI configuration", its.config);
	for (unsigned i = 0; i < ITS_LEVEL2; i++)
		n = add_table(list, n, max, "device table, level 2", its.level2[i].memory);
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		n = add_table(list, n, max, "LPI pending bits", its.cpu[i].pending);
	for (unsigned i = 0; i < ITS_DEVICES; i++)
		if (its.device[i].itt.size != 0)
			n = add_itt(list, n, max, its.device[i].itt);
	return n;
}

void its_account(void)
{
	static struct its_table list[4 + ITS_LEVEL2 + SMP_MAX_CPUS + ITS_DEVICES];
	unsigned n = its_list(list, ARRAY_SIZE(list));

	its.stats.pages = 0;
	for (unsigned i = 0; i < n; i++)
		its.stats.pages += list[i].bytes / PAGE_SIZE;
	its.stats.high_water = MAX(its.stats.high_water, its.stats.pages);
}
