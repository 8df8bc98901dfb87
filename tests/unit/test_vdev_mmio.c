/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/common/vdev_*.c hosts/common/vtap_[dlr]*.c hosts/common/[ls]*.c lib/print.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "vsock_driver.h"

#define FEATURES                                                                                   \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM) | BIT(VIRTIO_F_EVENT_IDX) |       \
	 BIT(VIRTIO_F_INDIRECT_DESC))

static int setup(void **state)
{
	fake_vio_reset();
	vdev_reset();
	return 0;
}

static u64 offered(void)
{
	u64 f;

	reg(VIRTIO_MMIO_DFSELECT, 0);
	f = get(VIRTIO_MMIO_DF);
	reg(VIRTIO_MMIO_DFSELECT, 1);
	f |= (u64)get(VIRTIO_MMIO_DF) << 32;
	reg(VIRTIO_MMIO_DFSELECT, 2);
	assert_int_equal(get(VIRTIO_MMIO_DF), 0);
	return f;
}

static void test_identity(void **state)
{
	assert_int_equal(get(VIRTIO_MMIO_MAGIC), VIRTIO_MMIO_MAGIC_VALUE);
	assert_int_equal(get(VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_VSOCK);
	assert_int_not_equal(get(VIRTIO_MMIO_VENDOR_ID), 0);
	assert_int_equal(offered(), FEATURES);
	assert_int_equal(get(VIRTIO_MMIO_GF), 0); /* written only */
	/* Other widths and alignments read nothing, and write nothing. */
	assert_int_equal(vdev_mmio_read(VIRTIO_MMIO_MAGIC, 2), 0);
	assert_int_equal(vdev_mmio_read(VIRTIO_MMIO_MAGIC, 8), 0);
	assert_int_equal(vdev_mmio_read(VIRTIO_MMIO_MAGIC + 2, 4), 0);
	vdev_mmio_write(VIRTIO_MMIO_STATUS, 1, VIRTIO_ACKNOWLEDGE);
	vdev_mmio_write(VIRTIO_MMIO_STATUS + 1, 4, VIRTIO_ACKNOWLEDGE);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
}

static void test_features(void **state)
{
	drv_features(FEATURES);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), DRV_STATUS);
	drv_features(FEATURES | BIT(VIRTIO_F_RING_PACKED)); /* not offered */
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	reg(VIRTIO_MMIO_STATUS, DRV_STATUS | VIRTIO_DRIVER_OK); /* nor this, then */
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	drv_features(BIT(VIRTIO_F_ACCESS_PLATFORM));
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	drv_features(BIT(VIRTIO_F_VERSION_1));
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	/* Settled means settled; a word beyond them is none. */
	drv_features(FEATURES);
	reg(VIRTIO_MMIO_GFSELECT, 0);
	reg(VIRTIO_MMIO_GF, 0);
	assert_int_equal(vdev.driver_features, FEATURES);
	reg(VIRTIO_MMIO_STATUS, 0);
	reg(VIRTIO_MMIO_GFSELECT, 2);
	reg(VIRTIO_MMIO_GF, 0xffffffff);
	assert_int_equal(vdev.driver_features, 0);
}

static void test_status(void **state)
{
	reg(VIRTIO_MMIO_STATUS, VIRTIO_ACKNOWLEDGE | VIRTIO_NEEDS_RESET);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE);
	reg(VIRTIO_MMIO_STATUS, VIRTIO_DRIVER); /* bits stay */
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	drv_open(0);
	reg(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
	for (u32 i = 0; i < 3; i++) {
		reg(VIRTIO_MMIO_QUEUE_SELECT, i);
		assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	}
}

static void test_queues(void **state)
{
	drv_features(FEATURES);
	reg(VIRTIO_MMIO_QUEUE_SELECT, 3);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SIZE_MAX), 0);
	reg(VIRTIO_MMIO_QUEUE_READY, 1);
	reg(VIRTIO_MMIO_QUEUE_READY, 0);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	reg(VIRTIO_MMIO_QUEUE_SELECT, 0x10000); /* not queue 0 */
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SIZE_MAX), 0);
	drv_queue(2);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_SIZE_MAX), VDEV_QUEUE_MAX);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	assert_int_equal(vdev.ring[2].q.desc, DRV_RING(2));
	assert_int_equal(vdev.ring[2].q.size, DRV_SIZE);
	/* In use: it stays as it is. */
	reg(VIRTIO_MMIO_QUEUE_DESC, 0x1000);
	reg(VIRTIO_MMIO_QUEUE_SIZE, 8);
	assert_int_equal(vdev.ring[2].q.desc, DRV_RING(2));
	assert_int_equal(vdev.ring[2].q.size, DRV_SIZE);
	reg(VIRTIO_MMIO_QUEUE_READY, 2);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	reg(VIRTIO_MMIO_QUEUE_READY, 0);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	/* Sizes that are none are not taken. */
	reg(VIRTIO_MMIO_QUEUE_SIZE, 12);
	reg(VIRTIO_MMIO_QUEUE_SIZE, 0);
	reg(VIRTIO_MMIO_QUEUE_SIZE, 256);
	assert_int_equal(vdev.ring[2].q.size, VDEV_QUEUE_MAX);
	reg(VIRTIO_MMIO_QUEUE_DESC, 8); /* misaligned */
	reg(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	assert_true((get(VIRTIO_MMIO_STATUS) & VIRTIO_NEEDS_RESET) != 0);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT), 0); /* nobody listens yet */
}

