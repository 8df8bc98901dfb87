/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: its-private
 * kind-pkvm: its-private
 * A command queue in private memory: what a driver does that forgets to take it from the shared
 * pool. The host reads the other side of the page, and finds no command of ours there. */
#include "bad_its.h"

void misbehave(void)
{
	struct range block = bad_block();

	bad_queue(block.base);
}
