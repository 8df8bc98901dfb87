/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Files of an EFI system partition: every table and FAT width, names of both forms, and media on which
 * each number in turn is wrong.
 * sources: boot/linux/gpt.c boot/linux/fat.c boot/linux/fat_dir.c lib/status.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "esp_disk.h"

#define PATH "\\EFI\\BOOT\\BOOTX64.EFI"
#define SIZE 10000u

static struct disk d;
static u32 efi, boot, file; /* first clusters */

/* A disk with PATH, its file's clusters `step` apart. */
static void make(enum disk_layout layout, unsigned bits, u32 cluster_sectors, u32 step)
{
	disk_make(&d, layout, bits, cluster_sectors);
	disk_add(&d, 0, NULL, "ESP        ", 0x08, 0, 0);
	efi = disk_mkdir(&d, 0, NULL, "EFI        ", 1);
	boot = disk_mkdir(&d, efi, NULL, "BOOT       ", 1);
	file = disk_file(&d, boot, NULL, "BOOTX64 EFI", SIZE, step);
}

/* The file of that path is there, as long as wanted, and right to the last byte. */
static void reads_of(const char *path, u32 size)
{
	struct medium m = disk_medium(&d);
	const char *why = NULL;
	struct esp_file f;
	enum status st = esp_open(&m, path, &f, &why);
	u8 *buf;

	if (st != ST_OK)
		fail_msg("%s: %s: %s", path, status_text(st), why);
	assert_int_equal(f.size, size);
	buf = malloc(size + 1); /* for none at all, too */
	buf[size] = 0x77;
	assert_int_equal(esp_read(&f, buf, size), ST_OK);
	for (u32 i = 0; i < size; i++)
		if (buf[i] != disk_byte(i))
			fail_msg("%s: byte %u", path, i);
	assert_int_equal(buf[size], 0x77);
	free(buf);
}

static void refused_at(unsigned line, const char *path, enum status want, const char *words)
{
	struct medium m = disk_medium(&d);
	const char *why = "nothing";
	struct esp_file f;
	enum status st = esp_open(&m, path, &f, &why);

	if (st != want || strstr(why, words) == NULL)
		fail_msg("line %u: %s, expected %s: %s", line, status_text(st), status_text(want),
			 why);
}

#define REFUSED(want, words) refused_at(__LINE__, PATH, want, words)

/* esp_open() is content, esp_read() is not. */
static void unreadable_at(unsigned line, enum status want)
{
	struct medium m = disk_medium(&d);
	const char *why = "nothing";
	struct esp_file f;
	enum status st = esp_open(&m, PATH, &f, &why);
	u8 *buf;

	if (st != ST_OK)
		fail_msg("line %u: open: %s: %s", line, status_text(st), why);
	buf = malloc(f.size);
	st = esp_read(&f, buf, f.size);
	free(buf);
	if (st != want)
		fail_msg("line %u: %s, expected %s", line, status_text(st), status_text(want));
}

#define UNREADABLE(want) unreadable_at(__LINE__, want)

/* A number of the disk: wrong, each of the values, the status with each; then as before. */
struct wrong {
	u64 value;
	enum status want;
};

static void wrongs_at(unsigned line, u8 *p, unsigned bytes, bool gpt, const char *words,
		      const struct wrong *w)
{
	u64 before = got(p, bytes);

	for (; w->want != ST_OK; w++) {
		put(p, w->value, bytes);
		if (gpt)
			disk_gpt_seal(&d);
		refused_at(line, PATH, w->want, words);
	}
	put(p, before, bytes);
	if (gpt)
		disk_gpt_seal(&d);
}

#define WRONG(p, bytes, words, ...)                                                                \
	wrongs_at(__LINE__, p, bytes, false, words, (const struct wrong[]){ __VA_ARGS__, { 0, 0 } })

/* ---- honest media ---- */

static void all_kinds(void **state)
{
	static const enum disk_layout layouts[] = { DISK_BARE, DISK_MBR, DISK_GPT };
	static const unsigned bits[] = { 12, 16, 32 };

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++)
		for (unsigned b = 0; b < ARRAY_SIZE(bits); b++)
			for (u32 sectors = 1; sectors <= 4; sectors *= 2)
				for (u32 step = 1; step <= 3; step += 2) {
					make(layouts[l], bits[b], sectors, step);
					reads_of(PATH, SIZE);
					reads_of("efi\\Boot\\bootx64.EFI", SIZE);
					disk_free(&d);
				}
}

