/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine with PCI functions under the PCI driver and the virtio transports: configuration space
 * by a window or by ports, BARs that decode as their command register says, and a host that may
 * answer any read as it likes. Included by one file per program.
 */
#ifndef FAKE_PCI_H
#define FAKE_PCI_H

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "memmap.h"
#include "mmu.h"
#include "pci.h"
#include "platform.h"

#define FAKE_RAM       0x40000000ULL
#define FAKE_RAM_SIZE  MIB(256)
#define FAKE_ECAM      0x20000000ULL
#define FAKE_ECAM_SIZE MIB(256)
#define FAKE_MEM32     0x10000000ULL
#define FAKE_MEM32_SZ  MIB(64)
#define FAKE_MEM64     0x8000000000ULL
#define FAKE_MEM64_SZ  GIB(1)
#define FAKE_FUNCTIONS 80
#define FAKE_LOG       512

struct fake_fn {
	u16 bdf;
	u8 cfg[4096];
	u32 mask[6];   /* of each BAR register: bits that can be written */
	bool stuck[6]; /* the register keeps what it has, but for a mask */
};

struct fake_write {
	u64 where; /* configuration space: bdf << 12 | offset; else the address */
	u32 value;
	unsigned width;
	bool config;
};

struct cvm cvm;
struct memmap memory_map;
struct platform_info platform;

static struct fake_fn fake_fn[FAKE_FUNCTIONS];
static unsigned fake_count;
static struct fake_write fake_log[FAKE_LOG];
static unsigned fake_logged;
static u64 fake_reads, fake_stray; /* stray: accesses where nothing decodes */
static u32 fake_port_address;
static bool fake_map_fails;
static struct range fake_mapped[256];
static unsigned fake_maps;
static u64 fake_window = FAKE_ECAM; /* where configuration space is; 0: by ports only */
/* The host's last word on a read of configuration space, and the registers in BARs. */
static u32 (*fake_config_answer)(u16 bdf, unsigned offset, unsigned width, u32 honest);
static u32 (*fake_bar_read)(u16 bdf, unsigned bar, u64 offset, unsigned width);
static void (*fake_bar_write)(u16 bdf, unsigned bar, u64 offset, unsigned width, u32 v);

static inline u32 fake_get(const u8 *p, unsigned width)
{
	u32 v = 0;

	memcpy(&v, p, width);
	return v;
}

static inline void fake_put(struct fake_fn *f, unsigned offset, u32 v, unsigned width)
{
	memcpy(f->cfg + offset, &v, width);
}

static inline struct fake_fn *fake_find(u16 bdf)
{
	for (unsigned i = 0; i < fake_count; i++)
		if (fake_fn[i].bdf == bdf)
			return &fake_fn[i];
	return NULL;
}

static inline void fake_note(bool config, u64 where, unsigned width, u32 value)
{
	if (fake_logged < FAKE_LOG)
		fake_log[fake_logged++] = (struct fake_write){ where, value, width, config };
}

static inline u32 fake_config_read(u16 bdf, unsigned offset, unsigned width)
{
	struct fake_fn *f = fake_find(bdf);
	u32 v = f == NULL ? ~0u : fake_get(f->cfg + offset, width);

	fake_reads++;
	return fake_config_answer != NULL ? fake_config_answer(bdf, offset, width, v) : v;
}

static inline void fake_config_write(u16 bdf, unsigned offset, unsigned width, u32 v)
{
	struct fake_fn *f = fake_find(bdf);

	fake_note(true, (u64)bdf << 12 | offset, width, v);
	if (f == NULL)
		return;
	if (offset >= 0x10 && offset < 0x28) {
		unsigned i = (offset - 0x10) / 4;
		u32 old = fake_get(f->cfg + offset, 4);

		if (!f->stuck[i] || v == ~0u)
			fake_put(f, offset, (v & f->mask[i]) | (old & ~f->mask[i]), 4);
		else
			fake_put(f, offset, old & ~f->mask[i], 4);
		return;
	}
	fake_put(f, offset, v, width);
}

