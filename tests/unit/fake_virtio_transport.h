/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What virtio/device.c stands on, faked: a transport whose registers are an honest device of a few
 * variables (each value it gives may be turned by the test: `lie`), a clock that moves when it is
 * looked at, and memory that is counted.
 */
#ifndef FAKE_VIRTIO_TRANSPORT_H
#define FAKE_VIRTIO_TRANSPORT_H

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "mm.h"
#include "virtio.h"

#define FAKE_QUEUES 4
#define FAKE_CONFIG 64

/* Which register a value comes from. */
enum fake_register {
	FAKE_FEATURES,
	FAKE_STATUS,
	FAKE_QUEUE_MAX,
	FAKE_QUEUE_TAKEN, /* an enum status */
	FAKE_CONFIG_VALUE,
	FAKE_GENERATION,
	FAKE_ISR,
};

static struct fake {
	u64 offered, taken;
	u8 status;
	u16 queue_max[VIRTIO_QUEUES_MAX];
	struct {
		u64 desc, avail, used;
		u16 size, vector;
	} queue[VIRTIO_QUEUES_MAX];
	u8 config[FAKE_CONFIG];
	u32 generation;
	u8 isr;
	unsigned notified, config_reads;
	char statuses[160]; /* " 0 1 3 b f", as written */
	u64 (*lie)(enum fake_register r, u64 honest);
} fake;

/* ---- the transport ---- */

static u64 fake_says(enum fake_register r, u64 honest)
{
	return fake.lie != NULL ? fake.lie(r, honest) : honest;
}

static u64 fake_device_features(struct virtio_device *d)
{
	return fake_says(FAKE_FEATURES, fake.offered);
}

static void fake_driver_features(struct virtio_device *d, u64 features)
{
	fake.taken = features;
}

static u8 fake_get_status(struct virtio_device *d)
{
	return (u8)fake_says(FAKE_STATUS, fake.status);
}

static void fake_set_status(struct virtio_device *d, u8 status)
{
	const char digits[] = "0123456789abcdef";
	size_t n = strlen(fake.statuses);

	fake.status = status;
	if (status == 0) {
		fake.taken = 0;
		memset(fake.queue, 0, sizeof(fake.queue));
	}
	if (n + 4 < sizeof(fake.statuses)) {
		fake.statuses[n++] = ' ';
		if (status >= 16)
			fake.statuses[n++] = digits[status >> 4];
		fake.statuses[n++] = digits[status & 15];
		fake.statuses[n] = '\0';
	}
}

static u16 fake_queue_max(struct virtio_device *d, u16 index)
{
	return (u16)fake_says(FAKE_QUEUE_MAX, fake.queue_max[index]);
}

static enum status fake_queue_enable(struct virtio_device *d, const struct virtq *q, u16 vector)
{
	fake.queue[q->index].desc = virtq_desc_address(q);
	fake.queue[q->index].avail = virtq_avail_address(q);
	fake.queue[q->index].used = virtq_used_address(q);
	fake.queue[q->index].size = q->size;
	fake.queue[q->index].vector = vector;
	return (enum status)fake_says(FAKE_QUEUE_TAKEN, ST_OK);
}

static void fake_notify(struct virtio_device *d, const struct virtq *q)
{
	fake.notified++;
}

static u32 fake_config_read(struct virtio_device *d, u32 offset, unsigned width)
{
	u32 v = ~0u;

	fake.config_reads++;
	if (offset % width == 0 && offset + width <= FAKE_CONFIG) {
		v = 0;
		memcpy(&v, fake.config + offset, width);
	}
	return (u32)fake_says(FAKE_CONFIG_VALUE, v);
}

static void fake_config_write(struct virtio_device *d, u32 offset, unsigned width, u32 value)
{
	if (offset + width <= FAKE_CONFIG)
		memcpy(fake.config + offset, &value, width);
}

static u32 fake_generation(struct virtio_device *d)
{
	return (u32)fake_says(FAKE_GENERATION, fake.generation);
}

