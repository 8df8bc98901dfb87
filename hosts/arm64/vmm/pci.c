/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration accesses go on to the machine where they are harmless; what decides over memory
 * and interrupts is looked at first. MSI-X is pci_msix.c's; where the guest has nothing to send
 * messages to it is left out of the capability list. There is no INTx.
 */
#include "vmm/pci.h"

#include "abi/pci.h"
#include "common/vdev.h"
#include "core/core.h"
#include "vmm/pci_msix.h"

#define SLOTS    32u
#define CAPS_MAX 48u
#define PARTS    4u /* common, notify, ISR, device: cfg_type 1..4 */

/* Offsets in a virtio capability (VIRTIO 1.2, 4.1.4) */
#define VCAP_TYPE       3u
#define VCAP_BAR        4u
#define VCAP_OFFSET     8u
#define VCAP_LENGTH     12u
#define VCAP_MULTIPLIER 16u
#define VCAP_DATA       16u /* pci_cfg_data */
#define DEVICE_ID_LAST  0x3fu

struct part {
	u8 bar;
	u32 offset, size;
};

struct function {
	u64 config; /* machine address */
	u16 bdf;
	u8 msix;      /* left out of the list; 0: none is */
	u8 msix_from; /* offset of the pointer to it */
	u8 msix_next;
	u8 window;   /* VIRTIO_PCI_CAP_PCI, 0: none */
	bool master; /* as the guest wrote it last */
	struct part part[PARTS];
	struct pci_msix messages;
	struct vtap *tap;
};

static struct function functions[VTAP_MAX];
static unsigned nr_functions;

static u32 config_read(const struct function *f, unsigned offset, unsigned width)
{
	return (u32)core_mmio_read(f->config + offset, width);
}

static void config_write(const struct function *f, unsigned offset, unsigned width, u32 value)
{
	core_mmio_write(f->config + offset, width, value);
}

static u64 ones(unsigned width)
{
	return width == 8 ? ~0ULL : BIT(8 * width) - 1;
}

/* ---- what the machine has ---- */

static void note_virtio(struct function *f, unsigned at)
{
	u32 type = config_read(f, at + VCAP_TYPE, 1);
	struct part p = { .bar = (u8)config_read(f, at + VCAP_BAR, 1),
			  .offset = config_read(f, at + VCAP_OFFSET, 4),
			  .size = config_read(f, at + VCAP_LENGTH, 4) };

	if (type == VIRTIO_PCI_CAP_PCI && f->window == 0)
		f->window = (u8)at;
	if (type < VIRTIO_PCI_CAP_COMMON || type > PARTS || p.bar >= PCI_BARS ||
	    f->part[type - 1].size != 0)
		return;
	f->part[type - 1] = p;
	if (type == VIRTIO_PCI_CAP_NOTIFY)
		f->tap->multiplier = config_read(f, at + VCAP_MULTIPLIER, 4);
}

static void find_capabilities(struct function *f)
{
	unsigned from = PCI_CAPABILITIES;

	for (unsigned n = 0; n < CAPS_MAX; n++) {
		unsigned at = config_read(f, from, 1) & ~3u;
		u32 id;

		if (at < PCI_HEADER_SIZE)
			return;
		id = config_read(f, at, 1);
		if (id == PCI_CAP_VENDOR)
			note_virtio(f, at);
		if (id == PCI_CAP_MSIX && f->msix == 0) {
			f->msix = (u8)at;
			f->msix_from = (u8)from;
			f->msix_next = (u8)config_read(f, at + 1, 1);
		}
		from = at + 1;
	}
}

static bool is_virtio(const struct function *f)
{
	u32 device = config_read(f, PCI_DEVICE_ID, 2);

	return config_read(f, PCI_VENDOR_ID, 2) == VIRTIO_PCI_VENDOR &&
	       device > VIRTIO_PCI_DEVICE_BASE && device - VIRTIO_PCI_DEVICE_BASE <= DEVICE_ID_LAST;
}

/* A structure in the BAR that is a copy would be out of reach. */
static bool in_table_bar(const struct function *f, const struct msix *m)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (f->part[i].size != 0 && f->part[i].bar == m->table_bar)
			return true;
	return false;
}

static void take(unsigned slot, bool messages)
{
	struct function *f = &functions[nr_functions];
	u16 bdf = (u16)(slot << 3);

	*f = (struct function){ .config = pci_machine_config(bdf), .bdf = bdf };
	if (!is_virtio(f) || (f->tap = vtap_add(VTAP_PCI)) == NULL)
		return;
	config_write(f, PCI_COMMAND, 2, 0);
	f->tap->id = config_read(f, PCI_DEVICE_ID, 2) - VIRTIO_PCI_DEVICE_BASE;
	f->tap->bdf = f->bdf;
	find_capabilities(f);
	if (messages)
		pci_msix_find(&f->messages, bdf);
	if (in_table_bar(f, &f->messages.m))
		f->messages.shown = false;
	if (f->messages.shown)
		f->msix = 0;
	nr_functions++;
}

