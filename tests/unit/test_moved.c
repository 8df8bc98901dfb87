/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tool's disk, and what a guest says it moved against what the files hold.
 * sources: tools/moved.c tools/disk.c tools/ktap.c
 * libs: -lcrypto
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "../../tools/postern.h"
#include "abi/disk.h"

static char dir[] = "/tmp/postern-test-XXXXXX";
static struct device_files files;

static int setup(void **state)
{
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(files.disk, sizeof(files.disk), "%s/disk", dir);
	snprintf(files.console, sizeof(files.console), "%s/console", dir);
	snprintf(files.tftp, sizeof(files.tftp), "%s/tftp", dir);
	return disk_make(files.disk, MIB(5)) && disk_header(files.disk, &files.plan) &&
		       tftp_make(files.tftp)
		   ? 0
		   : -1;
}

static int teardown(void **state)
{
	unlink(files.disk);
	unlink(files.console);
	unlink(files.tftp);
	return rmdir(dir);
}

static void hex_of(const void *data, size_t n, char hex[65])
{
	u8 digest[SHA256_DIGEST_LENGTH];

	SHA256(data, n, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void put(const char *path, uint64_t offset, const void *data, size_t n)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, n, (off_t)offset), n);
	close(fd);
}

/* The layout that abi/disk.h promises, read byte by byte. */
static void disk_is_as_promised(void **state)
{
	uint64_t size = MIB(5), first[2];
	u8 *image = malloc(size), *header = image, digest[SHA256_DIGEST_LENGTH];
	int fd = open(files.disk, O_RDONLY);

	assert_non_null(image);
	assert_int_equal(read(fd, image, size), size);
	close(fd);
	assert_memory_equal(header, "POSTERNDISK1\0\0\0", 16);
	assert_int_equal(files.plan.read_offset, 0x10000);
	assert_int_equal(files.plan.read_length, MIB(4));
	assert_int_equal(files.plan.write_offset, 0x10000 + MIB(4));
	assert_int_equal(files.plan.write_length, MIB(1) - 0x10000);
	SHA256(image + files.plan.read_offset, files.plan.read_length, digest);
	assert_memory_equal(header + 32, digest, 32);
	/* splitmix64 of its seed: not zeros, and no word like the one before */
	memcpy(first, image + files.plan.read_offset, sizeof(first));
	assert_int_equal(first[0], disk_word(files.plan.seed, 0));
	assert_int_equal(first[1], disk_word(files.plan.seed, 1));
	assert_int_not_equal(first[0], first[1]);
	for (uint64_t i = 0; i < files.plan.write_length; i++)
		assert_int_equal(image[files.plan.write_offset + i], 0);
	free(image);
}

/* First outputs for seed 1234567, as every description of splitmix64 gives them. */
static void disk_words(void **state)
{
	assert_true(disk_word(1234567, 0) == 6457827717110365317ULL);
	assert_true(disk_word(1234567, 1) == 3203168211198807973ULL);
	assert_true(disk_word(1234567, 2) == 9817491932198370423ULL);
}

static void disk_sizes(void **state)
{
	static const uint64_t sizes[] = { MIB(2), MIB(8), MIB(80), MIB(8) + 512, GIB(3) };
	struct disk d;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		disk_plan(sizes[i], &d);
		assert_true(d.read_offset >= DISK_HEADER && d.read_length > 0);
		assert_int_equal(d.write_offset, d.read_offset + d.read_length);
		assert_true(d.write_length >= KIB(512));
		assert_int_equal(d.write_offset + d.write_length, sizes[i]);
		assert_int_equal(d.read_length % DISK_HEADER, 0);
	}
	disk_plan(MIB(80), &d);
	assert_int_equal(d.read_length, MIB(64));
}

static void disk_not_ours(void **state)
{
	struct disk d;

	put(files.console, 0, "POSTERNDISK2", 12);
	assert_false(disk_header(files.console, &d)); /* too short, and not it */
	assert_int_equal(truncate(files.console, 512), 0);
	assert_false(disk_header(files.console, &d));
	assert_false(disk_header("/nonexistent", &d));
	assert_false(disk_make(files.disk, MIB(2))); /* never over something that is there */
	unlink(files.console);
}

static bool judged(const char *line, char *why)
{
	struct moves m = { .n = 0 };

	moved_line(&m, line);
	return moves_judge(&m, &files, why, 160);
}

static void reading(void **state)
{
	char line[256], why[160], hex[65];
	u8 *area = malloc(MIB(4));

	assert_non_null(area);
	for (uint64_t n = 0; n < MIB(4) / 8; n++) {
		uint64_t w = disk_word(files.plan.seed, n);

		memcpy(area + 8 * n, &w, 8);
	}
	hex_of(area, MIB(4), hex);
	snprintf(line, sizeof(line), "# disk-read: bytes=4194304 sha256=%s kicks=64", hex);
	assert_true(judged(line, why));
	/* A piece from the start, and the same claimed of more, of less and of another hash. */
	hex_of(area, 1536, hex);
	snprintf(line, sizeof(line), "# disk-read: bytes=1536 sha256=%s", hex);
	assert_true(judged(line, why));
	snprintf(line, sizeof(line), "# disk-read: bytes=1537 sha256=%s", hex);
	assert_false(judged(line, why));
	assert_non_null(strstr(why, "on the host it is something else"));
	snprintf(line, sizeof(line), "# disk-read: bytes=4194305 sha256=%s", hex);
	assert_false(judged(line, why));
	assert_non_null(strstr(why, "more than its read area has"));
	free(area);
}

