/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/gic.h against the fact sheet, read by pattern. The sheet names bits
 * and fields by number; ours are masks and macros, so bits are counted and macros are tried out.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/gic.h"
#include "facts.h"

#define LOW(mask)  ((uint64_t)__builtin_ctzll(mask))
#define HIGH(mask) (63u - (uint64_t)__builtin_clzll(mask))

static bool have_facts;

static int load(void **state)
{
	(void)state;
	have_facts = facts_load("arm-boot-gic.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/arm-boot-gic.md"));                      \
	} while (0)

#define ITS_REGISTERS facts_section("### 5.1", "### 5.2")
#define COMMANDS      facts_section("### 5.2", "### 5.3")
#define DISTRIBUTOR   facts_section("### 4.1", "### 4.2")
#define REDISTRIBUTOR facts_section("### 4.2", "### 4.3")

static void offsets(void **state)
{
	static const struct fact its[] = {
		{ "CTLR", GITS_CTLR },
		{ "IIDR", GITS_IIDR },
		{ "CBASER", GITS_CBASER },
		{ "CWRITER", GITS_CWRITER },
		{ "CREADR", GITS_CREADR },
		{ "PIDR2", GIC_PIDR2 },
		{ "TRANSLATER", GITS_TRANSLATER },
	};
	static const struct fact typer[] = { { "TYPER", GITS_TYPER } };
	static const struct fact baser[] = { { "BASER0", GITS_BASER(0) } };
	static const struct fact rdist[] = {
		{ "CTLR", GICR_CTLR },
		{ "PROPBASER", GICR_PROPBASER },
		{ "PENDBASER", GICR_PENDBASER },
	};

	static const struct fact dist[] = {
		{ "CTLR", GICD_CTLR },
		{ "TYPER", GICD_TYPER },
		{ "PIDR2", GIC_PIDR2 },
	};
	static const struct fact both[] = { { "TYPER", GICR_TYPER } };

	(void)state;
	NEED_FACTS();
	FACTS_EQUAL(DISTRIBUTOR, "^\\| (0x[0-9A-F]+) \\| %s \\|", 16, 0, dist);
	FACTS_EQUAL(REDISTRIBUTOR, "^\\| 0x0004/(0x[0-9A-F]+) \\| IIDR / %s", 16, 0, both);
	FACTS_EQUAL(ITS_REGISTERS, "^\\| (0x[0-9A-F]+) \\| %s( \\(64\\))? \\|", 16, 0, its);
	FACTS_EQUAL(ITS_REGISTERS, "^\\| (0x[0-9A-F]+) \\| %s \\(64\\) \\|", 16, 0, typer);
	FACTS_EQUAL(ITS_REGISTERS, "^\\| (0x[0-9A-F]+) \\+ 8n \\| %s", 16, 0, baser);
	FACTS_EQUAL(REDISTRIBUTOR, "^\\| (0x[0-9A-F]+) \\| %s \\|", 16, 0, rdist);
	assert_int_equal(GITS_BASER(7), GITS_BASER(0) + 56);
}

static void single_bits(void **state)
{
	static const struct fact ctlr[] = {
		{ "Enabled b", LOW(GITS_CTLR_ENABLED) },
		{ "QUIESCENT b", LOW(GITS_CTLR_QUIESCENT) },
		{ "PHYSICAL b", LOW(GITS_TYPER_PHYSICAL) },
		{ "PTA b", LOW(GITS_TYPER_PTA) },
		{ "CIL b", LOW(GITS_TYPER_CIL) },
		{ "5, retry b", LOW(GITS_CWRITER_RETRY) },
		{ "5, stalled b", LOW(GITS_CREADR_STALLED) },
		{ "\\| Valid b", LOW(GITS_CBASER_VALID) },
		{ "\\| Valid ", LOW(GITS_BASER_VALID) },
		{ "Indirect ", LOW(GITS_BASER_INDIRECT) },
		{ "entry 8 bytes, Valid b", LOW(GITS_L1_VALID) },
	};
	static const struct fact rdist[] = {
		{ "EnableLPIs b", LOW(GICR_CTLR_ENABLE_LPIS) },
		{ ", CES b", LOW(GICR_CTLR_CES) },
		{ ", RWP b", LOW(GICR_CTLR_RWP) },
		{ "PLPIS b", LOW(GICR_TYPER_PLPIS) },
		{ "PTZ b", LOW(GICR_PENDBASER_PTZ) },
	};
	static const struct fact dist[] = { { "LPIS ", LOW(GICD_TYPER_LPIS) } };
	static const struct fact rwp[] = { { "RWP b", LOW(GICD_CTLR_RWP) } };
	static const struct fact valid[] = { { "Valid b", LOW(ITS_CMD_VALID) } };

	(void)state;
	NEED_FACTS();
	FACTS_EQUAL(ITS_REGISTERS, "%s([0-9]+)", 10, 0, ctlr);
	FACTS_EQUAL(REDISTRIBUTOR, "%s([0-9]+)", 10, 0, rdist);
	FACTS_EQUAL(DISTRIBUTOR, " %s([0-9]+),", 10, 0, dist);
	FACTS_EQUAL(DISTRIBUTOR, "%s([0-9]+)\\.", 10, 0, rwp);
	FACTS_EQUAL(COMMANDS, "MAPD \\| DeviceID [^V]*%s([0-9]+)", 10, 0, valid);
}

