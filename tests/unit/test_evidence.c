/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Evidence in the guest, over a platform of the test's own: each way to fail has its name, and what
 * was measured replays. The log lives as long as the guest, so the tests stand in the order of a
 * guest's life.
 * sources: attest/evidence.c attest/bind.c attest/evlog.c lib/why.c lib/print.c lib/status.c
 * libs: -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../attest/claims.h"
#include "evidence.h"
#include "job.h"
#include "mm.h"
#include "print.h"

#define DIGEST       48
#define SHARED_PAGES 3
#define LOG_BYTES    (8 * PAGE_SIZE)
#define TABLE        10 /* bytes of certificates */

const char job_name[] = "probe";

/* Evidence of this platform: report data, then the registers, then a table. */
struct report {
	u8 data[REPORT_DATA_SIZE];
	u8 value[EVLOG_REGISTERS][DIGEST];
	u8 table[TABLE];
};

static struct {
	u8 value[EVLOG_REGISTERS][DIGEST];
	unsigned registers; /* how many there are */
	/* what goes wrong */
	enum status evidence, claims, read, extend;
	unsigned read_bad;     /* the register that `read` is for */
	size_t digest, length; /* 0: as it should be */
	const char *why, *failed;
	bool no_table, no_pages, no_pool;
	struct report twist; /* xored into the report */
	/* what was seen */
	unsigned pool_in_use, pool_kept, extends;
	void *shared;
	bool inside; /* evidence() asks for evidence */
} fake;

static char console[4096];

void console_write(const char *s, size_t n)
{
	assert_true(strlen(console) + n < sizeof(console));
	strncat(console, s, n);
}

u64 pages_alloc(size_t count, u64 align)
{
	assert_int_equal(align, PAGE_SIZE);
	if (fake.no_pages)
		return 0;
	return (u64)(uintptr_t)aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
}

void *pool_alloc(size_t pages, u64 align)
{
	assert_int_equal(pages, SHARED_PAGES);
	if (fake.no_pool)
		return NULL;
	fake.pool_in_use++;
	return aligned_alloc(PAGE_SIZE, pages * PAGE_SIZE);
}

void pool_free(void *p, size_t pages)
{
	assert_int_equal(pages, SHARED_PAGES);
	fake.pool_in_use--;
	free(p);
}

void pool_keep(const void *p, size_t size)
{
	assert_int_equal(size, SHARED_PAGES * PAGE_SIZE);
	fake.pool_kept++;
	free((void *)(uintptr_t)p);
}

static enum status fake_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	struct report r;
	const u8 *twist = (const u8 *)&fake.twist;

	fake.shared = shared;
	if (fake.inside) {
		struct evidence e;
		u8 challenge[REPORT_DATA_SIZE] = { 0 };

		assert_int_equal(evidence_get(challenge, (struct bytes){ NULL, 0 }, &e), ST_STATE);
		assert_int_equal(evidence_measure(1, "x", (struct bytes){ NULL, 0 }), ST_STATE);
		assert_int_equal(evidence_log().size, 0);
	}
	if (fake.evidence != ST_OK)
		return fake.evidence;
	memcpy(r.data, report_data, sizeof(r.data));
	memcpy(r.value, fake.value, sizeof(r.value));
	memset(r.table, 0xce, sizeof(r.table));
	for (size_t i = 0; i < sizeof(r); i++)
		((u8 *)&r)[i] ^= twist[i];
	assert_true(*len >= sizeof(r));
	memcpy(buf, &r, sizeof(r));
	*len = sizeof(r) - (fake.no_table ? TABLE : 0);
	if (fake.length != 0)
		*len = fake.length - 1;
	return ST_OK;
}

static const char *fake_why(void)
{
	return fake.why;
}

static enum status fake_read(unsigned index, u8 *digest, size_t *len)
{
	if (fake.read != ST_OK && index == fake.read_bad)
		return fake.read;
	if (index >= fake.registers)
		return ST_UNSUPPORTED;
	assert_true(*len >= DIGEST);
	memcpy(digest, fake.value[index], DIGEST);
	*len = fake.digest != 0 ? fake.digest : DIGEST;
	return ST_OK;
}

