/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a hostile driver does: registers of both transports, configuration space,
 * and anything it likes in the memory rings and buffers lie in, of which some pages are private.
 * The device ends every access, touches no private page, and works again after a reset.
 *
 * sources: hosts/common/vdev_*.c hosts/common/vtap_[dlr]*.c hosts/common/[ls]*.c lib/print.c
 * libs: -lcmocka -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "input.h"
#include "vsock_driver.h"

#define STEPS 400u

/* Mostly descriptors and indexes that mean something. */
static void scribble(void)
{
	u64 ring = DRV_RING(byte() % 3);
	u8 k = byte();

	if (k < 100)
		drv_desc(ring, byte() % 20, FAKE_BASE + any(3) % FAKE_SIZE, (u32)any(k % 3),
			 byte() & 7, byte() % 20);
	else if (k < 150)
		poke(ring + PAGE_SIZE + 2, byte() % 24, 2);
	else if (k < 200)
		poke(ring + PAGE_SIZE + 4 + 2ULL * (byte() % 16), byte() % 20, 2);
	else
		poke(FAKE_BASE + any(3) % (FAKE_SIZE - 8), any(4), 4);
}

static void packet(void)
{
	drv.port = byte() % 3 == 0 ? 7 : byte() % 2 ? 9 : 19;
	drv.guest_port = 1000 + byte() % 12;
	drv.fwd = (u32)any(2);
	drv_header(byte() % 9, byte() & 3, NULL, 0);
	poke(DRV_TX_DATA + 24, byte(), 4);
	drv_publish_tx(VIRTIO_VSOCK_HDR_SIZE + byte());
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
}

static void step(void)
{
	static const u8 widths[] = { 1, 2, 4, 8 };
	u8 op = byte();
	unsigned w = widths[op >> 6];

	switch (op & 15) {
	case 0:
	case 1:
		vdev_mmio_write(any(2) % VIRTIO_MMIO_SIZE, op & 0x20 ? w : 4, any(2));
		break;
	case 2:
		vdev_mmio_read(any(2) % VIRTIO_MMIO_SIZE, op & 0x20 ? w : 4);
		break;
	case 3:
		vdev_write(any(2) % VDEV_BAR_SIZE, w, any(4));
		break;
	case 4:
		vdev_read(any(2) % VDEV_BAR_SIZE, w);
		break;
	case 5:
		vdev_config_write(byte(), w, (u32)any(4));
		break;
	case 6:
		vdev_config_read(byte(), w);
		break;
	case 7:
		vdev_write(any(1) % VIRTIO_PCI_COMMON_SIZE, w, any(2));
		break;
	case 8:
		drv_open(any(1) << 28);
		break;
	case 9:
	case 10:
	case 11:
		packet();
		break;
	case 12:
		reg(VIRTIO_MMIO_QUEUE_NOTIFY, byte() % 3);
		break;
	default:
		scribble();
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	fake_vio_reset();
	vdev_reset();
	drv_open(any(1) << 28);
	memset(fake_vio.hidden, 0x6b, sizeof(fake_vio.hidden));
	for (unsigned i = byte() % 4; i > 0; i--)
		fake_vio.is_private[byte() % FAKE_PAGES] = true;
	for (unsigned i = 0; i < STEPS && input.left > 0; i++)
		step();
	for (size_t i = 0; i < sizeof(fake_vio.hidden); i += 509)
		assert_int_equal(fake_vio.hidden[i], 0x6b);
	memset(fake_vio.is_private, 0, sizeof(fake_vio.is_private));
	vdev_churn(0);
	drv_open(0);
	drv_connect(VDEV_PORT_ECHO);
	return 0;
}
