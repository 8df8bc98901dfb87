/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/common/vdev_*.c hosts/common/vtap_[dlr]*.c hosts/common/[ls]*.c lib/print.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vio.h"

#define COMMAND 0x04
#define BAR     0x10
#define TABLE   0x2000u
#define PENDING 0x3000u
#define RING(n) (FAKE_BASE + (n)*4 * PAGE_SIZE)

static u32 cap[6], msix; /* offsets in configuration space, by cfg_type */

static u32 cfg(unsigned offset, unsigned width)
{
	return vdev_config_read(offset, width);
}

/* Walks the list as a driver does. */
static void find_caps(void)
{
	unsigned at = cfg(0x34, 1), n = 0;

	memset(cap, 0, sizeof(cap));
	msix = 0;
	while (at != 0) {
		assert_true(++n < 16);
		assert_true(at >= 0x40 && at % 4 == 0);
		if (cfg(at, 1) == 0x09) {
			assert_in_range(cfg(at + 3, 1), 1, 5);
			cap[cfg(at + 3, 1)] = at;
		} else {
			assert_int_equal(cfg(at, 1), 0x11);
			msix = at;
		}
		at = cfg(at + 1, 1);
	}
}

static u64 place(unsigned type)
{
	return cfg(cap[type] + 8, 4);
}

static u64 rd(u64 field, unsigned width)
{
	return vdev_read(place(VIRTIO_PCI_CAP_COMMON) + field, width);
}

static void wr(u64 field, unsigned width, u64 value)
{
	vdev_write(place(VIRTIO_PCI_CAP_COMMON) + field, width, value);
}

static int setup(void **state)
{
	fake_vio_reset();
	vdev_reset();
	find_caps();
	vdev_config_write(BAR, 4, 0xc0000000);
	vdev_config_write(BAR + 4, 4, 1);
	vdev_config_write(COMMAND, 2, 6);
	return 0;
}

static void queue(u16 n, u16 vector)
{
	wr(VIRTIO_PCI_QUEUE_SELECT, 2, n);
	wr(VIRTIO_PCI_QUEUE_SIZE, 2, 16);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_SIZE, 2), 16);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, vector);
	for (unsigned i = 0; i < 3; i++) {
		u64 a = RING(n) + i * PAGE_SIZE;

		wr(VIRTIO_PCI_QUEUE_DESC + 8 * i, 4, (u32)a);
		wr(VIRTIO_PCI_QUEUE_DESC + 8 * i + 4, 4, a >> 32);
		assert_int_equal(rd(VIRTIO_PCI_QUEUE_DESC + 8 * i, 4), (u32)a);
		assert_int_equal(rd(VIRTIO_PCI_QUEUE_DESC + 8 * i + 4, 4), a >> 32);
	}
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_ENABLE, 2), 0);
	wr(VIRTIO_PCI_QUEUE_ENABLE, 2, 1);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_ENABLE, 2), 1);
}

