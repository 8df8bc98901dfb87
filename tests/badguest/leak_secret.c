/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: secret-leaked
 * kind-snp: secret-leaked
 * kind-tdx: secret-leaked
 * The planted secret (abi/coop.h) gets into a page the host reads. */
#include <bearssl.h>
#include <string.h>

#include "abi/coop.h"
#include "bad.h"

#ifdef __aarch64__
#include "abi/rsi.h"
#include "rsi.h"

static u64 nonce(void)
{
	static u64 call[RSI_HOST_CALL_SIZE / sizeof(u64)] ALIGNED(RSI_HOST_CALL_SIZE);
	u64 *gprs = call + RSI_HOST_CALL_GPRS / sizeof(u64);

	call[0] = COOP_IMM;
	gprs[0] = COOP_SECRET;
	if (rsi_host_call((u64)(uintptr_t)call) != RSI_SUCCESS || gprs[0] != COOP_OK)
		fatal(ST_UNSUPPORTED, "bad guest: no nonce");
	return gprs[1];
}
#else
#include "abi/coop_x86.h"

static u64 nonce(void)
{
	u64 low;

	for (unsigned i = 0; i < COOP_PORT_WORDS; i++)
		cvm.ops->port_out(COOP_PORT_DATA, 4, 0);
	cvm.ops->port_out(COOP_PORT_COMMAND, 4, COOP_SECRET);
	if (cvm.ops->port_in(COOP_PORT_COMMAND, 4) != COOP_OK)
		fatal(ST_UNSUPPORTED, "bad guest: no nonce");
	low = cvm.ops->port_in(COOP_PORT_DATA, 4);
	return low | (u64)cvm.ops->port_in(COOP_PORT_DATA, 4) << 32;
}
#endif

void misbehave(void)
{
	static const char text[] = "postern planted secret";
	u64 n = nonce();
	u8 *shared = pool_alloc(1, PAGE_SIZE), secret[32];
	br_sha256_context h;

	if (shared == NULL)
		fatal(ST_NO_MEMORY, "bad guest: no shared page");
	br_sha256_init(&h);
	br_sha256_update(&h, text, sizeof(text) - 1);
	br_sha256_update(&h, &n, sizeof(n)); /* little-endian, as both machines are */
	br_sha256_out(&h, secret);
	memcpy(shared + 1000, secret, sizeof(secret));
	/* Nobody scrubs it: the end comes as it would after a crash. */
	print("# misbehaved\n");
	cvm.ops->shutdown(CVM_SHUTDOWN_PASS);
}