/* One read for a file in one piece, but for those of its FAT; another for every piece. */
static void joined(void **state)
{
	struct medium m;
	const char *why;
	struct esp_file f;
	u8 *buf = malloc(MIB(12));
	u32 first;

	(void)state;
	disk_make(&d, DISK_BARE, 32, 1);
	first = disk_file(&d, 0, NULL, "KERNEL     ", MIB(12), 1);
	m = disk_medium(&d);
	assert_int_equal(esp_open(&m, "kernel", &f, &why), ST_OK);
	d.reads = 0;
	d.longest = 0;
	assert_int_equal(esp_read(&f, buf, MIB(12)), ST_OK);
	assert_int_equal(d.longest, MIB(12));
	assert_true(d.reads <= 1 + MIB(12) / SEC * 4 / 1024 + 1);
	/* Two clusters exchanged in the middle: four pieces. */
	disk_fat_set(&d, first + 99, first + 101);
	disk_fat_set(&d, first + 101, first + 100);
	disk_fat_set(&d, first + 100, first + 102);
	assert_int_equal(esp_read(&f, buf, MIB(12)), ST_OK);
	assert_int_equal(buf[100 * SEC], disk_byte(101 * SEC));
	assert_int_equal(buf[101 * SEC], disk_byte(100 * SEC));
	assert_int_equal(buf[102 * SEC], disk_byte(102 * SEC));
	disk_free(&d);
	free(buf);
}

static void sizes(void **state)
{
	static const u32 size[] = { 0, 1, 511, 512, 513, 1024, 1025 };
	char name[12] = "FILE0      ", path[] = "\\FILE0";

	(void)state;
	disk_make(&d, DISK_MBR, 16, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(size); i++) {
		name[4] = path[5] = (char)('0' + i);
		disk_file(&d, 0, NULL, name, size[i], 1);
		reads_of(path, size[i]);
	}
	disk_free(&d);
}

/* Any FAT number of an odd and an even cluster, over the edges of the window that is read. */
static void fat12_chain(void **state)
{
	(void)state;
	disk_make(&d, DISK_BARE, 12, 1);
	disk_file(&d, 0, NULL, "ALL        ", 800 * SEC, 1);
	reads_of("ALL", 800 * SEC);
	disk_free(&d);
}

static void names(void **state)
{
	u32 dir;

	(void)state;
	disk_make(&d, DISK_GPT, 32, 1);
	/* Names of 12, 13, 14 and 26 characters: with an end and without, one piece and more. */
	dir = disk_mkdir(&d, 0, "a directory of some clusters", "ADIREC~1   ", 4);
	for (unsigned i = 0; i < 16; i++) /* fill a cluster */
		disk_add(&d, dir, NULL, "OTHER      ", 0x20, 0, 0);
	disk_file(&d, dir, "twelve chars", "TWELVE~1   ", 12, 1);
	disk_file(&d, dir, "thirteen char", "THIRTE~1   ", 13, 1);
	disk_file(&d, dir, "fourteen chars", "FOURTE~1   ", 14, 1);
	disk_file(&d, dir, "twenty-six characters here", "TWENTY~1   ", 26, 1);
	reads_of("A DIRECTORY OF SOME CLUSTERS\\Twelve Chars", 12);
	reads_of("adirec~1\\thirteen char", 13);
	reads_of("adirec~1\\fourteen chars", 14);
	reads_of("adirec~1\\twenty-six characters here", 26);
	reads_of("adirec~1\\twenty~1", 26);
	refused_at(__LINE__, "adirec~1\\thirteen cha", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "adirec~1\\thirteen chars", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "adirec~1\\fourteen charr", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "adirec~1\\other.", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "adirec~1\\OTHER    ", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "adirec~1", ST_NOT_FOUND, "is a directory");
	refused_at(__LINE__, "adirec~1\\other\\x", ST_NOT_FOUND, "is a file");
	refused_at(__LINE__, "adirec~1\\\\other", ST_INVALID, "");
	refused_at(__LINE__, "\\", ST_INVALID, "");
	disk_free(&d);
}