/* Fields in place: both ends. */
static void field_masks(void **state)
{
	static const struct {
		const char *section, *name;
		uint64_t mask;
	} f[] = {
		{ "### 5.1", "0x0080 .*addr ", GITS_CBASER_ADDRESS },
		{ "### 5.1", "0x0080 .*inner ", GITS_INNER_MASK },
		{ "### 5.1", "0x0080 .*share ", GIC_SHARE_MASK },
		{ "### 5.1", "CWRITER \\| offset ", GITS_OFFSET },
		{ "### 5.1", "0x0100 .*addr ", GITS_BASER_ADDRESS },
		{ "### 5.1", "Valid b63, address ", GITS_L1_ADDRESS },
		{ "### 4.2", "PROPBASER \\| IDbits ", GICR_PROPBASER_ID_BITS },
		{ "### 4.2", "PROPBASER .*addr ", GICR_PROPBASER_ADDRESS },
		{ "### 4.2", "PROPBASER .*inner ", GICR_INNER_MASK },
		{ "### 4.2", "PENDBASER .*addr ", GICR_PENDBASER_ADDRESS },
		{ "### 5.2", "Valid b63, ITT addr ", ITS_CMD_ITT },
		{ "### 5.2", "Valid b63, RDbase ", ITS_CMD_RDBASE },
	};

	(void)state;
	NEED_FACTS();
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		const struct fact high[] = { { f[i].name, HIGH(f[i].mask) } };
		const struct fact low[] = { { f[i].name, LOW(f[i].mask) } };
		const char *end = f[i].section[4] == '4'   ? "### 4.3"
				  : f[i].section[6] == '1' ? "### 5.2"
							   : "### 5.3";

		FACTS_EQUAL(facts_section(f[i].section, end), "%s([0-9]+):", 10, 0, high);
		FACTS_EQUAL(facts_section(f[i].section, end), "%s[0-9]+:([0-9]+)", 10, 0, low);
	}
}

/* Fields read by a macro: all ones in the sheet's bits give the most, all others nothing. */
static void field_macros(void **state)
{
#define TRY(macro, add, section, text)                                                             \
	do {                                                                                       \
		uint64_t high = facts_number(section, text "%s([0-9]+):", "", 10);                 \
		uint64_t low = facts_number(section, text "%s[0-9]+:([0-9]+)", "", 10);            \
		assert_int_equal(macro(MASK(high, low)), (BIT(high - low + 1) - 1) + (add));       \
		assert_int_equal(macro(~MASK(high, low)), add);                                    \
	} while (0)

	(void)state;
	NEED_FACTS();
	TRY(GITS_TYPER_ITT_ENTRY, 1, ITS_REGISTERS, "ITT entry size − 1 ");
	TRY(GITS_TYPER_EVENT_BITS, 1, ITS_REGISTERS, " IDbits − 1 ");
	TRY(GITS_TYPER_DEVICE_BITS, 1, ITS_REGISTERS, " Devbits − 1 ");
	TRY(GITS_TYPER_HCC, 0, ITS_REGISTERS, "HCC ");
	TRY(GITS_CBASER_PAGES, 1, ITS_REGISTERS, "0x0080 .*size ");
	TRY(GITS_BASER_TYPE, 0, ITS_REGISTERS, "Type ");
	TRY(GITS_BASER_ENTRY, 1, ITS_REGISTERS, "collection\\).*entry size − 1 ");
	TRY(GITS_BASER_PAGE, 0, ITS_REGISTERS, "page size ");
	TRY(GITS_BASER_PAGES, 1, ITS_REGISTERS, "pages − 1 ");
	TRY(GICR_TYPER_PROCESSOR, 0, REDISTRIBUTOR, "ProcNum ");
	TRY(GICD_TYPER_LINES, 0, DISTRIBUTOR, "ITLinesNumber ");
	TRY(GIC_PIDR2_REV, 0, DISTRIBUTOR, "ArchRev ");
	TRY(GICD_TYPER_ID_BITS, 1, DISTRIBUTOR, "IDbits ");
#undef TRY
	assert_int_equal(GITS_TYPER_COLLECTION_BITS(MASK(36, 32)), 16);
	assert_int_equal(GITS_TYPER_COLLECTION_BITS(BIT(36) | BIT(33)), 3);
	assert_int_equal(GITS_TYPER_COLLECTION_BITS(MASK(35, 32)), 16);
	assert_int_equal(GITS_BASER_TYPE(1ULL << GITS_BASER_TYPE_SHIFT), 1);
	assert_int_equal(GITS_BASER_ENTRY(1ULL << GITS_BASER_ENTRY_SHIFT), 2);
	assert_int_equal(GITS_BASER_PAGE(1ULL << GITS_BASER_PAGE_SHIFT), 1);
	assert_int_equal(1ULL << GITS_INNER_SHIFT, BIT(LOW(GITS_INNER_MASK)));
	assert_int_equal(1ULL << GICR_INNER_SHIFT, BIT(LOW(GICR_INNER_MASK)));
}

