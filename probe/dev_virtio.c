/* SPDX-License-Identifier: BSD-2-Clause */
/* Status, features, queue sizes and configuration of every virtio device
 * (VIRTIO 1.2, 2 and 3.1), register by register. */
#include "abi/coop.h"
#include "dev.h"
#include "mm.h"

#define STATUS_DRIVER (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER)

static u64 required(void)
{
	u64 f = BIT(VIRTIO_F_VERSION_1);

	/* Where memory is private, a device must go by what the platform lets it
	 * reach. */
	return cvm.ops->platform == CVM_PLAIN ? f : f | BIT(VIRTIO_F_ACCESS_PLATFORM);
}

/* From reset to DRIVER; the device's features. */
static u64 greet(struct virtio_device *d)
{
	(void)dev_reset(d);
	d->transport->set_status(d, VIRTIO_ACKNOWLEDGE);
	d->transport->set_status(d, STATUS_DRIVER);
	return d->transport->device_features(d);
}

static void try_features(struct virtio_device *d)
{
	expect_eq("the features every device must offer", greet(d) & required(), required());
	(void)dev_reset(d);
}

void dev_virtio_features(void)
{
	dev_each(try_features);
}

/* Of what is offered, only what is needed, and that with one feature more. */
static void take_subset(struct virtio_device *d, u64 more)
{
	u64 offered = greet(d),
	    take = offered & (required() | BIT(VIRTIO_F_ACCESS_PLATFORM) | more);
	u8 status;

	if (!expect_eq("the features every device must offer", offered & required(), required()))
		return;

	d->transport->driver_features(d, take);
	d->transport->set_status(d, STATUS_DRIVER | VIRTIO_FEATURES_OK);
	status = d->transport->get_status(d);
	check_note("features taken: 0x%llx of 0x%llx", (unsigned long long)take,
		   (unsigned long long)offered);
	expect_eq("status after FEATURES_OK", status, STATUS_DRIVER | VIRTIO_FEATURES_OK);
	(void)dev_reset(d);
}

static void try_subsets(struct virtio_device *d)
{
	take_subset(d, 0);
	take_subset(d, BIT(VIRTIO_F_INDIRECT_DESC));
	take_subset(d, BIT(VIRTIO_F_EVENT_IDX));
}

void dev_virtio_subset(void)
{
	dev_each(try_subsets);
}

static bool queue_enabled(struct virtio_device *d, u16 index)
{
	if (d->pci == NULL) {
		cvm.ops->mmio_write(d->mmio_base + VIRTIO_MMIO_QUEUE_SELECT, 4, index);
		return cvm.ops->mmio_read(d->mmio_base + VIRTIO_MMIO_QUEUE_READY, 4) != 0;
	}
	cvm.ops->mmio_write(d->common.base + VIRTIO_PCI_QUEUE_SELECT, 2, index);
	return cvm.ops->mmio_read(d->common.base + VIRTIO_PCI_QUEUE_ENABLE, 2) != 0;
}

/* A queue that was on is off after a reset, and the device can be opened again.
 */
static void try_reset(struct virtio_device *d)
{
	struct dev_queue *k;
	bool done;

	if (!expect_true("a reset", dev_reset(d), "status 0 within its time") ||
	    !dev_ok("opening", d, virtio_open(d, 0)))
		return;
	k = dev_queue_open(d, 0, 4, VIRTIO_MSI_NO_VECTOR);
	if (k == NULL)
		return;
	(void)virtio_ready(d);
	done = expect_true("the queue before the reset", queue_enabled(d, 0), "enabled") &&
	       expect_true("a reset of the working device", dev_reset(d),
			   "status 0 within its time") &&
	       expect_true("the queue after the reset", !queue_enabled(d, 0), "not enabled");
	(void)virtio_close(d);
	/* A queue that is still on may still be written to. */
	if (done)
		dev_queue_free(k);
}

