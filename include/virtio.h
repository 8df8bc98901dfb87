/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio, driver side (VIRTIO 1.2): split virtqueue, transports, device negotiation, drivers.
 *
 * The device is the host and hostile. Rings and buffers lie in the shared pool and hold nothing
 * private: data is copied in and out (bounced). What the device may write is read once into a
 * private copy, checked, and only the copy is used; what we wrote for it is never read back (our
 * own shadow is). A device that breaks a rule is *broken* for good: reset once, named, not used.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include "abi/virtio.h"
#include "irq.h"
#include "pci.h"
#include "range.h"
#include "status.h"
#include "types.h"

/* ---- the ring (virtio/ring.c): pure C over memory handed in, natively tested and fuzzed ---- */
#define VIRTQ_SIZE_OURS 128 /* most entries we use of a queue; a power of two */
#define VIRTQ_CHAIN_MAX 8   /* buffers of one request */

/* What the device did that it must not do; 0: nothing. virtq_error_text() says it in words. */
enum virtq_error {
	VIRTQ_OK,
	VIRTQ_USED_JUMP,     /* used.idx ahead of what is outstanding, or back */
	VIRTQ_USED_ID,       /* id not below the queue's size */
	VIRTQ_USED_NOT_OURS, /* id of no outstanding request: made up, duplicate, or inside a chain
			      */
	VIRTQ_USED_LENGTH,   /* len larger than what the device may write of that request */
};

struct virtq_buffer {
	void *data; /* in the shared pool */
	u32 len;    /* > 0 */
	bool device_writes;
};

struct virtq_shadow { /* private: our truth about one descriptor */
	u16 next;     /* in its chain, or in the free list */
	u16 count;    /* head only: descriptors of the chain (indirect: 1); 0: not a head */
	u32 writable; /* head only: bytes the device may write */
	void *token;  /* head only */
};

struct virtq {
	u16 size;
	bool event_idx, indirect;
	u16 index;    /* queue number on its device */
	u64 dma_bits; /* or'ed into every address the device is given (cvm.dma_shared) */
	/* shared, in one pool allocation */
	void *ring; /* descriptors, then available ring, then used ring */
	size_t ring_bytes;
	u8 *desc, *avail, *used;
	u8 *indirect_tables; /* size * VIRTQ_CHAIN_MAX descriptors; NULL: not negotiated */
	/* private */
	u16 free_head, free_count;
	u16 avail_idx;    /* what we published */
	u16 notified_idx; /* avail_idx at the last notification decision */
	u16 used_seen;    /* requests taken back */
	u16 used_known;   /* used.idx when last read: it must not go back behind that */
	bool interrupt;   /* wanted; not at first */
	enum virtq_error error;
	u32 bad_value; /* what the device wrote, for the message */
	struct virtq_shadow shadow[VIRTQ_SIZE_OURS];
	u64 requests, completions; /* counted */
};

/* Bytes of shared memory for a queue of `size` (power of two <= VIRTQ_SIZE_OURS), page multiple. */
size_t virtq_bytes(u16 size, bool indirect);
/* `shared`: virtq_bytes() zeroed bytes, page aligned. Offsets of the three areas follow from size;
 * device addresses are virtq_desc_address() and so on. */
enum status virtq_init(struct virtq *q, void *shared, u16 size, u64 dma_bits, bool event_idx,
		       bool indirect);
u64 virtq_desc_address(const struct virtq *q);
u64 virtq_avail_address(const struct virtq *q);
u64 virtq_used_address(const struct virtq *q);
/* Publishes one request of n buffers, device-readable ones first (ST_INVALID otherwise);
 * ST_NO_MEMORY: no descriptors free; ST_PROTOCOL: the queue is broken. token is given back. */
enum status virtq_add(struct virtq *q, const struct virtq_buffer *b, unsigned n, void *token);
/* After one or more virtq_add(): must the device be told? (event index or NO_NOTIFY, with the
 * barrier between) */
bool virtq_must_notify(struct virtq *q);
/* One finished request: ST_OK, *token, *len (bytes the device says it wrote, <= writable).
 * ST_NOT_FOUND: none. ST_PROTOCOL: broken, q->error says how; so for ever after. */
