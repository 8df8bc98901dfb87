/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What KVM and QEMU keep for the guest's memory: the private/shared attribute of each page,
 * conversions asked for and implicit ones, and when a page gets its RMP entry.
 */
#include "abi/coop_x86.h"
#include "snp.h"

#include <string.h>

static bool *shared_attribute; /* fresh: all private, as QEMU starts */
static u8 **firmware_shared;   /* shared side of firmware pages, made when first converted */

/* A host that puts another page behind a private address: RMPUPDATE makes it invalid again. */
static u32 coop(struct vcpu *v, u32 command, const u64 *in, u64 *out)
{
	const struct rmp_entry *e;

	if (command == COOP_QUERY) {
		out[0] = BIT(COOP_REMAP);
		return COOP_OK;
	}
	if (command != COOP_REMAP)
		return (u32)COOP_UNKNOWN;
	e = rmp_get(in[0]);
	if (V(e == NULL))
		return COOP_BAD;
	if (V(!is_aligned(in[0], PAGE_SIZE)))
		return COOP_BAD;
	if (V(e->state == RMP_H))
		return COOP_BAD;
	if (V(e->immutable))
		return COOP_BAD;
	if (e->size_2m)
		rmp_psmash(in[0]);
	snp_unmap(v, in[0], PAGE_SIZE);
	return rmp_assign(in[0], PAGE_SIZE) == ST_OK ? COOP_OK : COOP_BAD;
}

void host_init(void)
{
	size_t n = snp_page_count(), f = core_guest_image().size / PAGE_SIZE;

	shared_attribute = core_pages(align_up(n * sizeof(bool), PAGE_SIZE) / PAGE_SIZE);
	firmware_shared = core_pages(align_up(f * sizeof(u8 *), PAGE_SIZE) / PAGE_SIZE);
	vmm_coop_hook = coop;
}

bool host_is_private(u64 gpa)
{
	size_t i;

	return snp_page_index(gpa, &i) && !shared_attribute[i];
}

bool host_page_shared(u64 gpa)
{
	return guest_is_ram(gpa) && !host_is_private(gpa);
}

/* QEMU keeps the firmware's file in the shared side of its memory region. */
static u8 *firmware_page(u64 gpa)
{
	struct blob image = core_guest_image();
	u64 offset = align_down(gpa, PAGE_SIZE) - (GIB(4) - image.size);
	u8 **page = &firmware_shared[offset / PAGE_SIZE];

	if (*page == NULL) {
		*page = core_pages(1);
		memcpy(*page, image.data + offset, PAGE_SIZE);
	}
	return *page + gpa % PAGE_SIZE;
}

u8 *host_shared(u64 gpa)
{
	size_t i;

	if (!snp_page_index(gpa, &i) || !shared_attribute[i])
		return NULL;
	if (guest_is_firmware(gpa))
		return firmware_page(gpa);
	return (u8 *)(uintptr_t)backing_shared(align_down(gpa, PAGE_SIZE)) + gpa % PAGE_SIZE;
}

bool host_block_shared(u64 gpa)
{
	u64 base = align_down(gpa, BLOCK_SIZE);
	size_t first, i;

	if (!guest_is_ram(base) || !guest_is_ram(base + BLOCK_SIZE - 1) ||
	    !is_aligned(backing_shared(base), BLOCK_SIZE) || !snp_page_index(base, &first))
		return false;
	for (i = first; i < first + BLOCK_SIZE / PAGE_SIZE; i++) {
		if (!shared_attribute[i])
			return false;
	}
	return true;
}

static enum status release(struct vcpu *v, u64 gpa, u64 size)
{
	const struct rmp_entry *e = rmp_get(gpa);
	enum status st;

	snp_unmap(v, gpa, size);
	if (e->state == RMP_H)
		return ST_OK;
	if (e->size_2m && size != BLOCK_SIZE) {
		st = rmp_psmash(gpa);
		if (st != ST_OK)
			return st;
	}
	return rmp_release(gpa, size);
}

