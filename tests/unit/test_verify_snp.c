/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * SNP reports before the verifier: real ones of several products with their chains and wrong ones,
 * our own model's, made-up ones for what no sample has (VLEK, Turin, CRLs), and every bit of the
 * signed part flipped.
 * sources: tools/verify_snp.c tools/verify_snp_claims.c tools/verify_x509.c tools/verify.c tools/verify_rows.c tools/verify_expect.c tools/verify_roots.c tools/verify_print.c attest/snp_report.c attest/tdx_report.c attest/evlog.c attest/bind.c hosts/keygen/x509.c hosts/keygen/output.c lib/status.c
 * libs: -lcrypto -ljansson -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(B)/keys -DKEYS_DIR=\"$(B)/keys\"
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/snp.h"
#include "le.h"
#include "snp_keys.h"
#include "verify_certs.h"

#include "tools/snp_claims.h"

/* Evidence of SNP only comes by here. */
void verify_cca(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for a CCA token");
}

void verify_tdx(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for evidence of TDX");
}

#define VERIFY_PLATFORM verify_snp
#include "verify_platform.h"

static int setup(void **state)
{
	fresh_input(SNP_REPORT_SIZE);
	return 0;
}

/* ---- real reports ---- */
static const struct sample {
	const char *report, *vcek, *chain;
	const char *product;
	enum verify_reason reason;
} samples[] = {
	{ "snp/reports/report_milan.hex", "snp/reports/vcek_milan.der",
	  "snp/reports/cert_chain_milan", "Milan", VERIFY_HELD },
	{ "snp/reports/attestation.bin", "snp/reports/vcek.testcer", "snp/reports/milan.testcer",
	  "Milan", VERIFY_POLICY }, /* can be debugged */
	{ "snp/reports/oak_milan_oc_release_report.bin",
	  "snp/reports/oak_milan_oc_release_vcek.der", "snp/certs/ask_ark_milan.pem", "Milan",
	  VERIFY_HELD },
	{ "snp/reports/oak_genoa_oc_report.bin", "snp/reports/oak_genoa_oc_vcek.der",
	  "snp/certs/ask_ark_genoa.pem", "Genoa", VERIFY_HELD },
};

/* Binary, or hex text. */
static bool load_report(const char *name)
{
	static u8 file[VECTOR_MAX];
	size_t n = read_file(vectors_path(name), file, sizeof(file) - 1);
	unsigned byte;

	file[n] = '\0';
	for (size_t i = 0; i < SNP_REPORT_SIZE && n >= 2 * SNP_REPORT_SIZE; i++)
		if (sscanf((char *)file + 2 * i, "%2x", &byte) == 1)
			evidence[i] = (u8)byte;
	if (n == SNP_REPORT_SIZE)
		memcpy(evidence, file, n);
	evidence_size = SNP_REPORT_SIZE;
	return n > 0;
}

static bool load_sample(const struct sample *s)
{
	return load_report(s->report) && take_file(&roots, vectors_path(s->vcek)) &&
	       take_file(&roots, vectors_path(s->chain));
}

static void real_reports(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		if (!load_sample(&samples[i]))
			SKIP_WITHOUT(vectors_path(samples[i].report));
		expect_reason(samples[i].reason);
		assert_row(&result, "report signature", ROW_OK, "VCEK");
		assert_row(&result, "certificate chain", ROW_OK, samples[i].product);
		assert_row(&result, "product", ROW_OK, samples[i].product);
		assert_row(&result, "chip ID", ROW_OK, "");
		assert_row(&result, "certificate TCB", ROW_OK, "");
		assert_row(&result, "CRL", ROW_NOT_CHECKED, "no CRL");
		assert_row(&result, "minimum TCB", ROW_NOT_CHECKED, "");
		assert_ptr_equal(result.report_data.data, evidence + SNP_REPORT_DATA);
		assert_ptr_equal(result.measurement.data, evidence + SNP_REPORT_MEASUREMENT);
		in.allow_debug = true;
		expect_reason(VERIFY_HELD);
		in.allow_debug = false;
		roots_free(&roots);
		memset(&roots, 0, sizeof(roots));
	}
}