static void open_device(void)
{
	wr(VIRTIO_PCI_STATUS, 1, 0);
	wr(VIRTIO_PCI_STATUS, 1, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	wr(VIRTIO_PCI_GFSELECT, 4, 1);
	wr(VIRTIO_PCI_GF, 4, 3);
	assert_int_equal(rd(VIRTIO_PCI_GF, 4), 3);
	wr(VIRTIO_PCI_STATUS, 1, 0x0b);
	assert_int_equal(rd(VIRTIO_PCI_STATUS, 1), 0x0b);
	queue(0, 1);
	queue(1, 2);
	wr(VIRTIO_PCI_STATUS, 1, 0x0f);
}

/* A packet of no rule at all is still a request that completes. */
static void kick(void)
{
	u16 i = (u16)(peek(RING(1) + PAGE_SIZE + 2, 2) % 16);

	drv_desc(RING(1), i, RING(3), 8, 0, 0);
	drv_publish(&vdev.ring[1].q, i);
	vdev_write(place(VIRTIO_PCI_CAP_NOTIFY) + cfg(cap[VIRTIO_PCI_CAP_NOTIFY] + 16, 4), 2, 1);
}

static void entry(unsigned i, u64 address, u32 data, u32 control)
{
	vdev_write(TABLE + 16 * i, 4, (u32)address);
	vdev_write(TABLE + 16 * i + 4, 4, address >> 32);
	vdev_write(TABLE + 16 * i + 8, 4, data);
	vdev_write(TABLE + 16 * i + 12, 4, control);
}

static void test_header(void **state)
{
	assert_int_equal(cfg(0, 4), 0x10531af4);
	assert_int_equal(cfg(6, 2), BIT(4));
	assert_int_equal(cfg(0x0e, 1), 0);
	assert_int_not_equal(cfg(8, 1), 0); /* 4.1.2.2: revision 1 or more */
	vdev_config_write(0, 4, 0);
	assert_int_equal(cfg(0, 4), 0x10531af4);
	vdev_config_write(0x3c, 1, 11);
	assert_int_equal(cfg(0x3c, 2), 0x010b);
	assert_int_equal(cfg(256, 4), 0xffffffff);
	assert_int_equal(cfg(254, 4), 0xffffffff);
	assert_int_equal(cfg(0, 3), 0xffffffff);
	vdev_config_write(254, 4, 0);
	vdev_config_write(0x3c, 8, 0);
	assert_int_equal(cfg(0x3c, 1), 11);
	vdev_config_write(COMMAND, 2, 0xffff);
	assert_int_equal(cfg(COMMAND, 2), 0x0406);
}

static void test_bar(void **state)
{
	assert_int_equal(vdev_bar(), 0x1c0000000);
	assert_int_equal(cfg(BAR, 4), 0xc0000004);
	vdev_config_write(COMMAND, 2, 0);
	assert_int_equal(vdev_bar(), 0);
	vdev_config_write(BAR, 4, 0xffffffff);
	vdev_config_write(BAR + 4, 4, 0xffffffff);
	assert_int_equal(cfg(BAR, 4), 0xffffc004);
	assert_int_equal(cfg(BAR + 4, 4), 0xffffffff);
	for (unsigned i = BAR + 8; i < 0x28; i += 4) {
		vdev_config_write(i, 4, 0xffffffff);
		assert_int_equal(cfg(i, 4), 0);
	}
}

static void test_capabilities(void **state)
{
	static const u32 least[] = { 0, VIRTIO_PCI_COMMON_SIZE, 12, 1, 8, 0 };

	for (unsigned i = 1; i <= 5; i++) {
		assert_int_not_equal(cap[i], 0);
		assert_int_equal(cfg(cap[i] + 4, 1), 0);
		assert_true(cfg(cap[i] + 12, 4) >= least[i]);
		assert_true(place(i) + cfg(cap[i] + 12, 4) <= VDEV_BAR_SIZE);
	}
	assert_int_not_equal(msix, 0);
	assert_int_equal(cfg(msix + 2, 2), 3);
	assert_int_equal(cfg(msix + 4, 4), TABLE);
	assert_int_equal(cfg(msix + 8, 4), PENDING);
	assert_int_equal(cfg(cap[VIRTIO_PCI_CAP_NOTIFY] + 16, 4), 4);
}

static void test_common(void **state)
{
	assert_int_equal(rd(VIRTIO_PCI_NUM_QUEUES, 2), 3);
	wr(VIRTIO_PCI_DFSELECT, 4, 1);
	assert_int_equal(rd(VIRTIO_PCI_DFSELECT, 4), 1);
	assert_int_equal(rd(VIRTIO_PCI_DF, 4), 3);
	wr(VIRTIO_PCI_GFSELECT, 4, 2);
	assert_int_equal(rd(VIRTIO_PCI_GFSELECT, 4), 2);
	assert_int_equal(rd(VIRTIO_PCI_GF, 4), 0);
	wr(VIRTIO_PCI_QUEUE_SELECT, 2, 2);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_SELECT, 2), 2);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_SIZE, 2), VDEV_QUEUE_MAX);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_NOTIFY_OFF, 2), 2);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_VECTOR, 2), VIRTIO_MSI_NO_VECTOR);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, 3);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_VECTOR, 2), 3);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, 4); /* there is none */
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_VECTOR, 2), VIRTIO_MSI_NO_VECTOR);
	wr(VIRTIO_PCI_CONFIG_VECTOR, 2, 0);
	assert_int_equal(rd(VIRTIO_PCI_CONFIG_VECTOR, 2), 0);
	wr(VIRTIO_PCI_QUEUE_SELECT, 2, 3);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_SIZE, 2), 0);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_VECTOR, 2), VIRTIO_MSI_NO_VECTOR);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, 1);
	/* Other widths. */
	assert_int_equal(rd(VIRTIO_PCI_NUM_QUEUES, 4), 0xffffffff);
	assert_int_equal(rd(VIRTIO_PCI_STATUS, 2), 0xffff);
	assert_int_equal(rd(VIRTIO_PCI_QUEUE_DESC + 2, 4), 0xffffffff);
	wr(VIRTIO_PCI_STATUS, 2, 1);
	assert_int_equal(rd(VIRTIO_PCI_STATUS, 1), 0);
	assert_int_equal(rd(VIRTIO_PCI_GENERATION, 1), vdev_generation() & 0xff);
	assert_int_equal(vdev_read(place(VIRTIO_PCI_CAP_DEVICE), 8), VDEV_GUEST_CID);
	assert_int_equal(vdev_read(VDEV_BAR_SIZE - 4, 4), 0);
	vdev_write(VDEV_BAR_SIZE - 4, 4, 1);
}

