/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LPIs (IHI 0069, 5.1): who has which, and the configuration table, which lies in shared memory and
 * is only ever written. That an LPI comes proves nothing; one that nobody has is counted.
 */
#include "arch.h"
#include "its_internal.h"

#define CONFIG_BYTES (BIT(ITS_LPI_BITS) - GIC_LPI_FIRST) /* one each, from the first LPI */
/* As of a wire: more than any run of ours needs, then it is one nobody asked for. */
#define DELIVERED_MAX 2000000u

static struct {
	irq_handler fn; /* NULL: free; written last, read first */
	void *ctx;
	u64 delivered;
} handler[ITS_LPIS];
static u8 config[CONFIG_BYTES]; /* what we wrote */
static unsigned next;           /* one just given back is the last to be taken again */
static struct spinlock lock;
static u64 unexpected;

static void write_config(u32 n)
{
	u64 at = its.config.base + n;

	if (its.config.size == 0)
		return;
	*(volatile u8 *)(uintptr_t)at = config[n];
	its_publish((struct range){ at, 1 });
}

bool lpi_init(void)
{
	its.config = its_memory(CONFIG_BYTES, PAGE_SIZE);
	if (its.config.size == 0)
		return false;
	lpi_rewrite();
	return true;
}

void lpi_rewrite(void)
{
	for (u32 n = 0; n < CONFIG_BYTES; n++)
		*(volatile u8 *)(uintptr_t)(its.config.base + n) = config[n];
	its_publish(its.config);
}

void lpi_configure(u32 intid, bool enabled, u8 priority)
{
	u32 n = intid - GIC_LPI_FIRST;

	if (intid < GIC_LPI_FIRST || n >= CONFIG_BYTES)
		return;
	config[n] = (u8)((priority & LPI_CONFIG_PRIORITY) | LPI_CONFIG_RES1 |
			 (enabled ? LPI_CONFIG_ENABLED : 0));
	write_config(n);
}

static bool take(irq_handler fn, void *ctx, u32 *intid)
{
	for (unsigned i = 0; i < ITS_LPIS; i++) {
		unsigned n = (next + i) % ITS_LPIS;

		if (handler[n].fn != NULL)
			continue;
		next = n + 1;
		handler[n].ctx = ctx;
		handler[n].delivered = 0;
		__atomic_store_n(&handler[n].fn, fn, __ATOMIC_RELEASE);
		*intid = GIC_LPI_FIRST + n;
		return true;
	}
	return false;
}

enum status lpi_take(irq_handler fn, void *ctx, u32 *intid)
{
	bool irqs, taken;

	if (fn == NULL)
		return ST_INVALID;
	irqs = arch_irq_save();
	spin_lock(&lock);
	taken = take(fn, ctx, intid);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	if (!taken)
		return ST_NO_MEMORY;
	lpi_configure(*intid, false, LPI_PRIORITY);
	return ST_OK;
}

void lpi_give(u32 intid)
{
	u32 n = intid - GIC_LPI_FIRST;

	if (intid < GIC_LPI_FIRST || n >= ITS_LPIS)
		return;
	lpi_configure(intid, false, LPI_PRIORITY);
	__atomic_store_n(&handler[n].fn, NULL, __ATOMIC_RELEASE);
}

u64 lpi_unexpected(void)
{
	return __atomic_load_n(&unexpected, __ATOMIC_RELAXED);
}

bool lpi_deliver(u32 intid)
{
	u32 n = intid - GIC_LPI_FIRST;
	irq_handler fn = NULL;

	if (intid >= GIC_LPI_FIRST && n < ITS_LPIS)
		fn = __atomic_load_n(&handler[n].fn, __ATOMIC_ACQUIRE);
	if (fn != NULL &&
	    __atomic_add_fetch(&handler[n].delivered, 1, __ATOMIC_RELAXED) <= DELIVERED_MAX) {
		fn(handler[n].ctx);
		return true;
	}
	__atomic_add_fetch(&unexpected, 1, __ATOMIC_RELAXED);
	return false;
}
