/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: dma-poison
 * kind-snp: dma-poison
 * kind-tdx: dma-poison
 * kind-pkvm: dma-private
 * A device is told to write to a private page. It reaches what is behind the page's address and
 * must find poison there: by the page's own address, and by the shared alias of the page. Under
 * pKVM, where the page stays in its place, it must find no way there. */
#include "bad_device.h"

void misbehave(void)
{
	struct range block = bad_block();

	bad_request(block.base, 0);
	bad_request(block.base + PAGE_SIZE, cvm.dma_shared);
}
