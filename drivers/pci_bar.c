/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base address registers (PCI 3.0, 6.2.5.1). A BAR is an address the host says, or will say, its
 * registers are at: over our memory it would have us write secrets to the host, over another
 * device's it would have two answer. So one list holds everything that has an address.
 */
#include "abi/virtio.h"
#include "memmap.h"
#include "pci_internal.h"

#define CAP_BYTES      16u

#define MACHINE_RANGES (8 + PLATFORM_VIRTIO_MMIO)
#define TAKEN_MAX      (MEMMAP_MAX + MACHINE_RANGES + PCI_FUNCTIONS_MAX * PCI_BARS)

static struct range taken[TAKEN_MAX];
static size_t taken_count;
static struct range mem32, mem64;

/* ---- size and base ---- */

static unsigned bar_offset(unsigned i)
{
	return PCI_BAR0 + 4 * i;
}

/* A memory BAR of 64 bits: the next one is its upper half. */
static bool is_wide(u32 low)
{
	return (low & (PCI_BAR_IO | PCI_BAR_TYPE_64)) == PCI_BAR_TYPE_64;
}

/* With decoding off: nobody answers at the address that all ones make for a moment. */
static enum status size_bars(struct pci_slot *s)
{
	u16 bdf = s->f.bdf;

	for (unsigned i = 0; i < PCI_BARS; i++) {
		u32 low = pci_config_get(bdf, bar_offset(i), 4), low_mask, high = 0, high_mask = 0;
		bool wide = is_wide(low);
		enum status st;

		if (wide && i + 1 == PCI_BARS)
			return ST_INVALID;
		pci_config_put(bdf, bar_offset(i), 4, ~0u);
		low_mask = pci_config_get(bdf, bar_offset(i), 4);
		pci_config_put(bdf, bar_offset(i), 4, low);
		if (wide) {
			high = pci_config_get(bdf, bar_offset(i + 1), 4);
			pci_config_put(bdf, bar_offset(i + 1), 4, ~0u);
			high_mask = pci_config_get(bdf, bar_offset(i + 1), 4);
			pci_config_put(bdf, bar_offset(i + 1), 4, high);
		}
		st = pci_decode_bar(low, low_mask, high, high_mask, &s->f.bar[i]);
		if (st != ST_OK)
			return st;
		i += wide;
	}
	return ST_OK;
}

static void extend(u64 extent[PCI_BARS], u32 bar, u64 end)
{
	if (bar < PCI_BARS)
		extent[bar] = MAX(extent[bar], end);
}

/* As far as the capabilities say there are structures. */
static void read_extents(const struct pci_slot *s, u64 extent[PCI_BARS])
{
	u16 bdf = s->f.bdf;

	for (unsigned i = 0; i < s->caps; i++) {
		u8 at = s->cap[i].at;

		if (at > PCI_CONFIG_SIZE - CAP_BYTES)
			continue;
		if (s->cap[i].id == PCI_CAP_VENDOR && s->f.vendor == VIRTIO_PCI_VENDOR) {
			u32 bar = pci_config_get(bdf, at + 4u, 1);
			u64 offset = pci_config_get(bdf, at + 8u, 4);

			extend(extent, bar, offset + pci_config_get(bdf, at + 12u, 4));
		} else if (s->cap[i].id == PCI_CAP_MSIX) {
			u32 n =
			    (pci_config_get(bdf, at + PCI_MSIX_CONTROL, 2) & PCI_MSIX_COUNT) + 1;
			u32 table = pci_config_get(bdf, at + PCI_MSIX_TABLE, 4);
			u32 pba = pci_config_get(bdf, at + PCI_MSIX_PBA, 4);

			extend(extent, table & PCI_MSIX_BIR,
			       (table & ~PCI_MSIX_BIR) + (u64)n * PCI_MSIX_ENTRY_SIZE);
			extend(extent, pba & PCI_MSIX_BIR,
			       (pba & ~PCI_MSIX_BIR) + (u64)(n + 63) / 64 * 8);
		}
	}
}

static u64 power_of_two(u64 v)
{
	u64 size = PAGE_SIZE;

	while (size < v)
		size *= 2; /* v is below 2^34 */
	return size;
}

/*
 * Firmware left bus mastering on. It may not go off again, and nobody can size a BAR that decodes:
 * so the size is what the structures need, rounded up. The BAR is at least that large, for else
 * they would not be in it, and is aligned to what it has.
 */
static enum status measure_bars(struct pci_slot *s)
{
	u64 extent[PCI_BARS] = { 0 };

	read_extents(s, extent);
	for (unsigned i = 0; i < PCI_BARS; i++) {
		struct pci_bar *b = &s->f.bar[i];
		u32 low = pci_config_get(s->f.bdf, bar_offset(i), 4);
		bool wide = is_wide(low);

		if (wide && i + 1 == PCI_BARS)
			return ST_INVALID;
		if ((low & PCI_BAR_IO) == 0 && extent[i] != 0) {
			b->is_64 = wide;
			b->base = low & ~PCI_BAR_ATTRIBUTES;
			if (wide)
				b->base |= (u64)pci_config_get(s->f.bdf, bar_offset(i + 1), 4)
					   << 32;
			b->size = power_of_two(extent[i]);
			if (!is_aligned(b->base, b->size))
				return ST_INVALID;
		}
		i += wide;
	}
	return ST_OK;
}

