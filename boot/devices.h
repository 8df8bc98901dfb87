/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOOT_DEVICES_H
#define BOOT_DEVICES_H

/* Finds PCI functions and virtio devices and prints a line for each; once, when the other CPUs run.
 * What the host got wrong is left out and said. */
void devices_start(void);

#endif
