/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ITTs where none can be (IHI 0069, MAPD leaves open what becomes of them): beyond all memory, and
 * in a page that is private. A host may refuse the device, lose its events or deliver them; no
 * other device is touched, and no private page.
 */
#include "abi/coop.h"
#include "gic_check.h"

#include <string.h>

#include "cvm.h"
#include "mm.h"

#define NOWHERE BIT(44) /* canonical, and beyond what any machine here has */
#define PATTERN 0x5a

static struct gic_device good;
static struct gic_event stray;

/* All that makes a host look into the ITT; whatever comes of it. */
static void lead_astray(u64 itt)
{
	const struct its_command c[] = {
		its_mapd(stray.device, GIC_BITS, itt, true),
		its_mapti(stray.device, 0, stray.lpi, good.event[0].collection),
		its_int(stray.device, 0),
		its_discard(stray.device, 0),
	};
	struct its_command gone = its_mapd(stray.device, GIC_BITS, itt, false);

	for (unsigned i = 0; i < ARRAY_SIZE(c) && !check_failed(); i++) {
		(void)gic_listen(&stray, 0, &c[i], 1, false);
		/* It may be unable to; then it says so and goes on. */
		if (coop_has(COOP_ITS_SAVE))
			(void)coop_do(COOP_ITS_SAVE, 0, 0);
	}
	(void)gic_do(&gone, 1, NULL);
}

static void others_stand(const char *where)
{
	check_note("an ITT %s", where);
	expect_true("INT of another device's event", gic_arrives(&good.event[0], 0), "its LPI");
}

static bool is_pattern(const u8 *page)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		if (page[i] != PATTERN)
			return false;
	return true;
}

static void in_private_memory(void)
{
	u64 page = pages_alloc(1, PAGE_SIZE);
	void *bytes = (void *)(uintptr_t)page;

	if (page == 0)
		return;
	memset(bytes, PATTERN, PAGE_SIZE);
	lead_astray(page);
	others_stand("in private memory");
	expect_true("that page", is_pattern(bytes), "as it was");
	pages_free(page, 1);
}

void gic_memory_bad_itt(void)
{
	bool told = coop_has(COOP_DMA_PRIVATE);

	if (!gic_usable() || !gic_open(&good, 0, 1))
		return;
	stray = (struct gic_event){ .device = gic_device_id(1) };
	if (gic_take(&stray)) {
		if (told)
			(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
		lead_astray(NOWHERE);
		others_stand("beyond all memory");
		if (told && !check_failed())
			in_private_memory();
		gic_restart();
		if (told)
			(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
		lpi_give(stray.lpi);
	}
	gic_close(&good);
}
