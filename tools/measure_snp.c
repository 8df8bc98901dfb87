/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SEV launch measurements from a flash image: the chain of PAGE_INFO structures of SNP, and the
 * plain hashes of SEV and SEV-ES; as QEMU, EC2 and GCE launch. OpenSSL's hashes.
 */
#include <string.h>

#include "le.h"
#include "measure_launch.h"

#define GUID_SEV_METADATA "dc886566-984a-4798-a75e-5585a7bf67cc"
#define GUID_HASH_TABLE   "7255371f-3a3b-4b04-927b-1da6efa8d454"
#define GUID_ES_RESET     "00f771de-1a7e-4fcb-890e-68c77e2fb44e"

#define PAGE              4096
#define FLASH_END         0x100000000ULL
#define FLASH_MAX         (16u << 20)
#define BSP_RESET         0xfffffff0u
#define VMSA_GPA          0xfffffffff000ULL
#define META_HEAD         16
#define META_SECTION      12
#define META_SECTIONS_MAX 64
#define SECTION_MAX       (256ULL << 20) /* for time: no launch adds more than some MiB */

enum section { SEC_MEM = 1, SEC_SECRETS = 2, SEC_CPUID = 3, SEC_SVSM = 4, SEC_HASHES = 0x10 };
enum page_type { T_NORMAL = 1, T_VMSA, T_ZERO, T_UNMEASURED, T_SECRETS, T_CPUID };

static void hash_table(const struct snp_launch_input *in, uint8_t table[KERNEL_HASHES])
{
	const struct linux_payload p = { in->kernel_data, in->initrd, in->cmdline };

	kernel_hashes_table(&p, table);
}

/* ---- the SNP chain ---- */
struct snp_chain {
	const struct snp_launch_input *in;
	uint8_t digest[SNP_DIGEST];
};

static void chain_page(struct snp_chain *c, enum page_type type, uint64_t gpa, const uint8_t *page)
{
	uint8_t info[0x70] = { 0 };

	memcpy(info, c->digest, 48);
	if (type <= T_VMSA)
		EVP_Digest(page, PAGE, info + 0x30, NULL, EVP_sha384(), NULL);
	le_put(info + 0x60, sizeof(info), 2);
	info[0x62] = (uint8_t)type;
	le_put(info + 0x68, gpa, 8);
	EVP_Digest(info, sizeof(info), c->digest, NULL, EVP_sha384(), NULL);
	if (c->in->step != NULL)
		c->in->step(c->in->arg, type, gpa, info + 0x30, c->digest);
}

static void chain_pages(struct snp_chain *c, enum page_type type, uint64_t gpa, uint64_t end)
{
	for (; gpa < end; gpa += PAGE)
		chain_page(c, type, gpa, NULL);
}

static const char *chain_hashes(struct snp_chain *c, struct bytes image, uint64_t gpa, uint64_t end)
{
	uint8_t page[PAGE] = { 0 }, table[KERNEL_HASHES];
	const uint8_t *entry;
	const char *why;
	uint64_t at;

	if (!c->in->kernel) {
		chain_pages(c, T_ZERO, gpa, end);
		return NULL;
	}
	why = flash_entry(image, GUID_HASH_TABLE, 8, &entry);
	if (why != NULL)
		return why;
	if (entry == NULL)
		return "the image has no place for kernel hashes";
	at = le_get(entry, 4);
	if (end - gpa != PAGE || at < gpa || at > end - KERNEL_HASHES)
		return "the place for kernel hashes is not in the page for them";
	hash_table(c->in, table);
	memcpy(page + (at - gpa), table, sizeof(table));
	chain_page(c, T_NORMAL, gpa, page);
	return NULL;
}

/* ---- metadata ---- */
struct sections {
	const uint8_t *p;
	size_t n;
};

static uint64_t section_gpa(const uint8_t *s)
{
	return le_get(s, 4);
}

static uint64_t section_size(const uint8_t *s)
{
	return le_get(s + 4, 4);
}

static uint32_t section_kind(const uint8_t *s)
{
	return (uint32_t)le_get(s + 8, 4);
}

/* What a VMM cannot launch: pages are given one by one, each once. */
static const char *check_section(struct sections all, size_t i, size_t image_size)
{
	const uint8_t *s = all.p + i * META_SECTION;
	uint64_t gpa = section_gpa(s), size = section_size(s);
	uint32_t kind = section_kind(s);

	if (gpa % PAGE != 0 || size % PAGE != 0)
		return "an SEV section is not page aligned";
	if (size == 0)
		return "an SEV section is empty";
	if ((kind == SEC_SECRETS || kind == SEC_CPUID) && size != PAGE)
		return "the secrets or CPUID section is not one page";
	if (gpa + size > FLASH_END)
		return "an SEV section wraps at 4 GiB";
	if (size > SECTION_MAX)
		return "an SEV section of more than 256 MiB";
	if (flash_overlap(gpa, size, FLASH_END - image_size, image_size))
		return "an SEV section lies in the image";
	for (size_t j = 0; j < i; j++) {
		const uint8_t *o = all.p + j * META_SECTION;

		if (flash_overlap(gpa, size, section_gpa(o), section_size(o)))
			return "SEV sections overlap";
	}
	return NULL;
}

