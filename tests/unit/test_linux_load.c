/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the firmware's payload comes from: which source counts, how bytes of a disk become sectors,
 * and what a unified image turns into. Partition table, file system and sections have tests of
 * their own and are the test's here.
 * sources: boot/linux/load.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../boot/linux/linux.h"
#include "mm.h"
#include "virtio.h"

#define DISK_SECTORS 32
#define FILE_BYTES   3000

const char efi_boot_file[] = "\\EFI\\BOOT\\BOOTX64.EFI";
const u16 efi_machine = UKI_MACHINE_X86_64;

static struct virtio_device devices[2] = { { .why = "first broken" }, { .why = "" } };
static u8 disk[DISK_SECTORS * 512], file[FILE_BYTES];

static struct {
	unsigned disks; /* how many there are */
	enum status fw_cfg, open[2], esp[2], read, uki;
	struct uki sections;
	u64 file_size;
	size_t pages_max; /* more at once: none */
	/* what was seen */
	unsigned opened, closed, reads;
	u64 read_sector[8];
	size_t read_count[8];
	long pages;
	/* the medium that esp_open() was given, used while its disk is open */
	void (*look)(const struct medium *m);
} fake;

enum status payload_from_fw_cfg(struct payload *p, const char **why)
{
	if (fake.fw_cfg == ST_OK)
		p->source = "fw_cfg";
	else if (fake.fw_cfg != ST_NOT_FOUND)
		*why = "fw_cfg is bad";
	return fake.fw_cfg;
}

u64 pages_alloc(size_t count, u64 align)
{
	assert_int_equal(align, PAGE_SIZE);
	if (count > fake.pages_max)
		return 0;
	fake.pages += (long)count;
	return (u64)(uintptr_t)aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
}

void pages_free(u64 addr, size_t count)
{
	fake.pages -= (long)count;
	free((void *)(uintptr_t)addr);
}

struct virtio_device *virtio_find(u32 id, unsigned nth)
{
	assert_int_equal(id, VIRTIO_ID_BLOCK);
	return nth < fake.disks ? &devices[nth] : NULL;
}

enum status virtio_blk_open(struct virtio_blk *b, struct virtio_device *d)
{
	memset(b, 0, sizeof(*b));
	b->d = d;
	b->sectors = DISK_SECTORS;
	if (fake.open[d - devices] == ST_OK)
		fake.opened++;
	return fake.open[d - devices];
}

void virtio_blk_close(struct virtio_blk *b)
{
	fake.closed++;
}

enum status virtio_blk_read(struct virtio_blk *b, u64 sector, void *buf, size_t count)
{
	assert_true(sector < DISK_SECTORS && count > 0 && count <= DISK_SECTORS - sector);
	assert_true(fake.reads < 8);
	fake.read_sector[fake.reads] = sector;
	fake.read_count[fake.reads++] = count;
	memcpy(buf, disk + sector * 512, count * 512);
	return fake.read;
}

enum status esp_open(const struct medium *m, const char *path, struct esp_file *out,
		     const char **why)
{
	const struct virtio_blk *b = m->ctx;

	assert_int_equal(m->size, sizeof(disk));
	assert_string_equal(path, efi_boot_file);
	if (fake.look != NULL)
		fake.look(m);
	*why = "no such file";
	out->size = fake.file_size;
	return fake.esp[b->d - devices];
}

enum status esp_read(const struct esp_file *f, void *buf, size_t size)
{
	assert_int_equal(size, f->size);
	memcpy(buf, file, size);
	return fake.read;
}

/* Sections are given as places in `file`; here they are those of the copy. */
static struct bytes moved(struct bytes b, struct bytes to)
{
	return (struct bytes){ b.data == NULL ? NULL : to.data + (b.data - file), b.size };
}

enum status uki_parse(struct bytes copy, u16 machine, struct uki *out)
{
	assert_int_equal(machine, UKI_MACHINE_X86_64);
	assert_ptr_not_equal(copy.data, file);
	out->linux_image = moved(fake.sections.linux_image, copy);
	out->initrd = moved(fake.sections.initrd, copy);
	out->ucode = moved(fake.sections.ucode, copy);
	out->cmdline = moved(fake.sections.cmdline, copy);
	return fake.uki;
}

static struct bytes part(size_t at, const char *text, size_t n)
{
	memcpy(file + at, text, n);
	return (struct bytes){ file + at, n };
}

