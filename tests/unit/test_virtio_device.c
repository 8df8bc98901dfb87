/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device from reset to DRIVER_OK and back, over a transport that is honest or lies in one
 * register at a time.
 * sources: virtio/device.c drivers/deadline.c virtio/ring.c lib/print.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_virtio_transport.h"
#include "virtio/internal.h"

#define PLAIN_BITS (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM))
#define RING_BITS  (BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX))

static unsigned mmio_devices, pci_devices;
static struct virtio_device *d;

void console_write(const char *s, size_t n)
{
	fail_msg("the guest prints: %.*s", (int)n, s);
}

void virtio_find_mmio(void)
{
	for (unsigned i = 0; i < mmio_devices; i++) {
		struct virtio_device *at = virtio_add();

		if (at != NULL) {
			at->transport = &fake_transport;
			at->id = VIRTIO_ID_BLOCK;
		}
	}
}

void virtio_find_pci(void)
{
	for (unsigned i = 0; i < pci_devices; i++) {
		struct virtio_device *at = virtio_add();

		if (at != NULL) {
			at->transport = &fake_transport;
			at->id = i % 2 == 0 ? VIRTIO_ID_NET : VIRTIO_ID_BLOCK;
		}
	}
}

static int start(void **state)
{
	(void)state;
	fake_reset();
	mmio_devices = 1;
	pci_devices = 2;
	virtio_init();
	d = virtio_device(0);
	assert_non_null(d);
	return 0;
}

static void is_broken(enum status st, const char *why)
{
	assert_int_equal(d->broken, st);
	assert_string_equal(d->why, why);
	assert_int_equal(fake.status, 0);
	/* For good: nothing more is asked of it but a reset. */
	fake.statuses[0] = '\0';
	assert_int_equal(virtio_open(d, 0), st);
	assert_int_equal(virtio_ready(d), st);
	assert_null(virtio_queue(d, 0, 8));
	assert_int_equal(virtio_config(d, 0, &(u32){ 0 }, 4), st);
	assert_string_equal(fake.statuses, "");
	assert_int_equal(virtio_broken(d, ST_TIMEOUT, "later"), ST_TIMEOUT);
	assert_string_equal(d->why, why);
	assert_int_equal(d->broken, st);
}

static struct virtq *open_queue(void)
{
	struct virtq *q;

	assert_int_equal(virtio_open(d, RING_BITS), ST_OK);
	q = virtio_queue(d, 0, 16);
	assert_non_null(q);
	assert_int_equal(virtio_ready(d), ST_OK);
	return q;
}

/* ---- the list ---- */

static void test_list(void **state)
{
	(void)state;
	assert_int_equal(virtio_count(), 3);
	assert_int_equal(virtio_refused(), 0);
	assert_string_equal(virtio_refused_why(), "");
	assert_null(virtio_device(3));
	assert_ptr_equal(virtio_find(VIRTIO_ID_BLOCK, 0), virtio_device(0));
	assert_ptr_equal(virtio_find(VIRTIO_ID_BLOCK, 1), virtio_device(2));
	assert_null(virtio_find(VIRTIO_ID_BLOCK, 2));
	assert_ptr_equal(virtio_find(VIRTIO_ID_NET, 0), virtio_device(1));
	assert_null(virtio_find(VIRTIO_ID_VSOCK, 0));
	d->id = 77;
	d->claimed = true;
	mmio_devices = 3;
	pci_devices = 31;
	virtio_init();
	assert_int_equal(d->id, VIRTIO_ID_BLOCK); /* nothing left of the one before */
	assert_false(d->claimed);
	assert_int_equal(virtio_count(), VIRTIO_DEVICES_MAX);
	assert_int_equal(virtio_refused(), 2);
	assert_string_equal(virtio_refused_why(), "more than 32 devices");
	virtio_refuse("BAR %u", 9);
	assert_int_equal(virtio_refused(), 3);
	assert_string_equal(virtio_refused_why(), "BAR 9");
}

/* ---- opening ---- */

