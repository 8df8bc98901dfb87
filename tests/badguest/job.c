/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of every bad guest. */
#include "bad.h"

const char job_name[] = "badguest";

enum accept_policy job_accept_policy(const char *cmdline)
{
	return ACCEPT_EAGER;
}

enum cvm_shutdown job_main(const char *cmdline)
{
	print("# misbehaving\n");
	misbehave();
	print("# misbehaved\n");
	return CVM_SHUTDOWN_PASS;
}
