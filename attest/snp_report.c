/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SNP report and its certificate table, parsed: structure and forms only. Who signed it, and
 * what the values should be, is for whoever asked.
 */
#include "abi/snp.h"
#include "attest.h"
#include "le.h"

#define SCALAR_SIZE 48
#define VERSION_MIN 2 /* 1 was never released */
#define VERSION_CPU 3 /* has family, model and stepping */
#define VERSION_MIT 5 /* has mitigation vectors */

static bool all_zero(struct bytes b)
{
	u8 any = 0;

	for (size_t i = 0; i < b.size; i++)
		any |= b.data[i];
	return any == 0;
}

/* ---- report ---- */

static void read_numbers(const u8 *d, struct snp_report *out)
{
	out->version = (u32)le_get(d + SNP_REPORT_VERSION, 4);
	out->guest_svn = (u32)le_get(d + SNP_REPORT_GUEST_SVN, 4);
	out->policy = le_get(d + SNP_REPORT_POLICY, 8);
	out->vmpl = (u32)le_get(d + SNP_REPORT_VMPL, 4);
	out->signature_algo = (u32)le_get(d + SNP_REPORT_SIG_ALGO, 4);
	out->current_tcb = le_get(d + SNP_REPORT_CURRENT_TCB, 8);
	out->platform_info = le_get(d + SNP_REPORT_PLATFORM_INFO, 8);
	out->key_info = (u32)le_get(d + SNP_REPORT_KEY_INFO, 4);
	out->reported_tcb = le_get(d + SNP_REPORT_REPORTED_TCB, 8);
	out->committed_tcb = le_get(d + SNP_REPORT_COMMITTED_TCB, 8);
	out->launch_tcb = le_get(d + SNP_REPORT_LAUNCH_TCB, 8);
	if (out->version >= VERSION_CPU) {
		out->family = d[SNP_REPORT_FAMILY];
		out->model = d[SNP_REPORT_MODEL];
		out->stepping = d[SNP_REPORT_STEPPING];
	}
	if (out->version >= VERSION_MIT) {
		out->launch_mit = le_get(d + SNP_REPORT_LAUNCH_MIT, 8);
		out->current_mit = le_get(d + SNP_REPORT_CURRENT_MIT, 8);
	}
}

static void read_fields(const u8 *d, struct snp_report *out)
{
	out->report_data = (struct bytes){ d + SNP_REPORT_DATA, SNP_REPORT_DATA_SIZE };
	out->measurement = (struct bytes){ d + SNP_REPORT_MEASUREMENT, SNP_DIGEST_SIZE };
	out->host_data = (struct bytes){ d + SNP_REPORT_HOST_DATA, 32 };
	out->id_key = (struct bytes){ d + SNP_REPORT_ID_KEY, SNP_DIGEST_SIZE };
	out->author_key = (struct bytes){ d + SNP_REPORT_AUTHOR_KEY, SNP_DIGEST_SIZE };
	out->report_id = (struct bytes){ d + SNP_REPORT_ID, 32 };
	out->report_id_ma = (struct bytes){ d + SNP_REPORT_ID_MA, 32 };
	out->chip_id = (struct bytes){ d + SNP_REPORT_CHIP_ID, 64 };
	out->signed_part = (struct bytes){ d, SNP_REPORT_SIGNATURE };
	out->r = (struct bytes){ d + SNP_REPORT_SIGNATURE, SNP_REPORT_SIG_COMPONENT };
	out->s = (struct bytes){ out->r.data + out->r.size, SNP_REPORT_SIG_COMPONENT };
}

/* first to last of this version, as the versions have taken them into use one by one. A version
 * newer than any we know may use any of them. */
static void read_reserved(const u8 *d, struct snp_report *out)
{
	static const struct {
		u16 at, end, first, last;
	} areas[] = {
		{ SNP_REPORT_KEY_INFO + 4, SNP_REPORT_DATA, VERSION_MIN, VERSION_MIT },
		{ SNP_REPORT_FAMILY, SNP_REPORT_STEPPING + 1, VERSION_MIN, VERSION_CPU - 1 },
		{ SNP_REPORT_STEPPING + 1, SNP_REPORT_CHIP_ID, VERSION_MIN, VERSION_MIT },
		{ SNP_REPORT_CURRENT_MAJOR + 1, SNP_REPORT_COMMITTED_BUILD, VERSION_MIN,
		  VERSION_MIT },
		{ SNP_REPORT_COMMITTED_MAJOR + 1, SNP_REPORT_LAUNCH_TCB, VERSION_MIN, VERSION_MIT },
		{ SNP_REPORT_LAUNCH_MIT, SNP_REPORT_CURRENT_MIT + 8, VERSION_MIN, VERSION_MIT - 1 },
		{ SNP_REPORT_CURRENT_MIT + 8, SNP_REPORT_SIGNATURE, VERSION_MIN, VERSION_MIT },
		/* What the two numbers of the signature leave of its 512 bytes. */
		{ SNP_REPORT_SIGNATURE + 2 * SNP_REPORT_SIG_COMPONENT, SNP_REPORT_SIZE, VERSION_MIN,
		  UINT16_MAX },
	};

	_Static_assert(ARRAY_SIZE(areas) <= ARRAY_SIZE(out->reserved), "room for all");
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (out->version < areas[i].first || out->version > areas[i].last)
			continue;
		out->reserved[i] =
		    (struct bytes){ d + areas[i].at, (size_t)areas[i].end - areas[i].at };
	}
}

