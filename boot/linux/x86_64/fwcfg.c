/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel, initrd and command line by QEMU's configuration device, as `-kernel` gives them there.
 * Sizes are items of their own and the host's word; bytes beyond an item's end read as zeros.
 */
#include "../linux.h"
#include "le.h"
#include "mm.h"
#include "platform.h"
#include "x86_64/devices.h"

#define KEY_KERNEL_SIZE 0x08u
#define KEY_INITRD_SIZE 0x0bu
#define KEY_KERNEL_DATA 0x11u /* what follows the setup part */
#define KEY_INITRD_DATA 0x12u
#define KEY_SETUP_SIZE  0x17u
#define KEY_SETUP_DATA  0x18u

const char efi_boot_file[] = "\\EFI\\BOOT\\BOOTX64.EFI";
const u16 efi_machine = UKI_MACHINE_X86_64;

static u32 read_size(u16 key)
{
	u8 raw[4];

	fw_cfg_read(key, raw, sizeof(raw));
	return le32(raw);
}

/* The host has cut the file in two; kept and hashed is the whole of it. */
static enum status read_kernel(struct bytes *to, const char **why)
{
	u64 setup = read_size(KEY_SETUP_SIZE), body = read_size(KEY_KERNEL_SIZE);
	u8 *p;

	*why = "the kernel of fw_cfg";
	if (setup + body > PAYLOAD_KERNEL_MAX)
		return ST_TOO_MANY;
	p = payload_pages(setup + body);
	if (p == NULL)
		return ST_NO_MEMORY;
	fw_cfg_read(KEY_SETUP_DATA, p, setup);
	fw_cfg_read(KEY_KERNEL_DATA, p + setup, body);
	*to = (struct bytes){ p, setup + body };
	return ST_OK;
}

static enum status read_initrd(struct bytes *to, const char **why)
{
	u64 size = read_size(KEY_INITRD_SIZE);
	u8 *p;

	*why = "the initrd of fw_cfg";
	if (size == 0)
		return ST_OK;
	if (size > PAYLOAD_INITRD_MAX)
		return ST_TOO_MANY;
	p = payload_pages(size);
	if (p == NULL)
		return ST_NO_MEMORY;
	fw_cfg_read(KEY_INITRD_DATA, p, size);
	*to = (struct bytes){ p, size };
	return ST_OK;
}

/* The size counts the NUL, which has to be the first and last one. */
static enum status read_cmdline(struct bytes *to, const char **why)
{
	static u8 text[PAYLOAD_CMDLINE_MAX + 1];
	u32 size = read_size(FW_CFG_CMDLINE_SIZE);

	*why = "the command line of fw_cfg";
	if (size > sizeof(text))
		return ST_TOO_MANY;
	fw_cfg_read(FW_CFG_CMDLINE, text, size);
	for (u32 i = 0; i < size; i++)
		if ((text[i] == '\0') != (i + 1 == size))
			return ST_CORRUPT;
	*to = (struct bytes){ text, size == 0 ? 0 : size - 1 };
	return ST_OK;
}

/* Where somebody else loaded us, what the device has as the kernel may be ourselves. */
enum status payload_from_fw_cfg(struct payload *p, const char **why)
{
	enum status st;

	if (platform.flash.size == 0 || fw_cfg_find() != ST_OK || read_size(KEY_KERNEL_SIZE) == 0)
		return ST_NOT_FOUND;
	st = read_kernel(&p->kernel, why);
	if (st == ST_OK)
		st = read_initrd(&p->initrd, why);
	if (st == ST_OK)
		st = read_cmdline(&p->cmdline, why);
	if (st == ST_OK)
		p->source = "fw_cfg";
	return st;
}