enum status virtq_get(struct virtq *q, void **token, u32 *len);
unsigned virtq_outstanding(const struct virtq *q);
/* Interrupts on or off for this queue, off at first; on: false when something is there already
 * (look again: no interrupt comes for it). Stays as it is until changed, also with the event index.
 */
bool virtq_want_interrupt(struct virtq *q, bool want);
const char *virtq_error_text(enum virtq_error e);

/* ---- devices and transports (virtio/device.c, mmio.c, pci.c) ---- */
#define VIRTIO_DEVICES_MAX 32
#define VIRTIO_QUEUES_MAX  16

struct virtio_device;
struct virtio_transport {
	const char *name; /* "mmio", "pci" */
	u64 (*device_features)(struct virtio_device *d);
	void (*driver_features)(struct virtio_device *d, u64 features);
	u8 (*get_status)(struct virtio_device *d);
	void (*set_status)(struct virtio_device *d, u8 status); /* 0: reset; returns at once */
	u16 (*queue_max)(struct virtio_device *d, u16 index);   /* 0: no such queue */
	/* Addresses of q to the device, size, MSI-X entry (or VIRTIO_MSI_NO_VECTOR), enable.
	 * ST_PROTOCOL: the device did not take what was written. */
	enum status (*queue_enable)(struct virtio_device *d, const struct virtq *q, u16 vector);
	void (*notify)(struct virtio_device *d, const struct virtq *q);
	/* Device configuration, width 1, 2, 4; out of range: all ones. */
	u32 (*config_read)(struct virtio_device *d, u32 offset, unsigned width);
	void (*config_write)(struct virtio_device *d, u32 offset, unsigned width, u32 value);
	u32 (*config_generation)(struct virtio_device *d);
	u8 (*interrupt_status)(struct virtio_device *d); /* reads and acknowledges: VIRTIO_ISR_* */
};

struct virtio_region { /* one structure of a PCI device, checked against its BAR and the memory map
			*/
	u64 base;
	u32 size;
};

struct virtio_device {
	const struct virtio_transport *transport;
	u32 id; /* VIRTIO_ID_* */
	/* mmio */
	u64 mmio_base;
	u32 intid; /* wired interrupt, 0: none (arm64) */
	/* pci */
	struct pci_function *pci;
	struct virtio_region common, notify, isr, config;
	u32 notify_multiplier;
	u16 notify_off[VIRTIO_QUEUES_MAX]; /* read once, checked */
	/* state */
	bool claimed; /* a driver has it */
	u64 features; /* negotiated */
	struct virtq *queue[VIRTIO_QUEUES_MAX];
	u16 queues;
	enum status broken; /* ST_OK: works */
	char why[80];       /* what it did */
	u64 interrupts;     /* arrived, any queue (atomic) */
	bool msix; /* interrupts by MSI-X, one vector for all queues unless asked otherwise */
	struct msi_message message; /* of virtio_interrupts(); address 0: none */
	u64 kicks;                  /* notifications: exits to the host */
};

/* Finds all devices of both transports (what discovery and PCI enumeration found). Devices that are
 * not well-formed are left out and counted, with the reason. */
void virtio_init(void);
unsigned virtio_count(void);
struct virtio_device *virtio_device(unsigned index);
unsigned virtio_refused(void);        /* claimed to be virtio and were not well-formed */
const char *virtio_refused_why(void); /* the last one's reason, "" */
/* The nth unclaimed or claimed device of that kind, NULL. */
struct virtio_device *virtio_find(u32 id, unsigned nth);
const char *virtio_id_name(u32 id); /* "block"; "other" of one we do not drive */

/* Reset (bounded), ACKNOWLEDGE, DRIVER, features: VERSION_1 and, in a confidential guest,
 * ACCESS_PLATFORM are required of the device (ST_UNSUPPORTED without), `wanted` (those of the
 * ring, too) are taken where offered, FEATURES_OK read back. Then queues by virtio_queue(), then
 * virtio_ready(). */
enum status virtio_open(struct virtio_device *d, u64 wanted);
/* All its interrupts to CPU `cpu` from now on, counted in d->interrupts: PCI by MSI-X entry 0, mmio
 * by its wire. Before virtio_queue(), which tells the device; stays over virtio_close(). A queue is
 * silent until virtq_want_interrupt(). ST_UNSUPPORTED: there is neither, the device is polled. */
