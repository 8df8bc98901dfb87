/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What the tool makes of kernel, initrd and command line, as the firmware's own readers take it apart:
 * unified images, boot disks, the flash file's table of hashes; and which runs of it make no sense.
 * sources: tools/uki_make.c tools/boot_disk.c tools/kernel_hashes.c tools/flash.c tools/firmware_spec.c tools/hosts.c boot/linux/gpt.c boot/linux/fat.c boot/linux/fat_dir.c boot/linux/uki.c boot/linux/hashes.c lib/range.c lib/status.c
 * libs: -lcrypto -lbearssl
 * flags: -Itools
 */
/* clang-format on */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "boot/linux/linux.h"
#include "payload.h"
#include "snp_image.h"

static uint8_t kernel[5000], initrd[3 * 4096 + 1];

static struct linux_payload sample(void)
{
	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i * 11 + (i >> 8));
	for (size_t i = 0; i < sizeof(initrd); i++)
		initrd[i] = (uint8_t)(i * 3 + (i >> 8));
	return (struct linux_payload){ { kernel, sizeof(kernel) },
				       { initrd, sizeof(initrd) },
				       "console=ttyS0 quiet" };
}

static void assert_bytes(struct bytes got, const void *want, size_t size)
{
	assert_int_equal(got.size, size);
	if (size > 0)
		assert_memory_equal(got.data, want, size);
	else
		assert_null(got.data);
}

static void unified_image(void **state)
{
	const char *text = "console=ttyS0 quiet";

	for (unsigned absent = 0; absent < 4; absent++) {
		struct linux_payload p = sample();
		struct bytes file, again;
		struct uki u;

		if ((absent & 1) != 0)
			p.initrd = (struct bytes){ NULL, 0 };
		if ((absent & 2) != 0)
			p.cmdline = NULL;
		file = uki_make(&p, UKI_X86_64);
		again = uki_make(&p, UKI_X86_64);
		assert_non_null(file.data);
		assert_bytes(again, file.data, file.size);
		assert_int_equal(uki_parse(file, UKI_MACHINE_X86_64, &u), ST_OK);
		assert_int_equal(uki_parse(file, UKI_MACHINE_ARM64, &(struct uki){ 0 }),
				 ST_UNSUPPORTED);
		assert_bytes(u.linux_image, kernel, sizeof(kernel));
		assert_bytes(u.initrd, initrd, (absent & 1) != 0 ? 0 : sizeof(initrd));
		assert_bytes(u.cmdline, text, (absent & 2) != 0 ? 0 : strlen(text));
		assert_null(u.ucode.data);
		free((void *)file.data);
		free((void *)again.data);
	}
}

static void too_large(void **state)
{
	struct linux_payload p = sample();

	p.initrd.size = 0xffffffff; /* never read */
	assert_null(uki_make(&p, UKI_ARM64).data);
}

/* ---- disks ---- */
static enum status file_medium(void *ctx, u64 offset, void *buf, size_t bytes)
{
	return pread(*(int *)ctx, buf, bytes, (off_t)offset) == (ssize_t)bytes ? ST_OK : ST_RANGE;
}

static void on_disk(size_t size, const char *name, const char *path)
{
	char disk[] = "/tmp/postern-test-XXXXXX";
	uint8_t *data = malloc(size + 1), *got = malloc(size + 1);
	int fd = mkstemp(disk);
	struct medium m = { file_medium, &fd, 0 };
	struct esp_file f;
	struct stat st;
	const char *why = "";

	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 13 + (i >> 12));
	assert_true(boot_disk_make(disk, name, (struct bytes){ data, size }));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size % 512, 0);
	m.size = (u64)st.st_size;
	if (esp_open(&m, path, &f, &why) != ST_OK)
		fail_msg("%s", why);
	assert_int_equal(f.fat_bits, 32);
	assert_int_equal(f.size, size);
	assert_int_equal(esp_read(&f, got, size), ST_OK);
	assert_memory_equal(got, data, size);
	assert_int_equal(esp_open(&m, "\\EFI\\BOOT\\BOOTIA32.EFI", &f, &why), ST_NOT_FOUND);
	close(fd);
	unlink(disk);
	free(data);
	free(got);
}

static void disks(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 1u << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		on_disk(sizes[i], "BOOTX64.EFI", "\\EFI\\BOOT\\BOOTX64.EFI");
	on_disk(12345, "BOOTAA64.EFI", "\\efi\\boot\\bootaa64.efi");
	/* More than the least disk has room for. */
	on_disk((size_t)300 << 20, "BOOTX64.EFI", "\\EFI\\BOOT\\BOOTX64.EFI");
}