/* What old programs leave lying about, and pieces that are not of one name. */
static void stray_pieces(void **state)
{
	u8 *e;

	(void)state;
	disk_make(&d, DISK_BARE, 16, 1);
	disk_file(&d, 0, "some longer name", "SOMELO~1   ", 5, 1);
	e = disk_entry(&d, 0, 0); /* two pieces, then the short name */
	reads_of("some longer name", 5);
#define STRAY(at, value)                                                                           \
	do {                                                                                       \
		u8 before = e[at];                                                                 \
		e[at] = (value);                                                                   \
		refused_at(__LINE__, "some longer name", ST_NOT_FOUND, "no such file");            \
		reads_of("somelo~1", 5);                                                           \
		e[at] = before;                                                                    \
	} while (0)
	STRAY(0, 0x02);       /* no last piece */
	STRAY(0, 0x43);       /* a piece too few */
	STRAY(0, 0x41);       /* too many */
	STRAY(0, 0x40);       /* order 0 */
	STRAY(0, 0x7f);       /* more than a name has */
	STRAY(0, 0xe5);       /* deleted */
	STRAY(12, 1);         /* another kind */
	STRAY(13, e[13] ^ 1); /* of another short name */
	STRAY(32 + 13, e[13] ^ 1);
	STRAY(32, 2);
	STRAY(32, 0x41);
	STRAY(32 + 11, 0x08); /* a label in between */
	STRAY(64 + 1, 'o');   /* renamed without its long name */
	reads_of("some longer name", 5);
#undef STRAY
	/* Both pieces say it belongs to what follows, but that has another name. */
	e[64 + 7] = '2';
	refused_at(__LINE__, "some longer name", ST_NOT_FOUND, "no such file");
	disk_free(&d);
}

/* ---- tables ---- */

static void no_table(void **state)
{
	(void)state;
	make(DISK_BARE, 16, 1, 1);
	WRONG(d.data + 510, 2, "neither", { 0x55aa, ST_NOT_FOUND });
	/* Neither a boot sector nor a table. */
	WRONG(d.data + 0, 1, "MBR has neither", { 0x33, ST_NOT_FOUND });
	d.size = 511;
	REFUSED(ST_RANGE, "first sector");
	disk_free(&d);
}

static void mbr(void **state)
{
	static const u8 types[] = { 0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e, 0xef };
	u64 sectors;
	u8 *e;

	(void)state;
	make(DISK_MBR, 16, 1, 1);
	sectors = d.size / SEC;
	e = d.data + 446 + 16;
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		e[4] = types[i];
		reads_of(PATH, SIZE);
	}
	/* A system partition is taken before another FAT, wherever it stands; else the first one.
	 */
	disk_mbr_entry(&d, 0, 0x0c, 1, 1);
	disk_mbr_entry(&d, 3, 0x0c, 1, 1);
	reads_of(PATH, SIZE);
	e[4] = 0x0c;
	REFUSED(ST_CORRUPT, "no FAT");
	disk_mbr_entry(&d, 0, 0x83, 1, 1);
	reads_of(PATH, SIZE);
	WRONG(e + 4, 1, "no FAT", { 0, ST_CORRUPT }); /* the last entry's turn */
	disk_mbr_entry(&d, 3, 0, 0, 0);
	WRONG(e + 4, 1, "MBR has neither", { 0, ST_NOT_FOUND }, { 0x83, ST_NOT_FOUND });
	WRONG(e + 8, 4, "outside", { 0, ST_RANGE }, { sectors, ST_RANGE },
	      { sectors - 1, ST_RANGE }, { 0xffffffff, ST_RANGE });
	WRONG(e + 12, 4, "outside", { 0, ST_RANGE }, { sectors, ST_RANGE },
	      { sectors - DISK_PART + 1, ST_RANGE }, { 0xffffffff, ST_RANGE });
	WRONG(e + 12, 4, "no FAT", { sectors - DISK_PART - 1, ST_RANGE });
	/* A protective entry is one only if it begins where a GPT does. */
	disk_mbr_entry(&d, 0, 0xee, 2, 1);
	reads_of(PATH, SIZE);
	for (unsigned i = 0; i < 4; i++) {
		memset(d.data + 446, 0, 64);
		disk_mbr_entry(&d, i, 0xee, 1, 1);
		REFUSED(ST_CORRUPT, "both copies");
	}
	disk_free(&d);
}

