/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test AMD chain: ARK (RSA-4096, self-signed) > ASK (RSA-4096) > VCEK (P-384), with the VCEK
 * extensions under 1.3.6.1.4.1.3704.1 of a Milan, which is what the reports say the chip is. AMD's
 * name stands nowhere in it.
 */
#include <openssl/rand.h>
#include <string.h>

#include "keygen.h"

#define AMD_OID      "1.3.6.1.4.1.3704.1"
#define CHIP_ID_SIZE 64

/* Component versions of the platform; the microcode's needs a leading zero byte as INTEGER. */
#define TCB_BOOTLOADER 3
#define TCB_TEE        0
#define TCB_SNP        0x14
#define TCB_MICROCODE  0xdb

static struct name name_of(const char *common_name)
{
	return (struct name){ "US",          "CA",       "Nowhere", "Postern Test Devices",
			      "Engineering", common_name };
}

static void add_integer(X509 *cert, const char *oid, unsigned char value)
{
	const unsigned char wide[] = { 0x02, 0x02, 0x00, value }, narrow[] = { 0x02, 0x01, value };

	if (value >= 0x80)
		add_extension(cert, oid, wide, sizeof(wide));
	else
		add_extension(cert, oid, narrow, sizeof(narrow));
}

static void add_ia5(X509 *cert, const char *oid, const char *text)
{
	unsigned char der[64] = { 0x16, (unsigned char)strlen(text) };

	memcpy(der + 2, text, strlen(text));
	add_extension(cert, oid, der, 2 + strlen(text));
}

static void add_vcek_extensions(X509 *cert, const unsigned char *chip_id)
{
	add_integer(cert, AMD_OID ".1", 0);
	add_ia5(cert, AMD_OID ".2", "Milan-B0");
	add_integer(cert, AMD_OID ".3.1", TCB_BOOTLOADER);
	add_integer(cert, AMD_OID ".3.2", TCB_TEE);
	add_integer(cert, AMD_OID ".3.4", 0);
	add_integer(cert, AMD_OID ".3.5", 0);
	add_integer(cert, AMD_OID ".3.6", 0);
	add_integer(cert, AMD_OID ".3.7", 0);
	add_integer(cert, AMD_OID ".3.3", TCB_SNP);
	add_integer(cert, AMD_OID ".3.8", TCB_MICROCODE);
	add_extension(cert, AMD_OID ".4", chip_id, CHIP_ID_SIZE);
}

static X509 *make_ca(EVP_PKEY *key, const char *common_name, X509 *issuer, EVP_PKEY *issuer_key,
		     unsigned serial)
{
	struct name name = name_of(common_name);
	X509 *cert = new_certificate(key, &name, issuer, serial);

	add_ca_extensions(cert, issuer == NULL ? 1 : 0);
	sign_pss_sha384(cert, issuer_key);
	return cert;
}

void make_snp_keys(const char *dir)
{
	static const unsigned char tcb[8] = { TCB_BOOTLOADER, TCB_TEE,      0, 0, 0, 0,
					      TCB_SNP,        TCB_MICROCODE };
	EVP_PKEY *ark_key = make_rsa4096(), *ask_key = make_rsa4096(), *vcek_key = make_ec("P-384");
	X509 *ark = make_ca(ark_key, "ARK-Postern-Test", NULL, ark_key, 1);
	X509 *ask = make_ca(ask_key, "SEV-Postern-Test", ark, ark_key, 2);
	struct name name = name_of("SEV-VCEK");
	X509 *vcek = new_certificate(vcek_key, &name, ask, 0);
	unsigned char chip_id[CHIP_ID_SIZE], scalar[48];
	FILE *header;

	if (RAND_bytes(chip_id, sizeof(chip_id)) != 1)
		die("chip id");
	add_vcek_extensions(vcek, chip_id);
	sign_pss_sha384(vcek, ask_key);
	ec_scalar(vcek_key, scalar, sizeof(scalar));

	header = open_header(dir, "snp_keys.h", "SNP_KEYS_H",
			     "VCEK P-384, scalar big-endian; DER; TCB as in reports.");
	write_array(header, "vcek", "private", scalar, sizeof(scalar));
	write_array(header, "snp", "chip_id", chip_id, sizeof(chip_id));
	write_array(header, "snp", "tcb", tcb, sizeof(tcb));
	write_der(header, "ark", ark);
	write_der(header, "ask", ask);
	write_der(header, "vcek", vcek);
	close_header(header);
	save_pem(dir, "snp/ark.pem", ark);
	save_pem(dir, "snp/ask.pem", ask);
	save_pem(dir, "snp/vcek.pem", vcek);
	X509_free(ark);
	X509_free(ask);
	X509_free(vcek);
	EVP_PKEY_free(ark_key);
	EVP_PKEY_free(ask_key);
	EVP_PKEY_free(vcek_key);
}
