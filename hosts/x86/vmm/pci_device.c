/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's virtio functions as the guest has them. What the guest places are copies of BARs:
 * the machine's own stay where its firmware put them, so that no BAR of a guest's choice comes to
 * lie on anything. Every access passes the tap of common/vdev.h; table and pending bits of MSI-X
 * are copies; bus mastering is the machine's, where an IOMMU confines the function.
 */
#include <string.h>

#include "vmm/pci.h"

#define DEVICES   VTAP_MAX
#define BAR_IO    BIT(0)
#define BAR_TYPE  MASK(2, 1)
#define BAR_64    BIT(2)
#define BAR_FLAGS MASK(3, 0)
#define REACH_END GIB(4) /* of the monitor's own map of devices */
/* Where what firmware put beyond it goes: nobody's, above the machine's configuration space and
 * below what firmware places from the top. */
#define LOW_PLACES     0xd0000000ULL
#define LOW_PLACES_END 0xe0000000ULL

/* VIRTIO 1.2, 4.1.4: capability fields; 4.1.4.9: the window into BARs. */
#define CAP_TYPE         3
#define CAP_BAR          4
#define CAP_OFFSET       8
#define CAP_LENGTH       12
#define CAP_MULTIPLIER   16
#define CAP_WINDOW       16

#define FEATURE_PLATFORM BIT(VIRTIO_F_ACCESS_PLATFORM - 32)
#define COMMAND_KEPT                                                                               \
	(PCI_COMMAND_MEMORY | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_NO_INTX)

struct pci_device {
	unsigned bdf;
	bool confined; /* may be bus master */
	u16 command;
	u8 line;
	struct {
		u64 machine, size; /* size 0: none */
		u64 base;          /* as the guest has it */
		u8 flags;
		bool is_64;
	} bar[PCI_BARS];
	struct msix msix;
	struct vtap *tap;
	unsigned window;             /* capability of type VIRTIO_PCI_CAP_PCI, 0: none */
	u8 window_bytes[CAP_WINDOW]; /* its fields as the guest has them */
};

static struct pci_device devices[DEVICES];
static unsigned device_count;
static u64 next_place;

/* ---- what the machine has ---- */

/* Newer firmware of the machine puts 64-bit BARs at the end of the address space. */
static bool bring_low(struct pci_device *d, unsigned n)
{
	u64 size = d->bar[n].size, at = align_up(next_place, MAX(size, (u64)PAGE_SIZE));

	if (!d->bar[n].is_64 || size > LOW_PLACES_END - LOW_PLACES || at > LOW_PLACES_END - size)
		return false;
	machine_config_write(d->bdf, PCI_BAR0 + 4 * n, 4, (u32)at);
	machine_config_write(d->bdf, PCI_BAR0 + 4 * n + 4, 4, 0);
	d->bar[n].machine = at;
	next_place = at + size;
	return true;
}

/* Decoding is off: sizes are what all ones leave (PCI 3.0, 6.2.5.1). */
static bool size_bar(struct pci_device *d, unsigned n)
{
	unsigned at = PCI_BAR0 + 4 * n;
	u32 low = machine_config_read(d->bdf, at, 4), high = 0, low_mask, high_mask = ~0u;

	d->bar[n].flags = low & BAR_FLAGS;
	d->bar[n].is_64 = (low & (BAR_IO | BAR_TYPE)) == BAR_64;
	machine_config_write(d->bdf, at, 4, ~0u);
	low_mask = machine_config_read(d->bdf, at, 4);
	machine_config_write(d->bdf, at, 4, low);
	if (low_mask == 0)
		return true;
	if ((low & BAR_IO) != 0)
		return false;
	if (d->bar[n].is_64) {
		if (n + 1 == PCI_BARS)
			return false;
		high = machine_config_read(d->bdf, at + 4, 4);
		machine_config_write(d->bdf, at + 4, 4, ~0u);
		high_mask = machine_config_read(d->bdf, at + 4, 4);
		machine_config_write(d->bdf, at + 4, 4, high);
	}
	d->bar[n].size = ~((u64)high_mask << 32 | (low_mask & ~(u32)BAR_FLAGS)) + 1;
	d->bar[n].machine = (u64)high << 32 | (low & ~(u32)BAR_FLAGS);
	if (d->bar[n].machine == 0 || d->bar[n].size >= REACH_END)
		return false;
	return d->bar[n].machine <= REACH_END - d->bar[n].size || bring_low(d, n);
}

