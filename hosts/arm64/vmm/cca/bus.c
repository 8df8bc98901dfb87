/* SPDX-License-Identifier: BSD-2-Clause */
/* The realm's memory as the host itself and devices reach it. */
#include "common/secret.h"
#include "vmm/cca/cca.h"
#include "vmm/cca/poison.h"

bool vm_is_shared(u64 ipa)
{
	return poison_is_shared(ipa);
}

/* What the host writes there is its own: no device's doing, and no poison any more. */
void *vm_host_memory(u64 ipa, bool write)
{
	if (write)
		poison_hand_out((struct range){ align_down(ipa, PAGE_SIZE), PAGE_SIZE });
	return (void *)(uintptr_t)stage2_backing(ipa);
}

void *vm_private_memory(u64 ipa)
{
	return (void *)(uintptr_t)stage2_granule(ipa);
}

/* A bus address is an IPA: with the alias bit it is the non-secure side of a page, without it a
 * canonical address, where devices find poison. */
u64 vm_bus_memory(u64 address, u64 size)
{
	u64 ipa = address & ~vm.alias;

	if (ipa - vm.ram.base >= vm.ram.size || size > PAGE_SIZE - ipa % PAGE_SIZE)
		return 0;
	return (address & vm.alias) != 0 ? stage2_backing(ipa) : POISON_BLOCK + ipa % BLOCK_SIZE;
}

bool vm_bus_is_shared(u64 address)
{
	return (address & vm.alias) != 0 && poison_is_shared(address & ~vm.alias);
}

/* The granule this host gave the realm: what a device could not reach on hardware. */
u64 vm_bus_private(u64 address, u64 size)
{
	u64 ipa = address & ~vm.alias;

	if (ipa - vm.ram.base >= vm.ram.size || size > PAGE_SIZE - ipa % PAGE_SIZE)
		return 0;
	return stage2_granule(ipa);
}

/* Functions reach the guest's memory and, where they send messages, the page that takes them: what
 * one writes there is at most a message of its own that core/its.c has mapped. */
bool vm_confine(u64 doorbell)
{
	const struct smmu_window windows[] = {
		{ vm.alias | vm.ram.base, stage2_backing(vm.ram.base), vm.ram.size, SMMU_LINEAR },
		{ vm.ram.base, POISON_BLOCK, vm.ram.size, SMMU_ONE_BLOCK },
		{ doorbell, doorbell, PAGE_SIZE, SMMU_LINEAR },
	};

	return core_smmu_start(windows, ARRAY_SIZE(windows) - (doorbell != 0 ? 0 : 1));
}

void vm_device_live(void)
{
	poison_lay();
}

/* The non-secure side of guest RAM, as far as it ever was the guest's to write. */
void vm_search(void)
{
	for (u64 p = vm.ram.base; secret_planted() && p < range_end(vm.ram); p += PAGE_SIZE) {
		if (poison_is_visible(p))
			secret_search("shared page", p, (const void *)stage2_backing(p), PAGE_SIZE);
	}
}

void vm_check_memory(void)
{
	u64 pages = poison_check();

	print_counter("dma_poison_pages", pages);
}
