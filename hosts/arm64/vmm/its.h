/* SPDX-License-Identifier: BSD-2-Clause */
/* What the machine gives the ITS and the GICv2m frame. The caller holds dev_lock. */
#ifndef VMM_ITS_H
#define VMM_ITS_H

#include "vmm/vgic.h"

extern const struct vgic_memory its_memory; /* its.c */

/* ---- v2m.c: SPIs (V2M_INTID_FIRST on) that messages of the GICv2m frame raise ---- */
/* One access in V2M_SIZE bytes of the frame, naturally aligned; false: nothing there (SEA). */
bool v2m_access(u64 offset, unsigned size, bool write, u64 *value);
/* What a function, or the guest itself, writes to V2M_SETSPI. false: no SPI of the frame. */
bool v2m_message(u32 data);

#endif
