/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI transport of virtio: structures a hostile device names, registers that do not hold.
 * sources: virtio/pci.c drivers/pci*.c mm/memmap.c lib/range.c lib/print.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_pci.h"
#include "fake_virtio_list.h"

#define BLK BIT(4)

static struct fake_fn *blk;
/* ---- the device's registers ---- */

static u8 regs[0x4000];
static u64 features[2];          /* device, driver; by the select registers */
static u64 last_write, notified; /* offsets in BAR 4 */
static unsigned stuck_at;        /* a register of the common structure that keeps its value */
static struct virtq queue = { .index = 1, .size = 64 };

static u32 bar_read(u16 bdf, unsigned bar, u64 offset, unsigned width)
{
	assert_int_equal(bar, 4);
	assert_true(offset + width <= sizeof(regs));
	if (offset == VIRTIO_PCI_DF)
		return (u32)(features[0] >> (fake_get(regs, 4) == 1 ? 32 : 0));
	return fake_get(regs + offset, width);
}

static void bar_write(u16 bdf, unsigned bar, u64 offset, unsigned width, u32 v)
{
	assert_int_equal(bar, 4);
	assert_true(offset + width <= sizeof(regs));
	last_write = offset;
	if (offset >= 0x3000)
		notified = offset;
	if (offset == VIRTIO_PCI_GF)
		features[1] |= (u64)v << (fake_get(regs + VIRTIO_PCI_GFSELECT, 4) == 1 ? 32 : 0);
	if (stuck_at == 0 || offset != stuck_at)
		memcpy(regs + offset, &v, width);
}

static int setup(void **state)
{
	(void)state;
	fake_machine();
	blk = fake_virtio(BLK, 0x1042);
	fake_list_reset();
	memset(regs, 0, sizeof(regs));
	stuck_at = 0;
	features[0] = 0x123456789a;
	features[1] = last_write = notified = 0;
	fake_bar_read = bar_read;
	fake_bar_write = bar_write;
	return 0;
}

static struct virtio_device *find(void)
{
	fake_list_reset();
	assert_int_equal(pci_init(&platform), ST_OK);
	virtio_find_pci();
	return fake_list.count == 0 ? NULL : &fake_list.device[0];
}

static void test_found(void **state)
{
	struct virtio_device *d = find();

	assert_int_equal(fake_list.count, 1);
	assert_int_equal(fake_list.refused, 0);
	assert_int_equal(d->id, VIRTIO_ID_BLOCK);
	assert_string_equal(d->transport->name, "pci");
	assert_int_equal(d->common.base, FAKE_MEM64);
	assert_int_equal(d->isr.base, FAKE_MEM64 + 0x1000);
	assert_int_equal(d->config.base, FAKE_MEM64 + 0x2000);
	assert_int_equal(d->notify.base, FAKE_MEM64 + 0x3000);
	assert_int_equal(d->notify.size, 0x1000);
	assert_int_equal(d->notify_multiplier, 4);
	assert_false(d->pci->enabled); /* nobody has it yet */
	assert_int_equal(fake_stray, 0);
}

static void test_which(void **state)
{
	fake_virtio(BLK + 8, 0x103f);
	fake_virtio(BLK + 16, 0x1080);
	fake_put(fake_virtio(BLK + 24, 0x1041), 0, 0x10411af5, 4);
	find();
	assert_int_equal(fake_list.count, 1);
	assert_int_equal(fake_list.refused, 0);
	for (u16 i = 4; i <= 4 + ARRAY_SIZE(fake_list.device); i++)
		fake_virtio(BLK + i * 8, 0x1041);
	find();
	assert_int_equal(fake_list.count,
			 ARRAY_SIZE(fake_list.device)); /* the list is full: no crash */
}

struct change {
	u8 at;
	u32 value;
	unsigned width;
};

static void refuses(struct change c, const char *text)
{
	setup(NULL);
	fake_put(blk, c.at, c.value, c.width);
	assert_null(find());
	assert_int_equal(fake_list.refused, 1);
	assert_non_null(strstr(fake_list.why, text));
}