static const char *find_sections(struct bytes image, struct sections *out)
{
	const uint8_t *entry, *m;
	const char *why = flash_entry(image, GUID_SEV_METADATA, 4, &entry);
	size_t offset;

	if (why != NULL)
		return why;
	if (entry == NULL)
		return "the image has no SEV metadata";
	offset = le_get(entry, 4);
	if (offset < META_HEAD || offset > image.size)
		return "SEV metadata outside the image";
	m = image.data + image.size - offset;
	if (memcmp(m, "ASEV", 4) != 0)
		return "SEV metadata without their signature";
	out->n = le_get(m + 12, 4);
	out->p = m + META_HEAD;
	if (out->n > META_SECTIONS_MAX)
		return "SEV metadata with too many sections";
	if (out->n > (offset - META_HEAD) / META_SECTION)
		return "SEV metadata run past the image";
	for (size_t i = 0; i < out->n && why == NULL; i++)
		why = check_section(*out, i, image.size);
	return why;
}

static const char *chain_section(struct snp_chain *c, struct bytes image, const uint8_t *section,
				 bool cpuid_turn)
{
	uint64_t gpa = section_gpa(section), end = gpa + section_size(section);
	uint32_t kind = section_kind(section);
	enum page_type type = kind == SEC_SECRETS ? T_SECRETS
			      : kind == SEC_CPUID ? T_CPUID
						  : T_ZERO;

	/* EC2 adds CPUID pages behind all others. */
	if ((c->in->vmm == VMM_EC2 && kind == SEC_CPUID) != cpuid_turn)
		return NULL;
	if (kind == SEC_MEM && c->in->vmm == VMM_GCE)
		type = T_UNMEASURED;
	if (kind == SEC_HASHES)
		return chain_hashes(c, image, gpa, end);
	chain_pages(c, type, gpa, end);
	return NULL;
}

static const char *chain_sections(struct snp_chain *c, struct bytes image)
{
	struct sections all = { NULL, 0 };
	const char *why = find_sections(image, &all);
	bool hashes = false;

	for (unsigned turn = 0; turn < 2; turn++)
		for (size_t i = 0; why == NULL && i < all.n; i++) {
			const uint8_t *s = all.p + META_SECTION * i;

			hashes |= section_kind(s) == SEC_HASHES;
			why = chain_section(c, image, s, turn == 1);
		}
	/* A VMM refuses, too: the kernel would run unmeasured. */
	if (why == NULL && c->in->kernel && !hashes)
		return "the image has no section for kernel hashes";
	return why;
}

/* Where the other CPUs start: of the table, or of the lone block images had before it. */
static const char *ap_reset(struct bytes image, uint32_t *eip)
{
	const uint8_t *entry = NULL;
	const char *why = NULL;
	uint8_t guid[16];

	flash_guid(GUID_ES_RESET, guid);
	if (flash_has_table(image))
		why = flash_entry(image, GUID_ES_RESET, 4, &entry);
	else if (memcmp(image.data + image.size - 48, guid, 16) == 0)
		entry = image.data + image.size - 54;
	*eip = entry != NULL ? (uint32_t)le_get(entry, 4) : BSP_RESET;
	return why;
}

static const char *measure_chain(const struct snp_launch_input *in, struct bytes image,
				 uint8_t out[SNP_DIGEST])
{
	struct snp_chain c = { .in = in };
	uint8_t page[PAGE];
	const char *why;
	uint32_t ap;

	if (in->firmware_digest != NULL)
		memcpy(c.digest, in->firmware_digest, SNP_DIGEST);
	else
		for (size_t at = 0; at < image.size; at += PAGE)
			chain_page(&c, T_NORMAL, FLASH_END - image.size + at, image.data + at);
	why = chain_sections(&c, image);
	if (why == NULL)
		why = ap_reset(image, &ap);
	if (why != NULL)
		return why;
	for (unsigned i = 0; i < in->vcpus; i++) {
		measured_vmsa(page, in->vmm, i == 0 ? BSP_RESET : ap, in->signature, in->features);
		chain_page(&c, T_VMSA, VMSA_GPA, page);
	}
	memcpy(out, c.digest, SNP_DIGEST);
	return NULL;
}

/* ---- SEV and SEV-ES: one SHA-256 over everything ---- */
static const char *measure_sev(const struct snp_launch_input *in, struct bytes image,
			       uint8_t out[SEV_DIGEST])
{
	const uint8_t *place = NULL;
	const char *why = NULL;
	uint8_t table[KERNEL_HASHES], page[PAGE];
	EVP_MD_CTX *md;
	uint32_t ap;

	if (in->kernel)
		why = flash_entry(image, GUID_HASH_TABLE, 8, &place);
	if (why == NULL && in->kernel && place == NULL)
		why = "the image has no place for kernel hashes";
	if (why == NULL)
		why = ap_reset(image, &ap);
	if (why != NULL)
		return why;
	md = EVP_MD_CTX_new();
	EVP_DigestInit(md, EVP_sha256());
	EVP_DigestUpdate(md, image.data, image.size);
	if (in->kernel) {
		hash_table(in, table);
		EVP_DigestUpdate(md, table, sizeof(table));
	}
	for (unsigned i = 0; in->mode == MODE_SEV_ES && i < in->vcpus; i++) {
		measured_vmsa(page, in->vmm, i == 0 ? BSP_RESET : ap, in->signature, 0);
		EVP_DigestUpdate(md, page, sizeof(page));
	}
	EVP_DigestFinal(md, out, NULL);
	EVP_MD_CTX_free(md);
	return NULL;
}

const char *measure_snp(const struct snp_launch_input *in, struct bytes image,
			uint8_t out[SNP_DIGEST])
{
	if (image.size == 0 || image.size % PAGE != 0)
		return "the image is no multiple of 4 KiB";
	if (image.size > FLASH_MAX)
		return "the image is larger than 16 MiB";
	return in->mode == MODE_SNP ? measure_chain(in, image, out) : measure_sev(in, image, out);
}
