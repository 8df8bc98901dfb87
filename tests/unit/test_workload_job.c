/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The job that calls a workload: options are measured before it runs or it does not run, its end
 * is the verdict, its lines stay lines, its memory comes zeroed and goes zeroed, its time never
 * goes back.
 * sources: workload/job.c workload/memory.c lib/print.c lib/status.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch.h"
#include "job.h"
#include "smp.h"
#include "workload/runtime.h"

/* ---- the machine ---- */

static const struct cvm_ops ops = { .name = "fake" };
struct cvm cvm = { .ops = &ops };

static u64 counter, hz;
static char text[4096];
static size_t text_len;

u64 arch_counter(void)
{
	return counter;
}

u64 arch_counter_hz(void)
{
	return hz;
}

unsigned smp_online_count(void)
{
	return 3;
}

void console_write(const char *s, size_t n)
{
	assert_true(text_len + n < sizeof(text));
	memcpy(text + text_len, s, n);
	text_len += n;
	text[text_len] = '\0';
}

/* Pages with something of another's in them. */
#define FRAMES 4
static u8 frames[FRAMES * PAGE_SIZE] __attribute__((aligned(4096)));
static size_t frames_taken;
static bool freed_zeroed;

u64 pages_alloc(size_t count, u64 align)
{
	if (frames_taken + count > FRAMES)
		return 0;
	frames_taken += count;
	memset(frames, 0xa5, sizeof(frames));
	return (u64)(uintptr_t)frames;
}

void pages_free(u64 addr, size_t count)
{
	assert_int_equal(addr, (u64)(uintptr_t)frames);
	freed_zeroed = true;
	for (size_t i = 0; i < count * PAGE_SIZE; i++)
		freed_zeroed = freed_zeroed && frames[i] == 0;
	frames_taken -= count;
}

/* ---- what else the job has ---- */

static struct {
	unsigned reg, calls;
	char what[32];
	u8 data[64];
	size_t size;
} measured;
static enum status measures;
static unsigned streams_ended, entropy_ended;

enum status evidence_measure(unsigned reg, const char *what, struct bytes data)
{
	assert_true(data.size <= sizeof(measured.data));
	measured.calls++;
	measured.reg = reg;
	snprintf(measured.what, sizeof(measured.what), "%s", what);
	memcpy(measured.data, data.data, data.size);
	measured.size = data.size;
	return measures;
}

enum status evidence_get(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			 struct evidence *out)
{
	return ST_UNSUPPORTED;
}

const char *evidence_why(void)
{
	return "the reason";
}

enum status entropy_random(void *buffer, size_t bytes)
{
	return ST_UNSUPPORTED;
}

void entropy_end(void)
{
	entropy_ended++;
}

enum status stream_open(enum stream_kind kind, u32 port, struct stream **out)
{
	return ST_NOT_FOUND;
}

enum status stream_read(struct stream *s, void *buffer, size_t bytes, size_t *got, u64 timeout_ns)
{
	return ST_TIMEOUT;
}

enum status stream_write(struct stream *s, const void *data, size_t bytes)
{
	return ST_STATE;
}

void stream_close(struct stream *s)
{
}

void stream_end(void)
{
	streams_ended++;
}

/* ---- the workload ---- */

static void (*body)(const struct workload *w);
static int ends_with;
static bool ran;

int workload_main(const struct workload *w)
{
	ran = true;
	if (body != NULL)
		body(w);
	return ends_with;
}

static enum cvm_shutdown run(const char *options, void (*what)(const struct workload *))
{
	memset(&measured, 0, sizeof(measured));
	text_len = 0;
	text[0] = '\0';
	streams_ended = entropy_ended = 0;
	ran = false;
	body = what;
	return job_main(options);
}

/* ---- the tests ---- */

static void test_verdict(void **state)
{
	measures = ST_OK;
	ends_with = 0;
	assert_int_equal(run("", NULL), CVM_SHUTDOWN_PASS);
	assert_string_equal(text, "# workload: ended: 0\n");
	ends_with = -7;
	assert_int_equal(run("", NULL), CVM_SHUTDOWN_FAIL);
	assert_string_equal(text, "# workload: ended: -7\n");
	assert_int_equal(streams_ended, 1);
	assert_int_equal(entropy_ended, 1);
	ends_with = 0;
	assert_string_equal(job_name, "workload");
	assert_int_equal(job_accept_policy("accept=lazy"), ACCEPT_EAGER);
}

