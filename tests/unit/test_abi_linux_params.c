/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/linux_params.h against Linux's own header for loaders, and, for what
 * it lacks (CC blob, mailbox), against structs written down a second time from the specification.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <asm/bootparam.h>
#include <cmocka.h>

#include "abi/linux_params.h"
#include "types.h"

#define SAME_FIELD(number, field) assert_int_equal((number), offsetof(struct boot_params, field))
#define SAME_SIZE(number, field)                                                                   \
	assert_int_equal((number), sizeof(((struct boot_params *)0)->field))

static void zero_page(void **state)
{
	(void)state;
	assert_int_equal(BP_BYTES, sizeof(struct boot_params));
	SAME_FIELD(BP_ACPI_RSDP_ADDR, acpi_rsdp_addr);
	SAME_SIZE(8, acpi_rsdp_addr);
	SAME_FIELD(BP_EXT_RAMDISK_IMAGE, ext_ramdisk_image);
	SAME_FIELD(BP_EXT_RAMDISK_SIZE, ext_ramdisk_size);
	SAME_FIELD(BP_EXT_CMD_LINE_PTR, ext_cmd_line_ptr);
	SAME_SIZE(4, ext_cmd_line_ptr);
	SAME_FIELD(BP_E820_ENTRIES, e820_entries);
	SAME_SIZE(1, e820_entries);
	SAME_FIELD(BP_SENTINEL, sentinel);
	SAME_FIELD(BP_E820_TABLE, e820_table);
	assert_int_equal(BP_E820_TABLE_MAX, E820_MAX_ENTRIES_ZEROPAGE);
	/* What follows the header is of another field. */
	SAME_FIELD(BP_HDR_LIMIT, edd_mbr_sig_buffer);
}

static void header(void **state)
{
	(void)state;
	SAME_FIELD(BP_HDR, hdr);
	SAME_FIELD(BP_HDR_TYPE_OF_LOADER, hdr.type_of_loader);
	SAME_FIELD(BP_HDR_LOADFLAGS, hdr.loadflags);
	SAME_FIELD(BP_HDR_RAMDISK_IMAGE, hdr.ramdisk_image);
	SAME_FIELD(BP_HDR_RAMDISK_SIZE, hdr.ramdisk_size);
	SAME_FIELD(BP_HDR_HEAP_END_PTR, hdr.heap_end_ptr);
	SAME_SIZE(2, hdr.heap_end_ptr);
	SAME_FIELD(BP_HDR_EXT_LOADER_VER, hdr.ext_loader_ver);
	SAME_FIELD(BP_HDR_EXT_LOADER_TYPE, hdr.ext_loader_type);
	SAME_FIELD(BP_HDR_CMD_LINE_PTR, hdr.cmd_line_ptr);
	SAME_FIELD(BP_HDR_SETUP_DATA, hdr.setup_data);
	SAME_FIELD(BP_HDR_SETUP_DATA_END, hdr.pref_address);
	assert_int_equal(LOADFLAGS_LOADED_HIGH, LOADED_HIGH);
	assert_int_equal(LOADFLAGS_KASLR, KASLR_FLAG);
	assert_int_equal(LOADFLAGS_KEEP_SEGMENTS, KEEP_SEGMENTS);
	assert_int_equal(LOADFLAGS_CAN_USE_HEAP, CAN_USE_HEAP);
}

static void entries_and_nodes(void **state)
{
	(void)state;
	assert_int_equal(BP_E820_BYTES, sizeof(struct boot_e820_entry));
	assert_int_equal(BP_E820_ADDR, offsetof(struct boot_e820_entry, addr));
	assert_int_equal(BP_E820_SIZE, offsetof(struct boot_e820_entry, size));
	assert_int_equal(BP_E820_TYPE, offsetof(struct boot_e820_entry, type));
	assert_int_equal(SETUP_DATA_HEADER, sizeof(struct setup_data));
	assert_int_equal(SETUP_DATA_NEXT, offsetof(struct setup_data, next));
	assert_int_equal(SETUP_DATA_TYPE, offsetof(struct setup_data, type));
	assert_int_equal(SETUP_DATA_LEN, offsetof(struct setup_data, len));
	assert_int_equal(SETUP_DATA_CC_BLOB, SETUP_CC_BLOB);
}

/* AMD's and Linux's "confidential computing blob", sheet section 2.1. */
struct blob {
	u32 magic;
	u16 version, reserved;
	u64 secrets_phys;
	u32 secrets_len, reserved1;
	u64 cpuid_phys;
	u32 cpuid_len, reserved2;
};

/* ACPI 6.5 table 5.43. */
struct mailbox {
	u16 command, reserved;
	u32 apic_id;
	u64 wakeup_vector;
	u8 os[2032], firmware[2048];
};

static void second_reading(void **state)
{
	static const char magic[4] = "AMDE";
	u32 value;

	(void)state;
	assert_int_equal(CC_BLOB_SIZE, sizeof(struct blob));
	assert_int_equal(CC_BLOB_MAGIC, offsetof(struct blob, magic));
	assert_int_equal(CC_BLOB_VERSION, offsetof(struct blob, version));
	assert_int_equal(CC_BLOB_SECRETS, offsetof(struct blob, secrets_phys));
	assert_int_equal(CC_BLOB_SECRETS_LEN, offsetof(struct blob, secrets_len));
	assert_int_equal(CC_BLOB_CPUID, offsetof(struct blob, cpuid_phys));
	assert_int_equal(CC_BLOB_CPUID_LEN, offsetof(struct blob, cpuid_len));
	/* The letters in the order of memory. */
	value = (u32)magic[0] | (u32)magic[1] << 8 | (u32)magic[2] << 16 | (u32)magic[3] << 24;
	assert_int_equal(CC_BLOB_MAGIC_VALUE, value);

	assert_int_equal(MAILBOX_BYTES, sizeof(struct mailbox));
	assert_int_equal(MAILBOX_COMMAND, offsetof(struct mailbox, command));
	assert_int_equal(MAILBOX_APIC_ID, offsetof(struct mailbox, apic_id));
	assert_int_equal(MAILBOX_VECTOR, offsetof(struct mailbox, wakeup_vector));
	assert_int_equal(MAILBOX_OS_END, offsetof(struct mailbox, firmware));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_page),
		cmocka_unit_test(header),
		cmocka_unit_test(entries_and_nodes),
		cmocka_unit_test(second_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