static void extend(unsigned index, const u8 *digest)
{
	u8 both[2 * DIGEST];

	memcpy(both, fake.value[index], DIGEST);
	memcpy(both + DIGEST, digest, DIGEST);
	evlog_digest(EVLOG_SHA384, (struct bytes){ both, sizeof(both) }, fake.value[index]);
}

static enum status fake_extend(unsigned index, const u8 *digest, size_t len)
{
	assert_int_equal(len, DIGEST);
	if (fake.extend != ST_OK)
		return fake.extend;
	fake.extends++;
	extend(index, digest);
	return ST_OK;
}

enum status evidence_claims(enum cvm_platform platform, struct bytes evidence,
			    struct evidence_claims *out)
{
	static const char *const names[] = { "launch", "one", "two", "three", "four" };
	const size_t table = offsetof(struct report, table);

	assert_int_equal(platform, cvm.ops->platform);
	*out = (struct evidence_claims){ .report = evidence, .failed = fake.failed };
	if (fake.claims != ST_OK)
		return fake.claims;
	out->report.size = table;
	out->certificates = (struct bytes){ evidence.data + table, evidence.size - table };
	out->report_data = (struct bytes){ evidence.data, REPORT_DATA_SIZE };
	for (unsigned i = 0; i < fake.registers; i++) {
		out->value[i] =
		    (struct bytes){ evidence.data + offsetof(struct report, value) + i * DIGEST,
				    DIGEST };
		out->name[i] = names[i];
	}
	return ST_OK;
}

static struct cvm_ops ops = {
	.name = "fake",
	.evidence_pages = SHARED_PAGES,
	.evidence = fake_evidence,
	.evidence_why = fake_why,
	.measure_read = fake_read,
	.measure_extend = fake_extend,
};
struct cvm cvm = { .ops = &ops };

static const u8 challenge[REPORT_DATA_SIZE] = "what is asked";
static struct evidence evidence;

/* Before each test: nothing goes wrong. Registers keep what they hold. */
static int setup(void **state)
{
	u8 value[EVLOG_REGISTERS][DIGEST];

	memcpy(value, fake.value, sizeof(value));
	memset(&fake, 0, sizeof(fake));
	memcpy(fake.value, value, sizeof(value));
	memset(fake.value[0], 0xd0, DIGEST);
	fake.registers = EVLOG_REGISTERS;
	fake.why = "";
	ops.platform = CVM_TDX;
	ops.evidence_pages = SHARED_PAGES;
	ops.evidence_why = fake_why;
	console[0] = '\0';
	return 0;
}

static enum status get(void)
{
	enum status st = evidence_get(challenge, (struct bytes){ NULL, 0 }, &evidence);

	assert_int_equal(fake.pool_in_use, fake.pool_kept);
	if (st != ST_OK) { /* nothing half checked goes out */
		assert_null(evidence.report.data);
		assert_null(evidence.log.data);
	}
	return st;
}

static struct bytes text(const char *s)
{
	return (struct bytes){ (const u8 *)s, strlen(s) };
}

static void fails(enum status expected, const char *why)
{
	assert_int_equal(get(), expected);
	if (strstr(evidence_why(), why) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why, evidence_why());
	console[0] = '\0';
	evidence_print(&evidence, expected);
	assert_memory_equal(console, "# evidence: failed: ", 20);
	assert_non_null(strstr(console, evidence_why()));
}

/* ---- before anything was measured ---- */

static void no_memory(void **state)
{
	fake.no_pages = true;
	fails(ST_NO_MEMORY, "no private pages");
	assert_int_equal(evidence_measure(1, "x", text("y")), ST_NO_MEMORY);
	assert_non_null(strstr(evidence_why(), "no pages for the log"));
	fake.no_pages = false;
	fake.no_pool = true;
	fails(ST_NO_MEMORY, "no 3 shared pages");
}

static void plain(void **state)
{
	ops.platform = CVM_PLAIN;
	fails(ST_UNSUPPORTED, "a plain VM has no evidence");
	assert_null(fake.shared);
}

