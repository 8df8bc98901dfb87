/* SPDX-License-Identifier: BSD-2-Clause */
#include "secrets.h"
#include "le.h"

/* Features are not inferred from the version; zero alone says that nobody filled the page. */
enum status secrets_load(struct snp_secrets *s, const u8 page[4096])
{
	s->version = (u32)le_get(page + SNP_SECRETS_VERSION, 4);
	s->vmpl = page[SNP_SECRETS_VMPL];
	s->tsc_factor = (u32)le_get(page + SNP_SECRETS_TSC_FACTOR, 4);
	for (unsigned k = 0; k < SNP_VMPCK_COUNT; k++) {
		for (unsigned i = 0; i < SNP_VMPCK_SIZE; i++)
			s->vmpck[k][i] = page[SNP_SECRETS_VMPCK + k * SNP_VMPCK_SIZE + i];
		s->sequence[k] = le_get(page + SNP_SECRETS_SEQ_LO + 4 * k, 4) |
				 le_get(page + SNP_SECRETS_SEQ_HI + 4 * k, 4) << 32;
	}
	if (s->version == 0)
		return ST_CORRUPT;
	if (le_get(page + SNP_SECRETS_SVSM_SIZE, 8) != 0 || s->vmpl != 0)
		return ST_UNSUPPORTED;
	return ST_OK;
}

bool secrets_has_key(const struct snp_secrets *s, unsigned vmpck)
{
	u8 any = 0;

	for (unsigned i = 0; i < SNP_VMPCK_SIZE; i++)
		any |= s->vmpck[vmpck][i];
	return any != 0;
}
