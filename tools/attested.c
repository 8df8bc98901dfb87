/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence of a run: found among what the host issued, and judged as any verifier judges it. */
#include <stdlib.h>
#include <string.h>

#include "attested.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the bytes of a line's hex. */
static void take_hex(struct bytes *b, const char *hex)
{
	size_t n = 0;
	u8 *data;

	while (hex_digit(hex[2 * n]) >= 0 && hex_digit(hex[2 * n + 1]) >= 0)
		n++;
	data = realloc((void *)b->data, b->size + n + 1);
	if (data == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		data[b->size + i] = (u8)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	b->data = data;
	b->size += n;
}

static void sha256_hex(struct bytes b, char hex[65])
{
	u8 hash[32];

	EVP_Digest(b.data, b.size, hash, NULL, EVP_sha256(), NULL);
	for (unsigned i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", hash[i]);
}

static void take_piece(struct attested *a, const char *hex)
{
	struct piece *p = &a->piece[a->n++ % PIECES_MAX];

	free((void *)p->data.data);
	p->data = (struct bytes){ NULL, 0 };
	take_hex(&p->data, hex);
	sha256_hex(p->data, p->sha256);
}

void attested_channel(struct attested *a, const char *line)
{
	if (strncmp(line, "evidence: ", 10) == 0)
		take_piece(a, line + 10);
	else if (strncmp(line, "certificates: ", 14) == 0)
		take_hex(&a->certificates, line + 14);
	else if (strncmp(line, "devicetree: ", 12) == 0)
		take_hex(&a->dtb, line + 12);
}

void attested_console(struct attested *a, const char *line)
{
	const char *p;

	if (strncmp(line, "# evidence: ", 12) != 0)
		return;
	a->said = true;
	a->failed = strncmp(line + 12, "failed: ", 8) == 0;
	if (a->failed)
		snprintf(a->why, sizeof(a->why), "%s", line + 20);
	p = strstr(line, "sha256=");
	snprintf(a->sha256, sizeof(a->sha256), "%s", p != NULL ? p + 7 : "");
}

void attested_free(struct attested *a)
{
	for (size_t i = 0; i < PIECES_MAX; i++)
		free((void *)a->piece[i].data.data);
	free((void *)a->certificates.data);
	free((void *)a->dtb.data);
}

static const struct piece *find_piece(const struct attested *a)
{
	for (size_t i = 0; i < PIECES_MAX; i++)
		if (a->piece[i].data.data != NULL && strcmp(a->piece[i].sha256, a->sha256) == 0)
			return &a->piece[i];
	return NULL;
}

/* What failed before is worse. */
static void refused(struct run_result *r, const char *column, const char *row, const char *why)
{
	snprintf(r->evidence, sizeof(r->evidence), "%s", column);
	if (r->code == EXIT_PASS)
		set_reason(r, EXIT_FAILED, "evidence: %s%s%.180s", row, row[0] ? ": " : "", why);
}

/* The row that made the reason what it is; there is one. */
static const struct verify_row *row_refused(const struct verify_result *v)
{
	size_t i = 0;

	while (i + 1 < v->n && (v->row[i].state == ROW_OK || v->row[i].state == ROW_INFO ||
				v->row[i].reason != v->reason))
		i++;
	return &v->row[i];
}

static void verify_piece(const struct attested *a, const struct run_spec *s, const struct piece *p,
			 struct run_result *r)
{
	static struct verify_result v;
	static struct roots roots;
	static struct expect expect;
	u8 challenge[REPORT_DATA_SIZE];
	struct verify_input in = { .evidence = p->data,
				   .certificates = a->certificates,
				   .challenge = challenge,
				   .kind = "probe",
				   .roots = &roots,
				   .expect = &expect };
	char why[200], column[32];

	memset(&v, 0, sizeof(v));
	if (!hex_parse(s->challenge, challenge, sizeof(challenge)) ||
	    !attested_expectation(a, s, &expect, why, sizeof(why)) ||
	    !attested_roots(s, &roots, why, sizeof(why))) {
		refused(r, "not judged", "", why);
		return;
	}
	verify_evidence(&in, &v);
	if (v.reason == VERIFY_HELD) {
		snprintf(r->evidence, sizeof(r->evidence), "verified");
	} else {
		snprintf(column, sizeof(column), "refused: %s", verify_reason_name(v.reason));
		refused(r, column, row_refused(&v)->name, row_refused(&v)->text);
		verify_print(stdout, &v);
	}
	roots_free(&roots);
}

void attested_judge(struct attested *a, const struct run_spec *s, struct run_result *r)
{
	u8 challenge[REPORT_DATA_SIZE];
	const struct piece *p = a->said && !a->failed ? find_piece(a) : NULL;

	keep_launch(s);
	if (hex_parse(s->challenge, challenge, sizeof(challenge)))
		keep_challenge(s, challenge);
	keep_file(s, "realm.dtb", a->dtb);
	if (p == NULL) {
		refused(r, "none", "",
			a->failed  ? a->why
			: !a->said ? "the guest says nothing of its own"
				   : "the host issued none with the SHA-256 the guest says");
		return;
	}
	keep_file(s, "evidence.bin", p->data);
	keep_file(s, "certs.bin", a->certificates);
	verify_piece(a, s, p, r);
}
