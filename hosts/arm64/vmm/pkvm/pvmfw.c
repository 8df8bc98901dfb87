/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crosvm's layout for a VM with registered firmware: devicetree at the start of RAM, and below RAM
 * the firmware's place with its scratch memory. This host gives the memory of both and never learns
 * what EL2 puts there; and it may lie in the devicetree.
 */
#include "abi/pkvm.h"
#include "vmm/pkvm/lie.h"
#include "vmm/pkvm/pkvm.h"

void firmware_place(void)
{
	pkvm_host.firmware = (struct range){ PVMFW_BASE, PVMFW_SIZE + PVMFW_SCRATCH_SIZE };
	vm.image_base = vm.entry = PVMFW_BASE;
	vm.dtb_base = PVMFW_FDT;
}

void firmware_give(void)
{
	struct range r = pkvm_host.firmware;

	for (u64 at = r.base; at < range_end(r); at += config.granule)
		must_ok(memory_give(at, false), "memory for the firmware");
}

u64 devicetree_lie(void *dtb, size_t size)
{
	const struct lie_facts facts = {
		.ram = vm.ram,
		/* Firmware has its own idea of where it runs; ours goes behind the devicetree. */
		.image = config.pvmfw ? PVMFW_FDT + PVMFW_FDT_MAX : vm.image_base,
		.device = vm.map.uart,
	};
	u64 x0 = vm.dtb_base;
	enum status st = lie_apply(config.dt_lie, dtb, size, &facts, &x0);

	for (unsigned i = 0; st == ST_NOT_FOUND && lie_name(i) != NULL; i++)
		channel("host: there is the lie %s", lie_name(i));
	must_ok(st, "dt_lie");
	if (config.dt_lie[0] != '\0')
		channel("host: the devicetree lies: %s x0=0x%llx", config.dt_lie,
			(unsigned long long)x0);
	return x0;
}
