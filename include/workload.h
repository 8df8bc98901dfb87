/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface of a workload: one C function in an image of its own (`make workload SRC=dir`). It
 * runs on the boot CPU with memory accepted, devices found and interrupts on, and sees the platform
 * only through this struct. Stable: members are added at the end and `version` counts them;
 * what is there keeps its meaning.
 *
 * The image's measurement covers this code and yours. It does not cover what the host chooses at
 * run time: `options` (measured into a register where the platform has them), the time, what comes
 * in by streams. Nothing you hold leaves the private memory but by write(), log() and evidence().
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "evidence.h"
#include "status.h"
#include "types.h"

#define WORKLOAD_VERSION 1

enum stream_kind {
	STREAM_CONSOLE, /* virtio console port named "org.postern.workload"; `port` unused */
	STREAM_VSOCK,   /* connection to port `port` of the host (CID 2) */
};

struct stream; /* opaque */

struct workload {
	u32 version;          /* WORKLOAD_VERSION of the image */
	u32 cpus;             /* online; all but this one are idle */
	const char *platform; /* "cca", "snp", "tdx", "pkvm", "plain" */
	const char *options;  /* of the host: command line, fw_cfg or load options; never NULL */

	/* Private memory, zeroed, page aligned; NULL: none left. `bytes` as they were asked for.
	 * release() zeroes first. */
	void *(*allocate)(size_t bytes);
	void (*release)(void *memory, size_t bytes);

	/* Nanoseconds since start, by the CPU's counter; the host may stop it, never turn it back.
	 */
	u64 (*time_ns)(void);
	/* From the CPU's own source, stretched by a DRBG; a device's bytes, and the platform's,
	 * are mixed in and never relied on. ST_UNSUPPORTED: the CPU has no source: then there are
	 * no keys. */
	enum status (*random)(void *buffer, size_t bytes);

	/* Streams to the host; their content is public. read: at least one byte, at most `bytes`,
	 * within timeout_ns (ST_TIMEOUT); *got counts them. write: all of them. ST_PROTOCOL: the
	 * device broke a rule, the stream is dead; ST_NOT_FOUND: no such device or port. */
	enum status (*open)(enum stream_kind kind, u32 port, struct stream **out);
	enum status (*read)(struct stream *s, void *buffer, size_t bytes, size_t *got,
			    u64 timeout_ns);
	enum status (*write)(struct stream *s, const void *data, size_t bytes);
	void (*close)(struct stream *s);

	/* evidence.h; the kind is the image's. evidence_why: after a failure. */
	enum status (*evidence)(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
				struct evidence *out);
	const char *(*evidence_why)(void);
	/* Into the register kept for the workload (RTMR3, REM3), with an event in the log. */
	enum status (*measure)(const char *what, struct bytes data);

	/* A line of text for the host's console, "# workload: " before it. */
	void (*log)(const char *fmt, ...) FORMAT_PRINTF(1, 2);
};

/* 0: shutdown with a good verdict; anything else: a bad one, and the number is printed. */
int workload_main(const struct workload *w);

#endif
