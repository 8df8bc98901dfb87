/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DICE handover that a bootloader leaves for pvmfw (Open Profile for DICE, Android's encoding).
 * Only its form is looked at: the chain's signatures are for who verifies it, and the two CDIs are
 * never copied, printed or compared.
 */
#include "../cbor.h"
#include "pvmfw.h"

#define LABEL_CDI_ATTEST 1
#define LABEL_CDI_SEAL   2
#define LABEL_CHAIN      3

static enum status expect_label(struct cbor *c, s64 label)
{
	s64 v = 0;
	enum status st = cbor_int(c, &v);

	return st == ST_OK && v != label ? ST_CORRUPT : st;
}

static enum status check_cdi(struct cbor *c, s64 label)
{
	struct bytes v = { NULL, 0 };
	enum status st = expect_label(c, label);

	if (st == ST_OK)
		st = cbor_bstr(c, &v);
	return st == ST_OK && v.size != DICE_CDI_SIZE ? ST_RANGE : st;
}

static enum status check_chain(struct cbor *c, struct dice_handover *out)
{
	enum status st = expect_label(c, LABEL_CHAIN);
	struct cbor inside = *c;
	const u8 *start = c->at;
	u64 items = 0;

	if (st == ST_OK)
		st = cbor_array(&inside, &items);
	if (st == ST_OK)
		st = cbor_skip(c);
	if (st != ST_OK)
		return st;
	out->has_chain = true;
	out->chain_items = items;
	out->chain_bytes = (size_t)(c->at - start);
	return ST_OK;
}

static enum status check_rest(const struct cbor *c)
{
	if (c->end - c->at >= (s64)PVMFW_CONFIG_ALIGN)
		return ST_CORRUPT;
	for (const u8 *p = c->at; p < c->end; p++)
		if (*p != 0)
			return ST_CORRUPT;
	return ST_OK;
}

enum status dice_handover_check(struct bytes b, struct dice_handover *out)
{
	struct cbor c = cbor_open(b);
	u64 pairs = 0;
	enum status st = cbor_map(&c, &pairs);

	*out = (struct dice_handover){ .has_chain = false };
	if (st == ST_OK && pairs != 2 && pairs != 3)
		st = ST_CORRUPT;
	if (st == ST_OK)
		st = check_cdi(&c, LABEL_CDI_ATTEST);
	if (st == ST_OK)
		st = check_cdi(&c, LABEL_CDI_SEAL);
	if (st == ST_OK && pairs == 3)
		st = check_chain(&c, out);
	return st == ST_OK ? check_rest(&c) : st;
}
