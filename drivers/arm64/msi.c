/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of PCI functions: by the ITS, else by a GICv2m frame, else there are none. */
#include "gic.h"
#include "its.h"
#include "platform.h"
#include "print.h"

typedef unsigned long long ull; /* u64 as the format strings need it */

static bool by_frame;

void msi_init(const struct platform_info *p)
{
	if (its_init(p) != ST_OK)
		by_frame = v2m_init(p) == ST_OK;
}

enum status irq_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m)
{
	if (by_frame)
		return v2m_msi_alloc(cpu, fn, ctx, m);
	return irq_available() ? its_msi_alloc(requester, cpu, fn, ctx, m) : ST_UNSUPPORTED;
}

void irq_msi_free(const struct msi_message *m)
{
	if (by_frame)
		v2m_msi_free(m);
	else
		its_msi_free(m);
}

void irq_stop(void)
{
	its_stop();
}

void irq_print(void)
{
	const struct its_info *i = its_get_info();

	if (!irq_available())
		return;
	if (its_available())
		print("# interrupts: GICv3, messages by ITS 0x%llx (%u device bits, %u event bits, "
		      "%u INTID bits)\n",
		      (ull)its_frame().base, i->device_bits, i->event_bits, i->id_bits);
	else if (by_frame)
		print("# interrupts: GICv3, messages by GICv2m\n");
	else
		print("# interrupts: GICv3, no messages (ITS: %s): PCI devices are polled\n",
		      its_why());
}

/* Nothing where there was no ITS: all of it would be zero. */
void irq_print_counters(void)
{
	struct its_stats s = its_get_stats();

	if (s.high_water != 0)
		print("# gic: pages=%llu high_water=%llu leaked=%llu commands=%llu stalls=%llu "
		      "unexpected_lpis=%llu\n",
		      (ull)s.pages, (ull)s.high_water, (ull)s.leaked, (ull)s.commands,
		      (ull)s.stalls, (ull)lpi_unexpected());
}
