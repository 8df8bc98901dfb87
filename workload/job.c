/* SPDX-License-Identifier: BSD-2-Clause */
/* The workload as the job of its image: fills struct workload, calls the one function, judges. */
#include "job.h"

#include <string.h>

#include "arch.h"
#include "deadline.h"
#include "evidence.h"
#include "print.h"
#include "runtime.h"
#include "smp.h"

#define OPTIONS_REGISTER  3 /* RTMR2, REM2: what the loader hands over */
#define WORKLOAD_REGISTER 4 /* RTMR3, REM3: what runs measures for itself */
#define LINE              256
#define HZ_ASSUMED        NS_PER_S

const char job_name[] = "workload";

/* Nothing of the host's chooses how memory is accepted. */
enum accept_policy job_accept_policy(const char *cmdline)
{
	return ACCEPT_EAGER;
}

/* The furthest the counter has been: the host may step it back. */
static u64 time_ns(void)
{
	static u64 start, furthest;
	u64 hz = arch_counter_hz(), now = arch_counter();

	if (start == 0)
		start = furthest = now;
	if ((s64)(now - furthest) > 0)
		furthest = now;
	if (hz == 0)
		hz = HZ_ASSUMED;
	now = furthest - start;
	/* No overflow below 18 GHz: CNTFRQ has 32 bits, x86's rate is bounded where it is read. */
	return now / hz * NS_PER_S + now % hz * NS_PER_S / hz;
}

/* One line whatever is in it: what a peer sent may be part of the text. */
FORMAT_PRINTF(1, 2) static void log_line(const char *fmt, ...)
{
	char text[LINE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	print("# workload: %s\n", text);
}

static enum status measure(const char *what, struct bytes data)
{
	return evidence_measure(WORKLOAD_REGISTER, what, data);
}

/* The host chooses the options, so whoever relies on this guest must see them; also that there are
 * none. Where there are no registers nobody can, and says so by ST_UNSUPPORTED. */
static enum status measure_options(const char *options)
{
	struct bytes text = { (const u8 *)options, strlen(options) };
	enum status st = evidence_measure(OPTIONS_REGISTER, EVLOG_OPTIONS, text);

	return st == ST_UNSUPPORTED ? ST_OK : st;
}

enum cvm_shutdown job_main(const char *cmdline)
{
	const struct workload w = {
		.version = WORKLOAD_VERSION,
		.cpus = smp_online_count(),
		.platform = cvm.ops->name,
		.options = cmdline,
		.allocate = memory_allocate,
		.release = memory_release,
		.time_ns = time_ns,
		.random = entropy_random,
		.open = stream_open,
		.read = stream_read,
		.write = stream_write,
		.close = stream_close,
		.evidence = evidence_get,
		.evidence_why = evidence_why,
		.measure = measure,
		.log = log_line,
	};
	enum status st;
	int end;

	(void)time_ns();
	st = measure_options(cmdline);
	if (st != ST_OK) {
		print("# workload: the options cannot be measured: %s (%s)\n", status_text(st),
		      evidence_why());
		return CVM_SHUTDOWN_FAIL;
	}
	end = workload_main(&w);
	stream_end();
	entropy_end();
	print("# workload: ended: %d\n", end);
	return end == 0 ? CVM_SHUTDOWN_PASS : CVM_SHUTDOWN_FAIL;
}
