/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tap before a machine's device that works a little later than it is told to.
 *
 * sources: hosts/common/[lsv]*.c lib/print.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "abi/coop.h"
#include "common/secret.h"
#include "fake_vio.h"

#define COMMON  0xc0000000ULL
#define NOTIFY  0xc0003000ULL
#define CONFIG  0xc0002000ULL
#define DESC    FAKE_BASE
#define DRIVER  (FAKE_BASE + PAGE_SIZE)
#define DEVICE  (FAKE_BASE + 2 * PAGE_SIZE)
#define HEADER  (FAKE_BASE + 3 * PAGE_SIZE)
#define DATA    (FAKE_BASE + 4 * PAGE_SIZE)
#define SECTORS 4u
#define BYTES   (SECTORS * 512u)
#define STATUS  (DATA + BYTES)
#define NEXT    VIRTQ_DESC_F_NEXT
#define WRITE   VIRTQ_DESC_F_WRITE

/* The machine's device: registers that read what was written, and one ring it answers. */
static struct {
	u8 reg[0x5000];
	struct vdev_ring ring;
	bool kicked;
	unsigned kicks;
	u8 medium[BYTES];
	u8 status;
} dev;
static struct vtap *tap;

static void device_works(void)
{
	static struct vdev_chain c;
	u8 header[16] = { 0 };

	while (dev.kicked && vdev_ring_take(&dev.ring, &c) == ST_OK) {
		u32 done = 0;

		if (tap->id == VIRTIO_ID_BLOCK) {
			assert_true(vdev_chain_get(&c, 0, header, sizeof(header)));
			if (header[0] == VIRTIO_BLK_T_IN) {
				assert_true(vdev_chain_put(&c, 0, dev.medium, BYTES));
				done = BYTES;
			} else if (header[0] == VIRTIO_BLK_T_OUT) {
				assert_true(vdev_chain_get(&c, 16, dev.medium, BYTES));
			}
			vdev_chain_put(&c, done, &dev.status, 1);
			done++;
		} else if (c.readable_bytes > 0) {
			assert_true(vdev_chain_get(&c, 0, dev.medium, c.readable_bytes));
		} else {
			assert_true(vdev_chain_put(&c, 0, dev.medium, c.writable_bytes));
			done = c.writable_bytes;
		}
		vdev_ring_put(&dev.ring, c.head, done);
	}
	dev.kicked = false;
}

static u64 machine_read(u64 address, unsigned width)
{
	return le_get(dev.reg + (address - COMMON), width);
}

static void machine_write(u64 address, unsigned width, u64 value)
{
	le_put(dev.reg + (address - COMMON), value, width);
	if (address >= NOTIFY) {
		dev.kicked = true;
		dev.kicks++;
	}
}

static const struct vtap_access machine = { machine_read, machine_write };

static void put(u64 field, unsigned width, u64 value)
{
	vtap_write(tap, COMMON + field, width, value);
}

static u64 get(u64 field, unsigned width)
{
	return vtap_read(tap, COMMON + field, width);
}

static void open_queue(u16 index)
{
	u64 areas[3] = { DESC, DRIVER, DEVICE };

	put(VIRTIO_PCI_QUEUE_SELECT, 2, index);
	put(VIRTIO_PCI_QUEUE_SIZE, 2, 16);
	for (unsigned i = 0; i < 3; i++) {
		put(VIRTIO_PCI_QUEUE_DESC + 8 * i, 4, (u32)areas[i]);
		put(VIRTIO_PCI_QUEUE_DESC + 8 * i + 4, 4, areas[i] >> 32);
	}
	put(VIRTIO_PCI_QUEUE_ENABLE, 2, 1);
	vdev_ring_reset(&dev.ring);
	dev.ring.q = tap->queue[index];
}

static void start(u32 id, u16 index, enum fault_id fault)
{
	fake_vio_reset();
	memset(&dev, 0, sizeof(dev));
	vtap_init(&machine);
	vdev_reset();
	tap = vtap_add(VTAP_PCI);
	tap->id = id;
	tap->bdf = 0x18;
	tap->common = COMMON;
	tap->common_size = VIRTIO_PCI_COMMON_SIZE;
	tap->notify = NOTIFY;
	tap->notify_size = 0x1000;
	tap->config = CONFIG;
	tap->config_size = 0x100;
	tap->multiplier = 4;
	fake_vio.on_relax = device_works;
	put(VIRTIO_PCI_STATUS, 1, 0);
	open_queue(index);
	fake_vio.fault = fault;
}

