/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tap between a hostile driver and a device that answers whatever the input says, with one
 * fault on or none. Every access ends, waits are bounded, private pages are left alone.
 *
 * sources: hosts/common/[lsv]*.c lib/print.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 * libs: -lcmocka -lbearssl
 */
#include "fake_vio.h"
#include "input.h"

#define COMMON 0xc0000000ULL
#define NOTIFY 0xc0000100ULL
#define CONFIG 0xc0000200ULL
#define RING   FAKE_BASE
#define STEPS  300u

static u8 device[0x300];

static u64 machine_read(u64 address, unsigned width)
{
	u64 v = le_get(device + (address - COMMON), width);

	return byte() & 1 ? v : any(width);
}

static void machine_write(u64 address, unsigned width, u64 value)
{
	le_put(device + (address - COMMON), value, width);
}

/* The device answers while it is waited for: an index, and what it likes in the used ring. */
static void answers(void)
{
	poke(RING + 2 * PAGE_SIZE + 2, byte() % 20, 2);
	poke(RING + 2 * PAGE_SIZE + 4 + 8ULL * (byte() % 16), byte() % 20, 4);
}

static void set_up(struct vtap *t)
{
	static const u16 kinds[] = { VIRTIO_ID_NET, VIRTIO_ID_BLOCK, VIRTIO_ID_CONSOLE,
				     VIRTIO_ID_ENTROPY };
	u64 areas[] = { RING, RING + PAGE_SIZE, RING + 2 * PAGE_SIZE };

	t->id = kinds[byte() % 4];
	t->common = t->mmio = COMMON;
	t->common_size = VIRTIO_PCI_COMMON_SIZE;
	t->notify = NOTIFY;
	t->notify_size = 0x80;
	t->config = CONFIG;
	t->config_size = 0x40;
	t->multiplier = byte() % 8;
	t->driver_features = (u64)byte() << 24;
	for (unsigned i = 0; i < 4; i++) {
		t->queue[i] = (struct vtap_queue){ 16, true, areas[0], areas[1], areas[2], 0 };
	}
}

static void step(struct vtap *t)
{
	static const u8 widths[] = { 1, 2, 4, 8 };
	u8 op = byte();
	unsigned w = widths[op >> 6];
	u64 address = COMMON + (op & 0x20 ? any(2) % 0x240 : byte() % 0x40);

	switch (op & 7) {
	case 0:
	case 1:
		if (vtap_find(address, w) == t)
			vtap_write(t, address, w, any(2));
		break;
	case 2:
		if (vtap_find(address, w) == t)
			vtap_read(t, address, w);
		break;
	case 3:
	case 4:
		vtap_write(t, NOTIFY + (u64)t->multiplier * (byte() % 4), 2, byte() % 4);
		break;
	case 5:
		drv_desc(RING, byte() % 16, FAKE_BASE + any(3) % FAKE_SIZE, (u32)any(2), byte() & 7,
			 byte() % 18);
		break;
	case 6:
		poke(RING + PAGE_SIZE + 2, byte() % 24, 2);
		poke(RING + PAGE_SIZE + 4 + 2ULL * (byte() % 16), byte() % 18, 2);
		break;
	default:
		poke(FAKE_BASE + any(3) % (FAKE_SIZE - 8), any(2), 2);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct vtap_access machine = { machine_read, machine_write };
	struct vtap *t;
	u64 waited;

	input_start(data, size);
	fake_vio_reset();
	memset(device, 0, sizeof(device));
	memset(fake_vio.hidden, 0x6b, sizeof(fake_vio.hidden));
	vtap_init(&machine);
	vdev_reset();
	t = vtap_add(byte() % 8 == 0 ? VTAP_MMIO : VTAP_PCI);
	fake_vio.on_relax = answers;
	set_up(t);
	fake_vio.fault = (enum fault_id)(FAULT_VIRTIO_NO_VERSION_1 +
					 byte() % (FAULT_COUNT - FAULT_VIRTIO_NO_VERSION_1));
	if (fake_vio.fault == FAULT_DMA_PRIVATE_REACHED)
		fake_vio.fault = FAULT_NONE_;
	for (unsigned i = byte() % 3; i > 0; i--)
		fake_vio.is_private[byte() % FAKE_PAGES] = true;
	for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
		waited = fake_vio.now;
		step(t);
		assert_true(fake_vio.now - waited <= 101000000);
	}
	for (size_t i = 0; i < sizeof(fake_vio.hidden); i += 509)
		assert_int_equal(fake_vio.hidden[i], 0x6b);
	return 0;
}