void dev_virtio_reset(void)
{
	dev_each(try_reset);
}

static void try_same(struct virtio_device *d)
{
	u64 before = greet(d);

	expect_eq("features read twice", d->transport->device_features(d), before);
	expect_eq("features after a reset", greet(d), before);
	(void)dev_reset(d);
}

void dev_virtio_same(void)
{
	dev_each(try_same);
}

static bool size_can_be(u16 max)
{
	return expect_true("the size of a queue", max <= VIRTQ_SIZE_MAX && (max & (max - 1)) == 0,
			   "a power of two up to 32768");
}

/* Calls fn for each queue with its size; each device has one at least. */
static void each_queue(struct virtio_device *d,
		       void (*fn)(struct virtio_device *d, u16 index, u16 max))
{
	u16 index = 0;

	(void)greet(d);
	for (; index < VIRTIO_QUEUES_MAX; index++) {
		u16 max = d->transport->queue_max(d, index);

		if (max == 0)
			break;
		check_note("queue %u: at most %u", index, max);
		if (!size_can_be(max))
			break;
		if (fn != NULL)
			fn(d, index, max);
	}
	expect_true("queues", index > 0, "one at least");
	(void)dev_reset(d);
}

static void try_sizes(struct virtio_device *d)
{
	each_queue(d, NULL);
}

void dev_virtio_queue_size(void)
{
	dev_each(try_sizes);
}

static void try_half(struct virtio_device *d, u16 index, u16 max)
{
	u64 size = d->common.base + VIRTIO_PCI_QUEUE_SIZE;

	if (max < 2)
		return;
	cvm.ops->mmio_write(d->common.base + VIRTIO_PCI_QUEUE_SELECT, 2, index);
	cvm.ops->mmio_write(size, 2, max / 2);
	expect_eq("half its size, read back", cvm.ops->mmio_read(size, 2), max / 2);
}

/* What was written to an mmio device cannot be read. */
static void try_halves(struct virtio_device *d)
{
	if (d->pci != NULL)
		each_queue(d, try_half);
}

void dev_virtio_queue_smaller(void)
{
	dev_each(try_halves);
}

/* ---- configuration ---- */

#define CHANGES 5 /* fewer than virtio_config() tries */

static u64 config64(struct virtio_device *d, u32 *generation)
{
	u64 v;

	*generation = d->transport->config_generation(d);
	v = d->transport->config_read(d, 0, 4);
	return v | (u64)d->transport->config_read(d, 4, 4) << 32;
}

/* The same generation, the same content. */
static void try_stable(struct virtio_device *d)
{
	u32 generation[2];
	u64 content[2];

	(void)greet(d);
	content[0] = config64(d, &generation[0]);
	content[1] = config64(d, &generation[1]);
	if (generation[0] == generation[1])
		expect_eq("8 bytes of configuration in one generation", content[1], content[0]);
	(void)dev_reset(d);
}

/* While the host changes the CID, a driver that minds the generation reads no
 * half of another. */
static void try_changing(struct virtio_device *d)
{
	u32 cid[2] = { 0 };
	enum status st;

	(void)greet(d);
	d->broken = ST_OK; /* whether its resets end is another rule's */
	expect_true("the host to change the CID", coop_do(COOP_VSOCK_CID, CHANGES, 0), "done");
	st = virtio_config(d, VIRTIO_VSOCK_CONFIG_CID, cid, sizeof(cid));
	(void)coop_do(COOP_VSOCK_CID, 0, 0);
	if (dev_ok("reading the CID while it changes", d, st))
		expect_eq("its upper half", cid[1], cid[0]);
	(void)dev_reset(d);
}

void dev_virtio_generation(void)
{
	struct virtio_device *d = dev_nth(VIRTIO_ID_VSOCK, 0);

	dev_each(try_stable);
	if (d != NULL && coop_has(COOP_VSOCK_CID) && !check_failed())
		try_changing(d);
}
