/* SPDX-License-Identifier: BSD-2-Clause */
/* What configuration space says, judged without touching a device. */
#include "pci.h"

#define BAR_SIZE_LEAST 16u
#define BAR_SIZE_MOST  BIT(46)

/* Each offset is visited once, so a chain that bites its own tail ends there. */
unsigned pci_read_capabilities(pci_read_fn read, void *ctx, struct pci_cap list[PCI_CAPS_MAX])
{
	unsigned count = 0;
	u64 seen = 0; /* a bit per dword of the 256 bytes */
	u8 at;

	if ((read(ctx, PCI_STATUS, 2) & PCI_STATUS_CAPS) == 0)
		return 0;
	at = read(ctx, PCI_CAPABILITIES, 1) & 0xfc; /* the low bits are reserved: masked */
	while (at >= PCI_HEADER_SIZE && (seen & BIT(at / 4)) == 0 && count < PCI_CAPS_MAX) {
		u32 head = read(ctx, at, 2);

		seen |= BIT(at / 4);
		list[count++] = (struct pci_cap){ .id = (u8)head, .at = at };
		at = (u8)(head >> 8) & 0xfc;
	}
	return count;
}

/* PCI 3.0, 6.2.5.1. Bits that cannot be set tell the size; they must also be 0 in the address. */
enum status pci_decode_bar(u32 low, u32 low_mask, u32 high, u32 high_mask, struct pci_bar *out)
{
	u64 mask = low_mask & ~PCI_BAR_ATTRIBUTES, size;

	*out = (struct pci_bar){ 0 };
	if (low_mask == 0 || ((low | low_mask) & PCI_BAR_IO) != 0)
		return low_mask == 0 && low != 0 ? ST_INVALID : ST_OK;
	if (((low ^ low_mask) & PCI_BAR_ATTRIBUTES) != 0)
		return ST_INVALID; /* attributes are read-only */
	if ((low & PCI_BAR_TYPE) == PCI_BAR_TYPE_64)
		mask |= (u64)high_mask << 32;
	else if ((low & PCI_BAR_TYPE) == PCI_BAR_TYPE_32)
		mask |= MASK(63, 32);
	else
		return ST_INVALID;
	size = ~mask + 1;
	if (size < BAR_SIZE_LEAST || size > BAR_SIZE_MOST || (size & (size - 1)) != 0)
		return ST_INVALID;
	out->is_64 = (low & PCI_BAR_TYPE) == PCI_BAR_TYPE_64;
	out->base = (low & ~PCI_BAR_ATTRIBUTES) | (out->is_64 ? (u64)high << 32 : 0);
	out->size = size;
	return is_aligned(out->base, size) ? ST_OK : ST_INVALID;
}

static const struct range *overlapping(struct range r, const struct range *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (taken[i].size != 0 && range_overlaps(r, taken[i]))
			return &taken[i];
	return NULL;
}

/* Each step goes behind a range that is never in the way again. */
enum status pci_place(struct range window, const struct range *taken, size_t n, u64 size, u64 *base)
{
	struct range r = { align_up(window.base, size), size };

	for (size_t steps = 0; steps <= n; steps++) {
		const struct range *other;

		if (r.base < window.base || range_check(r, size, 0) != ST_OK ||
		    !range_contains(window, r))
			return ST_NO_MEMORY;
		other = overlapping(r, taken, n);
		if (other == NULL) {
			*base = r.base;
			return ST_OK;
		}
		r.base = align_up(range_end(*other), size);
	}
	return ST_NO_MEMORY;
}
