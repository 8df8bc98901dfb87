/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: bbm-skipped
 * Converting memory that is still mapped leaves stale translations of the old state. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();

	if (cvm.ops->share(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
}
