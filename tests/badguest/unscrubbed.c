/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: unscrubbed
 * What stays in a page that is made private again stays readable for the host. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();

	if (convert_to_shared(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	*(volatile u64 *)(r.base + PAGE_SIZE) = 0x736563726574ULL;
	if (mmu_unmap(r) != ST_OK || cvm.ops->unshare(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion back");
}