unsigned pci_init(bool messages)
{
	nr_functions = 0;
	msix_reset();
	for (unsigned slot = 0; slot < SLOTS && nr_functions < ARRAY_SIZE(functions); slot++)
		take(slot, messages);
	return nr_functions;
}

/* ---- BARs ---- */

/* Where a structure is now; 0 when the function does not decode or it lies outside the window. */
static u64 place_of(const struct function *f, unsigned bar, u64 offset, u64 size)
{
	u32 low = config_read(f, PCI_BAR0 + 4 * bar, 4);
	u64 base = low & ~PCI_BAR_ATTRIBUTES, first;

	if ((config_read(f, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) == 0 || (low & PCI_BAR_IO) != 0)
		return 0;
	if ((low & PCI_BAR_TYPE_64) != 0 && bar + 1 < PCI_BARS)
		base |= (u64)config_read(f, PCI_BAR0 + 4 * bar + 4, 4) << 32;
	if (base < PCI_WINDOW_BASE || base - PCI_WINDOW_BASE >= PCI_WINDOW_SIZE)
		return 0;
	first = base - PCI_WINDOW_BASE + offset; /* both below 2^32 */
	return size != 0 && first < PCI_WINDOW_SIZE && size <= PCI_WINDOW_SIZE - first
		   ? base + offset
		   : 0;
}

/* The machine's registers are the truth; the tap follows them. */
static void refresh(struct function *f)
{
	u64 at[PARTS];
	u32 size[PARTS];

	for (unsigned i = 0; i < PARTS; i++) {
		const struct part *p = &f->part[i];

		at[i] = place_of(f, p->bar, p->offset, p->size);
		size[i] = at[i] != 0 ? p->size : 0;
	}
	f->tap->common = at[VIRTIO_PCI_CAP_COMMON - 1];
	f->tap->notify = at[VIRTIO_PCI_CAP_NOTIFY - 1];
	f->tap->isr = at[VIRTIO_PCI_CAP_ISR - 1];
	f->tap->config = at[VIRTIO_PCI_CAP_DEVICE - 1];
	f->tap->common_size = size[VIRTIO_PCI_CAP_COMMON - 1];
	f->tap->notify_size = size[VIRTIO_PCI_CAP_NOTIFY - 1];
	f->tap->isr_size = size[VIRTIO_PCI_CAP_ISR - 1];
	f->tap->config_size = size[VIRTIO_PCI_CAP_DEVICE - 1];
}

/* Only what a virtio structure describes answers, with the widths it has; the rest of the window
 * is as empty as a bus without a device. `only`: NULL or the tap that must be behind it. */
static void bar_access(const struct vtap *only, u64 address, unsigned width, bool write, u64 *value)
{
	struct vtap *t = width <= 4 ? vtap_find(address, width) : NULL;

	if (t == NULL || (only != NULL && t != only)) {
		*value = ones(width);
		return;
	}
	if (write)
		vtap_write(t, address, width, *value);
	else
		*value = vtap_read(t, address, width);
}

/* ---- configuration space ---- */

static bool in(unsigned offset, unsigned base, unsigned size)
{
	return offset - base < size;
}

/* An I/O BAR is not there for the guest. */
static bool is_io_bar(const struct function *f, unsigned offset)
{
	unsigned reg = offset & ~3u;

	return in(offset, PCI_BAR0, 4 * PCI_BARS) && (config_read(f, reg, 4) & PCI_BAR_IO) != 0 &&
	       (reg == PCI_BAR0 ||
		(config_read(f, reg - 4, 4) & (PCI_BAR_IO | PCI_BAR_TYPE_64)) != PCI_BAR_TYPE_64);
}

static u8 shown_byte(const struct function *f, unsigned offset, u8 byte)
{
	if (pci_msix_config_read(&f->messages, offset, &byte))
		return byte;
	if (f->msix != 0 && offset == f->msix_from)
		return f->msix_next;
	if ((f->msix != 0 && in(offset, f->msix, PCI_MSIX_CAP_SIZE)) || in(offset, PCI_ROM, 4) ||
	    offset == PCI_INTERRUPT_PIN || is_io_bar(f, offset))
		return 0;
	return offset == PCI_HEADER_TYPE ? byte & ~PCI_HEADER_MULTI : byte;
}

static u32 read_shown(const struct function *f, unsigned offset, unsigned width)
{
	u32 value = config_read(f, offset, width), shown = 0;

	for (unsigned i = 0; i < width; i++)
		shown |= (u32)shown_byte(f, offset + i, (u8)(value >> 8 * i)) << 8 * i;
	return shown;
}

/* Memory decoding and bus mastering are the guest's to switch, I/O decoding never. */
static void write_command(struct function *f, unsigned offset, unsigned width, u32 value)
{
	u32 command = config_read(f, PCI_COMMAND, 2);
	bool master;

	for (unsigned i = 0; i < width && offset + i < PCI_COMMAND + 2; i++) {
		unsigned shift = 8 * (offset + i - PCI_COMMAND);

		command = (command & ~(0xffu << shift)) | (value >> 8 * i & 0xff) << shift;
	}
	command &= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX;
	master = (command & PCI_COMMAND_MASTER) != 0;
	if (master && !f->master)
		devices_master();
	/* A device that is locked for a trusted domain leaves that state when this happens (PCIe
	 * 6.1, 11.2.6): no guest may do it to a device it uses. */
	if (!master && f->master)
		device_violation("bus-master-cleared", "function %u.%u command=0x%x",
				 (unsigned)f->bdf >> 3, (unsigned)f->bdf & 7, command);
	f->master = master;
	config_write(f, PCI_COMMAND, 2, command);
}

/* VIRTIO_PCI_CAP_PCI (4.1.4.9): the same registers by another door, hence by the same tap. */
static void window_data(const struct function *f, unsigned width, bool write, u64 *value)
{
	u32 bar = config_read(f, f->window + VCAP_BAR, 1);
	u32 offset = config_read(f, f->window + VCAP_OFFSET, 4);
	u32 length = config_read(f, f->window + VCAP_LENGTH, 4);
	u64 at = bar < PCI_BARS && length == width ? place_of(f, bar, offset, length) : 0;

	if (at == 0 || !is_aligned(at, width))
		*value = ones(width);
	else
		bar_access(f->tap, at, width, write, value);
}

static void write_taken(struct function *f, unsigned offset, unsigned width, u32 value)
{
	if (pci_msix_config_write(&f->messages, offset, width, value))
		return;
	if (in(offset, PCI_COMMAND, 2)) {
		write_command(f, offset, width, value);
	} else if (in(offset, PCI_BAR0, 4 * PCI_BARS)) {
		if (is_io_bar(f, offset))
			return;
		config_write(f, offset, width, value);
	} else if (offset == PCI_INTERRUPT_LINE && width == 1) {
		config_write(f, offset, width, value);
	} else if (f->window != 0 && in(offset, f->window + VCAP_BAR, VCAP_DATA - VCAP_BAR)) {
		config_write(f, offset, width, value);
	}
	/* Whatever else there is cannot be written. */
}

static void function_access(struct function *f, unsigned offset, unsigned width, bool write,
			    u64 *value)
{
	u32 v = (u32)*value;

	if (f->window != 0 && offset == f->window + VCAP_DATA) {
		window_data(f, width, write, value);
	} else if (!write) {
		*value = vtap_config_read(f->bdf, offset, width, read_shown(f, offset, width));
	} else if (vtap_config_write(f->bdf, offset, width, &v)) {
		write_taken(f, offset, width, v);
		refresh(f);
	}
}

static bool ecam_access(u64 offset, unsigned width, bool write, u64 *value)
{
	u16 bdf = (u16)(offset / PCI_FUNCTION_SIZE);
	unsigned reg = offset % PCI_FUNCTION_SIZE;

	if (width > 4)
		return false;
	for (unsigned i = 0; i < nr_functions; i++) {
		if (functions[i].bdf != bdf || reg >= PCI_CONFIG_SIZE)
			continue;
		function_access(&functions[i], reg, width, write, value);
		return true;
	}
	*value = ones(width);
	return true;
}

/* Tables of MSI-X; they answer where their function decodes. */
static bool table_access(u64 address, unsigned width, bool write, u64 *value)
{
	for (unsigned i = 0; i < nr_functions; i++) {
		struct function *f = &functions[i];

		if (!pci_msix_holds(&f->messages, address) ||
		    (config_read(f, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) == 0)
			continue;
		pci_msix_access(&f->messages, address, width, write, value);
		return true;
	}
	return false;
}

bool pci_messages_enabled(void)
{
	for (unsigned i = 0; i < nr_functions; i++)
		if (functions[i].messages.m.enabled)
			return true;
	return false;
}

bool pci_access(u64 address, unsigned width, bool write, u64 *value)
{
	if (!is_aligned(address, width))
		return false;
	if (address - PCI_ECAM_BASE < PCI_ECAM_SIZE)
		return ecam_access(address - PCI_ECAM_BASE, width, write, value);
	if (!table_access(address, width, write, value))
		bar_access(NULL, address, width, write, value);
	return true;
}
