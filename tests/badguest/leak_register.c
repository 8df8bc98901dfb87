/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pkvm: secret-leaked
 * The one register that a protected guest shows its host: the data of a device access. Eight bytes
 * of the planted secret in it. */
#include <string.h>

#include "bad_secret.h"

void misbehave(void)
{
	u8 secret[BAD_SECRET_BYTES];
	u64 part;

	bad_secret(secret);
	memcpy(&part, secret + sizeof(part), sizeof(part));
	cvm.ops->mmio_write(platform.coop.base + COOP_MMIO_ARG(2), sizeof(part), part);
	bad_end();
}