static int setup(void **state)
{
	start(VIRTIO_ID_BLOCK, 0, FAULT_NONE_);
	return 0;
}

static void kick(u16 index)
{
	vtap_write(tap, NOTIFY + 4ULL * index, 2, index);
	dev.kicked = dev.kicks != 0;
	device_works();
}

/* A block request: header, data, status. */
static void block(u8 type)
{
	memset(at(HEADER), 0, 16);
	*at(HEADER) = type;
	*at(STATUS) = 0xff;
	drv_desc(DESC, 0, HEADER, 16, NEXT, 1);
	drv_desc(DESC, 1, DATA, BYTES, NEXT | (type == VIRTIO_BLK_T_IN ? WRITE : 0), 2);
	drv_desc(DESC, 2, STATUS, 1, WRITE, 0);
	drv_publish(&tap->queue[0], 0);
	kick(0);
}

static void entropy(void)
{
	drv_desc(DESC, 5, DATA, 64, WRITE, 0);
	drv_publish(&tap->queue[0], 5);
	kick(0);
}

static void test_find(void **state)
{
	unsigned n = 1;

	assert_ptr_equal(vtap_find(COMMON, 4), tap);
	assert_ptr_equal(vtap_find(NOTIFY + 0xffe, 2), tap);
	assert_null(vtap_find(NOTIFY + 0xffe, 4));
	assert_null(vtap_find(COMMON - 1, 1));
	assert_null(vtap_find(COMMON + 0x1000, 4));
	while (vtap_add(VTAP_PCI) != NULL)
		n++;
	assert_int_equal(n, VTAP_MAX);
}

static void test_watches(void **state)
{
	assert_true(tap->queue[0].enabled);
	assert_int_equal(tap->queue[0].size, 16);
	assert_int_equal(tap->queue[0].desc, DESC);
	put(VIRTIO_PCI_GFSELECT, 4, 0);
	put(VIRTIO_PCI_GF, 4, 0x30000000);
	put(VIRTIO_PCI_GFSELECT, 4, 1);
	put(VIRTIO_PCI_GF, 4, 3);
	put(VIRTIO_PCI_GFSELECT, 4, 7);
	put(VIRTIO_PCI_GF, 4, 9);
	assert_int_equal(tap->driver_features, 0x330000000);
	assert_int_equal(get(VIRTIO_PCI_GF, 4), 9);
	put(VIRTIO_PCI_QUEUE_DESC, 4, 0); /* in use */
	assert_int_equal(tap->queue[0].desc, DESC);
	put(VIRTIO_PCI_QUEUE_SELECT, 2, 40); /* beyond what is watched */
	put(VIRTIO_PCI_QUEUE_ENABLE, 2, 1);
	put(VIRTIO_PCI_STATUS, 1, 0);
	assert_false(tap->queue[0].enabled);
	assert_int_equal(tap->driver_features, 0);
}

static void test_honest(void **state)
{
	for (unsigned i = 0; i < BYTES; i++)
		dev.medium[i] = (u8)(i * 5);
	block(VIRTIO_BLK_T_IN);
	assert_int_equal(drv_used_idx(&dev.ring.q), 1);
	assert_int_equal(drv_used_id(&dev.ring.q, 0), 0);
	assert_int_equal(drv_used_len(&dev.ring.q, 0), BYTES + 1);
	assert_memory_equal(at(DATA), dev.medium, BYTES);
	assert_int_equal(*at(STATUS), 0);
	assert_int_equal(fake_vio.relaxed, 0); /* nobody waits without a fault */
	assert_int_equal(fake_vio.violations, 0);
	memset(at(DATA), 0x77, BYTES);
	block(VIRTIO_BLK_T_OUT);
	assert_memory_equal(at(DATA), dev.medium, BYTES);
	assert_int_equal(tap->notifications, 2);
	assert_int_equal(get(VIRTIO_PCI_QUEUE_SIZE, 2), 16);
	assert_int_equal(get(VIRTIO_PCI_QUEUE_ENABLE, 2), 1);
}

