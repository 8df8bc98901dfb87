/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One piece of evidence before the verifier of one platform: define VERIFY_PLATFORM as its
 * function, then include this after cmocka.h. Tests change `in`, `roots` and `expected` at will.
 */
#ifndef VERIFY_PLATFORM_H
#define VERIFY_PLATFORM_H

#include "verify_certs.h"

static u8 evidence[VECTOR_MAX];
static size_t evidence_size;
static struct roots roots;
static struct expect expected;
static struct verify_input in;
static struct verify_result result;

static void fresh_input(size_t size)
{
	memset(&roots, 0, sizeof(roots));
	memset(&expected, 0, sizeof(expected));
	in = (struct verify_input){ .roots = &roots, .expect = &expected, .now = TEST_NOW };
	evidence_size = size;
}

static int teardown(void **state)
{
	roots_free(&roots);
	return 0;
}

static enum verify_reason verify(void)
{
	memset(&result, 0, sizeof(result));
	in.evidence = (struct bytes){ evidence, evidence_size };
	VERIFY_PLATFORM(&in, &result);
	return result.reason;
}

static void expect_reason(enum verify_reason reason)
{
	verify();
	assert_reason(&result, reason);
}

#endif
