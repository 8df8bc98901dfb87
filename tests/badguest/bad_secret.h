/* SPDX-License-Identifier: BSD-2-Clause */
/* For bad guests that give away the planted secret (abi/coop.h). */
#ifndef BAD_SECRET_H
#define BAD_SECRET_H

#include <bearssl.h>

#include "abi/coop.h"
#include "bad.h"

#ifdef __aarch64__
#include "abi/rsi.h"
#include "rsi.h"

static inline u64 bad_nonce_cca(void)
{
	static u64 call[RSI_HOST_CALL_SIZE / sizeof(u64)] ALIGNED(RSI_HOST_CALL_SIZE);
	u64 *gprs = call + RSI_HOST_CALL_GPRS / sizeof(u64);

	call[0] = COOP_IMM;
	gprs[0] = COOP_SECRET;
	if (rsi_host_call((u64)(uintptr_t)call) != RSI_SUCCESS || gprs[0] != COOP_OK)
		fatal(ST_UNSUPPORTED, "bad guest: no nonce");
	return gprs[1];
}

static inline u64 bad_nonce(void)
{
	u64 base = platform.coop.base;

	if (cvm.ops->platform == CVM_CCA)
		return bad_nonce_cca();
	if (platform.coop.size == 0 || mmu_map_device(platform.coop) != ST_OK)
		fatal(ST_NOT_FOUND, "bad guest: no control channel");
	cvm.ops->mmio_write(base + COOP_MMIO_COMMAND, 8, COOP_SECRET);
	if (cvm.ops->mmio_read(base + COOP_MMIO_COMMAND, 8) != COOP_OK)
		fatal(ST_UNSUPPORTED, "bad guest: no nonce");
	return cvm.ops->mmio_read(base + COOP_MMIO_ARG(1), 8);
}
#else
#include "abi/coop_x86.h"

static inline u64 bad_nonce(void)
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

#define BAD_SECRET_BYTES 32

static inline void bad_secret(u8 secret[BAD_SECRET_BYTES])
{
	static const char text[] = "postern planted secret";
	u64 n = bad_nonce();
	br_sha256_context h;

	br_sha256_init(&h);
	br_sha256_update(&h, text, sizeof(text) - 1);
	br_sha256_update(&h, &n, sizeof(n)); /* little-endian, as all machines are */
	br_sha256_out(&h, secret);
}

/* Nobody scrubs what was given away: the end comes as it would after a crash. */
static inline NORETURN void bad_end(void)
{
	print("# misbehaved\n");
	cvm.ops->shutdown(CVM_SHUTDOWN_PASS);
}

#endif
