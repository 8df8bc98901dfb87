/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind struct workload (include/workload.h): one file per subject. */
#ifndef WORKLOAD_RUNTIME_H
#define WORKLOAD_RUNTIME_H

#include "workload.h"

/* ---- workload/entropy.c ---- */
/*
 * As workload.h says. ST_CORRUPT: what the CPU gives is not random (a constant, few words in turn,
 * too many or too few ones); ST_NO_PROGRESS: it has a source that gives nothing. Either is for
 * good: a generator that was seen broken is not asked again. Nothing is written but on ST_OK.
 */
enum status entropy_random(void *buffer, size_t bytes);
/* Forgets the generator's state. */
void entropy_end(void);

/* ---- workload/memory.c ---- */
void *memory_allocate(size_t bytes);
void memory_release(void *memory, size_t bytes);

/* ---- workload/stream.c ---- */
#define STREAM_PORT_NAME "org.postern.workload"

enum status stream_open(enum stream_kind kind, u32 port, struct stream **out);
enum status stream_read(struct stream *s, void *buffer, size_t bytes, size_t *got, u64 timeout_ns);
enum status stream_write(struct stream *s, const void *data, size_t bytes);
void stream_close(struct stream *s);
/* Those that were left open. */
void stream_end(void);

#endif
