/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's fw_cfg by DMA: where the configuration and the guest image come from. The device belongs
 * to the machine, not to the guest; what it says is believed, but every transfer is bounded.
 */
#include <string.h>

#include "local.h"

#define FWCFG_SELECTOR 0x510u
#define FWCFG_DATA     0x511u
#define FWCFG_DMA      0x514u /* high word; the low one starts the request */

#define KEY_RAM_SIZE   0x03
#define KEY_NB_CPUS    0x05
#define KEY_FILE_DIR   0x19

#define DMA_READ       BIT(1)
#define DMA_SELECT     BIT(3)

#define FILES_MAX      256

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
	outl(FWCFG_DMA, 0); /* the monitor lies below 4 GiB */
	outl(FWCFG_DMA + 4, __builtin_bswap32((u32)(uintptr_t)r));
	/* QEMU completes a request within the write. */
	if (r->control != 0)
		core_panic("fw_cfg request %#x failed", control);
}

void core_fwcfg_read(u16 key, void *buf, size_t size)
{
	transfer((u32)key << 16 | (u32)DMA_SELECT | (u32)DMA_READ, buf, size);
}

void core_fwcfg_init(void)
{
	static const char signature[4] = { 'Q', 'E', 'M', 'U' };
	char found[4];
	u32 count = 0;

	outw(FWCFG_SELECTOR, 0);
	for (unsigned i = 0; i < sizeof(found); i++)
		found[i] = (char)inb(FWCFG_DATA);
	if (memcmp(found, signature, sizeof(found)) != 0)
		core_panic("no fw_cfg: this monitor runs on QEMU only");
	core_fwcfg_read(KEY_FILE_DIR, &count, sizeof(count));
	files = __builtin_bswap32(count);
	if (files > FILES_MAX)
		core_panic("fw_cfg lists %u files, more than %u", files, FILES_MAX);
	transfer((u32)DMA_READ, directory, files * sizeof(directory[0]));
}

unsigned core_fwcfg_cpus(void)
{
	u16 n = 0;

	core_fwcfg_read(KEY_NB_CPUS, &n, sizeof(n));
	return n;
}

u64 core_fwcfg_ram_size(void)
{
	u64 n = 0;

	core_fwcfg_read(KEY_RAM_SIZE, &n, sizeof(n));
	return n;
}

size_t core_fwcfg_find(const char *name, u16 *key)
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
