/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory as ITS and redistributors reach it: the shared side of a page of RAM, wherever the
 * guest says its tables are. A table in private memory is a violation, and what is read then is
 * what lies on the page's other side: poison or zeros. dev_lock is held.
 */
#include "vmm/its.h"

#include "common/vdev.h"
#include "string.h"
#include "vmm/pci.h"
#include "vmm/poison.h"
#include "vmm/vmm.h"

enum reason { PRIVATE = 1, OUTSIDE };

/* A guest may lead the ITS to the same wrong place for ever: each is named once, as long as it is
 * remembered. */
#define TOLD_MAX 32u
static struct {
	u64 page;
	enum reason why;
} told[TOLD_MAX];
static unsigned told_next;

static bool tell_once(u64 page, enum reason why)
{
	for (unsigned i = 0; i < TOLD_MAX; i++) {
		if (told[i].why == why && told[i].page == page)
			return false;
	}
	told[told_next].page = page;
	told[told_next].why = why;
	told_next = (told_next + 1) % TOLD_MAX;
	return true;
}

static void violation(u64 ipa, enum reason why, bool write)
{
	if (tell_once(align_down(ipa, PAGE_SIZE), why))
		device_violation(why == PRIVATE ? "its-private" : "its-outside", "%s 0x%llx",
				 write ? "writes" : "reads", (unsigned long long)ipa);
}

/* Machine address behind a page's other side, where nothing of the host has a business; 0: there is
 * none, or the run has not this fault. */
static u64 other_side(u64 ipa)
{
	return fault_on(FAULT_ITS_PRIVATE_REACHED) && !poison_is_shared(ipa) ? stage2_granule(ipa)
									     : 0;
}

/* NULL: no RAM is there. */
static void *reach(u64 ipa, size_t size, bool write)
{
	const struct range page = { align_down(ipa, PAGE_SIZE), PAGE_SIZE };
	u64 astray;

	if (ipa - vm.ram.base >= vm.ram.size || size > PAGE_SIZE - ipa % PAGE_SIZE) {
		if (!vio_private_expected())
			violation(ipa, OUTSIDE, write);
		return NULL;
	}
	if (!poison_is_shared(ipa) && !vio_private_expected())
		violation(ipa, PRIVATE, write);
	astray = other_side(ipa);
	if (astray != 0)
		return (void *)(uintptr_t)astray;
	/* What the host writes there is its own: no device's doing, and no poison any more. */
	if (write)
		poison_hand_out(page);
	return (void *)(uintptr_t)stage2_backing(ipa);
}

static bool read_memory(u64 ipa, void *to, size_t size)
{
	const void *from = reach(ipa, size, false);

	if (from != NULL)
		memcpy(to, from, size);
	return from != NULL;
}

static bool write_memory(u64 ipa, const void *from, size_t size)
{
	void *to = reach(ipa, size, true);

	if (to != NULL)
		memcpy(to, from, size);
	return to != NULL;
}

const struct vgic_memory its_memory = { read_memory, write_memory };
