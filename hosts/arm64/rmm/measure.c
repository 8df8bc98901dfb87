/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Realm measurements (DEN0137). The RIM is a hash chain over what the host put into the realm
 * before it ran: the host cannot take an event back, nor change its order.
 */
#include <bearssl.h>

#include "abi/rmi.h"
#include "attest.h"
#include "core/core.h"
#include "le.h"

#define PARAMS_SIZE 4096

/* Descriptor of one event, 256 bytes */
#define DESC_SIZE    256
#define DESC_LEN     0x08
#define DESC_RIM     0x10
#define DESC_BASE    0x50 /* ipa, or base of the RTT entry */
#define DESC_TOP     0x58 /* flags, or top of the RTT entry */
#define DESC_CONTENT 0x60
#define DESC_REC     0x50

enum desc_type { DESC_TYPE_DATA = 0, DESC_TYPE_REC = 1, DESC_TYPE_RIPAS = 2 };

struct hasher {
	bool sha512;
	union {
		br_sha256_context h256;
		br_sha512_context h512;
	};
};

static void hash_init(struct hasher *h, bool sha512)
{
	h->sha512 = sha512;
	if (sha512)
		br_sha512_init(&h->h512);
	else
		br_sha256_init(&h->h256);
}

static void hash_update(struct hasher *h, const void *data, size_t n)
{
	if (h->sha512)
		br_sha512_update(&h->h512, data, n);
	else
		br_sha256_update(&h->h256, data, n);
}

static void hash_final(struct hasher *h, u8 out[64])
{
	for (size_t i = 0; i < 64; i++)
		out[i] = 0;
	if (h->sha512)
		br_sha512_out(&h->h512, out);
	else
		br_sha256_out(&h->h256, out);
}

struct field {
	u16 offset, size;
};

/* Digest of a 4 KiB structure of which only the named fields (ascending) count; all else is zero.
 */
static void hash_fields(bool sha512, const u8 *params, const struct field *f, size_t n, u8 out[64])
{
	static const u8 zeros[64];
	size_t at = 0;
	struct hasher h;

	hash_init(&h, sha512);
	for (size_t i = 0; i <= n; i++) {
		size_t end = i < n ? f[i].offset : PARAMS_SIZE;

		for (; at < end; at += MIN(end - at, sizeof(zeros)))
			hash_update(&h, zeros, MIN(end - at, sizeof(zeros)));
		if (i < n) {
			hash_update(&h, params + end, f[i].size);
			at += f[i].size;
		}
	}
	hash_final(&h, out);
}

static void rim_set(struct measurement_ctx *m, const u8 digest[64])
{
	for (size_t i = 0; i < 64; i++) {
		m->rim[i] = digest[i];
		if (fault_on(FAULT_RIM_ZERO))
			m->rim[i] = 0;
		if (fault_on(FAULT_RIM_TAIL) && i >= measure_len(m))
			m->rim[i] = 0xff;
	}
}

static void desc_init(const struct measurement_ctx *m, u8 desc[DESC_SIZE], enum desc_type type)
{
	for (size_t i = 0; i < DESC_SIZE; i++)
		desc[i] = 0;
	desc[0] = type;
	le_put(desc + DESC_LEN, DESC_SIZE, 8);
	for (size_t i = 0; i < 64; i++)
		desc[DESC_RIM + i] = m->rim[i];
}

static void rim_event(struct measurement_ctx *m, const u8 desc[DESC_SIZE])
{
	struct hasher h;
	u8 digest[64];

	hash_init(&h, m->sha512);
	hash_update(&h, desc, DESC_SIZE);
	hash_final(&h, digest);
	rim_set(m, digest);
}

size_t measure_len(const struct measurement_ctx *m)
{
	return m->sha512 ? br_sha512_SIZE : br_sha256_SIZE;
}

void measure_realm_create(struct measurement_ctx *m, const u8 params[4096])
{
	/* Not in the RIM: RPV, VMID and where the tables lie. */
	static const struct field fields[] = {
		{ RMI_REALM_FLAGS, 8 },     { RMI_REALM_S2SZ, 1 },    { RMI_REALM_SVE_VL, 1 },
		{ RMI_REALM_NUM_BPS, 1 },   { RMI_REALM_NUM_WPS, 1 }, { RMI_REALM_PMU_CTRS, 1 },
		{ RMI_REALM_HASH_ALGO, 1 },
	};
	u8 digest[64];

	hash_fields(m->sha512, params, fields, ARRAY_SIZE(fields), digest);
	rim_set(m, digest);
	for (unsigned r = 0; r < REM_COUNT; r++)
		for (size_t i = 0; i < 64; i++)
			m->rem[r][i] = 0;
}

void measure_data(struct measurement_ctx *m, u64 ipa, u64 flags, const u8 *page)
{
	u8 desc[DESC_SIZE];
	struct hasher h;

	desc_init(m, desc, DESC_TYPE_DATA);
	le_put(desc + DESC_BASE, ipa, 8);
	le_put(desc + DESC_TOP, flags, 8);
	if (flags & RMI_DATA_MEASURE) {
		hash_init(&h, m->sha512);
		hash_update(&h, page, PAGE_SIZE);
		hash_final(&h, desc + DESC_CONTENT);
	}
	rim_event(m, desc);
}

void measure_rec(struct measurement_ctx *m, const u8 params[4096])
{
	static const struct field fields[] = {
		{ RMI_REC_FLAGS, 8 },
		{ RMI_REC_PC, 8 },
		{ RMI_REC_GPRS, 8 * 8 },
	};
	u8 desc[DESC_SIZE];

	if (!(params[RMI_REC_FLAGS] & RMI_REC_RUNNABLE))
		return;
	desc_init(m, desc, DESC_TYPE_REC);
	hash_fields(m->sha512, params, fields, ARRAY_SIZE(fields), desc + DESC_REC);
	rim_event(m, desc);
}

void measure_ripas(struct measurement_ctx *m, u64 base, u64 top)
{
	u8 desc[DESC_SIZE];

	desc_init(m, desc, DESC_TYPE_RIPAS);
	le_put(desc + DESC_BASE, base, 8);
	le_put(desc + DESC_TOP, top, 8);
	rim_event(m, desc);
}

void measure_extend(struct measurement_ctx *m, unsigned rem, const u8 *value, size_t n)
{
	struct hasher h;

	hash_init(&h, m->sha512);
	if (!fault_on(FAULT_REM_RESTART))
		hash_update(&h, m->rem[rem], measure_len(m));
	hash_update(&h, value, n);
	hash_final(&h, m->rem[rem]);
	if (fault_on(FAULT_REM_NEIGHBOUR))
		m->rem[(rem + 1) % REM_COUNT][0] ^= 1;
}
