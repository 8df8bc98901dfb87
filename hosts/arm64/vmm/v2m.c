/* SPDX-License-Identifier: BSD-2-Clause */
/* The GICv2m frame (BSA, "GICv2m architecture"): messages raise SPIs, by their INTID. */
#include "abi/gic.h"
#include "vmm/devices.h"
#include "vmm/its.h"
#include "vmm/vmm.h"

#define IIDR 0x43bu /* Arm's implementer code, as the distributor's */

bool v2m_message(u32 data)
{
	u32 intid = (u32)FIELD(data, 9, 0);

	if (intid - V2M_INTID_FIRST >= V2M_INTIDS)
		return false;
	vgic_set_line(&vm.vgic, 0, intid, true);
	vgic_set_line(&vm.vgic, 0, intid, false);
	return true;
}

bool v2m_access(u64 offset, unsigned size, bool write, u64 *value)
{
	u32 v = (u32)*value;

	if (!is_aligned(offset, size) || size > sizeof(u32))
		return false;
	*value = 0;
	if (size != sizeof(u32))
		return true;
	if (write && offset == V2M_SETSPI)
		(void)v2m_message(v); /* of another INTID: ignored */
	else if (offset == V2M_TYPER)
		*value = V2M_INTID_FIRST << 16 | V2M_INTIDS;
	else if (offset == V2M_IIDR)
		*value = IIDR;
	return true;
}
