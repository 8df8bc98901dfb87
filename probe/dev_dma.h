/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEV_DMA_H
#define DEV_DMA_H

#include "dev.h"

/* Gives the modelled device a private page to write an answer to, at the
 * address with or without the bit of shared memory; what the page holds then,
 * the caller judges. false: skip or failure has been said. */
bool dma_write_private(u8 *private_page, bool shared_bit);

#endif
