/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test Intel chain, all P-256: root CA > PCK platform CA > PCK certificate with the SGX extension
 * (1.2.840.113741.1.13.1), and the attestation key of the quoting enclave. Intel's names stand
 * nowhere in it.
 */
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

#include "keygen.h"

/* ---- the little DER the SGX extension needs: every length below 64 KiB ---- */
struct der {
	unsigned char b[1024];
	size_t n;
};

static void put(struct der *d, const void *p, size_t n)
{
	if (n > sizeof(d->b) - d->n)
		die("SGX extension");
	memcpy(d->b + d->n, p, n);
	d->n += n;
}

static void put_tlv(struct der *d, unsigned char tag, const void *p, size_t n)
{
	const unsigned char head[] = { tag, 0x82, (unsigned char)(n >> 8), (unsigned char)n };
	const unsigned char shorter[] = { tag, 0x81, (unsigned char)n };
	const unsigned char shortest[] = { tag, (unsigned char)n };

	if (n < 128)
		put(d, shortest, sizeof(shortest));
	else if (n < 256)
		put(d, shorter, sizeof(shorter));
	else
		put(d, head, sizeof(head));
	put(d, p, n);
}

/* 1.2.840.113741.1.13.1 */
static const unsigned char SGX_OID[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

/* SEQUENCE { OID SGX_OID.arc[.sub], value } */
static void put_field(struct der *d, unsigned arc, unsigned sub, unsigned char tag, const void *p,
		      size_t n)
{
	unsigned char oid[sizeof(SGX_OID) + 2];
	struct der pair = { .n = 0 };

	memcpy(oid, SGX_OID, sizeof(SGX_OID));
	oid[sizeof(SGX_OID)] = (unsigned char)arc;
	oid[sizeof(SGX_OID) + 1] = (unsigned char)sub;
	put_tlv(&pair, 0x06, oid, sizeof(SGX_OID) + (sub != 0 ? 2 : 1));
	put_tlv(&pair, tag, p, n);
	put_tlv(d, 0x30, pair.b, pair.n);
}

enum { INTEGER = 2, OCTETS = 4, ENUMERATED = 10, BOOLEAN = 1, SEQUENCE = 0x30 };

static void add_sgx_extension(X509 *cert)
{
	static const unsigned char svn[16] = { 7, 9, 3, 3, 255, 255, 1, 0, 5 };
	static const unsigned char pce_id[2] = { 0, 0 },
				   fmspc[6] = { 0x50, 0x54, 0x00, 0x00, 0x00, 0x01 };
	unsigned char ppid[16], instance[16];
	struct der tcb = { .n = 0 }, conf = { .n = 0 }, all = { .n = 0 }, out = { .n = 0 };

	if (RAND_bytes(ppid, sizeof(ppid)) != 1 || RAND_bytes(instance, sizeof(instance)) != 1)
		die("PPID");
	for (unsigned i = 0; i < 16; i++) {
		const unsigned char value[] = { 0x00, svn[i] };

		put_field(&tcb, 2, i + 1, INTEGER, svn[i] >= 0x80 ? value : value + 1,
			  svn[i] >= 0x80 ? 2 : 1);
	}
	put_field(&tcb, 2, 17, INTEGER, "\x0b", 1); /* PCESVN */
	put_field(&tcb, 2, 18, OCTETS, svn, sizeof(svn));
	for (unsigned i = 1; i <= 3; i++)
		put_field(&conf, 7, i, BOOLEAN, "\xff", 1);
	put_field(&all, 1, 0, OCTETS, ppid, sizeof(ppid));
	put_field(&all, 2, 0, SEQUENCE, tcb.b, tcb.n);
	put_field(&all, 3, 0, OCTETS, pce_id, sizeof(pce_id));
	put_field(&all, 4, 0, OCTETS, fmspc, sizeof(fmspc));
	put_field(&all, 5, 0, ENUMERATED, "\x01", 1); /* scalable */
	put_field(&all, 6, 0, OCTETS, instance, sizeof(instance));
	put_field(&all, 7, 0, SEQUENCE, conf.b, conf.n);
	put_tlv(&out, SEQUENCE, all.b, all.n);
	add_extension(cert, "1.2.840.113741.1.13.1", out.b, out.n);
}

static X509 *make_certificate(EVP_PKEY *key, const char *common_name, X509 *issuer, unsigned serial)
{
	const struct name name = {
		"US", "CA", "Nowhere", "Postern Test Devices", NULL, common_name
	};

	return new_certificate(key, &name, issuer, serial);
}

/* Leaf, platform CA, root as one NUL-terminated text. */
static void write_chain(FILE *header, X509 *const chain[3])
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	for (int i = 0; i < 3; i++)
		if (PEM_write_bio_X509(mem, chain[i]) != 1)
			die("PCK chain");
	BIO_write(mem, "", 1);
	n = BIO_get_mem_data(mem, &text);
	write_array(header, "pck", "chain_pem", (const unsigned char *)text, (size_t)n);
	BIO_free(mem);
}

static void write_keys(FILE *header, EVP_PKEY *pck, EVP_PKEY *attestation)
{
	unsigned char scalar[32], point[64];

	ec_scalar(pck, scalar, sizeof(scalar));
	write_array(header, "pck", "private", scalar, sizeof(scalar));
	ec_scalar(attestation, scalar, sizeof(scalar));
	write_array(header, "attestation", "private", scalar, sizeof(scalar));
	ec_point(attestation, point, 32);
	write_array(header, "attestation", "public", point, sizeof(point));
}

void make_tdx_keys(const char *dir)
{
	EVP_PKEY *root_key = make_ec("P-256"), *platform_key = make_ec("P-256");
	EVP_PKEY *pck_key = make_ec("P-256"), *attestation = make_ec("P-256");
	X509 *root = make_certificate(root_key, "Postern Test SGX Root CA", NULL, 1);
	X509 *platform =
	    make_certificate(platform_key, "Postern Test SGX PCK Platform CA", root, 2);
	X509 *pck = make_certificate(pck_key, "Postern Test SGX PCK Certificate", platform, 3);
	FILE *header;

	add_ca_extensions(root, 1);
	add_ca_extensions(platform, 0);
	add_sgx_extension(pck);
	sign_ecdsa_sha256(root, root_key);
	sign_ecdsa_sha256(platform, root_key);
	sign_ecdsa_sha256(pck, platform_key);

	header =
	    open_header(dir, "tdx_keys.h", "TDX_KEYS_H",
			"P-256: scalar big-endian, point x and y.\n"
			" * pck_chain_pem: leaf, platform CA, root as PEM text, NUL included.");
	write_keys(header, pck_key, attestation);
	write_chain(header, (X509 *[]){ pck, platform, root });
	close_header(header);
	save_pem(dir, "tdx/root.pem", root);
	save_pem(dir, "tdx/platform.pem", platform);
	save_pem(dir, "tdx/pck.pem", pck);
	X509_free(root);
	X509_free(platform);
	X509_free(pck);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(platform_key);
	EVP_PKEY_free(pck_key);
	EVP_PKEY_free(attestation);
}
