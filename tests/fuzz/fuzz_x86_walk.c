/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's tables, stack and instructions as the x86 hosts' core reads them: any bytes, any
 * registers. Nothing outside the guest's memory is touched, and failed delivery changes nothing.
 * sources: hosts/x86/core/[dew]*[rtk].c hosts/x86/core/cr.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <stdlib.h>
#include <string.h>

#define GUEST_BYTES KIB(64)
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
		at = p.page % (GUEST_BYTES / PAGE_SIZE) * PAGE_SIZE + p.offset % PAGE_SIZE;
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

/* Segments that lead into the guest's memory are worth more than any base. */
static void segment(struct vmcb_segment *s, u16 selector, u16 page)
{
	*s = (struct vmcb_segment){ .selector = selector,
				    .attributes = selector & 0xfff,
				    .limit = page,
				    .base = (page & 0x1f) * PAGE_SIZE };
}

struct start {
	u8 mode, vector, cr3, cpl;
	u16 cs, ss, gdt, idt, tss, ldt;
	u64 va, rip, rsp, rflags;
} __attribute__((packed));

static void start_cpu(const struct start *s)
{
	static const u64 cr4[] = { 0, CR4_PSE, CR4_PAE, CR4_PAE | CR4_LA57 };

	vmcb.cr0 = CR0_PE | ((s->mode & 1) != 0 ? CR0_PG : 0);
	vmcb.cr4 = cr4[s->mode >> 1 & 3];
	vmcb.efer =
	    ((s->mode & 8) != 0 ? EFER_LME | EFER_LMA : 0) | ((s->mode & 16) != 0 ? EFER_NXE : 0);
	vmcb.cr3 = s->cr3 * PAGE_SIZE;
	vmcb.cpl = s->cpl & 3;
	vmcb.rip = s->rip;
	vmcb.rflags = s->rflags;
	segment(&vmcb.cs, s->cs, s->ss);
	segment(&vmcb.ss, s->ss, s->cs);
	segment(&vmcb.gdtr, 0, s->gdt);
	segment(&vmcb.idtr, 0, s->idt);
	segment(&vmcb.tr, 0, s->tss);
	segment(&vmcb.ldtr, 0, s->ldt);
	model.alias_bit = (s->mode & 32) != 0 ? BIT(51) : BIT(47);
	model.alias_is_private = (s->mode & 64) != 0;
	cpu.reg[RSP] = s->rsp;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct start s = { 0 };
	struct vmcb before;
	unsigned length;
	u64 value;

	memcpy(&s, data, MIN(size, sizeof(s)));
	guest_new();
	start_cpu(&s);
	patch_memory(data + MIN(size, sizeof(s)), size - MIN(size, sizeof(s)));
	walk_somewhere(s.va);
	for (unsigned cr = 0; cr <= 8; cr += 4) {
		if (cr_decode_write(&cpu, cr, &value, &length) == ST_OK &&
		    (length < 2 || length > 15))
			abort();
	}
	before = vmcb;
	if (event_deliver(&cpu, s.vector, (s.mode & 128) != 0, 0x404) != ST_OK &&
	    (memcmp(&before, &vmcb, sizeof(vmcb)) != 0 || cpu.reg[RSP] != s.rsp))
		abort();
	guest_free();
	return 0;
}
