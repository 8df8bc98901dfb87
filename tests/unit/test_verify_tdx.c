/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * TDX quotes and TDREPORTs before the verifier: real ones against the root in their own chain and
 * against others, made-up ones for what no sample has (policy, collateral, CRLs), and every bit of
 * what is signed flipped: header and body, QE report, the PCK certificate's signature.
 * sources: tools/verify_tdx.c tools/verify_tdx_claims.c tools/verify_tdx_collateral.c tools/verify_x509.c tools/verify.c tools/verify_rows.c tools/verify_expect.c tools/verify_roots.c tools/verify_print.c attest/tdx_report.c attest/tdx_quote.c attest/evlog.c attest/bind.c hosts/keygen/x509.c hosts/keygen/output.c lib/status.c
 * libs: -lcrypto -ljansson -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(B)/keys -DKEYS_DIR=\"$(B)/keys\"
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/tdx.h"
#include "le.h"
#include "verify_certs.h"

#include "tools/tdx_claims.h"

/* Evidence of TDX only comes by here. */
void verify_cca(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for a CCA token");
}

void verify_snp(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for an SNP report");
}

#define VERIFY_PLATFORM verify_tdx
#include "verify_platform.h"

static int setup(void **state)
{
	fresh_input(evidence_size);
	return 0;
}

static void no_roots(void)
{
	roots_free(&roots);
	memset(&roots, 0, sizeof(roots));
}

static bool load(const char *name)
{
	evidence_size = read_file(vectors_path(name), evidence, sizeof(evidence));
	return evidence_size > 0;
}

/* The certificate of that index in the quote's own chain. */
static X509 *embedded(unsigned index)
{
	struct tdx_quote q;
	X509 *cert = NULL;
	BIO *mem;

	assert_int_equal(tdx_quote_parse(evidence, evidence_size, &q), ST_OK);
	mem = BIO_new_mem_buf(q.pck_chain.data, (int)q.pck_chain.size);
	for (unsigned i = 0; i <= index; i++) {
		X509_free(cert);
		cert = PEM_read_bio_X509(mem, NULL, NULL, NULL);
	}
	BIO_free(mem);
	assert_non_null(cert);
	return cert;
}

static void trust_embedded_root(void)
{
	X509 *root = embedded(2);

	take_x509(&roots, root);
	X509_free(root);
}

/* ---- real quotes ---- */
static const struct {
	const char *name, *format, *fmspc;
	bool extra; /* bytes behind it that are not zero */
} samples[] = {
	{ "tdx/quote_v4_spr-e4_go-tdx-guest.bin", "version 4", "FMSPC 50806f000000", true },
	{ "tdx/quote_v4_cos113.bin", "version 4", "FMSPC 00806f050000", false },
	{ "tdx/quote_v5_go-tdx-guest.bin", "version 5, TD report 1.5", "FMSPC 90c06f000000",
	  false },
};

static void real_quotes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		if (!load(samples[i].name))
			SKIP_WITHOUT(vectors_path(samples[i].name));
		trust_embedded_root();
		expect_reason(VERIFY_HELD);
		assert_row(&result, "format", ROW_INFO, samples[i].format);
		assert_row(&result, "quote signature", ROW_OK, "");
		assert_row(&result, "attestation key", ROW_OK, "");
		assert_row(&result, "QE report signature", ROW_OK, "");
		assert_row(&result, "PCK chain", ROW_OK, "< Intel SGX Root CA");
		assert_row(&result, "PCK platform", ROW_INFO, samples[i].fmspc);
		assert_row(&result, "TCB info", ROW_NOT_CHECKED, "none among the roots");
		assert_row(&result, "QE identity", ROW_NOT_CHECKED, "none among the roots");
		assert_row(&result, "CRL", ROW_NOT_CHECKED, "no CRL");
		assert_true((row_of(&result, "behind the quote") != NULL) == samples[i].extra);
		assert_int_equal(result.reg_size, 48);
		assert_int_equal(result.reg[3].size, 48);
		assert_int_equal(result.measurement.size, 48);
		no_roots();
	}
}

/* The whole way from the content of a file, with the nonce the guest gave. */
static void by_content(void **state)
{
	u8 nonce[65];

	if (!load(samples[1].name))
		SKIP_WITHOUT(vectors_path(samples[1].name));
	assert_int_equal(
	    read_file(vectors_path("tdx/cos113_reportdata_nonce.bin"), nonce, sizeof(nonce)), 64);
	trust_embedded_root();
	in.evidence = (struct bytes){ evidence, evidence_size };
	in.report_data = nonce;
	verify_evidence(&in, &result);
	assert_string_equal(result.platform, "tdx");
	assert_reason(&result, VERIFY_HELD);
	nonce[63] ^= 1;
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_FRESHNESS);
}

