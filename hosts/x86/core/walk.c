/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the guest through its own page tables, as the CPU would. The tables are the guest's to
 * write while we read: every entry is read once, and only within private backing. Hardware takes
 * tables and code as private memory whatever their alias bit says.
 */
#include <string.h>

#include "local.h"

#define CR0_PG         BIT(31)
#define CR4_PSE        BIT(4)
#define CR4_PAE        BIT(5)
#define CR4_LA57       BIT(12)
#define EFER_LMA       BIT(10)
#define EFER_NXE       BIT(11)
#define CS_LONG        BIT(9)

#define PTE_PRESENT    BIT(0)
#define PTE_WRITABLE   BIT(1)
#define PTE_USER       BIT(2)
#define PTE_LARGE      BIT(7)
#define PTE_NX         BIT(63)
#define PTE_ADDRESS    MASK(51, 12)
#define PDPTE_RESERVED (MASK(2, 1) | MASK(8, 5) | MASK(63, 52)) /* PAE only */
#define PAE_RESERVED   MASK(62, 52)
#define LARGE_RESERVED MASK(20, 13) /* of a 2 MiB entry; above the PAT bit */
#define GIANT_RESERVED MASK(29, 13)
#define PSE_RESERVED   BIT(21)

struct walker {
	struct vcpu *v;
	u64 va;
	bool pae; /* not long mode */
	struct walk *out;
};

static u64 private_form(u64 gpa)
{
	return model.alias_is_private ? gpa | model.alias_bit : gpa;
}

static bool is_private(u64 gpa)
{
	return ((gpa & model.alias_bit) != 0) == model.alias_is_private;
}

/* Hardware checks every access of its own to the guest's memory, and so do we: a page that the
 * guest has not validated or accepted holds nothing for it. */
static bool reachable(u64 bare, bool private)
{
	return model.reachable == NULL || model.reachable(bare, private);
}

static enum status read_entry(u64 gpa, size_t size, u64 *entry)
{
	u64 at = backing_private(gpa & ~model.alias_bit);

	if (at == 0)
		return ST_RANGE;
	if (!reachable(gpa & ~model.alias_bit, true))
		return ST_STATE;
	*entry =
	    size == 8 ? *(const volatile u64 *)(uintptr_t)at : *(const volatile u32 *)(uintptr_t)at;
	return ST_OK;
}

static void leaf(struct walk *out, u64 entry, u64 base, u64 va, unsigned size)
{
	out->leaf = entry;
	out->size = size;
	out->gpa = (base & ~(BIT(size) - 1)) | (va & (BIT(size) - 1));
}

/* Unpaged memory and two-level tables have no bit for the alias: private. */
static enum status walk_unpaged(struct walker *w)
{
	*w->out = (struct walk){
		.gpa = private_form((u32)w->va), .size = 12, .writable = true, .user = true
	};
	return ST_OK;
}

static void restrict_to(struct walk *out, u64 entry)
{
	out->writable = out->writable && (entry & PTE_WRITABLE) != 0;
	out->user = out->user && (entry & PTE_USER) != 0;
	out->no_execute = out->no_execute || (entry & PTE_NX) != 0;
}

static enum status walk_two_levels(struct walker *w)
{
	u64 va = (u32)w->va, cr4 = w->v->vmcb->cr4, entry;
	enum status st;

	st = read_entry((w->v->vmcb->cr3 & MASK(31, 12)) + (va >> 22) * 4, 4, &entry);
	if (st != ST_OK)
		return st;
	if ((entry & PTE_PRESENT) == 0)
		return ST_FAULT;
	restrict_to(w->out, entry);
	if ((entry & PTE_LARGE) != 0 && (cr4 & CR4_PSE) != 0) {
		if ((entry & PSE_RESERVED) != 0)
			return ST_CORRUPT;
		leaf(w->out, entry, (entry & MASK(31, 22)) | FIELD(entry, 20, 13) << 32, va, 22);
	} else {
		st = read_entry((entry & MASK(31, 12)) + FIELD(va, 21, 12) * 4, 4, &entry);
		if (st != ST_OK)
			return st;
		if ((entry & PTE_PRESENT) == 0)
			return ST_FAULT;
		restrict_to(w->out, entry);
		leaf(w->out, entry, entry & MASK(31, 12), va, 12);
	}
	w->out->gpa = private_form(w->out->gpa);
	return ST_OK;
}

/* Bits no entry of this level may have set. */
static u64 reserved_bits(const struct walker *w, unsigned level, u64 entry)
{
	u64 bits = PTE_ADDRESS & ~(2 * model.alias_bit - 1);

	if (w->pae && level == 3)
		return bits | PDPTE_RESERVED;
	if (w->pae)
		bits |= PAE_RESERVED;
	if ((w->v->vmcb->efer & EFER_NXE) == 0)
		bits |= PTE_NX;
	if (level > 3)
		return bits | PTE_LARGE;
	if (level == 3 && (entry & PTE_LARGE) != 0)
		return bits | GIANT_RESERVED;
	if (level == 2 && (entry & PTE_LARGE) != 0)
		return bits | LARGE_RESERVED;
	return bits;
}

