/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory-mapped transport of virtio against registers that lie.
 * sources: virtio/mmio.c lib/print.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cvm.h"
#include "fake_virtio_list.h"
#include "mmu.h"
#include "platform.h"

#define BASE 0xa000000ULL

struct cvm cvm;
struct platform_info platform;

static u8 regs[VIRTIO_MMIO_SIZE];
static u64 features[2];
static u32 stuck_at, last_write, acknowledged;
static bool map_fails;
static struct virtq queue = { .index = 1, .size = 64 };

void arch_barrier(void)
{
}

enum status mmu_map_device(struct range r)
{
	assert_int_equal(r.size, VIRTIO_MMIO_SIZE);
	return map_fails ? ST_NO_MEMORY : ST_OK;
}

static u32 get(u32 offset)
{
	u32 v;

	memcpy(&v, regs + offset, 4);
	return v;
}

static void put(u32 offset, u32 v)
{
	memcpy(regs + offset, &v, 4);
}

/* 4.2.2.2: registers by aligned 32-bit accesses only; the configuration by its fields' widths. */
static u64 at(u64 pa, unsigned width)
{
	u64 offset = pa - BASE;

	assert_true(pa >= BASE && offset + width <= VIRTIO_MMIO_SIZE);
	assert_true(offset >= VIRTIO_MMIO_CONFIG || (width == 4 && offset % 4 == 0));
	return offset;
}

static u64 mmio_read(u64 pa, unsigned width)
{
	u64 offset = at(pa, width), v = 0;

	if (offset == VIRTIO_MMIO_DF)
		return (u32)(features[0] >> 32 * get(VIRTIO_MMIO_DFSELECT));
	memcpy(&v, regs + offset, width);
	return v;
}

static void mmio_write(u64 pa, unsigned width, u64 v)
{
	u64 offset = at(pa, width);

	last_write = (u32)offset;
	if (offset == VIRTIO_MMIO_GF)
		features[1] |= v << 32 * get(VIRTIO_MMIO_GFSELECT);
	if (offset == VIRTIO_MMIO_INTERRUPT_ACK)
		acknowledged = (u32)v;
	if (stuck_at == 0 || offset != stuck_at)
		memcpy(regs + offset, &v, width);
}

static const struct cvm_ops ops = { .mmio_read = mmio_read, .mmio_write = mmio_write };

static int setup(void **state)
{
	(void)state;
	cvm.ops = &ops;
	memset(regs, 0, sizeof(regs));
	fake_list_reset();
	stuck_at = last_write = acknowledged = 0;
	map_fails = false;
	features[0] = 0x123456789a;
	features[1] = 0;
	put(VIRTIO_MMIO_MAGIC, VIRTIO_MMIO_MAGIC_VALUE);
	put(VIRTIO_MMIO_VERSION, 2);
	put(VIRTIO_MMIO_DEVICE_ID, VIRTIO_ID_ENTROPY);
	put(VIRTIO_MMIO_QUEUE_SIZE_MAX, 256);
	platform.virtio_mmio_count = 1;
	platform.virtio_mmio[0].base = BASE;
	platform.virtio_mmio[0].intid = 48;
	return 0;
}

static struct virtio_device *find(void)
{
	virtio_find_mmio();
	return fake_list.count == 0 ? NULL : &fake_list.device[0];
}

static void test_found(void **state)
{
	struct virtio_device *d = find();

	assert_int_equal(fake_list.count, 1);
	assert_int_equal(d->id, VIRTIO_ID_ENTROPY);
	assert_int_equal(d->intid, 48);
	assert_int_equal(d->mmio_base, BASE);
	assert_null(d->pci);
	assert_string_equal(d->transport->name, "mmio");
	assert_int_equal(last_write, 0); /* looking writes nothing */
	platform.virtio_mmio_count = ARRAY_SIZE(fake_list.device) + 1;
	for (unsigned i = 1; i < platform.virtio_mmio_count; i++)
		platform.virtio_mmio[i].base = BASE;
	find();
	assert_int_equal(fake_list.count, ARRAY_SIZE(fake_list.device)); /* full: no crash */
}

static void test_refused(void **state)
{
	put(VIRTIO_MMIO_DEVICE_ID, 0);
	assert_null(find());
	assert_int_equal(fake_list.refused, 0);
	setup(state);
	put(VIRTIO_MMIO_MAGIC, 0x74726977);
	assert_null(find());
	assert_int_equal(fake_list.refused, 1);
	assert_non_null(strstr(fake_list.why, "magic"));
	setup(state);
	put(VIRTIO_MMIO_VERSION, 1);
	assert_null(find());
	assert_int_equal(fake_list.refused, 1);
	assert_non_null(strstr(fake_list.why, "version"));
	setup(state);
	map_fails = true;
	assert_null(find());
	assert_int_equal(fake_list.refused, 1);
	assert_non_null(strstr(fake_list.why, "mapped"));
}

