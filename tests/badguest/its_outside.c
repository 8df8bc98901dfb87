/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: its-outside
 * A command queue whose address carries the alias bit, as a driver would write it that takes a
 * page's mapping for its address: no memory of the guest is there. */
#include "bad_its.h"

void misbehave(void)
{
	struct range block = bad_block();

	bad_queue(block.base | cvm.pte_shared);
}
