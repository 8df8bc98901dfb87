/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Guest messages and reports of the SNP model, against OpenSSL's AES-GCM and a verifier
 * written for tests (verify_snp.h).
 * sources: hosts/x86/snp/guestmsg.c hosts/x86/snp/report.c hosts/x86/snp/certs.c hosts/x86/snp/launch.c hosts/x86/snp/image.c hosts/x86/snp/hashes.c hosts/x86/snp/measure.c hosts/x86/snp/vmsa.c hosts/x86/snp/secrets.c hosts/x86/snp/cpuid_page.c lib/status.c
 * libs: -DKEYS_DIR=\"$(B)/keys\" -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_psp.h"
#include "vectors.h"
#include "verify_snp.h"

static u8 request[PAGE_SIZE], response[PAGE_SIZE];

/* ---- AES-256-GCM by OpenSSL; false: the tag does not fit ---- */
static bool gcm(const u8 key[32], u8 *page, bool encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	u8 iv[12] = { 0 };
	int n = page[0x36] | page[0x37] << 8, done = 0;
	bool good;

	memcpy(iv, page + 0x20, 8);
	EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv, encrypt);
	EVP_CipherUpdate(c, NULL, &done, page + 0x30, 0x30);
	EVP_CipherUpdate(c, page + 0x60, &done, page + 0x60, n);
	if (!encrypt)
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, page);
	good = EVP_CipherFinal_ex(c, page + 0x60 + done, &done) == 1;
	if (encrypt)
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, page);
	EVP_CIPHER_CTX_free(c);
	return good;
}

/* ---- a guest ---- */
static void start(void)
{
	fake_reset();
	memset(&psp_guest, 0, sizeof(psp_guest));
	for (unsigned n = 0; n < 4; n++)
		for (unsigned i = 0; i < 32; i++)
			psp_guest.vmpck[n][i] = (u8)(n * 32 + i);
	memset(psp_guest.digest, 0x4d, sizeof(psp_guest.digest));
	psp_guest.policy = 0x30000;
}

/* A report request as it stands before encryption: data 00..3f, VMPL 0, any key. */
static void make_request(unsigned vmpck, u64 sequence)
{
	memset(request, 0, sizeof(request));
	le_put(request + 0x20, sequence, 8);
	request[0x30] = request[0x31] = 1;
	request[0x32] = 0x60;
	request[0x34] = 5;
	request[0x35] = 1;
	request[0x36] = 96;
	request[0x3c] = (u8)vmpck;
	for (unsigned i = 0; i < 64; i++)
		request[0x60 + i] = (u8)i;
	request[0x60 + 64] = (u8)vmpck;
}

static u32 send(void)
{
	u8 copy[PAGE_SIZE];
	u32 error;

	assert_true(gcm(psp_guest.vmpck[request[0x3c] & 3], request, true));
	memcpy(copy, request, sizeof(copy));
	error = psp_guest_request(request, response);
	assert_memory_equal(request, copy, sizeof(copy));
	return error;
}

static void assert_answer(unsigned vmpck, u64 sequence)
{
	assert_int_equal(le_get(response + 0x20, 8), sequence);
	assert_int_equal(response[0x30], 1);
	assert_int_equal(response[0x31], 1);
	assert_int_equal(le_get(response + 0x32, 2), 0x60);
	assert_int_equal(response[0x34], 6);
	assert_int_equal(response[0x35], 1);
	assert_int_equal(le_get(response + 0x36, 2), 32 + 1184);
	assert_int_equal(response[0x3c], vmpck);
	assert_true(gcm(psp_guest.vmpck[vmpck], response, false));
}

/* Nothing moved: the next message of VMPCK0 is still number 1. */
static void assert_unmoved(void)
{
	make_request(0, 1);
	assert_int_equal(send(), 0);
	assert_answer(0, 2);
}

static bool load_page(const char *name, u8 page[PAGE_SIZE])
{
	static u8 file[VECTOR_MAX];
	size_t n = read_file(vectors_path(name), file, sizeof(file));

	memcpy(page, file, PAGE_SIZE);
	return n == PAGE_SIZE;
}

