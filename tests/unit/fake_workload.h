/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a workload sees (struct workload), made by hand: one piece of memory that must be zero when
 * it comes back, a stream whose other end is the test's, evidence of any size. What was said, on
 * the stream or in the log, is kept: it is public.
 */
#ifndef TESTS_FAKE_WORKLOAD_H
#define TESTS_FAKE_WORKLOAD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

struct stream {
	int unused;
};

static struct {
	/* what it offers */
	bool no_memory;
	enum status random_status, open_status, evidence_status;
	u8 random_fill; /* 0: good bytes; else: all of them are this */
	const u8 *random_fixed;
	struct bytes report, certificates, log;
	unsigned write_fails;      /* the n-th write, from 1; 0: none */
	u64 now, tick;             /* each look at the clock moves it so far */
	size_t read_bytes;         /* at most so many at a time; 0: all */
	size_t read_lies;          /* *got instead; 0: none */
	enum status (*turn)(void); /* the stream's bytes were used up: more into `in` */
	/* what was done with it */
	void *memory;
	size_t memory_size;
	unsigned allocated, released, opened, closed, written, asked;
	bool dirty; /* given back with something in it */
	enum stream_kind kind;
	u32 port;
	u8 in[16384], out[1u << 20], key[128], challenge[REPORT_DATA_SIZE];
	size_t in_size, in_at, out_size;
	char logged[4096];
} fw;

static struct stream fw_stream;

static void *fw_allocate(size_t bytes)
{
	if (fw.no_memory)
		return NULL;
	fw.allocated++;
	fw.memory = calloc(1, bytes);
	fw.memory_size = bytes;
	return fw.memory;
}

/* The runtime's zeroes it: what must hold is that nothing else keeps it. */
static void fw_release(void *memory, size_t bytes)
{
	fw.dirty |= memory != fw.memory || bytes != fw.memory_size;
	fw.released++;
	memset(memory, 0, bytes);
	free(memory);
}

static u64 fw_time(void)
{
	return fw.now += fw.tick;
}

static enum status fw_random(void *buffer, size_t bytes)
{
	static u32 state = 1;
	u8 *p = buffer;

	if (fw.random_status != ST_OK)
		return fw.random_status;
	for (size_t i = 0; i < bytes; i++) {
		state = state * 1664525u + 1013904223u;
		p[i] = fw.random_fixed != NULL ? fw.random_fixed[i]
		       : fw.random_fill != 0   ? fw.random_fill
					       : (u8)(state >> 24);
	}
	return ST_OK;
}

static enum status fw_open(enum stream_kind kind, u32 port, struct stream **out)
{
	fw.kind = kind;
	fw.port = port;
	if (fw.open_status != ST_OK)
		return fw.open_status;
	fw.opened++;
	*out = &fw_stream;
	return ST_OK;
}

static enum status fw_read(struct stream *s, void *buffer, size_t bytes, size_t *got, u64 timeout)
{
	size_t n;

	if (s != &fw_stream || timeout == 0 || bytes == 0)
		abort();
	if (fw.in_at == fw.in_size) {
		enum status st = fw.turn == NULL ? ST_TIMEOUT : fw.turn();

		if (st != ST_OK)
			return st;
	}
	n = MIN(bytes, fw.in_size - fw.in_at);
	if (fw.read_bytes != 0)
		n = MIN(n, fw.read_bytes);
	if (n == 0)
		return ST_TIMEOUT;
	memcpy(buffer, fw.in + fw.in_at, n);
	fw.in_at += n;
	*got = fw.read_lies != 0 ? fw.read_lies - 1 : n;
	return ST_OK;
}

static enum status fw_write(struct stream *s, const void *data, size_t bytes)
{
	if (s != &fw_stream || bytes == 0)
		abort();
	if (++fw.written == fw.write_fails)
		return ST_PROTOCOL;
	if (bytes > sizeof(fw.out) - fw.out_size)
		abort();
	memcpy(fw.out + fw.out_size, data, bytes);
	fw.out_size += bytes;
	return ST_OK;
}

static void fw_close(struct stream *s)
{
	if (s != &fw_stream)
		abort();
	fw.closed++;
}

static enum status fw_evidence(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			       struct evidence *out)
{
	fw.asked++;
	if (key.size > sizeof(fw.key))
		abort();
	memcpy(fw.key, key.data, key.size);
	memcpy(fw.challenge, challenge, REPORT_DATA_SIZE);
	if (fw.evidence_status != ST_OK)
		return fw.evidence_status;
	out->report = fw.report;
	out->certificates = fw.certificates;
	out->log = fw.log;
	memset(out->report_data, 0x77, sizeof(out->report_data));
	return ST_OK;
}

static const char *fw_why(void)
{
	return "why there is none";
}

static enum status fw_measure(const char *what, struct bytes data)
{
	(void)what;
	(void)data;
	return ST_OK;
}

static void FORMAT_PRINTF(1, 2) fw_log(const char *fmt, ...)
{
	size_t n = strlen(fw.logged);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fw.logged + n, sizeof(fw.logged) - n - 1, fmt, ap);
	va_end(ap);
	strcat(fw.logged, "\n");
}

static struct workload fw_workload = {
	.version = WORKLOAD_VERSION,
	.cpus = 1,
	.platform = "cca",
	.options = "",
	.allocate = fw_allocate,
	.release = fw_release,
	.time_ns = fw_time,
	.random = fw_random,
	.open = fw_open,
	.read = fw_read,
	.write = fw_write,
	.close = fw_close,
	.evidence = fw_evidence,
	.evidence_why = fw_why,
	.measure = fw_measure,
	.log = fw_log,
};

#endif
