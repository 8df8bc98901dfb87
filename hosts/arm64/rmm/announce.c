/* SPDX-License-Identifier: BSD-2-Clause */
/* Apart from token.c, which is also built natively, where there is no channel. */
#include "attest.h"
#include "core/core.h"

void token_announce(const u8 *token, size_t len)
{
	channel_hex("evidence", token, len);
}