static void chains(void **state)
{
	X509 *middle;

	if (!load(samples[1].name))
		SKIP_WITHOUT(vectors_path(samples[1].name));
	/* A root of ours is none of Intel's; the intermediate is nobody's anchor. */
	assert_true(take_file(&roots, KEYS_DIR "/tdx/root.pem"));
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "PCK chain", ROW_FAILED,
		   "self-signed certificate in certificate chain");
	no_roots();
	middle = embedded(1);
	take_x509(&roots, middle);
	X509_free(middle);
	expect_reason(VERIFY_CHAIN);
	no_roots();

	trust_embedded_root();
	in.now = 2100000000; /* 2036 */
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "PCK chain", ROW_FAILED, "expired");
	in.now = 1500000000; /* 2017 */
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "PCK chain", ROW_FAILED, "not yet valid");
	in.now = TEST_NOW;
	in.roots = NULL;
	expect_reason(VERIFY_UNCHECKED);
	assert_row(&result, "PCK chain", ROW_NOT_CHECKED, "no roots");
}

/* ---- bits ---- */
/* All bits before the check of their signature, one of each byte before everything. */
static void flip_all(struct bytes part, bool (*holds)(void))
{
	u8 *p = evidence + (part.data - evidence);

	assert_true(holds());
	for (size_t bit = 0; bit < 8 * part.size; bit++) {
		p[bit / 8] ^= (u8)(1 << bit % 8);
		if (holds())
			fail_msg("bit %zu at 0x%zx does not count", bit % 8,
				 (size_t)(p - evidence) + bit / 8);
		p[bit / 8] ^= (u8)(1 << bit % 8);
	}
	for (size_t i = 0; i < part.size; i++) {
		p[i] ^= (u8)(1 << i % 8);
		verify();
		if (result.reason == VERIFY_HELD || result.reason == VERIFY_UNCHECKED)
			fail_msg("byte 0x%zx does not count", (size_t)(p - evidence) + i);
		p[i] ^= (u8)(1 << i % 8);
	}
}

static struct tdx_quote parsed; /* of the bytes in evidence, whatever was flipped since */
static X509 *parsed_leaf;

static bool quote_holds(void)
{
	return tdx_quote_signature_holds(&parsed);
}

static bool qe_holds(void)
{
	return tdx_signature_holds(X509_get0_pubkey(parsed_leaf), parsed.qe_signature,
				   parsed.qe_report);
}

static bool all_holds(void)
{
	return verify() == VERIFY_HELD;
}

static void every_bit(void **state)
{
	if (!load(samples[1].name))
		SKIP_WITHOUT(vectors_path(samples[1].name));
	trust_embedded_root();
	assert_int_equal(tdx_quote_parse(evidence, evidence_size, &parsed), ST_OK);
	parsed_leaf = embedded(0);
	flip_all(parsed.signed_part, quote_holds);
	flip_all(parsed.signature, quote_holds);
	flip_all(parsed.attestation_key, quote_holds);
	flip_all(parsed.qe_report, qe_holds);
	flip_all(parsed.qe_signature, qe_holds);
	flip_all(parsed.auth, all_holds);
	expect_reason(VERIFY_HELD);
	X509_free(parsed_leaf);
}

/* The leaf as PEM in the place of the one in the quote: as long as that one. */
static void put_leaf(const unsigned char *der, size_t size)
{
	struct tdx_quote q;
	char *text = NULL;
	BIO *mem = BIO_new(BIO_s_mem());
	const char *end;
	long n;

	assert_int_equal(tdx_quote_parse(evidence, evidence_size, &q), ST_OK);
	assert_true(PEM_write_bio(mem, "CERTIFICATE", "", der, (long)size) > 0);
	n = BIO_get_mem_data(mem, &text);
	end = strstr((const char *)q.pck_chain.data, "-----END CERTIFICATE-----\n");
	assert_non_null(end);
	assert_ptr_equal((const char *)q.pck_chain.data + n,
			 end + strlen("-----END CERTIFICATE-----\n"));
	memcpy(evidence + (q.pck_chain.data - evidence), text, (size_t)n);
	BIO_free(mem);
}

/* The signature is the last element of a certificate: its bits are flipped in DER. */
static void every_bit_of_the_leafs_signature(void **state)
{
	const ASN1_BIT_STRING *signature;
	unsigned char *der = NULL;
	X509 *leaf;
	int size;

	if (!load(samples[1].name))
		SKIP_WITHOUT(vectors_path(samples[1].name));
	trust_embedded_root();
	leaf = embedded(0);
	X509_get0_signature(&signature, NULL, leaf);
	size = i2d_X509(leaf, &der);
	assert_true(size > signature->length);
	for (int bit = 0; bit < 8 * signature->length; bit++) {
		unsigned char *byte = der + size - signature->length + bit / 8;

		*byte ^= (unsigned char)(1 << bit % 8);
		put_leaf(der, (size_t)size);
		if (verify() != VERIFY_CHAIN)
			fail_msg("bit %d of the leaf's signature does not count", bit);
		*byte ^= (unsigned char)(1 << bit % 8);
	}
	put_leaf(der, (size_t)size);
	expect_reason(VERIFY_HELD);
	OPENSSL_free(der);
	X509_free(leaf);
}

/* No prefix of a quote is one. */
static void every_length(void **state)
{
	struct tdx_quote q;
	size_t whole;

	if (!load(samples[1].name))
		SKIP_WITHOUT(vectors_path(samples[1].name));
	assert_int_equal(tdx_quote_parse(evidence, evidence_size, &q), ST_OK);
	whole = evidence_size - q.extra.size;
	for (evidence_size = 0; evidence_size < whole; evidence_size++) {
		if (verify() != VERIFY_MALFORMED)
			fail_msg("%zu bytes of a quote", evidence_size);
	}
}

