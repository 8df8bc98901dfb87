/* SPDX-License-Identifier: BSD-2-Clause */
/* The files behind a run's devices: the disk's image and what TFTP serves. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "abi/disk.h"
#include "le.h"
#include "postern.h"

#define AREA_ALIGN 0x10000 /* where the read area begins */
#define CHUNK      0x10000
#define SEED       0x6e726574736f70ULL /* the same in every run, so that runs can be compared */

static bool read_all(int fd, u8 *buf, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t got = pread(fd, buf, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buf += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return true;
}

static bool write_all(int fd, const u8 *buf, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, buf, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		buf += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
	}
	return true;
}

static void sha256_text(EVP_MD_CTX *ctx, char hex[65])
{
	u8 digest[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex(ctx, digest, NULL);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
}

bool file_sha256(const char *path, uint64_t offset, uint64_t bytes, char hex[65])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = ctx != NULL && fd >= 0 && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	u8 buf[CHUNK];

	while (ok && bytes > 0) {
		size_t n = (size_t)MIN(bytes, (uint64_t)sizeof(buf));

		ok = read_all(fd, buf, n, offset) && EVP_DigestUpdate(ctx, buf, n) == 1;
		offset += n;
		bytes -= n;
	}
	if (ok)
		sha256_text(ctx, hex);
	if (fd >= 0)
		close(fd);
	EVP_MD_CTX_free(ctx);
	return ok;
}

void disk_plan(uint64_t size, struct disk *d)
{
	memset(d, 0, sizeof(*d));
	d->read_offset = AREA_ALIGN;
	d->read_length = size / 5 * 4 & ~(uint64_t)(MIB(1) - 1);
	d->write_offset = d->read_offset + d->read_length;
	d->write_length = (size & ~(uint64_t)(DISK_HEADER - 1)) - d->write_offset;
	d->seed = SEED;
}

/* Writes the read area and leaves its hash in the header. */
static bool write_area(int fd, const struct disk *d, u8 sha256[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	u8 buf[CHUNK];

	for (uint64_t at = 0; ok && at < d->read_length; at += sizeof(buf)) {
		for (size_t i = 0; i < sizeof(buf); i += 8)
			le_put(buf + i, disk_word(d->seed, (at + i) / 8), 8);
		ok = write_all(fd, buf, sizeof(buf), d->read_offset + at) &&
		     EVP_DigestUpdate(ctx, buf, sizeof(buf)) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, sha256, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool disk_make(const char *path, uint64_t size)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	u8 header[DISK_HEADER] = DISK_MAGIC;
	struct disk d;
	bool ok;

	disk_plan(size, &d);
	le_put(header + DISK_READ_OFFSET, d.read_offset, 8);
	le_put(header + DISK_READ_LENGTH, d.read_length, 8);
	le_put(header + DISK_WRITE_OFFSET, d.write_offset, 8);
	le_put(header + DISK_WRITE_LENGTH, d.write_length, 8);
	le_put(header + DISK_SEED, d.seed, 8);
	ok = fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
	     write_area(fd, &d, header + DISK_READ_SHA256) &&
	     write_all(fd, header, sizeof(header), 0);
	if (!ok)
		fprintf(stderr, "postern: cannot make the disk image %s: %s\n", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool disk_header(const char *path, struct disk *d)
{
	static const u8 magic[DISK_MAGIC_SIZE] = DISK_MAGIC;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	u8 header[DISK_HEADER];
	bool ok = fd >= 0 && read_all(fd, header, sizeof(header), 0) &&
		  memcmp(header, magic, sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	d->read_offset = le64(header + DISK_READ_OFFSET);
	d->read_length = le64(header + DISK_READ_LENGTH);
	d->write_offset = le64(header + DISK_WRITE_OFFSET);
	d->write_length = le64(header + DISK_WRITE_LENGTH);
	d->seed = le64(header + DISK_SEED);
	return true;
}

bool tftp_make(const char *path)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL;

	for (unsigned n = 0; ok && n < TFTP_SIZE; n++)
		ok = fputc(tftp_byte(n), f) != EOF;
	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "postern: cannot write %s: %s\n", path, strerror(errno));
	return ok;
}
