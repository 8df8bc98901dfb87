/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In pvmfw's place (Android): the image is what the bootloader verified and EL2 starts, and behind
 * its file lies configuration of the bootloader's. Layout: Android pvmfw README, Open Profile for
 * DICE; numbers: abi/pkvm.h. The readers are pure C, without a look at memory beyond what they are
 * given.
 */
#ifndef PVMFW_H
#define PVMFW_H

#include "abi/pkvm.h"
#include "attest.h"
#include "range.h"

/* Header and the most entries that there can be. */
#define PVMFW_HEAD_MAX (PVMFW_CONFIG_HEADER + PVMFW_ENTRIES * PVMFW_CONFIG_ENTRY)

struct pvmfw_config {
	u16 minor;
	u32 total;        /* bytes, header included */
	u32 flags;        /* none is defined: said, not refused */
	unsigned entries; /* 2 (1.0), 3 (1.1), 4 (1.2 and later) */
	struct {
		u32 offset, size; /* from the header's first byte; size 0: absent */
	} entry[PVMFW_ENTRIES];
};

/*
 * `head` holds the first `len` bytes of the configuration, at most PVMFW_HEAD_MAX; `room` is where
 * its place ends. ST_NOT_FOUND: no configuration (another magic, or no room for one);
 * ST_UNSUPPORTED: of another major version; ST_TRUNCATED: the total is less than header and
 * entries; ST_RANGE: the total is beyond `room`, or a blob beyond the total; ST_ALIGN, ST_OVERLAP:
 * blobs are aligned to 8 bytes and in ascending order; ST_CORRUPT: no DICE handover.
 */
enum status pvmfw_config_read(const u8 *head, size_t len, u64 room, struct pvmfw_config *out);

#define DICE_CDI_SIZE 32

/* What may be said of a handover: its other values are secrets. */
struct dice_handover {
	bool has_chain;
	size_t chain_bytes; /* as encoded */
	u64 chain_items;    /* the first is a public key, each other one a certificate */
};

/*
 * {1: CDI_Attest, 2: CDI_Seal, ? 3: chain}, the CDIs byte strings of 32, the chain an array; then
 * nothing but the zeros that fill it up to 8 bytes. Errors as the bounded CBOR reader's, ST_RANGE:
 * a CDI of another length.
 */
enum status dice_handover_check(struct bytes b, struct dice_handover *out);

/* What was found, once at boot (boot/arm64/pvmfw.c); constant afterwards. */
struct pvmfw_info {
	bool in_place;      /* entered at PVMFW_BASE */
	enum status config; /* ST_OK: all below; else why there is none: ST_NOT_FOUND */
	struct pvmfw_config read;
	struct dice_handover dice;
};
extern struct pvmfw_info pvmfw_info;

#endif