/* ---- TDREPORT ---- */
static void report(void **state)
{
	static const size_t places[] = { TDREPORT_TCB_INFO,      TDREPORT_TCB_INFO + 238,
					 TDREPORT_TDINFO,        TDREPORT_SIZE - 1,
					 TDREPORT_TCB_INFO_HASH, TDREPORT_INFO_HASH };

	if (!load("tdx/tdreport_azure_hcl.bin"))
		SKIP_WITHOUT("tdx/tdreport_azure_hcl.bin");
	expect_reason(VERIFY_UNCHECKED);
	assert_row(&result, "report hashes", ROW_OK, "");
	assert_row(&result, "MAC", ROW_NOT_CHECKED, "only the platform");
	assert_row(&result, "TEE TCB SVN 2", ROW_INFO, "");
	assert_ptr_equal(result.measurement.data, evidence + TDREPORT_MRTD);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		evidence[places[i]] ^= 0x40;
		verify();
		assert_row(&result, "report hashes", ROW_FAILED, "");
		assert_true(result.reason == VERIFY_BINDING);
		evidence[places[i]] ^= 0x40;
	}
	evidence_size--;
	expect_reason(VERIFY_MALFORMED);
}

/* ---- a platform of our own making ---- */
static struct {
	EVP_PKEY *root_key, *ca_key, *pck_key, *key, *tcb_key;
	X509 *root, *ca, *tcb_signer;
} made;

static X509 *issue(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *by, int path_length)
{
	static unsigned serial = 1;
	X509 *cert = make_cert(key, name, issuer, serial++);

	if (path_length >= 0)
		add_ca_extensions(cert, path_length);
	sign_ecdsa_sha256(cert, by);
	return cert;
}

static int make_platform(void **state)
{
	made.root_key = make_ec("P-256");
	made.ca_key = make_ec("P-256");
	made.pck_key = make_ec("P-256");
	made.key = make_ec("P-256");
	made.tcb_key = make_ec("P-256");
	made.root = issue(made.root_key, "Unit Root", NULL, made.root_key, 1);
	made.ca = issue(made.ca_key, "Unit PCK CA", made.root, made.root_key, 0);
	made.tcb_signer = issue(made.tcb_key, "Unit TCB Signing", made.root, made.root_key, -1);
	return 0;
}

static int free_platform(void **state)
{
	EVP_PKEY *const keys[] = { made.root_key, made.ca_key, made.pck_key, made.key,
				   made.tcb_key };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		EVP_PKEY_free(keys[i]);
	X509_free(made.root);
	X509_free(made.ca);
	X509_free(made.tcb_signer);
	return 0;
}

struct der {
	u8 b[1024];
	size_t n;
};

static void put_tlv(struct der *d, u8 tag, const void *p, size_t n)
{
	d->b[d->n++] = tag;
	if (n >= 256) {
		d->b[d->n++] = 0x82;
		d->b[d->n++] = (u8)(n >> 8);
	} else if (n >= 128) {
		d->b[d->n++] = 0x81;
	}
	d->b[d->n++] = (u8)n;
	memcpy(d->b + d->n, p, n);
	d->n += n;
}

/* What is wrong with the SGX extension; nothing: SVNs 1 to 16, PCE SVN 11. */
enum flaw {
	FLAW_NONE,
	FLAW_ABSENT,
	FLAW_NO_FMSPC,
	FLAW_FMSPC_SIZE,
	FLAW_NO_PCESVN,
	FLAW_SVN_TWICE,
	FLAW_SVN_LARGE,
	FLAW_SVN_NEGATIVE,
	FLAW_SVN_LONG,
	FLAW_SVN_EMPTY,
	FLAW_TAG,
	FLAW_TAIL,
	FLAW_NO_PAIR,
	FLAWS,
};

static void put_field(struct der *d, u8 arc, u8 sub, u8 tag, const void *p, size_t n)
{
	u8 oid[11] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, arc, sub };
	struct der pair = { .n = 0 };

	put_tlv(&pair, 6, oid, sub != 0 ? 11 : 10);
	put_tlv(&pair, tag, p, n);
	put_tlv(d, 0x30, pair.b, pair.n);
}

static void put_svn(struct der *tcb, u8 i, enum flaw flaw)
{
	const u8 value[] = { i }, large[] = { 1, 0 }, negative[] = { 0x80 },
		 longer[] = { 0, 0, 0, 1 };

	if (i != 5) {
		put_field(tcb, 2, i, 2, value, 1);
		return;
	}
	if (flaw == FLAW_SVN_LARGE)
		put_field(tcb, 2, i, 2, large, 2);
	else if (flaw == FLAW_SVN_NEGATIVE)
		put_field(tcb, 2, i, 2, negative, 1);
	else if (flaw == FLAW_SVN_LONG)
		put_field(tcb, 2, i, 2, longer, 4);
	else
		put_field(tcb, 2, i, flaw == FLAW_TAG ? 4 : 2, value, flaw != FLAW_SVN_EMPTY);
	if (flaw == FLAW_SVN_TWICE)
		put_field(tcb, 2, i, 2, value, 1);
}

