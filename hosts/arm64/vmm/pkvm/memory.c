/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory: given on the first touch, and as the host itself and devices reach it. */
#include <string.h>

#include "common/secret.h"
#include "vmm/pkvm/pkvm.h"

#define FAULT_AROUND KIB(64)
/* A guest that takes new memory for zeroed is found. */
#define FRESH    0xd6
#define GRANULES (MEMORY_LIMIT / KIB(4))

static struct core_lock lock;
/* A bit per granule of guest memory, counted from its lowest address. */
static u64 loaded[GRANULES / 64]; /* has content of the host's: not to be filled */
static u64 given[GRANULES / 64];

static u64 number(u64 ipa)
{
	u64 lowest = pkvm_host.firmware.size != 0 ? pkvm_host.firmware.base : vm.ram.base;

	return (ipa - lowest) / config.granule;
}

static bool has_bit(const u64 *map, u64 n)
{
	return (map[n / 64] & BIT(n % 64)) != 0;
}

static void set_bit(u64 *map, u64 n, bool value)
{
	if (value)
		map[n / 64] |= BIT(n % 64);
	else
		map[n / 64] &= ~BIT(n % 64);
}

static u64 machine_address(u64 ipa)
{
	return NS_BASE + ipa;
}

bool memory_has(u64 ipa)
{
	return ipa - vm.ram.base < vm.ram.size ||
	       ipa - pkvm_host.firmware.base < pkvm_host.firmware.size;
}

static void fill(u64 ipa)
{
	memset((void *)(uintptr_t)machine_address(ipa), FRESH, config.granule);
}

void memory_load(u64 ipa, const void *data, size_t size)
{
	u64 first = align_down(ipa, config.granule);

	core_lock(&lock);
	for (u64 at = first; at < ipa + size; at += config.granule) {
		if (!memory_has(at) || has_bit(given, number(at)))
			core_panic("vmm: 0x%llx is no memory to load to", (unsigned long long)at);
		if (!has_bit(loaded, number(at)))
			fill(at);
		set_bit(loaded, number(at), true);
	}
	memcpy((void *)(uintptr_t)machine_address(ipa), data, size);
	core_unlock(&lock);
}

/* The guest has given it up: the host is not told, it finds out. */
static bool came_back(u64 ipa)
{
	return pkvm_host_access(ipa) != NULL && !pkvm_is_shared(ipa);
}

/* The caller holds the lock. */
static enum status give(u64 ipa)
{
	u64 n = number(ipa);
	enum status st;

	if (has_bit(given, n) && !came_back(ipa))
		return ST_OK; /* another CPU was faster */
	if (!has_bit(loaded, n))
		fill(ipa);
	set_bit(loaded, n, false); /* once: what comes back is fresh memory */
	st = pkvm_donate(ipa, machine_address(ipa));
	if (st == ST_OK) {
		set_bit(given, n, true);
		count(&pkvm_host.count.donated);
	}
	return st;
}

enum status memory_give(u64 ipa, bool around)
{
	u64 granule = align_down(ipa, config.granule), first = align_down(ipa, FAULT_AROUND);
	enum status st;

	if (!memory_has(granule))
		return ST_RANGE;
	core_lock(&lock);
	st = give(granule);
	for (u64 at = first; around && st == ST_OK && at < first + FAULT_AROUND;
	     at += config.granule) {
		if (memory_has(at) && !has_bit(given, number(at)))
			(void)give(at);
	}
	core_unlock(&lock);
	return st;
}

enum status memory_reclaim(u64 ipa)
{
	u64 granule = align_down(ipa, config.granule);
	enum status st = pkvm_reclaim(granule);

	if (st != ST_STATE)
		return st;
	/* Only what is there can be lost. */
	st = memory_give(ipa, false);
	return st == ST_OK ? pkvm_reclaim(granule) : st;
}

/* ---- the seam ---- */

bool vm_is_shared(u64 ipa)
{
	return pkvm_is_shared(ipa);
}

void *vm_host_memory(u64 ipa, bool write)
{
	(void)write;
	return pkvm_host_access(ipa);
}

void *vm_private_memory(u64 ipa)
{
	return (void *)(uintptr_t)pkvm_backing(ipa);
}

static bool in_one_page(u64 address, u64 size)
{
	return address - vm.ram.base < vm.ram.size && size <= PAGE_SIZE - address % PAGE_SIZE;
}

/* A bus address is an IPA. Where nothing is shared there is nothing: EL2 would stop the access. */
u64 vm_bus_memory(u64 address, u64 size)
{
	return in_one_page(address, size) ? (u64)(uintptr_t)pkvm_host_access(address) : 0;
}

bool vm_bus_is_shared(u64 address)
{
	return address - vm.ram.base < vm.ram.size && pkvm_is_shared(address);
}

u64 vm_bus_private(u64 address, u64 size)
{
	return in_one_page(address, size) ? pkvm_backing(address) : 0;
}

/* EL2 opens the pages that the guest shares (core_smmu_page()), and no others. */
bool vm_confine(u64 doorbell)
{
	const struct smmu_window windows[] = {
		{ vm.ram.base, 0, vm.ram.size, SMMU_PAGES },
		{ doorbell, doorbell, PAGE_SIZE, SMMU_LINEAR },
	};

	return core_smmu_start(windows, doorbell != 0 ? 2 : 1);
}

/* Private pages are closed to devices anyway: there is nothing to watch. */
void vm_device_live(void)
{
}

void vm_check_memory(void)
{
}

static void search(struct range r)
{
	for (u64 p = r.base; secret_planted() && p < range_end(r); p += PAGE_SIZE) {
		const void *page = pkvm_host_access(p);

		if (page != NULL)
			secret_search("page of the host", p, page, PAGE_SIZE);
	}
}

void vm_search(void)
{
	search(vm.ram);
	search(pkvm_host.firmware);
}
