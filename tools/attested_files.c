/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory of --evidence: all that a verifier needs, and the prediction it is held against. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attested.h"
#include "measure.h"

void keep_nothing(const char *dir)
{
	static const char *const names[] = { "evidence.bin", "certs.bin",   "log.bin",
					     "key.bin",      "realm.dtb",   "challenge.hex",
					     "launch.txt",   "expected.txt" };
	char path[600];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
}

static FILE *keep_open(const struct run_spec *s, const char *name)
{
	char path[600];
	FILE *f;

	if (s->evidence_dir == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", s->evidence_dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		fprintf(stderr, "postern: cannot write %s: %s\n", path, strerror(errno));
	return f;
}

bool keep_file(const struct run_spec *s, const char *name, struct bytes data)
{
	FILE *f = data.size != 0 ? keep_open(s, name) : NULL;
	bool ok;

	if (f == NULL)
		return data.size == 0 || s->evidence_dir == NULL;
	ok = fwrite(data.data, 1, data.size, f) == data.size;
	return fclose(f) == 0 && ok;
}

void keep_challenge(const struct run_spec *s, const uint8_t challenge[REPORT_DATA_SIZE])
{
	FILE *f = keep_open(s, "challenge.hex");

	if (f == NULL)
		return;
	for (unsigned i = 0; i < REPORT_DATA_SIZE; i++)
		fprintf(f, "%02x", challenge[i]);
	fputc('\n', f);
	fclose(f);
}

static void word_line(FILE *f, const char *name, const char *value)
{
	if (value != NULL)
		fprintf(f, "%s: %s\n", name, value);
}

void keep_launch(const struct run_spec *s)
{
	FILE *f = keep_open(s, "launch.txt");
	char text[1024], image[512];

	if (f == NULL)
		return;
	guest_cmdline(s, text, sizeof(text));
	fprintf(f, "host: %s\n", host_name(s->host));
	if (image_path(s, image, sizeof(image)))
		fprintf(f, "image: %s\n", image);
	fprintf(f, "kind: %s\ncpus: %u\nmem: %s\nappend: %s\ndebug: %s\n",
		s->workload != NULL ? "workload" : "probe", s->cpus, s->mem, text,
		s->debug ? "yes" : "no");
	word_line(f, "ram-base", s->ram_base);
	word_line(f, "ripas", s->ripas);
	word_line(f, "dtb", s->dtb);
	word_line(f, "dt-order", s->dt_order);
	word_line(f, "console", s->console);
	word_line(f, "hash", s->hash);
	word_line(f, "msi", s->msi);
	word_line(f, "machine", s->machine);
	word_line(f, "fault", s->fault);
	if (s->ipa_bits != 0)
		fprintf(f, "ipa-bits: %u\n", s->ipa_bits);
	if (s->gpaw != 0)
		fprintf(f, "gpaw: %u\n", s->gpaw);
	fclose(f);
}

static void hex_text(const uint8_t *data, size_t size, char *hex)
{
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", data[i]);
}

/* The register the options of a workload are measured into, by its name on that platform. */
static const char *options_register(const struct run_spec *s, char hex[129])
{
	bool sha512 = s->hash != NULL && strcmp(s->hash, "sha512") == 0;
	char options[1024];
	uint8_t value[64];
	enum evlog_hash hash = s->host == HOST_TDX ? EVLOG_SHA384
			       : sha512            ? EVLOG_SHA512
						   : EVLOG_SHA256;

	if (s->workload == NULL || s->host == HOST_SNP)
		return NULL;
	guest_cmdline(s, options, sizeof(options));
	hex_text(value, measure_options_register(hash, options, value), hex);
	return s->host == HOST_TDX ? "rtmr2" : "rem2";
}

static bool predict(const struct attested *a, const struct run_spec *s, struct expect *e, char *why,
		    size_t size)
{
	struct measurement m;
	char image[512], hex[2 * MEASURE_MAX + 1], reg[129];
	const char *name;
	FILE *f;

	if (s->expected_image != NULL)
		snprintf(image, sizeof(image), "%s", s->expected_image);
	else if (!image_path(s, image, sizeof(image)))
		return false;
	measure_run(s, image, a->dtb.data, a->dtb.size, &m);
	if (m.size == 0) {
		snprintf(why, size, "no prediction: %s", m.why);
		return false;
	}
	hex_text(m.value, m.size, hex);
	name = options_register(s, reg);
	if (!expect_set(e, "platform", host_name(s->host)) || !expect_set(e, "measurement", hex) ||
	    (name != NULL && !expect_set(e, name, reg))) {
		snprintf(why, size, "the prediction is not fit to be expected: %s", e->error);
		return false;
	}
	f = keep_open(s, "expected.txt");
	if (f == NULL)
		return true;
	for (size_t i = 0; i < e->n; i++)
		fprintf(f, "%s: %s\n", e->item[i].name, e->item[i].value);
	for (const char *p = m.depends; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n')
		fprintf(f, "# depends on %.*s\n", (int)strcspn(p, "\n"), p);
	fclose(f);
	return true;
}

bool attested_expectation(const struct attested *a, const struct run_spec *s, struct expect *e,
			  char *why, size_t size)
{
	memset(e, 0, sizeof(*e));
	snprintf(why, size, "nothing to expect");
	if (s->expected == NULL)
		return predict(a, s, e, why, size);
	if (expect_load(e, s->expected))
		return true;
	snprintf(why, size, "%s: %s", s->expected, e->error);
	return false;
}

/* Of a chain its root alone: what leads there must have come with the evidence. */
bool attested_roots(const struct run_spec *s, struct roots *r, char *why, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/keys/%s", s->build_dir,
		 s->host == HOST_CCA   ? "cpak.pem"
		 : s->host == HOST_SNP ? "snp/ark.pem"
				       : "tdx/root.pem");
	if (roots_load(r, s->roots != NULL ? s->roots : path))
		return true;
	snprintf(why, size, "no trust anchors at %s: %s", s->roots != NULL ? s->roots : path,
		 strerror(errno));
	return false;
}
