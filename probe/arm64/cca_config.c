/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca.h"

#define FILL 0xa5

/* Width in bits of ID_AA64MMFR0_EL1.PARange. */
static unsigned pa_range(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	u64 mmfr0;

	__asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(mmfr0));
	return (mmfr0 & 0xf) < ARRAY_SIZE(bits) ? bits[mmfr0 & 0xf] : 56;
}

struct answer {
	u64 width;
	u8 hash;
	u8 rpv[RSI_CONFIG_RPV_SIZE];
};

static bool ask(u64 page, u8 fill, struct answer *a)
{
	fill_page(page, fill);
	if (!expect_eq("RSI_REALM_CONFIG", rsi_realm_config(page), RSI_SUCCESS))
		return false;
	a->width = load64(page + RSI_CONFIG_IPA_WIDTH);
	a->hash = *(volatile u8 *)(uintptr_t)(page + RSI_CONFIG_HASH_ALGO);
	for (size_t i = 0; i < sizeof(a->rpv); i++)
		a->rpv[i] = ((volatile u8 *)(uintptr_t)(page + RSI_CONFIG_RPV))[i];
	return true;
}

static void judge(const struct answer *a, const struct answer *b)
{
	if (a->width < 32 || a->width > pa_range())
		check_fail("ipa_width", "within 32 and the width of PARange", "%llu (PARange %u)",
			   (unsigned long long)a->width, pa_range());
	if (a->hash != RSI_HASH_SHA256 && a->hash != RSI_HASH_SHA512)
		check_fail("hash_algo", "0 (SHA-256) or 1 (SHA-512)", "%u", a->hash);
	expect_eq("ipa_width, asked again", b->width, a->width);
	expect_eq("ipa_width since the start", a->width, rsi_ipa_width);
	expect_eq("hash_algo, asked again", b->hash, a->hash);
	for (size_t i = 0; i < sizeof(a->rpv); i++)
		if (!expect_eq("rpv, asked again", b->rpv[i], a->rpv[i]))
			return;
}

void cca_config_content(void)
{
	u64 page = page_get();
	struct answer a, b;

	if (page == 0)
		return;
	/* Two fills: a field that is not written shows as a difference. */
	if (ask(page, 0, &a) && ask(page, 0xff, &b))
		judge(&a, &b);
	page_put(page);
}

void cca_config_misaligned(void)
{
	static const u32 offsets[] = { 1, 8, 0x100, 0x800 };
	u64 page = page_get();

	if (page == 0)
		return;
	fill_page(page, FILL);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		check_note("offset 0x%x", offsets[i]);
		if (!expect_eq("RSI_REALM_CONFIG with a misaligned address",
			       rsi_realm_config(page + offsets[i]), RSI_ERROR_INPUT) ||
		    !expect_true("the page afterwards", page_is(page, 0, PAGE_SIZE, FILL),
				 "not written"))
			break;
	}
	page_put(page);
}

void cca_config_outside(void)
{
	u64 page = page_get();

	if (page == 0)
		return;
	if (expect_eq("RSI_REALM_CONFIG to the shared alias", rsi_realm_config(page | alias_bit()),
		      RSI_ERROR_INPUT) &&
	    expect_eq("RSI_REALM_CONFIG to the first unprotected page",
		      rsi_realm_config(protected_top()), RSI_ERROR_INPUT))
		expect_eq("RSI_REALM_CONFIG to the last page of 64 bits",
			  rsi_realm_config(~(PAGE_SIZE - 1)), RSI_ERROR_INPUT);
	page_put(page);
}

static bool others_untouched(u64 page, u8 fill)
{
	/* hash_algo is one byte; its seven bytes of padding may be written as part of a word. */
	for (size_t i = RSI_CONFIG_HASH_ALGO + 1; i < RSI_CONFIG_HASH_ALGO + 8; i++)
		if (((volatile u8 *)(uintptr_t)page)[i] != 0 && !page_is(page, i, i + 1, fill))
			return false;
	return page_is(page, RSI_CONFIG_HASH_ALGO + 8, RSI_CONFIG_RPV, fill) &&
	       page_is(page, RSI_CONFIG_RPV + RSI_CONFIG_RPV_SIZE, PAGE_SIZE, fill);
}

void cca_config_fields(void)
{
	u64 page = page_get();

	if (page == 0)
		return;
	fill_page(page, FILL);
	if (expect_eq("RSI_REALM_CONFIG", rsi_realm_config(page), RSI_SUCCESS))
		expect_true("bytes outside the fields of revision 1.0",
			    others_untouched(page, FILL), "as they were before the call");
	page_put(page);
}