/* The whole way from the content of a file, too. */
static void by_content(void **state)
{
	u8 asked[SNP_REPORT_DATA_SIZE];

	if (!load_sample(&samples[0]))
		SKIP_WITHOUT(vectors_path(samples[0].report));
	in.evidence = (struct bytes){ evidence, evidence_size };
	verify_evidence(&in, &result);
	assert_string_equal(result.platform, "snp");
	assert_reason(&result, VERIFY_HELD);
	/* What the sample of a guest message asked for: this report is another's answer. */
	for (unsigned i = 0; i < sizeof(asked); i++)
		asked[i] = (u8)i;
	in.report_data = asked;
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_FRESHNESS);
}

/* All bits of the signed part before the signature check, and one bit of each byte of the whole
 * report before everything. */
static void every_bit(void **state)
{
	struct snp_report report;
	X509 *vcek;

	if (!load_sample(&samples[0]))
		SKIP_WITHOUT(vectors_path(samples[0].report));
	vcek = roots.cert[0];
	assert_int_equal(snp_report_parse(evidence, evidence_size, &report), ST_OK);
	assert_true(snp_signature_holds(&report, vcek));
	for (size_t bit = 0; bit < 8 * SNP_REPORT_SIGNATURE; bit++) {
		evidence[bit / 8] ^= (u8)(1 << bit % 8);
		if (snp_signature_holds(&report, vcek))
			fail_msg("bit %zu does not count", bit);
		evidence[bit / 8] ^= (u8)(1 << bit % 8);
	}
	for (size_t i = 0; i < SNP_REPORT_SIZE; i++) {
		evidence[i] ^= (u8)(1 << i % 8);
		verify();
		if (result.reason == VERIFY_HELD || result.reason == VERIFY_UNCHECKED)
			fail_msg("byte 0x%zx does not count", i);
		evidence[i] ^= (u8)(1 << i % 8);
	}
	expect_reason(VERIFY_HELD);
}

static void wrong_chains(void **state)
{
	static const char *const chains[] = { "snp/certs/ask_ark_genoa.pem",
					      "snp/certs/ask_ark_turin_vcek.pem",
					      "snp/certs/ask_ark_milan_vlek.pem" };

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		if (!load_report(samples[0].report) ||
		    !take_file(&roots, vectors_path(samples[0].vcek)) ||
		    !take_file(&roots, vectors_path(chains[i])))
			SKIP_WITHOUT(vectors_path(chains[i]));
		expect_reason(VERIFY_CHAIN);
		assert_row(&result, "report signature", ROW_OK, "");
		assert_row(&result, "certificate chain", ROW_FAILED, "SEV-VCEK: unable to get");
		roots_free(&roots);
		memset(&roots, 0, sizeof(roots));
	}
}

/* Another machine's VCEK, nobody's, and no roots at all. */
static void wrong_keys(void **state)
{
	if (!load_report(samples[0].report) || !take_file(&roots, vectors_path(samples[1].vcek)) ||
	    !take_file(&roots, vectors_path(samples[0].chain)))
		SKIP_WITHOUT(vectors_path(samples[0].report));
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "report signature", ROW_FAILED, "(1 tried)");
	assert_row(&result, "certificate chain", ROW_FAILED, "no certificate of the signing key");
	roots_free(&roots);
	memset(&roots, 0, sizeof(roots));

	take_file(&roots, vectors_path(samples[0].chain));
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "report signature", ROW_NOT_CHECKED, "no VCEK");
	in.roots = NULL;
	expect_reason(VERIFY_UNCHECKED);
	assert_row(&result, "certificate chain", ROW_NOT_CHECKED, "no roots");
}

static void times(void **state)
{
	if (!load_sample(&samples[0]))
		SKIP_WITHOUT(vectors_path(samples[0].report));
	in.now = 2000000000; /* 2033: the VCEK is no longer valid */
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "certificate chain", ROW_FAILED, "expired");
	in.now = 1600000000; /* 2020 */
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "certificate chain", ROW_FAILED, "not yet valid");
}

