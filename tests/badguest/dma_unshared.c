/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pkvm: dma-private
 * A device writes to a page while it is shared, and is told to write there again when it is not any
 * more: what it knew of the page must be forgotten. */
#include "bad_device.h"

void misbehave(void)
{
	struct range r = bad_block();
	const volatile u64 *page = (const volatile u64 *)r.base;
	u64 was;

	if (convert_to_shared(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	bad_request(r.base, 0);
	if (convert_to_private(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	was = page[0];
	bad_request(r.base, 0);
	if (page[0] != was)
		fatal(ST_CORRUPT, "bad guest: a device has written to private memory");
}
