/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LPIs of one CPU: its redistributor is told where configuration and pending bits lie (IHI 0069,
 * 12.11). A redistributor need not let LPIs be turned off again: then its tables are not ours any
 * more.
 */
#include "arch.h"
#include "cvm.h"
#include "gic.h"
#include "its_internal.h"

static bool enabled(u64 frame)
{
	return (cvm.ops->mmio_read(frame + GICR_CTLR, 4) & GICR_CTLR_ENABLE_LPIS) != 0;
}

static void write_enable(u64 frame, bool on)
{
	u64 v = cvm.ops->mmio_read(frame + GICR_CTLR, 4) & ~GICR_CTLR_ENABLE_LPIS;

	cvm.ops->mmio_write(frame + GICR_CTLR, 4, v | (on ? GICR_CTLR_ENABLE_LPIS : 0));
}

enum status lpi_cpu_stop(u64 frame)
{
	if (!enabled(frame))
		return ST_OK;
	write_enable(frame, false);
	if (its_wait_for(frame + GICR_CTLR, GICR_CTLR_ENABLE_LPIS | GICR_CTLR_RWP, 0) == ST_OK)
		return ST_OK;
	its.lpis_stay = true;
	return ST_TIMEOUT;
}

enum status lpi_cpu_start(u64 frame, struct range pending)
{
	u64 common = (u64)GIC_CACHE_WB << GICR_INNER_SHIFT | GIC_SHARE_INNER;

	if ((cvm.ops->mmio_read(frame + GICR_TYPER, 8) & GICR_TYPER_PLPIS) == 0)
		return ST_UNSUPPORTED;
	/* Somebody else's tables, which it may go on reading and writing. */
	if (lpi_cpu_stop(frame) != ST_OK)
		return ST_STATE;
	if (!its_program(frame + GICR_PROPBASER, its.config.base | common | (ITS_LPI_BITS - 1),
			 GICR_PROPBASER_ADDRESS | GICR_PROPBASER_ID_BITS, GICR_INNER_SHIFT,
			 its.config))
		return ST_PROTOCOL;
	if (!its_program(frame + GICR_PENDBASER, pending.base | common | GICR_PENDBASER_PTZ,
			 GICR_PENDBASER_ADDRESS, GICR_INNER_SHIFT, pending))
		return ST_PROTOCOL;
	arch_barrier();
	write_enable(frame, true);
	return enabled(frame) ? ST_OK : ST_STATE;
}
