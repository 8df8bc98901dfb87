/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a hostile guest does to the virtual ITS and its GIC: registers of any
 * width, commands with any words, tables with any content, entries and exits of CPUs in between.
 * Every access ends; no list register holds what the model of the RMM would refuse; a restore maps
 * LPIs of the guest's range, or nothing.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 * libs: -lcmocka
 */
#include <stdlib.h>

#include "fake_vits.h"
#include "input.h"

#define STEPS 300u

static u64 lr[CPUS][VGIC_MAX_LRS];

static void check(bool good)
{
	if (!good)
		abort();
}

/* ---- what the guest does ---- */
static void any_register(void)
{
	u64 v, off = any(2);
	unsigned size = 1u << byte() % 4;

	if (byte() & 1)
		off = off % 0x140 & ~7ULL; /* where the registers are */
	v = any(8);
	vits_access(&its, off, size, byte() & 1, &v);
	off = any(3) & ~3ULL;
	v = any(8);
	if (byte() & 1)
		vgic_gicr(&gic, off % 0x80000, 4u << (byte() & 1), byte() & 1, &v);
	else
		vgic_gicd(&gic, off % 0x10000, 4, byte() & 1, &v);
}

/* Tables and queue somewhere in RAM, and enabled; or what the bytes say. */
static void any_table(void)
{
	u64 at = RAM + any(1) % 32 * 0x10000, flags = (u64)byte() << 56;
	u64 reg = (const u64[]){ 0x80, 0x100, 0x108, 0x100 }[byte() % 4], v = 0;

	vits_access(&its, 0, 4, true, &v);
	v = at | flags | byte() % 16 | (u64)(byte() & 3) << 8;
	vits_access(&its, reg, 8, true, &v);
	v = 1;
	vits_access(&its, 0, 4, true, &v);
}

static void any_command(void)
{
	const u8 op = byte();
	u64 queue = its.cbaser & MASK(51, 12), v;
	u64 w[4] = { op % 18 | (u64)byte() << 32, byte(), byte() % 8, 0 };

	if (op > 200) {
		w[0] = op | any(4) << 32;
		for (unsigned i = 1; i < 4; i++)
			w[i] = any(8);
	}
	w[1] |= (8192ULL + byte()) << 32;
	if (op % 18 == 8)
		w[2] = ITTS + byte() * 256ULL;
	if (op % 18 == 9 || op % 18 == 14)
		w[2] |= rdbase(byte() % 6);
	w[2] |= (u64)(byte() & 1) << 63;
	w[3] |= op % 18 == 14 ? rdbase(byte() % 6) : 0;
	if (queue >= RAM && queue + its.creadr + 32 <= RAM + RAM_SIZE && its.creadr % 32 == 0)
		memcpy(&mem.ram[queue + its.creadr - RAM], w, sizeof(w));
	v = ((its.creadr + 32) % (GITS_CBASER_PAGES(its.cbaser) * 4096)) | (byte() & 1);
	vits_access(&its, 0x88, 8, true, &v);
}

static void scribble(void)
{
	static const u64 where[] = { QUEUE, DEVTAB, COLTAB, CONFIG, PENDING, ITTS, LEVEL2 };
	u64 at = where[byte() % 7] + any(2) % 0x800 * 8;
	u64 v = any(8);

	switch (byte() % 4) {
	case 0: /* a device */
		v = 1ULL << 63 | (u64)byte() << 49 | (ITTS >> 8) << 5 | byte() % 20;
		break;
	case 1: /* an event */
		v = (u64)byte() << 48 | (8100ULL + any(1)) << 16 | byte() % 8;
		break;
	case 2: /* a collection, or a level-1 entry */
		v = 1ULL << 63 | (u64)(byte() % 5) << 16 | byte() % 8 | (v & 1 ? LEVEL2 : 0);
		break;
	}
	poke64(at, v);
}

/* ---- what the host does ---- */
static void entry(void)
{
	unsigned cpu = byte() % CPUS;

	if (gic.cpu[cpu].filled == 0) {
		vgic_fill(&gic, cpu, lr[cpu], NR_LR);
		for (unsigned i = 0; i < NR_LR; i++) {
			u64 v = lr[cpu][i];

			if (v == 0)
				continue;
			check((v & STATE) != 0 && (v & 1ULL << 61) == 0);
			check((u32)v < 1020 || ((u32)v >= 8192 && (u32)v < 65536));
			check((v >> 48 & 7) == 0 && (v & MASK(44, 32) & ~BIT(41)) == 0);
			for (unsigned k = 0; k < i; k++)
				check((u32)lr[cpu][k] != (u32)v);
			check((u32)v < 8192 || vgic_lpi_stands(&gic, (u32)v) == 1u << cpu);
		}
		return;
	}
	for (unsigned i = 0; i < NR_LR; i++)
		if (byte() & 1)
			lr[cpu][i] &= ~STATE;
	vgic_sync(&gic, cpu, lr[cpu], NR_LR);
}

/* Restored from what the guest has made of its tables: nothing but LPIs of its range, or nothing.
 */
static void cycle(void)
{
	bool good;

	if (byte() & 1)
		vits_save(&its);
	good = vits_restore(&its) == ST_OK;
	for (unsigned i = 0; i < VITS_EVENTS; i++) {
		const struct vits_event *e = &its.event[i];

		check(!e->valid || (good && e->lpi >= 8192 && e->lpi < vgic_lpi_end(&gic)));
		check(!e->valid || vgic_lpi_cpu(&gic, e->lpi) == VGIC_NOWHERE ||
		      vgic_lpi_cpu(&gic, e->lpi) < CPUS);
	}
	for (unsigned i = 0; i < VGIC_LPIS && !good; i++)
		check(gic.lpi[i].intid == 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	its_up(byte() & 1 ? VITS_STRICT : VITS_KVM);
	memset(lr, 0, sizeof(lr));
	for (unsigned n = 0; n < STEPS && input.left > 0; n++) {
		switch (byte() % 8) {
		case 0:
			any_register();
			break;
		case 1:
			any_table();
			break;
		case 2:
			scribble();
			break;
		case 3:
			entry();
			break;
		case 4:
			cycle();
			break;
		case 5:
			vits_message(&its, byte() % 8, byte() % 8);
			break;
		default:
			any_command();
		}
	}
	return 0;
}