/* One page, or one 2 MiB block that is one RMP entry. */
static enum status convert_one(struct vcpu *v, u64 gpa, u64 size, bool to_private)
{
	enum status st = ST_OK;
	size_t i;

	if (!snp_page_index(gpa, &i))
		return ST_RANGE;
	if (to_private)
		snp_unmap(v, gpa, size);
	else
		st = release(v, gpa, size);
	for (u64 n = 0; st == ST_OK && n < size / PAGE_SIZE; n++) {
		u64 page = gpa + n * PAGE_SIZE;

		if (to_private && fault_on(FAULT_PSC_CONTENT_KEPT))
			memcpy(rmp_private(page), host_shared(page), PAGE_SIZE);
		shared_attribute[i + n] = !to_private;
		if (to_private)
			poison_lay(page);
		else
			poison_check(page);
	}
	/* The firmware adds it to a guest that runs. */
	if (to_private && size == PAGE_SIZE && fault_on(FAULT_PSC_VALIDATED))
		st = rmp_launch(gpa, SNP_PAGE_ZERO);
	return st;
}

/* 2 MiB can go in one step when all of it changes and hardware sees one entry or none. */
static bool whole_block(u64 gpa, u64 left, bool to_private)
{
	size_t first;
	u8 state;

	if (left < BLOCK_SIZE || !is_aligned(gpa, BLOCK_SIZE) || !guest_is_ram(gpa))
		return false;
	snp_page_index(gpa, &first);
	state = rmp_get(gpa)->state;
	for (size_t i = 0; i < BLOCK_SIZE / PAGE_SIZE; i++) {
		const struct rmp_entry *e = rmp_get(gpa + i * PAGE_SIZE);

		if (shared_attribute[first + i] != to_private || e->state != state)
			return false;
		if (state != RMP_H && !e->size_2m)
			return false;
	}
	return true;
}

enum status host_convert(struct vcpu *v, u64 gpa, u64 size, bool to_private)
{
	enum status st;
	u64 step;

	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		if (V(rmp_get(gpa + at) == NULL))
			return ST_RANGE;
		if (V(rmp_get(gpa + at)->immutable))
			return ST_STATE;
	}
	for (u64 at = 0; at < size; at += step) {
		step = PAGE_SIZE;
		if (host_is_private(gpa + at) == to_private)
			continue;
		if (whole_block(gpa + at, size - at, to_private))
			step = BLOCK_SIZE;
		vmm_conversions++;
		st = convert_one(v, gpa + at, step, to_private);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* KVM takes a 2 MiB entry when backing and attribute are uniform for all of it. */
static bool can_assign_block(u64 base)
{
	if (fault_on(FAULT_BACKING_4K))
		return false;
	if (!guest_is_ram(base) || !guest_is_ram(base + BLOCK_SIZE - 1) ||
	    !is_aligned(backing_private(base), BLOCK_SIZE))
		return false;
	for (u64 at = 0; at < BLOCK_SIZE; at += PAGE_SIZE) {
		if (!host_is_private(base + at) || rmp_get(base + at)->state != RMP_H)
			return false;
	}
	return true;
}

void host_private_fault(struct vcpu *v, u64 gpa)
{
	u64 page = align_down(gpa, PAGE_SIZE), block = align_down(gpa, BLOCK_SIZE);
	enum status st;

	core_host_exit();
	if (rmp_get(gpa) == NULL)
		core_verdict("stuck", "vCPU %u: private access to 0x%llx, where no memory is",
			     v->index, (unsigned long long)gpa);
	if (!host_is_private(gpa)) {
		counter_add("implicit_private", 1);
		host_convert(v, page, PAGE_SIZE, true);
	}
	st = can_assign_block(block) ? rmp_assign(block, BLOCK_SIZE) : rmp_assign(page, PAGE_SIZE);
	if (st != ST_OK)
		core_panic("RMPUPDATE of 0x%llx: %s", (unsigned long long)gpa, status_text(st));
}