static void writing(void **state)
{
	char line[256], why[160], hex[65];
	uint64_t at = files.plan.write_offset + 512;
	struct moves m = { .n = 0 };
	u8 data[512];

	memset(data, 0x5a, sizeof(data));
	hex_of(data, sizeof(data), hex);
	snprintf(line, sizeof(line), "# disk-written: offset=%llu bytes=512 sha256=%s",
		 (unsigned long long)at, hex);
	assert_false(judged(line, why)); /* nothing was */
	put(files.disk, at, data, sizeof(data));
	assert_true(judged(line, why));
	/* Written over by another: only the later claim counts, whatever part of it overlaps. */
	moved_line(&m, line);
	memset(data, 0x77, sizeof(data));
	put(files.disk, at + 256, data, sizeof(data));
	assert_false(judged(line, why));
	hex_of(data, sizeof(data), hex);
	snprintf(line, sizeof(line), "# disk-written: offset=%llu bytes=512 sha256=%s",
		 (unsigned long long)at + 256, hex);
	moved_line(&m, line);
	assert_int_equal(m.n, 2);
	assert_true(moves_judge(&m, &files, why, sizeof(why)));
	/* Outside the write area: before it, across its end, around the end of 64 bits. */
	snprintf(line, sizeof(line), "# disk-written: offset=0 bytes=512 sha256=%s", hex);
	assert_false(judged(line, why));
	assert_non_null(strstr(why, "outside its write area"));
	snprintf(line, sizeof(line), "# disk-written: offset=%llu bytes=1024 sha256=%s",
		 (unsigned long long)MIB(5) - 512, hex);
	assert_false(judged(line, why));
	snprintf(line, sizeof(line),
		 "# disk-written: offset=%llu bytes=0xffffffffffffff00 sha256=%s",
		 (unsigned long long)at, hex);
	assert_false(judged(line, why));
}

static void console(void **state)
{
	char line[256], why[160], hex[65];
	struct moves m = { .n = 0 };

	hex_of("hello", 5, hex);
	snprintf(line, sizeof(line), "# console-written: bytes=5 sha256=%s", hex);
	assert_false(judged(line, why)); /* no file */
	put(files.console, 0, "hallo", 5);
	assert_false(judged(line, why));
	put(files.console, 0, "hello", 5);
	assert_true(judged(line, why));
	/* The last line speaks of everything, and more in the file is wrong, too. */
	moved_line(&m, line);
	put(files.console, 5, " again", 6);
	assert_false(judged(line, why));
	hex_of("hello again", 11, hex);
	snprintf(line, sizeof(line), "# console-written: bytes=11 sha256=%s", hex);
	moved_line(&m, line);
	assert_true(moves_judge(&m, &files, why, sizeof(why)));
}

static void tftp(void **state)
{
	char line[256], why[160], hex[65], text[TFTP_SIZE];

	for (unsigned n = 0; n < TFTP_SIZE; n++)
		text[n] = (char)('a' + (n * 7 + n / 26) % 26);
	hex_of(text, sizeof(text), hex);
	snprintf(line, sizeof(line), "# tftp: bytes=400 sha256=%s", hex);
	assert_true(judged(line, why));
	text[399] ^= 1;
	hex_of(text, sizeof(text), hex);
	snprintf(line, sizeof(line), "# tftp: bytes=400 sha256=%s", hex);
	assert_false(judged(line, why));
	hex_of(text, 399, hex);
	snprintf(line, sizeof(line), "# tftp: bytes=399 sha256=%s", hex);
	assert_false(judged(line, why));
}

#define HEX64 "00000000000000000000000000000000000000000000000000000000000000ff"

/* None of these may pass for "nothing was said". */
static void malformed(void **state)
{
	static const char *const lines[] = {
		"# disk-read: ",
		"# disk-read: bytes=512",
		"# disk-read: bytes=0 sha256=" HEX64,
		"# disk-read: bytes=-1 sha256=" HEX64,
		"# disk-read: bytes=512 sha256=00ff",
		"# disk-read: bytes=512 sha256=" HEX64 "00",
		"# disk-read: bytes=512 sha256=" HEX64 "?",
		"# disk-read: bytes=512 notsha256=" HEX64,
		"# disk-written: bytes=512 sha256=" HEX64,
		"# console-written: sha256=" HEX64,
		"# tftp: bytes= sha256=" HEX64,
	};
	char why[160];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_false(judged(lines[i], why));
		assert_non_null(strstr(why, "cannot be read"));
	}
	assert_true(judged("# disk: all is well", why));
	assert_true(judged("disk-read: bytes=1", why));
}

static void too_many(void **state)
{
	struct moves m = { .n = 0 };
	char why[160];

	for (int i = 0; i < MOVED_MAX; i++)
		moved_line(&m, "# tftp: bytes=400 sha256=" HEX64);
	assert_false(m.malformed);
	moved_line(&m, "# tftp: bytes=400 sha256=" HEX64);
	assert_true(m.malformed);
	assert_int_equal(m.n, MOVED_MAX);
	assert_false(moves_judge(&m, &files, why, sizeof(why)));
}

/* A disk that is not ours, or none: whatever is claimed of it is wrong. */
static void no_disk(void **state)
{
	struct device_files none = { .disk = "" };
	struct moves m = { .n = 0 };
	char why[160];

	assert_true(moves_judge(&m, &none, why, sizeof(why)));
	moved_line(&m, "# disk-read: bytes=512 sha256=" HEX64);
	assert_false(moves_judge(&m, &none, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disk_is_as_promised),
		cmocka_unit_test(disk_words),
		cmocka_unit_test(disk_sizes),
		cmocka_unit_test(disk_not_ours),
		cmocka_unit_test(reading),
		cmocka_unit_test(writing),
		cmocka_unit_test(console),
		cmocka_unit_test(tftp),
		cmocka_unit_test(malformed),
		cmocka_unit_test(too_many),
		cmocka_unit_test(no_disk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