static void test_notify_early(void **state)
{
	drv_features(FEATURES);
	drv_queue(1);
	drv_publish_tx(44);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1); /* before DRIVER_OK */
	assert_int_equal(vdev_counts().notifications, 0);
	reg(VIRTIO_MMIO_STATUS, DRV_STATUS | VIRTIO_DRIVER_OK);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 3);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0xffffffff);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0); /* not enabled */
	assert_int_equal(vdev_counts().notifications, 0);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	assert_int_equal(vdev_counts().notifications, 1);
	reg(VIRTIO_MMIO_STATUS, 0xff & ~VIRTIO_NEEDS_RESET); /* FAILED */
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	assert_int_equal(vdev_counts().notifications, 1);
}

static void test_config(void **state)
{
	u32 generation = get(VIRTIO_MMIO_GENERATION), k;

	assert_int_equal(get(VIRTIO_MMIO_CONFIG), VDEV_GUEST_CID);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), 0);
	assert_int_equal(vdev_mmio_read(VIRTIO_MMIO_CONFIG, 8), VDEV_GUEST_CID);
	assert_int_equal(vdev_mmio_read(VIRTIO_MMIO_CONFIG, 1), VDEV_GUEST_CID);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 8), 0xffffffff);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 6), 0xffffffff);
	assert_int_equal(get(VIRTIO_MMIO_GENERATION), generation);
	vdev_churn(3);
	k = get(VIRTIO_MMIO_CONFIG);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), k + 1);
	assert_int_equal(get(VIRTIO_MMIO_GENERATION), generation + 2);
	k = get(VIRTIO_MMIO_CONFIG);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), k); /* it rests */
	assert_int_equal(get(VIRTIO_MMIO_GENERATION), generation + 3);
	vdev_churn(0);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), VDEV_GUEST_CID);
	assert_int_equal(get(VIRTIO_MMIO_GENERATION), generation + 4);
	fake_vio.fault = FAULT_VIRTIO_GENERATION_STUCK;
	vdev_churn(2);
	k = get(VIRTIO_MMIO_GENERATION);
	assert_int_not_equal(get(VIRTIO_MMIO_CONFIG), get(VIRTIO_MMIO_CONFIG + 4));
	assert_int_equal(get(VIRTIO_MMIO_GENERATION), k);
}

static void test_interrupt(void **state)
{
	drv_open(0);
	drv_connect(VDEV_PORT_ECHO);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT), VIRTIO_ISR_QUEUE);
	assert_true(fake_vio.wire);
	reg(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_ISR_CONFIG); /* not that one */
	assert_true(fake_vio.wire);
	reg(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_ISR_QUEUE);
	assert_false(fake_vio.wire);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT), 0);
	/* Neither queue wants any. */
	poke(drv.q[0].driver, VIRTQ_AVAIL_F_NO_INTERRUPT, 2);
	poke(drv.q[1].driver, VIRTQ_AVAIL_F_NO_INTERRUPT, 2);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1);
	assert_false(fake_vio.wire);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_int_equal(fake_vio.messages, 0);
}

static void test_interrupt_faults(void **state)
{
	unsigned wires;

	fake_vio.fault = FAULT_INTERRUPT_LOST;
	drv_open(0);
	drv_connect(VDEV_PORT_ECHO);
	assert_false(fake_vio.wire);
	fake_vio.fault = FAULT_INTERRUPT_STORM;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1);
	assert_true(fake_vio.wire);
	wires = 0;
	while (fake_vio.wire && wires < 1000) {
		reg(VIRTIO_MMIO_INTERRUPT_ACK, get(VIRTIO_MMIO_INTERRUPT));
		wires++;
	}
	assert_int_equal(wires, 64);
	fake_vio.fault = FAULT_INTERRUPT_UNWANTED;
	poke(drv.q[0].driver, VIRTQ_AVAIL_F_NO_INTERRUPT, 2);
	poke(drv.q[1].driver, VIRTQ_AVAIL_F_NO_INTERRUPT, 2);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1);
	assert_true(fake_vio.wire);
	assert_int_equal(peek(drv.q[1].driver, 2), VIRTQ_AVAIL_F_NO_INTERRUPT);
}