/* A value in the headers of both copies, wrong. */
static void both(unsigned line, unsigned at, unsigned bytes, u64 value, enum status want,
		 const char *words)
{
	u64 before[2];

	for (unsigned copy = 0; copy < 2; copy++) {
		before[copy] = got(disk_gpt_header(&d, copy) + at, bytes);
		put(disk_gpt_header(&d, copy) + at, value, bytes);
	}
	disk_gpt_seal(&d);
	refused_at(line, PATH, want, words);
	/* In the first alone it does not matter: there is the other one. */
	put(disk_gpt_header(&d, 1) + at, before[1], bytes);
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	put(disk_gpt_header(&d, 0) + at, before[0], bytes);
	disk_gpt_seal(&d);
}

#define BOTH(...) both(__LINE__, __VA_ARGS__, "both copies")

static void gpt_headers(void **state)
{
	u64 sectors;

	(void)state;
	make(DISK_GPT, 12, 1, 1);
	sectors = d.size / SEC;
	reads_of(PATH, SIZE);
	BOTH(0, 1, 'e', ST_CORRUPT);
	BOTH(7, 1, 't', ST_CORRUPT);
	BOTH(8, 4, 0x20000, ST_CORRUPT);
	BOTH(12, 4, 91, ST_CORRUPT);
	BOTH(12, 4, 513, ST_CORRUPT);
	BOTH(12, 4, 0xffffffff, ST_CORRUPT);
	BOTH(24, 8, 3, ST_CORRUPT); /* of another sector */
	BOTH(40, 8, sectors, ST_RANGE);
	BOTH(48, 8, sectors, ST_RANGE);
	BOTH(48, 8, ~0ull, ST_RANGE);
	BOTH(72, 8, 0, ST_RANGE);
	BOTH(72, 8, 1, ST_RANGE);
	BOTH(72, 8, sectors - 31, ST_RANGE);
	BOTH(72, 8, sectors + 1, ST_RANGE);
	BOTH(72, 8, ~0ull, ST_RANGE);
	BOTH(72, 8, (1ull << 55) + 2, ST_RANGE); /* the right place, but for an overflow */
	BOTH(80, 4, 1025, ST_TOO_MANY);
	BOTH(80, 4, 0xffffffff, ST_TOO_MANY);
	BOTH(84, 4, 0, ST_CORRUPT);
	BOTH(84, 4, 64, ST_CORRUPT);
	BOTH(84, 4, 384, ST_CORRUPT);
	BOTH(84, 4, 2048, ST_TOO_MANY);
	BOTH(84, 4, 0x80000000, ST_TOO_MANY);
	disk_free(&d);
}

/* Headers of more than the least, fewer entries, wider ones. */
static void gpt_forms(void **state)
{
	u8 entry[128];

	(void)state;
	make(DISK_GPT, 12, 1, 1);
	disk_gpt_header(&d, 1)[0] = 'e'; /* nothing but the first copy */
	put(disk_gpt_header(&d, 0) + 12, 512, 4);
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	put(disk_gpt_header(&d, 0) + 80, 6, 4); /* a sector and a half */
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	put(disk_gpt_header(&d, 0) + 80, 2, 4);
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	put(disk_gpt_header(&d, 0) + 80, 1, 4); /* before it */
	disk_gpt_seal(&d);
	REFUSED(ST_NOT_FOUND, "GPT has no EFI system partition");
	put(disk_gpt_header(&d, 0) + 80, 0, 4);
	disk_gpt_seal(&d);
	REFUSED(ST_NOT_FOUND, "GPT has no EFI system partition");
	/* Entries over several sectors; only what begins one is one. */
	memcpy(entry, disk_gpt_entry(&d, 0, 1), sizeof(entry));
	memset(disk_gpt_entry(&d, 0, 1), 0, sizeof(entry));
	memcpy(disk_gpt_entry(&d, 0, 7), entry, sizeof(entry));
	put(disk_gpt_header(&d, 0) + 80, 3, 4);
	put(disk_gpt_header(&d, 0) + 84, 1024, 4);
	disk_gpt_seal(&d);
	REFUSED(ST_NOT_FOUND, "GPT has no EFI system partition");
	memcpy(disk_gpt_entry(&d, 0, 2), entry, sizeof(entry));
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	disk_free(&d);
}

/* The largest table that is read, the smallest disk that is described: of the first copy alone. */
static void gpt_bounds(void **state)
{
	u8 *h, *e;

	(void)state;
	make(DISK_GPT, 16, 1, 1);
	h = disk_gpt_header(&d, 0);
	e = disk_gpt_entry(&d, 0, 1);
	disk_gpt_header(&d, 1)[0] = 'e';
	put(h + 80, 1024, 4);
	disk_gpt_seal(&d);
	reads_of(PATH, SIZE);
	put(h + 80, 128, 4);
	put(h + 40, DISK_PART, 8);
	put(h + 48, DISK_PART, 8);
	put(e + 40, DISK_PART, 8);
	disk_gpt_seal(&d);
	REFUSED(ST_RANGE, "no FAT");
	disk_free(&d);
}

