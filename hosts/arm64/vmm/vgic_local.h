/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the virtual GIC tell each other: list registers (vgic.c), LPIs
 * (vgic_lpi.c). */
#ifndef VGIC_LOCAL_H
#define VGIC_LOCAL_H

#include "core/core.h"
#include "vmm/vgic.h"

/* QEMU and most hardware implement five priority bits; the RMM refuses others in a list register.
 */
#define VGIC_PRIORITY_MASK 0xf8u

const struct vgic_forced *vgic_forced_find(const struct vgic_cpu *c, u32 intid);

/* A 32-bit register of the redistributor that is there for LPIs; false: `off` is none. A read
 * leaves its value in *v. */
bool vgic_lpi_register(struct vgic *g, unsigned cpu, u32 off, bool write, u32 *v);
/* Does one wait for this CPU? */
bool vgic_lpi_waiting(const struct vgic *g, unsigned cpu);
/* The one to be taken next, NULL: none. */
struct vgic_lpi *vgic_lpi_best(struct vgic *g, unsigned cpu);
/* Its pending state was moved to a list register. */
void vgic_lpi_entered(struct vgic *g, u32 intid);
/* It left one, pending still or not. Returns the CPU that it now waits for, as a mask. */
u32 vgic_lpi_left(struct vgic *g, u32 intid, bool pending);

#endif
