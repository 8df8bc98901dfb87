/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The numbers of include/abi/linux_image.h and include/abi/esp.h against structures of others: Linux's
 * setup header and FAT (linux-libc-dev), PE, MBR and GPT (gnu-efi); arm64's header, which no package has,
 * and PE once more, against the sheets.
 * sources:
 * flags: -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/esp.h"
#include "abi/linux_image.h"
#include "types.h"

#include "facts.h"

/* Taken before the other headers come: gnu-efi calls the value what we call its place. */
static const unsigned mbr_signature_at = MBR_SIGNATURE;
#undef MBR_SIGNATURE

#include <efi.h>
#include <efigpt.h>
#include <efipart.h>
#include <linux/msdos_fs.h>
#include <pe.h>
#if __has_include(<asm/bootparam.h>)
#include <asm/bootparam.h>
#endif

#define SAME(ours, theirs)     assert_true((uint64_t)(ours) == (uint64_t)(theirs))
#define AT(ours, type, member) SAME(ours, offsetof(type, member))

/* ---- bzImage ---- */

static void setup_header(void **state)
{
	(void)state;
#if __has_include(<asm/bootparam.h>)
#define SETUP(ours, member) SAME(ours, 0x1f1 + offsetof(struct setup_header, member))
	SAME(BZ_SETUP_SECTS, offsetof(struct boot_params, hdr));
	SETUP(BZ_SETUP_SECTS, setup_sects);
	SETUP(BZ_SYSSIZE, syssize);
	SETUP(BZ_BOOT_FLAG, boot_flag);
	SAME(BZ_JUMP_LENGTH,
	     0x1f1 + offsetof(struct setup_header, jump) + 1); /* second byte of a jump, */
	SETUP(BZ_HEADER, header);                              /* which goes from here */
	SETUP(BZ_VERSION, version);
	SETUP(BZ_LOADFLAGS, loadflags);
	SETUP(BZ_KERNEL_ALIGNMENT, kernel_alignment);
	SETUP(BZ_RELOCATABLE, relocatable_kernel);
	SETUP(BZ_XLOADFLAGS, xloadflags);
	SETUP(BZ_CMDLINE_SIZE, cmdline_size);
	SETUP(BZ_PAYLOAD_OFFSET, payload_offset);
	SETUP(BZ_PAYLOAD_LENGTH, payload_length);
	SETUP(BZ_PREF_ADDRESS, pref_address);
	SETUP(BZ_INIT_SIZE, init_size);
	SETUP(BZ_HEADER_MIN, handover_offset);
	SAME(BZ_HEADER_MAX, offsetof(struct boot_params, edd_mbr_sig_buffer));
	SAME(BZ_LOADED_HIGH, LOADED_HIGH);
	SAME(BZ_XLF_KERNEL_64, XLF_KERNEL_64);
	SAME(BZ_XLF_ABOVE_4G, XLF_CAN_BE_LOADED_ABOVE_4G);
#else
	print_message("# SKIP no asm/bootparam.h: not an x86 machine\n");
	skip();
#endif
}

/* What no structure says. */
static void setup_values(void **state)
{
	const char *text;

	(void)state;
	if (!facts_load("linux-boot.md"))
		SKIP_WITHOUT("../abi/linux-boot.md");
	text = facts_section("### 1.1", "### 1.2");
	SAME(BZ_BOOT_FLAG_VALUE,
	     facts_number(text, "(%s)A55 / \"HdrS\"", "0xA", 16) * 0x1000 + 0xa55);
	SAME(BZ_VERSION_64, facts_number(text, "%s (0x[0-9A-F]+) for 64-bit", "require ≥", 16));
	SAME(BZ_SECTOR, facts_number(text, "setup part = %s·([0-9]+) bytes", "\\(n\\+1\\)", 10));
	SAME(BZ_SETUP_SECTS_DEFAULT, facts_number(text, "%s ([0-9]+); setup part", "0 means", 10));
	SAME(BZ_PARAGRAPH, facts_number(text, "protected size in ([0-9]+)-%s", "byte units", 10));
	SAME(BZ_ENTRY_64, facts_number(text, "entry = %s (0x[0-9]+)", "load \\+", 16));
	assert_memory_equal(&(const uint32_t){ BZ_HEADER_VALUE }, "HdrS", 4);
}

/* ---- arm64 ---- */

