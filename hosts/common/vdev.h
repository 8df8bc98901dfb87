/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio in the untrusted half of every reference host: a tap on the registers of QEMU's devices,
 * and a device of our own (vsock, which QEMU has none of in user space). Both know where a driver's
 * rings are, so both can lie about them (faults) and see what the driver must not do (violations).
 *
 * What the guest writes to registers and rings is hostile: copied once, checked, bounded. None of
 * this locks: the caller holds the lock of the machine's devices.
 */
#ifndef COMMON_VDEV_H
#define COMMON_VDEV_H

#include "abi/virtio.h"
#include "types.h"

/* Supplied by each host (hosts/<arch>/vmm/): the memory a device reaches and its interrupts. */
struct vio_host {
	/* Machine address behind bus address [address, +size) when all of it is guest RAM, within
	 * one page; 0: nothing is there. What lies there is the shared side: poison, or nothing,
	 * while the page is private. */
	u64 (*memory)(u64 address, u64 size);
	/* Is the page at this bus address shared with the host now? */
	bool (*is_shared)(u64 address);
	/* A message as a device writes it (modelled device). */
	void (*message)(u64 address, u32 data);
	void (*wire)(bool level); /* the modelled device's INTx */
	/* Time for bounded waits, ns; and letting the machine's devices run. */
	u64 (*now)(void);
	void (*relax)(void);
	/* Like memory(), of the private side, which no device reaches: asked by a fault only. */
	u64 (*private_memory)(u64 address, u64 size);
	/* "violation: KIND TEXT": what no guest may do. NULL: the channel alone. */
	void (*violation)(const char *kind, const char *fmt, ...) FORMAT_PRINTF(2, 3);
};
extern const struct vio_host vio_host;

/* ---- the tap: one per device of QEMU's that is forwarded ---- */
#define VTAP_MAX    16
#define VTAP_QUEUES 32
struct vtap_queue {
	u16 size;
	bool enabled;
	u64 desc, driver, device; /* bus addresses */
	u16 avail_seen;           /* requests looked at */
};
/* What a device that lies has to remember (faults only). */
struct vtap_lies {
	unsigned resets; /* so often */
	u32 generation;  /* shown first */
	bool generation_known;
};
enum vtap_kind { VTAP_FREE, VTAP_PCI, VTAP_MMIO };
struct vtap {
	enum vtap_kind kind;
	u32 id; /* VIRTIO_ID_*, 0: not known yet */
	/* PCI: where its structures are, found by the host in config space of the machine's device:
	 * machine addresses (BAR + offset); sizes 0: not found. */
	u64 common, notify, isr, config;
	u32 common_size, notify_size, isr_size, config_size, multiplier;
	u64 mmio; /* machine address of a virtio-mmio transport */
	u16 selected;
	u32 feature_select[2]; /* device, driver */
	u64 driver_features;
	struct vtap_queue queue[VTAP_QUEUES];
	u16 bdf;           /* PCI: for messages and counts, set by the host */
	u64 notifications; /* forwarded */
	struct vtap_lies lies;
};
/* The machine access behind it. */
struct vtap_access {
	u64 (*read)(u64 address, unsigned width);
	void (*write)(u64 address, unsigned width, u64 value);
};
void vtap_init(const struct vtap_access *access);
/* A new tap, NULL when there are VTAP_MAX. */
struct vtap *vtap_add(enum vtap_kind kind);
/* The tap whose registers hold this machine address, NULL: none. BARs may move: the host updates
 * common, notify... on a BAR write. */
struct vtap *vtap_find(u64 address, unsigned width);
/* In place of access->read/write for an address of a tap: forwards, watches, and lies where a
 * fault says so. A notification is judged first: ring and buffers that are not shared are a
 * violation ("dma-private"), and with a ring fault the device's answer is waited for and altered
 * before the guest runs again. */
u64 vtap_read(struct vtap *t, u64 address, unsigned width);
void vtap_write(struct vtap *t, u64 address, unsigned width, u64 value);
/* An interrupt of a device is on its way to the guest: how often it is to be delivered (1; 0 and
 * many by fault). Called before it is raised. Vectors that are pending already swallow others: of
 * many, the host raises the next when the one before is neither pending nor in service. */
unsigned vtap_interrupt(void);
u64 vtap_interrupts(void); /* so many of all devices, the modelled one included */
/* A register of the configuration space of a virtio function, QEMU's or modelled: what the guest is
 * told in place of `value`; and whether, and with which value, a write is carried out. offset is
 * the register's, width 1, 2, 4. */
u32 vtap_config_read(u16 bdf, unsigned offset, unsigned width, u32 value);
bool vtap_config_write(u16 bdf, unsigned offset, unsigned width, u32 *value);
/*
 * Commands of abi/coop.h that this room answers: COOP_SECRET .. COOP_PAGE_SHARED. in[0] and out[0]
 * are argument and result [1]; out holds 4. Returns COOP_OK, COOP_BAD, COOP_UNKNOWN.
 */
u64 vdev_coop(u64 command, const u64 *in, u64 *out);
/* Has the guest said (COOP_DMA_PRIVATE) that what it puts in private memory is on purpose? */
bool vio_private_expected(void);

/*
 * ---- the modelled device: vsock, as a PCI function at a free slot of bus 0 (x86) or behind a
 * virtio-mmio transport (arm64). Both transports drive one device (common/vdev_vsock.c). ----
 */
#define VDEV_CONFIG_SIZE 256
#define VDEV_BAR_SIZE                                                                              \
	KIB(16) /* BAR 0, 64-bit, memory: common, isr, config, notify; MSI-X behind                \
		 */
#define VDEV_GUEST_CID 3
/* Service of the host's end: port 7 echoes; port 9 discards; port 19 sends bytes of a known
 * sequence (byte n is (u8)(n * 167 + 13)) until told to stop; any other is refused by RST. */
#define VDEV_PORT_ECHO     7
#define VDEV_PORT_DISCARD  9
#define VDEV_PORT_SEQUENCE 19
void vdev_reset(void);
u32 vdev_config_read(unsigned offset, unsigned width);
void vdev_config_write(unsigned offset, unsigned width, u32 value);
/* Where its BAR is now; 0: memory decoding is off or nothing was placed. */
u64 vdev_bar(void);
u64 vdev_read(u64 offset, unsigned width); /* in the BAR */
void vdev_write(u64 offset, unsigned width, u64 value);
/* The mmio transport: VIRTIO_MMIO_SIZE bytes. */
u64 vdev_mmio_read(u64 offset, unsigned width);
void vdev_mmio_write(u64 offset, unsigned width, u64 value);
/* Counts of the modelled device, for the host's summary and COOP_DEVICE_COUNTS. */
struct vdev_counts {
	u64 notifications, interrupts;
	u64 packets_in, packets_out; /* vsock: from the guest, to it */
	u64 bytes_in, bytes_out;     /* payload */
	u64 refused;                 /* packets of the guest that break a rule */
};
struct vdev_counts vdev_counts(void);
u64 vdev_packets(void); /* both directions */

#endif