static void test_open(void **state)
{
	(void)state;
	assert_int_equal(virtio_ready(d), ST_STATE);
	/* A feature that is not offered, one we never take, one that is there. */
	fake.offered |= BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_RING_RESET) | BIT(7);
	assert_int_equal(
	    virtio_open(d, BIT(5) | BIT(6) | BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_RING_RESET)),
	    ST_OK);
	assert_string_equal(fake.statuses, " 0 1 3 b");
	assert_int_equal(fake.taken, PLAIN_BITS | BIT(5));
	assert_int_equal(d->features, PLAIN_BITS | BIT(5));
	assert_true(d->claimed);
	assert_int_equal(virtio_open(d, 0), ST_STATE);
	assert_int_equal(virtio_ready(d), ST_OK);
	assert_string_equal(fake.statuses, " 0 1 3 b f");
	assert_int_equal(virtio_close(d), ST_OK);
	assert_string_equal(fake.statuses, " 0 1 3 b f 0");
	assert_false(d->claimed);
	assert_int_equal(d->features, 0);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_int_equal(d->broken, ST_OK);
}

static void test_required_features(void **state)
{
	(void)state;
	fake.offered &= ~BIT(VIRTIO_F_ACCESS_PLATFORM);
	assert_int_equal(virtio_open(d, 0), ST_OK); /* nothing to hide here */
	assert_int_equal(d->features, BIT(VIRTIO_F_VERSION_1));
	assert_int_equal(virtio_close(d), ST_OK);
	fake_ops.platform = CVM_CCA;
	fake.statuses[0] = '\0';
	assert_int_equal(virtio_open(d, 0), ST_UNSUPPORTED);
	assert_string_equal(fake.statuses, " 0 1 3 83"); /* FAILED; no features were taken */
	assert_int_equal(fake.taken, 0);
	assert_int_equal(d->broken, ST_OK);
	assert_false(d->claimed);
	fake.offered |= BIT(VIRTIO_F_ACCESS_PLATFORM);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_int_equal(d->features, PLAIN_BITS);
	assert_int_equal(virtio_close(d), ST_OK);
	fake_ops.platform = CVM_PLAIN;
	fake.offered &= ~BIT(VIRTIO_F_VERSION_1);
	assert_int_equal(virtio_open(d, 0), ST_UNSUPPORTED);
}

static unsigned status_reads, slow_reads;

static u64 slow_reset(enum fake_register r, u64 honest)
{
	if (r != FAKE_STATUS)
		return honest;
	return status_reads++ < slow_reads ? VIRTIO_DRIVER_OK : honest;
}

static void test_reset(void **state)
{
	u64 before = fake_now;

	(void)state;
	fake.lie = slow_reset;
	status_reads = 0;
	slow_reads = 400; /* slow, and it ends */
	assert_int_equal(virtio_open(d, 0), ST_OK);
	status_reads = 0;
	slow_reads = ~0u;
	assert_int_equal(virtio_close(d), ST_PROTOCOL);
	assert_true(status_reads <= 1000);
	assert_true(fake_now - before < 2000000000); /* two seconds */
	is_broken(ST_PROTOCOL, "reset does not end");
	start(NULL);
	fake.lie = slow_reset;
	assert_int_equal(virtio_open(d, 0), ST_PROTOCOL);
	is_broken(ST_PROTOCOL, "reset does not end");
}

static u8 status_after, status_lie;

/* A status register that turns once `status_after` is written. */
static u64 bad_status(enum fake_register r, u64 honest)
{
	return r == FAKE_STATUS && honest == status_after ? status_lie : honest;
}

static void test_features_refused(void **state)
{
	(void)state;
	fake.lie = bad_status;
	status_after = 0xb;
	status_lie = 0x3; /* FEATURES_OK does not hold */
	assert_int_equal(virtio_open(d, 0), ST_PROTOCOL);
	is_broken(ST_PROTOCOL, "takes back features it offered: 0x300000000 of 0x330000020");
	start(NULL);
	fake.lie = bad_status;
	status_lie = 0x4b; /* wants a reset at once */
	assert_int_equal(virtio_open(d, 0), ST_PROTOCOL);
	is_broken(ST_PROTOCOL, "status 0x4b after 0xb was written");
}