static u8 fake_interrupt_status(struct virtio_device *d)
{
	u8 isr = fake.isr;

	fake.isr = 0;
	return (u8)fake_says(FAKE_ISR, isr);
}

static const struct virtio_transport fake_transport = {
	.name = "fake",
	.device_features = fake_device_features,
	.driver_features = fake_driver_features,
	.get_status = fake_get_status,
	.set_status = fake_set_status,
	.queue_max = fake_queue_max,
	.queue_enable = fake_queue_enable,
	.notify = fake_notify,
	.config_read = fake_config_read,
	.config_write = fake_config_write,
	.config_generation = fake_generation,
	.interrupt_status = fake_interrupt_status,
};

/* ---- the platform, the clock ---- */

static struct cvm_ops fake_ops = { .name = "fake", .platform = CVM_PLAIN };
struct cvm cvm = { .ops = &fake_ops };

static u64 fake_now, fake_tick = 1000, fake_hz = 1000000000;
static u64 fake_relaxed;
static void (*fake_meanwhile)(void); /* while the driver waits */

u64 arch_counter(void)
{
	fake_now += fake_tick;
	return fake_now;
}

u64 arch_counter_hz(void)
{
	return fake_hz;
}

void arch_cpu_relax(void)
{
	fake_relaxed++;
	if (fake_meanwhile != NULL)
		fake_meanwhile();
}

void delay_us(u64 us)
{
	fake_now += us * 1000;
	if (fake_meanwhile != NULL)
		fake_meanwhile();
}

/* ---- memory ---- */

#define FAKE_BLOCKS 64

static struct {
	void *at;
	size_t pages;
} fake_block[FAKE_BLOCKS];
static unsigned fake_pool_left = ~0u, fake_heap_left = ~0u; /* requests still granted */
static unsigned fake_heap_blocks, fake_pool_blocks;

void *pool_alloc(size_t pages, u64 align)
{
	void *p;

	if (fake_pool_left == 0 || fake_pool_blocks == FAKE_BLOCKS)
		return NULL;
	fake_pool_left--;
	p = aligned_alloc(align, pages * PAGE_SIZE);
	if (p == NULL)
		abort();
	memset(p, 0, pages * PAGE_SIZE);
	for (unsigned i = 0; i < FAKE_BLOCKS; i++) {
		if (fake_block[i].at == NULL) {
			fake_block[i].at = p;
			fake_block[i].pages = pages;
			fake_pool_blocks++;
			return p;
		}
	}
	abort();
}

void pool_free(void *p, size_t pages)
{
	for (unsigned i = 0; i < FAKE_BLOCKS; i++) {
		if (p != NULL && fake_block[i].at == p && fake_block[i].pages == pages) {
			fake_block[i].at = NULL;
			fake_pool_blocks--;
			free(p);
			return;
		}
	}
	abort();
}

void *heap_alloc(size_t size)
{
	if (fake_heap_left == 0)
		return NULL;
	fake_heap_left--;
	fake_heap_blocks++;
	return calloc(1, size);
}

void heap_free(void *p)
{
	if (p != NULL)
		fake_heap_blocks--;
	free(p);
}

/* Everything back to an honest device of 4 queues. What the driver left to a device that did not
 * reset is freed here. */
static void fake_reset(void)
{
	for (unsigned i = 0; i < FAKE_BLOCKS; i++) {
		free(fake_block[i].at);
		fake_block[i].at = NULL;
	}
	memset(&fake, 0, sizeof(fake));
	fake.offered = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM) |
		       BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX) | BIT(5);
	for (unsigned i = 0; i < FAKE_QUEUES; i++)
		fake.queue_max[i] = 64;
	fake_ops.platform = CVM_PLAIN;
	cvm.dma_shared = 0;
	fake_tick = 1000;
	fake_hz = 1000000000;
	fake_relaxed = 0;
	fake_meanwhile = NULL;
	fake_pool_left = fake_heap_left = ~0u;
	fake_heap_blocks = fake_pool_blocks = 0;
}

#endif
