/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The RIM chain against values other implementations computed: the two vectors in the facts, and
 * $VECTORS/cca/rim (JSON; read by the few lines below, which know this file's shape and no more).
 * sources: hosts/arm64/rmm/measure.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/rmi.h"
#include "core/core.h"
#include "rmm/attest.h"
#include "vectors.h"

bool fault_on(enum fault_id f)
{
	return false;
}

static void assert_rim(const struct measurement_ctx *m, const char *hex, size_t hex_len)
{
	char got[129];

	for (size_t i = 0; i < 64; i++)
		snprintf(got + 2 * i, 3, "%02x", m->rim[i]);
	assert_int_equal(hex_len, 2 * measure_len(m));
	assert_memory_equal(got, hex, hex_len);
	for (size_t i = measure_len(m); i < 64; i++)
		assert_int_equal(m->rim[i], 0);
}

static void ripas_2m(struct measurement_ctx *m, u64 base, u64 top)
{
	for (; base < top; base += MIB(2))
		measure_ripas(m, base, base + MIB(2));
}

static void facts(void **state)
{
	static const char create[] =
	    "6739dfb22b75ee1268d08dfa8369f501bc0b066243553f069f560d1fa1172973";
	static const char ripas[] =
	    "365183bedfd6b2b008421cd9987384ebad20438e6cb3a9a1b6dbdfef3ca1aec7";
	static u8 params[4096];
	struct measurement_ctx m = { 0 };

	params[RMI_REALM_S2SZ] = 48;
	params[RMI_REALM_NUM_BPS] = 1;
	params[RMI_REALM_NUM_WPS] = 1;
	measure_realm_create(&m, params);
	assert_rim(&m, create, strlen(create));
	/* personalisation value, VMID and table addresses are not measured */
	memset(params + RMI_REALM_RPV, 0x77, 64);
	memset(params + RMI_REALM_VMID, 0x77, 0x30);
	measure_realm_create(&m, params);
	assert_rim(&m, create, strlen(create));

	params[RMI_REALM_S2SZ] = 33;
	params[RMI_REALM_NUM_BPS] = 5;
	params[RMI_REALM_NUM_WPS] = 5;
	measure_realm_create(&m, params);
	ripas_2m(&m, 0x80000000, 0xa0000000);
	assert_rim(&m, ripas, strlen(ripas));
}

static void what_does_not_count(void **state)
{
	static u8 params[4096], page[4096];
	struct measurement_ctx a = { 0 }, b = { 0 };

	measure_realm_create(&a, params);
	measure_realm_create(&b, params);
	measure_rec(&a, params); /* not runnable: no event */
	assert_memory_equal(a.rim, b.rim, 64);

	params[RMI_REC_FLAGS] = RMI_REC_RUNNABLE;
	measure_rec(&a, params);
	assert_memory_not_equal(a.rim, b.rim, 64);
	memset(params + RMI_REC_MPIDR, 0xff, 8); /* MPIDR and auxiliary granules are left out */
	memset(params + RMI_REC_NUM_AUX, 0xff, 0x100);
	measure_rec(&b, params);
	assert_memory_equal(a.rim, b.rim, 64);

	measure_data(&a, 0x1000, 0, page); /* unmeasured content is an event all the same */
	assert_memory_not_equal(a.rim, b.rim, 64);
	page[0] = 1;
	measure_data(&b, 0x1000, 0, page);
	assert_memory_equal(a.rim, b.rim, 64);
	measure_data(&a, 0x2000, RMI_DATA_MEASURE, page);
	page[0] = 2;
	measure_data(&b, 0x2000, RMI_DATA_MEASURE, page);
	assert_memory_not_equal(a.rim, b.rim, 64);
}

static void rem_extension(void **state)
{
	/* head -c 32 /dev/zero | sha256sum */
	static const u8 once[] = { 0x66, 0x68, 0x7a, 0xad };
	struct measurement_ctx m = { 0 };

	measure_extend(&m, 0, once, 0); /* empty value: H(old REM) */
	assert_memory_equal(m.rem[0], once, sizeof(once));
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(m.rem[1][i] | m.rem[2][i] | m.rem[3][i] | m.rim[i], 0);
}

/* ---- the vector file ---- */
static const char *find(const char *from, const char *to, const char *key)
{
	char quoted[64];
	const char *p;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	p = strstr(from, quoted);
	if (p == NULL || p >= to)
		return NULL;
	p += strlen(quoted);
	return p + strspn(p, " \n[");
}

/* A plain number or a hex string. */
static u64 number(const char *from, const char *to, const char *key)
{
	const char *p = find(from, to, key);

	assert_non_null(p);
	return strtoull(*p == '"' ? p + 1 : p, NULL, 0);
}

static bool is(const char *p, const char *text)
{
	return strncmp(p, text, strlen(text)) == 0;
}

static void put64(u8 *p, u64 v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (u8)(v >> (8 * i));
}

static void data_op(struct measurement_ctx *m, const char *op, const char *end)
{
	static u8 content[65536];
	u64 ipa = number(op, end, "ipa"), granules = number(op, end, "granules");
	const char *what = find(op, end, "content");

	assert_true(granules * 4096 <= sizeof(content));
	memset(content, 0, sizeof(content));
	if (is(what, "\"kvmtool-512M-1cpu.dtb")) {
		char command[4200];
		FILE *gz;

		snprintf(command, sizeof(command), "gzip -dc '%s'",
			 vectors_path("cca/rim/kvmtool-512M-1cpu.dtb.gz"));
		gz = popen(command, "r");
		assert_non_null(gz);
		assert_int_equal(fread(content, 1, sizeof(content), gz), sizeof(content));
		pclose(gz);
	} else {
		assert_true(is(what, "\"ASCII \\\"FW CONTENT\\\""));
		memcpy(content, "FW CONTENT", 10);
	}
	for (u64 g = 0; g < granules; g++)
		measure_data(m, ipa + g * 4096, number(op, end, "measure"), content + g * 4096);
}

static void rec_op(struct measurement_ctx *m, const char *op, const char *end)
{
	u8 rec[4096] = { 0 };
	const char *p = find(op, end, "gprs");

	put64(rec + RMI_REC_FLAGS, number(op, end, "flags"));
	put64(rec + RMI_REC_PC, number(op, end, "pc"));
	for (unsigned i = 0; i < 8; i++) {
		p = strchr(p, '"') + 1;
		put64(rec + RMI_REC_GPRS + 8 * i, strtoull(p, NULL, 0));
		p = strchr(p, '"') + 1;
	}
	measure_rec(m, rec);
}

static void run_vector(const char *v, const char *end, bool sha512)
{
	static const char *const keys[] = { "flags",   "s2sz",    "sve_vl",
					    "num_bps", "num_wps", "pmu_num_ctrs" };
	static const unsigned offsets[] = {
		RMI_REALM_FLAGS,   RMI_REALM_S2SZ,    RMI_REALM_SVE_VL,
		RMI_REALM_NUM_BPS, RMI_REALM_NUM_WPS, RMI_REALM_PMU_CTRS
	};
	struct measurement_ctx m = { .sha512 = sha512 };
	const char *rim = find(v, end, "rim") + 1, *op = v;
	u8 params[4096] = { 0 };

	for (unsigned i = 0; i < 6; i++)
		params[offsets[i]] = (u8)number(v, end, keys[i]);
	params[RMI_REALM_HASH_ALGO] = sha512;
	measure_realm_create(&m, params);
	while ((op = find(op, end, "op")) != NULL) {
		const char *next = find(op, end, "op"), *stop = next != NULL ? next : end;

		if (is(op, "\"init_ripas")) {
			assert_int_equal(number(op, stop, "entry_size"), MIB(2));
			ripas_2m(&m, number(op, stop, "base"), number(op, stop, "top"));
		} else if (is(op, "\"data_create")) {
			data_op(&m, op, stop);
		} else {
			assert_true(is(op, "\"rec_create"));
			rec_op(&m, op, stop);
		}
	}
	assert_rim(&m, rim, strcspn(rim, "\""));
}

static void vector_file(void **state)
{
	static unsigned char json[VECTOR_MAX + 1];
	const char *path = vectors_path("cca/rim/rim-vectors.json");
	size_t n = read_file(path, json, VECTOR_MAX);
	unsigned done = 0;
	const char *v;

	if (n == 0)
		SKIP_WITHOUT(path);
	for (v = strstr((char *)json, "\"name\":"); v != NULL;) {
		const char *next = strstr(v + 1, "\"name\":");
		const char *end = next != NULL ? next : (char *)json + n;
		const char *alg = find(v, end, "alg");

		/* A 1.0 realm has no SHA-384 */
		if (is(alg, "\"sha256\"") || is(alg, "\"sha512\"")) {
			run_vector(v, end, is(alg, "\"sha512\""));
			done++;
		}
		v = next;
	}
	assert_int_equal(done, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts),
		cmocka_unit_test(what_does_not_count),
		cmocka_unit_test(rem_extension),
		cmocka_unit_test(vector_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
