/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets page: the keys of guest messages. They come from a fixed seed, so that a run can be
 * repeated bit by bit; a real PSP draws them at random.
 */
#include <bearssl.h>

#include "psp.h"

#include <string.h>

#define SECRETS_VERSION_3 3

static void derive(const char *label, u8 index, u8 out[32])
{
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, "Postern test seed", 17);
	for (const char *p = label; *p != '\0'; p++)
		br_sha256_update(&c, p, 1);
	br_sha256_update(&c, &index, 1);
	br_sha256_out(&c, out);
}

void psp_secrets(struct psp_guest *g, u8 page[PAGE_SIZE])
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = 0;
	le_put(page + SNP_SECRETS_VERSION, SECRETS_VERSION_3, 4);
	le_put(page + SNP_SECRETS_FMS, g->signature, 4);
	for (unsigned n = 0; n < SNP_VMPCK_COUNT; n++) {
		derive("VMPCK", n == 1 && fault_on(FAULT_SECRETS_KEY_TWICE) ? 0 : (u8)n,
		       g->vmpck[n]);
		if (n == 3 && fault_on(FAULT_SECRETS_KEY_MISSING))
			memset(g->vmpck[n], 0, SNP_VMPCK_SIZE);
		g->sequence[n] = 0;
		for (unsigned i = 0; i < SNP_VMPCK_SIZE; i++)
			page[SNP_SECRETS_VMPCK + n * SNP_VMPCK_SIZE + i] = g->vmpck[n][i];
	}
	derive("report id", 0, g->report_id);
}
