/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The guest's half and the firmware's half of SNP, which share numbers but no logic, in one program:
 * what one writes, the other reads.
 * sources: hosts/x86/snp/guestmsg.c hosts/x86/snp/report.c hosts/x86/snp/certs.c hosts/x86/snp/launch.c hosts/x86/snp/image.c hosts/x86/snp/hashes.c hosts/x86/snp/measure.c hosts/x86/snp/vmsa.c hosts/x86/snp/secrets.c hosts/x86/snp/cpuid_page.c lib/status.c tools/flash.c
 * libs: -DKEYS_DIR=\"$(B)/keys\" -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -Itools -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_psp.h"
#include "snp_image.h"
#include "verify_snp.h"

/* Included, not linked: host and guest have files of the same names. Each guest file has helpers of
 * these names of its own. */
#define get certs_get
#define put certs_put
#include "ghcb/certs.c"
#undef get
#undef put
#define get cpuid_get
#define put cpuid_put
#include "ghcb/cpuid.c"
#undef get
#undef put
#define get guestmsg_get
#define put guestmsg_put
#include "ghcb/guestmsg.c"
#undef get
#undef put
#define get secrets_get
#define put secrets_put
#include "ghcb/secrets.c"
#undef get
#undef put

static struct snp_secrets secrets;
static u8 image[IMAGE_BYTES], message[PAGE_SIZE], response[PAGE_SIZE], payload[PAGE_SIZE];

static void launch(void)
{
	fake_reset();
	make_image(image);
	assert_null(fake_launch((struct blob){ image, sizeof(image) }));
	assert_int_equal(secrets_load(&secrets, rmp_private(0x802000)), ST_OK);
}

static void secrets_page(void **state)
{
	launch();
	for (unsigned n = 0; n < SNP_VMPCK_COUNT; n++) {
		assert_true(secrets_has_key(&secrets, n));
		assert_int_equal(secrets.sequence[n], 0);
	}
}

static void cpuid_page(void **state)
{
	static struct cpuid_table t;
	const struct cpuid_env env = { .xcr0 = 1 };
	u32 out[4];

	launch();
	assert_int_equal(cpuid_load(&t, rmp_private(0x803000)), ST_OK);
	assert_int_equal(cpuid_answer(&t, &env, SNP_CPUID_LEAF, 0, out), ST_OK);
	assert_int_equal(out[0], SNP_CPUID_EAX_SEV | SNP_CPUID_EAX_ES | SNP_CPUID_EAX_SNP);
	assert_int_equal(out[1] & SNP_CPUID_EBX_CBIT_MASK, SNP_C_BIT_POSITION);
	/* This host has no XSAVE; what is behind its last leaf is zero. */
	assert_int_equal(cpuid_answer(&t, &env, 0xd, 0, out), ST_OK);
	assert_int_equal(out[0] | out[1] | out[2] | out[3], 0);
}

static enum status exchange(unsigned vmpck, u8 fill, u32 *firmware_error)
{
	struct msg_channel ch = { secrets.vmpck[vmpck], &secrets.sequence[vmpck], vmpck };
	u8 request[SNP_REPORT_REQ_SIZE] = { 0 };
	size_t len = SNP_REPORT_RSP_SIZE;

	memset(request, fill, SNP_REPORT_DATA_SIZE);
	request[SNP_REPORT_REQ_VMPL] = (u8)vmpck;
	assert_int_equal(msg_build(&ch, message, SNP_MSG_REPORT_REQ, request, sizeof(request)),
			 ST_OK);
	*firmware_error = psp_guest_request(message, response);
	return msg_open(&ch, response, SNP_MSG_REPORT_REQ, payload, &len);
}

static void reports(void **state)
{
	struct snp_chain_certs c = { load_cert(KEYS_DIR "/snp/vcek.pem", 0),
				     load_cert(KEYS_DIR "/snp/ask.pem", 0),
				     load_cert(KEYS_DIR "/snp/ark.pem", 0) };
	const u8 *report = payload + SNP_REPORT_RSP_REPORT;

	launch();
	for (unsigned i = 0; i < 8; i++) {
		unsigned vmpck = i % 4;
		u32 error;

		assert_int_equal(exchange(vmpck, (u8)i, &error), ST_OK);
		assert_int_equal(error, PSP_OK);
		assert_int_equal(secrets.sequence[vmpck], psp_guest.sequence[vmpck]);
		assert_null(verify_snp_report(report, &c));
		assert_int_equal(report[SNP_REPORT_VMPL], vmpck);
		assert_int_equal(report[SNP_REPORT_DATA + 63], i);
		assert_memory_equal(report + SNP_REPORT_MEASUREMENT, fake.measurement, 48);
	}
	snp_certs_free(&c);
}

/* A lost answer: the same ciphertext again is a replay to the firmware, and nothing to open. */
static void out_of_step(void **state)
{
	u32 error;

	launch();
	assert_int_equal(exchange(0, 1, &error), ST_OK);
	secrets.sequence[0] -= 2;
	assert_int_not_equal(exchange(0, 1, &error), ST_OK);
	assert_int_equal(error, PSP_INVALID_PARAM);
	assert_int_equal(psp_guest.sequence[0], 2);
}

static void certificate_table(void **state)
{
	struct blob t = snp_certificates();
	u8 *padded = calloc(1, 4 * PAGE_SIZE);
	size_t used = 0;

	memcpy(padded, t.data, t.size);
	assert_int_equal(certs_check(padded, 4 * PAGE_SIZE, &used), ST_OK);
	assert_int_equal(used, t.size);
	free(padded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_page),      cmocka_unit_test(cpuid_page),
		cmocka_unit_test(reports),           cmocka_unit_test(out_of_step),
		cmocka_unit_test(certificate_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
