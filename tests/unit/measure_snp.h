/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SEV launch measurements predicted from a flash image, for comparison with the hosts': the chain
 * of PAGE_INFO structures of SNP, and the plain hashes of SEV and SEV-ES; as QEMU, EC2 and GCE
 * launch. Written from the sheet alone with OpenSSL's hashes; shares nothing with the hosts.
 */
#ifndef MEASURE_SNP_H
#define MEASURE_SNP_H

#include <openssl/evp.h>

#include "flash_table.h"

enum snp_mode { MODE_SEV, MODE_SEV_ES, MODE_SNP };
enum snp_vmm { VMM_QEMU, VMM_EC2, VMM_GCE };

struct snp_launch_input {
	enum snp_mode mode;
	enum snp_vmm vmm;
	unsigned vcpus;
	uint32_t signature;
	uint64_t features;
	const uint8_t *firmware_digest; /* 48 bytes: start from it instead of hashing the image */
	bool kernel;                    /* with a kernel its hashes are part of the measurement */
	struct flash kernel_data, initrd;
	const char *cmdline;
	/* Called after each page of an SNP chain, may be NULL. */
	void (*step)(void *arg, unsigned type, uint64_t gpa, const uint8_t contents[48],
		     const uint8_t digest[48]);
	void *arg;
};

/* ---- VMSA ---- */
static inline void vmsa_put(uint8_t *page, unsigned offset, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		page[offset + i] = (uint8_t)(v >> 8 * i);
}

static inline void vmsa_segment(uint8_t *page, unsigned offset, unsigned sel, unsigned attr,
				uint64_t base)
{
	vmsa_put(page, offset, sel, 2);
	vmsa_put(page, offset + 2, attr, 2);
	vmsa_put(page, offset + 4, 0xffff, 4);
	vmsa_put(page, offset + 8, base, 8);
}

static inline void measured_vmsa(uint8_t page[4096], enum snp_vmm vmm, uint32_t eip,
				 uint32_t signature, uint64_t features)
{
	bool ec2 = vmm == VMM_EC2, qemu = vmm == VMM_QEMU;

	memset(page, 0, 4096);
	vmsa_segment(page, 0x00, 0, 0x93, 0);
	vmsa_segment(page, 0x10, 0xf000, ec2 && eip == 0xfffffff0 ? 0x9a : 0x9b, eip & 0xffff0000);
	vmsa_segment(page, 0x20, 0, ec2 ? 0x92 : 0x93, 0);
	vmsa_segment(page, 0x30, 0, 0x93, 0);
	vmsa_segment(page, 0x40, 0, 0x93, 0);
	vmsa_segment(page, 0x50, 0, 0x93, 0);
	vmsa_segment(page, 0x60, 0, 0, 0);
	vmsa_segment(page, 0x70, 0, 0x82, 0);
	vmsa_segment(page, 0x80, 0, 0, 0);
	vmsa_segment(page, 0x90, 0, ec2 ? 0x83 : 0x8b, 0);
	vmsa_put(page, 0xd0, 0x1000, 8);                                      /* EFER */
	vmsa_put(page, 0x148, 0x40, 8);                                       /* CR4 */
	vmsa_put(page, 0x158, 0x10, 8);                                       /* CR0 */
	vmsa_put(page, 0x160, 0x400, 8);                                      /* DR7 */
	vmsa_put(page, 0x168, 0xffff0ff0, 8);                                 /* DR6 */
	vmsa_put(page, 0x170, 2, 8);                                          /* RFLAGS */
	vmsa_put(page, 0x178, eip & 0xffff, 8);                               /* RIP */
	vmsa_put(page, 0x268, vmm == VMM_GCE ? 0x70106 : 0x7040600070406, 8); /* G_PAT */
	vmsa_put(page, 0x310, qemu ? signature : 0x600, 8);                   /* RDX */
	vmsa_put(page, 0x3b0, features, 8);                                   /* SEV_FEATURES */
	vmsa_put(page, 0x3e8, 1, 8);                                          /* XCR0 */
	vmsa_put(page, 0x408, qemu ? 0x1f80 : 0, 4);                          /* MXCSR */
	vmsa_put(page, 0x410, qemu ? 0x37f : 0, 2);                           /* FCW */
}

/* ---- kernel hashes ---- */
static inline void sha256_of(struct flash d, uint8_t out[32])
{
	EVP_Digest(d.n > 0 ? (const void *)d.p : "", d.n, out, NULL, EVP_sha256(), NULL);
}

static inline void hash_entry(uint8_t *at, const char *guid, struct flash d)
{
	flash_guid(guid, at);
	vmsa_put(at, 16, 50, 2);
	sha256_of(d, at + 18);
}

/* 168 bytes, padded to 176 with zeros. */
static inline void kernel_hash_table(const struct snp_launch_input *in, uint8_t table[176])
{
	const char *text = in->cmdline != NULL ? in->cmdline : "";

	memset(table, 0, 176);
	flash_guid("9438d606-4f22-4cc9-b479-a793d411fd21", table);
	vmsa_put(table, 16, 168, 2);
	hash_entry(table + 18, "97d02dd8-bd20-4c94-aa78-e7714d36ab2a",
		   (struct flash){ (const uint8_t *)text, strlen(text) + 1 });
	hash_entry(table + 68, "44baf731-3a2f-4bd7-9af1-41e29169781d", in->initrd);
	hash_entry(table + 118, "4de79437-abd2-427f-b835-d5b172d2045b", in->kernel_data);
}

/* ---- the SNP chain ---- */
struct snp_chain {
	const struct snp_launch_input *in;
	uint8_t digest[48];
};