static void bound(void **state)
{
	struct bytes key = text("a key");
	u8 expected[REPORT_DATA_SIZE];

	assert_int_equal(get(), ST_OK);
	assert_string_equal(evidence_why(), "");
	assert_int_equal(evidence_bind("probe", challenge, (struct bytes){ NULL, 0 }, expected),
			 ST_OK);
	assert_memory_equal(evidence.report_data, expected, sizeof(expected));
	assert_memory_equal(evidence.report.data, expected, sizeof(expected));
	assert_int_equal(evidence.report.size, offsetof(struct report, table));
	assert_int_equal(evidence.certificates.size, TABLE);
	assert_int_equal(evidence.certificates.data[0], 0xce);
	assert_null(evidence.log.data);
	assert_int_equal(evidence.log.size, 0);

	assert_int_equal(evidence_get_as("firmware", challenge, key, &evidence), ST_OK);
	assert_int_equal(evidence_bind("firmware", challenge, key, expected), ST_OK);
	assert_memory_equal(evidence.report.data, expected, sizeof(expected));
	assert_int_equal(evidence_get_as("", challenge, key, &evidence), ST_INVALID);
	assert_non_null(strstr(evidence_why(), "binding"));
}

static void printed(void **state)
{
	char expected[512], *at = expected;
	u8 digest[EVLOG_DIGEST_MAX];

	assert_int_equal(evidence_get_as("workload", challenge, text("k"), &evidence), ST_OK);
	evlog_digest(EVLOG_SHA256, evidence.report, digest);
	at += sprintf(at, "# evidence: kind=workload bytes=%zu sha256=", evidence.report.size);
	for (unsigned i = 0; i < 32; i++)
		at += sprintf(at, "%02x", digest[i]);
	at += sprintf(at, " report_data=");
	for (unsigned i = 0; i < REPORT_DATA_SIZE; i++)
		at += sprintf(at, "%02x", evidence.report_data[i]);
	sprintf(at, "\n");
	evidence_print(&evidence, ST_OK);
	assert_string_equal(console, expected);
	console[0] = '\0';
	evidence_print(&evidence, ST_STATE); /* nobody has said why */
	assert_string_equal(console, "# evidence: failed: wrong state\n");
}

static void without_shared_pages(void **state)
{
	ops.evidence_pages = 0;
	ops.evidence_why = NULL;
	fake.no_pool = true;
	assert_int_equal(get(), ST_OK);
	assert_null(fake.shared);
}

/* One register and no more: the launch measurement alone is held against the report. */
static void without_registers(void **state)
{
	ops.platform = CVM_SNP;
	fake.registers = 1;
	fake.no_table = true;
	assert_int_equal(get(), ST_OK);
	assert_int_equal(evidence.certificates.size, 0);
	assert_int_equal(evidence_measure(1, "x", text("y")), ST_UNSUPPORTED);
	assert_non_null(strstr(evidence_why(), "measuring: no register"));
	fake.twist.value[0][47] = 1;
	fails(ST_CORRUPT, "launch: from byte 47 on asked d0, got d1");
}

static void one_at_a_time(void **state)
{
	fake.inside = true;
	assert_int_equal(get(), ST_OK);
}

static void platform_fails(void **state)
{
	fake.evidence = ST_DENIED;
	fake.why = "asked for a quote, got 0x8000000000000000 (BUSY); look: QGS";
	fails(ST_DENIED, "asked for a quote, got 0x8000000000000000 (BUSY); look: QGS");
	fake.why = "";
	fails(ST_DENIED, "fake gave none: refused by the host");
	ops.evidence_why = NULL;
	fails(ST_DENIED, "fake gave none: refused by the host");
}

/* The host has the buffer still: nobody else may get it. */
static void platform_slow(void **state)
{
	fake.evidence = ST_TIMEOUT;
	fails(ST_TIMEOUT, "time-out");
	assert_int_equal(fake.pool_kept, 1);
}

static void platform_lies_about_length(void **state)
{
	fake.length = 1; /* 0 bytes */
	fails(ST_PROTOCOL, "broke its protocol");
	fake.length = 1 + 8 * PAGE_SIZE + 1;
	fails(ST_PROTOCOL, "broke its protocol");
}

