/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host around hosts/common's virtio: some pages of guest memory at FAKE_BASE, each shared or not,
 * a private side of each, and records of messages, wire, violations. Faults by `fake_vio.fault`.
 * Besides, the driver's side of a ring, written as the specification has it.
 */
#ifndef FAKE_VIO_H
#define FAKE_VIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/vdev_local.h"
#include "core/core.h"
#include "native_mutant.h"
#include "print.h"

#define FAKE_BASE  0x80000000ULL
#define FAKE_PAGES 48u
#define FAKE_SIZE  (FAKE_PAGES * PAGE_SIZE)

static struct {
	u8 ram[FAKE_SIZE], hidden[FAKE_SIZE];
	bool is_private[FAKE_PAGES];
	enum fault_id fault;
	u64 now, relaxed;
	unsigned messages, violations, lines, wires;
	u64 message_address;
	u32 message_data;
	bool wire;
	char violation[32];
	void (*on_relax)(void);
} fake_vio __attribute__((aligned(4096)));

static u64 fake_side(u8 *side, u64 address, u64 size)
{
	if (address < FAKE_BASE || address - FAKE_BASE >= FAKE_SIZE ||
	    size > PAGE_SIZE - (address & (PAGE_SIZE - 1)))
		return 0;
	return (u64)(uintptr_t)(side + (address - FAKE_BASE));
}

static u64 fake_memory(u64 address, u64 size)
{
	return fake_side(fake_vio.ram, address, size);
}

static u64 fake_private(u64 address, u64 size)
{
	return fake_side(fake_vio.hidden, address, size);
}

static bool fake_is_shared(u64 address)
{
	return address >= FAKE_BASE && address - FAKE_BASE < FAKE_SIZE &&
	       !fake_vio.is_private[(address - FAKE_BASE) / PAGE_SIZE];
}

static void fake_message(u64 address, u32 data)
{
	fake_vio.messages++;
	fake_vio.message_address = address;
	fake_vio.message_data = data;
}

static void fake_wire(bool level)
{
	fake_vio.wires++;
	fake_vio.wire = level;
}

static u64 fake_now(void)
{
	return fake_vio.now;
}

static void fake_relax(void)
{
	fake_vio.now += 100000;
	fake_vio.relaxed++;
	if (fake_vio.on_relax != NULL)
		fake_vio.on_relax();
}

static FORMAT_PRINTF(2, 3) void fake_violation(const char *kind, const char *fmt, ...)
{
	fake_vio.violations++;
	snprintf(fake_vio.violation, sizeof(fake_vio.violation), "%s", kind);
}

const struct vio_host vio_host = {
	.memory = fake_memory,
	.is_shared = fake_is_shared,
	.message = fake_message,
	.wire = fake_wire,
	.now = fake_now,
	.relax = fake_relax,
	.private_memory = fake_private,
	.violation = fake_violation,
};

bool fault_on(enum fault_id f)
{
	return fake_vio.fault != FAULT_NONE_ && f == fake_vio.fault;
}

void channel(const char *fmt, ...)
{
	fake_vio.lines++;
}

void console_write(const char *s, size_t n)
{
}

void core_relax(void)
{
}

static inline void fake_vio_reset(void)
{
	memset(&fake_vio, 0, sizeof(fake_vio));
	vio_expect_private(false);
}

static inline u8 *at(u64 address)
{
	assert_true(address >= FAKE_BASE && address < FAKE_BASE + FAKE_SIZE);
	return fake_vio.ram + (address - FAKE_BASE);
}

static inline void poke(u64 address, u64 value, unsigned width)
{
	le_put(at(address), value, width);
}

static inline u64 peek(u64 address, unsigned width)
{
	return le_get(at(address), width);
}

/* ---- the driver's side ---- */

static inline void drv_desc(u64 table, u16 i, u64 address, u32 len, u16 flags, u16 next)
{
	poke(table + i * 16ULL, address, 8);
	poke(table + i * 16ULL + 8, len, 4);
	poke(table + i * 16ULL + 12, flags, 2);
	poke(table + i * 16ULL + 14, next, 2);
}

/* Publishes a head. */
static inline void drv_publish(const struct vtap_queue *q, u16 head)
{
	u16 idx = (u16)peek(q->driver + 2, 2);

	poke(q->driver + 4 + 2ULL * (idx % q->size), head, 2);
	poke(q->driver + 2, (u16)(idx + 1), 2);
}

static inline u16 drv_used_idx(const struct vtap_queue *q)
{
	return (u16)peek(q->device + 2, 2);
}

static inline u32 drv_used_id(const struct vtap_queue *q, u16 i)
{
	return (u32)peek(q->device + 4 + 8ULL * (i % q->size), 4);
}

static inline u32 drv_used_len(const struct vtap_queue *q, u16 i)
{
	return (u32)peek(q->device + 4 + 8ULL * (i % q->size) + 4, 4);
}

#endif
