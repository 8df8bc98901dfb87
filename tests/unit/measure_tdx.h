/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MRTD predicted from a flash image with TDVF metadata, for comparison with the host's. Written
 * from the sheet alone with OpenSSL's hashes; shares nothing with the hosts.
 */
#ifndef MEASURE_TDX_H
#define MEASURE_TDX_H

#include <openssl/evp.h>

#include "flash_table.h"

enum mrtd_order {
	MRTD_PAGES,    /* KVM upstream: each page is added, then extended */
	MRTD_TWO_PASS, /* older: all pages of a section are added, then all extended */
};

struct mrtd {
	EVP_MD_CTX *md;
	enum mrtd_order order;
};

static inline void mrtd_begin(struct mrtd *m, enum mrtd_order order)
{
	m->md = EVP_MD_CTX_new();
	m->order = order;
	EVP_DigestInit(m->md, EVP_sha384());
}

static inline void mrtd_end(struct mrtd *m, uint8_t out[48])
{
	EVP_DigestFinal(m->md, out, NULL);
	EVP_MD_CTX_free(m->md);
}

static inline void mrtd_record(struct mrtd *m, const char *name, uint64_t gpa)
{
	uint8_t record[128] = { 0 };

	memcpy(record, name, strlen(name));
	for (unsigned i = 0; i < 8; i++)
		record[16 + i] = (uint8_t)(gpa >> 8 * i);
	EVP_DigestUpdate(m->md, record, sizeof(record));
}

/* Bytes behind the raw data are zeros. */
static inline void mrtd_extend_page(struct mrtd *m, uint64_t gpa, struct flash data, uint64_t at)
{
	for (unsigned chunk = 0; chunk < 4096; chunk += 256) {
		uint8_t bytes[256] = { 0 };

		for (unsigned i = 0; i < 256; i++)
			if (at + chunk + i < data.n)
				bytes[i] = data.p[at + chunk + i];
		mrtd_record(m, "MR.EXTEND", gpa + chunk);
		EVP_DigestUpdate(m->md, bytes, sizeof(bytes));
	}
}

static inline void mrtd_region(struct mrtd *m, uint64_t gpa, uint64_t size, bool measured,
			       struct flash data)
{
	for (uint64_t at = 0; at < size; at += 4096) {
		mrtd_record(m, "MEM.PAGE.ADD", gpa + at);
		if (measured && m->order == MRTD_PAGES)
			mrtd_extend_page(m, gpa + at, data, at);
	}
	for (uint64_t at = 0; measured && m->order == MRTD_TWO_PASS && at < size; at += 4096)
		mrtd_extend_page(m, gpa + at, data, at);
}

static inline const char *mrtd_section(struct mrtd *m, struct flash f, const uint8_t *s)
{
	uint64_t offset = flash_number(s, 4), raw = flash_number(s + 4, 4);
	uint64_t gpa = flash_number(s + 8, 8), size = flash_number(s + 16, 8);
	uint32_t attributes = (uint32_t)flash_number(s + 28, 4);

	if (offset > f.n || raw > f.n - offset)
		return "section data outside the image";
	if (gpa % 4096 != 0 || size % 4096 != 0 || size < raw || size > UINT64_MAX / 2)
		return "bad section memory";
	if ((attributes & 2) != 0) /* given by PAGE.AUG: not part of MRTD */
		return NULL;
	mrtd_region(m, gpa, size, (attributes & 1) != 0, (struct flash){ f.p + offset, raw });
	return NULL;
}

/* NULL and 48 bytes, or what is wrong with the image. */
static inline const char *measure_tdx(struct flash f, enum mrtd_order order, uint8_t out[48])
{
	const uint8_t *entry = flash_entry(f, "e47a6535-984a-4798-865e-4685a7bf8ec2", 4), *d;
	const char *why = NULL;
	size_t offset, count;
	struct mrtd m;

	if (entry == NULL)
		return "no TDX metadata";
	offset = flash_number(entry, 4);
	if (offset < 16 || offset > f.n)
		return "TDX metadata outside the image";
	d = f.p + f.n - offset;
	count = flash_number(d + 12, 4);
	if (memcmp(d, "TDVF", 4) != 0 || count > (offset - 16) / 32)
		return "bad TDX metadata";
	mrtd_begin(&m, order);
	for (size_t i = 0; i < count && why == NULL; i++)
		why = mrtd_section(&m, f, d + 16 + 32 * i);
	mrtd_end(&m, out);
	return why;
}

#endif