enum status snp_report_parse(const u8 *data, size_t size, struct snp_report *out)
{
	*out = (struct snp_report){ 0 };
	if (size < SNP_REPORT_SIZE)
		return ST_TRUNCATED;
	read_numbers(data, out);
	read_fields(data, out);
	read_reserved(data, out);
	return ST_OK;
}

enum status snp_report_check_form(const struct snp_report *r)
{
	if (r->version < VERSION_MIN || r->signature_algo != SNP_SIG_ECDSA_P384_SHA384)
		return ST_UNSUPPORTED;
	if ((r->policy & SNP_POLICY_RSVD1) == 0)
		return ST_CORRUPT;
	for (size_t i = 0; i < ARRAY_SIZE(r->reserved); i++)
		if (!all_zero(r->reserved[i]))
			return ST_CORRUPT;
	return ST_OK;
}

static bool is_scalar(struct bytes b)
{
	struct bytes low = { b.data, SCALAR_SIZE };
	struct bytes high = { b.data + SCALAR_SIZE, b.size - SCALAR_SIZE };

	return !all_zero(low) && all_zero(high);
}

enum status snp_report_check_signed(const struct snp_report *r)
{
	return is_scalar(r->r) && is_scalar(r->s) ? ST_OK : ST_CORRUPT;
}

/* ---- certificate table ---- */

static int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* The bytes stand in the order of the text. */
static bool guid_is(const u8 *guid, const char *text)
{
	for (unsigned i = 0; i < 16; i++) {
		while (*text == '-')
			text++;
		if (guid[i] != (hex_digit(text[0]) << 4 | hex_digit(text[1])))
			return false;
		text += 2;
	}
	return true;
}

/* Where the certificate of this kind goes; NULL: a kind we have no use for. */
static struct bytes *kind_of(const u8 *guid, struct snp_certs *out)
{
	if (guid_is(guid, SNP_CERT_GUID_ARK))
		return &out->ark;
	if (guid_is(guid, SNP_CERT_GUID_ASK))
		return &out->ask;
	if (guid_is(guid, SNP_CERT_GUID_VCEK))
		return &out->vcek;
	if (guid_is(guid, SNP_CERT_GUID_VLEK))
		return &out->vlek;
	return guid_is(guid, SNP_CERT_GUID_CRL) ? &out->crl : NULL;
}

/* One SEQUENCE that fills it. Two bytes of length are enough for 64 KiB. */
static bool is_der(struct bytes b)
{
	size_t header = 2, length;

	if (b.size < header || b.data[0] != 0x30)
		return false;
	length = b.data[1];
	if (length == 0x81 && b.size >= 3) {
		length = b.data[2];
		header = 3;
	} else if (length == 0x82 && b.size >= 4) {
		length = (size_t)b.data[2] << 8 | b.data[3];
		header = 4;
	} else if (length >= 0x80) {
		return false;
	}
	return length == b.size - header;
}

static struct bytes blob_at(const u8 *table, const u8 *entry)
{
	return (struct bytes){ table + le_get(entry + SNP_CERT_OFFSET, 4),
			       le_get(entry + SNP_CERT_LENGTH, 4) };
}

static bool overlap(struct bytes a, struct bytes b)
{
	return a.data < b.data + b.size && b.data < a.data + a.size;
}

/* Inside the buffer, behind the table of `header` bytes, and apart from those before it. */
static enum status check_place(const u8 *table, size_t size, size_t header, size_t at)
{
	u64 offset = le_get(table + at + SNP_CERT_OFFSET, 4);
	u64 length = le_get(table + at + SNP_CERT_LENGTH, 4);

	if (offset > size || length > size - offset)
		return ST_RANGE;
	if (offset < header)
		return ST_OVERLAP;
	for (size_t other = 0; other < at; other += SNP_CERT_ENTRY_SIZE)
		if (overlap(blob_at(table, table + at), blob_at(table, table + other)))
			return ST_OVERLAP;
	return ST_OK;
}

enum status snp_certs_parse(const u8 *table, size_t size, struct snp_certs *out)
{
	size_t header = 0;

	*out = (struct snp_certs){ 0 };
	do {
		if (size - header < SNP_CERT_ENTRY_SIZE)
			return ST_TRUNCATED;
		header += SNP_CERT_ENTRY_SIZE;
	} while (
	    !all_zero((struct bytes){ table + header - SNP_CERT_ENTRY_SIZE, SNP_CERT_ENTRY_SIZE }));
	for (size_t at = 0; at + SNP_CERT_ENTRY_SIZE < header; at += SNP_CERT_ENTRY_SIZE) {
		struct bytes *slot = kind_of(table + at, out);
		enum status st = check_place(table, size, header, at);

		if (st != ST_OK)
			return st;
		out->count++;
		if (slot == NULL)
			continue;
		if (slot->data != NULL)
			return ST_CORRUPT;
		*slot = blob_at(table, table + at);
		if (!is_der(*slot))
			return ST_CORRUPT;
	}
	return ST_OK;
}
