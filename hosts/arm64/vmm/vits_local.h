/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of the virtual ITS: registers and queue (vits.c), what is mapped and where its tables lie
 * (vits_table.c), commands (vits_command.c), save and restore (vits_save.c). */
#ifndef VITS_LOCAL_H
#define VITS_LOCAL_H

#include "common/mutant.h"
#include "vgic_local.h"
#include "vmm/vits.h"

#define VITS_BITS         16u /* of DeviceID and of EventID */
#define BASER_DEVICES     0
#define BASER_COLLECTIONS 1

/* ---- vits_table.c ---- */
u64 vits_baser_address(u64 baser);
u64 vits_baser_page(u64 baser);  /* bytes */
u64 vits_baser_bytes(u64 baser); /* all of it; 0: not valid */
/* Address of a DeviceID's entry, of which one level-1 entry may have to be read. ST_STATE: no
 * second level; ST_RANGE: the table ends before; ST_FAULT: it is not in the guest's RAM. */
enum status vits_device_entry(const struct vits *t, u32 id, u64 *at);
bool vits_collection_fits(const struct vits *t, u64 id); /* in its table */

struct vits_device *vits_device(struct vits *t, u32 id);
struct vits_collection *vits_collection(struct vits *t, u16 id);
/* As above, else a free one, with its id and VGIC_NOWHERE. NULL: none is free. */
struct vits_collection *vits_collection_new(struct vits *t, u16 id);
/* Where its events go; VGIC_NOWHERE: nowhere. */
unsigned vits_collection_cpu(struct vits *t, u16 id);
/* A free one, NULL: none. */
struct vits_device *vits_device_new(struct vits *t);
/* false: no room. */
bool vits_event_add(struct vits *t, u32 device, u32 event, u32 lpi, u16 collection);
void vits_event_drop(struct vits *t, struct vits_event *e); /* with its pending state */
void vits_device_drop(struct vits *t, struct vits_device *d);
void vits_forget_devices(struct vits *t);
void vits_forget_collections(struct vits *t);
/* Makes the event's LPI pending. Returns the CPUs that have to look, 0: it goes nowhere. */
u32 vits_raise(struct vits *t, const struct vits_event *e);

/* ---- vits_command.c ---- */
/* One command: its four words. 0, or the error. */
u32 vits_execute(struct vits *t, const u64 dw[4]);
#define VITS_ERROR(command, reason) (0x010000u | (u32)(command) << 8 | (reason))

#endif
