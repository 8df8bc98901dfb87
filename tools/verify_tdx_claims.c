/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TDREPORT or a quote says of a TD and its platform, by name. Attributes and XFAM are the
 * host's choice at launch and not in MRTD.
 */
#include <string.h>

#include "abi/tdx.h"
#include "tdx_claims.h"

#define SVN_SIZE 16

/* ---- SGX extension of a PCK certificate ---- */
#define SGX_OID        "1.2.840.113741.1.13.1"
#define DER_INTEGER    0x02
#define DER_OCTETS     0x04
#define DER_OID        0x06
#define DER_SEQUENCE   0x30
#define ARC_TCB        2
#define ARC_PCE_ID     3
#define ARC_FMSPC      4
#define ARC_TCB_PCESVN 17

/* One element off the front: its tag and content. Lengths of one to three bytes, definite and as
 * short as they can be; false: none of these, or longer than what is left. */
static bool take_element(struct bytes *from, u8 *tag, struct bytes *content)
{
	size_t n, header = 2;

	if (from->size < header)
		return false;
	n = from->data[1];
	if (n == 0x81 && from->size >= 3 && from->data[2] >= 0x80) {
		n = from->data[2];
		header = 3;
	} else if (n == 0x82 && from->size >= 4 && from->data[2] != 0) {
		n = (size_t)from->data[2] << 8 | from->data[3];
		header = 4;
	} else if (n >= 0x80) {
		return false;
	}
	if (n > from->size - header)
		return false;
	*tag = from->data[0];
	*content = (struct bytes){ from->data + header, n };
	from->data += header + n;
	from->size -= header + n;
	return true;
}

/* SEQUENCE { OID prefix.arc, value }: the value of the one whose last arc is `arc`. False: none, or
 * two. */
static bool find_field(struct bytes fields, const u8 *prefix, size_t prefix_size, u8 arc, u8 tag,
		       struct bytes *value)
{
	struct bytes pair, oid;
	bool found = false;
	u8 pair_tag, oid_tag, value_tag;

	while (fields.size > 0) {
		struct bytes v;

		if (!take_element(&fields, &pair_tag, &pair) || pair_tag != DER_SEQUENCE ||
		    !take_element(&pair, &oid_tag, &oid) || oid_tag != DER_OID ||
		    !take_element(&pair, &value_tag, &v) || pair.size != 0)
			return false;
		if (oid.size != prefix_size + 1 || memcmp(oid.data, prefix, prefix_size) != 0 ||
		    oid.data[prefix_size] != arc)
			continue;
		if (found || value_tag != tag)
			return false;
		found = true;
		*value = v;
	}
	return found;
}

/* An INTEGER from 0 to 65535. */
static bool small_number(struct bytes der, unsigned *out)
{
	if (der.size == 0 || der.size > 3 || der.data[0] >= 0x80 ||
	    (der.size == 3 && der.data[0] != 0))
		return false;
	*out = 0;
	for (size_t i = 0; i < der.size; i++)
		*out = *out << 8 | der.data[i];
	return true;
}

static bool fixed(struct bytes value, u8 *out, size_t size)
{
	if (value.size != size)
		return false;
	memcpy(out, value.data, size);
	return true;
}

static bool read_tcb(struct bytes tcb, struct pck_platform *out)
{
	static const u8 prefix[] = {
		0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, ARC_TCB
	};
	struct bytes value;
	unsigned n;

	for (unsigned i = 0; i < sizeof(out->component); i++) {
		if (!find_field(tcb, prefix, sizeof(prefix), (u8)(i + 1), DER_INTEGER, &value) ||
		    !small_number(value, &n) || n > 0xff)
			return false;
		out->component[i] = (u8)n;
	}
	return find_field(tcb, prefix, sizeof(prefix), ARC_TCB_PCESVN, DER_INTEGER, &value) &&
	       small_number(value, &out->pce_svn);
}