static void checks_of_the_form(void **state)
{
	fake.claims = ST_TRUNCATED;
	fake.failed = "form of the letter";
	fails(ST_CORRUPT, "form of the letter: input ends too early, 314 bytes");
}

static void another_answer(void **state)
{
	char why[64];

	assert_int_equal(get(), ST_OK);
	sprintf(why, "report data: from byte 20 on asked %02x%02x%02x", evidence.report_data[20],
		evidence.report_data[21], evidence.report_data[22]);
	fake.twist.data[20] = 0x80;
	fails(ST_CORRUPT, why);
}

static void registers_differ(void **state)
{
	static const char *const names[] = { "launch: from byte", "one: from byte",
					     "two: from byte", "three: from byte",
					     "four: from byte" };

	for (unsigned i = 0; i < EVLOG_REGISTERS; i++) {
		fake.twist.value[i][3] = 1;
		fails(ST_CORRUPT, names[i]);
		fake.twist.value[i][3] = 0;
	}
	fake.digest = 32;
	fails(ST_CORRUPT, "launch: from byte");
}

static void registers_unreadable(void **state)
{
	fake.read = ST_DENIED;
	fake.read_bad = 3;
	fails(ST_DENIED, "reading measurement register 3: refused by the host");
	fake.read = ST_UNSUPPORTED; /* of the launch there is always one */
	fake.read_bad = 0;
	fails(ST_UNSUPPORTED, "reading measurement register 0");
	fake.read = ST_OK;
	fake.digest = EVLOG_DIGEST_MAX + 1;
	fails(ST_PROTOCOL, "reading measurement register 0");
}

/* ---- measuring ---- */

static void no_such_register(void **state)
{
	assert_int_equal(evidence_measure(0, "x", text("y")), ST_INVALID);
	assert_int_equal(evidence_measure(5, "x", text("y")), ST_INVALID);
	fake.digest = 20; /* SHA-1's */
	assert_int_equal(evidence_measure(1, "x", text("y")), ST_UNSUPPORTED);
	assert_non_null(strstr(evidence_why(), "20 bytes"));
	fake.digest = 0;
	fake.read = ST_DENIED;
	fake.read_bad = 2;
	assert_int_equal(evidence_measure(1, "x", text("y")), ST_DENIED);
	assert_int_equal(fake.extends, 0);
}

static void assert_log(const unsigned *events)
{
	struct evlog_registers r;

	assert_int_equal(get(), ST_OK);
	assert_int_equal(evlog_replay(evidence.log, &r), ST_OK);
	assert_int_equal(r.hash, EVLOG_SHA384);
	for (unsigned i = 1; i < EVLOG_REGISTERS; i++)
		assert_int_equal(r.events[i], events[i]);
	assert_memory_equal(r.value[1], fake.value[1], DIGEST);
	assert_memory_equal(r.value[3], fake.value[3], DIGEST);
	assert_memory_equal(r.value[4], fake.value[4], DIGEST);
}

/* Register 2 was extended by somebody before: said at once and with every answer, and not held
 * against the log. */
static void log_begins(void **state)
{
	static const unsigned three[] = { 0, 0, 1, 1, 1 };
	struct evlog_reader r;
	struct evlog_event e;

	extend(2, fake.value[0]);
	assert_int_equal(evidence_measure(3, EVLOG_OPTIONS, text("quiet")), ST_OK);
	assert_string_equal(console, "# evidence: register 2 was extended before the log began: no "
				     "log replays to it\n");
	assert_int_equal(evidence_measure(2, "late", text("")), ST_OK);
	assert_int_equal(evidence_measure(4, "own", (struct bytes){ NULL, 0 }), ST_OK);
	assert_log(three);
	assert_string_equal(evidence_why(), "extended before the log began, not replayed: two");
	assert_int_equal(evlog_open(evidence.log, &r), ST_OK);
	assert_int_equal(evlog_next(&r, &e), ST_OK);
	assert_int_equal(e.reg, 3);
	assert_int_equal(e.type, EVLOG_IPL);
	assert_int_equal(e.data.size, sizeof(EVLOG_OPTIONS) + 5);
	assert_memory_equal(e.data.data, EVLOG_OPTIONS "\0quiet", e.data.size);
}