static u64 fewer_features(enum fake_register r, u64 honest)
{
	if (r == FAKE_FEATURES && (fake.status & VIRTIO_FEATURES_OK) != 0)
		return honest & ~BIT(VIRTIO_F_ACCESS_PLATFORM);
	return honest;
}

static void test_features_taken_back(void **state)
{
	(void)state;
	fake.lie = fewer_features;
	assert_int_equal(virtio_open(d, 0), ST_PROTOCOL);
	is_broken(ST_PROTOCOL, "offers features 0x130000020, before it was 0x330000020");
}

static void test_not_ready(void **state)
{
	const u8 lies[] = { 0, 0xb, 0x7, 0xe, 0xd, 0x4f, 0x8f };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		char why[80];

		start(NULL);
		assert_int_equal(virtio_open(d, 0), ST_OK);
		fake.lie = bad_status;
		status_after = 0xf;
		status_lie = lies[i];
		assert_int_equal(virtio_ready(d), ST_PROTOCOL);
		snprintf(why, sizeof(why), "status %#x after 0xf was written", lies[i]);
		is_broken(ST_PROTOCOL, why);
	}
	start(NULL);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	fake.lie = bad_status;
	status_lie = 0x3f; /* bits that mean nothing yet */
	assert_int_equal(virtio_ready(d), ST_OK);
}

/* ---- queues ---- */

static void test_queues(void **state)
{
	struct virtq *q, *r;

	(void)state;
	cvm.dma_shared = BIT(50);
	d->msix = true;
	fake.queue_max[1] = 32768;
	fake.queue_max[2] = 1;
	assert_int_equal(virtio_open(d, BIT(VIRTIO_F_EVENT_IDX)), ST_OK);
	q = virtio_queue(d, 0, 100); /* no power of two: less */
	assert_non_null(q);
	assert_int_equal(q->size, 64);
	assert_int_equal(q->index, 0);
	assert_true(q->event_idx);
	assert_false(q->indirect);
	assert_int_equal(fake.queue[0].size, 64);
	assert_int_equal(fake.queue[0].vector, 0);
	assert_int_equal(fake.queue[0].desc, (uintptr_t)q->ring | BIT(50));
	assert_int_equal(fake.queue[0].avail, (uintptr_t)q->avail | BIT(50));
	assert_int_equal(fake.queue[0].used, (uintptr_t)q->used | BIT(50));
	r = virtio_queue(d, 1, 0xffff);
	assert_non_null(r);
	assert_int_equal(r->size, VIRTQ_SIZE_OURS);
	assert_int_equal(virtio_queue(d, 2, 8)->size, 1);
	assert_int_equal(d->queues, 3);
	assert_ptr_equal(d->queue[1], r);
	assert_int_equal(fake_pool_blocks, 3);
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 0);
	assert_int_equal(fake_heap_blocks, 0);
	assert_null(d->queue[0]);
	assert_int_equal(d->queues, 0);
	d->msix = false;
	assert_int_equal(virtio_open(d, BIT(VIRTIO_F_INDIRECT_DESC)), ST_OK);
	q = virtio_queue(d, 3, 16); /* not the first one: the others are not there */
	assert_non_null(q);
	assert_true(q->indirect);
	assert_int_equal(fake.queue[3].vector, VIRTIO_MSI_NO_VECTOR);
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 0);
}

static void test_queue_sizes(void **state)
{
	const u16 sizes[] = { 0, 3, 96, 127, 32769, 0xffff };
	char why[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		start(NULL);
		fake.queue_max[1] = sizes[i];
		assert_int_equal(virtio_open(d, 0), ST_OK);
		assert_null(virtio_queue(d, 1, 16));
		snprintf(why, sizeof(why), "queue 1 of size %u", sizes[i]);
		is_broken(ST_PROTOCOL, why);
		assert_int_equal(fake_pool_blocks, 0);
	}
}

static void asked_wrongly(u16 index, u16 size)
{
	assert_null(virtio_queue(d, index, size));
	assert_int_equal(d->broken, ST_INVALID);
	assert_int_equal(fake.status, 0);
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 0);
}

