/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's fw_cfg by DMA: where the configuration and the guest image come from. The device belongs
 * to the machine, not to the guest; what it says is believed, but every transfer is bounded.
 */
#include <string.h>

#include "local.h"

#define FWCFG_DMA    0x09020010ULL

#define KEY_NB_CPUS  0x05
#define KEY_FILE_DIR 0x19

#define DMA_READ     BIT(1)
#define DMA_SELECT   BIT(3)

#define FILES_MAX    256

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

static void transfer(u32 control, void *buf, size_t size)
{
	static struct dma_request request ALIGNED(16);
	volatile struct dma_request *r = &request;

	r->control = __builtin_bswap32(control);
	r->length = __builtin_bswap32((u32)size);
	r->address = __builtin_bswap64((uintptr_t)buf);
	dsb();
	mmio_write64(FWCFG_DMA, __builtin_bswap64((uintptr_t)r));
	dsb();
	/* QEMU completes a request within the write. */
	if (r->control != 0)
		core_panic("fw_cfg request %#x failed", control);
}

void fwcfg_read(u16 key, void *buf, size_t size)
{
	transfer((u32)key << 16 | DMA_SELECT | DMA_READ, buf, size);
}

void fwcfg_init(void)
{
	u32 count = 0;

	fwcfg_read(KEY_FILE_DIR, &count, sizeof(count));
	files = __builtin_bswap32(count);
	if (files > FILES_MAX)
		core_panic("fw_cfg lists %u files, more than %u", files, FILES_MAX);
	transfer(DMA_READ, directory, files * sizeof(directory[0]));
}

unsigned fwcfg_cpus(void)
{
	u16 n = 0;

	fwcfg_read(KEY_NB_CPUS, &n, sizeof(n));
	return n;
}

size_t fwcfg_find(const char *name, u16 *key)
{
	for (u32 i = 0; i < files; i++) {
		const struct file_entry *f = &directory[i];

		if (strncmp(f->name, name, sizeof(f->name)) == 0) {
			*key = __builtin_bswap16(f->key);
			return __builtin_bswap32(f->size);
		}
	}
	core_panic("no fw_cfg file %s", name);
}
