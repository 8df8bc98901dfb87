/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SNP report: form, signature by the chip's VCEK or the provider's VLEK, and that key's way to
 * an ARK among the roots. Certificates come with the report, from its host: they are candidates,
 * and the one that signed is judged by where it leads.
 */
#include <string.h>

#include "abi/snp.h"
#include "snp_claims.h"

#define VERSION_MAX  5 /* of reports whose reserved bytes we know */
#define KEY_SHIFT    2 /* KEY_INFO [4:2]: who signed */
#define KEY_MASK     7
#define KEY_VCEK     0
#define KEY_VLEK     1
#define KEY_NONE     7
#define CHAIN_LENGTH 3
#define ARK_BITS     4096

struct signer {
	bool vlek;
	struct snp_certs table;
	X509 *cert; /* whose key signed; NULL: none */
	STACK_OF(X509) * between;
};

/* One certificate and nothing behind it. */
static X509 *from_der(struct bytes der)
{
	const unsigned char *p = der.data;
	X509 *cert = der.data != NULL ? d2i_X509(NULL, &p, (long)der.size) : NULL;

	if (cert != NULL && p != der.data + der.size) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

/* ---- the table ---- */
static void read_table(const struct verify_input *in, struct verify_result *r,
		       struct snp_certs *table)
{
	struct bytes b = in->certificates;
	enum status st;

	*table = (struct snp_certs){ 0 };
	if (b.data == NULL && in->evidence.size > SNP_REPORT_SIZE)
		b = (struct bytes){ in->evidence.data + SNP_REPORT_SIZE,
				    in->evidence.size - SNP_REPORT_SIZE };
	if (b.data == NULL || b.size == 0)
		return;
	st = snp_certs_parse(b.data, b.size, table);
	if (st == ST_OK) {
		verify_add(
		    r, ROW_INFO, VERIFY_HELD, "certificate table", "%zu entries:%s%s%s%s%s",
		    table->count, table->vcek.data != NULL ? " VCEK" : "",
		    table->vlek.data != NULL ? " VLEK" : "", table->ask.data != NULL ? " ASK" : "",
		    table->ark.data != NULL ? " ARK" : "", table->crl.data != NULL ? " CRL" : "");
		return;
	}
	*table = (struct snp_certs){ 0 };
	verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "certificate table", "%s", status_text(st));
}

/* ---- who signed ---- */
bool snp_signature_holds(const struct snp_report *report, X509 *cert)
{
	return ecdsa_holds(
	    X509_get0_pubkey(cert), "P-384", BN_lebin2bn(report->r.data, (int)report->r.size, NULL),
	    BN_lebin2bn(report->s.data, (int)report->s.size, NULL), report->signed_part);
}

static bool is_named(X509 *cert, const char *name)
{
	char is[X509_NAME_MAX];

	return strcmp(cert_name(cert, is), name) == 0;
}

/* The first candidate whose key made this signature: the table's, then those among the roots. */
static X509 *find_signer(const struct verify_input *in, const struct snp_report *report,
			 struct signer *s, size_t *candidates)
{
	const char *name = s->vlek ? "SEV-VLEK" : "SEV-VCEK";
	X509 *cert = from_der(s->vlek ? s->table.vlek : s->table.vcek);

	*candidates = cert != NULL;
	if (cert != NULL && snp_signature_holds(report, cert))
		return cert;
	X509_free(cert);
	for (size_t i = 0; in->roots != NULL && i < in->roots->certs; i++) {
		cert = in->roots->cert[i];
		if (!is_named(cert, name))
			continue;
		++*candidates;
		if (snp_signature_holds(report, cert) && X509_up_ref(cert) == 1)
			return cert;
	}
	return NULL;
}

static void check_signature(const struct verify_input *in, struct verify_result *r,
			    const struct snp_report *report, struct signer *s)
{
	unsigned key = report->key_info >> KEY_SHIFT & KEY_MASK;
	size_t candidates;

	s->vlek = key == KEY_VLEK;
	if (key != KEY_VCEK && key != KEY_VLEK) {
		verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "report signature", "%s",
			   key == KEY_NONE ? "signed by nobody, as the report says"
					   : "signed by a key of unknown kind");
		return;
	}
	s->cert = find_signer(in, report, s, &candidates);
	if (s->cert != NULL)
		verify_add(r, ROW_OK, VERIFY_HELD, "report signature", "ECDSA P-384 by the %s",
			   s->vlek ? "VLEK" : "VCEK");
	else if (candidates > 0)
		verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "report signature",
			   "not by the %s that was given (%zu tried)", s->vlek ? "VLEK" : "VCEK",
			   candidates);
	else
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "report signature",
			   "no %s: it came neither with the report nor from the roots",
			   s->vlek ? "VLEK" : "VCEK");
}

