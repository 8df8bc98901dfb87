/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory and its view of the virtual ITS: registers, queue, tables at fixed places. The
 * tests write every number out; abi/gic.h is what is tested against them.
 */
#ifndef FAKE_VITS_H
#define FAKE_VITS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "native_mutant.h"
#include "vmm/vits.h"

#define RAM      0x80000000ULL
#define RAM_SIZE 0x200000u
#define QUEUE    (RAM + 0x00000) /* 4 KiB: 128 commands */
#define DEVTAB   (RAM + 0x10000) /* 64 KiB: 8192 devices */
#define COLTAB   (RAM + 0x20000) /* 64 KiB */
#define CONFIG   (RAM + 0x30000) /* LPIs 8192..16383 */
#define PENDING  (RAM + 0x40000) /* 64 KiB for each of 4 CPUs */
#define ITTS     (RAM + 0x80000)
#define LEVEL2   (RAM + 0x100000)
#define GICR     0x08080000ULL /* redistributors */
#define CPUS     4u
#define NR_LR    4u
#define STATE    (3ULL << 62)

static struct {
	u8 ram[RAM_SIZE];
	unsigned reads, writes;
	u64 outside; /* accesses that were refused */
} mem;

static struct vgic gic;
static struct vits its;
static enum fault_id fake_fault;

bool fault_on(enum fault_id f)
{
	return f == fake_fault;
}

static u8 *mem_at(u64 ipa, size_t size)
{
	/* Within one page, as struct vgic_memory has it. */
	if (size == 0 || ipa / PAGE_SIZE != (ipa + size - 1) / PAGE_SIZE)
		abort();
	if (ipa < RAM || ipa - RAM >= RAM_SIZE) {
		mem.outside++;
		return NULL;
	}
	return &mem.ram[ipa - RAM];
}

static bool mem_read(u64 ipa, void *to, size_t size)
{
	const u8 *at = mem_at(ipa, size);

	mem.reads++;
	if (at != NULL)
		memcpy(to, at, size);
	return at != NULL;
}

static bool mem_write(u64 ipa, const void *from, size_t size)
{
	u8 *at = mem_at(ipa, size);

	mem.writes++;
	if (at != NULL)
		memcpy(at, from, size);
	return at != NULL;
}

static const struct vgic_memory fake_memory = { mem_read, mem_write };

static inline u64 peek64(u64 ipa)
{
	u64 v;

	memcpy(&v, &mem.ram[ipa - RAM], 8);
	return v;
}

static inline void poke64(u64 ipa, u64 v)
{
	memcpy(&mem.ram[ipa - RAM], &v, 8);
}

/* ---- registers ---- */
static inline u64 its_rd(u64 off, unsigned size)
{
	u64 v = 0;

	assert_true(vits_access(&its, off, size, false, &v));
	return v;
}

static inline void its_wr(u64 off, unsigned size, u64 v)
{
	assert_true(vits_access(&its, off, size, true, &v));
}

static inline u64 gicr_rd(unsigned cpu, u64 off, unsigned size)
{
	u64 v = 0;

	assert_true(vgic_gicr(&gic, cpu * 0x20000 + off, size, false, &v));
	return v;
}

static inline void gicr_wr(unsigned cpu, u64 off, unsigned size, u64 v)
{
	assert_true(vgic_gicr(&gic, cpu * 0x20000 + off, size, true, &v));
}

static inline void lpi_config(u32 lpi, u8 byte)
{
	mem.ram[CONFIG - RAM + lpi - 8192] = byte;
}

static inline bool pending_bit(unsigned cpu, u32 lpi)
{
	return mem.ram[PENDING - RAM + cpu * 0x10000 + lpi / 8] >> lpi % 8 & 1;
}

/* LPIs of all CPUs, tables where the names say. */
static inline void gic_up(void)
{
	u64 v = 0x12;

	memset(&mem, 0, sizeof(mem));
	fake_fault = (enum fault_id)0;
	vgic_init(&gic, CPUS, &fake_memory);
	vgic_gicd(&gic, 0, 4, true, &v);
	for (unsigned c = 0; c < CPUS; c++) {
		gicr_wr(c, 0x70, 8, CONFIG | 13);
		gicr_wr(c, 0x78, 8, (PENDING + c * 0x10000) | 1ULL << 62);
		gicr_wr(c, 0x00, 4, 1);
	}
}

static inline void its_up(enum vits_kind kind)
{
	gic_up();
	vits_init(&its, &gic, GICR, kind);
	its_wr(0x0080, 8, 1ULL << 63 | QUEUE);
	its_wr(0x0100, 8, 1ULL << 63 | DEVTAB | 2 << 8);
	its_wr(0x0108, 8, 1ULL << 63 | COLTAB | 2 << 8);
	its_wr(0x0000, 4, 1);
}