static X509 *make_pck(enum flaw flaw)
{
	static const u8 fmspc[7] = { 0xa0, 1, 2, 3, 4, 0x0b }, pce_id[2] = { 0, 1 };
	X509 *cert = make_cert(made.pck_key, "Unit PCK", made.ca, 0x77);
	struct der tcb = { .n = 0 }, all = { .n = 0 }, out = { .n = 0 };

	for (u8 i = 1; i <= 16; i++)
		put_svn(&tcb, i, flaw);
	if (flaw != FLAW_NO_PCESVN)
		put_field(&tcb, 2, 17, 2, "\x0b", 1);
	put_field(&all, 1, 0, 4, "0123456789abcdef", 16);
	put_field(&all, 2, 0, 0x30, tcb.b, tcb.n);
	put_field(&all, 3, 0, 4, pce_id, 2);
	if (flaw != FLAW_NO_FMSPC)
		put_field(&all, 4, 0, 4, fmspc, flaw == FLAW_FMSPC_SIZE ? 7 : 6);
	if (flaw == FLAW_NO_PAIR)
		put_tlv(&all, 2, "\x01", 1);
	put_tlv(&out, 0x30, all.b, all.n);
	out.n += flaw == FLAW_TAIL;
	if (flaw != FLAW_ABSENT)
		add_extension(cert, "1.2.840.113741.1.13.1", out.b, out.n);
	sign_ecdsa_sha256(cert, made.ca_key);
	return cert;
}

/* Places in the made-up quote, which is a version 4. */
#define BODY         QUOTE_HEADER_SIZE
#define SIGNED_SIZE  (BODY + QUOTE_TD10_SIZE)
#define SIGNATURE_AT (SIGNED_SIZE + 4)
#define KEY_AT       (SIGNATURE_AT + QUOTE_SIG_SIZE)
#define QE_AT        (KEY_AT + QUOTE_ATT_KEY_SIZE + 6)
#define AUTH_AT      (QE_AT + QUOTE_QE_REPORT_SIZE + QUOTE_SIG_SIZE)
#define AUTH_SIZE    32
#define CHAIN_AT     (AUTH_AT + 2 + AUTH_SIZE + 6)

static void sign_quote(void)
{
	sign_raw(made.key, EVP_sha256(), evidence, SIGNED_SIZE, evidence + SIGNATURE_AT, 32);
}

static void sign_qe(void)
{
	sign_raw(made.pck_key, EVP_sha256(), evidence + QE_AT, QUOTE_QE_REPORT_SIZE,
		 evidence + QE_AT + QUOTE_QE_REPORT_SIZE, 32);
}

/* Chain of these certificates, NUL behind it; lengths that enclose it. */
static void put_chain(X509 *const certs[], unsigned count)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text = NULL;
	size_t n;

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(PEM_write_bio_X509(mem, certs[i]), 1);
	n = (size_t)BIO_get_mem_data(mem, &text);
	if (n > 0)
		memcpy(evidence + CHAIN_AT, text, n);
	evidence[CHAIN_AT + n++] = '\0';
	BIO_free(mem);
	le_put(evidence + CHAIN_AT - 6, 5, 2);
	le_put(evidence + CHAIN_AT - 4, n, 4);
	le_put(evidence + QE_AT - 6, 6, 2);
	le_put(evidence + QE_AT - 4, CHAIN_AT + n - QE_AT, 4);
	le_put(evidence + SIGNED_SIZE, CHAIN_AT + n - SIGNATURE_AT, 4);
	evidence_size = CHAIN_AT + n;
}

static void make_quote(enum flaw flaw)
{
	static const u8 head[] = { 4,    0,    2,    0,    0x81, 0,    0,    0,    0,    0,
				   0,    0,    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
				   0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
	X509 *pck = make_pck(flaw);

	memset(evidence, 0, sizeof(evidence));
	memcpy(evidence, head, sizeof(head));
	memcpy(evidence + BODY + QUOTE_TD_TCB_SVN, "\x04\x01\x07", 3);
	le_put(evidence + BODY + QUOTE_TD_ATTRIBUTES, TDX_ATTR_SEPT_VE_DISABLE, 8);
	le_put(evidence + BODY + QUOTE_TD_XFAM, 0x207, 8);
	memset(evidence + BODY + QUOTE_TD_MRTD, 0x3d, TDX_DIGEST_SIZE);
	ec_point(made.key, evidence + KEY_AT, 32);
	memset(evidence + AUTH_AT + 2, 0xa1, AUTH_SIZE);
	le_put(evidence + AUTH_AT, AUTH_SIZE, 2);
	evidence[QE_AT + QE_ATTRIBUTES] = 0x15;
	memset(evidence + QE_AT + QUOTE_QE_MRSIGNER, 0xdc, 32);
	evidence[QE_AT + QUOTE_QE_ISVPRODID] = 2;
	evidence[QE_AT + QUOTE_QE_ISVSVN] = 6;
	{
		u8 bound[QUOTE_ATT_KEY_SIZE + AUTH_SIZE];

		memcpy(bound, evidence + KEY_AT, QUOTE_ATT_KEY_SIZE);
		memcpy(bound + QUOTE_ATT_KEY_SIZE, evidence + AUTH_AT + 2, AUTH_SIZE);
		assert_true(evlog_digest(EVLOG_SHA256, (struct bytes){ bound, sizeof(bound) },
					 evidence + QE_AT + QUOTE_QE_REPORT_DATA));
	}
	sign_qe();
	sign_quote();
	put_chain((X509 *[]){ pck, made.ca, made.root }, 3);
	X509_free(pck);
	if (roots.certs == 0)
		take_x509(&roots, made.root);
}

static void made_up(void **state)
{
	make_quote(FLAW_NONE);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "PCK platform", ROW_INFO,
		   "FMSPC a0010203040b, PCE SVN 11, SGX component SVNs 0102030405060708090a0b0c");
	for (enum flaw flaw = FLAW_ABSENT; flaw < FLAWS; flaw++) {
		make_quote(flaw);
		expect_reason(VERIFY_CHAIN);
		assert_row(&result, "PCK chain", ROW_OK, "");
		assert_row(&result, "PCK platform", ROW_FAILED, "no SGX extension");
	}
}

