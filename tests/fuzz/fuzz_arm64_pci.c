/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a guest does to the PCI host of the CCA realm, in front of the machine of
 * fake_pci_machine.h. Whatever it is: no access of the monitor's goes to the machine that must not
 * (its own serial port, I/O decoding, wrong widths), nothing outside of the window is reached,
 * MSI-X stays off, and bus mastering is announced before it is on.
 *
 * sources: hosts/arm64/vmm/pci.c
 * flags: -Ihosts -Ihosts/arm64
 */
#include <stdlib.h>

#include "fake_pci_machine.h"
#include "input.h"

#define STEPS_MAX 512u

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Mostly where something is. */
static u64 address(u8 how)
{
	static const u8 slots[] = { FAKE_BLK, FAKE_NET, FAKE_BLK, FAKE_SERIAL, 0, 31 };
	u64 at = PCI_ECAM_BASE | (u64)slots[how % 6] << 15;

	switch (how >> 5) {
	case 0:
	case 1:
		return at | byte();
	case 2: /* command, BARs */
		return at | (byte() & 0x27);
	case 3:
		return at | any(2);
	case 4: /* where BARs were placed, by hint */
		return PCI_WINDOW_BASE + (any(2) << 4);
	case 5: { /* into a BAR as it is now */
		u64 bar = fake_get(fake.config[FAKE_BLK] + 0x20, 4) & ~0xfULL;

		at = bar + any(2);
		return pci_owns(at) ? at : PCI_WINDOW_BASE;
	}
	case 6:
		return PCI_ECAM_BASE + any(3) % PCI_ECAM_SIZE;
	default:
		return PCI_WINDOW_BASE + any(4) % PCI_WINDOW_SIZE;
	}
}

static void check(unsigned masters_before, const bool *was_master)
{
	static const unsigned slots[] = { FAKE_BLK, FAKE_NET };

	require(fake.bad == 0);
	for (unsigned i = 0; i < 2; i++) {
		const u8 *c = fake.config[slots[i]];

		require((c[4] & 1) == 0);
		require((c[FAKE_MSIX + 3] & 0x80) == 0);
		require((c[4] & 4) == 0 || was_master[i] || fake.masters > masters_before);
		for (unsigned n = 0; n < fake.nr_taps; n++) {
			const struct vtap *t = &fake.taps[n];

			require(t->notify == 0 ||
				(t->notify >= PCI_WINDOW_BASE &&
				 t->notify + t->notify_size <= PCI_WINDOW_BASE + PCI_WINDOW_SIZE));
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	fake_machine();
	require(pci_init() == 2);
	for (unsigned n = 0; input.left > 0 && n < STEPS_MAX; n++) {
		u8 op = byte();
		unsigned width = 1u << (op & 3), masters = fake.masters;
		bool write = (op & 4) != 0;
		bool was_master[] = { fake.config[FAKE_BLK][4] & 4, fake.config[FAKE_NET][4] & 4 };
		u64 at = address(byte()), value = any(op & 8 ? 4 : 1);
		bool there;

		if (op & 16) /* a BAR in the middle of the window */
			value = PCI_WINDOW_BASE + (value << 14);
		there = pci_access(at, width, write, &value);
		require(there || width == 8 || at % width != 0);
		check(masters, was_master);
	}
	return 0;
}
