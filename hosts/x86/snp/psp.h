/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the SNP model that the secure processor and its firmware are on real hardware:
 * launch, launch digest, first VMSAs, secrets and CPUID pages, guest messages, attestation reports.
 * What the rest of the model uses stands in snp.h. Rules: SNP firmware ABI (56860), GHCB (56421)
 * for the certificate table.
 */
#ifndef PSP_H
#define PSP_H

#include "le.h"
#include "snp.h"

/* Firmware status codes of SNP_GUEST_REQUEST and SNP_LAUNCH_UPDATE. */
#define PSP_OK              0x00
#define PSP_BAD_MEASUREMENT 0x0b /* the tag of a guest message does not authenticate it */
#define PSP_INVALID_PARAM   0x16

#define SNP_CBIT_REDUCTION  5
#define SNP_LAUNCH_POLICY   (SNP_POLICY_SMT | SNP_POLICY_RSVD1) /* QEMU's default, 0x30000 */

/* ---- the flash image (image.c), read as QEMU reads it ---- */
#define SNP_SECTIONS_MAX 32

struct snp_section {
	u64 gpa, size;
	u32 type; /* SNP_META_* or anything else */
};

struct snp_image {
	const u8 *data;
	size_t size;
	u32 ap_reset;            /* of the SEV-ES reset block; 0: the image has none */
	u64 hashes, hashes_size; /* room for the table of kernel hashes; 0: the image has none */
	unsigned count;
	struct snp_section sections[SNP_SECTIONS_MAX];
};

/* NULL, or what is wrong with the image. */
const char *snp_image_parse(struct blob file, struct snp_image *out);

/* ---- kernel hashes (hashes.c), written as QEMU writes them with kernel-hashes=on ---- */
#define SNP_HASHES_SIZE 176
/* NULL, or why this launch cannot have them. */
const char *snp_hashes_check(const struct snp_image *image);
/* The page of the section made for them. */
void snp_hashes_fill(const struct snp_image *image, u8 page[PAGE_SIZE]);

/* ---- launch (launch.c); snp_launch() also prints "measurement: HEX" ---- */
struct psp_guest {
	u8 digest[SNP_DIGEST_SIZE]; /* launch digest so far, after FINISH the measurement */
	u64 policy;
	u32 signature; /* CPUID signature of the vCPUs, family/model/stepping as in leaf 1 EAX */
	u8 vmpck[SNP_VMPCK_COUNT][SNP_VMPCK_SIZE];
	u64 sequence[SNP_VMPCK_COUNT]; /* number of the last message answered, per key */
	u8 report_id[32];
};
extern struct psp_guest psp_guest;

/* digest = SHA-384(PAGE_INFO); page: 4096 bytes, NULL for the types whose contents do not count. */
void psp_measure(u8 digest[SNP_DIGEST_SIZE], u32 type, u64 gpa, const u8 *page);

/* ---- pages (vmsa.c, secrets.c, cpuid_page.c) ---- */
/* Reset state as QEMU and KVM set it; eip is the linear reset address. */
void psp_vmsa_init(u8 page[VMSA_SIZE], u32 eip, u32 signature, u64 features);
/* Draws the message keys and writes the page a guest finds them in. */
void psp_secrets(struct psp_guest *g, u8 page[PAGE_SIZE]);
/* The host's half: the table KVM would supply for this vCPU. False: more than 64 entries. */
bool snp_cpuid_table(struct vcpu *v, u8 page[PAGE_SIZE]);
/* The firmware's half: PSP_OK, or PSP_INVALID_PARAM with `page` rewritten to what it accepts. */
u32 psp_cpuid_check(u8 page[PAGE_SIZE]);

/* ---- guest messages (guestmsg.c, report.c) ---- */
/* Payload of MSG_REPORT_REQ from the holder of VMPCK `vmpck` into that of MSG_REPORT_RSP. */
void psp_report(unsigned vmpck, const u8 request[SNP_REPORT_REQ_SIZE],
		u8 response[SNP_REPORT_RSP_SIZE]);

#endif