/* Trust is the verifier's to give, and what nobody signed is nobody's word. */
static void around_a_quote(void **state)
{
	size_t whole;

	make_quote(FLAW_NONE);
	in.roots = NULL;
	expect_reason(VERIFY_UNCHECKED);
	assert_row(&result, "PCK chain", ROW_NOT_CHECKED, "no roots");
	in.roots = &roots;
	whole = evidence_size;
	memset(evidence + whole, 0x5a, 8);
	evidence_size = whole + 8;
	expect_reason(VERIFY_HELD);
	assert_row(&result, "behind the quote", ROW_INFO, "8 bytes");
	for (evidence_size = 0; evidence_size < whole; evidence_size++)
		expect_reason(VERIFY_MALFORMED);
}

static void bad_signers(void **state)
{
	X509 *pck = make_pck(FLAW_NONE), *direct;

	/* The attestation key: another's signature, another key, no point of the curve. */
	make_quote(FLAW_NONE);
	sign_raw(made.pck_key, EVP_sha256(), evidence, SIGNED_SIZE, evidence + SIGNATURE_AT, 32);
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "quote signature", ROW_FAILED, "");
	ec_point(made.pck_key, evidence + KEY_AT, 32);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "quote signature", ROW_OK, "");
	make_quote(FLAW_NONE);
	memset(evidence + KEY_AT, 0x11, QUOTE_ATT_KEY_SIZE);
	expect_reason(VERIFY_SIGNATURE);

	/* The QE: bytes behind the hash, and a report the PCK did not sign. */
	make_quote(FLAW_NONE);
	evidence[QE_AT + QUOTE_QE_REPORT_SIZE - 1] = 1;
	sign_qe();
	expect_reason(VERIFY_BINDING);
	make_quote(FLAW_NONE);
	sign_raw(made.key, EVP_sha256(), evidence + QE_AT, QUOTE_QE_REPORT_SIZE,
		 evidence + QE_AT + QUOTE_QE_REPORT_SIZE, 32);
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "QE report signature", ROW_FAILED, "not by the PCK");
	make_quote(FLAW_NONE);
	evidence[QE_AT + QE_ATTRIBUTES] |= QE_DEBUG;
	sign_qe();
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "QE debug", ROW_FAILED, "");

	/* Chains without a certificate, without the CA, and with one too few. */
	make_quote(FLAW_NONE);
	put_chain(NULL, 0);
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "PCK chain", ROW_FAILED, "no certificate");
	put_chain((X509 *[]){ pck, made.root }, 2);
	expect_reason(VERIFY_CHAIN);
	put_chain((X509 *[]){ pck, made.ca }, 2);
	expect_reason(VERIFY_HELD);
	direct = issue(made.pck_key, "Unit PCK", made.root, made.root_key, -1);
	put_chain((X509 *[]){ direct }, 1);
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "PCK chain", ROW_FAILED, "not PCK certificate, PCK CA, root");
	X509_free(direct);
	/* What is no CA cannot issue. */
	direct = make_cert(made.pck_key, "Unit PCK", made.tcb_signer, 5);
	sign_ecdsa_sha256(direct, made.tcb_key);
	put_chain((X509 *[]){ direct, made.tcb_signer }, 2);
	expect_reason(VERIFY_CHAIN);
	X509_free(direct);
	X509_free(pck);
}

/* A version 1 certificate without a word on being a CA, which old software takes for one. */
static void old_root(void **state)
{
	X509 *old = make_cert(made.root_key, "Unit Root", NULL, 1), *pck = make_pck(FLAW_NONE);
	STACK_OF(X509) * chain, *between = sk_X509_new_null();
	char why[200];

	X509_set_version(old, X509_VERSION_1);
	sign_ecdsa_sha256(old, made.root_key);
	take_x509(&roots, old);
	sk_X509_push(between, made.ca);
	chain = cert_chain(pck, between, &roots, TEST_NOW, why);
	assert_null(chain);
	assert_string_equal(why, "Unit Root is no CA");
	sk_X509_free(between);
	X509_free(old);
	X509_free(pck);
}

static void revocation(void **state)
{
	make_quote(FLAW_NONE);
	take_crl(&roots,
		 make_crl(made.ca, made.ca_key, 5, "260101000000Z", "270101000000Z", false));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "CRL", ROW_OK, "Unit PCK is not on");
	take_crl(&roots,
		 make_crl(made.ca, made.ca_key, 0x77, "260101000000Z", "270101000000Z", false));
	expect_reason(VERIFY_TCB);
	assert_row(&result, "CRL", ROW_FAILED, "Unit PCK is revoked");
}

