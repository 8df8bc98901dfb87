/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pKVM checks share (probe/arm64/pkvm_util.c). */
#ifndef PKVM_CHECK_H
#define PKVM_CHECK_H

#include "../checks.h"
#include "../pattern.h"
#include "abi/coop.h"
#include "pkvm.h"

#define INVALID ((u64)(s64)PKVM_INVALID_PARAMETER)
#define UNKNOWN ((u64)(s64)PKVM_NOT_SUPPORTED)

/* X0 of a call. */
u64 pkvm_x0(u32 fid, u64 x1, u64 x2, u64 x3);
/* Is this function offered? Says the skip when not: FEATURES decides, never what the host is. */
bool pkvm_needs(u32 fid, const char *name);
/* Android's EL2 isolates registers and answers PSCI; no feature bit says so but those of the guard,
 * which the same EL2 has. Says the skip when not. */
bool pkvm_needs_isolation(void);

/*
 * Granules of the guest's own, out of a block of 2 MiB that belongs to the check: what is done to
 * one touches no other check's memory. All words of it are zero at first. A block with a granule
 * that does not become private again, or not memory, is lost for good rather than reused.
 */
#define LOT_GRANULES 8
struct lot {
	struct range block;
	u64 granule;
	/* Had the host access at first? It should not, but that is for pkvm.private.read. */
	bool host[LOT_GRANULES];
};
bool lot_get(struct lot *l); /* false: skip has been said */
void lot_put(struct lot *l);
u64 lot_at(const struct lot *l, unsigned n);            /* address of granule n */
struct range lot_page(const struct lot *l, unsigned n); /* its first 4 KiB */
/* Content that is shared on purpose: said to a host that looks for what guests do wrong. */
void content_on_purpose(bool on);

/* MEM_SHARE of granule n, which must succeed. */
bool lot_share(const struct lot *l, unsigned n);

/* ---- as the host sees it; nothing is judged where it cannot be asked ---- */
/* Can the host read the page of this address? */
bool expect_host_reads(const char *asked, u64 at, bool expected);
/* The host's access to granule n is what it was at first. */
bool expect_host_as_before(const char *asked, const struct lot *l, unsigned n);
/* What it reads there is this word. */
bool expect_host_word(const char *asked, u64 at, u64 expected);
/* It cannot read it, nor change the word there. */
bool expect_out_of_reach(const char *asked, u64 at);

/* ---- addresses where neither memory nor a device is ---- */
/* A block of 2 MiB below the end of the IPA space; size 0: skip has been said. */
struct range vacant_get(void);
/* The same, mapped as a device. */
bool vacant_map(struct range *r);
void vacant_unmap(struct range r);
/* A load and a store there abort, and the host sees nothing of the store. */
bool expect_aborts(const char *asked, u64 at);
/* The host is shown the value of a store there (where it can be asked); what it answers is not
 * judged. */
bool expect_forwarded(const char *asked, u64 at);

/* ---- registers at an exit (coop) ---- */
/*
 * The host looks for two values from now on, given as their complements; what it saw of the two
 * before, and how often this CPU came to it meanwhile, the question itself included.
 */
struct seen {
	u64 first, second; /* bit n: register n of a record */
	u64 exits;
};
bool host_watch(u64 not_first, u64 not_second, struct seen *before);

/* One instruction with all general registers loaded and stored (pkvm_insn.S): their complements. */
struct fill {
	u64 not_x[31];
};
void fill_load(struct fill *f);  /* ldr x5, [x6] */
void fill_store(struct fill *f); /* str x5, [x6] */
void fill_hvc(struct fill *f);
void fill_wfi(struct fill *f);
void fill_sgi(struct fill *f);  /* msr icc_sgi1r_el1, x5 */
void fill_spin(struct fill *f); /* until cntvct_el0 >= x1, in x0 */

#endif
