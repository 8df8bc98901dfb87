/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cca/poison.h"

#include "vmm/cca/cca.h"
#include "vmm/pci.h"

/* Whoever takes it for a ring finds an empty one: as little endian halfwords an even number, two
 * zeros, and one that is neither. So a queue in private memory stands still and harms nobody. */
#define PATTERN   0x50a500000000beeeULL
#define WORDS     (PAGE_SIZE / sizeof(u64))
#define GROUP     8u
#define PAGES_MAX (RAM_MAX / PAGE_SIZE)

enum {
	SHARED = 1,   /* RIPAS is EMPTY */
	HANDED = 2,   /* the alias was mapped */
	POISONED = 4, /* never together with the others */
};

static struct core_lock lock;
static struct range memory;
static u64 canonical;
static bool laid;
static u8 state[PAGES_MAX];

static u8 *state_of(u64 ipa)
{
	return &state[(ipa - memory.base) / PAGE_SIZE];
}

/* The whole pages of r that are RAM; size 0: none. */
static struct range in_ram(struct range r)
{
	u64 base = MAX(align_down(r.base, PAGE_SIZE), memory.base);
	u64 end = MIN(range_end(r), range_end(memory));

	return (struct range){ base, base < end ? align_up(end - base, PAGE_SIZE) : 0 };
}

/* By GROUP words: a run with devices writes and reads as much as the guest has memory. */
static void fill(u64 page, u64 value)
{
	u64 *p = (u64 *)(uintptr_t)page;

	for (u64 *end = p + WORDS; p < end; p += GROUP) {
		p[0] = p[1] = p[2] = p[3] = value;
		p[4] = p[5] = p[6] = p[7] = value;
	}
}

/* Offset in bytes of the first word that is no poison, PAGE_SIZE: none; *got is that word. */
static u64 changed(const u64 *p, u64 *got)
{
	__asm__ volatile("" : : : "memory"); /* devices wrote it behind the compiler's back */
	for (size_t i = 0; i < WORDS; i += GROUP, p += GROUP) {
		u64 differs = (p[0] ^ PATTERN) | (p[1] ^ PATTERN) | (p[2] ^ PATTERN) |
			      (p[3] ^ PATTERN) | (p[4] ^ PATTERN) | (p[5] ^ PATTERN) |
			      (p[6] ^ PATTERN) | (p[7] ^ PATTERN);

		for (size_t k = 0; differs != 0 && k < GROUP; k++) {
			*got = p[k];
			if (*got != PATTERN)
				return (i + k) * sizeof(u64);
		}
	}
	return PAGE_SIZE;
}

static void look(u64 page, u64 ipa, const char *where)
{
	u64 got = 0, offset = changed((const u64 *)(uintptr_t)page, &got), at = ipa + offset;

	if (offset < PAGE_SIZE)
		device_violation("dma-poison", "%s 0x%llx: 0x%llx", where, (unsigned long long)at,
				 (unsigned long long)got);
}

/* The caller holds the lock. */
static void lay_page(u64 ipa)
{
	u8 *s = state_of(ipa);

	if (*s != 0)
		return;
	fill(stage2_backing(ipa), PATTERN);
	*s = POISONED;
}

static void lift_page(u64 ipa)
{
	u8 *s = state_of(ipa);

	if ((*s & POISONED) == 0)
		return;
	look(stage2_backing(ipa), ipa, "behind the private page");
	fill(stage2_backing(ipa), 0);
	*s &= (u8)~POISONED;
}

void poison_init(struct range ram, u64 block)
{
	memory = ram;
	canonical = block;
	laid = false;
	for (u64 p = ram.base; p < range_end(ram); p += PAGE_SIZE)
		*state_of(p) = SHARED;
}

void poison_private(struct range r)
{
	r = in_ram(r);
	core_lock(&lock);
	for (u64 p = r.base; p < range_end(r); p += PAGE_SIZE) {
		*state_of(p) &= (u8)~SHARED;
		if (laid)
			lay_page(p);
	}
	core_unlock(&lock);
}

static void open_pages(struct range r, u8 how)
{
	r = in_ram(r);
	core_lock(&lock);
	for (u64 p = r.base; p < range_end(r); p += PAGE_SIZE) {
		lift_page(p);
		*state_of(p) |= how;
	}
	core_unlock(&lock);
}

void poison_shared(struct range r)
{
	open_pages(r, SHARED);
}

void poison_hand_out(struct range r)
{
	open_pages(r, HANDED);
}

bool poison_within(struct range r)
{
	bool found = false;

	r = in_ram(r);
	core_lock(&lock);
	for (u64 p = r.base; p < range_end(r) && !found; p += PAGE_SIZE)
		found = (*state_of(p) & POISONED) != 0;
	core_unlock(&lock);
	return found;
}

static bool has_state(u64 ipa, u8 any)
{
	return ipa - memory.base < memory.size && (*state_of(ipa) & any) != 0;
}

bool poison_is_shared(u64 ipa)
{
	return has_state(ipa, SHARED);
}

bool poison_is_visible(u64 ipa)
{
	return has_state(ipa, SHARED | HANDED);
}

void poison_lay(void)
{
	core_lock(&lock);
	if (!laid) {
		laid = true;
		for (u64 at = 0; at < BLOCK_SIZE; at += PAGE_SIZE)
			fill(canonical + at, PATTERN);
		for (u64 p = memory.base; p < range_end(memory); p += PAGE_SIZE)
			lay_page(p);
	}
	core_unlock(&lock);
}

u64 poison_check(void)
{
	u64 pages = 0;

	core_lock(&lock);
	for (u64 at = 0; laid && at < BLOCK_SIZE; at += PAGE_SIZE, pages++)
		look(canonical + at, at, "at a canonical address, offset in its block");
	for (u64 p = memory.base; laid && p < range_end(memory); p += PAGE_SIZE) {
		if ((*state_of(p) & POISONED) == 0)
			continue;
		look(stage2_backing(p), p, "behind the private page");
		pages++;
	}
	core_unlock(&lock);
	return pages;
}