/* ---- claims, re-signed so that only they speak ---- */
static void put_body(unsigned at, u64 value, unsigned n)
{
	le_put(evidence + BODY + at, value, n);
	sign_quote();
}

static void attributes(void **state)
{
	static const u8 tud[] = { 0, 1, 4, 6, 7 };

	for (size_t i = 0; i < ARRAY_SIZE(tud); i++) {
		make_quote(FLAW_NONE);
		put_body(QUOTE_TD_ATTRIBUTES, 1ULL << tud[i], 8);
		expect_reason(VERIFY_POLICY);
		assert_row(&result, "debug", ROW_FAILED, "TUD");
		in.allow_debug = true;
		expect_reason(VERIFY_HELD);
		assert_row(&result, "debug", ROW_INFO, "allowed");
		in.allow_debug = false;
	}
	put_body(QUOTE_TD_ATTRIBUTES, TDX_ATTR_MIGRATABLE, 8);
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "migratable", ROW_FAILED, "");
	put_body(QUOTE_TD_ATTRIBUTES,
		 TDX_ATTR_PKS | TDX_ATTR_KL | TDX_ATTR_PERFMON | 1ULL << 27 | 1ULL << 40, 8);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "attributes", ROW_INFO,
		   "0x80000100c8000000: LASS, PKS, KL, bit 40, PERFMON");
	assert_row(&result, "SEPT_VE_DISABLE", ROW_INFO, "clear");
	assert_row(&result, "PERFMON", ROW_INFO, "usable");
	put_body(QUOTE_TD_XFAM, 0x600e7, 8);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "XFAM", ROW_INFO,
		   "x87, SSE, AVX, AVX-512 k, ZMM_Hi256, Hi16_ZMM, AMX TILECFG, AMX TILEDATA");
	put_body(QUOTE_TD_MROWNER, 0xab, 1);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "MROWNER", ROW_INFO, "ab00");
	assert_null(row_of(&result, "MRCONFIGID"));
}

static void module(void **state)
{
	char signer[97];

	make_quote(FLAW_NONE);
	put_body(QUOTE_TD_SEAM_ATTRIBUTES, 1, 8);
	expect_reason(VERIFY_POLICY);
	put_body(QUOTE_TD_SEAM_ATTRIBUTES, 0, 8);
	put_body(QUOTE_TD_MRSIGNERSEAM, 0xee, 1);
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "mrsignerseam", ROW_FAILED, "not Intel's");
	memset(signer, '0', 96);
	signer[96] = '\0';
	memcpy(signer, "ee", 2);
	assert_true(expect_set(&expected, "mrsignerseam", signer));
	expect_reason(VERIFY_HELD);
	put_body(QUOTE_TD_MRSIGNERSEAM, 0, 1);
	expect_reason(VERIFY_POLICY);
	memcpy(signer, "00", 2);
	assert_true(expect_set(&expected, "mrsignerseam", signer));
	assert_true(expect_set(&expected, "mrseam", signer));
	expect_reason(VERIFY_HELD);
	put_body(QUOTE_TD_MRSEAM + 47, 1, 1);
	expect_reason(VERIFY_MEASUREMENT);
}

static void minimum_svn(void **state)
{
	make_quote(FLAW_NONE);
	verify();
	assert_row(&result, "TEE TCB SVN", ROW_INFO, "TDX_01, SVN 4");
	assert_row(&result, "minimum SVN", ROW_NOT_CHECKED, "");
	assert_true(expect_set(&expected, "min-svn", "04010700000000000000000000000000"));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "TEE TCB SVN", ROW_OK, "");
	assert_true(expect_set(&expected, "min-svn", "03010800000000000000000000000000"));
	expect_reason(VERIFY_TCB);
	assert_true(expect_set(&expected, "min-svn", "0301"));
	expect_reason(VERIFY_TCB); /* not a version */
}

/* ---- collateral ---- */
#define DATES "\"issueDate\":\"2026-08-01T00:00:00Z\",\"nextUpdate\":\"2026-10-01T00:00:00Z\""
#define ZEROS "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"

static char body[8192];

static const char *qe_identity(const char *dates, const char *signer, const char *status)
{
	snprintf(body, sizeof(body),
		 "{\"id\":\"TD_QE\",\"version\":2,%s,\"miscselect\":\"00000000\","
		 "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
		 "\"11000000000000000000000000000000\",\"attributesMask\":"
		 "\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"%s%s%s%s\",\"isvprodid\":2,"
		 "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":7},\"tcbStatus\":\"UpToDate\"},{\"tcb\":{"
		 "\"isvsvn\":5},\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"}]}",
		 dates, signer, signer, signer, signer, status);
	return body;
}

#define SIGNER "DCDCDCDCDCDCDCDC"

