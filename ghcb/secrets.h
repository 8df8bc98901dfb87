/* SPDX-License-Identifier: BSD-2-Clause */
/* The secrets page (56860): copied at boot, before anything else could read or change it (pure). */
#ifndef GHCB_SECRETS_H
#define GHCB_SECRETS_H

#include "abi/snp.h"
#include "status.h"
#include "types.h"

struct snp_secrets {
	u32 version;
	u8 vmpck[SNP_VMPCK_COUNT][SNP_VMPCK_SIZE];
	u64 sequence[SNP_VMPCK_COUNT]; /* of the last message each key was used for */
	u8 vmpl;
	u32 tsc_factor;
};

/* ST_CORRUPT: not a page the firmware filled; ST_UNSUPPORTED: an SVSM above us, or a VMPL that is
 * not 0: we would have to ask it for what we do ourselves. */
enum status secrets_load(struct snp_secrets *s, const u8 page[4096]);
/* A key of zeros is none. */
bool secrets_has_key(const struct snp_secrets *s, unsigned vmpck);

#endif