static enum status walk_wide(struct walker *w, u64 table, unsigned level)
{
	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		u64 index = (w->va >> shift) & 511, entry;
		enum status st = read_entry(table + index * 8, 8, &entry);

		if (st != ST_OK)
			return st;
		if ((entry & PTE_PRESENT) == 0)
			return ST_FAULT;
		if ((entry & reserved_bits(w, level, entry)) != 0)
			return ST_CORRUPT;
		if (!w->pae || level < 3)
			restrict_to(w->out, entry);
		/* In levels that have no large pages the bit is reserved, in the last it is PAT. */
		if (level == 1 || (entry & PTE_LARGE) != 0) {
			leaf(w->out, entry, entry & PTE_ADDRESS, w->va, shift);
			return ST_OK;
		}
		table = entry & PTE_ADDRESS & ~model.alias_bit;
	}
}

static bool canonical(u64 va, unsigned bits)
{
	u64 top = va >> (bits - 1);

	return top == 0 || top == ~0ULL >> (bits - 1);
}

enum status guest_walk(struct vcpu *v, u64 va, struct walk *out)
{
	const struct vmcb *c = v->vmcb;
	struct walker w = { .v = v, .va = va, .out = out };
	unsigned levels = (c->cr4 & CR4_LA57) != 0 ? 5 : 4;

	*out = (struct walk){ .writable = true, .user = true };
	if ((c->cr0 & CR0_PG) == 0)
		return walk_unpaged(&w);
	if ((c->cr4 & CR4_PAE) == 0)
		return walk_two_levels(&w);
	if ((c->efer & EFER_LMA) == 0) {
		w.pae = true;
		w.va = (u32)va;
		return walk_wide(&w, c->cr3 & MASK(31, 5), 3);
	}
	if (!canonical(va, levels == 5 ? 57 : 48))
		return ST_INVALID;
	return walk_wide(&w, c->cr3 & PTE_ADDRESS & ~model.alias_bit, levels);
}

static u64 backing(u64 gpa)
{
	u64 bare = gpa & ~model.alias_bit;

	return is_private(gpa) ? backing_private(bare) : backing_shared(bare);
}

/* One page's part of an access: where it lies and how long it is. */
static enum status resolve(struct vcpu *v, u64 va, size_t n, bool write, u8 **at, size_t *part)
{
	struct walk w;
	enum status st = guest_walk(v, va, &w);
	u64 mpa;

	if (st != ST_OK)
		return st;
	if (write && !w.writable)
		return ST_DENIED;
	mpa = backing(w.gpa);
	if (mpa == 0)
		return ST_RANGE;
	if (!reachable(w.gpa & ~model.alias_bit, is_private(w.gpa)))
		return ST_STATE;
	*at = (u8 *)(uintptr_t)mpa;
	*part = MIN(n, PAGE_SIZE - (va & (PAGE_SIZE - 1)));
	return ST_OK;
}

enum status guest_read_va(struct vcpu *v, u64 va, void *buf, size_t n)
{
	u8 *out = buf, *at;
	size_t part;

	for (; n != 0; va += part, out += part, n -= part) {
		enum status st = resolve(v, va, n, false, &at, &part);

		if (st != ST_OK)
			return st;
		memcpy(out, at, part);
	}
	return ST_OK;
}

enum status guest_write_va(struct vcpu *v, u64 va, const void *buf, size_t n)
{
	const u8 *in = buf;
	size_t part;
	u8 *at;

	for (; n != 0; va += part, in += part, n -= part) {
		enum status st = resolve(v, va, n, true, &at, &part);

		if (st != ST_OK)
			return st;
		memcpy(at, in, part);
	}
	return ST_OK;
}

u64 guest_linear_rip(const struct vcpu *v)
{
	const struct vmcb *c = v->vmcb;

	if ((c->efer & EFER_LMA) != 0 && (c->cs.attributes & CS_LONG) != 0)
		return c->rip;
	return (u32)(c->cs.base + c->rip);
}

size_t guest_fetch(struct vcpu *v, u8 *buf, size_t n)
{
	u64 va = guest_linear_rip(v), mpa;
	size_t done = 0, part;
	struct walk w;

	for (; done < n; done += part) {
		if (guest_walk(v, va + done, &w) != ST_OK)
			break;
		mpa = backing_private(w.gpa & ~model.alias_bit);
		if (mpa == 0 || !reachable(w.gpa & ~model.alias_bit, true))
			break;
		part = MIN(n - done, PAGE_SIZE - ((va + done) & (PAGE_SIZE - 1)));
		memcpy(buf + done, (const void *)(uintptr_t)mpa, part);
	}
	return done;
}
