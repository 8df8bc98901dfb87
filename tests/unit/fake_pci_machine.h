/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine below hosts/arm64/vmm/pci.c: configuration space of two virtio functions and of the
 * monitor's serial port as QEMU has them, their tables of MSI-X, an ITS, and the window. Any access
 * the monitor may not make (unaligned, of a wrong width, to what is nobody's) is recorded as bad.
 */
#ifndef FAKE_PCI_MACHINE_H
#define FAKE_PCI_MACHINE_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/vdev.h"
#include "core/core.h"
#include "le.h"
#include "vmm/pci.h"
#include "vmm/pci_msix.h"

#define FAKE_ECAM    0x4010000000ULL
#define FAKE_SERIAL  1u
#define FAKE_BLK     2u
#define FAKE_NET     5u
#define FAKE_SLOTS   32u
#define FAKE_BAR4    KIB(16)
#define FAKE_MSIX    0x98u
#define FAKE_PCI_CFG 0x84u
#define FAKE_PBA     0x800u
#define FAKE_ENTRIES 3u
#define FAKE_BELL    0x08090040ULL

static struct {
	u8 config[FAKE_SLOTS][256];
	bool there[FAKE_SLOTS];
	unsigned config_writes, bar_writes, bar_reads, bad, masters, violations;
	u64 bar_address, bar_value;
	unsigned bar_width;
	char kind[32];
	struct vtap taps[VTAP_MAX];
	unsigned nr_taps, taps_max;
	u32 table[FAKE_SLOTS][4 * FAKE_ENTRIES];
	/* the ITS: what raises LPI n */
	struct {
		u16 bdf;
		u32 event;
	} lpi[MSIX_MESSAGES];
	unsigned lpis, its_room;
	/* towards the guest */
	unsigned messages, interrupts;
	u16 message_bdf;
	u64 message_address;
	u32 message_data;
	bool waits;
	enum fault_id fault;
} fake;

static inline u8 *fake_config(u64 address, unsigned width)
{
	u64 offset = address - FAKE_ECAM;
	unsigned slot = (unsigned)(offset >> 15), reg = offset & 0xfff;

	if (offset >= MIB(1) || (width != 1 && width != 2 && width != 4) || reg % width != 0 ||
	    (offset >> 12 & 7) != 0 || reg >= 256) {
		fake.bad++;
		return NULL;
	}
	return fake.there[slot] ? &fake.config[slot][reg] : NULL;
}

u64 core_mmio_read(u64 pa, unsigned width)
{
	const u8 *p = fake_config(pa, width);

	return p != NULL ? le_get(p, width) : BIT(8 * width) - 1;
}

/* A dword of a table where the monitor has put it, of a function that decodes. */
static inline bool fake_table(u64 pa, unsigned width, u64 value)
{
	for (unsigned slot = 0; slot < FAKE_SLOTS; slot++) {
		u8 *c = fake.config[slot];
		u64 at = pa - le_get(c + 0x14, 4);

		if (!fake.there[slot] || (c[4] & 2) == 0 || at >= sizeof(fake.table[slot]) ||
		    width != 4 || at % 4 != 0)
			continue;
		fake.table[slot][at / 4] = (u32)value;
		return true;
	}
	return false;
}

/* BAR 1 (MSI-X, 4 KiB), BAR 4 (16 KiB, 64 bits), as QEMU's virtio functions have them. */
static inline u32 bar_mask(unsigned reg)
{
	return reg == 0x14 ? ~0xfffu : reg == 0x20 ? ~0x3fffu : reg == 0x24 ? ~0u : 0;
}

void core_mmio_write(u64 pa, unsigned width, u64 value)
{
	unsigned reg = pa & 0xfff, bar = reg & ~3u;
	u8 *p, *space;

	if (pa - PCI_TABLES_BASE < PCI_TABLES_SIZE) {
		if (!fake_table(pa, width, value))
			fake.bad++;
		return;
	}
	p = fake_config(pa, width);
	space = p != NULL ? p - reg : NULL;
	fake.config_writes++;
	if (p == NULL || (pa - FAKE_ECAM) >> 15 == FAKE_SERIAL) {
		fake.bad++;
		return;
	}
	if (reg >= 0x10 && reg < 0x28) {
		u32 flags = bar == 0x20 ? 0xc : 0;

		if (bar != 0x24 &&
		    (space[bar] & 1) != 0) /* an I/O BAR: nobody may move the monitor's port */
			fake.bad++;
		le_put(p, value, width);
		le_put(space + bar, (le_get(space + bar, 4) & bar_mask(bar)) | flags, 4);
	} else {
		le_put(p, value, width);
	}
	if ((space[4] & 1) != 0) /* I/O decoding */
		fake.bad++;
}

static inline void fake_cap(u8 *c, unsigned at, unsigned next, u8 type, u32 offset, u32 size)
{
	c[at] = 0x09;
	c[at + 1] = (u8)next;
	c[at + 2] = type == VIRTIO_PCI_CAP_NOTIFY || type == VIRTIO_PCI_CAP_PCI ? 20 : 16;
	c[at + 3] = type;
	c[at + 4] = type == VIRTIO_PCI_CAP_PCI ? 0 : 4;
	le_put(c + at + 8, offset, 4);
	le_put(c + at + 12, size, 4);
}

static inline void fake_virtio(unsigned slot, u16 id)
{
	u8 *c = fake.config[slot];

	fake.there[slot] = true;
	le_put(c, 0x1af4, 2);
	le_put(c + 2, 0x1040 + id, 2);
	c[4] = 7; /* as a sloppy firmware leaves it: before the monitor takes it */
	c[6] = 0x10;
	c[0x0e] = 0x80;
	c[0x20] = 0xc;
	c[0x30] = 1;
	c[0x34] = FAKE_MSIX;
	c[0x3d] = 1;
	/* QEMU adds each capability in front. */
	c[FAKE_MSIX] = 0x11;
	c[FAKE_MSIX + 1] = FAKE_PCI_CFG;
	c[FAKE_MSIX + 2] = FAKE_ENTRIES - 1;
	c[FAKE_MSIX + 4] = 1;
	le_put(c + FAKE_MSIX + 8, FAKE_PBA | 1, 4);
	for (unsigned i = 0; i < FAKE_ENTRIES; i++)
		fake.table[slot][4 * i + 3] = 1;
	fake_cap(c, FAKE_PCI_CFG, 0x70, VIRTIO_PCI_CAP_PCI, 0, 0);
	fake_cap(c, 0x70, 0x60, VIRTIO_PCI_CAP_NOTIFY, 0x3000, 0x1000);
	c[0x80] = 4;
	fake_cap(c, 0x60, 0x50, VIRTIO_PCI_CAP_DEVICE, 0x2000, 0x1000);
	fake_cap(c, 0x50, 0x40, VIRTIO_PCI_CAP_ISR, 0x1000, 0x1000);
	fake_cap(c, 0x40, 0, VIRTIO_PCI_CAP_COMMON, 0, 0x1000);
}

static inline void fake_machine(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.taps_max = VTAP_MAX;
	fake.its_room = MSIX_MESSAGES;
	fake.interrupts = 1;
	fake.there[0] = fake.there[FAKE_SERIAL] = true;
	le_put(fake.config[0], 0x00081b36, 4);
	le_put(fake.config[FAKE_SERIAL], 0x00021b36, 4);
	fake.config[FAKE_SERIAL][4] = 1;
	le_put(fake.config[FAKE_SERIAL] + 0x10, 0x1001, 4);
	fake_virtio(FAKE_BLK, 2);
	fake_virtio(FAKE_NET, 1);
}

/* ---- the ITS, and what is asked of the rest of the monitor ---- */

bool core_its_map(u16 bdf, u32 event, unsigned n)
{
	if (n >= MSIX_MESSAGES || n != fake.lpis)
		fake.bad++;
	if (fake.lpis >= fake.its_room)
		return false;
	fake.lpi[fake.lpis].bdf = bdf;
	fake.lpi[fake.lpis++].event = event;
	return true;
}

u64 core_its_doorbell(void)
{
	return FAKE_BELL;
}

void devices_message(u16 bdf, u64 address, u32 data)
{
	fake.messages++;
	fake.message_bdf = bdf;
	fake.message_address = address;
	fake.message_data = data;
}

bool devices_message_waits(u16 bdf, u64 address, u32 data)
{
	(void)bdf;
	(void)address;
	(void)data;
	return fake.waits;
}

unsigned vtap_interrupt(void)
{
	return fake.interrupts;
}

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_ && f == fake.fault;
}

