/* SPDX-License-Identifier: BSD-2-Clause */
/* What a verifier expects: "name: value" lines, each name with a form of its own. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verify.h"

/* ---- files and hexadecimal numbers ---- */
struct bytes file_read(const char *path, size_t max)
{
	struct bytes none = { NULL, 0 };
	FILE *f = fopen(path, "rb");
	u8 *data;
	size_t n;

	if (f == NULL)
		return none;
	data = malloc(max + 1); /* one more shows what is larger */
	n = data != NULL ? fread(data, 1, max + 1, f) : 0;
	if (data == NULL || ferror(f) || n > max) {
		int why = data != NULL && n > max ? EFBIG : errno;

		free(data);
		fclose(f);
		errno = why;
		return none;
	}
	fclose(f);
	return (struct bytes){ data, n };
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_parse(const char *hex, u8 *out, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		int high = digit(hex[2 * i]), low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (u8)(high << 4 | low);
	}
	return hex[2 * i] == '\0';
}

/* ---- names ---- */
enum form {
	FORM_PLATFORM,  /* cca, snp, tdx */
	FORM_HEX,       /* bytes of any size up to 64 */
	FORM_NUMBER,    /* decimal, or hexadecimal with 0x */
	FORM_HEX64,     /* up to 16 hexadecimal digits, 0x or not */
	FORM_DEBUG,     /* allowed, no */
	FORM_LIFECYCLE, /* a state's name or its number */
};

static const struct {
	const char *name, *platforms;
	enum form form;
} known[] = {
	{ "platform", "cca,snp,tdx", FORM_PLATFORM },
	{ "measurement", "cca,snp,tdx", FORM_HEX },
	{ "report-data", "cca,snp,tdx", FORM_HEX },
	{ "debug", "cca,snp,tdx", FORM_DEBUG },
	{ "rtmr0", "tdx", FORM_HEX },
	{ "rtmr1", "tdx", FORM_HEX },
	{ "rtmr2", "tdx", FORM_HEX },
	{ "rtmr3", "tdx", FORM_HEX },
	{ "rem0", "cca", FORM_HEX },
	{ "rem1", "cca", FORM_HEX },
	{ "rem2", "cca", FORM_HEX },
	{ "rem3", "cca", FORM_HEX },
	{ "mrseam", "tdx", FORM_HEX },
	{ "mrsignerseam", "tdx", FORM_HEX },
	{ "min-svn", "tdx", FORM_HEX },
	{ "host-data", "snp", FORM_HEX },
	{ "vmpl", "snp", FORM_NUMBER },
	{ "guest-svn", "snp", FORM_NUMBER },
	{ "min-tcb", "snp", FORM_HEX64 },
	{ "rpv", "cca", FORM_HEX },
	{ "instance-id", "cca", FORM_HEX },
	{ "implementation-id", "cca", FORM_HEX },
	{ "lifecycle", "cca", FORM_LIFECYCLE },
};

static bool is_hex(const char *s, size_t least, size_t most)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");

	return s[n] == '\0' && n >= least && n <= most;
}

static bool is_number(const char *s)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return is_hex(s + 2, 1, 8);
	return s[0] != '\0' && strlen(s) < 10 && strspn(s, "0123456789") == strlen(s);
}

static bool is_one_of(const char *word, const char *list)
{
	size_t n = strlen(word), len;

	for (const char *p = list; *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if (len == n && strncmp(p, word, n) == 0)
			return true;
	}
	return false;
}

static bool value_fits(enum form form, const char *v)
{
	switch (form) {
	case FORM_PLATFORM:
		return is_one_of(v, "cca,snp,tdx");
	case FORM_HEX:
		return strlen(v) % 2 == 0 && is_hex(v, 2, 2 * (size_t)REPORT_DATA_SIZE);
	case FORM_NUMBER:
		return is_number(v);
	case FORM_HEX64:
		return is_hex(strncmp(v, "0x", 2) == 0 ? v + 2 : v, 1, 16);
	case FORM_DEBUG:
		return is_one_of(v, "allowed,no");
	default:
		return is_number(v) || is_one_of(v, CCA_LIFECYCLES);
	}
}

bool expect_applies(const char *name, const char *platform)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return is_one_of(platform, known[i].platforms);
	return false;
}

const char *expect_value(const struct expect *e, const char *name)
{
	for (size_t i = 0; e != NULL && i < e->n; i++)
		if (strcmp(e->item[i].name, name) == 0)
			return e->item[i].value;
	return NULL;
}