/* Turin: there is a VCEK and its chain, but no report. */
static void real_chains(void **state)
{
	static const char *const chains[] = {
		"snp/certs/ask_ark_milan.pem",      "snp/certs/ask_ark_genoa.pem",
		"snp/certs/ask_ark_turin_vcek.pem", "snp/certs/ask_ark_milan_vlek.pem",
		"snp/certs/ask_ark_genoa_vlek.pem", "snp/certs/ask_ark_turin_vlek.pem",
	};
	STACK_OF(X509) * chain;
	char why[200];

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		if (!take_file(&roots, vectors_path(chains[i])))
			SKIP_WITHOUT(vectors_path(chains[i]));
		chain = cert_chain(roots.cert[0], NULL, &roots, TEST_NOW, why);
		assert_int_equal(sk_X509_num(chain), 2);
		sk_X509_pop_free(chain, X509_free);
		if (i == 2)
			break;
		roots_free(&roots);
		memset(&roots, 0, sizeof(roots));
	}
	assert_true(take_file(&roots, vectors_path("snp/reports/vcek_turin.der")));
	chain = cert_chain(roots.cert[2], NULL, &roots, TEST_NOW, why);
	assert_int_equal(sk_X509_num(chain), 3);
	sk_X509_pop_free(chain, X509_free);
}

/* ---- a platform of our own making ---- */
#define OID(tail) "1.3.6.1.4.1.3704.1." tail

static struct {
	EVP_PKEY *ark_key, *ask_key, *key; /* key: of VCEK or VLEK */
	X509 *ark, *ask;
} made;

static X509 *make_ca(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *by)
{
	X509 *cert = make_cert(key, name, issuer, issuer == NULL ? 1 : 2);

	add_ca_extensions(cert, issuer == NULL ? 1 : 0);
	sign_pss_sha384(cert, by);
	return cert;
}

static int make_platform(void **state)
{
	made.ark_key = make_rsa4096();
	made.ask_key = make_rsa4096();
	made.key = make_ec("P-384");
	made.ark = make_ca(made.ark_key, "ARK-Unit", NULL, made.ark_key);
	made.ask = make_ca(made.ask_key, "SEV-Unit", made.ark, made.ark_key);
	return 0;
}

static int free_platform(void **state)
{
	EVP_PKEY_free(made.ark_key);
	EVP_PKEY_free(made.ask_key);
	EVP_PKEY_free(made.key);
	X509_free(made.ark);
	X509_free(made.ask);
	return 0;
}

/* What the certificate of a signing key says. tcb as in reports; NULL product, csp: not in it. */
struct leaf {
	const char *name, *product, *csp;
	bool turin, no_spl, twice, wrapped;
	size_t chip_id_size;
	u8 tcb[8];
};

static const struct leaf milan = {
	.name = "SEV-VCEK",
	.product = "Milan-B1",
	.chip_id_size = 64,
	.tcb = { 4, 0, 0, 0, 0, 0, 0x18, 0xdb },
};
static const struct leaf turin = {
	.name = "SEV-VCEK",
	.product = "Turin",
	.turin = true,
	.chip_id_size = 8,
	.tcb = { 1, 2, 3, 4, 0, 0, 0, 0x80 },
};
static const struct leaf vlek = {
	.name = "SEV-VLEK",
	.product = "Milan",
	.csp = "Nobody's Cloud",
	.tcb = { 4, 0, 0, 0, 0, 0, 0x18, 0xdb },
};

static void add_text(X509 *cert, const char *oid, const char *text)
{
	u8 der[64] = { 0x16, (u8)strlen(text) };

	memcpy(der + 2, text, strlen(text));
	add_extension(cert, oid, der, 2 + strlen(text));
}

static void add_spl(X509 *cert, const char *oid, u8 value)
{
	const u8 narrow[] = { 2, 1, value }, wide[] = { 2, 2, 0, value };

	add_extension(cert, oid, value < 0x80 ? narrow : wide, value < 0x80 ? 3 : 4);
}

static void chip_id(u8 *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (u8)(0xc0 + i);
}