static void gpt_checksums(void **state)
{
	(void)state;
	make(DISK_GPT, 16, 1, 1);
	for (unsigned at = 0; at < 92; at++) {
		disk_gpt_header(&d, 0)[at] ^= 1;
		reads_of(PATH, SIZE); /* by the backup */
		disk_gpt_header(&d, 1)[at] ^= 0x10;
		REFUSED(ST_CORRUPT, "both copies");
		disk_gpt_header(&d, 0)[at] ^= 1;
		reads_of(PATH, SIZE);
		disk_gpt_header(&d, 1)[at] ^= 0x10;
	}
	disk_gpt_entry(&d, 0, 127)[127] ^= 1;
	reads_of(PATH, SIZE);
	disk_gpt_entry(&d, 1, 127)[127] ^= 1;
	REFUSED(ST_CORRUPT, "both copies");
	disk_free(&d);
}

static void gpt_partition(void **state)
{
	u64 last;
	u8 *e;

	(void)state;
	make(DISK_GPT, 16, 1, 1);
	last = d.size / SEC - 1;
	e = disk_gpt_entry(&d, 0, 1);
	wrongs_at(__LINE__, e, 1, true, "GPT has no EFI",
		  (const struct wrong[]){ { 0x29, ST_NOT_FOUND }, { 0 } });
	wrongs_at(__LINE__, e + 32, 8, true, "usable",
		  (const struct wrong[]){ { 0, ST_RANGE },
					  { 33, ST_RANGE },
					  { got(e + 40, 8) + 1, ST_RANGE },
					  { ~0ull, ST_RANGE },
					  { 0 } });
	wrongs_at(__LINE__, e + 40, 8, true, "usable",
		  (const struct wrong[]){ { DISK_PART - 1, ST_RANGE },
					  { last - DISK_GPT_TAIL + 1, ST_RANGE },
					  { ~0ull, ST_RANGE },
					  { 0 } });
	reads_of(PATH, SIZE);
	/* Only what is inside the partition belongs to its file system. */
	wrongs_at(__LINE__, e + 40, 8, true, "no FAT",
		  (const struct wrong[]){ { got(e + 40, 8) - 1, ST_RANGE }, { 0 } });
	disk_free(&d);
}

/* ---- file systems ---- */

static void boot_sector(void **state)
{
	u8 *b;

	(void)state;
	make(DISK_MBR, 16, 1, 1);
	b = d.data + d.part;
	reads_of(PATH, SIZE);
	WRONG(b, 1, "no FAT", { 0, ST_CORRUPT });
	WRONG(b + 11, 2, "no FAT", { 0, ST_CORRUPT }, { 256, ST_CORRUPT }, { 513, ST_CORRUPT },
	      { 768, ST_CORRUPT }, { 8192, ST_CORRUPT }, { 0x8000, ST_CORRUPT },
	      { 1024, ST_RANGE });
	WRONG(b + 13, 1, "no FAT", { 0, ST_CORRUPT }, { 3, ST_CORRUPT }, { 255, ST_CORRUPT });
	/* Half as many clusters: a FAT12, whose second directory is elsewhere. */
	WRONG(b + 13, 1, "no such file", { 2, ST_NOT_FOUND });
	WRONG(b + 14, 2, "no FAT", { 0, ST_CORRUPT }, { 0xffff, ST_CORRUPT });
	WRONG(b + 16, 1, "no FAT", { 0, ST_CORRUPT }, { 255, ST_CORRUPT });
	WRONG(b + 17, 2, "no FAT", { 0, ST_CORRUPT });
	WRONG(b + 17, 2, "no such file", { 0xffff, ST_NOT_FOUND }); /* the same, by a long root */
	WRONG(b + 19, 2, "no FAT", { 0, ST_CORRUPT }, { 1, ST_CORRUPT }, { 0xffff, ST_RANGE },
	      { (d.root + 64 * 32 - d.part) / SEC, ST_CORRUPT },
	      { d.part_size / SEC + 1, ST_RANGE });
	WRONG(b + 21, 1, "no FAT", { 0, ST_CORRUPT }, { 0xef, ST_CORRUPT });
	WRONG(b + 22, 2, "no FAT", { 0, ST_CORRUPT }, { 1, ST_CORRUPT }, { 0xffff, ST_CORRUPT },
	      { d.fat_sectors - 1, ST_CORRUPT });
	WRONG(b + 510, 2, "no FAT", { 0, ST_CORRUPT });
	b[0] = 0xe9;
	reads_of(PATH, SIZE);
	/* 65536 bytes in a cluster are the most; more is not asked for. */
	WRONG(b + 13, 1, "no such file", { 128, ST_NOT_FOUND });
	put(b + 11, 1024, 2);
	WRONG(b + 13, 1, "no FAT", { 128, ST_CORRUPT });
	disk_free(&d);
}

