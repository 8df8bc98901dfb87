/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the modelled device and of the tap share; common/vdev.h is for the hosts. */
#ifndef COMMON_VDEV_LOCAL_H
#define COMMON_VDEV_LOCAL_H

#include "common/vdev.h"
#include "le.h"
#include "status.h"

/* ---- numbers ---- */
u64 all_ones(unsigned width); /* what a read of nothing gives */

/* ---- guest memory as a device reaches it (vdev_mem.c) ----
 * Addresses are bus addresses; false: part of it is not RAM or not shared, and nothing is used. */
bool vio_load(u64 address, void *buf, u64 size);
bool vio_store(u64 address, const void *buf, u64 size);
/* Ring indexes: aligned to 2, one access; acquire and release. */
bool vio_get16(u64 address, u16 *value);
bool vio_put16(u64 address, u16 value);
/* Is every page of it shared with the host? */
bool vio_shared(u64 address, u64 size);
void vio_violation(const char *kind, const char *fmt, ...) FORMAT_PRINTF(2, 3);
void vio_expect_private(bool expect);

/* ---- split ring, device side (vdev_ring.c) ---- */
#define VDEV_QUEUE_MAX 128 /* entries; no chain is longer (2.7.5.3.1) */

struct vdev_buffer {
	u64 address;
	u32 len;
};
struct vdev_chain {
	u16 head;
	unsigned readable, n; /* buffers the device may read come first */
	u32 readable_bytes, writable_bytes;
	struct vdev_buffer buffer[VDEV_QUEUE_MAX];
};
struct vdev_ring {
	struct vtap_queue q;
	bool event_idx, indirect;
	u16 next_avail, used_idx; /* ours; never read back from the guest */
	u16 signalled;            /* used_idx at the last interrupt decision */
	u16 vector;               /* MSI-X entry */
	bool broken;
};

/* Everything as after a reset, but the size the device offers. */
void vdev_ring_reset(struct vdev_ring *r);
/* Are alignment, size and addresses such as the specification asks for? Nothing is touched. */
bool vdev_ring_well_formed(const struct vtap_queue *q);
/* ST_OK: *c is the next available request. ST_NOT_FOUND: none. ST_PROTOCOL: the driver broke the
 * ring (for good until reset): a bad index, descriptor or chain, or memory no device reaches. */
enum status vdev_ring_take(struct vdev_ring *r, struct vdev_chain *c);
void vdev_ring_untake(struct vdev_ring *r); /* the last one taken goes back */
/* One chain as the driver published it, copied and checked. `indirect`: the feature was agreed. */
enum status vdev_chain_read(const struct vtap_queue *q, u16 head, bool indirect,
			    struct vdev_chain *c);
/* Hands a request back; len: bytes written. */
enum status vdev_ring_put(struct vdev_ring *r, u16 head, u32 len);
/* After one or more vdev_ring_put(): does the driver want an interrupt? */
bool vdev_ring_must_interrupt(struct vdev_ring *r);
/* Asks for a notification at the next request. */
enum status vdev_ring_want_notify(struct vdev_ring *r);
/* Bytes at an offset of the device-readable or -writable part; false: beyond it or unreachable. */
bool vdev_chain_get(const struct vdev_chain *c, u32 offset, void *buf, u32 size);
bool vdev_chain_put(const struct vdev_chain *c, u32 offset, const void *buf, u32 size);

/* ---- the device behind both transports (vdev_device.c) ---- */
#define VDEV_QUEUES       3
#define VDEV_CONFIG_BYTES 8

enum vdev_transport { VDEV_NO_TRANSPORT, VDEV_PCI, VDEV_MMIO };
struct vdev_device {
	enum vdev_transport transport; /* that the driver used last */
	u8 status, isr;
	u32 feature_select[2]; /* device, driver */
	u64 driver_features;
	u16 selected;      /* queue */
	u16 config_vector; /* MSI-X entry */
	u32 generation;
	u64 cid;
	u64 churn, churn_count; /* changes of the configuration still to come; made so far */
	bool wire;
	unsigned storm; /* interrupts beyond the first that are still to come */
	struct vdev_ring ring[VDEV_QUEUES];
	struct vtap_lies lies;
	struct vdev_counts counts;
};
extern struct vdev_device vdev;

void vdev_device_reset(void); /* by the driver: status 0 */
u32 vdev_features(void);      /* the selected word */
void vdev_set_features(u32 value);
u8 vdev_status(void);
void vdev_set_status(u8 value);
u16 vdev_queue_max(void);               /* of the selected queue, 0: none */
struct vtap_queue *vdev_selected(void); /* NULL: there is none */
void vdev_queue_size(u64 value);
void vdev_queue_address(unsigned which, bool high, u64 value); /* 0 desc, 1 driver, 2 device */
void vdev_queue_enable(void);
void vdev_queue_stop(void);
void vdev_notify(u64 queue);
u32 vdev_generation(void);
u64 vdev_device_config(u64 offset, unsigned width);
void vdev_churn(u64 reads); /* COOP_VSOCK_CID */
u8 vdev_isr_ack(u8 bits);   /* what was set; clears `bits` of it */
void vdev_wire(bool level);
/* VIRTIO_ISR_*: used buffers of that queue's vector, or a change of configuration. */
void vdev_interrupt(u8 isr, u16 vector);
void vdev_needs_reset(const char *why);
/* MSI-X (vdev_pci.c): false when it is off and the wire is to be used. */
bool vdev_message(u16 entry);
void vdev_pci_reset(void);
bool vdev_pci_master(void);
bool vdev_pci_wire_off(void); /* command register: INTx disabled; false behind mmio */

/* ---- vsock (vdev_vsock.c) ---- */
void vsock_reset(void);
/* Takes packets and sends what waits, as long as buffers, credit and room last. */
enum status vsock_work(struct vdev_device *d);

/* ---- registers that lie (vtap_lies.c); without a fault each gives back what it got ---- */
u32 lie_features(const struct vtap_lies *l, u32 word, u32 value);
void lie_status_written(struct vtap_lies *l, u8 value);
u8 lie_status(const struct vtap_lies *l, u8 value);
u16 lie_queue_max(u16 value);
bool lie_enabled(const struct vtap_lies *l, bool value);
u32 lie_generation(struct vtap_lies *l, u32 value);
/* Device configuration of a device of that kind; a read of `width` bytes at offset. */
u64 lie_device_config(u32 id, u64 offset, unsigned width, u64 value);

/* ---- requests that are tampered with (vtap_ring.c, vtap_data.c) ---- */
struct tamper {
	u32 id; /* VIRTIO_ID_* */
	unsigned index;
	struct vtap_queue *q;
	bool event_idx, indirect;
	u16 avail, used, flags, event; /* when the notification came */
	u16 head;                      /* of the newest request */
	bool has_chain;
	bool data_saved;
	u64 saved_at; /* what was changed for the device and is put back */
	u8 saved[16];
	unsigned saved_size;
};
/* Looks at the requests just published, refuses what is not shared, and changes what the device is
 * about to see. false: the notification is not to reach the device. */
bool tamper_before(struct tamper *t);
/* Waits for the answer (`waits`: the device works beside us) and changes it. */
void tamper_after(struct tamper *t, bool waits);
/* Of the data of one request, of the kind of device. */
void tamper_data_before(struct tamper *t, const struct vdev_chain *c);
void tamper_data_after(struct tamper *t, const struct vdev_chain *c);

#endif
