/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's fw_cfg by DMA: where the configuration and the guest image come from. The device belongs
 * to the machine, not to the guest; what it says is believed, but every transfer is bounded.
 * Whatever goes wrong is a core_panic(). Requests are the boot CPU's, one at a time.
 */
#ifndef COMMON_FWCFG_H
#define COMMON_FWCFG_H

#include "types.h"

void core_fwcfg_init(void);
unsigned core_fwcfg_cpus(void); /* of the machine */
/* Size in bytes and key of a file; core_panic when there is none of this name. */
size_t core_fwcfg_find(const char *name, u16 *key);
/* The same for a file that may be missing; false: it is. */
bool core_fwcfg_has(const char *name, u16 *key, size_t *size);
/* The first `size` bytes of an item; the device has zeros behind its end. */
void core_fwcfg_read(u16 key, void *buf, size_t size);

/* Supplied by each core: hands the device the machine address of a request (FWCfgDmaAccess). QEMU
 * completes it within the write. */
void core_fwcfg_dma(u64 request);

#endif
