/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a disk says where its EFI system partition and the files in it are: MBR and GPT (UEFI 5.2 and
 * 5.3), FAT (Microsoft FAT32 File System Specification 1.03). Little-endian throughout.
 */
#ifndef ABI_ESP_H
#define ABI_ESP_H

#define DISK_SECTOR 512

/* ---- MBR: sector 0 ---- */
#define MBR_ENTRIES         4
#define MBR_TABLE           446
#define MBR_ENTRY_SIZE      16
#define MBR_TYPE            4 /* u8; offsets in an entry */
#define MBR_START           8 /* u32, sectors */
#define MBR_COUNT           12
#define MBR_SIGNATURE       510 /* u16; a FAT's boot sector has it, too */
#define MBR_SIGNATURE_VALUE 0xaa55
#define MBR_PROTECTIVE      0xee
#define MBR_ESP             0xef
#define MBR_FAT12           0x01
#define MBR_FAT16_SMALL     0x04
#define MBR_FAT16           0x06
#define MBR_FAT32           0x0b
#define MBR_FAT32_LBA       0x0c
#define MBR_FAT16_LBA       0x0e

/* ---- GPT: sector 1, a copy in the last one ---- */
#define GPT_SIGNATURE       0 /* u64 */
#define GPT_REVISION        8
#define GPT_HEADER_SIZE     12 /* u32, bytes under the checksum */
#define GPT_HEADER_CRC      16 /* u32, of the header with this field 0 */
#define GPT_MY_LBA          24 /* u64 */
#define GPT_FIRST_USABLE    40 /* u64 */
#define GPT_LAST_USABLE     48 /* u64, inclusive */
#define GPT_ENTRIES_LBA     72 /* u64 */
#define GPT_ENTRIES         80 /* u32 */
#define GPT_ENTRY_SIZE      84 /* u32: 128 times a power of two */
#define GPT_ENTRIES_CRC     88 /* u32 */
#define GPT_HEADER_MIN      92
#define GPT_SIGNATURE_VALUE 0x5452415020494645ULL /* "EFI PART" */
#define GPT_REVISION_VALUE  0x00010000
#define GPT_PRIMARY_LBA     1
#define GPT_ENTRY_MIN       128
#define GPT_ENTRY_TYPE      0  /* GUID; offsets in an entry */
#define GPT_ENTRY_START     32 /* u64 */
#define GPT_ENTRY_END       40 /* u64, inclusive */

/* ---- FAT: the boot sector ---- */
#define FAT_JUMP              0
#define FAT_SECTOR_BYTES      11 /* u16 */
#define FAT_CLUSTER_SECTORS   13 /* u8 */
#define FAT_RESERVED          14 /* u16, sectors */
#define FAT_COUNT             16 /* u8 */
#define FAT_ROOT_ENTRIES      17 /* u16; FAT32: 0 */
#define FAT_SECTORS_16        19 /* u16; 0: see FAT_SECTORS_32 */
#define FAT_MEDIA             21
#define FAT_SIZE_16           22 /* u16, sectors of one FAT; FAT32: 0 */
#define FAT_SECTORS_32        32
#define FAT_SIZE_32           36 /* u32; this one and all below: FAT32 only */
#define FAT_FLAGS             40 /* u16 */
#define FAT_VERSION           42 /* u16, 0 */
#define FAT_ROOT_CLUSTER      44 /* u32 */

#define FAT_JUMP_SHORT        0xeb
#define FAT_JUMP_NEAR         0xe9
#define FAT_MEDIA_MIN         0xf0
#define FAT_FLAG_ONE          0x80 /* only one FAT is kept: that of the low four bits */
#define FAT_CLUSTER_BYTES_MAX 0x10000
#define FAT_FIRST_CLUSTER     2
/* The width of a FAT's entries follows from the count of clusters, and from nothing else. */
#define FAT16_CLUSTERS_MIN 4085
#define FAT32_CLUSTERS_MIN 65525
#define FAT32_CLUSTERS_MAX 0x0ffffff5
#define FAT32_MASK         0x0fffffff
#define FAT_END            0x0ffffff8 /* this and above: end of chain; narrower: its low bits */

/* ---- directory entries ---- */
#define DIR_ENTRY_SIZE     32
#define DIR_ENTRIES_MAX    65536 /* "must not be larger than 65536 * 32 bytes" */
#define DIR_ATTR           11
#define DIR_CLUSTER_HIGH   20 /* u16, FAT32 only */
#define DIR_CLUSTER_LOW    26
#define DIR_SIZE           28 /* u32 */
#define DIR_NAME           8
#define DIR_EXTENSION      3
#define DIR_ATTR_VOLUME    0x08
#define DIR_ATTR_DIRECTORY 0x10
#define DIR_ATTR_LONG      0x0f
#define DIR_ATTR_LONG_MASK 0x3f
#define DIR_FREE           0xe5 /* first byte of the name */
#define DIR_LAST           0x00
/* a part of a long name */
#define DIR_LONG_TYPE       12 /* u8, 0 */
#define DIR_LONG_CHECKSUM   13
#define DIR_LONG_CHARACTERS 13 /* UTF-16, in each part */
#define DIR_LONG_PARTS_MAX  20
#define DIR_LONG_LAST       0x40 /* in the order byte: the name's last part, which comes first */

#endif