/* ---- commands: their words as IHI 0069 has them ---- */
static inline u64 rdbase(unsigned cpu)
{
	return its.kind == VITS_KVM ? (u64)cpu << 16 : GICR + cpu * 0x20000;
}

static inline void command_at(u64 offset, u64 w0, u64 w1, u64 w2, u64 w3)
{
	poke64(QUEUE + offset, w0);
	poke64(QUEUE + offset + 8, w1);
	poke64(QUEUE + offset + 16, w2);
	poke64(QUEUE + offset + 24, w3);
}

/* Issues one; the error it made, 0: none. A stalled queue is emptied by replacing it by SYNC. */
static inline u32 command(u64 w0, u64 w1, u64 w2, u64 w3)
{
	u64 at = its_rd(0x0088, 8), next = (at + 32) % 4096, errors = its.count.errors;

	assert_int_equal(at, its_rd(0x0090, 8));
	command_at(at, w0, w1, w2, w3);
	its_wr(0x0088, 8, next);
	if (its_rd(0x0090, 8) & 1) {
		assert_int_equal(its_rd(0x0090, 8), at | 1);
		assert_int_equal(its.kind, VITS_STRICT);
		command_at(at, 0x05, 0, 0, 0);
		its_wr(0x0088, 8, next | 1);
	}
	assert_int_equal(its_rd(0x0090, 8), next);
	return its.count.errors != errors ? its.count.last_error : 0;
}

static inline u32 mapd(u32 device, unsigned bits, u64 itt, bool valid)
{
	return command(0x08 | (u64)device << 32, bits - 1, itt | (u64)valid << 63, 0);
}

static inline u32 mapc(u16 id, unsigned cpu, bool valid)
{
	return command(0x09, 0, rdbase(cpu) | id | (u64)valid << 63, 0);
}

static inline u32 mapti(u32 device, u32 event, u32 lpi, u16 id)
{
	return command(0x0a | (u64)device << 32, event | (u64)lpi << 32, id, 0);
}

static inline u32 mapi(u32 device, u32 event, u16 id)
{
	return command(0x0b | (u64)device << 32, event, id, 0);
}

static inline u32 movi(u32 device, u32 event, u16 id)
{
	return command(0x01 | (u64)device << 32, event, id, 0);
}

/* INT 3, CLEAR 4, INV 12, DISCARD 15 */
static inline u32 event_command(u8 op, u32 device, u32 event)
{
	return command(op | (u64)device << 32, event, 0, 0);
}

static inline u32 invall(u16 id)
{
	return command(0x0d, 0, id, 0);
}

static inline u32 movall(unsigned from, unsigned to)
{
	return command(0x0e, 0, rdbase(from), rdbase(to));
}

/* ---- CPUs ---- */
/* All that a CPU takes at its next entry, in order; the number of them. */
static inline unsigned take(unsigned cpu, u32 *ids, unsigned max)
{
	u64 lr[VGIC_MAX_LRS];
	unsigned n = 0;

	for (;;) {
		vgic_fill(&gic, cpu, lr, NR_LR);
		if (lr[0] == 0)
			break;
		for (unsigned i = 0; i < NR_LR && lr[i] != 0; i++) {
			assert_true(n < max);
			ids[n++] = (u32)lr[i];
			lr[i] &= ~STATE;
		}
		vgic_sync(&gic, cpu, lr, NR_LR);
	}
	vgic_sync(&gic, cpu, lr, NR_LR);
	return n;
}

/* The only one it takes; 0: none. */
static inline u32 take_one(unsigned cpu)
{
	u32 ids[8] = { 0 };

	assert_true(take(cpu, ids, 8) <= 1);
	return ids[0];
}

/* ---- what most tests begin with ---- */
#define DEV 8u

static inline int strict(void **state)
{
	(void)state;
	its_up(VITS_STRICT);
	return 0;
}

static inline int kvm(void **state)
{
	(void)state;
	its_up(VITS_KVM);
	return 0;
}
#define BOTH(test) cmocka_unit_test_setup(test, strict), cmocka_unit_test_setup(test, kvm)

/* One device of 32 events, collections 0..3 on CPUs 0..3, event 3 to LPI 8200 in collection 1. */
static inline void mapped(void)
{
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(mapc((u16)c, c, true), 0);
	assert_int_equal(mapd(DEV, 5, ITTS, true), 0);
	lpi_config(8200, 0xa1);
	assert_int_equal(mapti(DEV, 3, 8200, 1), 0);
}

#endif