static void no_disk(void **state)
{
	assert_false(
	    boot_disk_make("/nonexistent/disk", "BOOTX64.EFI", (struct bytes){ kernel, 1 }));
}

/* ---- the flash file's table ---- */
#define OWN_GUID "07468a33-b94e-4582-a857-f4ccddf71b8a"
#define TABLE_AT 0x1000u
#define ROOM     0x100u

/* An SNP image whose entry for the host's page says where its own table is. */
static void flash(uint8_t image[IMAGE_BYTES], uint32_t from_end, uint32_t size)
{
	make_image(image);
	image_put(image, HASHES_ENTRY, from_end, 4);
	image_put(image, HASHES_ENTRY + 4, size, 4);
	flash_guid(OWN_GUID, image + HASHES_ENTRY + 10);
}

static void filled(void **state)
{
	static uint8_t image[IMAGE_BYTES], was[IMAGE_BYTES];
	struct linux_payload p = sample();
	struct payload boots = { p.kernel, p.initrd, { (const u8 *)p.cmdline, 19 }, "disk" };
	struct payload_hashes table, found;
	const char *which;

	for (unsigned with_initrd = 0; with_initrd < 2; with_initrd++) {
		if (with_initrd == 0)
			p.initrd = boots.initrd = (struct bytes){ NULL, 0 };
		else
			p.initrd = boots.initrd = (struct bytes){ initrd, sizeof(initrd) };
		flash(image, IMAGE_BYTES - TABLE_AT, ROOM);
		memset(image + TABLE_AT, 0, ROOM);
		memcpy(was, image, sizeof(was));
		assert_false(kernel_hashes_filled((struct bytes){ image, IMAGE_BYTES }));
		assert_null(kernel_hashes_fill(image, IMAGE_BYTES, &p));
		assert_true(kernel_hashes_filled((struct bytes){ image, IMAGE_BYTES }));
		assert_memory_equal(image, was, TABLE_AT);
		assert_memory_equal(image + TABLE_AT + ROOM, was + TABLE_AT + ROOM,
				    IMAGE_BYTES - TABLE_AT - ROOM);
		assert_int_equal(hashes_parse((struct bytes){ image + TABLE_AT, ROOM }, &table),
				 ST_OK);
		hashes_of(&boots, &found);
		assert_int_equal(hashes_compare(&table, &found, &which), ST_OK);
		/* Filled once more it is the same: nothing of the first time is left. */
		memcpy(was, image, sizeof(was));
		assert_null(kernel_hashes_fill(image, IMAGE_BYTES, &p));
		assert_memory_equal(image, was, IMAGE_BYTES);
	}
}

static void no_room(uint32_t from_end, uint32_t size, const char *why)
{
	static uint8_t image[IMAGE_BYTES], was[IMAGE_BYTES];
	struct linux_payload p = sample();

	flash(image, from_end, size);
	memcpy(was, image, sizeof(was));
	assert_string_equal(kernel_hashes_fill(image, IMAGE_BYTES, &p), why);
	assert_memory_equal(image, was, IMAGE_BYTES);
	assert_false(kernel_hashes_filled((struct bytes){ image, IMAGE_BYTES }));
}

static void spoiled_flash(void **state)
{
	const char *outside = "the image's table for kernel hashes lies outside of it";
	static uint8_t image[IMAGE_BYTES];
	struct linux_payload p = sample();

	no_room(IMAGE_BYTES + 1, ROOM, outside);
	no_room(0xffffffff, ROOM, outside);
	no_room(ROOM - 1, ROOM, outside);
	no_room(0x800, 0xffffffff, outside);
	no_room(0x800, KERNEL_HASHES - 1, "the image's table for kernel hashes is too small");
	make_image(image);
	assert_string_equal(kernel_hashes_fill(image, IMAGE_BYTES, &p),
			    "the image has no table for kernel hashes of its own");
	image[IMAGE_BYTES - 48] ^= 1;
	assert_string_equal(kernel_hashes_fill(image, IMAGE_BYTES, &p),
			    "no GUIDed table at the end of the image");
}

