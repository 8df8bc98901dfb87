/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The probe's own evidence, for whoever asks with challenge=: fetched when all checks are done, so
 * that no check sees its requests. It judges nothing: a host without evidence has no red check for
 * it, and what the evidence is worth is for a verifier.
 */
#include "challenge.h"

#include "cmdline.h"
#include "evidence.h"
#include "print.h"

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static bool read_challenge(struct word w, u8 challenge[REPORT_DATA_SIZE])
{
	if (w.n != 2 * REPORT_DATA_SIZE)
		return false;
	for (size_t i = 0; i < REPORT_DATA_SIZE; i++) {
		unsigned high = digit(w.s[2 * i]), low = digit(w.s[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		challenge[i] = (u8)(high << 4 | low);
	}
	return true;
}

void challenge_answer(const char *cmdline)
{
	struct word w = cmdline_value(cmdline, "challenge=");
	u8 challenge[REPORT_DATA_SIZE];
	struct evidence e;
	enum status st;

	if (w.s == NULL)
		return;
	if (!read_challenge(w, challenge)) {
		print("# evidence: failed: challenge= is not %u hexadecimal digits\n",
		      2 * REPORT_DATA_SIZE);
		return;
	}
	st = evidence_get(challenge, (struct bytes){ NULL, 0 }, &e);
	evidence_print(&e, st);
}