static void vectors(void **state)
{
	start();
	if (!load_page("snp/guestmsg/report_rsp_seq2_vmpck0.bin", response) ||
	    !load_page("snp/guestmsg/report_req_seq1_vmpck0.bin", request))
		SKIP_WITHOUT("snp/guestmsg");
	assert_true(gcm(psp_guest.vmpck[0], response, false)); /* this test's GCM is the sheet's */
	assert_int_equal(le_get(response + 0x64, 4), 0x4a0);
	assert_int_equal(psp_guest_request(request, response), 0);
	assert_answer(0, 2);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(response[0x60 + 32 + 0x50 + i], i);
	/* The same message again is a replay. */
	assert_int_equal(psp_guest_request(request, response), 0x16);
	assert_int_equal(psp_guest.sequence[0], 2);
}

static void report_fields(void **state)
{
	const u8 *r = response + 0x60 + 32;
	u8 zero[0x400] = { 0 };

	start();
	make_request(1, 1);
	request[0x60 + 64] = 2; /* a VMPL above the caller's own */
	assert_int_equal(send(), 0);
	assert_answer(1, 2);
	assert_int_equal(le_get(response + 0x60, 4), 0);
	assert_int_equal(le_get(response + 0x64, 4), 0x4a0);
	assert_int_equal(le_get(r, 4), 3);
	assert_int_equal(le_get(r + 8, 8), 0x30000);
	assert_memory_equal(r + 0x10, zero, 32);
	assert_int_equal(le_get(r + 0x30, 4), 2);
	assert_int_equal(le_get(r + 0x34, 4), 1);
	assert_int_equal(le_get(r + 0x48, 8), 0);
	assert_memory_equal(r + 0x90, psp_guest.digest, 48);
	assert_memory_equal(r + 0xc0, zero, 0x140 - 0xc0);
	assert_int_equal(le_get(r + 0x160, 8), ~0ULL);
	assert_int_equal(r[0x188], 0x19);
	assert_memory_equal(r + 0x18b, zero, 21);
	assert_memory_equal(r + 0x1f8, zero, 0x2a0 - 0x1f8);
	assert_memory_equal(r + 0x38, r + 0x180, 8);
	assert_memory_equal(r + 0x1e0, r + 0x180, 8);
	assert_memory_equal(r + 0x1f0, r + 0x180, 8);
	assert_int_equal(fake.evidences, 1);
	assert_memory_equal(fake.evidence, r, sizeof(fake.evidence));
}

static void report_verifies(void **state)
{
	struct snp_chain_certs c = { load_cert(KEYS_DIR "/snp/vcek.pem", 0),
				     load_cert(KEYS_DIR "/snp/ask.pem", 0),
				     load_cert(KEYS_DIR "/snp/ark.pem", 0) };

	start();
	make_request(0, 1);
	assert_int_equal(send(), 0);
	assert_answer(0, 2);
	assert_null(verify_snp_report(response + 0x60 + 32, &c));
	response[0x60 + 32 + 0x50] ^= 1;
	assert_non_null(verify_snp_report(response + 0x60 + 32, &c));
	snp_certs_free(&c);
}

static void sequence(void **state)
{
	start();
	for (u64 n = 1; n < 9; n += 2) {
		make_request(0, n);
		assert_int_equal(send(), 0);
		assert_answer(0, n + 1);
	}
	/* Each key counts for itself. */
	make_request(3, 1);
	assert_int_equal(send(), 0);
	assert_answer(3, 2);
	for (unsigned i = 0; i < 4; i++) {
		static const u64 wrong[] = { 0, 7, 8, 10 };

		make_request(0, wrong[i]);
		assert_int_equal(send(), 0x16);
		assert_int_equal(psp_guest.sequence[0], 8);
	}
}