static inline void chain_page(struct snp_chain *c, unsigned type, uint64_t gpa, const uint8_t *page)
{
	uint8_t info[0x70] = { 0 };

	memcpy(info, c->digest, 48);
	if (type <= 2)
		EVP_Digest(page, 4096, info + 0x30, NULL, EVP_sha384(), NULL);
	vmsa_put(info, 0x60, 0x70, 2);
	info[0x62] = (uint8_t)type;
	vmsa_put(info, 0x68, gpa, 8);
	EVP_Digest(info, sizeof(info), c->digest, NULL, EVP_sha384(), NULL);
	if (c->in->step != NULL)
		c->in->step(c->in->arg, type, gpa, info + 0x30, c->digest);
}

static inline void chain_pages(struct snp_chain *c, unsigned type, uint64_t gpa, uint64_t end)
{
	for (; gpa < end; gpa += 4096)
		chain_page(c, type, gpa, NULL);
}

static inline const char *chain_hashes(struct snp_chain *c, struct flash f, uint64_t gpa,
				       uint64_t end)
{
	const uint8_t *entry = flash_entry(f, "7255371f-3a3b-4b04-927b-1da6efa8d454", 8);
	uint8_t page[4096] = { 0 }, table[176];
	size_t offset;

	if (!c->in->kernel) {
		chain_pages(c, 3, gpa, end);
		return NULL;
	}
	if (entry == NULL || end - gpa != 4096)
		return "no place for kernel hashes";
	offset = flash_number(entry, 4) & 0xfff;
	if (offset > sizeof(page) - sizeof(table))
		return "kernel hashes cross a page";
	kernel_hash_table(c->in, table);
	memcpy(page + offset, table, sizeof(table));
	chain_page(c, 1, gpa, page);
	return NULL;
}

static inline const char *chain_section(struct snp_chain *c, struct flash f, const uint8_t *section,
					bool cpuid_turn)
{
	uint64_t gpa = flash_number(section, 4), end = gpa + flash_number(section + 4, 4);
	uint32_t kind = (uint32_t)flash_number(section + 8, 4);
	unsigned type = kind == 2 ? 5 : kind == 3 ? 6 : 3;

	/* EC2 adds CPUID pages behind all others. */
	if ((c->in->vmm == VMM_EC2 && kind == 3) != cpuid_turn)
		return NULL;
	if (kind == 1 && c->in->vmm == VMM_GCE)
		type = 4;
	if (kind == 0x10)
		return chain_hashes(c, f, gpa, end);
	chain_pages(c, type, gpa, end);
	return NULL;
}

static inline const char *chain_metadata(struct snp_chain *c, struct flash f)
{
	const uint8_t *entry = flash_entry(f, "dc886566-984a-4798-a75e-5585a7bf67cc", 4), *m;
	size_t offset, count;

	if (entry == NULL)
		return "no SEV metadata";
	offset = flash_number(entry, 4);
	if (offset < 16 || offset > f.n)
		return "SEV metadata outside the image";
	m = f.p + f.n - offset;
	count = flash_number(m + 12, 4);
	if (memcmp(m, "ASEV", 4) != 0 || count > (offset - 16) / 12)
		return "bad SEV metadata";
	for (unsigned turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < count; i++) {
			const char *why = chain_section(c, f, m + 16 + 12 * i, turn == 1);

			if (why != NULL)
				return why;
		}
	return NULL;
}

static inline uint32_t ap_reset_of(struct flash f)
{
	const uint8_t *entry = flash_entry(f, "00f771de-1a7e-4fcb-890e-68c77e2fb44e", 4);

	return entry != NULL ? (uint32_t)flash_number(entry, 4) : 0xfffffff0;
}

static inline const char *measure_snp_chain(const struct snp_launch_input *in, struct flash f,
					    uint8_t out[48])
{
	struct snp_chain c = { .in = in };
	uint8_t page[4096];
	const char *why;

	if (in->firmware_digest != NULL)
		memcpy(c.digest, in->firmware_digest, 48);
	else
		for (size_t at = 0; at < f.n; at += 4096)
			chain_page(&c, 1, 0x100000000 - f.n + at, f.p + at);
	why = chain_metadata(&c, f);
	if (why != NULL)
		return why;
	for (unsigned i = 0; i < in->vcpus; i++) {
		measured_vmsa(page, in->vmm, i == 0 ? 0xfffffff0 : ap_reset_of(f), in->signature,
			      in->features);
		chain_page(&c, 2, 0xfffffffff000, page);
	}
	memcpy(out, c.digest, 48);
	return NULL;
}

/* ---- SEV and SEV-ES: one SHA-256 over everything ---- */
static inline void measure_sev(const struct snp_launch_input *in, struct flash f, uint8_t out[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t table[176], page[4096];

	EVP_DigestInit(md, EVP_sha256());
	EVP_DigestUpdate(md, f.p, f.n);
	if (in->kernel) {
		kernel_hash_table(in, table);
		EVP_DigestUpdate(md, table, sizeof(table));
	}
	for (unsigned i = 0; in->mode == MODE_SEV_ES && i < in->vcpus; i++) {
		measured_vmsa(page, in->vmm, i == 0 ? 0xfffffff0 : ap_reset_of(f), in->signature,
			      0);
		EVP_DigestUpdate(md, page, sizeof(page));
	}
	EVP_DigestFinal(md, out, NULL);
	EVP_MD_CTX_free(md);
}

/* NULL and the measurement (48 bytes for SNP, 32 for the others), or what is wrong with the image.
 */
static inline const char *measure_snp(const struct snp_launch_input *in, struct flash f,
				      uint8_t out[48])
{
	if (f.n == 0 || f.n % 4096 != 0)
		return "image is no multiple of 4 KiB";
	if (in->mode == MODE_SNP)
		return measure_snp_chain(in, f, out);
	measure_sev(in, f, out);
	return NULL;
}

#endif
