/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's tables, stack and instructions as the x86 hosts' core reads them: any bytes, any
 * registers. Nothing outside the guest's memory is touched, and failed delivery changes nothing.
 * sources: hosts/x86/core/[dew]*[rtk].c hosts/x86/core/cr.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <stdlib.h>
#include <string.h>

#include "fake_guest_x86.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

void core_panic(const char *fmt, ...)
{
	abort();
}

/* Patches of memory: page, offset, bytes. Tables want entries in places, not a long stream. */
struct patch {
	u8 page, count;
	u16 offset;
	u64 word;
} __attribute__((packed));

static void patch_memory(const u8 *data, size_t size)
{
	struct patch p;

	for (; size >= sizeof(p); data += sizeof(p), size -= sizeof(p)) {
		u64 at;

		memcpy(&p, data, sizeof(p));
		at = p.page * PAGE_SIZE + p.offset % PAGE_SIZE;
		for (unsigned i = 0; i <= p.count % 8 && at + 8 <= GUEST_BYTES; i++, at += 8)
			poke64(at, p.word);
	}
}

static void walk_somewhere(u64 va)
{
	u8 bytes[64];
	struct walk w;

	if (guest_walk(&cpu, va, &w) == ST_OK && w.size < 12)
		abort();
	guest_read_va(&cpu, va, bytes, sizeof(bytes));
	guest_write_va(&cpu, va, bytes, sizeof(bytes));
	if (guest_fetch(&cpu, bytes, 15) > 15)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vmcb before;
	unsigned length, vector;
	u64 value, va, rsp;

	if (size < sizeof(vmcb) - 0x400 + 32)
		return 0;
	guest_new();
	memcpy(&vmcb.es, data, sizeof(vmcb) - 0x400);
	/* The model keeps the save area as the CPU left it. */
	vmcb.cpl &= 3;
	data += sizeof(vmcb) - 0x400;
	memcpy(&va, data, 8);
	memcpy(&rsp, data + 8, 8);
	vector = data[16];
	model.alias_bit = (data[17] & 1) != 0 ? BIT(51) : BIT(47);
	model.alias_is_private = (data[17] & 2) != 0;
	cpu.reg[RSP] = rsp;
	patch_memory(data + 32, size - (sizeof(vmcb) - 0x400) - 32);
	walk_somewhere(va);
	for (unsigned cr = 0; cr <= 8; cr += 4) {
		if (cr_decode_write(&cpu, cr, &value, &length) == ST_OK &&
		    (length < 2 || length > 15))
			abort();
	}
	before = vmcb;
	if (event_deliver(&cpu, vector, (data[17] & 4) != 0, 0x404) != ST_OK &&
	    (memcmp(&before, &vmcb, sizeof(vmcb)) != 0 || cpu.reg[RSP] != rsp))
		abort();
	guest_free();
	return 0;
}
