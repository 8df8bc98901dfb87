/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modelled device as a PCI function: configuration space (PCI 3.0, 6), one 64-bit memory BAR
 * with the structures of VIRTIO 1.2, 4.1.4, and MSI-X (PCI 3.0, 6.8.2).
 */
#include <string.h>

#include "abi/pci.h"
#include "common/mutant.h"
#include "common/vdev_local.h"

#define MSIX_ENTRIES        4                            /* configuration and three queues */
#define MSIX_VECTOR_CONTROL (PCI_MSIX_ENTRY_CONTROL / 4) /* word of an entry */

/* In the BAR. */
#define COMMON_AT     0x0000
#define ISR_AT        0x0400
#define DEVICE_AT     0x0800
#define NOTIFY_AT     0x0c00
#define NOTIFY_STRIDE 4u
#define TABLE_AT      0x2000
#define PENDING_AT    0x3000

/* Capabilities in configuration space. */
#define CAPS     0x40
#define CAP_PCI  0x90 /* the last of the virtio ones, and its window */
#define CAP_MSIX 0xb0
#define PCI_BAR  (CAP_PCI + 4)
#define PCI_OFF  (CAP_PCI + 8)
#define PCI_LEN  (CAP_PCI + 12)
#define PCI_DATA (CAP_PCI + 16)

static struct {
	u8 config[VDEV_CONFIG_SIZE], writable[VDEV_CONFIG_SIZE];
	u32 entry[MSIX_ENTRIES][PCI_MSIX_ENTRY_SIZE / 4]; /* address low and high, data, control */
	u64 pending;
} pci;

static void set(unsigned offset, unsigned width, u64 value, u64 writable)
{
	le_put(pci.config + offset, value, width);
	le_put(pci.writable + offset, writable, width);
}

static unsigned capability(unsigned at, u8 type, u8 size, u32 offset, u32 length)
{
	set(at, 1, PCI_CAP_VENDOR, 0);
	set(at + 1, 1, at + size, 0);
	set(at + 2, 1, size, 0);
	set(at + 3, 1, type, 0);
	set(at + 8, 4, offset, 0);
	set(at + 12, 4, length, 0);
	return at + size;
}