static void arm64_header(void **state)
{
	static const struct fact fields[] = { { "text_offset", IMAGE_TEXT_OFFSET },
					      { "image_size", IMAGE_SIZE },
					      { "flags", IMAGE_FLAGS },
					      { "magic", IMAGE_MAGIC } };
	const char *text;

	(void)state;
	if (!facts_load("arm-boot-gic.md"))
		SKIP_WITHOUT("../abi/arm-boot-gic.md");
	text = facts_section("## 1. Image header", "### 1.1");
	FACTS_EQUAL(text, "^\\| (0x[0-9A-F]+) \\| [48] \\| %s \\|", 16, 0, fields);
	SAME(IMAGE_MAGIC_VALUE,
	     facts_number(text, "\\| %s \\| (0x[0-9A-F]+) \\(\"ARM", "magic", 16));
	SAME(IMAGE_HEADER_SIZE, facts_number(text, "Image header \\(([0-9]+) %s", "bytes", 10));
	SAME(IMAGE_FLAG_BE, 1u << facts_number(text, "Flags: bit ([0-9]) %s", "endianness", 10));
}

/* ---- PE ---- */

static void pe(void **state)
{
	(void)state;
	SAME(PE_DOS_MAGIC, IMAGE_DOS_SIGNATURE);
	AT(PE_DOS_HEADER, IMAGE_DOS_HEADER, e_lfanew);
	SAME(PE_DOS_SIZE, sizeof(IMAGE_DOS_HEADER));
	SAME(PE_SIGNATURE, IMAGE_NT_SIGNATURE);
	SAME(PE_MACHINE, 4 + offsetof(IMAGE_FILE_HEADER, Machine));
	SAME(PE_SECTIONS, 4 + offsetof(IMAGE_FILE_HEADER, NumberOfSections));
	SAME(PE_OPTIONAL_SIZE, 4 + offsetof(IMAGE_FILE_HEADER, SizeOfOptionalHeader));
	SAME(PE_OPTIONAL, 4 + sizeof(IMAGE_FILE_HEADER));
	SAME(PE_SECTION_NAME, IMAGE_SIZEOF_SHORT_NAME);
	AT(PE_SECTION_VSIZE, IMAGE_SECTION_HEADER, Misc.VirtualSize);
	AT(PE_SECTION_RAW_SIZE, IMAGE_SECTION_HEADER, SizeOfRawData);
	AT(PE_SECTION_RAW, IMAGE_SECTION_HEADER, PointerToRawData);
	SAME(PE_SECTION_SIZE, IMAGE_SIZEOF_SECTION_HEADER);
}

static void pe_values(void **state)
{
	const char *text;

	(void)state;
	if (!facts_load("arm-boot-gic.md"))
		SKIP_WITHOUT("../abi/arm-boot-gic.md");
	text = facts_section("## 1. Image header", "### 1.1");
	SAME(PE_OPTIONAL_PLUS, facts_number(text, "%s magic (0x[0-9A-F]+)", "PE32\\+", 16));
}

/* ---- disks ---- */

static void mbr(void **state)
{
	(void)state;
	SAME(DISK_SECTOR, MBR_SIZE);
	SAME(MBR_ENTRIES, MAX_MBR_PARTITIONS);
	AT(MBR_TABLE, MASTER_BOOT_RECORD, Partition);
	SAME(MBR_ENTRY_SIZE, sizeof(MBR_PARTITION_RECORD));
	AT(MBR_TYPE, MBR_PARTITION_RECORD, OSIndicator);
	AT(MBR_START, MBR_PARTITION_RECORD, StartingLBA);
	AT(MBR_COUNT, MBR_PARTITION_RECORD, SizeInLBA);
	AT(mbr_signature_at, MASTER_BOOT_RECORD, Signature);
	SAME(MBR_SIGNATURE_VALUE, MBR_SIGNATURE);
	SAME(MBR_ESP, EFI_PARTITION);
}

static void gpt(void **state)
{
	(void)state;
	AT(GPT_SIGNATURE, EFI_PARTITION_TABLE_HEADER, Header.Signature);
	AT(GPT_REVISION, EFI_PARTITION_TABLE_HEADER, Header.Revision);
	AT(GPT_HEADER_SIZE, EFI_PARTITION_TABLE_HEADER, Header.HeaderSize);
	AT(GPT_HEADER_CRC, EFI_PARTITION_TABLE_HEADER, Header.CRC32);
	AT(GPT_MY_LBA, EFI_PARTITION_TABLE_HEADER, MyLBA);
	AT(GPT_FIRST_USABLE, EFI_PARTITION_TABLE_HEADER, FirstUsableLBA);
	AT(GPT_LAST_USABLE, EFI_PARTITION_TABLE_HEADER, LastUsableLBA);
	AT(GPT_ENTRIES_LBA, EFI_PARTITION_TABLE_HEADER, PartitionEntryLBA);
	AT(GPT_ENTRIES, EFI_PARTITION_TABLE_HEADER, NumberOfPartitionEntries);
	AT(GPT_ENTRY_SIZE, EFI_PARTITION_TABLE_HEADER, SizeOfPartitionEntry);
	AT(GPT_ENTRIES_CRC, EFI_PARTITION_TABLE_HEADER, PartitionEntryArrayCRC32);
	SAME(GPT_HEADER_MIN, offsetof(EFI_PARTITION_TABLE_HEADER, PartitionEntryArrayCRC32) + 4);
	SAME(GPT_PRIMARY_LBA, PRIMARY_PART_HEADER_LBA);
	SAME(GPT_ENTRY_MIN, sizeof(EFI_PARTITION_ENTRY));
	AT(GPT_ENTRY_TYPE, EFI_PARTITION_ENTRY, PartitionTypeGUID);
	AT(GPT_ENTRY_START, EFI_PARTITION_ENTRY, StartingLBA);
	AT(GPT_ENTRY_END, EFI_PARTITION_ENTRY, EndingLBA);
	assert_memory_equal(&(const uint64_t){ GPT_SIGNATURE_VALUE }, "EFI PART", 8);
}

