/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host whose fw_cfg answers every read with the next byte of the input, or with one of an honest
 * directory that ends in the input: no read outside a buffer, no walk without end.
 * sources: drivers/x86_64/fw_cfg.c
 */
#include <stdlib.h>
#include <string.h>

#include "cvm.h"
#include "input.h"
#include "x86_64/devices.h"

/* Signature, directory, a whole map and command line, and some: more is a loop without bound. */
#define READS_MAX (4 + 4 + 64 * FW_CFG_FILES_MAX + 256 + 4 + 1024 + 2)

struct cvm cvm;

static size_t reads;
static u16 key;
static u8 directory[4 + 64];
static size_t directory_at;
static bool honest;

static void fake_out(u16 port, unsigned width, u32 value)
{
	if (port != 0x510 || width != 2)
		abort();
	key = (u16)value;
	directory_at = 0;
}

static u32 fake_in(u16 port, unsigned width)
{
	if (port != 0x511 || width != 1 || ++reads > READS_MAX)
		abort();
	if (honest && key == 0x19 && directory_at < sizeof(directory))
		return directory[directory_at++];
	return byte();
}

static const struct cvm_ops fake_ops = { .port_in = fake_in, .port_out = fake_out };

static void check_machine(void)
{
	struct platform_info p;

	memset(&p, 0xa5, sizeof(p));
	fw_cfg_machine(&p);
	if (p.cpu_count == 0 || p.cpu_count > SMP_MAX_CPUS ||
	    memchr(p.cmdline, '\0', sizeof(p.cmdline)) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t len = 256;
	u8 *buf;

	if (size < 8)
		return 0;
	cvm.ops = &fake_ops;
	reads = 0;
	honest = data[0] % 2 == 0;
	memset(directory, 0, sizeof(directory));
	directory[3] = 1;
	memcpy(directory + 4, data + 1, 6); /* size, key */
	if (data[7] % 4 != 0)
		memset(directory + 4, 0, 3); /* a size that fits */
	memcpy(directory + 12, "etc/e820", 8);
	input_start(data + 8, size - 8);

	buf = malloc(len);
	(void)fw_cfg_find();
	if (fw_cfg_file("etc/e820", buf, &len) == ST_OK && len > 256)
		abort();
	check_machine();
	free(buf);
	return 0;
}
