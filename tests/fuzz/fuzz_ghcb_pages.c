/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile launch pages, CPUID and secrets, and CPUID questions about them. The firmware filters the
 * values of the first, not their sense.
 * sources: ghcb/cpuid.c ghcb/secrets.c
 */
#include <stdlib.h>
#include <string.h>

#include "ghcb/cpuid.h"
#include "ghcb/secrets.h"

static u8 page[4096];
static u32 host_word;

static enum status host(u32 leaf, unsigned reg, u32 *out)
{
	if (reg > 3)
		abort();
	*out = host_word * (leaf | 1) + reg;
	return (host_word & 0x80) != 0 ? ST_PROTOCOL : ST_OK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct cpuid_table t;
	struct cpuid_env env = { .host = host };
	struct snp_secrets s;
	u32 ask[2], out[4];

	if (size < 28)
		return 0;
	memcpy(&env.cr4, data, 8);
	memcpy(&env.xcr0, data + 8, 8);
	memcpy(ask, data + 16, 8);
	memcpy(&host_word, data + 24, 4);
	memset(page, 0, sizeof(page));
	memcpy(page, data + 28, size - 28 < sizeof(page) ? size - 28 : sizeof(page));
	if (secrets_load(&s, page) == ST_OK && s.vmpl != 0)
		abort();
	(void)secrets_has_key(&s, 0);
	page[1] = page[2] = page[3] = 0;
	if (cpuid_load(&t, page) != ST_OK)
		return 0;
	if (t.count == 0 || t.count > SNP_CPUID_COUNT_MAX)
		abort();
	(void)cpuid_answer(&t, &env, ask[0], ask[1], out);
	for (u32 i = 0; i < t.count; i++)
		(void)cpuid_answer(&t, &env, t.entry[i].eax_in, t.entry[i].ecx_in, out);
	(void)cpuid_answer(&t, &env, 0xd, ask[1] & 1, out);
	return 0;
}
