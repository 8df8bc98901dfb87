/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reasons for people: whole where they fit, cut inside the buffer where not.
 * sources: lib/why.c lib/print.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "print.h"
#include "why.h"

void console_write(const char *s, size_t n)
{
	(void)s;
	(void)n;
}

/* A byte behind the text shows what is written there. */
static struct {
	struct why why;
	char behind;
} w;

static void text_and_hint(void **state)
{
	(void)state;
	assert_int_equal(why_set(&w.why, ST_DENIED, "there", "asked for %u, got 0x%x", 7u, 0x2bu),
			 ST_DENIED);
	assert_string_equal(w.why.text, "asked for 7, got 0x2b; look: there");
	assert_int_equal(why_set(&w.why, ST_TIMEOUT, "", "%s", ""), ST_TIMEOUT);
	assert_string_equal(w.why.text, "; look: ");
}

static void cut(void **state)
{
	static char text[2 * WHY_SIZE];

	(void)state;
	for (size_t n = WHY_SIZE - 20; n < WHY_SIZE + 20; n++) {
		memset(text, 'x', n);
		text[n] = '\0';
		memset(&w, 0x5a, sizeof(w));
		why_set(&w.why, ST_OK, "hint", "%s", text);
		assert_int_equal(strlen(w.why.text), MIN(n + strlen("; look: hint"), WHY_SIZE - 1));
		assert_int_equal(w.behind, 0x5a);
	}
}

static void codes(void **state)
{
	static const struct why_code table[] = { { 3, "three", "a" },
						 { 0xffffffffffffffffULL, "all", "b" },
						 { 0, "unknown", "c" } };

	(void)state;
	assert_string_equal(why_find(table, 3, 3)->name, "three");
	assert_string_equal(why_find(table, 3, ~0ULL)->name, "all");
	assert_string_equal(why_find(table, 3, 0)->look, "c");
	assert_string_equal(why_find(table, 3, 4)->name, "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_hint),
		cmocka_unit_test(cut),
		cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