enum status virtio_interrupts(struct virtio_device *d, unsigned cpu);
/* Queue `index` with at most `size` entries in fresh pool pages; NULL: d->broken says why. */
struct virtq *virtio_queue(struct virtio_device *d, u16 index, u16 size);
enum status virtio_ready(struct virtio_device *d); /* DRIVER_OK */
/* Reset, wait until it reads back 0 (bounded), queues back to the pool. Also of a broken one. */
enum status virtio_close(struct virtio_device *d);
/* Marks it broken (first reason stays) and resets it. Returns st. */
enum status virtio_broken(struct virtio_device *d, enum status st, const char *fmt, ...)
    FORMAT_PRINTF(3, 4);
/* Notifies if the ring says so. */
void virtio_kick(struct virtio_device *d, struct virtq *q);
/* Waits until virtq_get() gives something: by interrupt where there is one, else polling; bounded
 * by ns. ST_TIMEOUT; ST_PROTOCOL marks the device broken. */
enum status virtio_wait(struct virtio_device *d, struct virtq *q, u64 ns, void **token, u32 *len);
/* size bytes at offset, read until the generation is the same before and after (bounded:
 * ST_PROTOCOL, the host keeps changing it). */
enum status virtio_config(struct virtio_device *d, u32 offset, void *buf, size_t size);
#define VIRTIO_NS 5000000000ULL /* the usual bound of a wait */

/* ---- drivers: every call bounded; data bounced through pool pages of the driver ---- */
/* virtio/blk.c */
struct virtio_blk {
	struct virtio_device *d;
	struct virtq *q;
	u64 sectors;
	bool flush, read_only;
	u8 *bounce; /* VIRTIO_BLK_DEPTH spans shared, then headers */
	u64 bytes_read, bytes_written;
};
#define VIRTIO_BLK_SPAN  KIB(64) /* one request */
#define VIRTIO_BLK_DEPTH 4       /* requests on their way at once */
enum status virtio_blk_open(struct virtio_blk *b, struct virtio_device *d);
/* count sectors, any number; buf private. ST_RANGE beyond the end; ST_FAULT, ST_UNSUPPORTED: the
 * device's status; ST_DENIED: a write, and it is read-only. */
enum status virtio_blk_read(struct virtio_blk *b, u64 sector, void *buf, size_t count);
enum status virtio_blk_write(struct virtio_blk *b, u64 sector, const void *buf, size_t count);
enum status virtio_blk_flush(struct virtio_blk *b);
void virtio_blk_close(struct virtio_blk *b);

/* virtio/rng.c: what the host calls entropy; mixed in by the caller, never used alone */
enum status virtio_rng_read(struct virtio_device *d, void *buf, size_t size);

/* virtio/net.c: raw Ethernet frames */
#define VIRTIO_NET_FRAME 1514
struct virtio_net {
	struct virtio_device *d;
	struct virtq *rx, *tx;
	u8 mac[6];
	u8 *rx_pages, *tx_pages;
	u64 frames_in, frames_out, frames_bad;
};
enum status virtio_net_open(struct virtio_net *n, struct virtio_device *d);
enum status virtio_net_send(struct virtio_net *n, const void *frame, size_t len);
/* One frame; there must be room for VIRTIO_NET_FRAME bytes: ST_TIMEOUT when none comes. */
enum status virtio_net_receive(struct virtio_net *n, void *frame, size_t *len, u64 ns);
void virtio_net_close(struct virtio_net *n);

/* virtio/ip.c: just enough for a test guest; pure over a send/receive pair, natively tested */
struct ip_link {
	void *ctx;
	enum status (*send)(void *ctx, const void *frame, size_t len);
	enum status (*receive)(void *ctx, void *frame, size_t *len, u64 ns);
	u8 mac[6];
	u32 address, gateway; /* host byte order; QEMU user networking: 10.0.2.15, 10.0.2.2 */
	u64 ignored;          /* frames that were not for us or not well-formed */
	/* kept by ip.c, zero at first */
	u32 arp_address; /* the one entry of the ARP cache */
	u8 arp_mac[6];
	bool arp_known;
	u16 sequence;     /* of echo requests and packets */
	u32 from_address; /* sender of the last datagram received */
	u16 from_port;
};
/* Addresses outside the /24 of `address` are reached through the gateway. */
enum status ip_resolve(struct ip_link *l, u32 address, u8 mac[6]); /* ARP */
/* Echo request with `payload`; ST_OK only when the very payload came back, ST_CORRUPT when the
 * answer carries another. */
