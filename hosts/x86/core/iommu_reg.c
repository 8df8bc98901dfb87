/* SPDX-License-Identifier: BSD-2-Clause */
/* Where QEMU's q35 has its remapping unit: the address its DMAR table gives. */
#include "iommu.h"

#define UNIT 0xfed90000ULL

u32 iommu_read32(unsigned offset)
{
	return *(volatile u32 *)(UNIT + offset);
}

u64 iommu_read64(unsigned offset)
{
	return *(volatile u64 *)(UNIT + offset);
}

void iommu_write32(unsigned offset, u32 value)
{
	*(volatile u32 *)(UNIT + offset) = value;
}

void iommu_write64(unsigned offset, u64 value)
{
	*(volatile u64 *)(UNIT + offset) = value;
}
