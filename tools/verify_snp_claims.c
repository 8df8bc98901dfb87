/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an SNP report says, by name: product and chip against the certificate, TCB versions by
 * component, policy. Policy and host data are the host's choice at launch and in no measurement: a
 * verifier who does not look at them has verified nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/snp.h"
#include "snp_claims.h"

#define AMD_OID         "1.3.6.1.4.1.3704.1."
#define OID_PRODUCT     AMD_OID "2"
#define OID_CHIP_ID     AMD_OID "4"
#define OID_CSP_ID      AMD_OID "5"
#define DER_INTEGER     0x02
#define DER_OCTETS      0x04
#define DER_IA5         0x16

#define VERSION_CPU     3 /* the first that has family and model */
#define KEY_INFO_AUTHOR 1
#define KEY_INFO_MASKED 2
#define VMPL_COUNT      4
#define VMPL_HOST       0xffffffffu /* asked for by the host, not by the guest */
#define POLICY_OWN_ROWS 0x1fffffULL /* each bit of it has a row, or must be 1 */
#define CHIP_ID_MILAN   64
#define CHIP_ID_TURIN   8

#define TCB_MILAN                                                                                  \
	{                                                                                          \
		{ "bootloader", "3.1" }, { "TEE", "3.2" }, { NULL, NULL }, { NULL, NULL },         \
		    { NULL, NULL }, { NULL, NULL }, { "SNP", "3.3" },                              \
		{                                                                                  \
			"microcode", "3.8"                                                         \
		}                                                                                  \
	}
#define TCB_TURIN                                                                                  \
	{                                                                                          \
		{ "FMC", "3.9" }, { "bootloader", "3.1" }, { "TEE", "3.2" }, { "SNP", "3.3" },     \
		    { NULL, NULL }, { NULL, NULL }, { NULL, NULL },                                \
		{                                                                                  \
			"microcode", "3.8"                                                         \
		}                                                                                  \
	}

static const struct snp_product products[] = {
	{ "Milan", 0x19, 0x00, 0x0f, CHIP_ID_MILAN, TCB_MILAN },
	{ "Genoa", 0x19, 0x10, 0x1f, CHIP_ID_MILAN, TCB_MILAN },
	{ "Genoa", 0x19, 0xa0, 0xaf, CHIP_ID_MILAN, TCB_MILAN },
	{ "Turin", 0x1a, 0x00, 0x11, CHIP_ID_TURIN, TCB_TURIN },
};

/* ---- extensions ---- */
/* The text of an IA5String of less than 128 characters; data NULL: none. */
static struct bytes ia5(X509 *cert, const char *oid)
{
	struct bytes e = cert_extension(cert, oid);

	if (e.size < 2 || e.data[0] != DER_IA5 || e.data[1] >= 0x80 || e.data[1] != e.size - 2)
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ e.data + 2, e.size - 2 };
}

/* The number 0 to 255 an extension holds as INTEGER; -1: none. */
static int component(X509 *cert, const char *tail)
{
	char oid[64];
	struct bytes e;

	snprintf(oid, sizeof(oid), AMD_OID "%s", tail);
	e = cert_extension(cert, oid);
	if (e.size == 3 && e.data[0] == DER_INTEGER && e.data[1] == 1 && e.data[2] < 0x80)
		return e.data[2];
	if (e.size == 4 && e.data[0] == DER_INTEGER && e.data[1] == 2 && e.data[2] == 0 &&
	    e.data[3] >= 0x80)
		return e.data[3];
	return -1;
}

/* Raw bytes as AMD's are, or in an OCTET STRING. */
static struct bytes chip_id(X509 *cert, size_t size)
{
	struct bytes e = cert_extension(cert, OID_CHIP_ID);

	if (e.size == size + 2 && e.data[0] == DER_OCTETS && e.data[1] == size)
		return (struct bytes){ e.data + 2, size };
	return e;
}

/* ---- product ---- */
static bool is_product(const struct snp_product *p, struct bytes name)
{
	size_t n = strlen(p->name);

	/* A stepping may follow. */
	return name.data != NULL && name.size >= n && memcmp(name.data, p->name, n) == 0 &&
	       (name.size == n || name.data[n] == '-');
}

const struct snp_product *snp_product_of(const struct snp_report *report, X509 *cert)
{
	struct bytes name = { NULL, 0 };

	if (cert != NULL)
		name = ia5(cert, OID_PRODUCT);
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		const struct snp_product *p = &products[i];

		if (report->version >= VERSION_CPU
			? report->family == p->family && report->model >= p->model_first &&
			      report->model <= p->model_last
			: is_product(p, name))
			return p;
	}
	return NULL;
}

