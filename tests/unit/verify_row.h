/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking into the rows of a verification. Include after cmocka.h. */
#ifndef TESTS_VERIFY_ROW_H
#define TESTS_VERIFY_ROW_H

#include <string.h>

#undef expect_value /* cmocka's; here it is the verifier's */
#include "tools/verify.h"

/* The first row of that name; NULL: none. */
static inline const struct verify_row *row_of(const struct verify_result *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->row[i].name, name) == 0)
			return &r->row[i];
	return NULL;
}

static inline void assert_row(const struct verify_result *r, const char *name,
			      enum verify_state state, const char *text)
{
	const struct verify_row *row = row_of(r, name);

	if (row == NULL)
		fail_msg("no row \"%s\"", name);
	if (row->state != state || strstr(row->text, text) == NULL)
		fail_msg("row \"%s\": state %d, \"%s\"; expected state %d, \"%s\"", name,
			 (int)row->state, row->text, (int)state, text);
}

static inline void assert_reason(const struct verify_result *r, enum verify_reason reason)
{
	if (r->reason != reason)
		verify_print(stdout, r);
	assert_string_equal(verify_reason_name(r->reason), verify_reason_name(reason));
}

#endif
