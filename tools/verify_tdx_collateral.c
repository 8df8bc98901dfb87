/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB info and QE identity as Intel's provisioning certification service issues them (API 4), from
 * the JSON among the roots: what the versions in a quote are worth today. Optional: what is not
 * there, not in date or signed by nobody the roots lead to is "not checked", never "ok".
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/x509v3.h>

#include "abi/tdx.h"
#include "tdx_claims.h"

#define COMPONENTS   16
#define MODULE_MINOR 0 /* bytes of TEE_TCB_SVN */
#define MODULE_MAJOR 1
#define SIGNER_CHAIN 2 /* TCB signing certificate, root */

/* ---- reading ---- */
static const char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s != NULL ? s : "";
}

static bool hex_of(const json_t *object, const char *name, u8 *out, size_t size)
{
	return hex_parse(text_of(object, name), out, size);
}

static bool is_hex(const json_t *object, const char *name, struct bytes is)
{
	u8 want[64];

	return is.size <= sizeof(want) && hex_of(object, name, want, is.size) &&
	       memcmp(want, is.data, is.size) == 0;
}

/* (is & mask) == value, both of the object */
static bool is_masked(const json_t *object, const char *value, const char *mask, struct bytes is)
{
	u8 want[QE_ATTRIBUTES_SIZE], bits[QE_ATTRIBUTES_SIZE];

	if (is.size > sizeof(want) || !hex_of(object, value, want, is.size) ||
	    !hex_of(object, mask, bits, is.size))
		return false;
	for (size_t i = 0; i < is.size; i++)
		if ((is.data[i] & bits[i]) != want[i])
			return false;
	return true;
}

/* A whole number of 0 to max; -1: none. */
static long number_of(const json_t *object, const char *name, long max)
{
	const json_t *n = json_object_get(object, name);

	if (!json_is_integer(n) || json_integer_value(n) < 0 || json_integer_value(n) > max)
		return -1;
	return (long)json_integer_value(n);
}

/* "2025-05-27T19:05:27Z"; -1: not of that form. */
static time_t time_of(const json_t *object, const char *name)
{
	struct tm tm = { 0 };
	const char *end = strptime(text_of(object, name), "%Y-%m-%dT%H:%M:%SZ", &tm);

	return end != NULL && *end == '\0' ? timegm(&tm) : -1;
}

/* ---- authenticity ---- */
/* Signed is the text as Intel sent it, which has no spaces: what we parsed, written that way, so
 * that nothing is used that was not signed. */
static bool signed_by(X509 *cert, const json_t *body, const u8 signature[64])
{
	char *text = json_dumps(body, JSON_COMPACT);
	bool good = text != NULL &&
		    tdx_signature_holds(X509_get0_pubkey(cert), (struct bytes){ signature, 64 },
					(struct bytes){ (u8 *)text, strlen(text) });

	free(text);
	return good;
}

/* The TCB signing certificate stands right below the root. A platform's PCK does not, or its owner
 * could say what is up to date. */
static bool may_sign(const struct verify_input *in, struct verify_result *r, X509 *cert)
{
	char why[200];
	STACK_OF(X509) *chain = cert_chain(cert, NULL, in->roots, in->now, why);
	bool good = chain != NULL && sk_X509_num(chain) == SIGNER_CHAIN && X509_check_ca(cert) == 0;

	if (good)
		cert_revocation(in, r, chain, NULL);
	sk_X509_pop_free(chain, X509_free);
	return good;
}

static bool is_authentic(const struct verify_input *in, struct verify_result *r, const json_t *file,
			 const json_t *body)
{
	u8 signature[64];

	if (!hex_of(file, "signature", signature, sizeof(signature)))
		return false;
	for (size_t i = 0; i < in->roots->certs; i++)
		if (signed_by(in->roots->cert[i], body, signature) &&
		    may_sign(in, r, in->roots->cert[i]))
			return true;
	return false;
}

