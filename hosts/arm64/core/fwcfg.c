/* SPDX-License-Identifier: BSD-2-Clause */
/* fw_cfg by MMIO (common/fwcfg.h). */
#include "common/fwcfg.h"

#include "local.h"

#define FWCFG_DMA 0x09020010ULL

void core_fwcfg_dma(u64 request)
{
	dsb();
	mmio_write64(FWCFG_DMA, __builtin_bswap64(request));
	dsb();
}