static void test_register_faults(void **state)
{
	static const struct {
		enum fault_id fault;
		u64 offset, value;
	} lies[] = {
		{ FAULT_QUEUE_SIZE_ZERO, VIRTIO_MMIO_QUEUE_SIZE_MAX, 0 },
		{ FAULT_QUEUE_SIZE_ODD, VIRTIO_MMIO_QUEUE_SIZE_MAX, VDEV_QUEUE_MAX - 1 },
		{ FAULT_QUEUE_SIZE_HUGE, VIRTIO_MMIO_QUEUE_SIZE_MAX, 0xc000 },
		{ FAULT_VIRTIO_RESET_QUEUES_KEPT, VIRTIO_MMIO_QUEUE_READY, 1 },
		{ FAULT_VIRTIO_RESET_ENDLESS, VIRTIO_MMIO_STATUS, VIRTIO_ACKNOWLEDGE },
	};
	u64 first;

	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		reg(VIRTIO_MMIO_STATUS, 0);
		fake_vio.fault = FAULT_NONE_;
		assert_int_not_equal(get(lies[i].offset), lies[i].value);
		fake_vio.fault = lies[i].fault;
		assert_int_equal(get(lies[i].offset), lies[i].value);
	}
	fake_vio.fault = FAULT_VIRTIO_NO_VERSION_1;
	assert_int_equal(offered(), FEATURES & ~BIT(VIRTIO_F_VERSION_1));
	fake_vio.fault = FAULT_VIRTIO_NO_PLATFORM;
	assert_int_equal(offered(), FEATURES & ~BIT(VIRTIO_F_ACCESS_PLATFORM));
	fake_vio.fault = FAULT_VIRTIO_FEATURES_REFUSED;
	drv_features(FEATURES);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	fake_vio.fault = FAULT_VIRTIO_FEATURES_LOST;
	reg(VIRTIO_MMIO_STATUS, 0);
	first = offered();
	reg(VIRTIO_MMIO_STATUS, 0);
	assert_int_not_equal(offered(), first);
}

/* Rings in private memory: a violation, and the device gets nowhere; with the fault it does. */
static void test_private(void **state)
{
	drv_open(0);
	drv.port = VDEV_PORT_ECHO;
	fake_vio.is_private[(DRV_RING(1) + 2 * PAGE_SIZE - FAKE_BASE) / PAGE_SIZE] = true;
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	assert_string_equal(fake_vio.violation, "dma-private");
	assert_true((get(VIRTIO_MMIO_STATUS) & VIRTIO_NEEDS_RESET) != 0);
	setup(NULL);
	vio_expect_private(true);
	drv_open(0);
	drv.port = VDEV_PORT_ECHO;
	fake_vio.is_private[(DRV_TX_DATA - FAKE_BASE) / PAGE_SIZE] = true; /* a buffer */
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	assert_int_equal(fake_vio.violations, 0);
	assert_false(drv_receive());
	fake_vio.fault = FAULT_DMA_PRIVATE_REACHED;
	memcpy(fake_vio.hidden, fake_vio.ram, FAKE_SIZE);
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RESPONSE);
}

/* Whatever is written where: registers answer, and the device can be reset. */
static void test_sweep(void **state)
{
	for (u64 value = 0; value < 4; value++) {
		for (u64 offset = 0; offset < VIRTIO_MMIO_SIZE + 8; offset++) {
			for (unsigned width = 1; width <= 8; width *= 2) {
				vdev_mmio_write(offset, width, value * 0x55555555);
				vdev_mmio_read(offset, width);
			}
		}
	}
	reg(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
	drv_open(0);
	drv_connect(VDEV_PORT_ECHO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_identity, setup),
		cmocka_unit_test_setup(test_features, setup),
		cmocka_unit_test_setup(test_status, setup),
		cmocka_unit_test_setup(test_queues, setup),
		cmocka_unit_test_setup(test_notify_early, setup),
		cmocka_unit_test_setup(test_config, setup),
		cmocka_unit_test_setup(test_interrupt, setup),
		cmocka_unit_test_setup(test_interrupt_faults, setup),
		cmocka_unit_test_setup(test_register_faults, setup),
		cmocka_unit_test_setup(test_private, setup),
		cmocka_unit_test_setup(test_sweep, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