/* Decoding goes off, if it was on, in one write and only where bus mastering was off: with it on a
 * TDISP device would leave its locked state. */
enum status pci_bars_read(struct pci_slot *s, const char **why)
{
	u32 command = pci_config_get(s->f.bdf, PCI_COMMAND, 2);
	enum status st;

	s->live = (command & PCI_COMMAND_MASTER) != 0;
	if (s->live) {
		st = measure_bars(s);
	} else {
		if ((command & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO)) != 0)
			pci_config_put(s->f.bdf, PCI_COMMAND, 2, 0);
		st = size_bars(s);
	}
	if (st != ST_OK)
		*why = "a BAR that cannot be";
	return st;
}

/* ---- where there is room ---- */

static void take(u64 base, u64 size)
{
	if (size != 0 && taken_count < TAKEN_MAX)
		taken[taken_count++] = (struct range){ base, size };
}

static bool is_free(struct range r)
{
	if (range_check(r, 1, pci_address_limit()) != ST_OK)
		return false;
	for (size_t i = 0; i < taken_count; i++)
		if (range_overlaps(r, taken[i]))
			return false;
	return true;
}

static bool in_windows(struct range r)
{
	if (mem32.size == 0 && mem64.size == 0) /* ACPI names none that can be read without AML */
		return true;
	return (mem32.size != 0 && range_contains(mem32, r)) ||
	       (mem64.size != 0 && range_contains(mem64, r));
}

static struct range checked_window(struct range r, u64 limit)
{
	return range_check(r, 1, limit) == ST_OK ? r : (struct range){ 0, 0 };
}

void pci_space_init(const struct platform_info *p)
{
	struct range window = pci_config_window();

	taken_count = 0;
	for (size_t i = 0; i < memory_map.count; i++)
		take(memory_map.region[i].range.base, memory_map.region[i].range.size);
	take(0, PAGE_SIZE);
	take(window.base, window.size);
	take(p->gicd.base, p->gicd.size);
	take(p->gicr.base, p->gicr.size);
	take(p->its.base, p->its.size);
	if (p->lapic_base != 0)
		take(p->lapic_base, PAGE_SIZE);
	if (p->uart == UART_PL011 || p->uart == UART_NS16550_MMIO)
		take(align_down(p->uart_base, PAGE_SIZE), PAGE_SIZE);
	for (unsigned i = 0; i < p->virtio_mmio_count; i++)
		take(align_down(p->virtio_mmio[i].base, PAGE_SIZE), PAGE_SIZE);
	mem32 = checked_window(p->pci_mem32, MIN(GIB(4), pci_address_limit()));
	mem64 = checked_window(p->pci_mem64, pci_address_limit());
}

enum status pci_bars_keep(struct pci_slot *s, const char **why)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		struct pci_bar *b = &s->f.bar[i];
		struct range r = { b->base, b->size };

		if (b->size == 0)
			continue;
		if (b->base != 0 && is_free(r) && in_windows(r)) {
			take(r.base, r.size);
			continue;
		}
		if (s->live) {
			*why = "is on, with a BAR where none may be";
			return ST_OVERLAP;
		}
		b->base = 0;
	}
	return ST_OK;
}

/* A page at least: registers of two devices in one page could not be told apart by a mapping. */
static enum status find_place(const struct pci_bar *b, u64 *base)
{
	u64 size = MAX(b->size, PAGE_SIZE);
	enum status st = ST_NO_MEMORY;

	if (b->is_64 && mem64.size != 0)
		st = pci_place(mem64, taken, taken_count, size, base);
	if (st != ST_OK && mem32.size != 0)
		st = pci_place(mem32, taken, taken_count, size, base);
	if (st == ST_OK)
		take(*base, size);
	return st;
}

static bool write_bar(u16 bdf, unsigned i, const struct pci_bar *b)
{
	pci_config_put(bdf, bar_offset(i), 4, (u32)b->base);
	if (b->is_64)
		pci_config_put(bdf, bar_offset(i + 1), 4, (u32)(b->base >> 32));
	if ((pci_config_get(bdf, bar_offset(i), 4) & ~PCI_BAR_ATTRIBUTES) != (u32)b->base)
		return false;
	return !b->is_64 || pci_config_get(bdf, bar_offset(i + 1), 4) == b->base >> 32;
}

enum status pci_bars_place(struct pci_slot *s, const char **why)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		struct pci_bar *b = &s->f.bar[i];

		if (b->size == 0 || b->base != 0)
			continue;
		/* What the bridges above pass on, their firmware decided; none did. */
		if (s->f.bdf >> 8 != 0 || find_place(b, &b->base) != ST_OK) {
			*why = "no room for a BAR";
			return ST_NO_MEMORY;
		}
		if (!write_bar(s->f.bdf, i, b)) {
			*why = "a BAR does not keep its address";
			return ST_PROTOCOL;
		}
	}
	return ST_OK;
}