static void test_private(void **state)
{
	static const u64 page[] = { DESC, DRIVER, DEVICE, DATA };

	for (unsigned i = 0; i < ARRAY_SIZE(page); i++) {
		setup(NULL);
		fake_vio.is_private[(page[i] - FAKE_BASE) / PAGE_SIZE] = true;
		fake_vio.on_relax = NULL;
		drv_desc(DESC, 5, DATA, 64, WRITE, 0);
		drv_publish(&tap->queue[0], 5);
		vtap_write(tap, NOTIFY, 2, 0);
		assert_string_equal(fake_vio.violation, "dma-private");
		assert_int_equal(dev.kicks, 1);
		/* On purpose: said nothing of, and kept from the device. */
		setup(NULL);
		vio_expect_private(true);
		fake_vio.is_private[(page[i] - FAKE_BASE) / PAGE_SIZE] = true;
		drv_desc(DESC, 5, DATA, 64, WRITE, 0);
		drv_publish(&tap->queue[0], 5);
		vtap_write(tap, NOTIFY, 2, 0);
		assert_int_equal(fake_vio.violations, 0);
		assert_int_equal(dev.kicks, 0);
	}
}

/* ---- faults ---- */

static void test_used_faults(void **state)
{
	const struct vtap_queue *q;

	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_ID_BEYOND);
	q = &tap->queue[0];
	entropy();
	assert_true(drv_used_id(q, 0) >= q->size);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_ID_OTHER);
	entropy();
	assert_int_equal(drv_used_id(q, 0), 6);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_LENGTH);
	entropy();
	assert_true(drv_used_len(q, 0) > 64);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_JUMP);
	entropy();
	assert_true(drv_used_idx(q) > 1);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_BACK);
	entropy();
	assert_int_equal(drv_used_idx(q), 0xffff);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_TWICE);
	entropy();
	assert_int_equal(drv_used_idx(q), 2);
	assert_int_equal(drv_used_id(q, 1), drv_used_id(q, 0));
	start(VIRTIO_ID_ENTROPY, 0, FAULT_RNG_EMPTY);
	entropy();
	assert_int_equal(drv_used_len(q, 0), 0);
}

static void test_repeated_of_two(void **state)
{
	const struct vtap_queue *q;

	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_TWICE);
	q = &tap->queue[0];
	drv_desc(DESC, 4, DATA, 64, WRITE, 0);
	drv_publish(q, 4);
	entropy();
	assert_int_equal(drv_used_idx(q), 2);
	assert_int_equal(drv_used_id(q, 0), 5);
	assert_int_equal(drv_used_id(q, 1), 5);
}

static void test_ring_faults(void **state)
{
	start(VIRTIO_ID_ENTROPY, 0, FAULT_DESCRIPTOR_CHANGED);
	entropy();
	assert_int_not_equal(peek(DESC + 5 * 16, 8), DATA);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_AVAIL_CHANGED);
	entropy();
	assert_int_not_equal(peek(DRIVER + 4, 2), 5);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_KICK_IGNORED);
	entropy();
	assert_int_equal(dev.kicks, 0);
	assert_int_equal(drv_used_idx(&tap->queue[0]), 0);
	start(VIRTIO_ID_BLOCK, 0, FAULT_KICK_IGNORED);
	block(VIRTIO_BLK_T_IN);
	assert_int_equal(dev.kicks, 1);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_KICK_UNASKED);
	entropy();
	assert_int_equal(peek(DEVICE, 2), VIRTQ_USED_F_NO_NOTIFY);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_KICK_UNASKED);
	tap->driver_features = BIT(VIRTIO_F_EVENT_IDX);
	entropy();
	assert_int_equal(peek(DEVICE + 4 + 8 * 16, 2), 0x4001);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_INTERRUPT_UNWANTED);
	tap->driver_features = BIT(VIRTIO_F_EVENT_IDX);
	poke(DRIVER + 4 + 2 * 16, 99, 2);
	entropy();
	assert_int_equal(peek(DRIVER + 4 + 2 * 16, 2), 99);
}