static void test_queue_asked_wrongly(void **state)
{
	(void)state;
	asked_wrongly(0, 8); /* not open */
	start(NULL);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	asked_wrongly(VIRTIO_QUEUES_MAX, 8);
	start(NULL);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	asked_wrongly(0, 0);
	start(NULL);
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_non_null(virtio_queue(d, 0, 8));
	asked_wrongly(0, 8); /* again */
}

static void test_queue_memory(void **state)
{
	(void)state;
	fake_pool_left = 0;
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_null(virtio_queue(d, 0, 16));
	is_broken(ST_NO_MEMORY, "no memory for queue 0");
	assert_int_equal(fake_heap_blocks, 0);
	start(NULL);
	fake_heap_left = 0;
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_null(virtio_queue(d, 0, 16));
	is_broken(ST_NO_MEMORY, "no memory for queue 0");
	assert_int_equal(fake_pool_blocks, 0);
}

static u64 not_taken(enum fake_register r, u64 honest)
{
	return r == FAKE_QUEUE_TAKEN ? ST_PROTOCOL : honest;
}

static void test_queue_not_taken(void **state)
{
	(void)state;
	fake.lie = not_taken;
	assert_int_equal(virtio_open(d, 0), ST_OK);
	assert_null(virtio_queue(d, 0, 16));
	/* The device may have the addresses: the pages stay until it is seen to be reset. */
	assert_int_equal(fake_pool_blocks, 1);
	is_broken(ST_PROTOCOL, "queue 0 does not take what is written");
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 0);
}

static void test_pages_left_to_it(void **state)
{
	(void)state;
	(void)open_queue();
	fake.lie = slow_reset;
	status_reads = 0;
	slow_reads = ~0u;
	assert_int_equal(virtio_close(d), ST_PROTOCOL);
	assert_int_equal(fake_pool_blocks, 1); /* lost to a device that may still write them */
	assert_null(d->queue[0]);
	fake.lie = NULL;
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 1);
	assert_int_equal(fake_heap_blocks, 0);
}

/* ---- requests ---- */

static u8 buffer[64] ALIGNED(8);

static void add(struct virtq *q, void *token)
{
	struct virtq_buffer b = { buffer, sizeof(buffer), true };

	assert_int_equal(virtq_add(q, &b, 1, token), ST_OK);
}

static struct virtq *answer_to;
static unsigned answer_after;
static u32 answer_id, answer_len;

static void device_answers(void)
{
	u32 element[2] = { answer_id, answer_len };
	u16 idx = 1;

	if (answer_after-- != 0)
		return;
	memcpy(answer_to->used + 4, element, sizeof(element));
	memcpy(answer_to->used + 2, &idx, sizeof(idx));
}

static void answers(struct virtq *q, unsigned after, u32 id, u32 len)
{
	fake_meanwhile = device_answers;
	answer_to = q;
	answer_after = after;
	answer_id = id;
	answer_len = len;
}

static void test_kick(void **state)
{
	struct virtq *q = open_queue();
	void *token = NULL;
	u32 len = 0;

	(void)state;
	virtio_kick(d, q);
	assert_int_equal(fake.notified, 0); /* nothing to tell */
	add(q, q);
	virtio_kick(d, q);
	assert_int_equal(fake.notified, 1);
	assert_int_equal(d->kicks, 1);
	add(q, q); /* avail_event is still 0 */
	virtio_kick(d, q);
	assert_int_equal(d->kicks, 1);
	assert_int_equal(virtio_close(d), ST_OK);
	start(NULL);
	q = open_queue();
	add(q, q);
	virtio_broken(d, ST_FAULT, "broken");
	virtio_kick(d, q);
	assert_int_equal(fake.notified, 0);
	answers(q, 0, 0, 64);
	device_answers();
	assert_int_equal(virtio_wait(d, q, VIRTIO_NS, &token, &len), ST_FAULT);
	assert_null(token); /* what such a one says is not taken */
	assert_int_equal(virtio_close(d), ST_OK);
}

static void test_wait(void **state)
{
	struct virtq *q = open_queue();
	void *token = NULL;
	u32 len = 0;

	(void)state;
	add(q, &buffer[3]);
	answers(q, 10, 0, 64);
	assert_int_equal(virtio_wait(d, q, VIRTIO_NS, &token, &len), ST_OK);
	assert_ptr_equal(token, &buffer[3]);
	assert_int_equal(len, 64);
	assert_int_equal(fake_relaxed, 11);
	assert_int_equal(virtio_close(d), ST_OK);
}

