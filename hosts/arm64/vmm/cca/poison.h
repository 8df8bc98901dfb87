/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this host knows of each page of guest RAM: private or shared, and whether its non-secure
 * side was handed out. From the first bus master on, a pattern lies wherever a device has no
 * business: behind the unprotected alias of pages that are private, and at canonical addresses.
 */
#ifndef VMM_POISON_H
#define VMM_POISON_H

#include "range.h"
#include "types.h"

/* All of RAM is EMPTY, hence shared, until told otherwise. block: 2 MiB of machine memory that
 * every canonical address leads a device to. */
void poison_init(struct range ram, u64 block);
/* RIPAS of these pages (any range; what is no RAM is ignored) became RAM, or EMPTY. */
void poison_private(struct range r);
void poison_shared(struct range r);
/* The unprotected alias of these pages is about to be mapped, or the host itself works there:
 * poison is looked at and goes for good, the pages are zero. */
void poison_hand_out(struct range r);
bool poison_within(struct range r); /* is there any in it now? */
bool poison_is_shared(u64 ipa);
bool poison_is_visible(u64 ipa); /* shared or handed out: the host holds what is there */

/* Lays it all, once. */
void poison_lay(void);
/* Looks at all that is still there; returns the number of pages, 0 when none was ever laid. */
u64 poison_check(void);
#endif
