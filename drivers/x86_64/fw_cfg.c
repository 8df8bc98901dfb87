/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fw_cfg by ports. The DMA interface is not used: it would have the host write into our memory.
 */
#include <string.h>

#include "cvm.h"
#include "le.h"
#include "x86_64/devices.h"

#define SELECTOR      0x510u
#define DATA          0x511u

#define KEY_SIGNATURE 0x00u
#define KEY_DIRECTORY 0x19u
#define KEY_FILE_MIN  0x20u /* below are the fixed items */

/* Directory entry, big-endian. */
#define ENTRY_BYTES 64u
#define ENTRY_KEY   4u
#define ENTRY_NAME  8u
#define NAME_BYTES  (ENTRY_BYTES - ENTRY_NAME)

static u32 big_endian(const u8 *p, unsigned bytes)
{
	u32 v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static void select(u16 key)
{
	cvm.ops->port_out(SELECTOR, 2, key);
}

/* Goes on where the last one stopped. */
static void next(void *buf, size_t len)
{
	u8 *to = buf;

	if (cvm.ops->port_in_string != NULL) {
		cvm.ops->port_in_string(DATA, buf, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = (u8)cvm.ops->port_in(DATA, 1);
}

void fw_cfg_read(u16 key, void *buf, size_t len)
{
	select(key);
	next(buf, len);
}

enum status fw_cfg_find(void)
{
	char signature[4];

	fw_cfg_read(KEY_SIGNATURE, signature, sizeof(signature));
	return memcmp(signature, "QEMU", sizeof(signature)) == 0 ? ST_OK : ST_NOT_FOUND;
}

static enum status find_file(const char *name, u16 *key, u32 *size)
{
	u8 entry[ENTRY_BYTES];
	u32 count;

	fw_cfg_read(KEY_DIRECTORY, entry, 4);
	count = big_endian(entry, 4);
	if (count > FW_CFG_FILES_MAX)
		return ST_TOO_MANY;
	for (u32 i = 0; i < count; i++) {
		const char *found = (const char *)entry + ENTRY_NAME;

		next(entry, sizeof(entry));
		if (memchr(found, '\0', NAME_BYTES) == NULL)
			return ST_CORRUPT;
		if (strcmp(found, name) != 0)
			continue;
		*size = big_endian(entry, 4);
		*key = (u16)big_endian(entry + ENTRY_KEY, 2);
		/* A file that is a fixed item, or its last word, would be two things at once. */
		return *key < KEY_FILE_MIN ? ST_CORRUPT : ST_OK;
	}
	return ST_NOT_FOUND;
}

enum status fw_cfg_file(const char *name, void *buf, size_t *len)
{
	u16 key = 0;
	u32 size = 0;
	enum status st = find_file(name, &key, &size);

	if (st != ST_OK)
		return st;
	if (size > *len)
		return ST_TOO_MANY;
	fw_cfg_read(key, buf, size);
	*len = size;
	return ST_OK;
}

static void read_cmdline(struct platform_info *p)
{
	size_t max = sizeof(p->cmdline) - 1;
	u8 raw[4];
	u32 size;

	fw_cfg_read(FW_CFG_CMDLINE_SIZE, raw, sizeof(raw));
	size = (u32)le_get(raw, sizeof(raw));
	fw_cfg_read(FW_CFG_CMDLINE, p->cmdline, MIN(size, max));
	p->cmdline[MIN(size, max)] = '\0';
	p->cmdline_truncated = size > max && strlen(p->cmdline) == max;
}

void fw_cfg_machine(struct platform_info *p)
{
	u32 cpus;
	u8 raw[2];

	read_cmdline(p);
	fw_cfg_read(FW_CFG_NB_CPUS, raw, sizeof(raw));
	cpus = MAX((u32)le_get(raw, sizeof(raw)), 1);
	p->cpu_count = MIN(cpus, SMP_MAX_CPUS);
	p->cpu_ignored = cpus - p->cpu_count;
	for (unsigned i = 0; i < p->cpu_count; i++)
		p->cpu_hwid[i] = i;
}