/* NULL: may be used. */
static const char *why_not(const struct verify_input *in, struct verify_result *r,
			   const json_t *file, const json_t *body)
{
	time_t now = in->now != 0 ? in->now : time(NULL);
	time_t from = time_of(body, "issueDate"), until = time_of(body, "nextUpdate");

	if (!is_authentic(in, r, file, body))
		return "its signature leads to none of the roots";
	if (from < 0 || until < 0 || now < from || now > until)
		return "not in date";
	return NULL;
}

/* ---- levels ---- */
/* What the service says of a level; text of it in the row. */
static void status_row(struct verify_result *r, const char *name, const json_t *level)
{
	static const char *const usable[] = { "SWHardeningNeeded", "ConfigurationNeeded",
					      "ConfigurationAndSWHardeningNeeded" };
	const char *status = text_of(level, "tcbStatus");
	enum verify_state state = ROW_FAILED;
	char advisories[120] = "";
	const json_t *one;
	size_t i, n = 0;

	if (strcmp(status, "UpToDate") == 0)
		state = ROW_OK;
	for (i = 0; i < ARRAY_SIZE(usable); i++)
		if (strcmp(status, usable[i]) == 0)
			state = ROW_INFO;
	json_array_foreach(json_object_get(level, "advisoryIDs"), i, one)
	{
		if (json_is_string(one) && n < sizeof(advisories))
			n += (size_t)snprintf(advisories + n, sizeof(advisories) - n, " %.20s",
					      json_string_value(one));
	}
	if (level == NULL)
		verify_add(r, ROW_FAILED, VERIFY_TCB, name, "lower than every known level");
	else
		verify_add(r, state, VERIFY_TCB, name, "%.40s of %.20s%s", status,
			   text_of(level, "tcbDate"), advisories);
}

/* Levels come highest first; the first with isvsvn not above svn. */
static const json_t *level_by_svn(const json_t *levels, long svn)
{
	const json_t *level;
	size_t i;

	json_array_foreach(levels, i, level)
	{
		long n = number_of(json_object_get(level, "tcb"), "isvsvn", 0xffff);

		if (n >= 0 && n <= svn)
			return level;
	}
	return NULL;
}

/* Every component from `first` on at least the level's. */
static bool reaches(const json_t *tcb, const char *name, const u8 *svn, size_t first)
{
	const json_t *list = json_object_get(tcb, name);

	if (json_array_size(list) != COMPONENTS)
		return false;
	for (size_t i = first; i < COMPONENTS; i++) {
		long n = number_of(json_array_get(list, i), "svn", 0xff);

		if (n < 0 || svn[i] < n)
			return false;
	}
	return true;
}

/* From TDX 1.5 on the module's own two bytes are judged by its identity instead. */
static const json_t *platform_level(const json_t *levels, const struct pck_platform *p,
				    const u8 *tee_svn)
{
	size_t first = tee_svn[MODULE_MAJOR] > 0 ? 2 : 0, i;
	const json_t *level;

	json_array_foreach(levels, i, level)
	{
		const json_t *tcb = json_object_get(level, "tcb");
		long pce = number_of(tcb, "pcesvn", 0xffff);

		if (pce >= 0 && (long)p->pce_svn >= pce &&
		    reaches(tcb, "sgxtcbcomponents", p->component, 0) &&
		    reaches(tcb, "tdxtcbcomponents", tee_svn, first))
			return level;
	}
	return NULL;
}

/* ---- TDX module ---- */
static bool is_module(const json_t *identity, const struct tdx_claims *c)
{
	u8 attributes[8];

	for (unsigned i = 0; i < sizeof(attributes); i++)
		attributes[i] = (u8)(c->seam_attributes >> 8 * i);
	return is_hex(identity, "mrsigner", c->mrsignerseam) &&
	       is_masked(identity, "attributes", "attributesMask",
			 (struct bytes){ attributes, sizeof(attributes) });
}

