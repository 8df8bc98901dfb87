/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pkvm: unscrubbed
 * Sharing in place keeps the content: what a page held when it was private is the host's to read.
 * Past convert_to_shared(), which zeroes it. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();

	*(volatile u64 *)(r.base + PAGE_SIZE) = 0x736563726574ULL;
	if (cvm.ops->share(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
}