static bool check_product(struct verify_result *r, const struct snp_report *report, X509 *cert,
			  const struct snp_product *p)
{
	struct bytes name = ia5(cert, OID_PRODUCT);
	bool same = p != NULL && is_product(p, name);
	char text[40] = "";

	snprintf(text, sizeof(text), "%.*s", (int)name.size,
		 name.data != NULL ? (const char *)name.data : "");
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (report->version >= VERSION_CPU)
		verify_add(r, same ? ROW_OK : ROW_FAILED, VERIFY_BINDING, "product",
			   "report: family %02x model %02x (%s); certificate: %s", report->family,
			   report->model, p != NULL ? p->name : "not known", text);
	else
		verify_add(r, same ? ROW_OK : ROW_FAILED, VERIFY_BINDING, "product",
			   "certificate: %s%s", text, same ? "" : ", not known");
	return same;
}

/* ---- chip ---- */
static void check_vlek(struct verify_result *r, X509 *cert)
{
	struct bytes csp = ia5(cert, OID_CSP_ID);

	if (csp.data == NULL || cert_extension(cert, OID_CHIP_ID).data != NULL)
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "provider",
			   "the certificate is no VLEK's: no CSP ID, or a chip's");
	else
		verify_add(r, ROW_INFO, VERIFY_HELD, "provider", "%zu characters: %.*s", csp.size,
			   (int)MIN(csp.size, 40), (const char *)csp.data);
}

static void check_chip(struct verify_result *r, const struct snp_report *report, X509 *cert,
		       size_t size)
{
	struct bytes id = chip_id(cert, size),
		     rest = { report->chip_id.data + size, report->chip_id.size - size };

	if (id.data == NULL || id.size != size)
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "chip ID",
			   "the certificate has none of %zu bytes", size);
	else if ((report->key_info & KEY_INFO_MASKED) != 0)
		verify_add(r, bytes_zero(report->chip_id) ? ROW_NOT_CHECKED : ROW_FAILED,
			   bytes_zero(report->chip_id) ? VERIFY_HELD : VERIFY_BINDING, "chip ID",
			   "masked by the host");
	else if (memcmp(id.data, report->chip_id.data, size) == 0 && bytes_zero(rest))
		verify_add(r, ROW_OK, VERIFY_HELD, "chip ID", "the certificate's");
	else
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "chip ID",
			   "not the one in the certificate");
}

/* ---- TCB ---- */
static u8 part(u64 tcb, unsigned i)
{
	return (u8)(tcb >> 8 * i);
}

/* "0x...: bootloader 3, TEE 0, SNP 20, microcode 219" */
static void tcb_text(char *out, size_t size, u64 tcb, const struct snp_product *p)
{
	size_t n = (size_t)snprintf(out, size, "0x%016llx", (unsigned long long)tcb);
	const char *separator = ":";

	for (unsigned i = 0; p != NULL && i < SNP_TCB_COMPONENTS && n < size; i++) {
		if (p->tcb[i].name == NULL)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s %s %u", separator, p->tcb[i].name,
				      part(tcb, i));
		separator = ",";
	}
}

static void check_certificate_tcb(struct verify_result *r, const struct snp_report *report,
				  X509 *cert, const struct snp_product *p)
{
	u64 tcb = 0;

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		int is = p->tcb[i].oid != NULL ? component(cert, p->tcb[i].oid) : 0;

		if (is < 0) {
			verify_add(r, ROW_FAILED, VERIFY_BINDING, "certificate TCB",
				   "the certificate has no component %s", p->tcb[i].name);
			return;
		}
		tcb |= (u64)is << 8 * i;
	}
	if (tcb == report->reported_tcb)
		verify_add(r, ROW_OK, VERIFY_HELD, "certificate TCB", "the reported one");
	else
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "certificate TCB",
			   "0x%016llx, reported is 0x%016llx", (unsigned long long)tcb,
			   (unsigned long long)report->reported_tcb);
}

void snp_check_certificate(struct verify_result *r, const struct snp_report *report, X509 *cert,
			   bool vlek)
{
	const struct snp_product *p = snp_product_of(report, cert);

	if (!check_product(r, report, cert, p))
		return; /* failed: where chip and TCB stand is not known */
	if (vlek)
		check_vlek(r, cert);
	else
		check_chip(r, report, cert, p->chip_id_size);
	check_certificate_tcb(r, report, cert, p);
}

static bool at_least(u64 tcb, u64 min)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (part(tcb, i) < part(min, i))
			return false;
	return true;
}