static void judge_module(struct verify_result *r, const json_t *info, const struct tdx_claims *c)
{
	unsigned major = c->tcb_svn.data[MODULE_MAJOR];
	const json_t *identity = json_object_get(info, "tdxModule"), *one;
	char id[8];
	size_t i;

	snprintf(id, sizeof(id), "TDX_%02x", major);
	if (major > 0) {
		identity = NULL;
		json_array_foreach(json_object_get(info, "tdxModuleIdentities"), i, one)
		{
			if (strcasecmp(text_of(one, "id"), id) == 0)
				identity = one;
		}
	}
	if (identity == NULL || !is_module(identity, c))
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "TDX module",
			   "signer or attributes are not those of %s", major > 0 ? id : "TDX 1.0");
	else if (major > 0)
		status_row(r, "TDX module",
			   level_by_svn(json_object_get(identity, "tcbLevels"),
					c->tcb_svn.data[MODULE_MINOR]));
	else
		verify_add(r, ROW_OK, VERIFY_HELD, "TDX module", "the one TCB info names");
}

/* ---- the two kinds ---- */
static void judge_tcb(struct verify_result *r, const json_t *info, const struct tdx_quote *q,
		      const struct pck_platform *p)
{
	status_row(r, "TCB info",
		   platform_level(json_object_get(info, "tcbLevels"), p, q->claims.tcb_svn.data));
	judge_module(r, info, &q->claims);
}

static void judge_qe(struct verify_result *r, const json_t *id, const struct tdx_quote *q)
{
	const u8 *qe = q->qe_report.data;
	long product = qe[QUOTE_QE_ISVPRODID] | qe[QUOTE_QE_ISVPRODID + 1] << 8;
	long svn = qe[QUOTE_QE_ISVSVN] | qe[QUOTE_QE_ISVSVN + 1] << 8;

	if (!is_hex(id, "mrsigner", (struct bytes){ qe + QUOTE_QE_MRSIGNER, 32 }) ||
	    number_of(id, "isvprodid", 0xffff) != product ||
	    !is_masked(id, "miscselect", "miscselectMask",
		       (struct bytes){ qe + QE_MISCSELECT, 4 }) ||
	    !is_masked(id, "attributes", "attributesMask",
		       (struct bytes){ qe + QE_ATTRIBUTES, QE_ATTRIBUTES_SIZE }))
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "QE identity",
			   "signer, product or attributes are another enclave's");
	else
		status_row(r, "QE identity", level_by_svn(json_object_get(id, "tcbLevels"), svn));
}

/* Is it the TCB info of this platform, or the identity of TDX's quoting enclave? */
static bool is_tcb_of(const json_t *info, const struct pck_platform *p)
{
	return strcmp(text_of(info, "id"), "TDX") == 0 &&
	       is_hex(info, "fmspc", (struct bytes){ p->fmspc, sizeof(p->fmspc) }) &&
	       is_hex(info, "pceId", (struct bytes){ p->pce_id, sizeof(p->pce_id) });
}

static bool is_td_qe(const json_t *id)
{
	return strcmp(text_of(id, "id"), "TD_QE") == 0;
}

/* Of several the first that may be used counts; of none that may, what the last lacked is said. */
static void check_kind(const struct verify_input *in, struct verify_result *r,
		       const struct tdx_quote *q, const struct pck_platform *p, bool tcb)
{
	const char *name = tcb ? "TCB info" : "QE identity", *why = "none among the roots";
	const char *member = tcb ? "tcbInfo" : "enclaveIdentity";
	bool done = false;

	for (size_t i = 0; in->roots != NULL && i < in->roots->jsons && !done; i++) {
		struct bytes text = in->roots->json[i];
		json_t *file =
		    json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
		const json_t *body = json_object_get(file, member);

		if (tcb ? is_tcb_of(body, p) : is_td_qe(body)) {
			why = why_not(in, r, file, body);
			done = why == NULL;
			if (done && tcb)
				judge_tcb(r, body, q, p);
			else if (done)
				judge_qe(r, body, q);
		}
		json_decref(file);
	}
	if (!done)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, name, "%s", why);
}

void tdx_check_collateral(const struct verify_input *in, struct verify_result *r,
			  const struct tdx_quote *q, const struct pck_platform *p)
{
	check_kind(in, r, q, p, false);
	check_kind(in, r, q, p, true);
}