static void test_refused(void **state)
{
	static const struct change common[] = {
		{ 0x43, 9, 1 },          /* no such type */
		{ 0x42, 15, 1 },         /* capability too short */
		{ 0x42, 0xff, 1 },       /* or longer than the space */
		{ 0x44, 6, 1 },          /* reserved BAR */
		{ 0x44, 0, 1 },          /* a BAR that is not there */
		{ 0x48, 2, 4 },          /* not aligned */
		{ 0x48, 0x3fcc, 4 },     /* ends behind the BAR */
		{ 0x48, 0xfffffffc, 4 }, /* wraps in 32 bits */
		{ 0x4c, 0x37, 4 },       /* too short */
		{ 0x4c, 0xffffffff, 4 }, { 0x4c, 0x4001, 4 },
	};
	static const struct change notify[] = {
		{ 0x72, 16, 1 },                         /* no room for the multiplier */
		{ 0x78, 0x3001, 4 },                     /* odd */
		{ 0x7c, 1, 4 },          { 0x80, 1, 4 }, /* not even */
		{ 0x80, 6, 4 },                          /* no power of two */
		{ 0x80, 0xffffffff, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		refuses(common[i], "common configuration");
	for (size_t i = 0; i < ARRAY_SIZE(notify); i++)
		refuses(notify[i], "notification");
	refuses((struct change){ 0x5c, 0, 4 }, "interrupt status");
	refuses((struct change){ 0x34, 0, 1 }, "common configuration");
	setup(state); /* without a device structure there is just none */
	fake_put(blk, 0x6c, 0, 4);
	assert_non_null(find());
	assert_int_equal(fake_list.device[0].config.size, 0);
	assert_int_equal(fake_list.device[0].transport->config_read(&fake_list.device[0], 0, 1),
			 0xff);
}

/* Of several structures of one type the first that can be is used. */
static void test_first_valid(void **state)
{
	fake_virtio_cap(blk, 0xb0, 1, 4, 0x100, 0x100); /* at the head of the chain */
	assert_int_equal(find()->common.base, FAKE_MEM64 + 0x100);
	fake_put(blk, 0xb8, 0x4000, 4);
	assert_int_equal(find()->common.base, FAKE_MEM64);
	fake_virtio_cap(blk, 0xf4, 1, 4, 0, 0x100); /* reaches behind the end */
	assert_int_equal(find()->common.base, FAKE_MEM64);
	fake_virtio_cap(blk, 0xd0, 2, 4, 0x3800, 0x100);
	fake_put(blk, 0xe0, 3, 4); /* a bad multiplier makes it no structure */
	assert_int_equal(find()->notify.base, FAKE_MEM64 + 0x3000);
	fake_put(blk, 0xe0, 0, 4);
	assert_int_equal(find()->notify.base, FAKE_MEM64 + 0x3800);
	assert_int_equal(fake_list.device[0].notify_multiplier, 0);
}

static void test_registers(void **state)
{
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;
	u32 v[4];

	t->set_status(d, 0);
	assert_true(d->pci->enabled);
	assert_int_equal(fake_commands(BLK, v, 4), 1);
	assert_int_equal(v[0], 0x406);
	assert_int_equal(t->device_features(d), 0x123456789a);
	t->driver_features(d, 0x300000005);
	assert_int_equal(features[1], 0x300000005);
	t->set_status(d, 0xf);
	assert_int_equal(t->get_status(d), 0xf);
	regs[VIRTIO_PCI_GENERATION] = 7;
	assert_int_equal(t->config_generation(d), 7);
	regs[VIRTIO_PCI_NUM_QUEUES] = 2;
	regs[VIRTIO_PCI_QUEUE_SIZE + 1] = 1;
	assert_int_equal(t->queue_max(d, 1), 256);
	assert_int_equal(regs[VIRTIO_PCI_QUEUE_SELECT], 1);
	assert_int_equal(t->queue_max(d, 2), 0);
	regs[VIRTIO_PCI_NUM_QUEUES] = 0xff;
	assert_int_equal(t->queue_max(d, VIRTIO_QUEUES_MAX), 0);
	regs[0x1000] = 1;
	assert_int_equal(t->interrupt_status(d), 1);
	regs[0x1000] = 0xff;
	assert_int_equal(t->interrupt_status(d), 0);
	assert_int_equal(fake_stray, 0);
}

static void test_config(void **state)
{
	static const u32 beyond[] = { 0xffd, 0x1000, 0xfffffffc, 0xffffffff };
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	memcpy(regs + 0x2000, "\x11\x22\x33\x44", 4);
	assert_int_equal(t->config_read(d, 0, 4), 0x44332211);
	assert_int_equal(t->config_read(d, 2, 2), 0x4433);
	assert_int_equal(t->config_read(d, 3, 1), 0x44);
	t->config_write(d, 0xffc, 4, 5);
	assert_int_equal(last_write, 0x2ffc);
	last_write = 0;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_int_equal(t->config_read(d, beyond[i], 4), 0xffffffff);
		t->config_write(d, beyond[i], 4, 0);
		assert_int_equal(last_write, 0);
	}
}

static u32 never_on(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return offset == 4 ? 0 : honest;
}

static void test_not_on(void **state)
{
	struct virtio_device *d = find();

	fake_config_answer = never_on;
	d->transport->set_status(d, 0);
	assert_int_equal(d->transport->get_status(d), 0xff);
	assert_int_equal(d->transport->interrupt_status(d), 0);
	assert_int_equal(fake_stray, 0);
}

static u64 address_at(unsigned offset)
{
	return fake_get(regs + offset, 4) | (u64)fake_get(regs + offset + 4, 4) << 32;
}

static void test_queue(void **state)
{
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	regs[VIRTIO_PCI_QUEUE_NOTIFY_OFF] = 0xff;
	regs[VIRTIO_PCI_QUEUE_NOTIFY_OFF + 1] = 3; /* 0x3ff * 4 + 2 fits in 0x1000 */
	assert_int_equal(t->queue_enable(d, &queue, 2), ST_OK);
	assert_int_equal(address_at(VIRTIO_PCI_QUEUE_DESC), FAKE_DESC);
	assert_int_equal(address_at(VIRTIO_PCI_QUEUE_DRIVER), FAKE_AVAIL);
	assert_int_equal(address_at(VIRTIO_PCI_QUEUE_DEVICE), FAKE_USED);
	assert_int_equal(regs[VIRTIO_PCI_QUEUE_SIZE], 64);
	assert_int_equal(regs[VIRTIO_PCI_QUEUE_VECTOR], 2);
	assert_int_equal(last_write, VIRTIO_PCI_QUEUE_ENABLE); /* last of all */
	t->notify(d, &queue);
	assert_int_equal(notified, 0x3000 + 0xffc);
	assert_int_equal(fake_get(regs + notified, 2), 1);
	/* Read once: what the device says later moves nothing. */
	regs[VIRTIO_PCI_QUEUE_NOTIFY_OFF] = 0;
	t->notify(d, &queue);
	assert_int_equal(notified, 0x3000 + 0xffc);
}

static void test_queue_refused(void **state)
{
	static const unsigned registers[] = { VIRTIO_PCI_QUEUE_SIZE, VIRTIO_PCI_QUEUE_VECTOR,
					      VIRTIO_PCI_QUEUE_ENABLE };
	struct virtq far = { .index = VIRTIO_QUEUES_MAX, .size = 64 };
	struct virtio_device *d = find();

	assert_int_equal(d->transport->queue_enable(d, &far, 0), ST_INVALID);
	notified = 0;
	d->transport->notify(d, &far);
	assert_int_equal(notified, 0);
	regs[VIRTIO_PCI_QUEUE_NOTIFY_OFF + 1] = 4; /* 0x400 * 4: behind the end */
	assert_int_equal(d->transport->queue_enable(d, &queue, 0), ST_PROTOCOL);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		setup(state);
		d = find();
		stuck_at = registers[i];
		assert_int_equal(d->transport->queue_enable(d, &queue, 1), ST_PROTOCOL);
	}
	setup(state);
	d = find();
	regs[VIRTIO_PCI_QUEUE_ENABLE] = 1;
	assert_int_equal(d->transport->queue_enable(d, &queue, 1), ST_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_found, setup),
		cmocka_unit_test_setup(test_which, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_first_valid, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_config, setup),
		cmocka_unit_test_setup(test_not_on, setup),
		cmocka_unit_test_setup(test_queue, setup),
		cmocka_unit_test_setup(test_queue_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