static const char *tcb_info(const char *fmspc, const char *first, const char *pce_svn,
			    const char *status, const char *identity)
{
	snprintf(
	    body, sizeof(body),
	    "{\"id\":\"TDX\",\"version\":3," DATES ",\"fmspc\":\"%s\",\"pceId\":\"0001\","
	    "\"tdxModule\":{\"mrsigner\":\"%096d\",\"attributes\":\"0000000000000000\","
	    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},\"tdxModuleIdentities\":[{\"id\":\"%s\","
	    "\"mrsigner\":\"%096d\",\"attributes\":\"0000000000000000\",\"attributesMask\":"
	    "\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":4},\"tcbStatus\":"
	    "\"UpToDate\"}]}],\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomponents\":[{\"svn\":%s},"
	    "{\"svn\":2}," ZEROS ZEROS ZEROS "{\"svn\":0},{\"svn\":0}],\"pcesvn\":%s,"
	    "\"tdxtcbcomponents\":[{\"svn\":9},{\"svn\":9},{\"svn\":7},{\"svn\":0}," ZEROS ZEROS
	    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}]},\"tcbDate\":"
	    "\"2025-01-01T00:00:00Z\",\"tcbStatus\":\"%s\",\"advisoryIDs\":[\"INTEL-SA-1\"]}]}",
	    fmspc, 0, identity, 0, first, pce_svn, status);
	return body;
}

/* Signed by that key, as a JSON file among the roots. */
static void take_json(const char *member, const char *text, EVP_PKEY *key)
{
	char file[sizeof(body) + 512], hex[129];
	u8 signature[64];
	int n;

	sign_raw(key, EVP_sha256(), text, strlen(text), signature, 32);
	verify_hex(hex, sizeof(hex), (struct bytes){ signature, sizeof(signature) });
	n = snprintf(file, sizeof(file), "{\"%s\":%s,\"signature\":\"%s\"}", member, text, hex);
	roots_take(&roots, "made-up.json", (struct bytes){ (const u8 *)file, (size_t)n });
}

static void fresh_roots(void)
{
	no_roots();
	take_x509(&roots, made.root);
	take_x509(&roots, made.tcb_signer);
}

static void quoting_enclave(void **state)
{
	static const char expired[] =
	    "\"issueDate\":\"2026-01-01T00:00:00Z\",\"nextUpdate\":\"2026-02-01T00:00:00Z\"";
	static const struct {
		const char *dates, *signer, *status;
		bool wrong_key;
		enum verify_reason reason;
		enum verify_state state;
	} cases[] = {
		{ DATES, SIGNER, "UpToDate", false, VERIFY_HELD, ROW_OK },
		{ DATES, SIGNER, "SWHardeningNeeded", false, VERIFY_HELD, ROW_INFO },
		{ DATES, SIGNER, "OutOfDate", false, VERIFY_TCB, ROW_FAILED },
		{ DATES, SIGNER, "Revoked", false, VERIFY_TCB, ROW_FAILED },
		{ DATES, SIGNER, "", false, VERIFY_TCB, ROW_FAILED },
		{ DATES, "DCDCDCDCDCDCDCDD", "UpToDate", false, VERIFY_BINDING, ROW_FAILED },
		{ DATES, "DC", "UpToDate", false, VERIFY_BINDING, ROW_FAILED },
		{ expired, SIGNER, "UpToDate", false, VERIFY_HELD, ROW_NOT_CHECKED },
		{ "\"issueDate\":7", SIGNER, "UpToDate", false, VERIFY_HELD, ROW_NOT_CHECKED },
		{ DATES, SIGNER, "UpToDate", true, VERIFY_HELD, ROW_NOT_CHECKED },
	};

	make_quote(FLAW_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fresh_roots();
		take_json("enclaveIdentity",
			  qe_identity(cases[i].dates, cases[i].signer, cases[i].status),
			  cases[i].wrong_key ? made.key : made.tcb_key);
		expect_reason(cases[i].reason);
		assert_row(&result, "QE identity", cases[i].state, "");
		assert_row(&result, "TCB info", ROW_NOT_CHECKED, "none");
	}
	/* Older than every level; another product. */
	fresh_roots();
	take_json("enclaveIdentity", qe_identity(DATES, SIGNER, "UpToDate"), made.tcb_key);
	evidence[QE_AT + QUOTE_QE_ISVSVN] = 4;
	sign_qe();
	expect_reason(VERIFY_TCB);
	assert_row(&result, "QE identity", ROW_FAILED, "lower than every");
	evidence[QE_AT + QUOTE_QE_ISVPRODID] = 1;
	sign_qe();
	expect_reason(VERIFY_BINDING);
}

/* The key of a platform, however it leads to the root, says nothing of what is up to date. */
static void who_may_sign_collateral(void **state)
{
	X509 *pck = make_pck(FLAW_NONE);

	make_quote(FLAW_NONE);
	no_roots();
	take_x509(&roots, made.root);
	take_x509(&roots, made.ca);
	take_x509(&roots, pck);
	take_json("enclaveIdentity", qe_identity(DATES, SIGNER, "UpToDate"), made.pck_key);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "QE identity", ROW_NOT_CHECKED, "leads to none");
	take_json("enclaveIdentity", qe_identity(DATES, SIGNER, "UpToDate"), made.ca_key);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "QE identity", ROW_NOT_CHECKED, "leads to none");
	take_json("enclaveIdentity", qe_identity(DATES, SIGNER, "UpToDate"), made.root_key);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "QE identity", ROW_NOT_CHECKED, "leads to none");
	/* The right one among the wrong ones is found; revoked it is none. */
	take_x509(&roots, made.tcb_signer);
	take_json("enclaveIdentity", qe_identity(DATES, SIGNER, "UpToDate"), made.tcb_key);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "QE identity", ROW_OK, "UpToDate");
	take_crl(&roots, make_crl(made.root, made.root_key,
				  ASN1_INTEGER_get(X509_get0_serialNumber(made.tcb_signer)),
				  "260101000000Z", "270101000000Z", false));
	expect_reason(VERIFY_TCB);
	X509_free(pck);
}