static void test_options(void **state)
{
	measures = ST_OK;
	assert_int_equal(run("a=1 b", NULL), CVM_SHUTDOWN_PASS);
	assert_int_equal(measured.calls, 1);
	assert_int_equal(measured.reg, 3);
	assert_string_equal(measured.what, EVLOG_OPTIONS);
	assert_int_equal(measured.size, 5);
	assert_memory_equal(measured.data, "a=1 b", 5);
	/* That there are none is measured, too. */
	assert_int_equal(run("", NULL), CVM_SHUTDOWN_PASS);
	assert_int_equal(measured.calls, 1);
	assert_int_equal(measured.size, 0);
	/* No registers: nothing to be done. A register that fails: no workload. */
	measures = ST_UNSUPPORTED;
	assert_int_equal(run("a", NULL), CVM_SHUTDOWN_PASS);
	assert_true(ran);
	measures = ST_PROTOCOL;
	assert_int_equal(run("a", NULL), CVM_SHUTDOWN_FAIL);
	assert_false(ran);
	assert_string_equal(text, "# workload: the options cannot be measured: the host broke its "
				  "protocol (the reason)\n");
	measures = ST_OK;
}

static void body_interface(const struct workload *w)
{
	struct stream *s;
	u8 byte = 1;

	assert_int_equal(w->version, WORKLOAD_VERSION);
	assert_int_equal(w->cpus, 3);
	assert_string_equal(w->platform, "fake");
	assert_string_equal(w->options, "x y");
	assert_int_equal(w->open(STREAM_CONSOLE, 0, &s), ST_NOT_FOUND);
	assert_int_equal(w->random(&byte, 1), ST_UNSUPPORTED);
	assert_string_equal(w->evidence_why(), "the reason");
	assert_int_equal(w->measure("mine", (struct bytes){ &byte, 1 }), ST_OK);
	assert_int_equal(measured.reg, 4);
	assert_string_equal(measured.what, "mine");
	assert_memory_equal(measured.data, "\x01", 1);
}

static void test_interface(void **state)
{
	assert_int_equal(run("x y", body_interface), CVM_SHUTDOWN_PASS);
	assert_int_equal(measured.calls, 2);
}

/* Text of a peer must not end the line and begin one of ours. */
static void body_log(const struct workload *w)
{
	char more[600];

	w->log("refused: %s", "x\n# workload: ended: 0\x1b[2J\xff");
	memset(more, 'm', sizeof(more) - 1);
	more[sizeof(more) - 1] = '\0';
	w->log("%s", more);
}

static void test_log(void **state)
{
	unsigned lines = 0;

	ends_with = 1;
	assert_int_equal(run("", body_log), CVM_SHUTDOWN_FAIL);
	ends_with = 0;
	assert_memory_equal(text, "# workload: refused: x?# workload: ended: 0?[2J?\n# workload: m",
			    62);
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 3);
	assert_true(text_len < 400);
}

static void body_memory(const struct workload *w)
{
	u8 *p = w->allocate(5000);

	assert_non_null(p);
	for (size_t i = 0; i < 2 * PAGE_SIZE; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(frames_taken, 2);
	assert_null(w->allocate(3 * PAGE_SIZE));
	assert_null(w->allocate(0));
	assert_null(w->allocate(SIZE_MAX));
	memset(p, 0x5a, 5000);
	freed_zeroed = false;
	w->release(p, 5000);
	assert_true(freed_zeroed);
	assert_int_equal(frames_taken, 0);
	w->release(NULL, 5000);
	w->release(p, 0);
	assert_int_equal(frames_taken, 0);
}

static void test_memory(void **state)
{
	assert_int_equal(run("", body_memory), CVM_SHUTDOWN_PASS);
}

static void body_time(const struct workload *w)
{
	u64 t0 = w->time_ns(), t1;

	counter += hz;
	t1 = w->time_ns();
	assert_int_equal(t1 - t0, 1000000000);
	counter -= hz / 2; /* the host sets it back, then on */
	assert_int_equal(w->time_ns(), t1);
	counter += hz / 2;
	assert_int_equal(w->time_ns(), t1);
	counter += hz / 1000;
	assert_in_range(w->time_ns(), t1 + 999999, t1 + 1000000);
	/* A century goes by without an overflow. */
	counter += hz * 3155760000ULL;
	assert_in_range(w->time_ns(), 3155760000000000000ULL, 3155760010000000000ULL);
}

static void test_time(void **state)
{
	hz = 62500000;
	counter = 12345;
	assert_int_equal(run("", body_time), CVM_SHUTDOWN_PASS);
}

static void body_no_rate(const struct workload *w)
{
	u64 t0 = w->time_ns();

	counter += 5;
	assert_int_equal(w->time_ns(), t0 + 5);
}

/* Its rate unknown: taken for nanoseconds. */
static void test_no_rate(void **state)
{
	hz = 0;
	assert_int_equal(run("", body_no_rate), CVM_SHUTDOWN_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict),   cmocka_unit_test(test_options),
		cmocka_unit_test(test_interface), cmocka_unit_test(test_log),
		cmocka_unit_test(test_memory),    cmocka_unit_test(test_time),
		cmocka_unit_test(test_no_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
