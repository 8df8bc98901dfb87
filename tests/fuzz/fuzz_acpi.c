/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as ACPI tables. Checksums are made right on the way in (an attacker can), unless the
 * first byte says otherwise, so that the fuzzer reaches what lies behind them.
 * sources: drivers/acpi.c lib/range.c
 */
#include <stdlib.h>
#include <string.h>

#include "acpi.h"

#define BASE 0x1000u

struct input {
	const u8 *data;
	size_t size;
	bool fix;
};

static void fix(u8 *p, size_t n, size_t at)
{
	u8 sum = 0;

	if (at >= n)
		return;
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	p[at] -= sum;
}

static enum status read_input(void *ctx, u64 addr, void *buf, size_t len)
{
	const struct input *in = ctx;
	u32 claimed = 0;

	if (addr < BASE || addr - BASE > in->size || len > in->size - (addr - BASE))
		return ST_RANGE;
	memcpy(buf, in->data + (addr - BASE), len);
	if (!in->fix)
		return ST_OK;
	if (len == 20 || (len == 36 && memcmp(buf, "RSD PTR ", 8) == 0)) {
		fix(buf, 20, 8);
		if (len == 36)
			fix(buf, 36, 32);
		return ST_OK;
	}
	if (len >= 36)
		memcpy(&claimed, (u8 *)buf + 4, 4);
	if (claimed == len)
		fix(buf, len, 9);
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct platform_info out = { 0 };
	struct input in;

	if (size < 1)
		return 0;
	in = (struct input){ data + 1, size - 1, data[0] % 4 != 0 };
	if (acpi_read(BASE, read_input, &in, &out) != ST_OK)
		return 0;
	if (out.cpu_count > SMP_MAX_CPUS || out.uart > UART_NS16550_PORT)
		abort();
	if (out.gicr.size != 0 && range_check(out.gicr, 1, 0) != ST_OK)
		abort();
	for (unsigned i = 0; i < out.cpu_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (out.cpu_hwid[i] == out.cpu_hwid[j])
				abort();
	return 0;
}