static void boot_sector_wide(void **state)
{
	u8 *b;

	(void)state;
	make(DISK_MBR, 32, 1, 1);
	b = d.data + d.part;
	WRONG(b + 17, 2, "no FAT", { 16, ST_CORRUPT });
	WRONG(b + 22, 2, "no FAT", { 600, ST_CORRUPT });
	WRONG(b + 32, 4, "no FAT", { 0, ST_CORRUPT }, { 0xffffffff, ST_RANGE },
	      { 66000, ST_CORRUPT }, /* a FAT16's count of clusters */
	      { d.part_size / SEC + 1, ST_RANGE });
	WRONG(b + 36, 4, "no FAT", { 0, ST_CORRUPT }, { d.fat_sectors - 1, ST_CORRUPT },
	      { 0xffffffff, ST_CORRUPT });
	WRONG(b + 42, 2, "no FAT", { 1, ST_UNSUPPORTED }, { 0x100, ST_UNSUPPORTED });
	WRONG(b + 44, 4, "no FAT", { 0, ST_CORRUPT }, { 1, ST_CORRUPT },
	      { d.clusters + 2, ST_CORRUPT }, { 0xffffffff, ST_CORRUPT });
	WRONG(b + 40, 2, "no FAT", { 0x82, ST_CORRUPT }, { 0x8f, ST_CORRUPT });
	/* One FAT alone counts, the second: what stands in the first is of no interest. */
	put(b + 40, 0x81, 2);
	memset(d.data + d.fat, 0, (size_t)d.fat_sectors * SEC);
	reads_of(PATH, SIZE);
	put(b + 40, 0x01, 2); /* without the flag the number has no meaning */
	UNREADABLE(ST_CORRUPT);
	disk_free(&d);
}

/* More clusters than 28 bits can name: a medium that is this large is only said to be. */
static enum status huge_read(void *ctx, u64 offset, void *buf, size_t bytes)
{
	struct disk *h = ctx;

	memset(buf, 0, bytes);
	if (offset < h->size)
		memcpy(buf, h->data + offset, MIN(bytes, h->size - offset));
	return ST_OK;
}

static void too_many_clusters(void **state)
{
	struct medium m = { .read = huge_read, .ctx = &d, .size = 1ull << 41 };
	const char *why = "nothing";
	struct esp_file f;

	(void)state;
	make(DISK_BARE, 32, 1, 1);
	put(d.data + 32, 0xffffffff, 4);
	put(d.data + 36, 0x00300000, 4);
	assert_int_equal(esp_open(&m, PATH, &f, &why), ST_CORRUPT);
	assert_non_null(strstr(why, "no FAT"));
	disk_free(&d);
}

/* ---- chains ---- */

static void chains(void **state)
{
	static const unsigned bits[] = { 12, 16, 32 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++) {
		u32 mask = bits[i] == 32 ? 0x0fffffff : (1u << bits[i]) - 1;
		u32 last;

		make(DISK_MBR, bits[i], 1, 2);
		last = file + (SIZE - 1) / SEC * 2;
		disk_fat_set(&d, last, 0x0ffffff8 & mask); /* the least end */
		reads_of(PATH, SIZE);
#define CHAIN(cluster, value)                                                                      \
	do {                                                                                       \
		u32 before = disk_fat_get(&d, cluster);                                            \
		disk_fat_set(&d, cluster, value);                                                  \
		UNREADABLE(ST_CORRUPT);                                                            \
		disk_fat_set(&d, cluster, before);                                                 \
	} while (0)
		CHAIN(last, 0);
		CHAIN(last, last + 1); /* longer than the file, here in one piece */
		CHAIN(last, file);     /* in another */
		CHAIN(last, 0x0ffffff7 & mask);
		CHAIN(file, 0x0fffffff); /* shorter */
		CHAIN(file, 0);
		CHAIN(file, 1);
		CHAIN(file, file);              /* for ever */
		CHAIN(file, d.clusters + 2);    /* beyond the last */
		CHAIN(file, 0x0ffffff7 & mask); /* bad */
#undef CHAIN
		disk_fat_set(&d, file, d.clusters + 1); /* the last one, which leads nowhere */
		UNREADABLE(ST_CORRUPT);
		disk_free(&d);
	}
}