static void test_data_faults(void **state)
{
	unsigned differ = 0;

	start(VIRTIO_ID_BLOCK, 0, FAULT_READ_ALTERED);
	block(VIRTIO_BLK_T_IN);
	for (unsigned i = 0; i < BYTES; i++)
		differ += *at(DATA + i) != dev.medium[i];
	assert_int_equal(differ, 1);
	assert_int_equal(*at(STATUS), 0);
	start(VIRTIO_ID_BLOCK, 0, FAULT_WRITE_ALTERED);
	block(VIRTIO_BLK_T_OUT);
	assert_memory_not_equal(at(DATA), dev.medium, BYTES);
	for (unsigned i = 0; i < BYTES; i++)
		assert_int_equal(*at(DATA + i), 0); /* the guest's own is as it was */
	start(VIRTIO_ID_BLOCK, 0, FAULT_WRITE_DROPPED);
	memset(at(DATA), 0x55, BYTES);
	block(VIRTIO_BLK_T_OUT);
	assert_int_equal(dev.medium[0], 0);
	assert_int_equal(*at(STATUS), 0);
	assert_int_equal(*at(HEADER), VIRTIO_BLK_T_OUT);
	start(VIRTIO_ID_BLOCK, 0, FAULT_BLK_ERRORS_HIDDEN);
	dev.status = VIRTIO_BLK_S_IOERR;
	block(VIRTIO_BLK_T_IN);
	assert_int_equal(*at(STATUS), VIRTIO_BLK_S_OK);
	start(VIRTIO_ID_ENTROPY, 0, FAULT_RNG_CONSTANT);
	memset(dev.medium, 0x99, 64);
	entropy();
	assert_int_equal(*at(DATA), 0x5a);
	assert_int_equal(*at(DATA + 63), 0);
}

/* With and without an indirect table: data 16 bytes further on, the descriptor as it was. */
static void test_redirected(void **state)
{
	u64 table = FAKE_BASE + 8 * PAGE_SIZE;

	start(VIRTIO_ID_BLOCK, 0, FAULT_DESCRIPTOR_REDIRECTED);
	memset(dev.medium, 0x33, BYTES);
	block(VIRTIO_BLK_T_IN);
	assert_int_equal(*at(DATA + 15), 0);
	assert_int_equal(*at(DATA + 16), 0x33);
	assert_int_equal(peek(DESC + 16, 8), DATA);
	start(VIRTIO_ID_BLOCK, 0, FAULT_DESCRIPTOR_REDIRECTED);
	memset(dev.medium, 0x33, BYTES);
	tap->driver_features = BIT(VIRTIO_F_INDIRECT_DESC);
	dev.ring.indirect = true;
	drv_desc(table, 0, HEADER, 16, NEXT, 1);
	drv_desc(table, 1, DATA, BYTES, NEXT | WRITE, 2);
	drv_desc(table, 2, STATUS, 1, WRITE, 0);
	drv_desc(DESC, 9, table, 48, VIRTQ_DESC_F_INDIRECT, 0);
	drv_publish(&tap->queue[0], 9);
	kick(0);
	assert_int_equal(*at(DATA + 15), 0);
	assert_int_equal(*at(DATA + 16), 0x33);
	assert_int_equal(peek(table + 16, 8), DATA);
}

static void test_frames_and_ports(void **state)
{
	start(VIRTIO_ID_NET, VIRTIO_NET_TX, FAULT_NET_FRAME_ALTERED);
	memset(at(DATA), 0x11, 100);
	drv_desc(DESC, 0, DATA, 100, 0, 0);
	drv_publish(&tap->queue[1], 0);
	kick(1);
	assert_int_equal(dev.medium[98], 0x11);
	assert_int_equal(dev.medium[99], 0x15);
	assert_int_equal(*at(DATA + 99), 0x11);
	start(VIRTIO_ID_CONSOLE, 5, FAULT_CONSOLE_ALTERED);
	memset(at(DATA), 0x11, 100);
	drv_desc(DESC, 0, DATA, 100, 0, 0);
	drv_publish(&tap->queue[5], 0);
	kick(5);
	assert_int_equal(dev.medium[50], 0x15);
	start(VIRTIO_ID_CONSOLE, VIRTIO_CONSOLE_CONTROL_TX, FAULT_CONSOLE_ALTERED);
	memset(at(DATA), 0x11, 8);
	drv_desc(DESC, 0, DATA, 8, 0, 0);
	drv_publish(&tap->queue[3], 0);
	kick(3);
	assert_int_equal(dev.medium[4], 0x11);
}

