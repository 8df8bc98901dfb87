/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The job of this image. Exactly one object that defines these is linked (probe/job.c here;
 * workload and firmware later): the job is fixed by measured bytes, never by a switch.
 */
#ifndef JOB_H
#define JOB_H

#include "cvm.h"
#include "mm.h"

extern const char job_name[]; /* "probe" */

/* Which acceptance policy the job wants; the probe reads accept= from its command line. */
enum accept_policy job_accept_policy(const char *cmdline);

/* Runs with memory, console, interrupts and (if any) other CPUs up. Returns the verdict. */
enum cvm_shutdown job_main(const char *cmdline);

#endif