static X509 *make_leaf(const struct leaf *l)
{
	static const char *const oids_milan[8] = { OID("3.1"), OID("3.2"), NULL,       NULL,
						   NULL,       NULL,       OID("3.3"), OID("3.8") };
	static const char *const oids_turin[8] = { OID("3.9"), OID("3.1"), OID("3.2"), OID("3.3"),
						   NULL,       NULL,       NULL,       OID("3.8") };
	X509 *cert = make_cert(made.key, l->name, made.ask, 7);
	u8 id[2 + 64] = { 4, (u8)l->chip_id_size };

	if (l->product != NULL)
		add_text(cert, OID("2"), l->product);
	if (l->csp != NULL)
		add_text(cert, OID("5"), l->csp);
	for (unsigned i = 0; i < 8; i++) {
		const char *oid = l->turin ? oids_turin[i] : oids_milan[i];

		if (oid != NULL && !(l->no_spl && i == 7))
			add_spl(cert, oid, l->tcb[i]);
		if (oid != NULL && l->twice && i == 7)
			add_spl(cert, oid, l->tcb[i]);
	}
	chip_id(id + 2, l->chip_id_size);
	if (l->chip_id_size > 0)
		add_extension(cert, OID("4"), l->wrapped ? id : id + 2,
			      l->chip_id_size + (l->wrapped ? 2 : 0));
	sign_pss_sha384(cert, made.ask_key);
	return cert;
}

static void put_table(X509 *leaf, bool is_vlek, X509_CRL *crl);

/* r and s as reports have them. */
static void sign_report(void)
{
	u8 raw[96];

	memset(evidence + SNP_REPORT_SIGNATURE, 0, SNP_REPORT_SIZE - SNP_REPORT_SIGNATURE);
	sign_raw(made.key, EVP_sha384(), evidence, SNP_REPORT_SIGNATURE, raw, 48);
	for (unsigned i = 0; i < 48; i++) {
		evidence[SNP_REPORT_SIGNATURE + i] = raw[47 - i];
		evidence[SNP_REPORT_SIGNATURE + SNP_REPORT_SIG_COMPONENT + i] = raw[95 - i];
	}
}

/* A version 5 report that fits the certificate, and certificates behind it. */
static void make_report(const struct leaf *l)
{
	static const u16 tcb[] = { SNP_REPORT_CURRENT_TCB, SNP_REPORT_REPORTED_TCB,
				   SNP_REPORT_COMMITTED_TCB, SNP_REPORT_LAUNCH_TCB };
	X509 *leaf = make_leaf(l);

	memset(evidence, 0, SNP_REPORT_SIZE);
	evidence[SNP_REPORT_VERSION] = 5;
	le_put(evidence + SNP_REPORT_POLICY, 0x30000, 8);
	evidence[SNP_REPORT_SIG_ALGO] = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(tcb); i++)
		memcpy(evidence + tcb[i], l->tcb, 8);
	evidence[SNP_REPORT_KEY_INFO] = l->csp != NULL ? 1 << 2 : 0;
	evidence[SNP_REPORT_FAMILY] = l->turin ? 0x1a : 0x19;
	evidence[SNP_REPORT_MODEL] = l->turin ? 0x02 : 0x01;
	chip_id(evidence + SNP_REPORT_CHIP_ID, l->chip_id_size);
	memset(evidence + SNP_REPORT_ID_MA, 0xff, 32);
	sign_report();
	put_table(leaf, l->csp != NULL, NULL);
	X509_free(leaf);
	if (roots.certs == 0)
		take_x509(&roots, made.ark);
}

static size_t put_der(unsigned index, const char *guid, size_t at, unsigned char *der, int n)
{
	u8 *table = evidence + SNP_REPORT_SIZE, *entry = table + index * SNP_CERT_ENTRY_SIZE;

	assert_true(n > 0);
	for (unsigned i = 0; i < 16; i++) {
		unsigned byte;

		guid += *guid == '-';
		assert_int_equal(sscanf(guid, "%2x", &byte), 1);
		entry[i] = (u8)byte;
		guid += 2;
	}
	le_put(entry + SNP_CERT_OFFSET, at, 4);
	le_put(entry + SNP_CERT_LENGTH, (u64)n, 4);
	memcpy(table + at, der, (size_t)n);
	OPENSSL_free(der);
	return at + (size_t)n;
}

/* Leaf, ASK and perhaps a CRL. */
static void put_table(X509 *leaf, bool is_vlek, X509_CRL *crl)
{
	size_t at = 4 * SNP_CERT_ENTRY_SIZE;
	unsigned char *der = NULL;
	int n = i2d_X509(leaf, &der);

	memset(evidence + SNP_REPORT_SIZE, 0, at);
	at = put_der(0, is_vlek ? SNP_CERT_GUID_VLEK : SNP_CERT_GUID_VCEK, at, der, n);
	der = NULL;
	n = i2d_X509(made.ask, &der);
	at = put_der(1, SNP_CERT_GUID_ASK, at, der, n);
	if (crl != NULL) {
		der = NULL;
		n = i2d_X509_CRL(crl, &der);
		at = put_der(2, SNP_CERT_GUID_CRL, at, der, n);
	}
	evidence_size = SNP_REPORT_SIZE + at;
}

