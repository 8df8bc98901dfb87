/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration of LPIs (IHI 0069, 5.1): what a byte of the table does, and when. */
#include "arm64/sysreg.h"
#include "gic_check.h"

#define LPIS          3u
#define MASK_AT       0x80u /* ICC_PMR_EL1: priorities above it are lower */
#define PRIORITY_LOW  0xa0u
#define PRIORITY_HIGH 0x40u

static struct gic_device dev;

/* ---- INV ---- */

static void by_inv(struct gic_event *e)
{
	struct its_command inv = its_inv(e->device, e->id);

	lpi_configure(e->lpi, false, LPI_PRIORITY);
	if (!gic_do(&inv, 1, NULL))
		return;
	expect_true("INT of an LPI that is disabled", gic_silent(e, 0), "nothing");
	lpi_configure(e->lpi, true, LPI_PRIORITY);
	expect_ne("interrupts of it once it is enabled", gic_listen(e, 0, &inv, 1, true).there, 0);
}

void gic_its_inv(void)
{
	if (!gic_open(&dev, 0, 1))
		return;
	by_inv(&dev.event[0]);
	gic_close(&dev);
}

static void configure_all(bool enabled)
{
	for (unsigned i = 0; i < LPIS; i++)
		lpi_configure(dev.event[i].lpi, enabled, LPI_PRIORITY);
}

static void by_invall(void)
{
	struct its_command c = its_invall(dev.event[0].collection);
	struct listener l;

	configure_all(false);
	if (!gic_do(&c, 1, NULL))
		return;
	for (unsigned i = 0; i < LPIS; i++)
		expect_true("INT of an LPI that is disabled", gic_silent(&dev.event[i], 0),
			    "nothing");
	configure_all(true);
	if (!listen_start(&l, 0, GIC_LISTEN_NS))
		return;
	if (gic_do(&c, 1, NULL))
		for (unsigned i = 0; i < LPIS; i++)
			expect_true("each of them once it is enabled",
				    heard_more(&dev.event[i].heard, 0, GIC_ARRIVAL_NS), "comes");
	listen_stop(&l);
}

void gic_its_invall(void)
{
	if (!gic_open(&dev, 0, LPIS))
		return;
	by_invall();
	gic_close(&dev);
}

/* ---- priority ---- */

static void set_mask(u64 priority)
{
	write_sysreg(ICC_PMR_EL1, priority);
	isb();
}

static bool set_priority(struct gic_event *e, u8 priority)
{
	struct its_command c[] = { its_invall(e->collection), its_inv(e->device, e->id) };

	lpi_configure(e->lpi, true, priority);
	return gic_do(c, ARRAY_SIZE(c), NULL);
}

/* One below the mask, one above it. */
static void by_priority(struct gic_event *low, struct gic_event *high)
{
	struct listener l;
	u64 before = read_sysreg(ICC_PMR_EL1);

	if (!set_priority(low, PRIORITY_LOW) || !set_priority(high, PRIORITY_HIGH))
		return;
	set_mask(MASK_AT);
	expect_true("INT of an LPI below the CPU's mask", gic_silent(low, 0), "nothing");
	expect_true("INT of an LPI above it", gic_arrives(high, 0), "the LPI");
	if (listen_start(&l, 0, GIC_LISTEN_NS)) {
		set_mask(before);
		expect_true("the first once the mask is lifted",
			    heard_more(&low->heard, 0, GIC_ARRIVAL_NS), "comes");
		listen_stop(&l);
	}
	set_mask(before);
}

void gic_lpi_priority(void)
{
	if (!gic_open(&dev, 0, 2))
		return;
	by_priority(&dev.event[0], &dev.event[1]);
	gic_close(&dev);
}

/* ---- strays ---- */

void gic_lpi_stray(void)
{
	if (!irq_available() || its_get_stats().commands == 0) {
		check_skip("no ITS: %s", its_why());
		return;
	}
	expect_eq("LPIs in this run that nobody had asked for", gic_strays(), 0);
}