/* What a device was given to read has left the guest, even if the page was cleared since; what it
 * is to write to has not. */
static void test_secret_sent(void **state)
{
	static const u8 secret[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	secret_reset();
	start(VIRTIO_ID_CONSOLE, 5, FAULT_NONE_);
	assert_true(secret_watch("0102030405060708"));
	memcpy(at(DATA + 33), secret, sizeof(secret));
	drv_desc(DESC, 0, DATA, 40, 0, 0); /* all but its last byte */
	drv_publish(&tap->queue[5], 0);
	kick(5);
	assert_int_equal(secret_searched(), 40);
	assert_int_equal(secret_found(), 0);
	drv_desc(DESC, 1, DATA, 100, WRITE, 0);
	drv_publish(&tap->queue[5], 1);
	kick(5);
	assert_int_equal(secret_found(), 0);
	memcpy(at(DATA + 33), secret, sizeof(secret)); /* the device wrote there */
	drv_desc(DESC, 2, DATA - 8, 100, 0, 0);
	drv_publish(&tap->queue[5], 2);
	kick(5);
	assert_int_equal(secret_found(), 1);
	assert_string_equal(fake_vio.violation, "secret-leaked");
	secret_reset();
}

/* A receive queue answers when it likes: the wait is short, and nothing is altered. */
static void test_receive_queue(void **state)
{
	start(VIRTIO_ID_NET, VIRTIO_NET_RX, FAULT_USED_TWICE);
	fake_vio.on_relax = NULL;
	drv_desc(DESC, 0, DATA, 100, WRITE, 0);
	drv_publish(&tap->queue[0], 0);
	vtap_write(tap, NOTIFY, 2, 0);
	assert_int_equal(drv_used_idx(&tap->queue[0]), 0);
	assert_in_range(fake_vio.now, 1, 3000000);
	/* One that never answers is not waited for longer than that, either. */
	start(VIRTIO_ID_ENTROPY, 0, FAULT_USED_TWICE);
	fake_vio.on_relax = NULL;
	drv_desc(DESC, 0, DATA, 100, WRITE, 0);
	drv_publish(&tap->queue[0], 0);
	vtap_write(tap, NOTIFY, 2, 0);
	assert_in_range(fake_vio.now, 1, 110000000);
}

static void test_config_faults(void **state)
{
	start(VIRTIO_ID_BLOCK, 0, FAULT_BLK_CAPACITY);
	le_put(dev.reg + (CONFIG - COMMON), 1000, 8);
	assert_int_equal(vtap_read(tap, CONFIG, 4), 1064);
	assert_int_equal(vtap_read(tap, CONFIG + 4, 4), 0);
	start(VIRTIO_ID_NET, 0, FAULT_NET_MAC);
	assert_int_equal(vtap_read(tap, CONFIG, 1), 1);
	assert_int_equal(vtap_read(tap, CONFIG + 1, 1), 0);
	start(VIRTIO_ID_CONSOLE, 0, FAULT_CONSOLE_PORTS);
	le_put(dev.reg + (CONFIG - COMMON) + 4, 4, 4);
	assert_int_equal(vtap_read(tap, CONFIG + 4, 4), 0);
	fake_vio.fault = FAULT_QUEUE_SIZE_IGNORED;
	put(VIRTIO_PCI_QUEUE_SELECT, 2, 1);
	le_put(dev.reg + VIRTIO_PCI_QUEUE_SIZE, 256, 2);
	put(VIRTIO_PCI_QUEUE_SIZE, 2, 16);
	assert_int_equal(get(VIRTIO_PCI_QUEUE_SIZE, 2), 256);
	fake_vio.fault = FAULT_VIRTIO_GENERATION_STUCK;
	assert_int_equal(get(VIRTIO_PCI_GENERATION, 1), 0);
	dev.reg[VIRTIO_PCI_GENERATION] = 4;
	assert_int_equal(get(VIRTIO_PCI_GENERATION, 1), 0);
	fake_vio.fault = FAULT_NONE_;
	assert_int_equal(get(VIRTIO_PCI_GENERATION, 1), 4);
}

static void test_mmio(void **state)
{
	fake_vio_reset();
	vtap_init(&machine);
	tap = vtap_add(VTAP_MMIO);
	tap->mmio = COMMON;
	le_put(dev.reg + VIRTIO_MMIO_DEVICE_ID, VIRTIO_ID_ENTROPY, 4);
	assert_ptr_equal(vtap_find(COMMON + VIRTIO_MMIO_SIZE - 4, 4), tap);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID, 4), VIRTIO_ID_ENTROPY);
	assert_int_equal(tap->id, VIRTIO_ID_ENTROPY);
	put(VIRTIO_MMIO_STATUS, 4, 0);
	put(VIRTIO_MMIO_QUEUE_SIZE, 4, 16);
	put(VIRTIO_MMIO_QUEUE_DESC, 4, (u32)DESC);
	put(VIRTIO_MMIO_QUEUE_DRIVER, 4, (u32)DRIVER);
	put(VIRTIO_MMIO_QUEUE_DEVICE, 4, (u32)DEVICE);
	put(VIRTIO_MMIO_QUEUE_READY, 4, 1);
	assert_true(tap->queue[0].enabled);
	put(VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
	put(VIRTIO_MMIO_QUEUE_NOTIFY, 4, 77);
	assert_int_equal(tap->notifications, 2);
}