/* The device raises entry n: what its table says goes to the ITS. false: the ITS drops it, or the
 * entry is masked. */
static inline bool fake_raise(unsigned slot, unsigned n)
{
	const u32 *e = &fake.table[slot][4 * n];

	if ((fake.config[slot][FAKE_MSIX + 3] & 0x80) == 0 || (e[3] & 1) != 0)
		return false;
	if (((u64)e[1] << 32 | e[0]) != FAKE_BELL)
		fake.bad++;
	for (unsigned i = 0; i < fake.lpis; i++) {
		if (fake.lpi[i].bdf == slot << 3 && fake.lpi[i].event == e[2]) {
			msix_arrived(i);
			return true;
		}
	}
	fake.bad++;
	return false;
}

/* ---- the tap, which forwards ---- */

struct vtap *vtap_add(enum vtap_kind kind)
{
	if (fake.nr_taps == fake.taps_max)
		return NULL;
	fake.taps[fake.nr_taps].kind = kind;
	return &fake.taps[fake.nr_taps++];
}

static inline bool fake_inside(u64 a, unsigned width, u64 base, u32 size)
{
	return base != 0 && a >= base && a - base < size && width <= size - (a - base);
}

struct vtap *vtap_find(u64 a, unsigned width)
{
	for (unsigned i = 0; i < fake.nr_taps; i++) {
		struct vtap *t = &fake.taps[i];

		if (fake_inside(a, width, t->common, t->common_size) ||
		    fake_inside(a, width, t->notify, t->notify_size) ||
		    fake_inside(a, width, t->isr, t->isr_size) ||
		    fake_inside(a, width, t->config, t->config_size))
			return t;
	}
	return NULL;
}

