/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/pkvm.h against the fact sheet, read by pattern: Debian's Linux headers
 * are older than the functions of a protected guest.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/pkvm.h"
#include "facts.h"
#include "types.h"

static bool have_facts;

static int load(void **state)
{
	have_facts = facts_load("pkvm.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/pkvm.md"));                              \
	} while (0)

#define DISCOVERY facts_section("## 2. Discovery", "## 3.")
#define FUNCTIONS facts_section("## 3. Function table", "### 3.1")
#define ANSWERS   facts_section("### 3.4", "### 3.5")
#define LAYOUT    facts_section("### 5.1", "### 5.2")
#define CONFIG    facts_section("### 5.3", "### 5.4")

static void function_ids(void **state)
{
	static const struct fact upstream[] = {
		{ "FEATURES", PKVM_FEATURES },         { "HYP_MEMINFO", PKVM_HYP_MEMINFO },
		{ "MEM_SHARE", PKVM_MEM_SHARE },       { "MEM_UNSHARE", PKVM_MEM_UNSHARE },
		{ "\\*+MMIO_GUARD", PKVM_MMIO_GUARD },
	};
	static const struct fact android[] = {
		{ "MMIO_GUARD_INFO", PKVM_MMIO_GUARD_INFO },
		{ "MMIO_GUARD_ENROLL", PKVM_MMIO_GUARD_ENROLL },
		{ "\\*+MMIO_GUARD_MAP", PKVM_MMIO_GUARD },
		{ "MMIO_GUARD_UNMAP", PKVM_MMIO_GUARD_UNMAP },
		{ "MEM_RELINQUISH", PKVM_MEM_RELINQUISH },
		{ "MMIO_RGUARD_MAP", PKVM_MMIO_RGUARD_MAP },
		{ "MMIO_RGUARD_UNMAP", PKVM_MMIO_RGUARD_UNMAP },
	};
	static const struct fact uid[] = { { "vendor hyp UID", PKVM_VENDOR_UID } };

	NEED_FACTS();
	FACTS_EQUAL(FUNCTIONS, "^\\| [0-9]+ \\| ([0-9A-F]+) \\| %s\\** \\|", 16, 0, upstream);
	FACTS_EQUAL(FUNCTIONS, "^\\| [0-9]+ \\| ([0-9A-F]+) \\| [^|]* \\| %s[* |]", 16, 0, android);
	FACTS_EQUAL(DISCOVERY, "HVC 0x([0-9A-F]+) \\(%s\\)", 16, 0, uid);
}

/* Column n of the table is the bit of the function whose number stands beside it. */
static void feature_bits(void **state)
{
	static const struct {
		const char *fid;
		uint64_t bit;
	} f[] = {
		{ "86000000", PKVM_BIT(PKVM_FEATURES) },
		{ "C6000002", PKVM_BIT(PKVM_HYP_MEMINFO) },
		{ "C6000003", PKVM_BIT(PKVM_MEM_SHARE) },
		{ "C6000004", PKVM_BIT(PKVM_MEM_UNSHARE) },
		{ "C6000005", PKVM_BIT(PKVM_MMIO_GUARD_INFO) },
		{ "C6000006", PKVM_BIT(PKVM_MMIO_GUARD_ENROLL) },
		{ "C6000007", PKVM_BIT(PKVM_MMIO_GUARD) },
		{ "C6000008", PKVM_BIT(PKVM_MMIO_GUARD_UNMAP) },
		{ "C6000009", PKVM_BIT(PKVM_MEM_RELINQUISH) },
		{ "C600000A", PKVM_BIT(PKVM_MMIO_RGUARD_MAP) },
		{ "C600000B", PKVM_BIT(PKVM_MMIO_RGUARD_UNMAP) },
	};
	uint64_t required = 0;

	NEED_FACTS();
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		assert_int_equal(
		    UINT64_C(1) << facts_number(FUNCTIONS, "^\\| ([0-9]+) \\| %s", f[i].fid, 10),
		    f[i].bit);
	required |= UINT64_C(1) << facts_number(DISCOVERY, "%s bits ([0-9]),", "require", 10);
	required |= UINT64_C(1) << facts_number(DISCOVERY, "%s bits 2, ([0-9]),", "require", 10);
	required |= UINT64_C(1) << facts_number(DISCOVERY, "%s bits 2, 3, ([0-9]) ", "require", 10);
	assert_int_equal(PKVM_REQUIRED, required);
	assert_int_equal(PKVM_FEATURES_UPSTREAM,
			 facts_number(ANSWERS, "= (0x1D) in %s", "7\\.2", 16));
	assert_int_equal(PKVM_FEATURES_UPSTREAM, required | PKVM_BIT(PKVM_FEATURES));
	assert_int_equal(PKVM_MEMINFO_RANGES, UINT64_C(1) << facts_number(
						  facts_section("### 3.1", "### 3.2"),
						  "R1 bit ([0-9]) = %s", "range operations", 10));
}