static inline u64 fake_bar_base(const struct fake_fn *f, unsigned i, u64 *size)
{
	u32 low = fake_get(f->cfg + 0x10 + 4 * i, 4);
	u64 base = low & ~0xfu, mask = f->mask[i] & ~0xfu;

	*size = 0;
	if (f->mask[i] == 0 || (low & 1) != 0)
		return 0;
	if ((low & 6) == 4 && i < 5) {
		base |= (u64)fake_get(f->cfg + 0x14 + 4 * i, 4) << 32;
		mask |= (u64)f->mask[i + 1] << 32;
	} else {
		mask |= ~0ULL << 32;
	}
	*size = ~mask + 1;
	return base;
}

/* The function and BAR that decode this address. */
static inline struct fake_fn *fake_decode(u64 pa, unsigned *bar, u64 *offset)
{
	for (unsigned n = 0; n < fake_count; n++) {
		struct fake_fn *f = &fake_fn[n];

		if ((fake_get(f->cfg + 4, 2) & 2) == 0)
			continue;
		for (unsigned i = 0; i < 6; i++) {
			u64 size, base = fake_bar_base(f, i, &size);

			if (size != 0 && pa >= base && pa - base < size) {
				*bar = i;
				*offset = pa - base;
				return f;
			}
			if ((fake_get(f->cfg + 0x10 + 4 * i, 4) & 7) == 4)
				i++;
		}
	}
	return NULL;
}

static inline bool fake_in_window(u64 pa)
{
	return fake_window != 0 && pa >= fake_window && pa - fake_window < FAKE_ECAM_SIZE;
}

static u64 fake_mmio_read(u64 pa, unsigned width)
{
	unsigned bar;
	u64 offset;
	struct fake_fn *f;

	if (pa >= FAKE_RAM && pa < FAKE_RAM + FAKE_RAM_SIZE)
		abort(); /* private memory read as a device */
	if (fake_in_window(pa))
		return fake_config_read((u16)((pa - fake_window) >> 12), pa & 0xfff, width);
	f = fake_decode(pa, &bar, &offset);
	if (f == NULL)
		fake_stray++;
	return f != NULL && fake_bar_read != NULL ? fake_bar_read(f->bdf, bar, offset, width)
						  : ~0ULL;
}

static void fake_mmio_write(u64 pa, unsigned width, u64 v)
{
	unsigned bar;
	u64 offset;
	struct fake_fn *f;

	if (pa >= FAKE_RAM && pa < FAKE_RAM + FAKE_RAM_SIZE)
		abort(); /* our memory given to the host */
	if (fake_in_window(pa)) {
		fake_config_write((u16)((pa - fake_window) >> 12), pa & 0xfff, width, (u32)v);
		return;
	}
	fake_note(false, pa, width, (u32)v);
	f = fake_decode(pa, &bar, &offset);
	if (f == NULL)
		fake_stray++;
	if (f != NULL && fake_bar_write != NULL)
		fake_bar_write(f->bdf, bar, offset, width, (u32)v);
}

static u32 fake_port_in(u16 port, unsigned width)
{
	if ((fake_port_address & 1u << 31) == 0 || port < 0xcfc || port > 0xcff)
		return ~0u;
	return fake_config_read((u16)(fake_port_address >> 8),
				(fake_port_address & 0xfc) + port - 0xcfcu, width);
}

static void fake_port_out(u16 port, unsigned width, u32 v)
{
	if (port == 0xcf8)
		fake_port_address = v;
	else
		fake_config_write((u16)(fake_port_address >> 8),
				  (fake_port_address & 0xfc) + port - 0xcfcu, width, v);
}

static struct cvm_ops fake_ops = { .mmio_read = fake_mmio_read, .mmio_write = fake_mmio_write };

static inline struct fake_fn *fake_add(u16 bdf, u16 vendor, u16 device)
{
	struct fake_fn *f = &fake_fn[fake_count++];

	memset(f, 0, sizeof(*f));
	f->bdf = bdf;
	fake_put(f, 0, vendor | (u32)device << 16, 4);
	fake_put(f, 8, 0x01000000, 4);
	return f;
}

static inline void fake_bar(struct fake_fn *f, unsigned i, bool wide, u64 size, u64 base)
{
	u64 mask = ~(size - 1);

	f->mask[i] = (u32)mask & ~0xfu;
	fake_put(f, 0x10 + 4 * i, (u32)base | (wide ? 4 : 0), 4);
	if (wide) {
		f->mask[i + 1] = (u32)(mask >> 32);
		fake_put(f, 0x14 + 4 * i, (u32)(base >> 32), 4);
	}
}

