/* SPDX-License-Identifier: BSD-2-Clause */
/* What the untrusted host has seen and has to say at the end. */
#include "common/secret.h"
#include "vmm/pci.h"

static void search_page(u64 gpa)
{
	secret_search("shared page", gpa, (const void *)(uintptr_t)backing_shared(gpa), PAGE_SIZE);
}

void vmm_page_taken(u64 gpa)
{
	search_page(gpa);
}

static void search_range(u64 base, u64 size)
{
	for (u64 at = base; at < base + size; at += PAGE_SIZE)
		if (model.shared == NULL || model.shared(at))
			search_page(at);
}

void vmm_summary(void)
{
	struct vdev_counts c;

	if (secret_planted()) {
		search_range(0, guest_low_size());
		search_range(GIB(4), guest_high_size());
		counter_add("secret_searched", secret_searched());
		counter_add("secret_found", secret_found());
	}
	if (!iommu_present())
		return;
	c = vdev_counts();
	counter_add("vsock_packets", vdev_packets());
	counter_add("vsock_bytes", c.bytes_in + c.bytes_out);
}