bool pck_platform_read(X509 *pck, struct pck_platform *out)
{
	static const u8 prefix[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
	struct bytes e = cert_extension(pck, SGX_OID), fields, value;
	u8 tag;

	memset(out, 0, sizeof(*out));
	if (e.data == NULL || !take_element(&e, &tag, &fields) || tag != DER_SEQUENCE ||
	    e.size != 0)
		return false;
	return find_field(fields, prefix, sizeof(prefix), ARC_FMSPC, DER_OCTETS, &value) &&
	       fixed(value, out->fmspc, sizeof(out->fmspc)) &&
	       find_field(fields, prefix, sizeof(prefix), ARC_PCE_ID, DER_OCTETS, &value) &&
	       fixed(value, out->pce_id, sizeof(out->pce_id)) &&
	       find_field(fields, prefix, sizeof(prefix), ARC_TCB, DER_SEQUENCE, &value) &&
	       read_tcb(value, out);
}

void pck_platform_row(struct verify_result *r, const struct pck_platform *p)
{
	char fmspc[16], components[40];

	verify_hex(fmspc, sizeof(fmspc), (struct bytes){ p->fmspc, sizeof(p->fmspc) });
	verify_hex(components, sizeof(components),
		   (struct bytes){ p->component, sizeof(p->component) });
	verify_add(r, ROW_INFO, VERIFY_HELD, "PCK platform",
		   "FMSPC %s, PCE SVN %u, SGX component SVNs %s", fmspc, p->pce_svn, components);
}

/* ---- attributes ---- */
static void check_debug(const struct verify_input *in, struct verify_result *r, u64 attributes)
{
	u64 bits = attributes & TDX_ATTR_TUD;

	if (bits == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "debug", "not allowed");
	else if (debug_permitted(in))
		verify_add(r, ROW_INFO, VERIFY_HELD, "debug", "allowed (TUD 0x%02x)",
			   (unsigned)bits);
	else
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "debug",
			   "allowed (TUD 0x%02x): the host can look into the TD", (unsigned)bits);
}

/* A migration TD can be bound by the host and hands the TD's keys to whom it likes; MRTD says
 * nothing of it. */
static void check_migratable(struct verify_result *r, u64 attributes)
{
	if ((attributes & TDX_ATTR_MIGRATABLE) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "migratable", "no");
	else
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "migratable",
			   "yes: a migration TD of the host's choice can export it");
}

static void show_attributes(struct verify_result *r, u64 attributes)
{
	static const char *const names[64] = {
		[0] = "DEBUG",       [4] = "HGS_PLUS_PROF",
		[5] = "PERF_PROF",   [6] = "PMT_PROF",
		[16] = "ICSSD",      [17] = "SERVTD_EXT",
		[27] = "LASS",       [28] = "SEPT_VE_DISABLE",
		[29] = "MIGRATABLE", [30] = "PKS",
		[31] = "KL",         [62] = "TPA",
		[63] = "PERFMON",
	};
	char text[200];

	bits_text(text, sizeof(text), attributes, names, ARRAY_SIZE(names));
	verify_add(r, ROW_INFO, VERIFY_HELD, "attributes", "0x%016llx: %.180s",
		   (unsigned long long)attributes, text);
	/* A guest that cannot turn #VE off must not take one on a page the host took away. */
	verify_add(r, ROW_INFO, VERIFY_HELD, "SEPT_VE_DISABLE", "%s",
		   (attributes & TDX_ATTR_SEPT_VE_DISABLE) != 0
		       ? "set: no #VE on pending pages"
		       : "clear: #VE on pending pages unless the TD turned it off");
	verify_add(r, ROW_INFO, VERIFY_HELD, "PERFMON", "%s",
		   (attributes & TDX_ATTR_PERFMON) != 0 ? "usable by the TD" : "no");
}