/* The upper four bits of a FAT32's entry are not of the number. */
static void reserved_bits(void **state)
{
	(void)state;
	make(DISK_BARE, 32, 1, 2);
	disk_fat_set(&d, file, 0xa0000000 | (file + 2));
	reads_of(PATH, SIZE);
	disk_free(&d);
}

static void file_entry(void **state)
{
	u8 *e;

	(void)state;
	make(DISK_BARE, 16, 1, 1);
	e = disk_entry(&d, boot, 2);
	put(e + 20, 0x1234, 2); /* no part of the number in a FAT16 */
	reads_of(PATH, SIZE);
	WRONG(e + 28, 4, "size", { 0xffffffff, ST_CORRUPT }, { d.clusters * SEC + 1, ST_CORRUPT });
	put(e + 28, d.clusters * SEC, 4);
	UNREADABLE(ST_CORRUPT);
	put(e + 28, SIZE + SEC, 4);
	UNREADABLE(ST_CORRUPT);
	put(e + 28, SIZE - SEC, 4);
	UNREADABLE(ST_CORRUPT);
	put(e + 28, 0, 4); /* empty, but with a cluster */
	UNREADABLE(ST_CORRUPT);
	put(e + 28, SIZE, 4);
	put(e + 26, 0, 2);
	UNREADABLE(ST_CORRUPT);
	put(e + 26, 1, 2);
	UNREADABLE(ST_CORRUPT);
	put(e + 26, d.clusters + 2, 2);
	UNREADABLE(ST_CORRUPT);
	put(e + 26, file, 2);
	reads_of(PATH, SIZE);
	WRONG(e + 11, 1, "is a directory", { 0x10, ST_NOT_FOUND });
	WRONG(e + 11, 1, "no such file", { 0x08, ST_NOT_FOUND }, { 0x0f, ST_NOT_FOUND });
	WRONG(e, 1, "no such file", { 0xe5, ST_NOT_FOUND }, { 0, ST_NOT_FOUND });
	WRONG(disk_entry(&d, boot, 0), 1, "no such file", { 0, ST_NOT_FOUND }); /* the end */
	disk_free(&d);
}

/* In a FAT32 the upper half counts. */
static void file_entry_wide(void **state)
{
	(void)state;
	make(DISK_BARE, 32, 1, 1);
	put(disk_entry(&d, boot, 2) + 20, 1, 2);
	UNREADABLE(ST_CORRUPT);
	disk_free(&d);
}

static void size_other_than_said(void **state)
{
	struct medium m;
	const char *why;
	struct esp_file f;
	u8 buf[SIZE + 1];

	(void)state;
	make(DISK_BARE, 16, 1, 1);
	m = disk_medium(&d);
	assert_int_equal(esp_open(&m, PATH, &f, &why), ST_OK);
	assert_int_equal(esp_read(&f, buf, SIZE + 1), ST_INVALID);
	assert_int_equal(esp_read(&f, buf, SIZE - 1), ST_INVALID);
	disk_free(&d);
}

static void too_long_to_follow(void **state)
{
	struct medium m = { .read = huge_read, .ctx = &d, .size = 1ull << 31 };
	const char *why = "nothing";
	struct esp_file f;
	u32 sectors = ESP_CHAIN_MAX + 200000, fat = (sectors + 2) / 128 + 1;

	(void)state;
	disk_make(&d, DISK_BARE, 32, 1);
	put(d.data + 32, sectors, 4);
	put(d.data + 36, fat, 4);
	/* Its root is found: the FATs are longer now. */
	d.clusters_at = d.fat + 2ull * fat * SEC;
	disk_add(&d, 0, NULL, "A          ", 0x20, 3, ESP_CHAIN_MAX * SEC);
	disk_add(&d, 0, NULL, "B          ", 0x20, 3, ESP_CHAIN_MAX * SEC + 1);
	assert_int_equal(esp_open(&m, "a", &f, &why), ST_OK);
	assert_int_equal(esp_open(&m, "b", &f, &why), ST_TOO_MANY);
	disk_free(&d);
}

