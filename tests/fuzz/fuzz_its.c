/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile host behind the ITS driver: registers of ITS and redistributors answer what the input
 * says, now and then, the pool runs dry, tables are written over, any LPI is raised. Whatever it
 * does: registers are told of nothing but whole pages of the shared pool (fake_its.h), ITTs do not
 * overlap, every page is accounted for, every wait ends, and in the end all comes back but what is
 * counted as leaked.
 * sources: drivers/arm64/its*.c drivers/arm64/lpi*.c drivers/deadline.c
 */
#include "fake_its.h"
#include "input.h"

#define ACTIONS      40u
#define ACCESSES_MAX 1000000u /* of one input */
#define MESSAGES     8u

static struct msi_message message[MESSAGES];
static unsigned odds; /* of 256, that a read is answered by the input */

static u64 answer(u64 offset, u64 honest)
{
	fake_must(fake_accesses < ACCESSES_MAX, "no end of it");
	if (input.left == 0 || byte() >= odds)
		return honest;
	if (offset == GITS_CREADR && byte() % 4 != 0)
		return (any(2) * 32 & GITS_OFFSET) | (byte() & GITS_CREADR_STALLED);
	/* Small changes lead further than made-up values. */
	switch (byte() % 4) {
	case 0:
		return any(8);
	case 1:
		return honest ^ BIT(byte() % 64);
	case 2:
		return honest + 32 * (u64)byte();
	default:
		return (honest & ~0xfffffULL) | any(3);
	}
}

static void handler(void *ctx)
{
	fake_must(ctx == &message, "a handler's context");
}

static void scribble(void)
{
	unsigned page = (unsigned)any(2) % FAKE_PAGES;

	if (fake_page[page] != FAKE_FREE)
		memset(fake_pool + page * PAGE_SIZE + any(2) % (PAGE_SIZE - 64), byte(), 64);
}

static void check_itts(void)
{
	for (unsigned i = 0; i < ITS_DEVICES; i++) {
		const struct its_device *d = &its.device[i];

		if (!d->used)
			continue;
		fake_memory(d->itt.base, d->itt.size);
		fake_must(d->itt.size >= its.info.itt_entry * BIT(d->bits), "an ITT too small");
		for (unsigned j = 0; j < i; j++)
			fake_must(!its.device[j].used || !range_overlaps(d->itt, its.device[j].itt),
				  "ITTs overlap");
	}
}

static void check(void)
{
	fake_must(fake_locked == 0 && its.lock.owner == 0, "a lock is kept");
	fake_must(its_get_stats().pages + fake_kept_pages() == fake_used(), "pages nobody counts");
	fake_must(its_get_stats().leaked == fake_kept_pages(), "leaks that are not counted");
	fake_must(its_why() != NULL, "no reason");
	check_itts();
}

static void act(void)
{
	struct its_command c = { { byte(), any(2), any(3), 0 } };
	u32 device = (u32)any(2);
	struct msi_message *m = &message[byte() % MESSAGES];
	u16 collection;

	switch (byte() % 12) {
	case 0:
	case 1:
		(void)its_msi_alloc((u16)(device % 0x120), byte() % 5, handler, &message, m);
		break;
	case 2:
		its_msi_free(m);
		break;
	case 3:
		(void)its_map_device(device, byte() % 18);
		break;
	case 4:
		(void)its_unmap_device(device);
		break;
	case 5:
		(void)its_submit(&c, 1);
		break;
	case 6:
		(void)its_restart();
		break;
	case 7:
		fake_cpu = byte() % FAKE_CPUS;
		(void)its_init_cpu(gic_frame(fake_cpu));
		fake_cpu = 0;
		break;
	case 8:
		(void)lpi_deliver((u32)any(4));
		break;
	case 9:
		scribble();
		break;
	case 10:
		(void)its_collection(byte() % 5, &collection);
		break;
	case 11:
		fake_pool_left = byte();
		break;
	}
}

static void machine(void)
{
	u8 shape = byte();

	fake_machine();
	memset(message, 0, sizeof(message));
	odds = byte() < 128 ? 0 : byte() / 32;
	fake.blind = true;
	fake.answer = answer;
	fake_time_step = NS_PER_S / 10;
	if ((shape & 1) != 0)
		fake_like_kvm();
	if ((shape & 2) != 0)
		fake.typer = any(8) | GITS_TYPER_PHYSICAL;
	if ((shape & 4) != 0)
		fake_baser_is(0, GITS_BASER_TYPE_DEVICE, 1 + byte() % 32);
	if ((shape & 8) != 0)
		fake_baser_is(byte() % GITS_BASERS, byte() % 8, 1 + byte() % 32);
	if ((shape & 16) != 0)
		fake.baser_keeps[0] = ~any(8);
	if ((shape & 32) != 0)
		fake_gicr[byte() % FAKE_CPUS].stays = true;
	if ((shape & 64) != 0)
		fake_gicr[byte() % FAKE_CPUS].keeps = ~any(8);
	if ((shape & 128) != 0)
		platform.msi_map[0].device_base = (u32)any(4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	machine();
	(void)its_init(&platform);
	check();
	odds = byte();
	for (unsigned i = 0; i < ACTIONS && input.left != 0; i++) {
		act();
		check();
	}
	its_stop();
	check();
	fake_must(fake_used() == fake_kept_pages(), "pages that do not come back");
	return 0;
}
