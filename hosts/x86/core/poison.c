/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Poison behind private pages. A device that is given the address of a private page reaches the
 * machine page of the shared side, which nobody has any business with while the page is private:
 * it holds a pattern of its own, and a pattern that changed was written by a device.
 *
 * Laid when the first device may be bus master, for until then nothing can write there.
 */
#include "core.h"
#include "vmm/vmm.h"

#define WORDS    (PAGE_SIZE / sizeof(u64))
#define VGA_BASE 0xa0000ULL /* no memory behind these addresses of the machine */
#define VGA_END  0xc0000ULL
/* Read as an available ring the pattern has an index no queue can reach. */
#define PATTERN 0xa5a5a5a5deadbeefULL

static u8 *laid; /* one byte per page of RAM; NULL: not started */

static u64 pattern(u64 gpa)
{
	return PATTERN ^ gpa / PAGE_SIZE << 32;
}

static bool has_place(u64 gpa)
{
	return guest_is_ram(gpa) && (gpa < VGA_BASE || gpa >= VGA_END);
}

static u8 *mark_of(u64 gpa)
{
	u64 offset = gpa < GIB(4) ? gpa : gpa - GIB(4) + guest_low_size();

	return &laid[offset / PAGE_SIZE];
}

static void fill(u64 gpa, u64 value)
{
	/* volatile: page 0 is memory like any other here */
	volatile u64 *p = (volatile u64 *)(uintptr_t)backing_shared(gpa);

	for (size_t i = 0; i < WORDS; i++)
		p[i] = value;
}

static void check(u64 gpa)
{
	const volatile u64 *p = (const volatile u64 *)(uintptr_t)backing_shared(gpa);
	u64 want = pattern(gpa);

	for (size_t i = 0; i < WORDS; i++) {
		u64 got = p[i];

		if (got == want)
			continue;
		violation("dma-poison", "behind the private page 0x%llx: 0x%llx at offset 0x%zx",
			  (unsigned long long)gpa, (unsigned long long)got, i * sizeof(u64));
		return;
	}
}

static void lay(u64 gpa)
{
	if (laid == NULL || !has_place(gpa))
		return;
	fill(gpa, pattern(gpa));
	*mark_of(gpa) = 1;
}

void poison_lay(u64 gpa)
{
	gpa = align_down(gpa, PAGE_SIZE);
	if (has_place(gpa))
		vmm_page_taken(gpa);
	lay(gpa);
}

void poison_check(u64 gpa)
{
	gpa = align_down(gpa, PAGE_SIZE);
	if (laid == NULL || !has_place(gpa) || *mark_of(gpa) == 0)
		return;
	check(gpa);
	fill(gpa, 0);
	*mark_of(gpa) = 0;
}

void poison_drop(u64 gpa)
{
	if (laid != NULL && has_place(gpa))
		*mark_of(gpa) = 0;
}

static void lay_range(u64 base, u64 size)
{
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		if (!model.shared(base + at))
			lay(base + at);
}

void poison_start(void)
{
	u64 pages = (guest_low_size() + guest_high_size()) / PAGE_SIZE;

	if (laid != NULL || model.shared == NULL)
		return;
	laid = core_pages((size_t)(align_up(pages, PAGE_SIZE) / PAGE_SIZE));
	lay_range(0, guest_low_size());
	lay_range(GIB(4), guest_high_size());
}

static u64 finish_range(u64 base, u64 size)
{
	u64 pages = 0;

	for (u64 at = base; at < base + size; at += PAGE_SIZE) {
		if (!has_place(at) || *mark_of(at) == 0)
			continue;
		check(at);
		pages++;
	}
	return pages;
}

void poison_finish(void)
{
	if (laid == NULL)
		return;
	counter_add("dma_poison_pages",
		    finish_range(0, guest_low_size()) + finish_range(GIB(4), guest_high_size()));
}