static inline void fake_bar(u64 address, unsigned width)
{
	fake.bar_address = address;
	fake.bar_width = width;
	if (width > 4 || address % width != 0 || address - PCI_WINDOW_BASE >= PCI_WINDOW_SIZE)
		fake.bad++;
}

u64 vtap_read(struct vtap *t, u64 address, unsigned width)
{
	(void)t;
	fake_bar(address, width);
	fake.bar_reads++;
	return 0x5a5a5a5a5a5a5a5aULL & (BIT(8 * width) - 1);
}

void vtap_write(struct vtap *t, u64 address, unsigned width, u64 value)
{
	(void)t;
	fake_bar(address, width);
	fake.bar_writes++;
	fake.bar_value = value;
}

u32 vtap_config_read(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	(void)bdf;
	(void)offset;
	(void)width;
	return value;
}

bool vtap_config_write(u16 bdf, unsigned offset, unsigned width, u32 *value)
{
	(void)bdf;
	(void)offset;
	(void)width;
	(void)value;
	return true;
}

void devices_master(void)
{
	fake.masters++;
}

void device_violation(const char *kind, const char *fmt, ...)
{
	(void)fmt;
	fake.violations++;
	snprintf(fake.kind, sizeof(fake.kind), "%s", kind);
}

#endif