void snp_check_tcb(const struct verify_input *in, struct verify_result *r,
		   const struct snp_report *report, const struct snp_product *product)
{
	const struct {
		const char *name;
		u64 tcb;
	} rows[] = {
		{ "reported TCB", report->reported_tcb },
		{ "current TCB", report->current_tcb },
		{ "committed TCB", report->committed_tcb },
		{ "launch TCB", report->launch_tcb },
	};
	const char *value = expect_value(in->expect, "min-tcb");
	u64 min = value != NULL ? strtoull(value, NULL, 16) : 0;
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tcb_text(text, sizeof(text), rows[i].tcb, product);
		if (value == NULL)
			verify_add(r, ROW_INFO, VERIFY_HELD, rows[i].name, "%s", text);
		else if (at_least(rows[i].tcb, min))
			verify_add(r, ROW_OK, VERIFY_HELD, rows[i].name, "%s", text);
		else
			verify_add(r, ROW_FAILED, VERIFY_TCB, rows[i].name,
				   "%s; at least 0x%016llx", text, (unsigned long long)min);
	}
	if (value == NULL)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "minimum TCB", "none was asked for");
}

/* ---- policy ---- */
static void check_debug(const struct verify_input *in, struct verify_result *r, u64 policy)
{
	if ((policy & SNP_POLICY_DEBUG) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "debug", "not allowed");
	else if (debug_permitted(in))
		verify_add(r, ROW_INFO, VERIFY_HELD, "debug", "allowed");
	else
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "debug",
			   "allowed: the host can read and write the guest's memory");
}

/* An agent is associated at launch or never, by the host: it can export the guest to any machine
 * it likes. */
static void check_migration(struct verify_result *r, const struct snp_report *report)
{
	bool none = true;

	for (size_t i = 0; i < report->report_id_ma.size; i++)
		none &= report->report_id_ma.data[i] == 0xff;
	if ((report->policy & SNP_POLICY_MIGRATE_MA) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "migration agent", "not allowed");
	else if (none)
		verify_add(r, ROW_INFO, VERIFY_HELD, "migration agent", "allowed, there is none");
	else
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "migration agent",
			   "associated: it can export the guest");
}

static void check_vmpl(const struct verify_input *in, struct verify_result *r, u32 vmpl)
{
	if (vmpl == VMPL_HOST)
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "vmpl",
			   "the host asked for this report, not the guest");
	else if (vmpl >= VMPL_COUNT)
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "vmpl", "%u, there is none", vmpl);
	else
		verify_expect_number(in, r, VERIFY_POLICY, "vmpl", vmpl);
}

static void show_bits(struct verify_result *r, const struct snp_report *report)
{
	static const char *const policy[] = {
		[21] = "CXL allowed",        [22] = "AES-256-XTS required",
		[23] = "RAPL must be off",   [24] = "ciphertext hiding required",
		[25] = "page swap disabled",
	};
	static const char *const platform[] = {
		"SMT",
		"TSME",
		"ECC",
		"RAPL disabled",
		"ciphertext hiding",
		"alias check done",
		[7] = "TIO",
	};
	char text[200];

	verify_add(r, ROW_INFO, VERIFY_HELD, "SMT", "%s",
		   (report->policy & SNP_POLICY_SMT) != 0 ? "allowed" : "not allowed");
	verify_add(r, ROW_INFO, VERIFY_HELD, "single socket", "%s",
		   (report->policy & SNP_POLICY_SINGLE_SOCKET) != 0 ? "required" : "not required");
	verify_add(r, ROW_INFO, VERIFY_HELD, "ABI version", "at least %llu.%llu",
		   (unsigned long long)(report->policy >> 8 & 0xff),
		   (unsigned long long)(report->policy & 0xff));
	bits_text(text, sizeof(text), report->policy & ~POLICY_OWN_ROWS, policy,
		  ARRAY_SIZE(policy));
	verify_add(r, ROW_INFO, VERIFY_HELD, "other policy", "%s", text);
	bits_text(text, sizeof(text), report->platform_info, platform, ARRAY_SIZE(platform));
	verify_add(r, ROW_INFO, VERIFY_HELD, "platform", "%s", text);
}

static void show_digest(struct verify_result *r, const char *name, struct bytes b)
{
	char hex[140];

	if (bytes_zero(b))
		return;
	verify_hex(hex, sizeof(hex), b);
	verify_add(r, ROW_INFO, VERIFY_HELD, name, "%s", hex);
}

void snp_check_policy(const struct verify_input *in, struct verify_result *r,
		      const struct snp_report *report)
{
	check_debug(in, r, report->policy);
	check_migration(r, report);
	check_vmpl(in, r, report->vmpl);
	show_bits(r, report);
	verify_expect_number(in, r, VERIFY_POLICY, "guest-svn", report->guest_svn);
	verify_expect_bytes(in, r, VERIFY_POLICY, "host-data", report->host_data);
	show_digest(r, "ID key", report->id_key);
	if ((report->key_info & KEY_INFO_AUTHOR) != 0)
		show_digest(r, "author key", report->author_key);
}
