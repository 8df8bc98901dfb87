/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory as ITS and redistributors reach it: the shared side of a page of RAM, wherever the
 * guest says its tables are. A table in private memory is a violation, and what is read then is
 * what lies on the page's other side: poison or zeros; or there is none. dev_lock is held.
 */
#include "vmm/its.h"

#include "common/vdev.h"
#include "string.h"
#include "vmm/pci.h"
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

/* A page's other side, where nothing of the host has a business; NULL: there is none, or the run
 * has not this fault. */
static void *other_side(u64 ipa)
{
	return fault_on(FAULT_ITS_PRIVATE_REACHED) && !vm_is_shared(ipa) ? vm_private_memory(ipa)
									 : NULL;
}

/* NULL: no RAM is there, or the host does not reach it. */
static void *reach(u64 ipa, size_t size, bool write)
{
	void *astray;

	if (ipa - vm.ram.base >= vm.ram.size || size > PAGE_SIZE - ipa % PAGE_SIZE) {
		if (!vio_private_expected())
			violation(ipa, OUTSIDE, write);
		return NULL;
	}
	if (!vm_is_shared(ipa) && !vio_private_expected())
		violation(ipa, PRIVATE, write);
	astray = other_side(ipa);
	return astray != NULL ? astray : vm_host_memory(ipa, write);
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