static bool find_bars(struct pci_device *d)
{
	bool fits = true;

	machine_config_write(d->bdf, PCI_COMMAND, 2, 0);
	for (unsigned n = 0; n < PCI_BARS && fits; n += d->bar[n].is_64 ? 2 : 1)
		fits = size_bar(d, n);
	machine_config_write(d->bdf, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	return fits;
}

/* Address and size of one of its structures; the first of a type that lies in its BAR. */
static void find_structure(const struct pci_device *d, unsigned cap, u64 *at, u32 *size)
{
	unsigned bar = machine_config_read(d->bdf, cap + CAP_BAR, 1);
	u32 offset = machine_config_read(d->bdf, cap + CAP_OFFSET, 4);
	u32 length = machine_config_read(d->bdf, cap + CAP_LENGTH, 4);

	if (*size != 0 || bar >= PCI_BARS || (u64)offset + length > d->bar[bar].size)
		return;
	*at = d->bar[bar].machine + offset;
	*size = length;
}

static void find_structures(struct pci_device *d)
{
	struct vtap *t = d->tap;
	unsigned cap = 0;

	for (unsigned n = 0; n < PCI_CAPS_LONGEST; n++) {
		cap = machine_capability(d->bdf, PCI_CAP_VENDOR, cap);
		if (cap == 0)
			return;
		switch (machine_config_read(d->bdf, cap + CAP_TYPE, 1)) {
		case VIRTIO_PCI_CAP_COMMON:
			find_structure(d, cap, &t->common, &t->common_size);
			break;
		case VIRTIO_PCI_CAP_NOTIFY:
			find_structure(d, cap, &t->notify, &t->notify_size);
			t->multiplier = machine_config_read(d->bdf, cap + CAP_MULTIPLIER, 4);
			break;
		case VIRTIO_PCI_CAP_ISR:
			find_structure(d, cap, &t->isr, &t->isr_size);
			break;
		case VIRTIO_PCI_CAP_DEVICE:
			find_structure(d, cap, &t->config, &t->config_size);
			break;
		case VIRTIO_PCI_CAP_PCI:
			d->window = cap;
			for (unsigned i = 0; i < CAP_WINDOW; i++)
				d->window_bytes[i] = (u8)machine_config_read(d->bdf, cap + i, 1);
			break;
		default:
			break;
		}
	}
}

/* A device that does not offer ACCESS_PLATFORM goes round the IOMMU. */
static bool offers_platform(const struct vtap *t)
{
	u32 high;

	machine_write(t->common + VIRTIO_PCI_DFSELECT, 4, 1);
	high = (u32)machine_read(t->common + VIRTIO_PCI_DF, 4);
	machine_write(t->common + VIRTIO_PCI_DFSELECT, 4, 0);
	return (high & FEATURE_PLATFORM) != 0;
}

static bool is_virtio(unsigned bdf)
{
	u32 id = machine_config_read(bdf, 0, 4);

	return (id & 0xffff) == VIRTIO_PCI_VENDOR && id >> 16 >= VIRTIO_PCI_DEVICE_BASE &&
	       id != ~0u;
}

static bool take(struct pci_device *d, unsigned bdf)
{
	*d = (struct pci_device){ .bdf = bdf };
	if ((machine_config_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) != 0 || !find_bars(d) ||
	    !msix_find(&d->msix, (u16)bdf))
		return false;
	d->tap = vtap_add(VTAP_PCI);
	if (d->tap == NULL)
		return false;
	d->tap->bdf = (u16)bdf;
	d->tap->id = (machine_config_read(bdf, 0, 4) >> 16) - VIRTIO_PCI_DEVICE_BASE;
	d->line = (u8)machine_config_read(bdf, PCI_INTERRUPT_LINE, 1);
	find_structures(d);
	if (d->msix.cap != 0)
		d->msix.machine_table = d->bar[d->msix.table_bar].machine + d->msix.table;
	if (d->tap->common_size < VIRTIO_PCI_COMMON_SIZE)
		return true;                                     /* no driver can use it */
	machine_write(d->tap->common + VIRTIO_PCI_STATUS, 1, 0); /* what firmware left */
	d->confined = iommu_present() && offers_platform(d->tap);
	return true;
}

void devices_init(void)
{
	device_count = 0;
	next_place = LOW_PLACES;
	for (unsigned bdf = 0; bdf < 256 && device_count < DEVICES; bdf++) {
		struct pci_device *d = &devices[device_count];

		if (!is_virtio(bdf))
			continue;
		if (!take(d, bdf)) {
			channel("host: virtio function 00:%02x.%x is not given to the guest",
				bdf >> 3, bdf & 7);
			machine_config_write(bdf, PCI_COMMAND, 2, 0);
			d->bdf = bdf;
			d->tap = NULL;
		} else if (!d->confined) {
			channel("host: virtio function 00:%02x.%x may not be bus master", bdf >> 3,
				bdf & 7);
		}
		device_count++;
	}
}

struct pci_device *device_find(unsigned bdf)
{
	for (unsigned i = 0; i < device_count; i++)
		if (devices[i].bdf == bdf)
			return &devices[i];
	return NULL;
}

/* ---- BARs ---- */

static bool inside(u64 at, u64 width, u64 base, u64 size)
{
	return size != 0 && at >= base && at - base < size && width <= size - (at - base);
}

struct pci_device *device_at(u64 gpa, unsigned width, unsigned *bar, u64 *offset)
{
	for (unsigned i = 0; i < device_count; i++) {
		struct pci_device *d = &devices[i];

		for (unsigned n = 0; n < PCI_BARS && (d->command & PCI_COMMAND_MEMORY) != 0; n++) {
			if (!inside(gpa, width, d->bar[n].base, d->bar[n].size))
				continue;
			*bar = n;
			*offset = gpa - d->bar[n].base;
			return d;
		}
	}
	return NULL;
}

bool device_hidden(u64 address, unsigned width)
{
	for (unsigned i = 0; i < device_count; i++)
		for (unsigned n = 0; n < PCI_BARS; n++)
			if (address + width > devices[i].bar[n].machine &&
			    address < devices[i].bar[n].machine + devices[i].bar[n].size)
				return true;
	return false;
}

u64 device_bar_read(struct pci_device *d, unsigned bar, u64 offset, unsigned width)
{
	u64 at = d->bar[bar].machine + offset, value;
	struct vtap *t;

	if (msix_read(&d->msix, bar, offset, width, &value))
		return value;
	/* Registers of virtio are 32 bits at most (4.1.3.1). */
	if (width == 8)
		return device_bar_read(d, bar, offset, 4) | device_bar_read(d, bar, offset + 4, 4)
								<< 32;
	t = vtap_find(at, width);
	return t != NULL ? vtap_read(t, at, width) : machine_read(at, width);
}

void device_bar_write(struct pci_device *d, unsigned bar, u64 offset, unsigned width, u64 value)
{
	u64 at = d->bar[bar].machine + offset;
	struct vtap *t;

	if (msix_write(&d->msix, bar, offset, width, value))
		return;
	if (width == 8) {
		device_bar_write(d, bar, offset, 4, (u32)value);
		device_bar_write(d, bar, offset + 4, 4, value >> 32);
		return;
	}
	t = vtap_find(at, width);
	if (t != NULL)
		vtap_write(t, at, width, value);
	else
		machine_write(at, width, value);
	iommu_poll();
}

/* ---- the window into BARs (4.1.4.9): as if the guest had placed them ---- */

static bool window_target(const struct pci_device *d, unsigned *bar, u32 *offset, u32 *length)
{
	*bar = d->window_bytes[CAP_BAR];
	*offset = (u32)bytes_get(d->window_bytes, CAP_WINDOW, CAP_OFFSET, 4);
	*length = (u32)bytes_get(d->window_bytes, CAP_WINDOW, CAP_LENGTH, 4);
	return *bar < PCI_BARS && (*length == 1 || *length == 2 || *length == 4) &&
	       is_aligned(*offset, *length) && inside(*offset, *length, 0, d->bar[*bar].size);
}

static u32 window_read(struct pci_device *d)
{
	unsigned bar;
	u32 offset, length;

	if (!window_target(d, &bar, &offset, &length))
		return 0;
	return (u32)device_bar_read(d, bar, offset, length);
}

static void window_write(struct pci_device *d, u32 value)
{
	unsigned bar;
	u32 offset, length;

	if (window_target(d, &bar, &offset, &length))
		device_bar_write(d, bar, offset, length, value & nothing(length));
}

/* ---- configuration space ---- */

static u32 bar_register(const struct pci_device *d, unsigned n)
{
	if (n > 0 && d->bar[n - 1].is_64)
		return (u32)(d->bar[n - 1].base >> 32);
	return (u32)d->bar[n].base | d->bar[n].flags;
}

static void bar_register_write(struct pci_device *d, unsigned n, u32 value)
{
	bool upper = n > 0 && d->bar[n - 1].is_64;
	u64 old = upper ? d->bar[n - 1].base : d->bar[n].base;
	u64 size = upper ? d->bar[n - 1].size : d->bar[n].size;

	if (size == 0)
		return;
	if (upper)
		d->bar[n - 1].base = ((u64)value << 32 | (u32)old) & ~(size - 1);
	else
		d->bar[n].base = ((old & MASK(63, 32)) | value) & ~(size - 1);
}

/* The dword at `at` without side effects. */
static u32 dword(const struct pci_device *d, unsigned at)
{
	u32 machine = machine_config_read(d->bdf, at, 4);

	if (at == PCI_COMMAND)
		return (machine & 0xffff0000u) | d->command;
	if (at >= PCI_BAR0 && at < PCI_BAR_END)
		return bar_register(d, (at - PCI_BAR0) / 4);
	if (at == PCI_ROM)
		return 0;
	if (at == PCI_INTERRUPT_LINE)
		return (machine & ~0xffu) | d->line;
	if (d->msix.cap != 0 && at == d->msix.cap)
		return (machine & 0xffff) | (u32)msix_control(&d->msix) << 16;
	if (d->window != 0 && at >= d->window && at < d->window + CAP_WINDOW)
		return (u32)bytes_get(d->window_bytes, CAP_WINDOW, at - d->window, 4);
	return machine;
}

u32 device_config_read(struct pci_device *d, unsigned offset, unsigned width)
{
	unsigned at = offset & ~3u;
	u32 value;

	if (d->tap == NULL)
		return (u32)nothing(width);
	value = d->window != 0 && at == d->window + CAP_WINDOW ? window_read(d) : dword(d, at);
	return value >> (8 * (offset & 3)) & (u32)nothing(width);
}

/* PCIe 6.1, 11.2.6: a TDISP device leaves its locked state, and what it held is lost. */
static void master_cleared(const struct pci_device *d, u16 command)
{
	u8 status = 0;

	if (d->tap->common_size >= VIRTIO_PCI_COMMON_SIZE)
		status = (u8)machine_read(d->tap->common + VIRTIO_PCI_STATUS, 1);
	if ((command & PCI_COMMAND_MEMORY) != 0 || status != 0)
		violation("bus-master-cleared", "00:%02x.%x command=0x%x status=0x%x", d->bdf >> 3,
			  d->bdf & 7, command, status);
}

static void command_write(struct pci_device *d, u16 value)
{
	u16 command = value & COMMAND_KEPT;

	if (d->confined)
		command |= value & PCI_COMMAND_MASTER;
	if ((command & PCI_COMMAND_MASTER) != 0)
		poison_start();
	if ((d->command & ~command & PCI_COMMAND_MASTER) != 0)
		master_cleared(d, command);
	d->command = command;
	/* The machine's decoding stays on: what the guest placed is a copy. */
	machine_config_write(d->bdf, PCI_COMMAND, 2,
			     PCI_COMMAND_MEMORY |
				 (command & (PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX)));
}

static void window_fields_write(struct pci_device *d, unsigned at, u32 value)
{
	if (at == CAP_BAR)
		d->window_bytes[CAP_BAR] = (u8)value;
	else if (at != 0)
		bytes_put(d->window_bytes, CAP_WINDOW, at, 4, value);
}

void device_config_write(struct pci_device *d, unsigned offset, unsigned width, u32 value)
{
	unsigned at = offset & ~3u, shift = 8 * (offset & 3);
	u32 mask = (u32)nothing(width) << shift, merged;

	if (d->tap == NULL)
		return;
	merged = (dword(d, at) & ~mask) | (value << shift & mask);
	if (at == PCI_COMMAND && offset < PCI_STATUS)
		command_write(d, (u16)merged);
	else if (at >= PCI_BAR0 && at < PCI_BAR_END)
		bar_register_write(d, (at - PCI_BAR0) / 4, merged);
	else if (at == PCI_INTERRUPT_LINE)
		d->line = (u8)merged;
	else if (d->msix.cap != 0 && at == d->msix.cap && (mask & 0xffff0000u) != 0)
		msix_control_write(&d->msix, (u16)(merged >> 16));
	else if (d->window != 0 && at >= d->window && at < d->window + CAP_WINDOW)
		window_fields_write(d, at - d->window, merged);
	else if (d->window != 0 && at == d->window + CAP_WINDOW)
		window_write(d, value << shift);
}
