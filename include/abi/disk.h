/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tool (tools/disk.c) puts on the disk and on the TFTP server of a run, and the guest
 * finds there. Not a standard: host and guest of a run have to agree on it and on nothing else.
 *
 * Sector 0 is the header, little endian, zero to its end. The guest takes nothing of it for
 * granted: the host wrote it.
 *
 *   0   16  DISK_MAGIC, zero-padded
 *   16   8  offset of the read area, bytes
 *   24   8  length of the read area, bytes
 *   32  32  SHA-256 of the read area
 *   64   8  offset of the write area: zeros, the guest's to write
 *   72   8  length of the write area
 *   80   8  seed of the read area
 *
 * Both areas are whole sectors. Word n (8 bytes, little endian) of the read area is disk_word(seed,
 * n) of splitmix64, so that any piece of it can be told from any other without reading the rest.
 */
#ifndef ABI_DISK_H
#define ABI_DISK_H

#include "types.h"

#define DISK_MAGIC        "POSTERNDISK1"
#define DISK_MAGIC_SIZE   16
#define DISK_READ_OFFSET  16
#define DISK_READ_LENGTH  24
#define DISK_READ_SHA256  32
#define DISK_WRITE_OFFSET 64
#define DISK_WRITE_LENGTH 72
#define DISK_SEED         80
#define DISK_HEADER       512

static inline u64 disk_word(u64 seed, u64 n)
{
	u64 z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* The one file behind TFTP at 10.0.2.2: TFTP_SIZE bytes, byte n is tftp_byte(n). */
#define TFTP_FILE "postern.txt"
#define TFTP_SIZE 400

static inline char tftp_byte(unsigned n)
{
	return (char)('a' + (n * 7 + n / 26) % 26);
}

#endif