/* Puts a capability at the head of the chain. */
static inline void fake_cap(struct fake_fn *f, u8 at, u8 id)
{
	f->cfg[at] = id;
	f->cfg[at + 1] = f->cfg[0x34];
	f->cfg[0x34] = at;
	f->cfg[6] |= 0x10;
}

static inline void fake_virtio_cap(struct fake_fn *f, u8 at, u8 type, u8 bar, u32 offset,
				   u32 length)
{
	fake_cap(f, at, 9);
	f->cfg[at + 2] = type == 2 ? 20 : 16;
	f->cfg[at + 3] = type;
	f->cfg[at + 4] = bar;
	fake_put(f, at + 8, offset, 4);
	fake_put(f, at + 12, length, 4);
	if (type == 2)
		fake_put(f, at + 16, 4, 4);
}

/* As QEMU's: MSI-X in BAR 1, everything else in BAR 4. */
static inline struct fake_fn *fake_virtio(u16 bdf, u16 device)
{
	struct fake_fn *f = fake_add(bdf, 0x1af4, device);

	fake_bar(f, 1, false, 0x1000, 0);
	fake_bar(f, 4, true, 0x4000, 0);
	fake_cap(f, 0x98, 0x11);
	fake_put(f, 0x9a, 3, 2);
	fake_put(f, 0x9c, 0 | 1, 4);
	fake_put(f, 0xa0, 0x800 | 1, 4);
	fake_virtio_cap(f, 0x40, 1, 4, 0, 0x1000);
	fake_virtio_cap(f, 0x50, 3, 4, 0x1000, 0x1000);
	fake_virtio_cap(f, 0x60, 4, 4, 0x2000, 0x1000);
	fake_virtio_cap(f, 0x70, 2, 4, 0x3000, 0x1000);
	fake_virtio_cap(f, 0x84, 5, 0, 0, 0);
	return f;
}

static inline void fake_machine(void)
{
	fake_count = fake_logged = fake_maps = 0;
	fake_reads = fake_stray = 0;
	fake_port_address = 0;
	fake_map_fails = false;
	fake_window = FAKE_ECAM;
	fake_config_answer = NULL;
	fake_bar_read = NULL;
	fake_bar_write = NULL;
	fake_ops.port_in = NULL;
	fake_ops.port_out = NULL;
	cvm = (struct cvm){ .ops = &fake_ops, .addr_limit = BIT(45) };
	memmap_init(&memory_map);
	if (memmap_add_ram(&memory_map, (struct range){ FAKE_RAM, FAKE_RAM_SIZE }, 0) != ST_OK)
		abort();
	memset(&platform, 0, sizeof(platform));
	platform.ecam = (struct range){ FAKE_ECAM, FAKE_ECAM_SIZE };
	platform.pci_mem32 = (struct range){ FAKE_MEM32, FAKE_MEM32_SZ };
	platform.pci_mem64 = (struct range){ FAKE_MEM64, FAKE_MEM64_SZ };
}

static inline void fake_ports(void)
{
	fake_ops.port_in = fake_port_in;
	fake_ops.port_out = fake_port_out;
	platform.ecam.size = 0;
	fake_window = 0;
}

/* Writes of the command register of one function, in order; returns how many. */
static inline unsigned fake_commands(u16 bdf, u32 *values, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_logged; i++)
		if (fake_log[i].config && fake_log[i].where == ((u64)bdf << 12 | 4) && n < max)
			values[n++] = fake_log[i].value;
	return n;
}

/* ---- what the driver calls ---- */

enum status mmu_map_device(struct range r)
{
	if (range_check(r, 1, cvm.addr_limit) != ST_OK ||
	    range_overlaps(r, (struct range){ FAKE_RAM, FAKE_RAM_SIZE }))
		abort(); /* checked before it is mapped, or not at all */
	if (fake_map_fails || fake_maps == ARRAY_SIZE(fake_mapped))
		return ST_NO_MEMORY;
	fake_mapped[fake_maps++] = r;
	return ST_OK;
}

bool arch_irq_save(void)
{
	return true;
}

void arch_irq_restore(bool enabled)
{
	(void)enabled;
}

void arch_barrier(void)
{
}

void spin_lock(struct spinlock *l)
{
	if (l->owner++ != 0)
		abort();
}

void spin_unlock(struct spinlock *l)
{
	l->owner--;
}

#endif