static void test_wait_timeout(void **state)
{
	struct virtq *q = open_queue();
	void *token = NULL;
	u32 len = 0;
	u64 begin = fake_now;

	(void)state;
	add(q, q);
	assert_int_equal(virtio_wait(d, q, 10000000, &token, &len), ST_TIMEOUT);
	assert_in_range(fake_now - begin, 10000000, 10100000);
	assert_int_equal(d->broken, ST_OK); /* it may come yet */
	fake_hz = 0;                        /* unknown: some bound all the same */
	begin = fake_now;
	assert_int_equal(virtio_wait(d, q, 10000000, &token, &len), ST_TIMEOUT);
	assert_in_range(fake_now - begin, 10000000, 10100000);
	fake_hz = 1000000000;
	begin = fake_now;
	fake_tick = BIT(40); /* a very long time does not overflow into none */
	assert_int_equal(virtio_wait(d, q, ~0ULL, &token, &len), ST_TIMEOUT);
	assert_true(fake_now - begin > 900000000000ULL);
	fake_tick = 0; /* a counter that stands still */
	assert_int_equal(virtio_wait(d, q, VIRTIO_NS, &token, &len), ST_TIMEOUT);
	assert_int_equal(virtio_close(d), ST_OK);
}

static void test_wait_needs_reset(void **state)
{
	struct virtq *q = open_queue();
	void *token = NULL;
	u32 len = 0;

	(void)state;
	add(q, q);
	fake.status |= VIRTIO_NEEDS_RESET;
	assert_int_equal(virtio_wait(d, q, 100000, &token, &len), ST_PROTOCOL);
	is_broken(ST_PROTOCOL, "status 0x4f after 0xf was written");
	assert_int_equal(virtio_wait(d, q, 100000, &token, &len), ST_PROTOCOL);
	assert_int_equal(virtio_close(d), ST_OK);
}

static void test_wait_broken_ring(void **state)
{
	struct virtq *q = open_queue();
	void *token = NULL;
	u32 len = 0;

	(void)state;
	add(q, q);
	answers(q, 2, 0, 65);
	assert_int_equal(virtio_wait(d, q, VIRTIO_NS, &token, &len), ST_PROTOCOL);
	assert_null(token);
	is_broken(ST_PROTOCOL, "queue 0: used length is more than the device may write (65)");
	assert_int_equal(virtio_close(d), ST_OK);
	assert_int_equal(fake_pool_blocks, 0);
}

static u64 sees_no_count(enum fake_register r, u64 honest)
{
	if (r == FAKE_ISR)
		assert_int_equal(d->interrupts, 0); /* acknowledged before it is counted */
	return honest;
}

static void test_interrupt(void **state)
{
	(void)state;
	fake.lie = sees_no_count;
	fake.isr = VIRTIO_ISR_QUEUE;
	virtio_interrupt(d);
	assert_int_equal(d->interrupts, 1);
	assert_int_equal(fake.isr, 0); /* acknowledged: the level goes down */
	d->msix = true;
	fake.isr = VIRTIO_ISR_QUEUE;
	virtio_interrupt(d);
	assert_int_equal(d->interrupts, 2);
	assert_int_equal(fake.isr, VIRTIO_ISR_QUEUE);
}

/* ---- configuration ---- */

static unsigned config_changes;

/* The generation moves with each look at a field, a number of times. */
static u64 changing(enum fake_register r, u64 honest)
{
	if (r == FAKE_CONFIG_VALUE && config_changes > 0) {
		config_changes--;
		fake.generation++;
		memset(fake.config, (int)config_changes, sizeof(fake.config));
	}
	return honest;
}

