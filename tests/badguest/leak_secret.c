/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: secret-leaked
 * kind-snp: secret-leaked
 * kind-tdx: secret-leaked
 * kind-pkvm: secret-leaked
 * The planted secret gets into a page the host reads. */
#include <string.h>

#include "bad_secret.h"

void misbehave(void)
{
	u8 *shared = pool_alloc(1, PAGE_SIZE), secret[BAD_SECRET_BYTES];

	if (shared == NULL)
		fatal(ST_NO_MEMORY, "bad guest: no shared page");
	bad_secret(secret);
	memcpy(shared + 1000, secret, sizeof(secret));
	bad_end();
}
