/* SPDX-License-Identifier: BSD-2-Clause */
#include "abi/coop.h"
#include "checks.h"
#include "console.h"
#include "print.h"

static const char text[] =
    "# console 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz";

struct seen {
	u64 bytes, sum;
};

static struct seen host_saw(void)
{
	struct coop c = { 0 };

	(void)coop_call(COOP_CONSOLE_SUM, &c);
	return (struct seen){ c.arg[0], c.arg[1] };
}

/* The guest's own count says that it wrote, the host's (if it can be asked) that it arrived. The
 * order is judged by whoever parses this report. */
void gen_console_bytes(void)
{
	u64 bytes = console_bytes(), timeouts = console_timeouts(), sum = 0;
	bool ask = coop_available() && coop_has(COOP_CONSOLE_SUM);
	struct seen before = { 0, 0 }, after = { 0, 0 };

	if (!console_present()) {
		check_skip("no console");
		return;
	}
	if (ask)
		before = host_saw();
	print("%s", text);
	if (ask)
		after = host_saw();
	expect_eq("bytes written", console_bytes() - bytes, sizeof(text) - 1);
	print("\n");

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		sum += (u8)text[i];
	expect_eq("bytes the console did not take", console_timeouts() - timeouts, 0);
	if (!ask)
		return;
	expect_eq("bytes the host saw", after.bytes - before.bytes, sizeof(text) - 1);
	expect_eq("their sum", after.sum - before.sum, sum);
}