static void made_up(void **state)
{
	struct leaf l = milan;

	make_report(&milan);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "certificate table", ROW_INFO, "2 entries: VCEK ASK");
	assert_row(&result, "certificate chain", ROW_OK, "SEV-VCEK < SEV-Unit < ARK-Unit");
	assert_row(&result, "reported TCB", ROW_INFO,
		   "0xdb18000000000004: bootloader 4, TEE 0, SNP 24, microcode 219");

	make_report(&turin);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "product", ROW_OK, "family 1a model 02 (Turin)");
	assert_row(&result, "launch TCB", ROW_INFO,
		   "0x8000000004030201: FMC 1, bootloader 2, TEE 3, SNP 4, microcode 128");

	make_report(&vlek);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "report signature", ROW_OK, "VLEK");
	assert_row(&result, "provider", ROW_INFO, "Nobody's Cloud");
	assert_null(row_of(&result, "chip ID"));

	l.wrapped = true;
	make_report(&l);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "chip ID", ROW_OK, "");
}

/* The table apart from the report. */
static void separate_table(void **state)
{
	make_report(&milan);
	in.certificates =
	    (struct bytes){ evidence + SNP_REPORT_SIZE, evidence_size - SNP_REPORT_SIZE };
	evidence_size = SNP_REPORT_SIZE;
	expect_reason(VERIFY_HELD);
	in.certificates.size = 23;
	expect_reason(VERIFY_MALFORMED);
	assert_row(&result, "certificate table", ROW_FAILED, "");
	assert_row(&result, "certificate chain", ROW_FAILED, "no certificate");
}

static void bad_certificates(void **state)
{
	struct leaf l = milan;
	X509 *leaf;

	l.product = NULL;
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "product", ROW_FAILED, "certificate: ");
	l.product = "Genoa";
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	l.product = "Milanese";
	make_report(&l);
	expect_reason(VERIFY_BINDING);

	l = milan;
	l.no_spl = true;
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "certificate TCB", ROW_FAILED, "no component microcode");
	l.no_spl = false;
	l.twice = true;
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "certificate TCB", ROW_FAILED, "no component microcode");

	l = milan;
	l.chip_id_size = 0;
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "chip ID", ROW_FAILED, "none of 64 bytes");

	/* A VLEK with a chip in it, and one of nobody's. */
	l = vlek;
	l.chip_id_size = 64;
	make_report(&l);
	expect_reason(VERIFY_BINDING);
	l = vlek;
	l.csp = NULL;
	make_report(&l);
	evidence[SNP_REPORT_KEY_INFO] = 1 << 2;
	sign_report();
	leaf = make_leaf(&l);
	put_table(leaf, true, NULL);
	X509_free(leaf);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "provider", ROW_FAILED, "no CSP ID");

	/* Something behind the certificate that belongs to nothing: none at all, then. */
	make_report(&milan);
	evidence[SNP_REPORT_SIZE + 4 * SNP_CERT_ENTRY_SIZE + 4] ^= 0x20;
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "report signature", ROW_NOT_CHECKED, "");
}

/* What the chain must be: not less, not more, and of AMD's algorithms. */
static void bad_chains(void **state)
{
	X509 *leaf = make_leaf(&milan), *other;

	/* An intermediate is no anchor. */
	make_report(&milan);
	roots_free(&roots);
	memset(&roots, 0, sizeof(roots));
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "certificate chain", ROW_FAILED, "no self-signed certificate");
	take_x509(&roots, made.ask);
	expect_reason(VERIFY_CHAIN);
	assert_row(&result, "certificate chain", ROW_FAILED, "no self-signed certificate");
	roots_free(&roots);
	memset(&roots, 0, sizeof(roots));

	/* Signed by the ARK itself: two. */
	take_x509(&roots, made.ark);
	other = make_cert(made.key, "SEV-VCEK", made.ark, 3);
	sign_pss_sha384(other, made.ark_key);
	put_table(other, false, NULL);
	verify();
	assert_int_not_equal(result.reason, VERIFY_HELD);
	assert_row(&result, "certificate chain", ROW_FAILED, "not signing key, ASK, ARK");
	X509_free(other);

	/* PKCS #1 v1.5 */
	other = make_cert(made.key, "SEV-VCEK", made.ask, 3);
	assert_true(X509_sign(other, made.ask_key, EVP_sha384()) > 0);
	put_table(other, false, NULL);
	verify();
	assert_int_not_equal(result.reason, VERIFY_HELD);
	assert_row(&result, "certificate chain", ROW_FAILED, "RSASSA-PSS");
	X509_free(other);
	X509_free(leaf);
}

