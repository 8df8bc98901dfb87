/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a file of expectations: what is taken has a name and a value, once each; what is not
 * has an error with a line. Written out again it is the same.
 * sources: tools/verify_expect.c tools/verify_rows.c
 */
#include <stdlib.h>
#include <string.h>

#include "tools/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expect e, again;
	static char text[EXPECT_MAX * 256];
	size_t n = 0;

	if (!expect_parse(&e, (const char *)data, size)) {
		if (strncmp(e.error, "line ", 5) != 0)
			__builtin_trap();
		return 0;
	}
	if (e.n > EXPECT_MAX || e.error[0] != '\0')
		__builtin_trap();
	for (size_t i = 0; i < e.n; i++) {
		if (expect_value(&e, e.item[i].name) != e.item[i].value ||
		    e.item[i].value[0] == '\0')
			__builtin_trap();
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s: %s\n", e.item[i].name,
				      e.item[i].value);
	}
	if (!expect_parse(&again, text, n) || again.n != e.n ||
	    memcmp(again.item, e.item, sizeof(e.item)) != 0)
		__builtin_trap();
	return 0;
}
