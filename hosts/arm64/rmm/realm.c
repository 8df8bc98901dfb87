/* SPDX-License-Identifier: BSD-2-Clause */
/* Realms: creation from hostile parameters, activation, destruction. */
#include <string.h>

#include "rmm/model.h"

_Static_assert(sizeof(struct realm) <= PAGE_SIZE, "a realm descriptor is one granule");

static u8 vmid_used[VMID_COUNT];

void vmid_init(void)
{
	memset(vmid_used, 0, sizeof(vmid_used));
}

struct realm *realm_of(u64 rd)
{
	return granule_is(rd, GRANULE_RD) ? pa_to_ptr(rd) : NULL;
}

u64 realm_ipa_size(const struct realm *realm)
{
	return 1ULL << realm->ipa_bits;
}

bool realm_protected(const struct realm *realm, u64 ipa)
{
	return ipa < realm_ipa_size(realm) / 2;
}

bool realm_protected_range(const struct realm *realm, u64 base, u64 size)
{
	u64 half = realm_ipa_size(realm) / 2;

	return base < half && size <= half - base;
}

void realm_flush(const struct realm *realm)
{
	hw_set_vttbr(realm->vttbr);
	core_tlb_flush_vm();
}

/* Breakpoints and watchpoints as hardware has them; SVE, PMU and LPA2 are not offered. */
u64 realm_feature_register_0(void)
{
	u64 dfr0 = hw_id_reg(5, 0);
	u64 lrs = FIELD(hw_ich_vtr(), 4, 0);

	return IPA_BITS_MAX | FIELD(dfr0, 15, 12) << 14 | FIELD(dfr0, 23, 20) << 20 | BIT(32) |
	       BIT(33) | MIN(lrs, 15) << 34 | 4ULL << 38;
}

static u64 param64(const u8 *params, size_t off)
{
	u64 v;

	memcpy(&v, params + off, sizeof(v));
	return v;
}

static bool tables_delegated(u64 base, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (V(!granule_is(base + i * PAGE_SIZE, GRANULE_DELEGATED)))
			return false;
	return true;
}

/* Bits one table of a level resolves; up to 16 may be concatenated at the start level. */
static unsigned table_bits(unsigned level)
{
	return 12 + 9 * (4 - level);
}

static bool start_level_valid(u64 level, unsigned ipa_bits)
{
	if (V(level > 2))
		return false;
	if (V(ipa_bits <= table_bits((unsigned)level + 1)))
		return false;
	if (V(ipa_bits > table_bits((unsigned)level) + (level == 0 ? 0 : 4)))
		return false;
	return true;
}

static unsigned root_count(unsigned level, unsigned ipa_bits)
{
	unsigned bits = table_bits(level);

	return ipa_bits > bits ? 1u << (ipa_bits - bits) : 1;
}

static bool features_valid(const u8 *p)
{
	u64 feat = realm_feature_register_0();

	if (V(param64(p, RMI_REALM_FLAGS) != 0)) /* LPA2, SVE, PMU: not offered */
		return false;
	if (V(p[RMI_REALM_S2SZ] < IPA_BITS_MIN))
		return false;
	if (V(p[RMI_REALM_S2SZ] > IPA_BITS_MAX))
		return false;
	if (V(p[RMI_REALM_NUM_BPS] == 0))
		return false;
	if (V(p[RMI_REALM_NUM_BPS] > FIELD(feat, 19, 14)))
		return false;
	if (V(p[RMI_REALM_NUM_WPS] == 0))
		return false;
	if (V(p[RMI_REALM_NUM_WPS] > FIELD(feat, 25, 20)))
		return false;
	if (V(p[RMI_REALM_HASH_ALGO] > RSI_HASH_SHA512))
		return false;
	return true;
}

/* T0SZ, SL0, write-back inner-shareable walks, 4 KiB granule, 48-bit output. */
static u64 make_vtcr(unsigned ipa_bits, unsigned level)
{
	return BIT(31) | 5ULL << 16 | 3ULL << 12 | 1ULL << 10 | 1ULL << 8 | (u64)(2 - level) << 6 |
	       (64 - ipa_bits);
}

