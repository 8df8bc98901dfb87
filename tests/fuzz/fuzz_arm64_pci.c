/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a guest does to the PCI host of the CCA realm, in front of the machine of
 * fake_pci_machine.h. Whatever it is: no access of the monitor's goes to the machine that must not
 * (its own serial port, I/O decoding, wrong widths), nothing outside of the window is reached, the
 * machine's tables of MSI-X stay where they are and hold the monitor's messages only, MSI-X stays
 * off where there are no messages, and bus mastering is announced before it is on.
 *
 * sources: hosts/arm64/vmm/pci.c hosts/arm64/vmm/pci_msix.c hosts/common/msix.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
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

static u32 config_word(unsigned slot, unsigned reg)
{
	u64 v = 0;

	require(pci_access(PCI_ECAM_BASE | (u64)slot << 15 | reg, 4, false, &v));
	return (u32)v;
}

static u64 in_window(u64 at)
{
	return pci_owns(at) ? at : PCI_WINDOW_BASE;
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
	case 3: /* MSI-X: message control, and the table as it is now */
		at |= FAKE_MSIX | (byte() & 3);
		return (how & 8) != 0 ? at : in_window(config_word(FAKE_BLK, 0x14) + byte());
	case 4: /* where BARs were placed, by hint */
		return PCI_WINDOW_BASE + (any(2) << 4);
	case 5: /* into a BAR as it is now */
		return in_window((config_word(FAKE_BLK, 0x20) & ~0xfULL) + any(2));
	case 6:
		return PCI_ECAM_BASE + any(3) % PCI_ECAM_SIZE;
	default:
		return PCI_WINDOW_BASE + any(4) % PCI_WINDOW_SIZE;
	}
}

static const unsigned slots[] = { FAKE_BLK, FAKE_NET };
static u64 table_place[2];

/* An entry is as after reset, or sends a message of the monitor's. */
static void check_table(unsigned slot)
{
	for (unsigned n = 0; n < FAKE_ENTRIES; n++) {
		const u32 *e = &fake.table[slot][4 * n];
		bool reset = e[0] == 0 && e[1] == 0 && e[2] == 0 && e[3] == 1;

		require(reset || (e[0] == FAKE_BELL && e[1] == 0 && e[2] == n && e[3] == 0));
	}
}

static void check(bool messages, unsigned masters_before, const bool *was_master)
{

	require(fake.bad == 0);
	for (unsigned i = 0; i < 2; i++) {
		const u8 *c = fake.config[slots[i]];

		require((c[4] & 1) == 0);
		require(messages || (c[FAKE_MSIX + 3] & 0x80) == 0);
		require(!messages || le_get(c + 0x14, 4) == table_place[i]);
		check_table(slots[i]);
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
	bool messages;

	input_start(data, size);
	messages = byte() % 8 != 0;
	fake_machine();
	fake.its_room = byte();
	require(pci_init(messages) == 2);
	for (unsigned i = 0; i < 2; i++)
		table_place[i] = le_get(fake.config[slots[i]] + 0x14, 4);
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
		if (op & 32)
			(void)fake_raise(slots[op >> 6 & 1], byte() % FAKE_ENTRIES);
		if (op & 64)
			(void)msix_poll();
		check(messages, masters, was_master);
	}
	return 0;
}
