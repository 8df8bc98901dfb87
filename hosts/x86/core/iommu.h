/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the IOMMU's two files. */
#ifndef CORE_IOMMU_H
#define CORE_IOMMU_H

#include "types.h"

/* Registers of the machine's remapping unit (iommu_reg.c); a native test has its own. */
u32 iommu_read32(unsigned offset);
u64 iommu_read64(unsigned offset);
void iommu_write32(unsigned offset, u32 value);
void iommu_write64(unsigned offset, u64 value);

#endif