static void test_registers(void **state)
{
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	assert_int_equal(t->device_features(d), 0x123456789a);
	t->driver_features(d, 0x300000005);
	assert_int_equal(features[1], 0x300000005);
	t->set_status(d, 0xf);
	assert_int_equal(t->get_status(d), 0xf);
	put(VIRTIO_MMIO_GENERATION, 0x12345678);
	assert_int_equal(t->config_generation(d), 0x12345678);
	assert_int_equal(t->queue_max(d, 1), 256);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SELECT), 1);
	assert_int_equal(t->queue_max(d, VIRTIO_QUEUES_MAX), 0);
	put(VIRTIO_MMIO_QUEUE_SIZE_MAX, 0x10100); /* more than 16 bits are not a small queue */
	assert_int_equal(t->queue_max(d, 0), 0xffff);
	assert_int_equal(t->interrupt_status(d), 0);
	assert_int_equal(last_write, VIRTIO_MMIO_QUEUE_SELECT); /* nothing to acknowledge */
	put(VIRTIO_MMIO_INTERRUPT, 0xfffffffd);
	assert_int_equal(t->interrupt_status(d), 1);
	assert_int_equal(acknowledged, 1);
}

static void test_config(void **state)
{
	static const struct {
		u32 offset;
		unsigned width;
	} beyond[] = {
		{ 0x100, 1 }, { 0xfd, 4 }, { 0xff, 2 }, { 0xffffffff, 4 }, { 0, 3 }, { 0, 8 }
	};
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	put(VIRTIO_MMIO_CONFIG, 0x44332211);
	assert_int_equal(t->config_read(d, 0, 4), 0x44332211);
	assert_int_equal(t->config_read(d, 2, 2), 0x4433);
	assert_int_equal(t->config_read(d, 3, 1), 0x44);
	t->config_write(d, 0xfc, 4, 5);
	assert_int_equal(get(0x1fc), 5);
	last_write = 0;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		u32 v = t->config_read(d, beyond[i].offset, beyond[i].width);

		assert_int_equal(v & 0xff, 0xff);
		t->config_write(d, beyond[i].offset, beyond[i].width, 0);
		assert_int_equal(last_write, 0);
	}
}

static u64 address_at(u32 offset)
{
	return get(offset) | (u64)get(offset + 4) << 32;
}

static void test_queue(void **state)
{
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	assert_int_equal(t->queue_enable(d, &queue, VIRTIO_MSI_NO_VECTOR), ST_OK);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SELECT), 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SIZE), 64);
	assert_int_equal(address_at(VIRTIO_MMIO_QUEUE_DESC), FAKE_DESC);
	assert_int_equal(address_at(VIRTIO_MMIO_QUEUE_DRIVER), FAKE_AVAIL);
	assert_int_equal(address_at(VIRTIO_MMIO_QUEUE_DEVICE), FAKE_USED);
	assert_int_equal(last_write, VIRTIO_MMIO_QUEUE_READY);
	t->notify(d, &queue);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NOTIFY), 1);
	assert_int_equal(t->queue_enable(d, &queue, VIRTIO_MSI_NO_VECTOR), ST_PROTOCOL); /* on */
}

static void test_queue_refused(void **state)
{
	struct virtq far = { .index = VIRTIO_QUEUES_MAX, .size = 64 };
	struct virtio_device *d = find();
	const struct virtio_transport *t = d->transport;

	assert_int_equal(t->queue_enable(d, &far, VIRTIO_MSI_NO_VECTOR), ST_INVALID);
	assert_int_equal(t->queue_enable(d, &queue, 0), ST_INVALID);
	put(VIRTIO_MMIO_QUEUE_SIZE_MAX, 63);
	assert_int_equal(t->queue_enable(d, &queue, VIRTIO_MSI_NO_VECTOR), ST_PROTOCOL);
	put(VIRTIO_MMIO_QUEUE_SIZE_MAX, 64);
	stuck_at = VIRTIO_MMIO_QUEUE_READY;
	assert_int_equal(t->queue_enable(d, &queue, VIRTIO_MSI_NO_VECTOR), ST_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_found, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_config, setup),
		cmocka_unit_test_setup(test_queue, setup),
		cmocka_unit_test_setup(test_queue_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
