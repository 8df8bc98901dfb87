/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOOT_LEAVE_H
#define BOOT_LEAVE_H

/* The end of the guest's own life: interrupts stopped, the shared pool private again, counters
 * printed, other CPUs told to go. Once; only the console works afterwards. */
void boot_leave(void);

#endif