static void fat(void **state)
{
	(void)state;
	AT(FAT_JUMP, struct fat_boot_sector, ignored);
	AT(FAT_SECTOR_BYTES, struct fat_boot_sector, sector_size);
	AT(FAT_CLUSTER_SECTORS, struct fat_boot_sector, sec_per_clus);
	AT(FAT_RESERVED, struct fat_boot_sector, reserved);
	AT(FAT_COUNT, struct fat_boot_sector, fats);
	AT(FAT_ROOT_ENTRIES, struct fat_boot_sector, dir_entries);
	AT(FAT_SECTORS_16, struct fat_boot_sector, sectors);
	AT(FAT_MEDIA, struct fat_boot_sector, media);
	AT(FAT_SIZE_16, struct fat_boot_sector, fat_length);
	AT(FAT_SECTORS_32, struct fat_boot_sector, total_sect);
	AT(FAT_SIZE_32, struct fat_boot_sector, fat32.length);
	AT(FAT_FLAGS, struct fat_boot_sector, fat32.flags);
	AT(FAT_VERSION, struct fat_boot_sector, fat32.version);
	AT(FAT_ROOT_CLUSTER, struct fat_boot_sector, fat32.root_cluster);
	SAME(FAT_FIRST_CLUSTER, FAT_START_ENT);
	SAME(FAT32_MASK, BAD_FAT32 | 8);
	SAME(FAT_END, BAD_FAT32 + 1); /* right above the bad one's number, for every width */
	SAME(FAT_END & 0xffff, BAD_FAT16 + 1);
	SAME(FAT_END & 0xfff, BAD_FAT12 + 1);
	/* No cluster can have a number that means something else. */
	SAME(FAT32_CLUSTERS_MAX + FAT_FIRST_CLUSTER, BAD_FAT32);
	assert_true(FAT16_CLUSTERS_MIN - 1 + FAT_FIRST_CLUSTER < BAD_FAT12);
	assert_true(FAT32_CLUSTERS_MIN - 1 + FAT_FIRST_CLUSTER < BAD_FAT16);
}

static void directories(void **state)
{
	(void)state;
	SAME(DIR_ENTRY_SIZE, sizeof(struct msdos_dir_entry));
	SAME(DIR_ENTRIES_MAX, FAT_MAX_DIR_ENTRIES);
	SAME(DIR_NAME + DIR_EXTENSION, MSDOS_NAME);
	AT(DIR_ATTR, struct msdos_dir_entry, attr);
	AT(DIR_CLUSTER_HIGH, struct msdos_dir_entry, starthi);
	AT(DIR_CLUSTER_LOW, struct msdos_dir_entry, start);
	AT(DIR_SIZE, struct msdos_dir_entry, size);
	SAME(DIR_ATTR_VOLUME, ATTR_VOLUME);
	SAME(DIR_ATTR_DIRECTORY, ATTR_DIR);
	SAME(DIR_ATTR_LONG, ATTR_EXT);
	SAME(DIR_FREE, DELETED_FLAG);
	AT(DIR_LONG_TYPE, struct msdos_dir_slot, reserved);
	AT(DIR_LONG_CHECKSUM, struct msdos_dir_slot, alias_checksum);
	SAME(DIR_LONG_PARTS_MAX, (FAT_LFN_LEN + DIR_LONG_CHARACTERS - 1) / DIR_LONG_CHARACTERS);
	SAME(DIR_LONG_CHARACTERS * 2, sizeof(((struct msdos_dir_slot *)0)->name0_4) +
					  sizeof(((struct msdos_dir_slot *)0)->name5_10) +
					  sizeof(((struct msdos_dir_slot *)0)->name11_12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup_header), cmocka_unit_test(setup_values),
		cmocka_unit_test(arm64_header), cmocka_unit_test(pe),
		cmocka_unit_test(pe_values),    cmocka_unit_test(mbr),
		cmocka_unit_test(gpt),          cmocka_unit_test(fat),
		cmocka_unit_test(directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
