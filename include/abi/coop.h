/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control channel between coop checks and a reference host. Not a platform ABI: no real host
 * answers it, and then the coop checks are SKIP.
 *
 * CCA: RSI_HOST_CALL with imm = COOP_IMM, gprs[0] = command, gprs[1..] arguments. The host answers
 * gprs[0] = COOP_OK or an error and results in gprs[1..]. Everything the host does here, an
 * untrusted VMM could do to any guest at any time.
 *
 * pKVM: a page of registers that the devicetree names ("postern,coop"), 64-bit accesses: write
 * arguments to COOP_MMIO_ARG(1).., then the command to COOP_MMIO_COMMAND; read the status there
 * and results from COOP_MMIO_ARG(1)... Each CPU has arguments of its own.
 */
#ifndef ABI_COOP_H
#define ABI_COOP_H

#define COOP_IMM   0x5054u

#define COOP_QUERY 0x00                  /* -> [1] COOP_MAGIC, [2] bit mask of commands supported */
#define COOP_MAGIC 0x506f737465726e31ULL /* "Postern1" */
#define COOP_READ_SHARED                                                                           \
	0x01 /* [1] ipa (no alias bit) -> [1] u64 the host reads in shared memory */
#define COOP_WRITE_SHARED 0x02 /* [1] ipa, [2] value: host writes a u64 in shared memory */
#define COOP_DESTROY                                                                               \
	0x03 /* [1] ipa: host takes the private page away (RMI_DATA_DESTROY; pKVM: reclaim) */
#define COOP_POPULATE 0x04 /* [1] ipa: host gives a page of unknown content */
#define COOP_RIPAS_LIMIT                                                                           \
	0x05 /* [1] pages: host stops each RIPAS change after so many pages; 0 = never */
#define COOP_RIPAS_REJECT                                                                          \
	0x06 /* [1] n: reject the next change to RAM after n pages; ~0 = stop that */
#define COOP_ECHO         0x07 /* gprs[1..30] come back inverted */
#define COOP_PSCI_DENY    0x08 /* [1] 1/0: deny CPU_ON requests */
#define COOP_INJECT_IRQ   0x09 /* [1] intid: inject it on the calling CPU */
#define COOP_UNMAP_SHARED 0x0a /* [1] ipa: the page of the shared half disappears */
#define COOP_CONSOLE_SUM  0x0b /* -> [1] bytes, [2] sum of byte values seen on the guest console */
#define COOP_COUNTERS     0x0c /* -> [1] RIPAS_CHANGE exits (pKVM: replays of SHARE), [2] all exits */
#define COOP_RIPAS_STALL  0x0d /* [1] n: host re-enters n times without doing anything */
/*
 * Devices (0x0e is COOP_REMAP of abi/coop_x86.h).
 */
/* -> [1] nonce: the guest plants SHA-256("postern planted secret" || le64 nonce) in private memory;
 * at the end the host looks for it wherever it can read */
#define COOP_SECRET 0x0f
/* [1] bus << 8 | device << 3 | function, or COOP_DEVICE_MODEL -> [1] notifications the host saw,
 * [2] interrupts sent (modelled device: its own; else: of all others), [3] packets and [4] payload
 * bytes, both ways (0 of a device that is not modelled) */
#define COOP_DEVICE_COUNTS 0x10
#define COOP_DEVICE_MODEL  0x10000
/* [1] n: before each of the next n reads of its configuration the modelled device takes another
 * CID k << 32 | k, and another generation; 0: its own CID again */
#define COOP_VSOCK_CID 0x11
/* [1] 1/0: rings, buffers and tables in private memory, or where no RAM is, are on purpose: no
 * violation, and a notification of such a queue reaches the modelled device only */
#define COOP_DMA_PRIVATE 0x12
/* [1] address as a device is given it -> [1] 1: shared as the host sees it, 0: not */
#define COOP_PAGE_SHARED 0x13
#define COOP_DEVICE_LAST COOP_PAGE_SHARED
/*
 * ITS and LPIs (layout of the tables: KVM's ITS table ABI, revision 0).
 */
/* the host writes its ITS and pending state to the guest's tables and goes on; COOP_BAD: it cannot
 */
#define COOP_ITS_SAVE 0x14
/* it forgets that state and reads it back from there; COOP_BAD: the tables were refused, and no
 * event is mapped any more */
#define COOP_ITS_RESTORE 0x15
/* [1] n: before each of its next n entries into the guest, on whichever CPU, the host stops all
 * CPUs, saves, forgets and restores */
#define COOP_ITS_CYCLES 0x16
/* -> [1] cycles done, [2] commands carried out, [3] commands in error, [4] LPIs raised */
#define COOP_ITS_COUNTS 0x17
#define COOP_ITS_LAST   COOP_ITS_COUNTS
/*
 * What the host of a pKVM guest sees.
 */
/* [1] ipa -> [1] 1: the host can read the page, 0: its access would fault */
#define COOP_HOST_CAN_READ 0x18
/* [1], [2] two values, inverted, so that asking does not show them: from now on the host looks for
 * them in the records of this CPU's exits. -> of the two values named by the call before: [1], [2]
 * bit n: register n of a record held it; [3] number of those exits. Exits that belong to a call of
 * this channel are looked at like all others. */
#define COOP_REGISTERS_SEEN 0x19
/* [1] 1/0: pages that are shared with content are meant to be: "unscrubbed" is no violation */
#define COOP_SHARE_CONTENT 0x1a

#define COOP_MMIO_SIZE     0x1000u
#define COOP_MMIO_COMMAND  0x000u
#define COOP_MMIO_ARG(n)   (8u * (n)) /* 1..30 */

#define COOP_OK            0x0
#define COOP_UNKNOWN       (~0ULL) /* command not supported, as an RHI call would answer */
#define COOP_BAD           0x1     /* argument refused */

#endif
