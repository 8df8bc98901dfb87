/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the same for evidence of every platform: whose it is, whether it answers the question
 * that was asked, and whether it is what was expected.
 */
#include <string.h>

#include "le.h"
#include "verify.h"

/* ---- whose ---- */
#define CCA_TAG         0xd9 /* CBOR tag with two bytes of number: 399 or 907 */
#define CBOR_MAP        5
#define SNP_REPORT_SIZE 0x4a0
#define TDREPORT_SIZE   1024
#define TDREPORT_TYPE   0x81
#define QUOTE_TEE_TDX   0x81
#define QUOTE_HEADER    48

/*
 * By content alone: a name would be the word of whoever delivered it. The forms exclude each
 * other: a quote has a key type in its bytes 2 and 3, where a report's version has zeros.
 */
static const char *platform_of(struct bytes e)
{
	if (e.size >= 3 && e.data[0] == CCA_TAG)
		return "cca";
	if (e.size > 0 && e.data[0] >> 5 == CBOR_MAP)
		return "cca"; /* a bare claim set: to be told what it lacks */
	if (e.size == TDREPORT_SIZE && e.data[0] == TDREPORT_TYPE)
		return "tdx";
	if (e.size >= QUOTE_HEADER && (e.data[2] | e.data[3]) != 0 &&
	    le32(e.data + 4) == QUOTE_TEE_TDX)
		return "tdx";
	if (e.size >= SNP_REPORT_SIZE && le32(e.data) != 0 && le32(e.data) < 256)
		return "snp";
	return NULL;
}

/* ---- freshness ---- */
static bool equal(struct bytes a, struct bytes b)
{
	return a.data != NULL && b.data != NULL && a.size == b.size &&
	       memcmp(a.data, b.data, a.size) == 0;
}

static bool binds(const struct verify_input *in, const char *kind, struct bytes report_data)
{
	u8 bound[REPORT_DATA_SIZE];

	return evidence_bind(kind, in->challenge, in->key, bound) == ST_OK &&
	       equal(report_data, (struct bytes){ bound, sizeof(bound) });
}

/* Another kind's answer to the same challenge is fresh, and worth nothing to who asked. */
static void check_challenge(const struct verify_input *in, struct verify_result *r)
{
	static const char *const kinds[] = { "probe", "workload", "firmware" };

	if (in->kind != NULL && binds(in, in->kind, r->report_data)) {
		verify_add(r, ROW_OK, VERIFY_HELD, "freshness",
			   "bound to the challenge, to kind %s and to %s", in->kind,
			   in->key.size > 0 ? "the key" : "no key");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!binds(in, kinds[i], r->report_data))
			continue;
		verify_add(r, ROW_FAILED, VERIFY_KIND, "kind", "evidence of a %s, not of a %s",
			   kinds[i], in->kind != NULL ? in->kind : "kind nobody named");
		return;
	}
	verify_add(r, ROW_FAILED, VERIFY_FRESHNESS, "freshness",
		   "report data is not bound to this challenge and key");
}

static void check_freshness(const struct verify_input *in, struct verify_result *r)
{
	if (in->report_data == NULL && in->challenge == NULL) {
		verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "freshness",
			   "neither report data nor a challenge was given");
	} else if (in->report_data == NULL) {
		check_challenge(in, r);
	} else if (equal(r->report_data, (struct bytes){ in->report_data, REPORT_DATA_SIZE })) {
		verify_add(r, ROW_OK, VERIFY_HELD, "freshness", "report data as given");
	} else {
		verify_add(r, ROW_FAILED, VERIFY_FRESHNESS, "freshness",
			   "report data is not what was asked for");
	}
}

/* ---- expectations that every platform can have ---- */
static void check_platform(const struct verify_input *in, struct verify_result *r)
{
	const char *wanted = expect_value(in->expect, "platform");

	if (wanted == NULL)
		verify_add(r, ROW_INFO, VERIFY_HELD, "platform", "%s", r->platform);
	else if (strcmp(wanted, r->platform) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "platform", "%s", r->platform);
	else
		verify_add(r, ROW_FAILED, VERIFY_MEASUREMENT, "platform", "%s, expected %s",
			   r->platform, wanted);
}

