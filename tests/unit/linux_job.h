/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's job between a source, a table of hashes, registers and a hand-over that are the
 * test's. ALLOWS_UNMEASURED: which of the two images. No hand-over returns here but with a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../boot/linux/linux.h"
#include "evidence.h"
#include "job.h"
#include "mm.h"
#include "print.h"

const bool firmware_allows_unmeasured = ALLOWS_UNMEASURED;

static const struct cvm_ops ops = { .name = "host" };
struct cvm cvm = { .ops = &ops };

static struct {
	enum status load, table, measure_at[3], handover;
	struct payload_hashes measured;
	/* what was seen */
	unsigned events, handovers;
	unsigned reg[3];
	char what[3][32];
	bool with_text[3];
	struct bytes data[3];
} fake;

static const struct payload payload = {
	.kernel = { (const u8 *)"kernel", 6 },
	.initrd = { (const u8 *)"initrd", 6 },
	.cmdline = { (const u8 *)"quiet", 5 },
	.source = "disk",
};

static char console[8192];

void console_write(const char *s, size_t n)
{
	assert_true(strlen(console) + n < sizeof(console));
	strncat(console, s, n);
}

enum status payload_load(struct payload *p, const char **why)
{
	*why = "loading";
	*p = payload;
	return fake.load;
}

enum status hashes_measured(struct payload_hashes *out, const char **where)
{
	*where = "place";
	*out = fake.measured;
	return fake.table;
}

static enum status event(unsigned reg, const char *what, struct bytes data, bool text)
{
	unsigned i = fake.events;

	assert_true(i < 3);
	if (fake.measure_at[i] != ST_OK)
		return fake.measure_at[i];
	fake.reg[i] = reg;
	snprintf(fake.what[i], sizeof(fake.what[i]), "%s", what);
	fake.data[i] = data;
	fake.with_text[i] = text;
	fake.events++;
	return ST_OK;
}

enum status evidence_measure(unsigned reg, const char *what, struct bytes data)
{
	return event(reg, what, data, true);
}

enum status evidence_measure_image(unsigned reg, const char *what, struct bytes data)
{
	return event(reg, what, data, false);
}

const char *evidence_why(void)
{
	return "the register's reason";
}

enum status handover(const struct payload *p, const char **why)
{
	assert_int_equal(fake.handovers++, 0);
	assert_ptr_equal(p->kernel.data, payload.kernel.data);
	*why = "placing";
	return fake.handover;
}

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.handover = ST_NO_MEMORY;
	hashes_of(&payload, &fake.measured);
	console[0] = '\0';
	return 0;
}

/* Ends without a hand-over, by these words. */
static void refused(const char *words)
{
	assert_int_equal(job_main(""), CVM_SHUTDOWN_FAIL);
	assert_int_equal(fake.handovers, 0);
	assert_non_null(strstr(console, words));
}

/* Comes as far as the hand-over, whose own refusal is not the job's. */
static void handed_over(void)
{
	assert_int_equal(job_main(""), CVM_SHUTDOWN_FAIL);
	assert_int_equal(fake.handovers, 1);
	assert_non_null(strstr(console, "# linux: refused: placing: out of memory\n"));
}