void vdev_pci_reset(void)
{
	unsigned at = CAPS;

	memset(&pci, 0, sizeof(pci));
	set(PCI_VENDOR_ID, 2, VIRTIO_PCI_VENDOR, 0);
	set(PCI_DEVICE_ID, 2, VIRTIO_PCI_DEVICE_BASE + VIRTIO_ID_VSOCK, 0);
	set(PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
	set(PCI_STATUS, 2, PCI_STATUS_CAPS, 0);
	set(PCI_REVISION, 4, 0x07800001, 0); /* communication controller, other; revision 1 */
	set(PCI_BAR0, 8, PCI_BAR_TYPE_64, ~(VDEV_BAR_SIZE - 1));
	set(PCI_SUBSYSTEM, 4, 0x1100 << 16 | VIRTIO_PCI_VENDOR, 0);
	set(PCI_CAPABILITIES, 1, CAPS, 0);
	set(PCI_INTERRUPT_LINE, 1, 0, 0xff);
	set(PCI_INTERRUPT_PIN, 1, 1, 0); /* INTA */
	at = capability(at, VIRTIO_PCI_CAP_COMMON, VIRTIO_PCI_CAP_SIZE, COMMON_AT,
			VIRTIO_PCI_COMMON_SIZE);
	at = capability(at, VIRTIO_PCI_CAP_ISR, VIRTIO_PCI_CAP_SIZE, ISR_AT, 1);
	at = capability(at, VIRTIO_PCI_CAP_DEVICE, VIRTIO_PCI_CAP_SIZE, DEVICE_AT,
			VDEV_CONFIG_BYTES);
	set(at + 16, 4, NOTIFY_STRIDE, 0);
	at = capability(at, VIRTIO_PCI_CAP_NOTIFY, VIRTIO_PCI_CAP_NOTIFY_SIZE, NOTIFY_AT,
			NOTIFY_STRIDE * VDEV_QUEUES);
	set(at - VIRTIO_PCI_CAP_NOTIFY_SIZE + 1, 1, CAP_PCI, 0);
	capability(CAP_PCI, VIRTIO_PCI_CAP_PCI, VIRTIO_PCI_CAP_SIZE + 4, 0, 0);
	set(CAP_PCI + 1, 1, CAP_MSIX, 0);
	set(PCI_BAR, 1, 0, 0xff);
	set(PCI_OFF, 4, 0, 0xffffffff);
	set(PCI_LEN, 4, 0, 0xffffffff);
	set(CAP_MSIX, 1, PCI_CAP_MSIX, 0);
	set(CAP_MSIX + PCI_MSIX_CONTROL, 2, MSIX_ENTRIES - 1, PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	set(CAP_MSIX + PCI_MSIX_TABLE, 4, TABLE_AT, 0);
	set(CAP_MSIX + PCI_MSIX_PBA, 4, PENDING_AT, 0);
	for (unsigned i = 0; i < MSIX_ENTRIES; i++)
		pci.entry[i][MSIX_VECTOR_CONTROL] = PCI_MSIX_ENTRY_MASKED;
}

static u16 command(void)
{
	return (u16)le_get(pci.config + PCI_COMMAND, 2);
}

bool vdev_pci_master(void)
{
	return (command() & PCI_COMMAND_MASTER) != 0;
}

bool vdev_pci_wire_off(void)
{
	return vdev.transport == VDEV_PCI && (command() & PCI_COMMAND_NO_INTX) != 0;
}

u64 vdev_bar(void)
{
	if ((command() & PCI_COMMAND_MEMORY) == 0)
		return 0;
	return le_get(pci.config + PCI_BAR0, 8) & ~(VDEV_BAR_SIZE - 1);
}

/* ---- MSI-X ---- */

static u16 msix_control(void)
{
	return (u16)le_get(pci.config + CAP_MSIX + PCI_MSIX_CONTROL, 2);
}

static bool masked(unsigned i)
{
	return (msix_control() & PCI_MSIX_MASK_ALL) != 0 ||
	       (pci.entry[i][MSIX_VECTOR_CONTROL] & PCI_MSIX_ENTRY_MASKED) != 0;
}

static void send(unsigned i)
{
	const u32 *e = pci.entry[i];

	if (vdev_pci_master())
		vio_host.message((u64)e[1] << 32 | e[0], e[2]);
}

bool vdev_message(u16 entry)
{
	if ((msix_control() & PCI_MSIX_ENABLE) == 0)
		return false;
	if (V(entry >= MSIX_ENTRIES))
		return true; /* VIRTIO_MSI_NO_VECTOR: nothing is sent */
	if (V(masked(entry)))
		pci.pending |= BIT(entry);
	else
		send(entry);
	return true;
}

/* Something was unmasked, perhaps. */
static void send_pending(void)
{
	if ((msix_control() & PCI_MSIX_ENABLE) == 0)
		return;
	for (unsigned i = 0; i < MSIX_ENTRIES; i++) {
		if ((pci.pending & BIT(i)) == 0 || masked(i))
			continue;
		pci.pending &= ~BIT(i);
		send(i);
	}
}

static u32 *table_word(u64 offset)
{
	return offset < sizeof(pci.entry)
		   ? &pci.entry[offset / PCI_MSIX_ENTRY_SIZE][offset % PCI_MSIX_ENTRY_SIZE / 4]
		   : NULL;
}

static u64 table_read(u64 offset, unsigned width)
{
	u64 value = 0;

	if (V(width != 4 && width != 8) || V(!is_aligned(offset, width)))
		return all_ones(width);
	for (unsigned i = 0; i < width; i += 4) {
		const u32 *w = table_word(offset + i);

		value |= (u64)(w != NULL ? *w : 0) << (8 * i);
	}
	return value;
}

static void table_write(u64 offset, unsigned width, u64 value)
{
	if (V(width != 4 && width != 8) || V(!is_aligned(offset, width)))
		return;
	for (unsigned i = 0; i < width; i += 4) {
		u32 *w = table_word(offset + i);

		if (w != NULL)
			*w = (u32)(value >> (8 * i));
	}
	send_pending();
}

/* ---- common configuration; each field by its own width ---- */

static u16 *vector_of(u64 offset)
{
	if (offset == VIRTIO_PCI_CONFIG_VECTOR)
		return &vdev.config_vector;
	return vdev.selected < VDEV_QUEUES ? &vdev.ring[vdev.selected].vector : NULL;
}

static u64 queue_field(u64 offset)
{
	const struct vtap_queue *q = vdev_selected();

	if (offset == VIRTIO_PCI_QUEUE_ENABLE)
		return lie_enabled(&vdev.lies, q != NULL && q->enabled);
	if (q == NULL)
		return 0;
	switch (offset) {
	case VIRTIO_PCI_QUEUE_SIZE:
		/* What was written, or the most there can be. */
		return q->size == VDEV_QUEUE_MAX ? vdev_queue_max() : q->size;
	case VIRTIO_PCI_QUEUE_NOTIFY_OFF:
		return vdev.selected;
	case VIRTIO_PCI_QUEUE_DESC:
		return (u32)q->desc;
	case VIRTIO_PCI_QUEUE_DESC + 4:
		return q->desc >> 32;
	case VIRTIO_PCI_QUEUE_DRIVER:
		return (u32)q->driver;
	case VIRTIO_PCI_QUEUE_DRIVER + 4:
		return q->driver >> 32;
	case VIRTIO_PCI_QUEUE_DEVICE:
		return (u32)q->device;
	default:
		return q->device >> 32;
	}
}

static unsigned field_width(u64 offset)
{
	if (offset == VIRTIO_PCI_STATUS || offset == VIRTIO_PCI_GENERATION)
		return 1;
	if (offset >= VIRTIO_PCI_CONFIG_VECTOR && offset < VIRTIO_PCI_QUEUE_DESC)
		return is_aligned(offset, 2) ? 2 : 0;
	return is_aligned(offset, 4) && offset < VIRTIO_PCI_COMMON_SIZE ? 4 : 0;
}

static u64 common_read(u64 offset, unsigned width)
{
	const u16 *vector;

	if (V(width != field_width(offset)))
		return all_ones(width);
	switch (offset) {
	case VIRTIO_PCI_DFSELECT:
		return vdev.feature_select[0];
	case VIRTIO_PCI_DF:
		return vdev_features();
	case VIRTIO_PCI_GFSELECT:
		return vdev.feature_select[1];
	case VIRTIO_PCI_GF:
		return vdev.feature_select[1] > 1
			   ? 0
			   : (u32)(vdev.driver_features >> (32 * vdev.feature_select[1]));
	case VIRTIO_PCI_CONFIG_VECTOR:
	case VIRTIO_PCI_QUEUE_VECTOR:
		vector = vector_of(offset);
		return vector != NULL ? *vector : VIRTIO_MSI_NO_VECTOR;
	case VIRTIO_PCI_NUM_QUEUES:
		return VDEV_QUEUES;
	case VIRTIO_PCI_STATUS:
		return vdev_status();
	case VIRTIO_PCI_GENERATION:
		return vdev_generation() & 0xff;
	case VIRTIO_PCI_QUEUE_SELECT:
		return vdev.selected;
	default:
		return queue_field(offset);
	}
}

static void vector_write(u64 offset, u16 value)
{
	u16 *vector = vector_of(offset);

	/* 4.1.5.1.2: a vector it cannot have reads back as none. */
	if (vector != NULL)
		*vector = V(value >= MSIX_ENTRIES) ? VIRTIO_MSI_NO_VECTOR : value;
}

static void common_write(u64 offset, unsigned width, u64 value)
{
	if (V(width != field_width(offset)))
		return;
	switch (offset) {
	case VIRTIO_PCI_DFSELECT:
		vdev.feature_select[0] = (u32)value;
		break;
	case VIRTIO_PCI_GFSELECT:
		vdev.feature_select[1] = (u32)value;
		break;
	case VIRTIO_PCI_GF:
		vdev_set_features((u32)value);
		break;
	case VIRTIO_PCI_CONFIG_VECTOR:
	case VIRTIO_PCI_QUEUE_VECTOR:
		vector_write(offset, (u16)value);
		break;
	case VIRTIO_PCI_STATUS:
		vdev_set_status((u8)value);
		break;
	case VIRTIO_PCI_QUEUE_SELECT:
		vdev.selected = (u16)value;
		break;
	case VIRTIO_PCI_QUEUE_SIZE:
		vdev_queue_size((u16)value);
		break;
	case VIRTIO_PCI_QUEUE_ENABLE:
		if ((u16)value == 1)
			vdev_queue_enable();
		break;
	default:
		if (offset >= VIRTIO_PCI_QUEUE_DESC)
			vdev_queue_address((unsigned)(offset - VIRTIO_PCI_QUEUE_DESC) / 8,
					   (offset & 4) != 0, value);
		break;
	}
}

/* ---- the BAR ---- */

static bool inside(u64 offset, unsigned width, u64 base, u64 size)
{
	return offset >= base && offset - base < size && width <= size - (offset - base);
}

u64 vdev_read(u64 offset, unsigned width)
{
	vdev.transport = VDEV_PCI;
	if (inside(offset, width, COMMON_AT, VIRTIO_PCI_COMMON_SIZE))
		return common_read(offset - COMMON_AT, width);
	if (inside(offset, width, ISR_AT, 1))
		return vdev_isr_ack(0xff);
	if (inside(offset, width, DEVICE_AT, VDEV_CONFIG_BYTES))
		return vdev_device_config(offset - DEVICE_AT, width);
	if (inside(offset, width, TABLE_AT, (u64)PCI_MSIX_ENTRY_SIZE * MSIX_ENTRIES))
		return table_read(offset - TABLE_AT, width);
	if (inside(offset, width, PENDING_AT, 8))
		return pci.pending >> (8 * (offset - PENDING_AT)) & all_ones(width);
	return 0;
}

void vdev_write(u64 offset, unsigned width, u64 value)
{
	vdev.transport = VDEV_PCI;
	if (inside(offset, width, COMMON_AT, VIRTIO_PCI_COMMON_SIZE))
		common_write(offset - COMMON_AT, width, value);
	else if (inside(offset, width, NOTIFY_AT, (u64)NOTIFY_STRIDE * VDEV_QUEUES))
		vdev_notify((offset - NOTIFY_AT) / NOTIFY_STRIDE);
	else if (inside(offset, width, TABLE_AT, (u64)PCI_MSIX_ENTRY_SIZE * MSIX_ENTRIES))
		table_write(offset - TABLE_AT, width, value);
}

/* ---- configuration space ---- */

/* 4.1.4.9: the window in configuration space onto the BAR. */
static bool window(u64 *offset, unsigned *width)
{
	u64 length = le_get(pci.config + PCI_LEN, 4);

	*offset = le_get(pci.config + PCI_OFF, 4);
	*width = (unsigned)length;
	if (V(pci.config[PCI_BAR] != 0))
		return false;
	if (V(length != 1 && length != 2 && length != 4))
		return false;
	if (V(!is_aligned(*offset, length)))
		return false;
	return *offset < VDEV_BAR_SIZE;
}

static bool in_config_space(unsigned offset, unsigned width)
{
	return (width == 1 || width == 2 || width == 4) && offset < VDEV_CONFIG_SIZE &&
	       width <= VDEV_CONFIG_SIZE - offset;
}

u32 vdev_config_read(unsigned offset, unsigned width)
{
	unsigned bytes;
	u64 at;

	if (V(!in_config_space(offset, width)))
		return 0xffffffffu;
	if (offset == PCI_DATA && window(&at, &bytes))
		le_put(pci.config + PCI_DATA, vdev_read(at, bytes), 4);
	if (inside(PCI_STATUS, 1, offset, width))
		le_put(pci.config + PCI_STATUS,
		       PCI_STATUS_CAPS | (vdev.isr != 0 ? PCI_STATUS_INTERRUPT : 0), 1);
	return (u32)le_get(pci.config + offset, width);
}

static void config_changed(void)
{
	if (vdev.wire && vdev.transport == VDEV_PCI)
		vio_host.wire(!vdev_pci_wire_off());
	send_pending();
}

void vdev_config_write(unsigned offset, unsigned width, u32 value)
{
	unsigned bytes;
	u64 at;

	if (V(!in_config_space(offset, width)))
		return;
	if (offset == PCI_DATA && window(&at, &bytes)) {
		vdev_write(at, bytes, value & all_ones(bytes));
		return;
	}
	for (unsigned i = 0; i < width; i++) {
		u8 may = pci.writable[offset + i], byte = (u8)(value >> (8 * i));

		pci.config[offset + i] = (u8)((pci.config[offset + i] & ~may) | (byte & may));
	}
	config_changed();
}