static void show_xfam(struct verify_result *r, u64 xfam)
{
	static const char *const names[] = {
		"x87",      "SSE", "AVX",  "BNDREGS",     "BNDCSR",       "AVX-512 k", "ZMM_Hi256",
		"Hi16_ZMM", "PT",  "PKRU", "PASID",       "CET_U",        "CET_S",     "HDC",
		"UINTR",    "LBR", "HWP",  "AMX TILECFG", "AMX TILEDATA",
	};
	char text[200];

	bits_text(text, sizeof(text), xfam, names, ARRAY_SIZE(names));
	verify_add(r, ROW_INFO, VERIFY_HELD, "XFAM", "0x%llx: %.180s", (unsigned long long)xfam,
		   text);
}

/* ---- module and versions ---- */
/* Intel's own module has a signer of zeros and no attributes; another's is for the user to name. */
static void check_module(const struct verify_input *in, struct verify_result *r,
			 const struct tdx_claims *c)
{
	bool intel = bytes_zero(c->mrsignerseam);

	if (expect_value(in->expect, "mrsignerseam") != NULL)
		verify_expect_bytes(in, r, VERIFY_POLICY, "mrsignerseam", c->mrsignerseam);
	else
		verify_add(r, intel ? ROW_OK : ROW_FAILED, VERIFY_POLICY, "mrsignerseam", "%s",
			   intel ? "zero: the module is Intel's" : "not Intel's, and not expected");
	verify_add(r, c->seam_attributes == 0 ? ROW_OK : ROW_FAILED, VERIFY_POLICY,
		   "SEAM attributes", "0x%llx", (unsigned long long)c->seam_attributes);
	verify_expect_bytes(in, r, VERIFY_MEASUREMENT, "mrseam", c->mrseam);
}

static bool at_least(struct bytes svn, const u8 min[SVN_SIZE])
{
	for (unsigned i = 0; i < SVN_SIZE; i++)
		if (svn.data[i] < min[i])
			return false;
	return true;
}

/* Of a TD report 1.5 there are two; neither may be lower. */
static void check_svn(const struct verify_input *in, struct verify_result *r, const char *name,
		      struct bytes svn)
{
	const char *value = expect_value(in->expect, "min-svn");
	u8 min[SVN_SIZE];
	char hex[40];

	if (svn.data == NULL)
		return;
	verify_hex(hex, sizeof(hex), svn);
	if (value == NULL)
		verify_add(r, ROW_INFO, VERIFY_HELD, name, "%s: TDX_%02x, SVN %u", hex, svn.data[1],
			   svn.data[0]);
	else if (hex_parse(value, min, sizeof(min)) && at_least(svn, min))
		verify_add(r, ROW_OK, VERIFY_HELD, name, "%s", hex);
	else
		verify_add(r, ROW_FAILED, VERIFY_TCB, name, "%s, at least %.40s", hex, value);
}

static void show_digest(struct verify_result *r, const char *name, struct bytes b)
{
	char hex[140];

	if (b.data == NULL || bytes_zero(b))
		return;
	verify_hex(hex, sizeof(hex), b);
	verify_add(r, ROW_INFO, VERIFY_HELD, name, "%s", hex);
}

void tdx_check_claims(const struct verify_input *in, struct verify_result *r,
		      const struct tdx_claims *c)
{
	check_debug(in, r, c->attributes);
	check_migratable(r, c->attributes);
	show_attributes(r, c->attributes);
	show_xfam(r, c->xfam);
	check_module(in, r, c);
	check_svn(in, r, "TEE TCB SVN", c->tcb_svn);
	check_svn(in, r, "TEE TCB SVN 2", c->tcb_svn2);
	if (expect_value(in->expect, "min-svn") == NULL)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "minimum SVN", "none was asked for");
	show_digest(r, "MRCONFIGID", c->mrconfigid);
	show_digest(r, "MROWNER", c->mrowner);
	show_digest(r, "MROWNERCONFIG", c->mrownerconfig);
	show_digest(r, "service TDs", c->servtd);
}
