/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine pages for the realm. A page is delegated when it is taken and comes back undelegated;
 * then it is the host's memory again and carries the list link itself.
 */
#include "vmm/cca/cca.h"

u64 granule_get(void)
{
	u64 page;

	core_lock(&cca.lock);
	page = cca.free_granules;
	if (page)
		cca.free_granules = *(u64 *)page;
	else
		page = core_alloc_pages(1);
	core_unlock(&cca.lock);
	if (!page)
		return 0;
	if (rmi_call(RMI_GRANULE_DELEGATE, page, 0, 0, 0, 0).x[0] != RMI_SUCCESS)
		core_panic("vmm: granule 0x%llx cannot be delegated", (unsigned long long)page);
	return page;
}

void granule_put(u64 granule)
{
	if (rmi_call(RMI_GRANULE_UNDELEGATE, granule, 0, 0, 0, 0).x[0] != RMI_SUCCESS)
		return; /* still the realm's: lost, not reused */
	core_lock(&cca.lock);
	*(u64 *)granule = cca.free_granules;
	cca.free_granules = granule;
	core_unlock(&cca.lock);
}