/* The registers as they stand in the sheet, and as they follow from the UUID beside them. */
static void uid(void **state)
{
	static const uint64_t ours[] = { PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3 };
	static const char *const registers[] = {
		"R0..R3 = (0x[0-9a-f]+)%s",
		"R0..R3 = 0x[0-9a-f]+, (0x[0-9a-f]+)%s",
		"R0..R3 = 0x[0-9a-f]+, 0x[0-9a-f]+, (0x[0-9a-f]+)%s",
		"R0..R3 = 0x[0-9a-f]+, 0x[0-9a-f]+, 0x[0-9a-f]+, (0x[0-9a-f]+)%s",
	};
	static const char *const words[] = {
		"\\(UUID ([0-9a-f]{8})-%s",
		"\\(UUID [0-9a-f]{8}-([0-9a-f]{4})-%s",
		"\\(UUID [0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f]{4})-%s",
		"\\(UUID [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{4})-%s",
		"\\(UUID [0-9a-f-]{24}([0-9a-f]{4})%s",
		"\\(UUID [0-9a-f-]{28}([0-9a-f]{8})%s",
	};
	uint64_t w[ARRAY_SIZE(words)];

	NEED_FACTS();
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_int_equal(ours[i], facts_number(DISCOVERY, registers[i], "", 16));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		w[i] = facts_number(DISCOVERY, words[i], "", 16);
	assert_int_equal(ours[0], __builtin_bswap32((uint32_t)w[0]));
	assert_int_equal(ours[1], __builtin_bswap32((uint32_t)(w[1] << 16 | w[2])));
	assert_int_equal(ours[2], __builtin_bswap32((uint32_t)(w[3] << 16 | w[4])));
	assert_int_equal(ours[3], __builtin_bswap32((uint32_t)w[5]));
}

static void results(void **state)
{
	static const struct fact f[] = {
		{ "NOT_SUPPORTED", -PKVM_NOT_SUPPORTED },
		{ "INVALID_PARAMETER", -PKVM_INVALID_PARAMETER },
	};
	static const struct fact success[] = { { "success", PKVM_SUCCESS } };

	NEED_FACTS();
	FACTS_EQUAL(facts_section("## 1.", "## 2."), "−([0-9]) %s", 10, 0, f);
	FACTS_EQUAL(facts_section("## 1.", "## 2."), "; ([0-9]) %s;", 10, 0, success);
}

