/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: dma-outside
 * kind-snp: dma-outside
 * kind-tdx: dma-outside
 * kind-pkvm: dma-outside
 * A device is told to write where no memory of the guest is: on this host, to the monitor. */
#include "bad_device.h"

void misbehave(void)
{
	bad_request(0x200000000ULL, 0);
}
