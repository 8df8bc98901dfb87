/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TDX quote: its signature by the attestation key, that key's binding by the QE report, the QE
 * report's signature by the platform's PCK, and the PCK's way to a root among the roots. Or a bare
 * TDREPORT, whose MAC nobody but its own platform can check.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "abi/tdx.h"
#include "tdx_claims.h"

#define CHAIN_LENGTH 3
#define CHAIN_MAX    8 /* certificates read from a quote */

/* ---- chain in the quote ---- */
static STACK_OF(X509) * read_chain(struct bytes pem)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	BIO *mem = BIO_new_mem_buf(pem.data, (int)pem.size);
	X509 *cert;

	while (sk_X509_num(chain) < CHAIN_MAX &&
	       (cert = PEM_read_bio_X509(mem, NULL, NULL, NULL)) != NULL)
		sk_X509_push(chain, cert);
	ERR_clear_error(); /* the end of the text is one */
	BIO_free(mem);
	return chain;
}

static void judge_chain(const struct verify_input *in, struct verify_result *r,
			const STACK_OF(X509) * chain)
{
	char name[CHAIN_LENGTH][X509_NAME_MAX];

	if (sk_X509_num(chain) != CHAIN_LENGTH) {
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "PCK chain",
			   "the chain is not PCK certificate, PCK CA, root");
		return;
	}
	for (int i = 0; i < CHAIN_LENGTH; i++)
		cert_name(sk_X509_value(chain, i), name[i]);
	verify_add(r, ROW_OK, VERIFY_HELD, "PCK chain", "%s < %s < %s", name[0], name[1], name[2]);
	cert_revocation(in, r, chain, NULL);
}

static void check_chain(const struct verify_input *in, struct verify_result *r, X509 *leaf,
			STACK_OF(X509) * between)
{
	STACK_OF(X509) * chain;
	char why[200] = "";

	if (in->roots == NULL) {
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "PCK chain",
			   "no roots were given");
		return;
	}
	chain = cert_chain(leaf, between, in->roots, in->now, why);
	if (chain == NULL)
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "PCK chain", "%s", why);
	else
		judge_chain(in, r, chain);
	sk_X509_pop_free(chain, X509_free);
}

/* ---- signatures ---- */
bool tdx_signature_holds(EVP_PKEY *key, struct bytes signature, struct bytes data)
{
	return ecdsa_holds(key, "P-256", BN_bin2bn(signature.data, 32, NULL),
			   BN_bin2bn(signature.data + 32, 32, NULL), data);
}

bool tdx_quote_signature_holds(const struct tdx_quote *q)
{
	u8 point[1 + QUOTE_ATT_KEY_SIZE] = { 4 };
	EVP_PKEY *key;
	bool good;

	memcpy(point + 1, q->attestation_key.data, QUOTE_ATT_KEY_SIZE);
	key = ec_public_key("P-256", point, sizeof(point)); /* NULL: not on the curve */
	good = key != NULL && tdx_signature_holds(key, q->signature, q->signed_part);
	EVP_PKEY_free(key);
	return good;
}

/* QE report data: SHA-256 of key and authentication data, then zeros. */
static bool key_is_bound(const struct tdx_quote *q)
{
	u8 want[QUOTE_QE_REPORT_SIZE - QUOTE_QE_REPORT_DATA] = { 0 };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool done = EVP_DigestInit(md, EVP_sha256()) == 1 &&
		    EVP_DigestUpdate(md, q->attestation_key.data, q->attestation_key.size) == 1 &&
		    EVP_DigestUpdate(md, q->auth.data, q->auth.size) == 1 &&
		    EVP_DigestFinal(md, want, NULL) == 1;

	EVP_MD_CTX_free(md);
	return done && memcmp(q->qe_report.data + QUOTE_QE_REPORT_DATA, want, sizeof(want)) == 0;
}

static void say(struct verify_result *r, bool good, enum verify_reason reason, const char *name,
		const char *ok, const char *failed)
{
	verify_add(r, good ? ROW_OK : ROW_FAILED, reason, name, "%s", good ? ok : failed);
}