/* A name of an attacker's choice is printed without what a terminal would take for orders. */
static void hostile_names(void **state)
{
	X509 *other = make_cert(made.key, "SEV\x1b[2J\nok", made.ask, 3);

	make_report(&milan);
	add_text(other, OID("2"), "Mi\x1b[2J\nlan");
	sign_pss_sha384(other, made.ask_key);
	put_table(other, false, NULL);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "certificate chain", ROW_OK, "SEV?[2J?ok <");
	assert_row(&result, "product", ROW_FAILED, "certificate: Mi?[2J?lan");
	X509_free(other);
}

static void revocation(void **state)
{
	X509 *leaf = make_leaf(&milan);
	X509_CRL *crl;

	make_report(&milan);
	take_crl(&roots,
		 make_crl(made.ark, made.ark_key, 99, "260101000000Z", "270101000000Z", true));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "CRL", ROW_NOT_CHECKED, "SEV-VCEK: no CRL");
	take_crl(&roots,
		 make_crl(made.ask, made.ask_key, -1, "260101000000Z", "260201000000Z", true));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "CRL", ROW_NOT_CHECKED, "out of date");
	take_crl(&roots,
		 make_crl(made.ask, made.ask_key, -1, "270101000000Z", "280101000000Z", true));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "CRL", ROW_NOT_CHECKED, "out of date");
	take_crl(&roots,
		 make_crl(made.ask, made.ask_key, 6, "260101000000Z", "270101000000Z", true));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "CRL", ROW_OK, "SEV-VCEK is not on");

	/* Someone else's in the issuer's name revokes nothing. */
	take_crl(&roots,
		 make_crl(made.ask, made.ark_key, 7, "260101000000Z", "270101000000Z", true));
	expect_reason(VERIFY_HELD);
	/* The host's own may; one that is old, too. */
	crl = make_crl(made.ark, made.ark_key, 2, "250101000000Z", "250201000000Z", true);
	put_table(leaf, false, crl);
	X509_CRL_free(crl);
	expect_reason(VERIFY_TCB);
	make_report(&milan);
	take_crl(&roots,
		 make_crl(made.ask, made.ask_key, 7, "260101000000Z", "270101000000Z", true));
	expect_reason(VERIFY_TCB);
	assert_row(&result, "CRL", ROW_FAILED, "SEV-VCEK is revoked");
	X509_free(leaf);
}

/* ---- the report's own fields; re-signed, so that only they speak ---- */
static void put(unsigned at, u8 value)
{
	evidence[at] = value;
	sign_report();
}