/* What the sheet leaves out is from DEN0098 1.0: 192 bits at most, NO_ENTROPY -3 (not -1 or -2). */
static void trng(void **state)
{
	static const struct fact f[] = {
		{ "version", TRNG_VERSION },
		{ "features", TRNG_FEATURES },
		{ "UUID", TRNG_UUID },
		{ "RND", TRNG_RND_64 },
	};
	static const struct fact narrow[] = { { "RND", TRNG_RND_32 } };
	static const struct fact version[] = { { "TRNG", TRNG_VERSION_1_0 >> 16 } };

	NEED_FACTS();
	FACTS_EQUAL(ANSWERS, "[ (/](.40000[0-9]+) %s", 16, 0, f);
	FACTS_EQUAL(ANSWERS, " (84[0-9]+)/C4[0-9]+ %s", 16, 0, narrow);
	FACTS_EQUAL(ANSWERS, "%s ([0-9])\\.0 \\(8400", 10, 0, version);
	assert_int_equal(TRNG_VERSION_1_0 & 0xffff, 0);
	assert_int_equal(TRNG_BITS_MAX, 3 * 64);
	assert_int_equal(TRNG_NO_ENTROPY, -3);
}

static void pvmfw(void **state)
{
	/* in 64 KiB: the sheet writes 0x7FC0_0000 */
	static const struct fact place[] = {
		{ "pvmfw image", PVMFW_BASE >> 16 },
		{ "scratch", PVMFW_SCRATCH >> 16 },
		{ "DTB region", PVMFW_FDT >> 16 },
	};
	static const struct fact mib[] = {
		{ "pvmfw image", PVMFW_SIZE >> 20 },
		{ "DTB region", PVMFW_FDT_MAX >> 20 },
	};
	static const struct fact magic[] = { { "magic", PVMFW_CONFIG_MAGIC } };
	static const struct fact major[] = { { "version major", PVMFW_CONFIG_MAJOR } };
	static const struct fact header[] = { { "entries", PVMFW_CONFIG_HEADER } };
	static const struct fact entry_bytes[] = { { "entries", PVMFW_CONFIG_ENTRY } };
	static const struct fact align[] = { { "padded", PVMFW_CONFIG_ALIGN } };
	static const struct fact entry[] = {
		{ "DICE chain", PVMFW_ENTRY_DICE },
		{ "debug-policy", PVMFW_ENTRY_DEBUG },
		{ "VM device-assignment", PVMFW_ENTRY_ASSIGNMENT },
		{ "VM reference DT", PVMFW_ENTRY_REFERENCE },
	};
	static const struct fact entries[] = { { "v1.2", PVMFW_ENTRIES } };

	NEED_FACTS();
	FACTS_EQUAL(LAYOUT, "^\\| 0x([0-9A-F]+)_0000 \\([0-9] MiB\\) \\| %s", 16, 0, place);
	FACTS_EQUAL(LAYOUT, "^\\| 0x[0-9A-F_]+ \\(([0-9]) MiB\\) \\| %s", 10, 0, mib);
	FACTS_EQUAL(CONFIG, "%s bytes.*\\(LE (0x[0-9A-F]+)\\)", 16, 0, magic);
	FACTS_EQUAL(CONFIG, "%s \\(([0-9])\\)", 10, 0, major);
	FACTS_EQUAL(CONFIG, "^\\| ([0-9]+) \\| [^|]* \\| %s", 10, 0, header);
	FACTS_EQUAL(CONFIG, "^\\| [0-9]+ \\| ([0-9]) × n \\| %s", 10, 0, entry_bytes);
	FACTS_EQUAL(CONFIG, "%s to ([0-9]) bytes", 10, 0, align);
	FACTS_EQUAL(CONFIG, "[:,] ([0-9]) %s", 10, 0, entry);
	FACTS_EQUAL(CONFIG, ", ([0-9]) \\(%s\\)", 10, 0, entries);
	assert_int_equal(PVMFW_BASE + PVMFW_SIZE, PVMFW_SCRATCH);
	assert_int_equal(PVMFW_SCRATCH + PVMFW_SIZE, PVMFW_FDT);
	assert_int_equal(PVMFW_FDT_MAX % (1u << 20), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(function_ids), cmocka_unit_test(feature_bits),
		cmocka_unit_test(uid),          cmocka_unit_test(results),
		cmocka_unit_test(trng),         cmocka_unit_test(pvmfw),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
