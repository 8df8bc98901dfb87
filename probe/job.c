/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe as the job of this image. */
#include "job.h"

#include "challenge.h"
#include "cmdline.h"
#include "probe.h"

const char job_name[] = "probe";

enum accept_policy job_accept_policy(const char *cmdline)
{
	struct word w = cmdline_value(cmdline, "accept=");

	if (word_is(w, "lazy"))
		return ACCEPT_LAZY;
	if (word_is(w, "parallel"))
		return ACCEPT_PARALLEL;
	return ACCEPT_EAGER;
}

enum cvm_shutdown job_main(const char *cmdline)
{
	enum cvm_shutdown verdict = probe_run(cmdline);

	challenge_answer(cmdline);
	return verdict;
}
