/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-snp: shared-while-valid
 * A page given to the host without rescinding its validation first. */
#include "../bad.h"

#include "abi/ghcb.h"
#include "ghcb.h"

void misbehave(void)
{
	struct range r = bad_block();
	u64 request = (u64)PSC_OP_SHARED << GHCB_MSR_PSC_OP_LO | r.base | GHCB_MSR_PSC_REQ;

	*(volatile u64 *)r.base = 1;
	print("# answer: 0x%lx\n", (unsigned long)ghcb_msr_exchange(request));
}