/* ---- directories ---- */

static void directories(void **state)
{
	u8 *e;

	(void)state;
	make(DISK_BARE, 32, 1, 1);
	e = disk_entry(&d, efi, 2); /* BOOT */
	WRONG(e + 26, 2, "damaged", { 0, ST_CORRUPT }, { 1, ST_CORRUPT });
	WRONG(e + 11, 1, "is a file", { 0x20, ST_NOT_FOUND });
	/* A cluster full of other names, and then a chain that ends, leads out of the file system,
	 * or into itself. */
	for (unsigned i = 3; i < SEC / 32; i++)
		disk_add(&d, efi, NULL, "OTHER      ", 0x20, 0, 0);
	memcpy(e, "BOOTY      ", 11);
	REFUSED(ST_NOT_FOUND, "no such file");
	disk_fat_set(&d, efi, d.clusters + 2);
	REFUSED(ST_CORRUPT, "damaged");
	disk_fat_set(&d, efi, 0);
	REFUSED(ST_CORRUPT, "damaged");
	disk_fat_set(&d, efi, efi);
	d.reads = 0;
	REFUSED(ST_TOO_MANY, "damaged");
	assert_true(d.reads < 65536 / (SEC / 32) + 16);
	disk_free(&d);
}

/* A fixed root ends with its last entry, whatever follows. */
static void full_root(void **state)
{
	(void)state;
	make(DISK_BARE, 16, 1, 1);
	for (u32 i = disk_entry_free(&d, 0); i < d.root_entries; i++)
		memcpy(disk_entry(&d, 0, i), "OTHER      \x20", 12);
	memcpy(disk_cluster(&d, 2), "HIDDEN     \x20", 12);
	refused_at(__LINE__, "hidden", ST_NOT_FOUND, "no such file");
	refused_at(__LINE__, "esp", ST_NOT_FOUND, "no such file"); /* the label is no file */
	disk_free(&d);
}

/* ---- a medium that fails ---- */

static unsigned reads_left;

static enum status failing_read(void *ctx, u64 offset, void *buf, size_t bytes)
{
	if (reads_left == 0)
		return ST_TIMEOUT;
	reads_left--;
	return disk_read(ctx, offset, buf, bytes);
}

/* Each read in turn: its error comes out. But for those of the GPT, which has two copies. */
static void failing(void **state)
{
	static const enum disk_layout layouts[] = { DISK_BARE, DISK_MBR, DISK_GPT };
	u8 buf[SIZE];

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		enum status st = ST_TIMEOUT;
		unsigned n;

		make(layouts[l], 12, 1, 2);
		for (n = 0; st == ST_TIMEOUT && n < 200; n++) {
			struct medium m = disk_medium(&d);
			const char *why = "nothing";
			struct esp_file f;

			m.read = failing_read;
			reads_left = n;
			st = esp_open(&m, PATH, &f, &why);
			if (st == ST_OK)
				st = esp_read(&f, buf, SIZE);
		}
		assert_int_equal(st, ST_OK);
		assert_true(n > 8);
		disk_free(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(joined),
		cmocka_unit_test(sizes),
		cmocka_unit_test(fat12_chain),
		cmocka_unit_test(names),
		cmocka_unit_test(stray_pieces),
		cmocka_unit_test(no_table),
		cmocka_unit_test(mbr),
		cmocka_unit_test(gpt_headers),
		cmocka_unit_test(gpt_forms),
		cmocka_unit_test(gpt_bounds),
		cmocka_unit_test(gpt_checksums),
		cmocka_unit_test(gpt_partition),
		cmocka_unit_test(boot_sector),
		cmocka_unit_test(boot_sector_wide),
		cmocka_unit_test(too_many_clusters),
		cmocka_unit_test(chains),
		cmocka_unit_test(reserved_bits),
		cmocka_unit_test(file_entry),
		cmocka_unit_test(file_entry_wide),
		cmocka_unit_test(size_other_than_said),
		cmocka_unit_test(too_long_to_follow),
		cmocka_unit_test(directories),
		cmocka_unit_test(full_root),
		cmocka_unit_test(failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
