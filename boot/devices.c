/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices beyond those the machine cannot start without: found, and reported. None is needed. */
#include "devices.h"

#include "pci.h"
#include "platform.h"
#include "print.h"
#include "virtio.h"

static void print_function(const struct pci_function *f)
{
	print("# pci: %02x:%02x.%x %04x:%04x class %06x", f->bdf >> 8, f->bdf >> 3 & 31u,
	      f->bdf & 7u, f->vendor, f->device, f->class_code);
	for (unsigned i = 0; i < PCI_BARS; i++)
		if (f->bar[i].size != 0)
			print(", BAR%u 0x%llx+0x%llx", i, (unsigned long long)f->bar[i].base,
			      (unsigned long long)f->bar[i].size);
	if (f->msix_entries != 0)
		print(", msix %u", f->msix_entries);
	print("\n");
}

static void start_pci(void)
{
	enum status st = pci_init(&platform);

	if (st != ST_OK)
		print("# pci: %s\n", st == ST_UNSUPPORTED ? "none" : status_text(st));
	for (unsigned i = 0; i < pci_count(); i++)
		print_function(pci_function(i));
	if (pci_refused() != 0)
		print("# pci: refused %u, the last %s\n", pci_refused(), pci_refused_why());
}

static void print_virtio(const struct virtio_device *d)
{
	if (d->pci != NULL)
		print("# virtio: %s by pci %02x:%02x.%x\n", virtio_id_name(d->id), d->pci->bdf >> 8,
		      d->pci->bdf >> 3 & 31u, d->pci->bdf & 7u);
	else
		print("# virtio: %s by mmio 0x%llx, interrupt %u\n", virtio_id_name(d->id),
		      (unsigned long long)d->mmio_base, d->intid);
}

void devices_start(void)
{
	start_pci();
	virtio_init();
	for (unsigned i = 0; i < virtio_count(); i++)
		print_virtio(virtio_device(i));
	if (virtio_refused() != 0)
		print("# virtio: refused %u, the last %s\n", virtio_refused(),
		      virtio_refused_why());
}
