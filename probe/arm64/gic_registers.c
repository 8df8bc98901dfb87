/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the registers of ITS and redistributors say (IHI 0069, 12.11 and 12.19). These checks look
 * for themselves: a host that breaks their rules has an ITS that the driver does not take.
 */
#include "../../drivers/arm64/gic.h"
#include "gic_check.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"

#define TYPER_READS  10
#define WIDTHS       (MASK(17, 4) | GITS_TYPER_PHYSICAL)
#define TABLE_PAGES  16u /* 64 KiB: a page of every size */
#define PROPBASER_ID 13u /* bits - 1 */

static u64 its_read(u64 reg)
{
	return cvm.ops->mmio_read(platform.its.base + reg, 8);
}

static void its_write(u64 reg, u64 v)
{
	cvm.ops->mmio_write(platform.its.base + reg, 8, v);
}

/* Its registers, whatever the driver thinks of it. */
static bool its_there(void)
{
	if (!irq_available() || platform.its.size < GITS_SIZE) {
		check_skip("no ITS");
		return false;
	}
	return expect_eq("mapping the ITS", mmu_map_device(platform.its), ST_OK);
}

void gic_its_init(void)
{
	u64 typer;

	if (!its_there())
		return;
	if (!its_available()) {
		check_fail("bringing the ITS up", "it works", "%s", its_why());
		return;
	}
	typer = its_read(GITS_TYPER);
	expect_true("GITS_TYPER.Physical", (typer & GITS_TYPER_PHYSICAL) != 0, "1");
	for (unsigned i = 0; i < TYPER_READS; i++)
		expect_eq("widths in GITS_TYPER, read again", its_read(GITS_TYPER) & WIDTHS,
			  typer & WIDTHS);
}

/* ---- GITS_BASER ---- */

static bool types_stand_once(void)
{
	u32 seen = 0;

	for (unsigned n = 0; n < GITS_BASERS; n++) {
		u64 baser = its_read(GITS_BASER(n));
		unsigned type = GITS_BASER_TYPE(baser);

		check_note("GITS_BASER%u 0x%llx", n, (unsigned long long)baser);
		if (type == GITS_BASER_TYPE_NONE)
			continue;
		if (!expect_true("the type of a table", (seen & BIT(type)) == 0,
				 "one that no other GITS_BASER has"))
			return false;
		seen |= (u32)BIT(type);
	}
	return expect_true("tables", (seen & BIT(GITS_BASER_TYPE_DEVICE)) != 0,
			   "one of devices among them");
}

static void address_stays(unsigned n, u64 address)
{
	u64 before = its_read(GITS_BASER(n)), again;

	its_write(GITS_BASER(n), (before & ~(GITS_BASER_ADDRESS | MASK(7, 0))) | address);
	again = its_read(GITS_BASER(n));
	its_write(GITS_BASER(n), before);
	check_note("GITS_BASER%u 0x%llx, then 0x%llx", n, (unsigned long long)before,
		   (unsigned long long)again);
	expect_eq("the address in GITS_BASER, read back", again & GITS_BASER_ADDRESS, address);
}

/* While it is disabled they are just registers. */
static bool disable(void)
{
	struct deadline d = deadline_in(WAIT_NS);
	u64 ctlr = platform.its.base + GITS_CTLR;

	cvm.ops->mmio_write(ctlr, 4, 0);
	while ((cvm.ops->mmio_read(ctlr, 4) & GITS_CTLR_QUIESCENT) == 0)
		if (deadline_passed(&d))
			return expect_true("GITS_CTLR.Quiescent of a disabled ITS", false, "1");
	return true;
}

void gic_its_baser(void)
{
	void *table;

	if (!its_there() || !types_stand_once())
		return;
	table = pool_alloc(TABLE_PAGES, KIB(64));
	if (table == NULL) {
		check_skip("no shared memory");
		return;
	}
	if (disable())
		for (unsigned n = 0; n < GITS_BASERS && !check_failed(); n++)
			if (GITS_BASER_TYPE(its_read(GITS_BASER(n))) != GITS_BASER_TYPE_NONE)
				address_stays(n, (u64)(uintptr_t)table);
	if (its_available())
		expect_eq("bringing the ITS up again", its_restart(), ST_OK);
	pool_free(table, TABLE_PAGES);
}

/* ---- GICR_PROPBASER ---- */

static u64 read_address(u64 frame)
{
	return cvm.ops->mmio_read(frame + GICR_PROPBASER, 8) & GICR_PROPBASER_ADDRESS;
}

/* In use it holds one of the driver's tables; else another address is written. */
static void keeps_address(u64 frame, u64 table)
{
	if ((cvm.ops->mmio_read(frame + GICR_CTLR, 4) & GICR_CTLR_ENABLE_LPIS) != 0) {
		expect_ne("the address in GICR_PROPBASER, of all the guest's tables",
			  gic_table_at(read_address(frame)).bytes, 0);
		return;
	}
	cvm.ops->mmio_write(frame + GICR_PROPBASER, 8, table | PROPBASER_ID);
	expect_eq("the address in GICR_PROPBASER, read back", read_address(frame), table);
}

void gic_lpi_propbaser(void)
{
	void *table;

	if (!its_there())
		return;
	table = pool_alloc(TABLE_PAGES, KIB(64));
	if (table == NULL) {
		check_skip("no shared memory");
		return;
	}
	for (unsigned cpu = 0; cpu < smp_cpu_count() && !check_failed(); cpu++) {
		u64 frame = can_listen(cpu) ? gic_frame(cpu) : 0;

		if (frame == 0)
			continue;
		check_note("CPU %u", cpu);
		keeps_address(frame, (u64)(uintptr_t)table);
	}
	pool_free(table, TABLE_PAGES);
}