static struct payload p;
static const char *why;

static enum status load(void)
{
	memset(&p, 0, sizeof(p));
	why = NULL;
	fake.opened = fake.closed = 0;
	fake.pages = 0;
	return payload_load(&p, &why);
}

static void drop(void)
{
	free((void *)(uintptr_t)p.kernel.data);
	free((void *)(uintptr_t)p.initrd.data);
}

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	memset(file, 0, sizeof(file));
	for (size_t i = 0; i < sizeof(disk); i++)
		disk[i] = (u8)(i / 512 * 7 + i);
	fake.fw_cfg = ST_NOT_FOUND;
	fake.disks = 1;
	fake.file_size = sizeof(file);
	fake.pages_max = 16;
	fake.sections = (struct uki){
		.linux_image = part(100, "the kernel", 10),
		.initrd = part(200, "archive", 7),
		.cmdline = part(300, "console=ttyS0 quiet", 19),
	};
	return 0;
}

static void fw_cfg_first(void **state)
{
	fake.fw_cfg = ST_OK;
	assert_int_equal(load(), ST_OK);
	assert_string_equal(p.source, "fw_cfg");
	assert_int_equal(fake.opened, 0);
	fake.fw_cfg = ST_TOO_MANY; /* no other source after that */
	assert_int_equal(load(), ST_TOO_MANY);
	assert_string_equal(why, "fw_cfg is bad");
	assert_int_equal(fake.opened, 0);
	fake.fw_cfg = ST_NOT_FOUND;
	fake.disks = 0;
	assert_int_equal(load(), ST_NOT_FOUND);
	assert_string_equal(why, "no kernel by fw_cfg and no disk with an EFI system partition");
}

static void from_a_disk(void **state)
{
	assert_int_equal(load(), ST_OK);
	assert_string_equal(p.source, "disk");
	assert_int_equal(p.kernel.size, 10);
	assert_memory_equal(p.kernel.data, "the kernel", 10);
	assert_int_equal(p.initrd.size, 7);
	assert_memory_equal(p.initrd.data, "archive", 7);
	assert_int_equal(p.cmdline.size, 19);
	assert_memory_equal(p.cmdline.data, "console=ttyS0 quiet", 20);
	assert_int_equal(fake.pages, 2); /* the file's own are free again */
	assert_int_equal(fake.closed, 1);
	drop();
	fake.sections.initrd = (struct bytes){ NULL, 0 };
	fake.sections.cmdline = (struct bytes){ NULL, 0 };
	assert_int_equal(load(), ST_OK);
	assert_null(p.initrd.data);
	assert_int_equal(p.cmdline.size, 0);
	assert_int_equal(p.cmdline.data[0], 0);
	drop();
}

/* The first disk without the file is left alone, a bad one is not. */
static void which_disk(void **state)
{
	fake.disks = 2;
	fake.esp[0] = ST_NOT_FOUND;
	assert_int_equal(load(), ST_OK);
	assert_int_equal(fake.opened, 2);
	assert_int_equal(fake.closed, 2);
	drop();
	fake.esp[0] = ST_CORRUPT;
	assert_int_equal(load(), ST_CORRUPT);
	assert_string_equal(why, "no such file");
	assert_int_equal(fake.opened, 1);
	assert_int_equal(fake.closed, 1);
	fake.open[0] = ST_PROTOCOL;
	assert_int_equal(load(), ST_PROTOCOL);
	assert_string_equal(why, "first broken");
	fake.open[0] = ST_OK;
	fake.esp[0] = fake.esp[1] = ST_NOT_FOUND;
	assert_int_equal(load(), ST_NOT_FOUND);
	assert_string_equal(why, "no such file");
}

static void microcode_first(void **state)
{
	fake.sections.ucode = part(400, "ucode", 5);
	assert_int_equal(load(), ST_OK);
	assert_int_equal(p.initrd.size, 8 + 7);
	assert_memory_equal(p.initrd.data, "ucode\0\0\0archive", 15);
	drop();
	fake.sections.initrd = (struct bytes){ NULL, 0 };
	assert_int_equal(load(), ST_OK);
	assert_int_equal(p.initrd.size, 8);
	drop();
}

