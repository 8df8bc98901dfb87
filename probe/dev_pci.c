/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions as their configuration space describes them (PCI 3.0, 6).
 * Enumeration leaves out what is not well-formed and says why; here that is
 * judged, and what is left looked at once more. */
#include "dev.h"

#define COMMAND_ON (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)
#define CAPS_MAX   48 /* of four bytes each in 192 */

/* Is it one of those the checks are about? */
static bool is_virtio(const struct pci_function *f)
{
	return f->vendor == VIRTIO_PCI_VENDOR && f->device >= VIRTIO_PCI_DEVICE_BASE;
}

static void each_virtio(void (*fn)(const struct pci_function *f))
{
	unsigned n = 0;

	for (unsigned i = 0; i < pci_count() && !check_failed(); i++) {
		const struct pci_function *f = pci_function(i);

		if (!is_virtio(f))
			continue;
		check_note("function %02x:%02x.%x", f->bdf >> 8, f->bdf >> 3 & 31, f->bdf & 7);
		fn(f);
		n++;
	}
	if (n == 0)
		check_skip("no virtio device on PCI");
}

/* Every pointer in the upper 192 bytes and aligned, an end within what fits
 * there. */
static void walk(const struct pci_function *f)
{
	u32 at = pci_config_read(f, PCI_CAPABILITIES, 1);
	unsigned n = 0, vendor = 0;

	if (!expect_true("the status register",
			 (pci_config_read(f, PCI_STATUS, 2) & PCI_STATUS_CAPS) != 0,
			 "capabilities"))
		return;
	for (; at != 0 && n < CAPS_MAX; n++) {
		if (!expect_true("a capability's offset", at >= PCI_HEADER_SIZE && at % 4 == 0,
				 "aligned, from 0x40 on"))
			return;
		vendor += pci_config_read(f, at, 1) == PCI_CAP_VENDOR;
		at = pci_config_read(f, at + 1, 1);
	}
	expect_true("the list of capabilities", at == 0, "an end");
	expect_true("the structures of a virtio device", vendor >= 3, "three at least");
}

void dev_pci_capabilities(void)
{
	if (virtio_refused() != 0)
		check_fail("the structures of virtio devices", "inside their BARs, none missing",
			   "%s", virtio_refused_why());
	else
		each_virtio(walk);
}

static void bars(const struct pci_function *f)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *b = &f->bar[i];
		u64 held;

		if (b->size == 0)
			continue;
		held = pci_config_read(f, PCI_BAR0 + 4 * i, 4) & ~PCI_BAR_ATTRIBUTES;
		if (b->is_64)
			held |= (u64)pci_config_read(f, PCI_BAR0 + 4 * i + 4, 4) << 32;
		check_note("BAR %u: 0x%llx+0x%llx", i, (unsigned long long)b->base,
			   (unsigned long long)b->size);
		expect_true("its size", (b->size & (b->size - 1)) == 0, "a power of two");
		expect_eq("its address below the size", b->base & (b->size - 1), 0);
		expect_eq("what it holds", held, b->base);
	}
}

void dev_pci_bars(void)
{
	if (pci_refused() != 0)
		check_fail("functions on the bus", "well-formed", "%s", pci_refused_why());
	else
		each_virtio(bars);
}

/* Switched on by the first access to a device; of every function one is driven.
 */
static void command(const struct pci_function *f)
{
	struct virtio_device *d = NULL;

	for (unsigned i = 0; i < virtio_count() && d == NULL; i++)
		if (virtio_device(i)->pci == f)
			d = virtio_device(i);
	if (d == NULL)
		return;
	(void)d->transport->get_status(d);
	expect_eq("memory space and bus mastering after one write",
		  pci_config_read(f, PCI_COMMAND, 2) & COMMAND_ON, COMMAND_ON);
	expect_true("the function", f->enabled, "enabled");
}

void dev_pci_enable(void)
{
	each_virtio(command);
}
