/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: none
 * kind-snp: none
 * kind-tdx: none
 * kind-pkvm: none
 * The control: converts memory there and back as the rules say; the trace must stay silent. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();

	if (convert_to_shared(r) != ST_OK || convert_to_private(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	*(volatile u64 *)r.base = 1;
}
