/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine memory above the monitor: a line that only moves up. */
#include <libfdt.h>

#include "local.h"

#define RAM_BASE 0x40000000ULL

static u64 ram_end, next_free, smmu, its;
static struct core_lock lock;

static u64 cells(const fdt32_t *p)
{
	return (u64)fdt32_to_cpu(p[0]) << 32 | fdt32_to_cpu(p[1]);
}

/* First register of the first node of that kind; 0: there is none. */
static u64 find(const void *fdt, const char *compatible)
{
	int len = 0, node = fdt_node_offset_by_compatible(fdt, -1, compatible);
	const fdt32_t *reg = node < 0 ? NULL : fdt_getprop(fdt, node, "reg", &len);

	return reg != NULL && len >= 16 ? cells(reg) : 0;
}

/*
 * The size of RAM stands in the machine's devicetree only, which QEMU puts at the start of RAM (its
 * arm machines have no such fw_cfg key). Read once, before anything could have written there.
 */
void memory_init(void)
{
	const void *fdt = (const void *)(uintptr_t)RAM_BASE;
	const fdt32_t *reg = NULL;
	int node, len = 0;

	if (fdt_check_header(fdt) != 0)
		core_panic("QEMU put no devicetree at the start of RAM");
	node = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));
	if (node >= 0)
		reg = fdt_getprop(fdt, node, "reg", &len);
	if (reg == NULL || len != 16 || cells(reg) != RAM_BASE)
		core_panic("the machine's devicetree has no single range of RAM at 1 GiB");
	ram_end = RAM_BASE + cells(reg + 2);
	smmu = find(fdt, "arm,smmu-v3");
	its = find(fdt, "arm,gic-v3-its");
	next_free = align_up((uintptr_t)core_image_end, BLOCK_SIZE);
	if (ram_end <= next_free)
		core_panic(
		    "RAM ends at %#lx, below the monitor's own end %#lx: give QEMU more memory",
		    ram_end, next_free);
}

u64 memory_smmu(void)
{
	return smmu;
}

u64 memory_its(void)
{
	return its;
}

u64 core_ram_end(void)
{
	return ram_end;
}

/* Fresh memory of the machine, hence zero. */
u64 core_alloc_pages(size_t pages)
{
	u64 pa = 0;

	core_lock(&lock);
	if (pages <= (ram_end - next_free) / PAGE_SIZE) {
		pa = next_free;
		next_free += pages * PAGE_SIZE;
	}
	core_unlock(&lock);
	return pa;
}