static void bindings(void **state)
{
	make_report(&milan);
	put(SNP_REPORT_REPORTED_TCB, 3);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "certificate TCB", ROW_FAILED,
		   "0xdb18000000000004, reported is 0xdb18000000000003");
	make_report(&milan);
	put(SNP_REPORT_REPORTED_TCB + 3, 1); /* not a component here */
	expect_reason(VERIFY_BINDING);
	make_report(&milan);
	put(SNP_REPORT_CHIP_ID + 63, 0);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "chip ID", ROW_FAILED, "not the one");
	make_report(&turin);
	put(SNP_REPORT_CHIP_ID + 8, 1); /* behind the eight that count */
	expect_reason(VERIFY_BINDING);
	make_report(&milan);
	put(SNP_REPORT_MODEL, 0x11);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "product", ROW_FAILED, "(Genoa); certificate: Milan-B1");
	make_report(&milan);
	put(SNP_REPORT_FAMILY, 0x1b);
	expect_reason(VERIFY_BINDING);
	assert_row(&result, "product", ROW_FAILED, "not known");
	assert_row(&result, "reported TCB", ROW_INFO, "0xdb18000000000004");
	/* Version 2 has no family; the certificate tells. */
	make_report(&turin);
	evidence[SNP_REPORT_FAMILY] = evidence[SNP_REPORT_MODEL] = 0;
	put(SNP_REPORT_VERSION, 2);
	expect_reason(VERIFY_HELD);

	make_report(&milan);
	put(SNP_REPORT_KEY_INFO, 2);
	expect_reason(VERIFY_BINDING);
	memset(evidence + SNP_REPORT_CHIP_ID, 0, 64);
	sign_report();
	expect_reason(VERIFY_HELD);
	assert_row(&result, "chip ID", ROW_NOT_CHECKED, "masked");
	put(SNP_REPORT_KEY_INFO, 7 << 2);
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "report signature", ROW_FAILED, "by nobody");
	put(SNP_REPORT_KEY_INFO, 3 << 2);
	expect_reason(VERIFY_SIGNATURE);
	assert_row(&result, "report signature", ROW_FAILED, "unknown kind");
}

static void forms(void **state)
{
	static const struct {
		u16 at;
		u8 value;
	} cases[] = {
		{ SNP_REPORT_VERSION, 1 },       { SNP_REPORT_VERSION, 6 },
		{ SNP_REPORT_VERSION + 3, 1 },   { SNP_REPORT_SIG_ALGO, 0 },
		{ SNP_REPORT_SIG_ALGO, 2 },      { SNP_REPORT_POLICY + 2, 1 },
		{ SNP_REPORT_SIGNATURE - 1, 1 }, { SNP_REPORT_KEY_INFO + 4, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_report(&milan);
		put(cases[i].at, cases[i].value);
		expect_reason(VERIFY_MALFORMED);
		assert_row(&result, "format", ROW_FAILED, "");
	}
	make_report(&milan);
	evidence_size = SNP_REPORT_SIZE - 1;
	expect_reason(VERIFY_MALFORMED);
	assert_null(result.report_data.data);
}

static void policy(void **state)
{
	make_report(&milan);
	put(SNP_REPORT_POLICY + 2, 0x0b);
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "debug", ROW_FAILED, "allowed");
	in.allow_debug = true;
	expect_reason(VERIFY_HELD);
	assert_true(expect_set(&expected, "debug", "no"));
	expect_reason(VERIFY_POLICY);
	in.allow_debug = false;
	assert_true(expect_set(&expected, "debug", "allowed"));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "debug", ROW_INFO, "allowed");

	put(SNP_REPORT_POLICY + 2, 0x07);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "migration agent", ROW_INFO, "there is none");
	put(SNP_REPORT_ID_MA + 31, 0xfe);
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "migration agent", ROW_FAILED, "associated");
	put(SNP_REPORT_ID_MA + 31, 0xff);

	put(SNP_REPORT_POLICY + 2, 0x32);
	le_put(evidence + SNP_REPORT_POLICY, 0x137, 2);
	put(SNP_REPORT_POLICY + 3, 0x41);
	put(SNP_REPORT_PLATFORM_INFO, 0x81);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "SMT", ROW_INFO, "not allowed");
	assert_row(&result, "single socket", ROW_INFO, "required");
	assert_row(&result, "ABI version", ROW_INFO, "at least 1.55");
	assert_row(&result, "other policy", ROW_INFO,
		   "CXL allowed, ciphertext hiding required, bit 30");
	assert_row(&result, "platform", ROW_INFO, "SMT, TIO");
	assert_null(row_of(&result, "author key"));
	put(SNP_REPORT_AUTHOR_KEY, 0xab);
	put(SNP_REPORT_KEY_INFO, 1);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "author key", ROW_INFO, "ab0000");
}