static void headers(void **state)
{
	static const struct {
		unsigned offset, value;
	} bad[] = {
		{ 0x30, 0 },  { 0x30, 2 },  { 0x31, 0 }, { 0x31, 2 },  { 0x32, 0x61 }, { 0x33, 1 },
		{ 0x34, 0 },  { 0x34, 3 },  { 0x34, 6 }, { 0x34, 17 }, { 0x35, 0 },    { 0x35, 2 },
		{ 0x36, 95 }, { 0x36, 97 }, { 0x36, 0 }, { 0x3c, 4 },  { 0x3c, 0xff },
	};

	start();
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		make_request(0, 1);
		request[bad[i].offset] = (u8)bad[i].value;
		assert_int_equal(send(), 0x16);
		assert_int_equal(fake.evidences, 0);
	}
	/* More than fits: nothing is read behind the page (the tag cannot matter). */
	make_request(0, 1);
	le_put(request + 0x36, 4001, 2);
	assert_int_equal(psp_guest_request(request, response), 0x16);
	le_put(request + 0x36, 4000, 2);
	assert_int_equal(psp_guest_request(request, response), 0x0b);
	/* Reserved bytes of the header are the sender's business, but authenticated. */
	make_request(0, 1);
	request[0x50] = 7;
	assert_int_equal(send(), 0);
	start();
	assert_unmoved();
}

static void authentication(void **state)
{
	static const unsigned places[] = { 0x00, 0x0f, 0x38, 0x5f, 0x60, 0xbf };

	start();
	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		make_request(0, 1);
		assert_true(gcm(psp_guest.vmpck[0], request, true));
		request[places[i]] ^= 0x80;
		assert_int_equal(psp_guest_request(request, response), 0x0b);
	}
	/* Another VMPL's key. */
	make_request(0, 1);
	assert_true(gcm(psp_guest.vmpck[1], request, true));
	assert_int_equal(psp_guest_request(request, response), 0x0b);
	assert_int_equal(fake.evidences, 0);
	assert_unmoved();
}

/* Refused inside an answered message: the sequence moves, no report is made. */
static void payloads(void **state)
{
	static const struct {
		unsigned vmpck, offset, value, status;
	} cases[] = {
		{ 0, 64, 4, 0x16 }, { 0, 67, 1, 0x16 }, { 2, 64, 1, 0x16 }, { 1, 64, 0, 0x16 },
		{ 0, 68, 2, 0x27 }, { 0, 68, 3, 0x27 }, { 0, 68, 4, 0x16 }, { 0, 71, 1, 0x16 },
		{ 0, 72, 1, 0x16 }, { 0, 95, 1, 0x16 }, { 0, 64, 3, 0 },    { 3, 64, 3, 0 },
		{ 0, 68, 1, 0 },
	};
	u8 zero[SNP_REPORT_SIZE] = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		make_request(cases[i].vmpck, 1);
		request[0x60 + cases[i].offset] = (u8)cases[i].value;
		assert_int_equal(send(), 0);
		assert_answer(cases[i].vmpck, 2);
		assert_int_equal(le_get(response + 0x60, 4), cases[i].status);
		assert_int_equal(fake.evidences, cases[i].status == 0);
		if (cases[i].status != 0)
			assert_memory_equal(response + 0x60 + 32, zero, sizeof(zero));
	}
}

static void certificates(void **state)
{
	static const char *const names[] = { "ark", "ask", "vcek" };
	static const u8 first[] = { 0xc0, 0x4a, 0x63 };
	struct blob t = snp_certificates();
	X509 *chain[3];

	for (unsigned i = 0; i < 3; i++) {
		const u8 *e = t.data + 24 * i, *der;
		u64 offset = le_get(e + 16, 4), length = le_get(e + 20, 4);
		char path[4096];
		X509 *file;

		assert_int_equal(e[0], first[i]);
		assert_true(offset <= t.size && length <= t.size - offset);
		der = t.data + offset;
		chain[i] = d2i_X509(NULL, &der, (long)length);
		assert_non_null(chain[i]);
		snprintf(path, sizeof(path), "%s/snp/%s.pem", KEYS_DIR, names[i]);
		file = load_cert(path, 0);
		assert_int_equal(X509_cmp(chain[i], file), 0);
		X509_free(file);
	}
	for (unsigned i = 72; i < 96; i++)
		assert_int_equal(t.data[i], 0);
	assert_null(verify_snp_chain(&(struct snp_chain_certs){ chain[2], chain[1], chain[0] }));
	for (unsigned i = 0; i < 3; i++)
		X509_free(chain[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),         cmocka_unit_test(report_fields),
		cmocka_unit_test(report_verifies), cmocka_unit_test(sequence),
		cmocka_unit_test(headers),         cmocka_unit_test(authentication),
		cmocka_unit_test(payloads),        cmocka_unit_test(certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