static void test_config(void **state)
{
	u8 out[8], want[8];

	(void)state;
	for (unsigned i = 0; i < FAKE_CONFIG; i++)
		fake.config[i] = (u8)(0x10 + i);
	/* Accesses of the field's width: u64 by halves, u16, and bytes for a MAC address. */
	assert_int_equal(virtio_config(d, 8, out, 8), ST_OK);
	assert_memory_equal(out, fake.config + 8, 8);
	assert_int_equal(fake.config_reads, 2);
	assert_int_equal(virtio_config(d, 6, out, 2), ST_OK);
	assert_memory_equal(out, fake.config + 6, 2);
	assert_int_equal(fake.config_reads, 3);
	assert_int_equal(virtio_config(d, 0, out, 6), ST_OK);
	assert_memory_equal(out, fake.config, 6);
	assert_int_equal(fake.config_reads, 9);
	assert_int_equal(virtio_config(d, 3, out, 2), ST_OK);
	assert_memory_equal(out, fake.config + 3, 2);
	assert_int_equal(fake.config_reads, 11);
	assert_int_equal(virtio_config(d, 2, out, 4), ST_OK);
	assert_memory_equal(out, fake.config + 2, 4);
	assert_int_equal(fake.config_reads, 15);
	assert_int_equal(virtio_config(d, FAKE_CONFIG, out, 4), ST_OK); /* all ones beyond */
	memset(want, 0xff, 4);
	assert_memory_equal(out, want, 4);
	assert_int_equal(virtio_config(d, 0, out, 0), ST_RANGE);
	assert_int_equal(virtio_config(d, 0, out, 4097), ST_RANGE);
	assert_int_equal(virtio_config(d, 4090, out, 8), ST_RANGE);
	assert_int_equal(virtio_config(d, ~0u, out, 4), ST_RANGE);
}

static void test_config_changes(void **state)
{
	u8 out[8], want[8] = { 0 };

	(void)state;
	fake.lie = changing;
	config_changes = 5;
	memset(fake.config, 0x5a, sizeof(fake.config));
	assert_int_equal(virtio_config(d, 0, out, 8), ST_OK);
	assert_int_equal(config_changes, 0);
	assert_memory_equal(out, want, 8); /* the last state, whole */
	config_changes = ~0u;
	memset(out, 0x77, sizeof(out));
	fake.config_reads = 0;
	assert_int_equal(virtio_config(d, 0, out, 8), ST_PROTOCOL);
	assert_in_range(fake.config_reads, 2, 100);
	assert_memory_equal(out, want, 8);
	is_broken(ST_PROTOCOL, "configuration changes whenever it is read");
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(virtio_id_name(VIRTIO_ID_BLOCK), "block");
	assert_string_equal(virtio_id_name(VIRTIO_ID_NET), "net");
	assert_string_equal(virtio_id_name(VIRTIO_ID_CONSOLE), "console");
	assert_string_equal(virtio_id_name(VIRTIO_ID_ENTROPY), "entropy");
	assert_string_equal(virtio_id_name(VIRTIO_ID_VSOCK), "vsock");
	assert_string_equal(virtio_id_name(0), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup(test_list, start),
		cmocka_unit_test_setup(test_open, start),
		cmocka_unit_test_setup(test_required_features, start),
		cmocka_unit_test_setup(test_reset, start),
		cmocka_unit_test_setup(test_features_refused, start),
		cmocka_unit_test_setup(test_features_taken_back, start),
		cmocka_unit_test_setup(test_not_ready, start),
		cmocka_unit_test_setup(test_queues, start),
		cmocka_unit_test_setup(test_queue_sizes, start),
		cmocka_unit_test_setup(test_queue_asked_wrongly, start),
		cmocka_unit_test_setup(test_queue_memory, start),
		cmocka_unit_test_setup(test_queue_not_taken, start),
		cmocka_unit_test_setup(test_pages_left_to_it, start),
		cmocka_unit_test_setup(test_kick, start),
		cmocka_unit_test_setup(test_wait, start),
		cmocka_unit_test_setup(test_wait_timeout, start),
		cmocka_unit_test_setup(test_wait_needs_reset, start),
		cmocka_unit_test_setup(test_wait_broken_ring, start),
		cmocka_unit_test_setup(test_interrupt, start),
		cmocka_unit_test_setup(test_config, start),
		cmocka_unit_test_setup(test_config_changes, start),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	fake_reset();
	return failed;
}