static void values(void **state)
{
	static const struct fact commands[] = {
		{ "MAPD", ITS_CMD_MAPD },     { "MAPC", ITS_CMD_MAPC },
		{ "MAPTI", ITS_CMD_MAPTI },   { "MAPI", ITS_CMD_MAPI },
		{ "MOVI", ITS_CMD_MOVI },     { "DISCARD", ITS_CMD_DISCARD },
		{ "INT", ITS_CMD_INT },       { "CLEAR", ITS_CMD_CLEAR },
		{ "INV", ITS_CMD_INV },       { "INVALL", ITS_CMD_INVALL },
		{ "MOVALL", ITS_CMD_MOVALL }, { "SYNC", ITS_CMD_SYNC },
	};
	static const struct fact types[] = {
		{ "none", GITS_BASER_TYPE_NONE },
		{ "device", GITS_BASER_TYPE_DEVICE },
		{ "collection", GITS_BASER_TYPE_COLLECTION },
	};
	static const struct fact caches[] = {
		{ "nC", GIC_CACHE_NONE },
		{ "RaWaWb", GIC_CACHE_WB },
		{ "inner, 2 outer", LOW(GIC_SHARE_INNER) - LOW(GIC_SHARE_MASK) + 1 },
	};
	static const struct fact tables[] = {
		{ "Commands \\(", ITS_COMMAND_BYTES },
	};
	static const struct fact intids[] = {
		{ "LPIs ≥ ", GIC_LPI_FIRST },
		{ "Special INTIDs: ", GIC_SPI_END },
	};
	static const struct fact spi[] = { { "SPI number n ↔ INTID ", GIC_SPI_FIRST } };

	(void)state;
	NEED_FACTS();
	FACTS_EQUAL(COMMANDS, "^\\| (0x[0-9A-F]+) \\| %s \\|", 16, 0, commands);
	FACTS_EQUAL(ITS_REGISTERS, "Type 58:56 .*([0-9]) %s", 10, 0, types);
	FACTS_EQUAL(ITS_REGISTERS, "[ ,]([0-9]) %s", 10, 0, caches);
	FACTS_EQUAL(COMMANDS, "%s([0-9]+) bytes", 10, 0, tables);
	FACTS_EQUAL(facts_section("### 4.3", "## 5."), "%s([0-9]+)", 10, 0, intids);
	FACTS_EQUAL(facts_section("## 3.", "## 4."), "%s([0-9]+)", 10, 0, spi);
	assert_int_equal(
	    facts_number(facts_section("### 5.3", "### 5.4"), "priority 7:([0-9]+)%s", "", 10),
	    LOW(LPI_CONFIG_PRIORITY));
	assert_int_equal(
	    facts_number(facts_section("### 5.3", "### 5.4"), "enable b([0-9]+)%s", "", 10),
	    LOW(LPI_CONFIG_ENABLED));
	assert_int_equal(facts_number(facts_section("### 5.3", "### 5.4"),
				      "\\(([0-9]+) KiB at start%s", "", 10) *
			     1024,
			 LPI_PENDING_FIRST);
	assert_int_equal(facts_number(facts_section("### 5.3", "### 5.4"), "\\| ([0-9]+) bytes%s",
				      " \\(address 51:8\\)", 10),
			 ITS_ITT_ALIGN);
	assert_int_equal(
	    facts_number(ITS_REGISTERS, "translation frame at \\+(0x[0-9]+)%s", "", 16) + 0x10000,
	    GITS_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets),     cmocka_unit_test(single_bits),
		cmocka_unit_test(field_masks), cmocka_unit_test(field_macros),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
