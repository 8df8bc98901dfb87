/* SPDX-License-Identifier: BSD-2-Clause */
/* ID registers and device access. */
#include "arm64/mmio.h"
#include "internal.h"
#include "mmu.h"

EARLY u64 cca_read_pfr0(void)
{
	u64 v;

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(v));
	return v;
}

u64 cca_read_mmfr0(void)
{
	u64 v;

	__asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(v));
	return v;
}

/* Devices are the host's and lie in the unprotected half, though devicetree and ACPI name them
 * without the alias bit. With the MMU on, the device mapping carries the bit. */
static u64 device_address(u64 pa)
{
	return mmu_is_on() ? pa : pa | cca_protected_top();
}

u64 cca_mmio_read(u64 pa, unsigned width)
{
	return mmio_load(device_address(pa), width);
}

void cca_mmio_write(u64 pa, unsigned width, u64 value)
{
	mmio_store(device_address(pa), width, value);
}
