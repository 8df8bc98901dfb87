/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UEFI, common to both architectures (UEFI specification 2.10). The firmware is the host's: what it
 * hands over is bounded and copied here, and judged later by the readers of struct handoff.
 */
#ifndef BOOT_EFI_H
#define BOOT_EFI_H

#if defined(__x86_64__)
#define GNU_EFI_USE_MS_ABI                                                                         \
	1 /* firmware is called in its own convention, without a thunk library                     \
	   */
#endif
#include <efi.h>

#include "handoff.h"

/*
 * Fills source, rsdp, dtb, cmdline and map of *h, then leaves boot services. On success the
 * firmware is gone: interrupts may still be enabled and the caller runs on the firmware's stack and
 * tables. On failure boot services still stand, the reason is (where it may be) on the firmware's
 * console, and the caller returns the status to the firmware.
 */
EFI_STATUS efi_collect(EFI_HANDLE image, EFI_SYSTEM_TABLE *st, struct handoff *h);

#endif
