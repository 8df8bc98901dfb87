/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any request page of a guest, plain or sealed with its key: the sequence moves by two with an
 * answer and not at all without, and the answer opens with the same key.
 * sources: hosts/x86/snp/guestmsg.c hosts/x86/snp/report.c hosts/x86/snp/certs.c hosts/x86/snp/launch.c hosts/x86/snp/image.c hosts/x86/snp/hashes.c hosts/x86/snp/measure.c hosts/x86/snp/vmsa.c hosts/x86/snp/secrets.c hosts/x86/snp/cpuid_page.c lib/status.c
 * libs: -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -I$(B)/keys
 */
/* clang-format on */
#include <openssl/evp.h>

#include "fake_psp.h"

static u8 request[PAGE_SIZE], response[PAGE_SIZE];

static bool gcm(const u8 key[32], u8 *page, bool encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = (int)MIN(le_get(page + SNP_MSG_SIZE, 2), SNP_MSG_PAYLOAD_MAX), done = 0;
	u8 iv[12] = { 0 };
	bool good;

	memcpy(iv, page + SNP_MSG_SEQNO, 8);
	EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv, encrypt);
	EVP_CipherUpdate(c, NULL, &done, page + SNP_MSG_AAD, SNP_MSG_AAD_SIZE);
	EVP_CipherUpdate(c, page + SNP_MSG_PAYLOAD, &done, page + SNP_MSG_PAYLOAD, n);
	if (!encrypt)
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, page);
	good = EVP_CipherFinal_ex(c, page + SNP_MSG_PAYLOAD + n, &done) == 1;
	if (encrypt)
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, page);
	EVP_CIPHER_CTX_free(c);
	return good;
}

/* A good request with the input's bytes laid over its header and its payload. */
static void make_request(const uint8_t *data, size_t size)
{
	size_t head = MIN(size, 0x40), body;

	memset(request, 0, sizeof(request));
	request[SNP_MSG_SEQNO] = 1;
	request[SNP_MSG_ALGO] = request[SNP_MSG_HDR_VERSION] = request[SNP_MSG_VERSION] = 1;
	request[SNP_MSG_HDR_SIZE] = SNP_MSG_HDR_SIZE_1;
	request[SNP_MSG_TYPE] = SNP_MSG_REPORT_REQ;
	request[SNP_MSG_SIZE] = SNP_REPORT_REQ_SIZE;
	for (size_t i = 0; i < head; i++)
		request[SNP_MSG_SEQNO + i] ^= data[i];
	body = MIN(size - head, PAGE_SIZE - SNP_MSG_PAYLOAD);
	memcpy(request + SNP_MSG_PAYLOAD, data + head, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned vmpck;
	u64 before;
	u32 error;

	if (size < 1)
		return 0;
	psp_secrets(&psp_guest, response);
	make_request(data + 1, size - 1);
	vmpck = request[SNP_MSG_VMPCK];
	if ((data[0] & 1) != 0 && vmpck < SNP_VMPCK_COUNT)
		gcm(psp_guest.vmpck[vmpck], request, true);
	else
		vmpck %= SNP_VMPCK_COUNT;
	before = psp_guest.sequence[vmpck];
	error = psp_guest_request(request, response);
	if (psp_guest.sequence[vmpck] != before + (error == PSP_OK ? 2 : 0))
		__builtin_trap();
	if (error == PSP_OK && (response[SNP_MSG_TYPE] != SNP_MSG_REPORT_RSP ||
				!gcm(psp_guest.vmpck[vmpck], response, false)))
		__builtin_trap();
	return 0;
}
