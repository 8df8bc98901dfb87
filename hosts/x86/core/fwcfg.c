/* SPDX-License-Identifier: BSD-2-Clause */
/* fw_cfg by ports (common/fwcfg.h). */
#include "common/fwcfg.h"

#include "local.h"

#define FWCFG_DMA    0x514u /* high word; the low one starts the request */

#define KEY_RAM_SIZE 0x03

void core_fwcfg_dma(u64 request)
{
	outl(FWCFG_DMA, __builtin_bswap32((u32)(request >> 32)));
	outl(FWCFG_DMA + 4, __builtin_bswap32((u32)request));
}

u64 core_fwcfg_ram_size(void)
{
	u64 n = 0;

	core_fwcfg_read(KEY_RAM_SIZE, &n, sizeof(n));
	return n;
}
