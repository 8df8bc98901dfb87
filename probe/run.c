/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the selected checks of the table and reports. */
#include "checks.h"
#include "cmdline.h"
#include "console.h"
#include "mm.h"
#include "print.h"
#include "smp.h"

/* Checks of the other architecture are not in this image; those of another platform are SKIP. */
#ifdef __aarch64__
#define ROW_ARCH_ARM64(...) { __VA_ARGS__ },
#define ROW_ARCH_X86(...)
#else
#define ROW_ARCH_ARM64(...)
#define ROW_ARCH_X86(...) { __VA_ARGS__ },
#endif
#define ROW_ARCH_BOTH(...) { __VA_ARGS__ },

const struct check check_table[] = {
#define CHECK(fn, id, aim, rule, needs, platforms, arch, class, end)                               \
	ROW_##arch(id, aim, rule, needs, platforms, arch, class, end, fn)
#include "checks.def"
#undef CHECK
};
const size_t check_count = ARRAY_SIZE(check_table);

#define PATTERN_MAX 512

static char pattern[PATTERN_MAX];
static bool have_pattern;

/* Text from the host goes to the console in a form that cannot start a line of the report. */
static void print_word(const char *what, struct word w)
{
	char text[64];
	size_t n = MIN(w.n, sizeof(text) - 1);

	for (size_t i = 0; i < n; i++)
		text[i] = w.s[i] >= ' ' && w.s[i] <= '~' ? w.s[i] : '?';
	text[n] = '\0';
	print("# %s: %s%s\n", what, text, n < w.n ? "..." : "");
}

static void read_cmdline(const char *cmdline)
{
	const char *at = cmdline;
	struct word list = cmdline_value(cmdline, "probe=");

	for (struct word w = cmdline_next(&at); w.n > 0; w = cmdline_next(&at))
		if (!word_starts(w, "probe=") && !word_starts(w, "accept=") &&
		    !word_starts(w, "challenge="))
			print_word("ignored on the command line", w);

	have_pattern = list.s != NULL;
	if (!have_pattern)
		return;
	if (list.n >= sizeof(pattern)) {
		print_word("probe= is too long, cut", list);
		list.n = sizeof(pattern) - 1;
	}
	for (size_t i = 0; i < list.n; i++)
		pattern[i] = list.s[i];
	pattern[list.n] = '\0';
}

static void print_header(const char *cmdline)
{
	struct word policy = cmdline_value(cmdline, "accept=");

	print("# platform: %s, machine %s\n", cvm.ops->name, arch_name);
	header_platform();
	print("# cpus: %u listed, %u online\n", smp_cpu_count(), smp_online_count());
	print("# console: %s\n", console_present() ? "present" : "none");
	if (policy.s != NULL && !word_is(policy, "eager") && !word_is(policy, "lazy") &&
	    !word_is(policy, "parallel"))
		print_word("unknown acceptance policy, eager instead", policy);
}

static bool is_selected(const struct check *c)
{
	return probe_selected(have_pattern ? pattern : NULL, c->id, c->class);
}

static bool applies(const struct check *c)
{
	if (!(c->platforms & cvm.ops->platform)) {
		check_skip("platform is %s", cvm.ops->name);
		return false;
	}
	return true;
}

static enum outcome run_one(const struct check *c, size_t number)
{
	ktap_announce(c);
	if (applies(c)) {
		if (c->class == CHECK_COOP && !coop_available())
			check_skip("the host has no control channel");
		else
			c->run();
		if (c->class == CHECK_TERMINAL)
			check_fail("the call or access that ends the VM", "the VM is gone",
				   "the guest goes on");
	}
	return ktap_result(c, number);
}

/* The verdict leaves by the way the VM ends. A terminal check that did not end it must not end
 * as if it had. */
static enum cvm_shutdown other_end(const struct check *c)
{
	return c->end == END_RESET ? CVM_SHUTDOWN_PASS : CVM_SHUTDOWN_FAIL;
}

enum cvm_shutdown probe_run(const char *cmdline)
{
	size_t selected = 0, number = 0;

	read_cmdline(cmdline);
	print_header(cmdline);
	for (size_t i = 0; i < check_count; i++)
		selected += is_selected(&check_table[i]);
	ktap_begin(selected);
	for (size_t i = 0; i < check_count; i++) {
		const struct check *c = &check_table[i];

		if (!is_selected(c))
			continue;
		if (run_one(c, ++number) == OUTCOME_FAIL && c->class == CHECK_TERMINAL) {
			ktap_totals();
			return other_end(c);
		}
	}
	ktap_totals();
	if (selected == 0)
		print("# no check matches: nothing was judged\n");
	return selected > 0 && ktap_failures() == 0 ? CVM_SHUTDOWN_PASS : CVM_SHUTDOWN_FAIL;
}
