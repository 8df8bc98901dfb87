/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Launch of an SNP guest in the order of QEMU and KVM: the whole image, the sections of its
 * metadata in table order, one VMSA for each vCPU, FINISH. The launch digest grows with every page.
 */
#include "psp.h"

#define BSP_RESET 0xfffffff0u

struct psp_guest psp_guest;

static u8 (*vmsas)[VMSA_SIZE];

const u8 *snp_launch_vmsa(unsigned index)
{
	return vmsas[index];
}

/* SNP_LAUNCH_UPDATE of one page whose contents are in place. */
static void update(u32 type, u64 gpa, const u8 *page)
{
	enum status st = rmp_launch(gpa, type);

	if (st != ST_OK)
		core_panic("launch: page type %u at 0x%llx: %s", type, (unsigned long long)gpa,
			   status_text(st));
	psp_measure(psp_guest.digest, type, gpa, type == SNP_PAGE_NORMAL ? page : NULL);
}

static void load_firmware(const struct snp_image *image)
{
	u64 base = GIB(4) - image->size;

	for (u64 at = 0; at < image->size; at += PAGE_SIZE) {
		u8 *page = rmp_private(base + at);

		for (u64 i = 0; i < PAGE_SIZE; i++)
			page[i] = image->data[at + i];
		update(SNP_PAGE_NORMAL, base + at, page);
	}
}

/* The firmware rewrites a table it does not accept, and the host tries once more with that. */
static void fill_cpuid(u8 *page)
{
	if (!snp_cpuid_table(&vcpus[0], page))
		core_panic("launch: more CPUID leaves than the page holds");
	for (unsigned tries = 0; psp_cpuid_check(page) != PSP_OK; tries++)
		if (tries == 0)
			channel("host: the firmware rewrote the CPUID page");
		else
			core_panic("launch: the CPUID page is refused");
}

static u32 page_type(u32 section_type)
{
	switch (section_type) {
	case SNP_META_SECRETS:
		return SNP_PAGE_SECRETS;
	case SNP_META_CPUID:
		return SNP_PAGE_CPUID;
	case SNP_META_KERNEL_HASHES:
		return config.hashes ? SNP_PAGE_NORMAL : SNP_PAGE_ZERO;
	default:
		return SNP_PAGE_ZERO;
	}
}

static void load_section(const struct snp_image *image, const struct snp_section *s)
{
	u32 type = page_type(s->type);

	for (u64 at = s->gpa; at < s->gpa + s->size; at += PAGE_SIZE) {
		u8 *page = rmp_private(at);

		if (type == SNP_PAGE_SECRETS)
			psp_secrets(&psp_guest, page);
		else if (type == SNP_PAGE_CPUID)
			fill_cpuid(page);
		else if (type == SNP_PAGE_NORMAL)
			snp_hashes_fill(image, page);
		else
			for (u64 i = 0; i < PAGE_SIZE; i++)
				page[i] = 0;
		update(type, at, page);
	}
}

static void finish(const struct snp_image *image)
{
	struct blob certificates = snp_certificates();
	u32 ap = image->ap_reset != 0 ? image->ap_reset : BSP_RESET;

	vmsas = core_pages(config.cpus);
	for (unsigned i = 0; i < config.cpus; i++) {
		psp_vmsa_init(vmsas[i], i == 0 ? BSP_RESET : ap, psp_guest.signature,
			      SNP_SEV_FEATURES);
		psp_measure(psp_guest.digest, SNP_PAGE_VMSA, SNP_VMSA_GPA, vmsas[i]);
	}
	channel_hex("measurement", psp_guest.digest, SNP_DIGEST_SIZE);
	channel_hex("certificates", certificates.data, certificates.size);
}

void snp_launch(void)
{
	static struct snp_image image;
	const char *why = snp_image_parse(core_guest_image(), &image);
	u32 leaf1[4];

	if (why == NULL && config.hashes)
		why = snp_hashes_check(&image);
	if (why != NULL)
		core_panic("guest image: %s", why);
	snp_cpuid(&vcpus[0], 1, 0, leaf1);
	psp_guest = (struct psp_guest){ .policy = SNP_LAUNCH_POLICY, .signature = leaf1[0] };
	if (config.debug)
		psp_guest.policy |= SNP_POLICY_DEBUG;
	load_firmware(&image);
	for (unsigned i = 0; i < image.count; i++)
		load_section(&image, &image.sections[i]);
	finish(&image);
}