static void test_coop(void **state)
{
	u64 in = 0x18, out[4] = { 0 };

	block(VIRTIO_BLK_T_IN);
	assert_int_equal(vtap_interrupt(), 1);
	assert_int_equal(vdev_coop(COOP_DEVICE_COUNTS, &in, out), COOP_OK);
	assert_int_equal(out[0], 1);
	assert_true(out[1] >= 1);
	in = 0x20;
	assert_int_equal(vdev_coop(COOP_DEVICE_COUNTS, &in, out), COOP_BAD);
	in = COOP_DEVICE_MODEL;
	assert_int_equal(vdev_coop(COOP_DEVICE_COUNTS, &in, out), COOP_OK);
	assert_int_equal(out[0], 0);
	in = DATA + 5;
	assert_int_equal(vdev_coop(COOP_PAGE_SHARED, &in, out), COOP_OK);
	assert_int_equal(out[0], 1);
	fake_vio.is_private[4] = true;
	assert_int_equal(vdev_coop(COOP_PAGE_SHARED, &in, out), COOP_OK);
	assert_int_equal(out[0], 0);
	in = 2;
	assert_int_equal(vdev_coop(COOP_DMA_PRIVATE, &in, out), COOP_BAD);
	in = 1;
	assert_int_equal(vdev_coop(COOP_DMA_PRIVATE, &in, out), COOP_OK);
	assert_true(vio_private_expected());
	assert_int_equal(vdev_coop(COOP_VSOCK_CID, &in, out), COOP_OK);
	assert_int_equal(vdev.churn, 1);
	assert_int_equal(vdev_coop(COOP_SECRET, &in, out), COOP_OK);
	assert_int_not_equal(out[0], 0);
	assert_int_equal(vdev_coop(COOP_QUERY, &in, out), COOP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_find, setup),
		cmocka_unit_test_setup(test_watches, setup),
		cmocka_unit_test_setup(test_honest, setup),
		cmocka_unit_test_setup(test_private, setup),
		cmocka_unit_test_setup(test_used_faults, setup),
		cmocka_unit_test_setup(test_repeated_of_two, setup),
		cmocka_unit_test_setup(test_ring_faults, setup),
		cmocka_unit_test_setup(test_data_faults, setup),
		cmocka_unit_test_setup(test_redirected, setup),
		cmocka_unit_test_setup(test_frames_and_ports, setup),
		cmocka_unit_test_setup(test_secret_sent, setup),
		cmocka_unit_test_setup(test_receive_queue, setup),
		cmocka_unit_test_setup(test_config_faults, setup),
		cmocka_unit_test_setup(test_mmio, setup),
		cmocka_unit_test_setup(test_coop, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
