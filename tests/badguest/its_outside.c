/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: its-outside
 * kind-pkvm: its-outside
 * A command queue whose address carries the alias bit, as a driver would write it that takes a
 * page's mapping for its address: no memory of the guest is there. Where there is no such bit, an
 * address behind all memory. */
#include "bad_its.h"

void misbehave(void)
{
	struct range block = bad_block();

	bad_queue(cvm.pte_shared != 0 ? block.base | cvm.pte_shared : 0x200000000ULL);
}