enum status ip_ping(struct ip_link *l, u32 address, const void *payload, size_t len);
enum status ip_udp_send(struct ip_link *l, u32 address, u16 from, u16 to, const void *data,
			size_t len);
/* *len in: room, out: bytes; ST_RANGE: a datagram larger than that came (and is gone). */
enum status ip_udp_receive(struct ip_link *l, u16 port, void *data, size_t *len, u64 ns);

/* virtio/console.c: multiport */
#define VIRTIO_CONSOLE_PORTS 4
struct virtio_console_port {
	bool present, open, is_console; /* open: the host's side */
	char name[32];                  /* printable ASCII of what the host said, cut */
	struct virtq *rx, *tx;
	bool posted;   /* rx has its buffers */
	unsigned slot; /* buffer that is being read, when left > 0 */
	u32 at, left;  /* in it */
};
struct virtio_console {
	struct virtio_device *d;
	bool multiport;
	u32 max_ports; /* the device's */
	struct virtq *control_rx, *control_tx;
	struct virtio_console_port port[VIRTIO_CONSOLE_PORTS];
	u8 *pages;
};
enum status virtio_console_open(struct virtio_console *c, struct virtio_device *d);
/* Handles control messages until `ns` have passed or `name` is there and open; index or -1. */
int virtio_console_find(struct virtio_console *c, const char *name, u64 ns);
/* ST_STATE: no such port, or nobody has it open on the host's side. */
enum status virtio_console_write(struct virtio_console *c, unsigned port, const void *data,
				 size_t len);
/* *len in: room, out: bytes, at least one. ST_TIMEOUT: nothing came. */
enum status virtio_console_read(struct virtio_console *c, unsigned port, void *data, size_t *len,
				u64 ns);
void virtio_console_close(struct virtio_console *c);

/* virtio/vsock.c: streams, connecting side only */
#define VSOCK_STREAMS 4
#define VSOCK_BUFFER  KIB(16) /* buf_alloc of each stream */
#define VSOCK_RSTS    8
struct vsock_stream {
	bool used, connected;
	bool peer_done, peer_deaf; /* it shut down: sends no more, receives no more */
	bool reset;                /* RST came, or was our answer to nonsense */
	bool closing;              /* we shut down, what still comes is dropped */
	bool want_update;          /* it asked for our credit, or must learn of it */
	u32 local_port, peer_port;
	u64 peer_cid;
	u32 tx_count, peer_alloc, peer_fwd; /* credit: what the peer claims, checked */
	u32 rx_count, fwd_count, fwd_told;
	size_t head, fill;
	u8 *buffer; /* private ring of VSOCK_BUFFER bytes */
};
struct virtio_vsock {
	struct virtio_device *d;
	struct virtq *rx, *tx, *event;
	u64 cid;
	u8 *pages;
	u32 next_port;
	u64 bad_packets; /* dropped and answered by RST where the specification says so */
	struct vsock_stream stream[VSOCK_STREAMS];
	struct vsock_rst { /* answers that wait for the tx queue */
		u64 cid;
		u32 local_port, peer_port;
		u16 type;
	} rst[VSOCK_RSTS];
	unsigned rsts;
};
enum status virtio_vsock_open(struct virtio_vsock *v, struct virtio_device *d);
/* ST_DENIED: refused by RST. */
enum status vsock_connect(struct virtio_vsock *v, u64 cid, u32 port, unsigned *stream);
/* All of it, as the peer gives credit; ST_STATE: the peer receives no more, or the stream was
 * reset. */
enum status vsock_send(struct virtio_vsock *v, unsigned stream, const void *data, size_t len);
/* Up to *len bytes; ST_NOT_FOUND: the peer has shut down and all was read; ST_STATE: reset. */
enum status vsock_receive(struct virtio_vsock *v, unsigned stream, void *data, size_t *len, u64 ns);
/* Shuts down and waits for the peer's RST (ST_TIMEOUT: it did not come, ours went out). The stream
 * is free afterwards in every case. */
enum status vsock_close(struct virtio_vsock *v, unsigned stream);
void virtio_vsock_close(struct virtio_vsock *v);

#endif
