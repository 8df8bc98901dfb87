/* SPDX-License-Identifier: BSD-2-Clause */
/* TDG.VM.RD and TDG.VM.WR: metadata fields of TD scope that a guest may see. */
#include <string.h>

#include "tdx.h"

#define ID_NONE     (~0ULL)
#define ID_RESERVED (MASK(31, 24) | MASK(49, 47) | BIT(55) | BIT(62))

/* In order of class and code, as enumeration goes. */
static const struct field {
	u64 id;
	unsigned count;
} fields[] = {
	{ TDX_FIELD_TD_UUID, 4 },        { TDX_FIELD_NUM_VCPUS, 1 },
	{ TDX_FIELD_NUM_L2_VMS, 1 },     { TDX_FIELD_ATTRIBUTES, 1 },
	{ TDX_FIELD_XFAM, 1 },           { TDX_FIELD_MAX_VCPUS, 1 },
	{ TDX_FIELD_GPAW, 1 },           { TDX_FIELD_TSC_FREQUENCY, 1 },
	{ TDX_FIELD_NOTIFY_ENABLES, 1 }, { TDX_FIELD_CONFIG_FLAGS, 1 },
	{ TDX_FIELD_TD_CTLS, 1 },        { TDX_FIELD_MRTD, 6 },
	{ TDX_FIELD_MRCONFIGID, 6 },     { TDX_FIELD_MROWNER, 6 },
	{ TDX_FIELD_MROWNERCONFIG, 6 },  { TDX_FIELD_RTMR, 24 },
	{ TDX_FIELD_SERVTD_HASH, 6 },
};

static u64 key(u64 id)
{
	return id & (TDX_FIELD_CLASS_MASK | TDX_FIELD_CODE_MASK);
}

/* The field an id is of, by class and code alone; *element within it. */
static const struct field *find(u64 id, unsigned *element)
{
	if (V((id & ID_RESERVED) != 0))
		return NULL;
	if (V((id & TDX_FIELD_LIST_BITS) != 0) && !fault_on(FAULT_META_LIST_BITS))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 first = key(fields[i].id);

		if (key(id) >= first && key(id) < first + fields[i].count) {
			*element = (unsigned)(key(id) - first);
			if (fault_on(FAULT_META_ONE_SPELLING) && id != fields[i].id + *element)
				return NULL;
			return &fields[i];
		}
	}
	return NULL;
}

static u64 next_id(const struct field *f, unsigned element)
{
	if (element + 1 < f->count)
		return f->id + element + 1;
	f++;
	return f < fields + ARRAY_SIZE(fields) ? f->id : ID_NONE;
}

static u64 digest_word(const u8 *digest, unsigned element)
{
	return le_get(digest + 8 * (size_t)element, 8);
}

static u64 value_of(const struct field *f, unsigned element)
{
	switch (f->id) {
	case TDX_FIELD_NUM_VCPUS:
	case TDX_FIELD_MAX_VCPUS:
		return tdcs.num_vcpus;
	case TDX_FIELD_ATTRIBUTES:
		return tdcs.attributes;
	case TDX_FIELD_XFAM:
		return tdcs.xfam;
	case TDX_FIELD_GPAW:
		return (tdcs.gpaw == TDX_GPAW_52) ^ fault_on(FAULT_META_GPAW);
	case TDX_FIELD_TSC_FREQUENCY:
		return (core_tsc_hz + 12500000) / 25000000;
	case TDX_FIELD_NOTIFY_ENABLES:
		return tdcs.notify_enables;
	case TDX_FIELD_CONFIG_FLAGS:
		return tdcs.config_flags;
	case TDX_FIELD_TD_CTLS:
		return tdcs.td_ctls;
	case TDX_FIELD_MRTD:
		return digest_word(tdcs.mrtd, element);
	case TDX_FIELD_MRCONFIGID:
		return digest_word(tdcs.mrconfigid, element);
	case TDX_FIELD_MROWNER:
		return digest_word(tdcs.mrowner, element);
	case TDX_FIELD_MROWNERCONFIG:
		return digest_word(tdcs.mrownerconfig, element);
	case TDX_FIELD_RTMR:
		return digest_word(tdcs.rtmr[element / 6], element % 6);
	case TDX_FIELD_TD_UUID:
		return digest_word(tdcs.mrtd, element) ^ 0x506f737465726eULL;
	default: /* no L2 VMs, no service TDs */
		return 0;
	}
}

static enum leaf_result done(struct vcpu *v, u64 status, u64 value)
{
	v->reg[R8] = value;
	v->reg[RAX] = status;
	return LEAF_DONE;
}

enum leaf_result tdg_vm_rd(struct vcpu *v, unsigned version)
{
	u64 id = v->reg[RDX];
	const struct field *f;
	unsigned element;

	if (V(v->reg[RCX] != 0) && !fault_on(FAULT_META_TARGET))
		return done(v, OPERAND_INVALID(RCX), 0);
	if (version == 1 && id == ID_NONE) {
		v->reg[RDX] = fields[0].id;
		return done(v, STATUS(TDX_METADATA_FIRST_FIELD_ID, 0), 0);
	}
	f = find(id, &element);
	if (f == NULL && fault_on(FAULT_META_UNKNOWN_ZERO))
		return done(v, TDX_SUCCESS, 0);
	if (V(f == NULL))
		return done(v, STATUS(TDX_METADATA_FIELD_ID_INCORRECT, 0), 0);
	if (version == 1)
		v->reg[RDX] = next_id(f, element);
	return done(v, TDX_SUCCESS, value_of(f, element));
}

/* The bits a guest may write; NULL: none. */
static u64 *writable(const struct field *f, u64 *bits)
{
	*bits = 1;
	if (f->id == TDX_FIELD_NOTIFY_ENABLES)
		return &tdcs.notify_enables;
	return f->id == TDX_FIELD_TD_CTLS ? &tdcs.td_ctls : NULL;
}

enum leaf_result tdg_vm_wr(struct vcpu *v)
{
	const struct field *f;
	u64 *target, bits, changed;
	unsigned element;

	if (V(v->reg[RCX] != 0))
		return done(v, OPERAND_INVALID(RCX), 0);
	f = find(v->reg[RDX], &element);
	if (V(f == NULL))
		return done(v, STATUS(TDX_METADATA_FIELD_ID_INCORRECT, 0), 0);
	target = writable(f, &bits);
	if (target == NULL && fault_on(FAULT_META_WRITE_IGNORED))
		return done(v, TDX_SUCCESS, value_of(f, element));
	if (V(target == NULL))
		return done(v, STATUS(TDX_METADATA_FIELD_NOT_WRITABLE, 0), 0);
	changed = (v->reg[R8] ^ *target) & v->reg[R9];
	if (V((changed & ~bits) != 0))
		return done(v, STATUS(TDX_METADATA_FIELD_VALUE_NOT_VALID, 0), 0);
	if (V(target == &tdcs.td_ctls && changed != 0 &&
	      (tdcs.config_flags & TDX_CONFIG_FLEXIBLE_PENDING_VE) == 0) &&
	    !fault_on(FAULT_META_TD_CTLS))
		return done(v, STATUS(TDX_METADATA_FIELD_VALUE_NOT_VALID, 0), 0);
	bits = *target;
	*target ^= changed;
	return done(v, TDX_SUCCESS, fault_on(FAULT_META_OLD_VALUE) ? *target : bits);
}