/* ---- the quoting enclave ---- */
static void check_qe(struct verify_result *r, const struct tdx_quote *q, X509 *leaf)
{
	u8 flags = q->qe_report.data[QE_ATTRIBUTES];

	say(r,
	    leaf != NULL &&
		tdx_signature_holds(X509_get0_pubkey(leaf), q->qe_signature, q->qe_report),
	    VERIFY_SIGNATURE, "QE report signature", "ECDSA P-256 by the PCK",
	    leaf != NULL ? "not by the PCK certificate of the quote"
			 : "no PCK certificate in the quote");
	/* A debug enclave's keys are its host's. */
	say(r, (flags & QE_DEBUG) == 0, VERIFY_POLICY, "QE debug", "not a debug enclave",
	    "a debug enclave: its attestation key is its host's");
}

static void check_quote(const struct verify_input *in, struct verify_result *r,
			const struct tdx_quote *q)
{
	STACK_OF(X509) *chain = read_chain(q->pck_chain);
	X509 *leaf = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
	struct pck_platform platform;

	say(r, tdx_quote_signature_holds(q), VERIFY_SIGNATURE, "quote signature",
	    "ECDSA P-256 by the attestation key", "not by the attestation key");
	say(r, key_is_bound(q), VERIFY_BINDING, "attestation key", "named by the QE report",
	    "the QE report names another");
	check_qe(r, q, leaf);
	if (leaf == NULL)
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "PCK chain", "no certificate in the quote");
	else
		check_chain(in, r, leaf, chain);
	/* Any certificate of the root's may sign nothing but what its kind is for. */
	if (leaf != NULL && pck_platform_read(leaf, &platform)) {
		pck_platform_row(r, &platform);
		tdx_check_collateral(in, r, q, &platform);
	} else if (leaf != NULL) {
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "PCK platform",
			   "not a PCK certificate: no SGX extension, or not all of it");
	}
	sk_X509_pop_free(chain, X509_free);
}

/* ---- the two kinds of evidence ---- */
static void take_claims(struct verify_result *r, const struct tdx_claims *c)
{
	r->report_data = c->report_data;
	r->measurement = c->mrtd;
	r->reg_size = TDX_DIGEST_SIZE;
	for (unsigned i = 0; i < ARRAY_SIZE(c->rtmr); i++)
		r->reg[i] = c->rtmr[i];
}

static void verify_report(const struct verify_input *in, struct verify_result *r,
			  const struct tdx_report *report)
{
	verify_add(r, ROW_INFO, VERIFY_HELD, "format", "TDREPORT, version %u", report->version);
	take_claims(r, &report->claims);
	say(r, tdx_report_check(report) == ST_OK, VERIFY_BINDING, "report hashes",
	    "TCB info and TD info are those the MAC covers",
	    "TCB info or TD info is not what the MAC covers");
	verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "MAC",
		   "only the platform that made it has the key; ask for a quote");
	tdx_check_claims(in, r, &report->claims);
}

static void verify_quote(const struct verify_input *in, struct verify_result *r,
			 const struct tdx_quote *q)
{
	verify_add(r, ROW_INFO, VERIFY_HELD, "format", "quote, version %u%s", q->version,
		   q->claims.servtd.data != NULL ? ", TD report 1.5" : "");
	if (!bytes_zero(q->extra))
		verify_add(r, ROW_INFO, VERIFY_HELD, "behind the quote",
			   "%zu bytes that nobody signed, not looked at", q->extra.size);
	take_claims(r, &q->claims);
	check_quote(in, r, q);
	tdx_check_claims(in, r, &q->claims);
}

void verify_tdx(const struct verify_input *in, struct verify_result *r)
{
	struct tdx_report report;
	struct tdx_quote quote;
	enum status st;

	r->platform = "tdx";
	st = tdx_report_parse(in->evidence.data, in->evidence.size, &report);
	if (st == ST_OK) {
		verify_report(in, r, &report);
		return;
	}
	st = tdx_quote_parse(in->evidence.data, in->evidence.size, &quote);
	if (st == ST_OK)
		verify_quote(in, r, &quote);
	else
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "format",
			   "neither TDREPORT nor quote: %s", status_text(st));
}
