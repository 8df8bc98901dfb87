/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page State Change (56421; pure): the list of one request, and the conversation about it. The list
 * stays private; what the host writes into the shared copy is compared, never used.
 */
#ifndef GHCB_PSC_H
#define GHCB_PSC_H

#include "abi/ghcb.h"
#include "range.h"
#include "status.h"
#include "types.h"

#define PSC_STALLS_MAX 1000u /* answers in a row without progress */

struct psc_list {
	unsigned count;
	u64 entry[PSC_ENTRIES_MAX];
};

struct psc_stats {
	u64 exits, continuations, retries;
};

/* Fills the list from r (4 KiB aligned), 2 MiB pages wherever they fit; returns the rest of r. */
struct range psc_fill(struct psc_list *l, struct range r, unsigned op);
/* Address and size of an entry. */
struct range psc_range(u64 entry);

/* One exit: the structure goes to the host and comes back in buf, *info2 with it. Answers with
 * INFO1 != 0 or unmarked INFO2 are the callee's to refuse. */
typedef enum status (*psc_exit)(void *ctx, u8 buf[GHCB_BUFFER_SIZE], u64 *info2);

/*
 * Until the host has done the whole list. ST_DENIED: it refuses an entry; ST_INVALID: it calls the
 * header or an entry invalid; ST_PROTOCOL: it changed what is not its to change or went back;
 * ST_NO_PROGRESS. After a failure no entry of the list is in a known state. buf: scratch.
 */
enum status psc_run(const struct psc_list *l, u8 buf[GHCB_BUFFER_SIZE], psc_exit call, void *ctx,
		    struct psc_stats *stats);

#endif
