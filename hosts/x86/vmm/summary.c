/* SPDX-License-Identifier: BSD-2-Clause */
/* What the untrusted host has to say at the end. */
#include "vmm/pci.h"

void vmm_summary(void)
{
	struct vdev_counts c;

	if (!iommu_present())
		return;
	c = vdev_counts();
	counter_add("vsock_packets", vdev_packets());
	counter_add("vsock_bytes", c.bytes_in + c.bytes_out);
}
