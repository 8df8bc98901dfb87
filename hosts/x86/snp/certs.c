/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate table of an extended guest request (GHCB 56421): the host's, not the PSP's. Its
 * GUIDs stand in text order, unlike those of the flash image.
 */
#include "psp.h"
#include "snp_keys.h"

static const struct {
	u8 guid[16];
	const u8 *der;
	u32 size;
} certificates[] = {
	{ { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c,
	    0xd0, 0xae },
	  ark_der,
	  sizeof(ark_der) },
	{ { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27,
	    0xc7, 0x82 },
	  ask_der,
	  sizeof(ask_der) },
	{ { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8,
	    0xac, 0xcd },
	  vcek_der,
	  sizeof(vcek_der) },
};

/* One entry of zeros ends the table. */
#define TABLE_SIZE ((ARRAY_SIZE(certificates) + 1) * SNP_CERT_ENTRY_SIZE)

struct blob snp_certificates(void)
{
	static u8 table[TABLE_SIZE + sizeof(ark_der) + sizeof(ask_der) + sizeof(vcek_der)];
	size_t at = TABLE_SIZE;

	for (unsigned i = 0; i < ARRAY_SIZE(certificates); i++) {
		u8 *entry = table + i * SNP_CERT_ENTRY_SIZE;

		for (unsigned j = 0; j < 16; j++)
			entry[SNP_CERT_GUID + j] = certificates[i].guid[j];
		entry[SNP_CERT_GUID] ^=
		    fault_on(FAULT_CERTS_KIND) && certificates[i].der == vcek_der;
		le_put(entry + SNP_CERT_OFFSET, at, 4);
		le_put(entry + SNP_CERT_LENGTH,
		       certificates[i].size - (fault_on(FAULT_CERTS_CUT) ? 1 : 0) +
			   (fault_on(FAULT_CERTS_BEYOND) ? MIB(1) : 0),
		       4);
		for (u32 j = 0; j < certificates[i].size; j++)
			table[at + j] = certificates[i].der[j];
		at += certificates[i].size;
	}
	return (struct blob){ table, sizeof(table) };
}