static void test_messages(void **state)
{
	open_device();
	entry(2, 0xfee01000, 0x51, 0);
	kick(); /* MSI-X is off: the wire */
	assert_int_equal(fake_vio.messages, 0);
	assert_true(fake_vio.wire);
	assert_int_equal(cfg(6, 1), BIT(4) | BIT(3));
	assert_int_equal(vdev_read(place(VIRTIO_PCI_CAP_ISR), 1), VIRTIO_ISR_QUEUE);
	assert_false(fake_vio.wire);
	assert_int_equal(vdev_read(place(VIRTIO_PCI_CAP_ISR), 1), 0);
	vdev_config_write(msix + 2, 2, 0x8000);
	kick();
	assert_int_equal(fake_vio.messages, 1);
	assert_int_equal(fake_vio.message_address, 0xfee01000);
	assert_int_equal(fake_vio.message_data, 0x51);
	assert_false(fake_vio.wire);
	assert_int_equal(vdev_counts().interrupts, 2);
}

static void test_masks(void **state)
{
	open_device();
	vdev_config_write(msix + 2, 2, 0x8000);
	kick(); /* entries are masked after a reset */
	assert_int_equal(fake_vio.messages, 0);
	assert_int_equal(vdev_read(PENDING, 8), BIT(2));
	assert_int_equal(vdev_read(PENDING, 4), BIT(2));
	kick();
	entry(2, 0xfee00000, 0x60, 0); /* unmasked: what pends comes, once */
	assert_int_equal(fake_vio.messages, 1);
	assert_int_equal(vdev_read(PENDING, 8), 0);
	vdev_config_write(msix + 2, 2, 0xc000);
	kick();
	assert_int_equal(fake_vio.messages, 1);
	vdev_config_write(msix + 2, 2, 0x4000); /* off: it waits */
	vdev_write(TABLE + 16 * 2 + 12, 4, 0);
	assert_int_equal(fake_vio.messages, 1);
	vdev_config_write(msix + 2, 2, 0x8000);
	assert_int_equal(fake_vio.messages, 2);
	/* No vector, no message; nor without bus mastering. */
	wr(VIRTIO_PCI_QUEUE_SELECT, 2, 1);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, VIRTIO_MSI_NO_VECTOR);
	kick();
	assert_int_equal(fake_vio.messages, 2);
	assert_false(fake_vio.wire);
	wr(VIRTIO_PCI_QUEUE_VECTOR, 2, 2);
	vdev_config_write(COMMAND, 2, 2);
	kick();
	assert_int_equal(fake_vio.messages, 2);
	assert_int_equal(vdev_counts().notifications, 4);
}

static void test_table(void **state)
{
	vdev_write(TABLE + 16, 8, 0x1122334455667788);
	assert_int_equal(vdev_read(TABLE + 16, 4), 0x55667788);
	assert_int_equal(vdev_read(TABLE + 20, 4), 0x11223344);
	assert_int_equal(vdev_read(TABLE + 16, 8), 0x1122334455667788);
	vdev_write(TABLE + 16, 2, 0);
	vdev_write(TABLE + 18, 4, 0);
	assert_int_equal(vdev_read(TABLE + 16, 8), 0x1122334455667788);
	assert_int_equal(vdev_read(TABLE + 16, 1), 0xff);
	assert_int_equal(vdev_read(TABLE + 18, 4), 0xffffffff);
	assert_int_equal(vdev_read(TABLE + 64, 4), 0);
	vdev_write(TABLE + 64, 4, 1);
}

static void test_wire_off(void **state)
{
	open_device();
	vdev_config_write(COMMAND, 2, 0x406);
	kick();
	assert_false(fake_vio.wire);
	assert_int_equal(cfg(6, 1), BIT(4) | BIT(3));
	vdev_config_write(COMMAND, 2, 6);
	assert_true(fake_vio.wire);
}