static void platform_tcb(void **state)
{
	static const struct {
		const char *fmspc, *first, *pce_svn, *status, *identity;
		enum verify_reason reason;
		enum verify_state tcb;
		const char *text;
	} cases[] = {
		{ "A0010203040B", "1", "11", "UpToDate", "TDX_01", VERIFY_HELD, ROW_OK,
		  "UpToDate of 2025-01-01T00:00:00Z INTEL-SA-1" },
		{ "A0010203040B", "1", "11", "ConfigurationNeeded", "TDX_01", VERIFY_HELD, ROW_INFO,
		  "ConfigurationNeeded" },
		{ "A0010203040B", "1", "11", "OutOfDateConfigurationNeeded", "TDX_01", VERIFY_TCB,
		  ROW_FAILED, "OutOfDateConfigurationNeeded" },
		{ "A0010203040B", "2", "11", "UpToDate", "TDX_01", VERIFY_TCB, ROW_FAILED,
		  "lower than every" },
		{ "A0010203040B", "1", "12", "UpToDate", "TDX_01", VERIFY_TCB, ROW_FAILED,
		  "lower than every" },
		{ "A0010203040B", "-1", "11", "UpToDate", "TDX_01", VERIFY_TCB, ROW_FAILED,
		  "lower than every" },
		{ "A0010203040B", "1", "\"11\"", "UpToDate", "TDX_01", VERIFY_TCB, ROW_FAILED,
		  "lower than every" },
		{ "A0010203040C", "1", "11", "UpToDate", "TDX_01", VERIFY_HELD, ROW_NOT_CHECKED,
		  "none" },
		{ "A0010203040B", "1", "11", "UpToDate", "TDX_03", VERIFY_BINDING, ROW_OK, "" },
	};

	make_quote(FLAW_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fresh_roots();
		take_json("tcbInfo",
			  tcb_info(cases[i].fmspc, cases[i].first, cases[i].pce_svn,
				   cases[i].status, cases[i].identity),
			  made.tcb_key);
		expect_reason(cases[i].reason);
		assert_row(&result, "TCB info", cases[i].tcb, cases[i].text);
	}
}

static void tdx_module(void **state)
{
	make_quote(FLAW_NONE);
	fresh_roots();
	take_json("tcbInfo", tcb_info("A0010203040B", "1", "11", "UpToDate", "TDX_01"),
		  made.tcb_key);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "TDX module", ROW_OK, "UpToDate");
	put_body(QUOTE_TD_TCB_SVN, 3, 1);
	expect_reason(VERIFY_TCB);
	assert_row(&result, "TDX module", ROW_FAILED, "lower than every");
	put_body(QUOTE_TD_TCB_SVN, 4, 1);
	put_body(QUOTE_TD_TCB_SVN + 2, 6, 1);
	expect_reason(VERIFY_TCB);
	assert_row(&result, "TCB info", ROW_FAILED, "lower than every");
	/* TDX 1.0: all bytes are the platform's, the module is the one named. */
	put_body(QUOTE_TD_TCB_SVN, 0x070009, 3);
	expect_reason(VERIFY_TCB);
	assert_row(&result, "TDX module", ROW_OK, "the one TCB info names");
	put_body(QUOTE_TD_MRSIGNERSEAM, 1, 1);
	expect_reason(VERIFY_BINDING);
}

/* What is no collateral, or not signed as it stands, does nothing. */
static void odd_collateral(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"tcbInfo\":7}",
		"{\"enclaveIdentity\":{\"id\":\"TD_QE\"}}",
		"{\"enclaveIdentity\":{\"id\":\"TD_QE\"},\"signature\":\"00\"}",
		"{\"enclaveIdentity\":{\"id\":\"QE\"},\"signature\":\"00\"}",
		"{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"id\":\"TD_QE\"}}",
	};

	make_quote(FLAW_NONE);
	fresh_roots();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		roots_take(&roots, "odd.json",
			   (struct bytes){ (const u8 *)texts[i], strlen(texts[i]) });
		expect_reason(VERIFY_HELD);
		assert_row(&result, "QE identity", ROW_NOT_CHECKED, "");
		assert_row(&result, "TCB info", ROW_NOT_CHECKED, "");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(real_quotes),
		TEST(by_content),
		TEST(chains),
		TEST(every_bit),
		TEST(every_bit_of_the_leafs_signature),
		TEST(every_length),
		TEST(report),
		TEST(made_up),
		TEST(around_a_quote),
		TEST(bad_signers),
		TEST(old_root),
		TEST(revocation),
		TEST(attributes),
		TEST(module),
		TEST(minimum_svn),
		TEST(quoting_enclave),
		TEST(who_may_sign_collateral),
		TEST(platform_tcb),
		TEST(tdx_module),
		TEST(odd_collateral),
	};

	return cmocka_run_group_tests(tests, make_platform, free_platform);
}
