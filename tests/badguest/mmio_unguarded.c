/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pkvm: mmio-unguarded
 * A guest that neither enrolls nor opens the pages of its devices: whatever it touches where no
 * page is, the host may take for a device and answer. The linker puts this function before the
 * backend's own (--wrap); the line that says "misbehaving" is such an access already. */
#include "bad.h"
#include "pkvm.h"

struct pkvm_result __real_pkvm_call(u32 fid, u64 x1, u64 x2, u64 x3);
struct pkvm_result __wrap_pkvm_call(u32 fid, u64 x1, u64 x2, u64 x3);

struct pkvm_result __wrap_pkvm_call(u32 fid, u64 x1, u64 x2, u64 x3)
{
	if (fid == PKVM_MMIO_GUARD_ENROLL || fid == PKVM_MMIO_GUARD)
		return (struct pkvm_result){ .x0 = PKVM_SUCCESS };
	return __real_pkvm_call(fid, x1, x2, x3);
}

void misbehave(void)
{
}