static bool wrong(struct expect *e, const char *what, const char *of)
{
	snprintf(e->error, sizeof(e->error), "%s: %.100s", what, of);
	return false;
}

bool expect_set(struct expect *e, const char *name, const char *value)
{
	size_t k = 0, i = 0;

	while (k < ARRAY_SIZE(known) && strcmp(known[k].name, name) != 0)
		k++;
	if (k == ARRAY_SIZE(known))
		return wrong(e, "no expectation has this name", name);
	if (strlen(value) >= sizeof(e->item[0].value) || !value_fits(known[k].form, value))
		return wrong(e, "not a value it can have", name);
	while (i < e->n && strcmp(e->item[i].name, name) != 0)
		i++;
	if (i == EXPECT_MAX)
		return wrong(e, "too many expectations", name);
	if (i == e->n)
		e->n++;
	snprintf(e->item[i].name, sizeof(e->item[i].name), "%s", name);
	snprintf(e->item[i].value, sizeof(e->item[i].value), "%s", value);
	return true;
}

/* ---- the file ---- */
static char *trimmed(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

static bool read_line(struct expect *e, char *line)
{
	char *colon, *name, *value;

	line[strcspn(line, "#")] = '\0';
	line = trimmed(line);
	if (line[0] == '\0')
		return true;
	colon = strchr(line, ':');
	if (colon == NULL)
		return wrong(e, "neither \"name: value\" nor a comment", line);
	*colon = '\0';
	name = trimmed(line);
	value = trimmed(colon + 1);
	if (expect_value(e, name) != NULL)
		return wrong(e, "given twice", name); /* which of them is meant? */
	return expect_set(e, name, value);
}

bool expect_parse(struct expect *e, const char *text, size_t size)
{
	unsigned number = 0;

	memset(e, 0, sizeof(*e));
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t n = end != NULL ? (size_t)(end - text) : size;
		char line[512], why[sizeof(e->error)];

		number++;
		snprintf(line, sizeof(line), "%.*s", (int)MIN(n, sizeof(line)), text);
		if (n >= sizeof(line) || memchr(text, '\0', n) != NULL)
			wrong(e, "too long, or no text", "");
		else if (read_line(e, line))
			e->error[0] = '\0';
		if (e->error[0] != '\0') {
			snprintf(why, sizeof(why), "%s", e->error);
			snprintf(e->error, sizeof(e->error), "line %u: %.130s", number, why);
			return false;
		}
		n += end != NULL;
		text += n;
		size -= n;
	}
	return true;
}

bool expect_load(struct expect *e, const char *path)
{
	struct bytes b = file_read(path, 1u << 16);
	bool good;

	memset(e, 0, sizeof(*e));
	if (b.data == NULL)
		return wrong(e, strerror(errno), path);
	good = expect_parse(e, (const char *)b.data, b.size);
	free((void *)b.data);
	return good;
}

/* ---- against claims ---- */
void verify_expect_bytes(const struct verify_input *in, struct verify_result *r,
			 enum verify_reason reason, const char *name, struct bytes is)
{
	const char *value = expect_value(in->expect, name);
	u8 wanted[REPORT_DATA_SIZE];
	char hex[2 * REPORT_DATA_SIZE + 1];
	size_t n;

	verify_hex(hex, sizeof(hex), is);
	if (value == NULL) {
		verify_add(r, ROW_INFO, VERIFY_HELD, name, "%s", hex);
		return;
	}
	n = strlen(value) / 2;
	if (n == is.size && hex_parse(value, wanted, n) && memcmp(wanted, is.data, n) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, name, "%s", hex);
	else
		verify_add(r, ROW_FAILED, reason, name, "%.100s, expected %.100s", hex, value);
}

void verify_expect_number(const struct verify_input *in, struct verify_result *r,
			  enum verify_reason reason, const char *name, u64 is)
{
	const char *value = expect_value(in->expect, name);

	if (value == NULL)
		verify_add(r, ROW_INFO, VERIFY_HELD, name, "%llu", (unsigned long long)is);
	else if (strtoull(value, NULL, strncasecmp(value, "0x", 2) == 0 ? 16 : 10) == is)
		verify_add(r, ROW_OK, VERIFY_HELD, name, "%llu", (unsigned long long)is);
	else
		verify_add(r, ROW_FAILED, reason, name, "%llu, expected %s", (unsigned long long)is,
			   value);
}
