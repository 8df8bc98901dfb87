/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile configuration space. Functions are made of the input, as a chipset would have them or
 * with every read answered by the next bytes of it; whatever is found must lie over nothing of ours
 * and over nothing else, and no access of driver and transport may leave the BARs.
 * sources: drivers/pci*.c virtio/pci.c mm/memmap.c lib/range.c lib/print.c
 */
#include "fake_pci.h"
#include "fake_virtio_list.h"
#include "input.h"

#define FUNCTIONS  6
#define SHAPE_MASK 15u

/* ---- what must hold ---- */

static void in_a_bar(u64 pa, unsigned width)
{
	for (unsigned n = 0; n < pci_count(); n++)
		for (unsigned i = 0; i < PCI_BARS; i++) {
			const struct pci_bar *b = &pci_function(n)->bar[i];

			if (b->size != 0 && pa >= b->base && pa + width <= b->base + b->size)
				return;
		}
	abort();
}

static u64 checked_read(u64 pa, unsigned width)
{
	if (!fake_in_window(pa))
		in_a_bar(pa, width);
	return fake_mmio_read(pa, width);
}

static void checked_write(u64 pa, unsigned width, u64 v)
{
	if (!fake_in_window(pa))
		in_a_bar(pa, width);
	fake_mmio_write(pa, width, v);
}

static void check_bars(void)
{
	static struct range all[1 + PCI_FUNCTIONS_MAX * PCI_BARS];
	size_t n = 0;

	all[n++] = (struct range){ FAKE_RAM, FAKE_RAM_SIZE };
	for (unsigned f = 0; f < pci_count(); f++)
		for (unsigned i = 0; i < PCI_BARS; i++) {
			const struct pci_bar *b = &pci_function(f)->bar[i];
			struct range r = { b->base, b->size };

			if (b->size == 0)
				continue;
			if (b->base == 0 || range_check(r, b->size, cvm.addr_limit) != ST_OK)
				abort();
			for (size_t j = 0; j < n; j++)
				if (range_overlaps(r, all[j]))
					abort();
			all[n++] = r;
		}
}

static u32 hostile_config(u16 bdf, unsigned offset, unsigned width, u32 honest)
{
	return input.left > 0 && byte() % 4 == 0 ? (u32)any(4) : honest;
}

static u32 hostile_bar(u16 bdf, unsigned bar, u64 offset, unsigned width)
{
	return (u32)any(4);
}

/* ---- functions ---- */

static void build_function(u16 bdf)
{
	struct fake_fn *f = fake_virtio(bdf, (u16)(0x1040 + byte() % 32));
	unsigned changes = byte() % 32;

	if ((byte() & 1) != 0)
		fake_put(f, 4, byte() & 7, 2);
	while (changes-- > 0 && input.left > 0) {
		u8 what = byte();

		if (what < 0x80) /* header and capabilities, a byte each */
			f->cfg[byte()] = byte();
		else if (what < 0xa0)
			f->mask[what % 6] = (u32)any(4);
		else if (what < 0xc0)
			fake_bar(f, what % 5, (what & 8) != 0, BIT(4 + byte() % 44),
				 any(4) << (what & SHAPE_MASK));
		else if (what < 0xd0)
			f->stuck[what % 6] = true;
		else
			fake_put(f, byte() & 0xfc, (u32)any(4), 4);
	}
}

static void machine(u8 shape)
{
	fake_machine();
	fake_ops.mmio_read = checked_read;
	fake_ops.mmio_write = checked_write;
	if ((shape & 1) != 0)
		fake_ports();
	if ((shape & 2) != 0)
		platform.pci_mem64.size = 0;
	if ((shape & 4) != 0)
		platform.pci_mem32 = (struct range){ (u32)any(4), (u32)any(4) };
	if ((shape & 8) != 0)
		platform.pci_mem32.size = platform.pci_mem64.size = 0;
	if ((shape & 16) != 0)
		fake_config_answer = hostile_config;
	fake_bar_read = hostile_bar;
	for (unsigned n = byte() % (FUNCTIONS + 1); n > 0; n--)
		build_function((u16)(n << 3 | (byte() & 1)));
}

static void use(struct virtio_device *d)
{
	const struct virtio_transport *t = d->transport;
	struct virtq q = { .index = byte() % (VIRTIO_QUEUES_MAX + 1), .size = 64 };

	t->set_status(d, 0);
	t->get_status(d);
	t->driver_features(d, t->device_features(d));
	t->queue_max(d, q.index);
	if (t->queue_enable(d, &q, byte()) == ST_OK || (byte() & 1) != 0)
		t->notify(d, &q);
	t->config_read(d, (u32)any(4), 1u << byte() % 3);
	t->config_write(d, (u32)any(4), 1u << byte() % 3, 0);
	t->config_generation(d);
	t->interrupt_status(d);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct msi_message m = { 0xfee00000, 0x40, 0 };

	if (size < 2)
		return 0;
	input_start(data + 1, size - 1);
	fake_list_reset();
	machine(data[0]);
	if (pci_init(&platform) != ST_OK)
		return 0;
	check_bars();
	virtio_find_pci();
	for (unsigned i = 0; i < fake_list.count; i++)
		use(&fake_list.device[i]);
	for (unsigned i = 0; i < pci_count(); i++) {
		struct pci_function *f = pci_function(i);
		unsigned entry = byte() % 8;

		pci_enable(f);
		pci_msix_set(f, entry, &m, (entry & 1) != 0);
		pci_msix_pending(f, entry);
		pci_msix_enable(f, true);
	}
	return 0;
}