/* ---- which runs make sense ---- */
static void choices(void **state)
{
	static const struct {
		enum host_kind host;
		bool kernel, uki, disk, unmeasured;
		enum boot_way boot, want_boot;
		enum hash_place hashes, want_hashes;
	} list[] = {
		{ HOST_SNP, true, 0, 0, 0, BOOT_ANY, BOOT_FW_CFG, HASHES_DEFAULT, HASHES_HOST },
		{ HOST_SNP, true, 0, 0, 0, BOOT_DISK, BOOT_DISK, HASHES_DEFAULT, HASHES_FLASH },
		{ HOST_SNP, true, 0, 0, 1, BOOT_ANY, BOOT_FW_CFG, HASHES_DEFAULT, HASHES_NONE },
		{ HOST_SNP, true, 0, 0, 1, BOOT_ANY, BOOT_FW_CFG, HASHES_FLASH, HASHES_FLASH },
		{ HOST_SNP, true, 1, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT, HASHES_FLASH },
		{ HOST_SNP, 0, 1, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT, HASHES_NONE },
		{ HOST_TDX, true, 0, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT, HASHES_FLASH },
		{ HOST_TDX, true, 0, 0, 0, BOOT_FW_CFG, BOOT_FW_CFG, HASHES_DEFAULT, HASHES_FLASH },
		{ HOST_TDX, true, 0, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_NONE, HASHES_NONE },
		{ HOST_TDX, true, 0, 1, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT, HASHES_FLASH },
		{ HOST_CCA, true, 0, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT, HASHES_NONE },
		{ HOST_PLAIN_X86, true, 0, 0, 0, BOOT_FW_CFG, BOOT_FW_CFG, HASHES_DEFAULT,
		  HASHES_NONE },
		{ HOST_PLAIN_ARM64, true, 0, 0, 0, BOOT_ANY, BOOT_DISK, HASHES_DEFAULT,
		  HASHES_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		struct run_spec s = {
			.firmware = true,
			.host = list[i].host,
			.kernel = list[i].kernel ? "k" : NULL,
			.uki = list[i].uki ? "u" : NULL,
			.disk = list[i].disk ? "d" : NULL,
			.unmeasured = list[i].unmeasured,
			.boot = list[i].boot,
			.hashes = list[i].hashes,
		};

		assert_int_equal(run_boot(&s), list[i].want_boot);
		assert_int_equal(run_hashes(&s), list[i].want_hashes);
		assert_null(firmware_misfit(&s, s.host));
		firmware_defaults(&s);
		assert_int_equal(s.devices,
				 DEVICE_RNG | (run_boot(&s) == BOOT_DISK ? DEVICE_BLK : 0));
		assert_true(s.exits > 1000000 && s.insns > 10000000000);
	}
}

static void given(void **state)
{
	struct run_spec s = { .firmware = true,
			      .host = HOST_SNP,
			      .kernel = "k",
			      .devices_given = true,
			      .devices = 0,
			      .exits_given = true,
			      .exits = 5,
			      .insns_given = true,
			      .insns = 6 };

	firmware_defaults(&s);
	assert_int_equal(s.devices, 0);
	assert_int_equal(s.exits, 5);
	assert_int_equal(s.insns, 6);
	s = (struct run_spec){ .exits = 7, .devices = DEVICE_NET };
	firmware_defaults(&s); /* the probe's are not ours */
	assert_int_equal(s.exits, 7);
	assert_int_equal(s.devices, DEVICE_NET);
}

static void command_lines(void **state)
{
	char text[CMDLINE_TEXT_MAX + 2];

	memset(text, 'a', sizeof(text));
	text[CMDLINE_TEXT_MAX] = '\0';
	assert_null(cmdline_misfit(NULL, true));
	assert_null(cmdline_misfit("", true));
	assert_null(cmdline_misfit(text, true));
	assert_null(cmdline_misfit("a ", false));
	assert_non_null(cmdline_misfit("a ", true));
	assert_non_null(cmdline_misfit("a\t", true));
	assert_non_null(cmdline_misfit("a\nmutant=1", false));
	assert_non_null(cmdline_misfit("a\r", false));
	text[CMDLINE_TEXT_MAX] = 'a';
	text[CMDLINE_TEXT_MAX + 1] = '\0';
	assert_non_null(cmdline_misfit(text, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unified_image), cmocka_unit_test(too_large),
		cmocka_unit_test(disks),         cmocka_unit_test(no_disk),
		cmocka_unit_test(filled),        cmocka_unit_test(spoiled_flash),
		cmocka_unit_test(choices),       cmocka_unit_test(given),
		cmocka_unit_test(command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
