/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's fw_cfg (docs/specs/fw_cfg in QEMU's sources): requests and the directory of files. */
#include "common/fwcfg.h"

#include <string.h>

#include "core/core.h"

#define KEY_SIGNATURE 0x00
#define KEY_NB_CPUS   0x05
#define KEY_FILE_DIR  0x19

#define DMA_READ      BIT(1)
#define DMA_SELECT    BIT(3)

#define FILES_MAX     256

/* Numbers of requests and directory are big-endian. */
struct dma_request {
	u32 control, length;
	u64 address;
};

struct file_entry {
	u32 size;
	u16 key, reserved;
	char name[56];
};

static struct file_entry directory[FILES_MAX];
static u32 files;
static u16 cpus;

/* The device clears `control`, or sets its error bit; it stays as it is where there is no device.
 */
static bool transfer(u32 control, void *buf, size_t size)
{
	static struct dma_request request ALIGNED(16);
	volatile struct dma_request *r = &request;

	r->control = __builtin_bswap32(control);
	r->length = __builtin_bswap32((u32)size);
	r->address = __builtin_bswap64((uintptr_t)buf);
	core_fwcfg_dma((uintptr_t)r);
	return r->control == 0;
}

static u32 select_and_read(u16 key)
{
	return (u32)key << 16 | (u32)DMA_SELECT | (u32)DMA_READ;
}

void core_fwcfg_read(u16 key, void *buf, size_t size)
{
	if (!transfer(select_and_read(key), buf, size))
		core_panic("fw_cfg: reading item %#x failed", key);
}

void core_fwcfg_init(void)
{
	static const char signature[4] = { 'Q', 'E', 'M', 'U' };
	char found[4] = { 0 };
	u32 count = 0;

	if (!transfer(select_and_read(KEY_SIGNATURE), found, sizeof(found)) ||
	    memcmp(found, signature, sizeof(found)) != 0)
		core_panic("no fw_cfg: this monitor runs on QEMU only");
	core_fwcfg_read(KEY_NB_CPUS, &cpus, sizeof(cpus));
	core_fwcfg_read(KEY_FILE_DIR, &count, sizeof(count));
	files = __builtin_bswap32(count);
	if (files > FILES_MAX)
		core_panic("fw_cfg lists %u files, more than %u", files, FILES_MAX);
	/* Without a selection the device goes on behind the count. */
	if (!transfer((u32)DMA_READ, directory, files * sizeof(directory[0])))
		core_panic("fw_cfg: reading the directory failed");
}

unsigned core_fwcfg_cpus(void)
{
	return cpus;
}

/* A name of the directory may lack its NUL: no comparison leaves the entry. */
bool core_fwcfg_has(const char *name, u16 *key, size_t *size)
{
	for (u32 i = 0; i < files; i++) {
		const struct file_entry *f = &directory[i];

		if (strncmp(f->name, name, sizeof(f->name)) == 0) {
			*key = __builtin_bswap16(f->key);
			*size = __builtin_bswap32(f->size);
			return true;
		}
	}
	return false;
}

size_t core_fwcfg_find(const char *name, u16 *key)
{
	size_t size;

	if (!core_fwcfg_has(name, key, &size))
		core_panic("no fw_cfg file %s", name);
	return size;
}