static void test_window(void **state)
{
	unsigned at = cap[VIRTIO_PCI_CAP_PCI];

	vdev_config_write(at + 8, 4, VIRTIO_PCI_NUM_QUEUES);
	vdev_config_write(at + 12, 4, 2);
	assert_int_equal(cfg(at + 16, 2), 3);
	vdev_config_write(at + 8, 4, VIRTIO_PCI_DFSELECT);
	vdev_config_write(at + 12, 4, 4);
	vdev_config_write(at + 16, 4, 1);
	assert_int_equal(rd(VIRTIO_PCI_DFSELECT, 4), 1);
	/* Other BARs, lengths, misaligned or outside: nothing happens. */
	vdev_config_write(at + 4, 1, 1);
	vdev_config_write(at + 16, 4, 0);
	vdev_config_write(at + 4, 1, 0);
	vdev_config_write(at + 12, 4, 8);
	vdev_config_write(at + 16, 4, 0);
	vdev_config_write(at + 12, 4, 3);
	vdev_config_write(at + 16, 4, 0);
	vdev_config_write(at + 12, 4, 4);
	vdev_config_write(at + 8, 4, VIRTIO_PCI_DFSELECT + 2);
	vdev_config_write(at + 16, 4, 0);
	vdev_config_write(at + 8, 4, (u32)VDEV_BAR_SIZE);
	vdev_config_write(at + 16, 4, 0);
	assert_int_equal(rd(VIRTIO_PCI_DFSELECT, 4), 1);
	/* Nor is anything read. */
	vdev_config_write(at + 8, 4, VIRTIO_PCI_NUM_QUEUES);
	vdev_config_write(at + 12, 4, 2);
	assert_int_equal(cfg(at + 16, 4), 3);
	vdev_config_write(at + 8, 4, (u32)place(VIRTIO_PCI_CAP_DEVICE) + 4);
	vdev_config_write(at + 12, 4, 3);
	assert_int_equal(cfg(at + 16, 4), 3);
	vdev_config_write(at + 8, 4, (u32)place(VIRTIO_PCI_CAP_DEVICE) + 3);
	vdev_config_write(at + 12, 4, 4);
	assert_int_equal(cfg(at + 16, 4), 3);
	vdev_config_write(at + 8, 4, (u32)place(VIRTIO_PCI_CAP_DEVICE) + 4);
	assert_int_equal(cfg(at + 16, 4), 0);
}

static void test_config_faults(void **state)
{
	u32 value = 6;

	fake_vio.fault = FAULT_PCI_CAPABILITIES_ASTRAY;
	assert_int_equal(vtap_config_read(8, 0x34, 1, 0x40) & 0xff, 0xf8);
	assert_int_equal(vtap_config_read(8, 0x30, 4, 0x40), 0x40);
	fake_vio.fault = FAULT_PCI_CAPABILITIES_LOOP;
	assert_int_equal(vtap_config_read(8, 0x51, 1, 0x60), 0x50);
	assert_int_equal(vtap_config_read(8, 0x50, 2, 0x6009), 0x5009);
	fake_vio.fault = FAULT_PCI_BAR_SIZE;
	value = 0xffffffff;
	assert_true(vtap_config_write(8, BAR, 4, &value));
	assert_int_equal(vtap_config_read(8, BAR, 4, 0xffffc004), 0xffff4004 | 0x4000);
	assert_int_equal(vtap_config_read(16, BAR, 4, 0xc0000004), 0xc0000004);
	fake_vio.fault = FAULT_PCI_BAR_MOVED;
	assert_int_equal(vtap_config_read(8, BAR, 4, 0xffffc004), 0xffffc004);
	value = 0xc0000000;
	assert_true(vtap_config_write(8, BAR, 4, &value));
	assert_int_equal(vtap_config_read(8, BAR, 4, 0xc0000004), 0xc0100004);
	assert_int_equal(vtap_config_read(8, BAR, 4, 0), 0);
	fake_vio.fault = FAULT_PCI_ENABLE_IGNORED;
	value = 6;
	assert_true(vtap_config_write(8, COMMAND, 2, &value));
	assert_int_equal(value, 2);
	fake_vio.fault = FAULT_NONE_;
	value = 6;
	assert_true(vtap_config_write(8, COMMAND, 2, &value));
	assert_int_equal(value, 6);
	assert_int_equal(vtap_config_read(8, 0x34, 1, 0x40), 0x40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_header, setup),
		cmocka_unit_test_setup(test_bar, setup),
		cmocka_unit_test_setup(test_capabilities, setup),
		cmocka_unit_test_setup(test_common, setup),
		cmocka_unit_test_setup(test_messages, setup),
		cmocka_unit_test_setup(test_masks, setup),
		cmocka_unit_test_setup(test_table, setup),
		cmocka_unit_test_setup(test_wire_off, setup),
		cmocka_unit_test_setup(test_window, setup),
		cmocka_unit_test_setup(test_config_faults, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
