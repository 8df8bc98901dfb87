/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Launch measurements from bytes and numbers, by the platforms' specifications. Shares nothing with
 * the hosts, whose tests compare theirs with these.
 *
 *   flash.c            a flash image's table of entries, from its end
 *   kernel_hashes.c    the table of kernel hashes that is part of a launch
 *   measure_cca.c      RIM (DEN0137; arm-cca sheet section 9.4)
 *   measure_snp.c      SEV, SEV-ES and SNP launch digests (56860 8.17.2; amd-snp sheet section 13)
 *   measure_vmsa.c     the CPU state in them (amd-snp sheet section 12.1)
 *   measure_tdx.c      MRTD (TDX module base specification; intel-tdx sheet section 10)
 *
 * An image is the user's, not the host's, but it may be any file: every number in it is checked,
 * and what is not fit for the platform gets a reason instead of a measurement.
 */
#ifndef MEASURE_LAUNCH_H
#define MEASURE_LAUNCH_H

#include <openssl/evp.h>

#include "attest.h"

/* ---- flash.c ---- */
void flash_guid(const char *text, uint8_t out[16]); /* as it stands in the file */
bool flash_has_table(struct bytes image);           /* the footer is there */
bool flash_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);
/* Data of an entry, `want` bytes or more; NULL in *data: no such entry. Returns NULL, or what is
 * wrong with the table. */
const char *flash_entry(struct bytes image, const char *guid, size_t want, const uint8_t **data);

/* ---- kernel_hashes.c ---- */
struct linux_payload { /* what firmware boots; absent: data NULL, size 0, cmdline NULL */
	struct bytes kernel, initrd;
	const char *cmdline;
};

#define KERNEL_HASHES 176 /* bytes of the table, padded */
void kernel_hashes_table(const struct linux_payload *p, uint8_t table[KERNEL_HASHES]);
/* Into the image's own table (include/abi/fd.h). NULL, or what is wrong with the image. */
const char *kernel_hashes_fill(uint8_t *image, size_t image_size, const struct linux_payload *p);
bool kernel_hashes_filled(struct bytes image); /* it has such a table, and not only zeros there */

/* ---- measure_vmsa.c, measure_snp.c ---- */
enum snp_mode { MODE_SEV, MODE_SEV_ES, MODE_SNP };
enum snp_vmm { VMM_QEMU, VMM_EC2, VMM_GCE };

#define SNP_SIGNATURE_MAX 0x60fb1u /* QEMU's CPU model "max": family 15, model 107, stepping 1 */
#define SNP_DIGEST        48
#define SEV_DIGEST        32

struct snp_launch_input {
	enum snp_mode mode;
	enum snp_vmm vmm;
	unsigned vcpus;
	uint32_t signature;             /* CPUID leaf 1 EAX of the vCPUs */
	uint64_t features;              /* SEV_FEATURES */
	const uint8_t *firmware_digest; /* 48 bytes: start from it instead of hashing the image */
	bool kernel;                    /* with a kernel its hashes are part of the measurement */
	struct bytes kernel_data, initrd;
	const char *cmdline;
	/* Called after each page of an SNP chain, may be NULL. */
	void (*step)(void *arg, unsigned type, uint64_t gpa, const uint8_t contents[48],
		     const uint8_t digest[48]);
	void *arg;
};

/* NULL and the measurement (48 bytes for SNP, 32 for the others), or what is wrong with the image.
 */
const char *measure_snp(const struct snp_launch_input *in, struct bytes image,
			uint8_t out[SNP_DIGEST]);
void measured_vmsa(uint8_t page[4096], enum snp_vmm vmm, uint32_t eip, uint32_t signature,
		   uint64_t features);
/* Of a CPU type by QEMU's name ("EPYC-Milan", "EPYC-v4", "max"); false: not known. */
bool snp_cpu_signature(const char *name, uint32_t *signature);

/* ---- measure_tdx.c ---- */
enum mrtd_order {
	MRTD_PAGES,    /* KVM upstream: each page is added, then extended */
	MRTD_TWO_PASS, /* older: all pages of a section are added, then all extended */
};

#define MRTD_SIZE 48

struct mrtd {
	EVP_MD_CTX *md;
	enum mrtd_order order;
};

void mrtd_begin(struct mrtd *m, enum mrtd_order order);
/* size: a multiple of 4 KiB; bytes behind the data are zeros. */
void mrtd_region(struct mrtd *m, uint64_t gpa, uint64_t size, bool measured, struct bytes data);
void mrtd_end(struct mrtd *m, uint8_t out[MRTD_SIZE]);
/* NULL and the MRTD, or what is wrong with the image. */
const char *measure_tdx(struct bytes image, enum mrtd_order order, uint8_t out[MRTD_SIZE]);

/* ---- measure_cca.c ---- */
enum rim_hash { RIM_SHA256 = 0, RIM_SHA512 = 1, RIM_SHA384 = 2 }; /* RmiHashAlgorithm */

struct rim_params {     /* of RmiRealmParams, those that are measured */
	uint64_t flags; /* LPA2 bit 0, SVE bit 1, PMU bit 2 */
	uint8_t s2sz;   /* IPA width */
	uint8_t sve_vl, num_bps, num_wps, pmu_num_ctrs;
	enum rim_hash hash;
};

#define RIM_TABLES 64

struct rim {
	const EVP_MD *md;
	size_t size;
	uint8_t value[64]; /* zero behind the digest */
	unsigned start_level;
	size_t tables; /* translation tables below the first, made for initial RIPAS */
	struct {
		uint64_t base;
		unsigned level;
	} table[RIM_TABLES];
};

#define REC_RUNNABLE 1u

void rim_create(struct rim *r, const struct rim_params *p);
/* One event for each entry the host's walk sets. false: more tables than a launch needs. */
bool rim_ripas(struct rim *r, uint64_t base, uint64_t top);
void rim_data(struct rim *r, uint64_t ipa, bool measured, const uint8_t page[4096]);
void rim_rec(struct rim *r, uint64_t flags, uint64_t pc, const uint64_t gprs[8]);

enum cca_dtb { CCA_DTB_HIGH, CCA_DTB_AFTER, CCA_DTB_LOW, CCA_DTB_AT };

struct cca_launch {
	struct rim_params params;
	uint64_t ram_base, ram_size;
	bool ripas_image; /* initial RIPAS RAM only where image and devicetree are; else everywhere
			   */
	enum cca_dtb dtb_place;
	uint64_t dtb_base; /* CCA_DTB_AT; measure_cca() writes where it was put */
	uint64_t dtb_room; /* bytes of it that are measured, zeros behind the tree */
	uint64_t entry;    /* measure_cca() writes where the image was put */
	struct bytes image, dtb;
};

void cca_launch_defaults(struct cca_launch *l); /* our own host's */
/* NULL and the RIM, or what is wrong. */
const char *measure_cca(struct cca_launch *l, uint8_t out[64], size_t *size);

#endif