static void check_measurements(const struct verify_input *in, struct verify_result *r)
{
	const char *prefix = strcmp(r->platform, "cca") == 0 ? "rem" : "rtmr";

	verify_expect_bytes(in, r, VERIFY_FRESHNESS, "report-data", r->report_data);
	verify_expect_bytes(in, r, VERIFY_MEASUREMENT, "measurement", r->measurement);
	for (unsigned i = 0; i < ARRAY_SIZE(r->reg) && r->reg[i].data != NULL; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%s%u", prefix, i);
		verify_expect_bytes(in, r, VERIFY_MEASUREMENT, name, r->reg[i]);
	}
}

/* What was expected and cannot be there has not been met. */
static void check_names(const struct verify_input *in, struct verify_result *r)
{
	for (size_t i = 0; in->expect != NULL && i < in->expect->n; i++)
		if (!expect_applies(in->expect->item[i].name, r->platform))
			verify_add(r, ROW_FAILED, VERIFY_MEASUREMENT, in->expect->item[i].name,
				   "expected, and evidence of this platform has no such claim");
}

/* ---- the log ---- */
static bool all_zero(struct bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		if (b.data[i] != 0)
			return false;
	return true;
}

/* An empty log says that nothing was ever extended. */
static void check_empty_log(struct verify_result *r)
{
	for (unsigned i = 0; i < ARRAY_SIZE(r->reg); i++) {
		if (all_zero(r->reg[i]))
			continue;
		verify_add(r, ROW_FAILED, VERIFY_LOG, "event log",
			   "empty, and register %u was extended", i);
		return;
	}
	verify_add(r, ROW_OK, VERIFY_HELD, "event log", "empty, as the registers are");
}

static void check_replay(const struct evlog_registers *l, struct verify_result *r)
{
	unsigned events = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(r->reg); i++) {
		struct bytes replayed = { l->value[i + 1], l->size };

		events += l->events[i + 1];
		if (equal(replayed, r->reg[i]))
			continue;
		verify_add(r, ROW_FAILED, VERIFY_LOG, "event log",
			   "register %u: its %u events replay to another value", i,
			   l->events[i + 1]);
		return;
	}
	verify_add(r, ROW_OK, VERIFY_HELD, "event log", "%u events replay to the registers",
		   events);
}

static void check_log(const struct verify_input *in, struct verify_result *r)
{
	struct evlog_registers l;
	enum status st;

	if (in->log.data == NULL) {
		if (r->reg[0].data != NULL)
			verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "event log", "none was given");
		return;
	}
	if (in->log.size == 0) {
		check_empty_log(r);
		return;
	}
	if (r->reg[0].data == NULL) {
		verify_add(r, ROW_FAILED, VERIFY_LOG, "event log",
			   "evidence without registers vouches for no log");
		return;
	}
	st = evlog_replay(in->log, &l);
	if (st != ST_OK)
		verify_add(r, ROW_FAILED, VERIFY_LOG, "event log", "cannot be replayed: %s",
			   status_text(st));
	else
		check_replay(&l, r);
}

/* ---- all of it ---- */
static void report_bad_roots(const struct roots *roots, struct verify_result *r)
{
	for (size_t i = 0; roots != NULL && i < roots->bad_count; i++)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "unusable anchor", "%s", roots->bad[i]);
}

static void check_of_platform(const struct verify_input *in, struct verify_result *r)
{
	if (strcmp(r->platform, "cca") == 0)
		verify_cca(in, r);
	else if (strcmp(r->platform, "snp") == 0)
		verify_snp(in, r);
	else
		verify_tdx(in, r);
}

void verify_evidence(const struct verify_input *in, struct verify_result *r)
{
	struct verify_input asked = *in;
	const char *debug = expect_value(in->expect, "debug");

	memset(r, 0, sizeof(*r));
	r->platform = platform_of(in->evidence);
	if (r->platform == NULL) {
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "evidence",
			   "%zu bytes, neither a CCA token nor an SNP report nor a TDX quote or "
			   "report",
			   in->evidence.size);
		return;
	}
	if (debug != NULL)
		asked.allow_debug = strcmp(debug, "allowed") == 0;
	check_platform(in, r);
	check_of_platform(&asked, r);
	check_freshness(in, r);
	check_names(in, r);
	if (r->report_data.data != NULL) { /* else it did not parse, and that has been said */
		check_measurements(in, r);
		check_log(in, r);
	} else if (r->reason == VERIFY_HELD) {
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "evidence", "nothing in it was read");
	}
	report_bad_roots(in->roots, r);
}
