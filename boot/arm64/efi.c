/* SPDX-License-Identifier: BSD-2-Clause */
/* The UEFI application: collects what firmware knows, then goes the way of the Image protocol. */
#include "../efi.h"

#include "percpu.h"
#include "start.h"

EFI_STATUS efi_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);

EFI_STATUS efi_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
	EFI_STATUS status;

	boot_handoff.source = BOOT_UEFI;
	status = efi_collect(image, st, &boot_handoff);
	if (status != EFI_SUCCESS)
		return status;
	efi_leave();
}
