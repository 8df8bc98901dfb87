/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checks of saved tables share (gic_save.c). */
#ifndef GIC_SAVE_H
#define GIC_SAVE_H

#include "abi/coop.h"
#include "gic_check.h"

#define GIC_SAVE_DEVICES 2u

/* ITS, INT and the host's commands are there; says the skip when not. */
bool gic_save_usable(void);
/* Devices with the last DeviceIDs, four events each, on all CPUs in turn; nothing lies directly
 * behind their ITTs. NULL: skip or failure has been said. */
struct gic_device *gic_save_open(void);
void gic_save_close(void);
bool gic_save(void);

/* ---- gic_layout.c: where the saved tables say it; only what is the driver's own is looked at ----
 */
/* Entry of a device. NULL: failure has been said. */
volatile u64 *gic_dte(u32 device);
/* The entry of the n-th collection that was saved, NULL: beyond the table. */
volatile u64 *gic_cte(unsigned n);
volatile u64 *gic_ite(u32 device, u32 event);

#endif
