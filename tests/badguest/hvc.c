/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: hvc
 * A realm has no hypervisor to call: HVC is UNDEFINED. */
#include "bad.h"

void misbehave(void)
{
	struct fault f = try_hypercall();

	print("# hvc: %s\n", fault_name(f.class));
}