/* An image: all of it in the digest, nothing of it in the log. */
static void image_measured(void **state)
{
	static u8 image[LOG_BYTES + 1];
	static const unsigned four[] = { 0, 0, 1, 2, 1 };
	struct bytes data = { image, sizeof(image) }, before = evidence_log();
	struct evlog_reader r;
	struct evlog_event e, end;
	u8 digest[EVLOG_DIGEST_MAX];

	memset(image, 0x5a, sizeof(image));
	assert_int_equal(evidence_measure_image(5, "kernel", data), ST_INVALID);
	assert_int_equal(evidence_log().size, before.size);
	assert_int_equal(evidence_measure_image(3, "kernel", data), ST_OK);
	assert_log(four);
	assert_ptr_equal(evidence_log().data, before.data);
	assert_int_equal(evlog_open(evidence_log(), &r), ST_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(evlog_next(&r, &e), ST_OK);
	assert_int_equal(evlog_next(&r, &end), ST_NOT_FOUND);
	assert_int_equal(e.reg, 3);
	assert_int_equal(e.type, EVLOG_IPL);
	assert_int_equal(e.data.size, sizeof("kernel"));
	assert_memory_equal(e.data.data, "kernel", sizeof("kernel"));
	assert_true(evlog_digest(EVLOG_SHA384, data, digest));
	assert_memory_equal(e.digest.data, digest, DIGEST);
}

static void extend_fails(void **state)
{
	static const unsigned four[] = { 0, 0, 1, 2, 1 };

	fake.extend = ST_DENIED;
	assert_int_equal(evidence_measure(4, "own", text("again")), ST_DENIED);
	assert_non_null(strstr(evidence_why(), "extending measurement register 4: refused"));
	assert_log(four);
}

static void too_much(void **state)
{
	static const unsigned five[] = { 0, 1, 1, 2, 1 };
	static u8 much[LOG_BYTES];
	struct bytes data = { much, sizeof(much) };

	assert_int_equal(evidence_measure(1, "", data), ST_NO_MEMORY); /* no event so long */
	data.size = sizeof(much) - 1;
	assert_int_equal(evidence_measure(1, "", data), ST_NO_MEMORY); /* no room in the log */
	assert_non_null(strstr(evidence_why(), "the log holds"));
	assert_int_equal(fake.extends, 0);
	data.size = PAGE_SIZE;
	assert_int_equal(evidence_measure(1, "much", data), ST_OK);
	assert_log(five);
}

static void extended_beside_the_log(void **state)
{
	u8 before[DIGEST];

	extend(2, fake.value[0]); /* not held against the log */
	assert_int_equal(get(), ST_OK);
	memcpy(before, fake.value[4], DIGEST);
	extend(4, fake.value[0]);
	fails(ST_CORRUPT, "four: from byte");
	assert_non_null(strstr(evidence_why(), "beside the event log"));
	memcpy(fake.value[4], before, DIGEST);
	assert_int_equal(get(), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_memory, setup),
		cmocka_unit_test_setup(plain, setup),
		cmocka_unit_test_setup(bound, setup),
		cmocka_unit_test_setup(printed, setup),
		cmocka_unit_test_setup(without_shared_pages, setup),
		cmocka_unit_test_setup(without_registers, setup),
		cmocka_unit_test_setup(one_at_a_time, setup),
		cmocka_unit_test_setup(platform_fails, setup),
		cmocka_unit_test_setup(platform_slow, setup),
		cmocka_unit_test_setup(platform_lies_about_length, setup),
		cmocka_unit_test_setup(checks_of_the_form, setup),
		cmocka_unit_test_setup(another_answer, setup),
		cmocka_unit_test_setup(registers_differ, setup),
		cmocka_unit_test_setup(registers_unreadable, setup),
		cmocka_unit_test_setup(no_such_register, setup),
		cmocka_unit_test_setup(log_begins, setup),
		cmocka_unit_test_setup(image_measured, setup),
		cmocka_unit_test_setup(extend_fails, setup),
		cmocka_unit_test_setup(too_much, setup),
		cmocka_unit_test_setup(extended_beside_the_log, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