static void sizes(void **state)
{
	fake.file_size = 0;
	assert_int_equal(load(), ST_TRUNCATED);
	fake.file_size = PAYLOAD_KERNEL_MAX + PAYLOAD_INITRD_MAX + 1;
	assert_int_equal(load(), ST_TOO_MANY);
	fake.file_size = 17 * PAGE_SIZE;
	assert_int_equal(load(), ST_NO_MEMORY);
	fake.file_size = sizeof(file);
	fake.sections.linux_image.size = PAYLOAD_KERNEL_MAX + 1;
	assert_int_equal(load(), ST_TOO_MANY);
	assert_int_equal(fake.pages, 0);
	fake.sections.linux_image.size = 10;
	fake.sections.ucode = part(400, "ucode", 5);
	fake.sections.initrd.size = PAYLOAD_INITRD_MAX;
	assert_int_equal(load(), ST_TOO_MANY);
	free((void *)(uintptr_t)p.kernel.data);
}

static void command_line(void **state)
{
	fake.sections.cmdline = part(300, "qu\0et", 5);
	assert_int_equal(load(), ST_CORRUPT);
	assert_string_equal(why, "the command line: a NUL inside");
	drop();
	memset(file + 300, 'x', PAYLOAD_CMDLINE_MAX + 1);
	fake.sections.cmdline = (struct bytes){ file + 300, PAYLOAD_CMDLINE_MAX };
	assert_int_equal(load(), ST_OK);
	assert_int_equal(p.cmdline.data[PAYLOAD_CMDLINE_MAX], 0);
	drop();
	fake.sections.cmdline.size++;
	assert_int_equal(load(), ST_TOO_MANY);
	drop();
}

static void no_image(void **state)
{
	fake.uki = ST_NOT_FOUND;
	assert_int_equal(load(), ST_CORRUPT); /* found, and not what it should be */
	assert_string_equal(why, "the disk's boot file is no unified kernel image");
	assert_int_equal(fake.pages, 0);
	fake.uki = ST_UNSUPPORTED;
	assert_int_equal(load(), ST_UNSUPPORTED);
	fake.read = ST_FAULT;
	assert_int_equal(load(), ST_FAULT);
	assert_int_equal(fake.pages, 0);
}

static void reads(const struct medium *m)
{
	u8 buf[sizeof(disk)];

	/* A piece, whole sectors at once, a piece. */
	assert_int_equal(m->read(m->ctx, 500, buf, 1100), ST_OK);
	assert_memory_equal(buf, disk + 500, 1100);
	assert_int_equal(fake.reads, 3);
	assert_int_equal(fake.read_sector[0], 0);
	assert_int_equal(fake.read_sector[1], 1);
	assert_int_equal(fake.read_count[1], 2);
	assert_int_equal(fake.read_sector[2], 3);
	fake.reads = 0;
	assert_int_equal(m->read(m->ctx, 0, buf, sizeof(disk)), ST_OK);
	assert_int_equal(fake.reads, 1);
	assert_int_equal(m->read(m->ctx, sizeof(disk) - 1, buf, 1), ST_OK);
	assert_int_equal(buf[0], disk[sizeof(disk) - 1]);
	assert_int_equal(m->read(m->ctx, sizeof(disk), buf, 0), ST_OK);
	fake.reads = 0;
	assert_int_equal(m->read(m->ctx, sizeof(disk) - 1, buf, 2), ST_RANGE);
	assert_int_equal(m->read(m->ctx, sizeof(disk) + 1, buf, 0), ST_RANGE);
	assert_int_equal(m->read(m->ctx, 8, buf, SIZE_MAX), ST_RANGE);
	assert_int_equal(fake.reads, 0);
	fake.read = ST_FAULT;
	assert_int_equal(m->read(m->ctx, 8, buf, 600), ST_FAULT);
	assert_int_equal(fake.reads, 1); /* and no further */
}

static void bytes_of_a_disk(void **state)
{
	fake.look = reads;
	fake.esp[0] = ST_NOT_FOUND;
	assert_int_equal(load(), ST_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fw_cfg_first, setup),
		cmocka_unit_test_setup(from_a_disk, setup),
		cmocka_unit_test_setup(which_disk, setup),
		cmocka_unit_test_setup(microcode_first, setup),
		cmocka_unit_test_setup(sizes, setup),
		cmocka_unit_test_setup(command_line, setup),
		cmocka_unit_test_setup(no_image, setup),
		cmocka_unit_test_setup(bytes_of_a_disk, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
