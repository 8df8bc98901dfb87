/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fw_cfg with items of our own only, by ports (no DMA: its address would be a machine address the
 * guest chooses). Selecting and reading as QEMU's device does; behind the end of an item, and of
 * what is no item, everything is 0. A kernel's items hold its file as it is, as QEMU's do for a
 * guest with measured hashes: no byte of its header is patched. Addresses are the firmware's to
 * choose.
 */
#include <string.h>

#include "vmm/acpi.h"
#include "vmm/local.h"

#define SELECTOR       0x510

#define KEY_SIGNATURE  0x00
#define KEY_ID         0x01
#define KEY_RAM_SIZE   0x03
#define KEY_CPUS       0x05
#define KEY_KERNEL_SZ  0x08
#define KEY_INITRD_SZ  0x0b
#define KEY_MAX_CPUS   0x0f
#define KEY_KERNEL     0x11
#define KEY_INITRD     0x12
#define KEY_CMDLINE_SZ 0x14
#define KEY_CMDLINE    0x15
#define KEY_SETUP_SZ   0x17
#define KEY_SETUP      0x18
#define KEY_FILE_DIR   0x19
#define KEY_FILE_FIRST 0x20
#define KEY_WRITE      0x4000 /* a channel nobody has, the item is the same */

#define FILES          4
#define E820_MAX       4

#define SETUP_SECTS    0x1f1 /* in a bzImage: sectors of its setup part behind the first */
#define SETUP_DEFAULT  4     /* what 0 means there */
#define SECTOR         512

struct item {
	u16 key;
	const void *data;
	size_t size;
};

static struct {
	u32 id, cmdline_size, setup_size, kernel_size, initrd_size;
	u64 ram;
	u16 cpus;
	struct e820 e820[E820_MAX];
	struct {
		u8 count[4];
		struct {
			u8 size[4], key[2], reserved[2];
			char name[ACPI_NAME_SIZE];
		} file[FILES];
	} dir;
	struct item item[14 + FILES];
	unsigned files;
	bool acpi_built;
	const struct item *selected;
	size_t offset;
} fw;

static void big_endian(u8 *to, unsigned bytes, u64 value)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (u8)(value >> (8 * (bytes - 1 - i)));
}

static size_t text_size(const char *text, size_t max)
{
	size_t n = 0;

	while (n < max && text[n] != '\0')
		n++;
	return n;
}

/* Bytes of the setup part; a file too short to have one is all kernel, for the firmware to refuse.
 */
static size_t setup_bytes(struct blob kernel)
{
	size_t bytes;

	if (kernel.size <= SETUP_SECTS)
		return 0;
	bytes = kernel.data[SETUP_SECTS];
	bytes = ((bytes != 0 ? bytes : SETUP_DEFAULT) + 1) * SECTOR;
	return bytes < kernel.size ? bytes : 0;
}

static void init_payload(struct item *item)
{
	struct blob kernel = core_payload(PAYLOAD_KERNEL), initrd = core_payload(PAYLOAD_INITRD);
	size_t setup = setup_bytes(kernel);

	item[1] = (struct item){ KEY_SETUP, kernel.data, setup };
	if (setup != 0)
		kernel = (struct blob){ kernel.data + setup, kernel.size - setup };
	item[3] = (struct item){ KEY_KERNEL, kernel.data, kernel.size };
	item[5] = (struct item){ KEY_INITRD, initrd.data, initrd.size };
	fw.setup_size = (u32)setup;
	fw.kernel_size = (u32)kernel.size;
	fw.initrd_size = (u32)initrd.size;
	item[0] = (struct item){ KEY_SETUP_SZ, &fw.setup_size, sizeof(fw.setup_size) };
	item[2] = (struct item){ KEY_KERNEL_SZ, &fw.kernel_size, sizeof(fw.kernel_size) };
	item[4] = (struct item){ KEY_INITRD_SZ, &fw.initrd_size, sizeof(fw.initrd_size) };
}

static void add_file(const char *name, const void *data, size_t size)
{
	unsigned n = fw.files++;

	big_endian(fw.dir.count, 4, fw.files);
	big_endian(fw.dir.file[n].size, 4, size);
	big_endian(fw.dir.file[n].key, 2, KEY_FILE_FIRST + n);
	memset(fw.dir.file[n].name, 0, ACPI_NAME_SIZE);
	memcpy(fw.dir.file[n].name, name, strlen(name));
	fw.item[14 + n] = (struct item){ (u16)(KEY_FILE_FIRST + n), data, size };
}

void fwcfg_init(void)
{
	size_t e820 = vmm_e820(fw.e820, E820_MAX) * sizeof(struct e820);
	const struct acpi_files *acpi = acpi_files();

	fw.id = 1; /* the port interface */
	fw.ram = config.mem;
	fw.cpus = (u16)config.cpus;
	fw.cmdline_size = (u32)text_size(config.append, sizeof(config.append) - 1) + 1;
	fw.item[0] = (struct item){ KEY_SIGNATURE, "QEMU", 4 };
	fw.item[1] = (struct item){ KEY_ID, &fw.id, sizeof(fw.id) };
	fw.item[2] = (struct item){ KEY_RAM_SIZE, &fw.ram, sizeof(fw.ram) };
	fw.item[3] = (struct item){ KEY_CPUS, &fw.cpus, sizeof(fw.cpus) };
	fw.item[4] = (struct item){ KEY_MAX_CPUS, &fw.cpus, sizeof(fw.cpus) };
	fw.item[5] = (struct item){ KEY_CMDLINE_SZ, &fw.cmdline_size, sizeof(fw.cmdline_size) };
	fw.item[6] = (struct item){ KEY_CMDLINE, config.append, fw.cmdline_size };
	fw.item[7] = (struct item){ KEY_FILE_DIR, &fw.dir, sizeof(fw.dir) };
	init_payload(&fw.item[8]);
	fw.files = 0;
	add_file("etc/e820", fw.e820, e820);
	add_file(ACPI_RSDP_FILE, acpi->rsdp, sizeof(acpi->rsdp));
	add_file(ACPI_TABLES_FILE, acpi->tables, sizeof(acpi->tables));
	add_file(ACPI_LOADER_FILE, acpi->loader, sizeof(acpi->loader));
	fw.acpi_built = false;
	fw.selected = NULL;
	fw.offset = 0;
}

static void select_item(u16 key)
{
	fw.selected = NULL;
	fw.offset = 0;
	/* As QEMU does: once, when the first of them is asked for. The other files cost no more. */
	if ((key & ~KEY_WRITE) > KEY_FILE_FIRST && !fw.acpi_built) {
		acpi_build();
		fw.acpi_built = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fw.item); i++)
		if (fw.item[i].key == (key & ~KEY_WRITE))
			fw.selected = &fw.item[i];
}

/* The device takes bytes only; QEMU answers other widths with 0. */
u32 fwcfg_in(u16 port, unsigned width)
{
	if (port > SELECTOR + 1)
		return (u32)nothing(width);
	if (width != 1 || fw.selected == NULL || fw.offset >= fw.selected->size)
		return 0;
	return ((const u8 *)fw.selected->data)[fw.offset++];
}

void fwcfg_out(u16 port, unsigned width, u32 value)
{
	if (port == SELECTOR && width == 2)
		select_item((u16)value);
}