static void vmpl_and_expectations(void **state)
{
	make_report(&milan);
	put(SNP_REPORT_VMPL, 3);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "vmpl", ROW_INFO, "3");
	assert_true(expect_set(&expected, "vmpl", "0"));
	expect_reason(VERIFY_POLICY);
	put(SNP_REPORT_VMPL, 0);
	expect_reason(VERIFY_HELD);
	assert_row(&result, "vmpl", ROW_OK, "0");
	put(SNP_REPORT_VMPL, 4);
	expect_reason(VERIFY_POLICY);
	memset(evidence + SNP_REPORT_VMPL, 0xff, 4);
	sign_report();
	expect_reason(VERIFY_POLICY);
	assert_row(&result, "vmpl", ROW_FAILED, "the host asked");
	memset(evidence + SNP_REPORT_VMPL, 0, 4);

	assert_true(expect_set(&expected, "guest-svn", "2"));
	put(SNP_REPORT_GUEST_SVN, 2);
	expect_reason(VERIFY_HELD);
	put(SNP_REPORT_GUEST_SVN, 1);
	expect_reason(VERIFY_POLICY);
	put(SNP_REPORT_GUEST_SVN, 2);
	put(SNP_REPORT_HOST_DATA + 31, 0x5a);
	assert_true(expect_set(&expected, "host-data",
			       "0000000000000000000000000000000000000000000000000000000000000000"));
	expect_reason(VERIFY_POLICY);
	put(SNP_REPORT_HOST_DATA + 31, 0);
	expect_reason(VERIFY_HELD);
}

static void minimum_tcb(void **state)
{
	static const struct {
		unsigned at;
		const char *row;
	} rows[] = {
		{ SNP_REPORT_CURRENT_TCB, "current TCB" },
		{ SNP_REPORT_COMMITTED_TCB, "committed TCB" },
		{ SNP_REPORT_LAUNCH_TCB, "launch TCB" },
	};

	make_report(&milan);
	assert_true(expect_set(&expected, "min-tcb", "0xdb18000000000004"));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "reported TCB", ROW_OK, "SNP 24");
	assert_null(row_of(&result, "minimum TCB"));
	/* Each component counts by itself: a higher microcode makes up for nothing. */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		evidence[rows[i].at + 7] = 0xff;
		put(rows[i].at, 3);
		expect_reason(VERIFY_TCB);
		assert_row(&result, rows[i].row, ROW_FAILED, "at least 0xdb18000000000004");
		put(rows[i].at, 4);
		expect_reason(VERIFY_HELD);
	}
	assert_true(expect_set(&expected, "min-tcb", "DB18000000000005"));
	expect_reason(VERIFY_TCB);
	assert_row(&result, "reported TCB", ROW_FAILED, "bootloader 4");
}

/* ---- the test keys of our hosts ---- */
static EVP_PKEY *test_vcek(void)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *scalar = BN_bin2bn(vcek_private, sizeof(vcek_private), NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_clear_free(scalar);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A report as our host's, by the directory of its keys and nothing else. */
static void test_keys(void **state)
{
	static const u16 tcb[] = { SNP_REPORT_CURRENT_TCB, SNP_REPORT_REPORTED_TCB,
				   SNP_REPORT_COMMITTED_TCB, SNP_REPORT_LAUNCH_TCB };
	EVP_PKEY *mine = made.key;

	make_report(&milan);
	roots_free(&roots);
	memset(&roots, 0, sizeof(roots));
	evidence_size = SNP_REPORT_SIZE;
	evidence[SNP_REPORT_VERSION] = 3;
	for (unsigned i = 0; i < ARRAY_SIZE(tcb); i++)
		memcpy(evidence + tcb[i], snp_tcb, sizeof(snp_tcb));
	memcpy(evidence + SNP_REPORT_CHIP_ID, snp_chip_id, sizeof(snp_chip_id));
	made.key = test_vcek();
	sign_report();
	EVP_PKEY_free(made.key);
	made.key = mine;
	assert_true(roots_load(&roots, KEYS_DIR "/snp"));
	expect_reason(VERIFY_HELD);
	assert_row(&result, "product", ROW_OK, "Milan");
	sign_report();
	expect_reason(VERIFY_SIGNATURE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(real_reports),     TEST(by_content),  TEST(every_bit),
		TEST(wrong_chains),     TEST(wrong_keys),  TEST(times),
		TEST(real_chains),      TEST(made_up),     TEST(separate_table),
		TEST(bad_certificates), TEST(bad_chains),  TEST(hostile_names),
		TEST(revocation),       TEST(bindings),    TEST(forms),
		TEST(policy),           TEST(minimum_tcb), TEST(vmpl_and_expectations),
		TEST(test_keys),
	};

	return cmocka_run_group_tests(tests, make_platform, free_platform);
}