/* ---- chain ---- */
/* RSASSA-PSS with SHA-384 by a key of 4096 bits, three certificates: no other chain is AMD's. */
static const char *wrong_form(const STACK_OF(X509) * chain)
{
	if (sk_X509_num(chain) != CHAIN_LENGTH)
		return "the chain is not signing key, ASK, ARK";
	for (int i = 0; i < CHAIN_LENGTH; i++) {
		X509 *issuer = sk_X509_value(chain, i + 1 < CHAIN_LENGTH ? i + 1 : i);
		int md = NID_undef, pk = NID_undef;

		if (X509_get_signature_info(sk_X509_value(chain, i), &md, &pk, NULL, NULL) != 1 ||
		    md != NID_sha384 || pk != NID_rsassaPss ||
		    EVP_PKEY_get_bits(X509_get0_pubkey(issuer)) != ARK_BITS)
			return "a certificate is not signed by RSASSA-PSS, SHA-384, 4096 bits";
	}
	return NULL;
}

static X509_CRL *own_crl(const struct snp_certs *table)
{
	const unsigned char *p = table->crl.data;

	return p != NULL ? d2i_X509_CRL(NULL, &p, (long)table->crl.size) : NULL;
}

static void judge_chain(const struct verify_input *in, struct verify_result *r,
			const struct signer *s, const STACK_OF(X509) * chain)
{
	char name[CHAIN_LENGTH][X509_NAME_MAX];
	const char *why = wrong_form(chain);
	X509_CRL *crl = own_crl(&s->table);

	if (why != NULL) {
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "certificate chain", "%s", why);
	} else {
		for (int i = 0; i < CHAIN_LENGTH; i++)
			cert_name(sk_X509_value(chain, i), name[i]);
		verify_add(r, ROW_OK, VERIFY_HELD, "certificate chain", "%s < %s < %s", name[0],
			   name[1], name[2]);
		cert_revocation(in, r, chain, crl);
	}
	X509_CRL_free(crl);
}

static void check_chain(const struct verify_input *in, struct verify_result *r, struct signer *s)
{
	X509 *ask = from_der(s->table.ask);
	STACK_OF(X509) *chain = NULL;
	char why[200] = "";

	if (ask != NULL)
		sk_X509_push(s->between, ask);
	if (in->roots == NULL) {
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "certificate chain",
			   "no roots were given");
		return;
	}
	if (s->cert == NULL) {
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "certificate chain",
			   "no certificate of the signing key");
		return;
	}
	chain = cert_chain(s->cert, s->between, in->roots, in->now, why);
	if (chain == NULL)
		verify_add(r, ROW_FAILED, VERIFY_CHAIN, "certificate chain", "%s", why);
	else
		judge_chain(in, r, s, chain);
	sk_X509_pop_free(chain, X509_free);
}

/* ---- the report ---- */
/* False: of no kind we can read. */
static bool check_form(const struct verify_input *in, struct verify_result *r,
		       struct snp_report *report)
{
	enum status st = snp_report_parse(in->evidence.data, in->evidence.size, report);

	if (st != ST_OK) {
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "format", "%s", status_text(st));
		return false;
	}
	st = snp_report_check_form(report);
	if (st == ST_UNSUPPORTED || report->version > VERSION_MAX) {
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "format",
			   "version %u, signature algorithm %u: not known", report->version,
			   report->signature_algo);
		return false;
	}
	if (st != ST_OK)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "format",
			   "policy bit 17 is clear, or a reserved byte is set");
	else
		verify_add(r, ROW_INFO, VERIFY_HELD, "format", "SNP report, version %u",
			   report->version);
	return true;
}

void verify_snp(const struct verify_input *in, struct verify_result *r)
{
	struct signer s = { .between = sk_X509_new_null() };
	struct snp_report report;

	r->platform = "snp";
	if (check_form(in, r, &report)) {
		r->report_data = report.report_data;
		r->measurement = report.measurement;
		read_table(in, r, &s.table);
		check_signature(in, r, &report, &s);
		check_chain(in, r, &s);
		if (s.cert != NULL)
			snp_check_certificate(r, &report, s.cert, s.vlek);
		snp_check_policy(in, r, &report);
		snp_check_tcb(in, r, &report, snp_product_of(&report, s.cert));
	}
	X509_free(s.cert);
	sk_X509_pop_free(s.between, X509_free);
}