static void root_init(const struct realm *r)
{
	u64 *table = pa_to_ptr(r->rtt_base);
	unsigned i;

	for (i = 0; i < r->root_tables * S2_ENTRIES; i++)
		table[i] = s2_make_unassigned(RIPAS_EMPTY);
	for (i = 0; i < r->root_tables; i++)
		granule_set(r->rtt_base + i * PAGE_SIZE, GRANULE_RTT);
}

static void realm_init(struct realm *r, const u8 *p)
{
	memset(r, 0, PAGE_SIZE);
	r->state = REALM_NEW;
	r->ipa_bits = p[RMI_REALM_S2SZ];
	r->start_level = (unsigned)param64(p, RMI_REALM_RTT_LEVEL);
	r->root_tables = root_count(r->start_level, r->ipa_bits);
	r->rtt_base = param64(p, RMI_REALM_RTT_BASE);
	r->vmid = (u16)(p[RMI_REALM_VMID] | p[RMI_REALM_VMID + 1] << 8);
	r->vttbr = r->rtt_base | (u64)r->vmid << 48;
	r->vtcr = make_vtcr(r->ipa_bits, r->start_level);
	memcpy(r->rpv, p + RMI_REALM_RPV, sizeof(r->rpv));
	r->meas.sha512 = p[RMI_REALM_HASH_ALGO] == RSI_HASH_SHA512;
	measure_realm_create(&r->meas, p);
	if (fault_on(FAULT_REM_NOT_ZERO))
		r->meas.rem[3][0] = 1;
	root_init(r);
}

u64 rmi_realm_create(const u64 *a)
{
	static u8 p[PAGE_SIZE]; /* the host may change its page meanwhile; under the model lock */
	u64 level, base;
	unsigned n, vmid;

	if (V(!granule_is(a[1], GRANULE_NS)))
		return RMI_ERROR_INPUT;
	memcpy(p, pa_to_ptr(a[1]), sizeof(p));
	if (!features_valid(p))
		return RMI_ERROR_INPUT;
	level = param64(p, RMI_REALM_RTT_LEVEL);
	if (V(!start_level_valid(level, p[RMI_REALM_S2SZ])))
		return RMI_ERROR_INPUT;
	n = root_count((unsigned)level, p[RMI_REALM_S2SZ]);
	if (V((u32)param64(p, RMI_REALM_RTT_NUM) != n))
		return RMI_ERROR_INPUT;
	base = param64(p, RMI_REALM_RTT_BASE);
	if (V(!is_aligned(base, n * PAGE_SIZE)))
		return RMI_ERROR_INPUT;
	if (V(!tables_delegated(base, n)))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(a[0], GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	if (V(a[0] >= base && a[0] < base + n * PAGE_SIZE))
		return RMI_ERROR_INPUT;
	vmid = p[RMI_REALM_VMID] | (unsigned)p[RMI_REALM_VMID + 1] << 8;
	if (V(vmid >= VMID_COUNT))
		return RMI_ERROR_INPUT;
	if (V(vmid_used[vmid % VMID_COUNT]))
		return RMI_ERROR_INPUT;

	vmid_used[vmid % VMID_COUNT] = 1;
	granule_set(a[0], GRANULE_RD);
	realm_init(pa_to_ptr(a[0]), p);
	return RMI_SUCCESS;
}

u64 rmi_realm_activate(const u64 *a)
{
	struct realm *r = realm_of(a[0]);

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(r->state != REALM_NEW))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	r->state = REALM_ACTIVE;
	return RMI_SUCCESS;
}

static bool root_live(const struct realm *r)
{
	const u64 *table = pa_to_ptr(r->rtt_base);
	unsigned i;

	for (i = 0; i < r->root_tables * S2_ENTRIES; i++)
		if (s2_is_live(table[i], r->start_level))
			return true;
	return false;
}

u64 rmi_realm_destroy(const u64 *a)
{
	struct realm *r = realm_of(a[0]);
	unsigned i;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(r->objects != 0))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	if (V(root_live(r)))
		return RMI_STATUS(RMI_ERROR_REALM, 0);

	realm_flush(r);
	vmid_used[r->vmid] = 0;
	for (i = 0; i < r->root_tables; i++)
		granule_scrub(r->rtt_base + i * PAGE_SIZE, GRANULE_DELEGATED);
	granule_scrub(a[0], GRANULE_DELEGATED);
	return RMI_SUCCESS;
}
