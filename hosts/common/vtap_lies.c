/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of devices as the guest is shown them: the truth, or one lie by fault. Both the tap
 * (QEMU's devices) and the modelled device ask here, so that a fault is the same on all of them.
 */
#include "abi/pci.h"
#include "common/vdev_local.h"
#include "core/core.h"

#define STORM      64u
#define SIZE_HUGE  0xc000u
#define PCI_NO_CAP 0xf8u /* zeros there: capability 0, the last */
#define BAR_MOVED  0x100000u

static u64 interrupts;

u64 vtap_interrupts(void)
{
	return interrupts;
}

unsigned vtap_interrupt(void)
{
	unsigned times = fault_on(FAULT_INTERRUPT_LOST) ? 0 : 1;

	if (fault_on(FAULT_INTERRUPT_STORM))
		times = STORM;
	interrupts += times;
	return times;
}

/* ---- transport ---- */

u32 lie_features(const struct vtap_lies *l, u32 word, u32 value)
{
	if (word == 0 && fault_on(FAULT_VIRTIO_FEATURES_LOST) && l->resets % 2 == 0)
		value &= ~(u32)BIT(VIRTIO_F_INDIRECT_DESC);
	if (word == 1 && fault_on(FAULT_VIRTIO_NO_VERSION_1))
		value &= ~(u32)BIT(VIRTIO_F_VERSION_1 - 32);
	if (word == 1 && fault_on(FAULT_VIRTIO_NO_PLATFORM))
		value &= ~(u32)BIT(VIRTIO_F_ACCESS_PLATFORM - 32);
	return value;
}

void lie_status_written(struct vtap_lies *l, u8 value)
{
	if (value == 0)
		l->resets++;
}

u8 lie_status(const struct vtap_lies *l, u8 value)
{
	if (value == 0 && l->resets > 0 && fault_on(FAULT_VIRTIO_RESET_ENDLESS))
		return VIRTIO_ACKNOWLEDGE;
	if (fault_on(FAULT_VIRTIO_FEATURES_REFUSED))
		value &= (u8)~VIRTIO_FEATURES_OK;
	return value;
}

u16 lie_queue_max(u16 value)
{
	if (value == 0)
		return 0; /* there is no such queue */
	if (fault_on(FAULT_QUEUE_SIZE_ZERO))
		return 0;
	if (fault_on(FAULT_QUEUE_SIZE_ODD))
		return value - 1;
	return fault_on(FAULT_QUEUE_SIZE_HUGE) ? SIZE_HUGE : value;
}

bool lie_enabled(const struct vtap_lies *l, bool value)
{
	return value || (l->resets > 0 && fault_on(FAULT_VIRTIO_RESET_QUEUES_KEPT));
}

u32 lie_generation(struct vtap_lies *l, u32 value)
{
	if (!l->generation_known) {
		l->generation_known = true;
		l->generation = value;
	}
	return fault_on(FAULT_VIRTIO_GENERATION_STUCK) ? l->generation : value;
}

/* ---- device configuration ---- */

/* `field` of a device, `bytes` long at `at`, as far as the read shows it: `add` more than it is. */
static u64 field_plus(u64 value, u64 offset, unsigned width, u64 at, unsigned bytes, u64 add)
{
	if (offset == at && width <= bytes)
		value += add;
	return value & all_ones(width);
}

u64 lie_device_config(u32 id, u64 offset, unsigned width, u64 value)
{
	if (id == VIRTIO_ID_BLOCK && fault_on(FAULT_BLK_CAPACITY))
		return field_plus(value, offset, width, VIRTIO_BLK_CONFIG_CAPACITY, 8, 64);
	if (id == VIRTIO_ID_NET && fault_on(FAULT_NET_MAC) && offset == VIRTIO_NET_CONFIG_MAC)
		return value | 1;
	if (id == VIRTIO_ID_CONSOLE && fault_on(FAULT_CONSOLE_PORTS) &&
	    offset == VIRTIO_CONSOLE_CONFIG_MAX_PORTS)
		return 0;
	return value;
}

/* ---- configuration space ---- */

/* BARs as the guest wrote them last; a read behind all ones asks for the size. */
static struct {
	u16 bdf;
	bool used, sizing[PCI_BARS];
} bars[VTAP_MAX + 1];

static bool *sizing_of(u16 bdf, unsigned offset)
{
	for (unsigned i = 0; i < ARRAY_SIZE(bars); i++) {
		if (!bars[i].used) {
			bars[i].used = true;
			bars[i].bdf = bdf;
		}
		if (bars[i].bdf == bdf)
			return &bars[i].sizing[(offset - PCI_BAR0) / 4];
	}
	return NULL;
}

static bool is_bar(unsigned offset, unsigned width)
{
	return width == 4 && offset >= PCI_BAR0 && offset < PCI_BAR_END && offset % 4 == 0;
}

static u32 bar_read(u16 bdf, unsigned offset, u32 value)
{
	const bool *sizing = sizing_of(bdf, offset);
	u32 address = value & ~PCI_BAR_ATTRIBUTES;

	if (sizing == NULL || address == 0 || (value & PCI_BAR_IO) != 0)
		return value;
	/* A hole in the mask: the bit above the lowest. */
	if (*sizing && fault_on(FAULT_PCI_BAR_SIZE))
		return value & ~((address & -address) << 1);
	if (!*sizing && fault_on(FAULT_PCI_BAR_MOVED))
		return value ^ BAR_MOVED;
	return value;
}

u32 vtap_config_read(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	if (is_bar(offset, width))
		return bar_read(bdf, offset, value);
	if (offset == PCI_CAPABILITIES && fault_on(FAULT_PCI_CAPABILITIES_ASTRAY))
		return (value & ~0xffu) | PCI_NO_CAP;
	/* Every capability is followed by itself: its own pointer comes from its own offset. */
	if (offset >= PCI_HEADER_SIZE && offset % 4 == 0 && width >= 2 &&
	    (value & 0xff) == PCI_CAP_VENDOR && fault_on(FAULT_PCI_CAPABILITIES_LOOP))
		return (value & ~0xff00u) | offset << 8;
	if (offset > PCI_HEADER_SIZE && offset % 4 == 1 && width == 1 && value != 0 &&
	    fault_on(FAULT_PCI_CAPABILITIES_LOOP))
		return offset & ~3u;
	return value;
}

bool vtap_config_write(u16 bdf, unsigned offset, unsigned width, u32 *value)
{
	bool *sizing = is_bar(offset, width) ? sizing_of(bdf, offset) : NULL;

	if (sizing != NULL)
		*sizing = (*value | PCI_BAR_ATTRIBUTES) == 0xffffffffu;
	if (offset == PCI_COMMAND && fault_on(FAULT_PCI_ENABLE_IGNORED))
		*value &= ~PCI_COMMAND_MASTER;
	return true;
}
