/* SPDX-License-Identifier: BSD-2-Clause */
/* One launch of any platform; the launches of our own hosts. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "verify.h"

#define IMAGE_MAX (64u << 20)

static void depends(struct measurement *m, const char *fmt, ...) FORMAT_PRINTF(2, 3);
static void depends(struct measurement *m, const char *fmt, ...)
{
	size_t n = strlen(m->depends);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->depends + n, sizeof(m->depends) - n, fmt, ap);
	va_end(ap);
}

/* Enough of a file's hash to tell it from another. */
static void depends_file(struct measurement *m, const char *name, struct bytes data)
{
	uint8_t hash[32];

	EVP_Digest(data.size > 0 ? (const void *)data.data : "", data.size, hash, NULL,
		   EVP_sha256(), NULL);
	depends(m, "%s: %zu bytes, sha256 ", name, data.size);
	for (unsigned i = 0; i < 8; i++)
		depends(m, "%02x", hash[i]);
	depends(m, "...\n");
}

static void depends_cca(struct measurement *m, const struct cca_launch *l)
{
	static const char *const hashes[] = { "sha256", "sha512", "sha384" };
	const struct rim_params *p = &l->params;

	depends_file(m, "devicetree", l->dtb);
	depends(m, "hash: %s\nipa-bits: %u\n", hashes[p->hash], p->s2sz);
	depends(m, "ram-base: 0x%llx\nmem: 0x%llx\nripas: %s\n", (unsigned long long)l->ram_base,
		(unsigned long long)l->ram_size, l->ripas_image ? "image" : "all");
	depends(m, "entry: 0x%llx\ndtb-base: 0x%llx\ndtb-room: 0x%llx\n",
		(unsigned long long)l->entry, (unsigned long long)l->dtb_base,
		(unsigned long long)l->dtb_room);
	depends(m, "num-bps: %u\nnum-wps: %u\n", p->num_bps, p->num_wps);
	if (p->pmu_num_ctrs != 0)
		depends(m, "pmu-ctrs: %u\n", p->pmu_num_ctrs);
	if (p->sve_vl != 0)
		depends(m, "sve-vl: %u\n", p->sve_vl);
}

static void depends_payload(struct measurement *m, const struct linux_payload *p,
			    const char *hashes)
{
	depends_file(m, "kernel", p->kernel);
	depends_file(m, "initrd", p->initrd);
	depends(m, "append: %.100s\nhashes: %s\n", p->cmdline != NULL ? p->cmdline : "", hashes);
}

static void depends_snp(struct measurement *m, const struct launch *l)
{
	static const char *const modes[] = { "sev", "sev-es", "snp" };
	static const char *const vmms[] = { "qemu", "ec2", "gce" };
	const struct snp_launch_input *in = &l->snp;

	depends(m, "mode: %s\n", modes[in->mode]);
	if (in->mode != MODE_SEV) {
		depends(m, "vmm: %s\ncpus: %u\n", vmms[in->vmm], in->vcpus);
		if (in->vmm == VMM_QEMU)
			depends(m, "vcpu-sig: 0x%x%s%s%s\n", in->signature,
				l->cpu != NULL ? " (" : "", l->cpu != NULL ? l->cpu : "",
				l->cpu != NULL ? ")" : "");
	}
	if (in->mode == MODE_SNP)
		depends(m, "features: 0x%llx\n", (unsigned long long)in->features);
	if (in->kernel)
		depends_payload(
		    m, &(struct linux_payload){ in->kernel_data, in->initrd, in->cmdline }, "host");
}

const char *launch_platform_name(const struct launch *l)
{
	if (l->platform == LAUNCH_CCA)
		return "cca";
	if (l->platform == LAUNCH_TDX)
		return "tdx";
	return l->snp.mode == MODE_SEV ? "sev" : l->snp.mode == MODE_SEV_ES ? "sev-es" : "snp";
}

const char *launch_independent(const struct launch *l)
{
	switch (l->platform) {
	case LAUNCH_CCA:
		return "the number of CPUs and the command line, but for what the devicetree says "
		       "of them\n"
		       "memory the host gives later, devices, personalization value\n";
	case LAUNCH_TDX:
		return l->flash_hashes
			   ? "the number and type of CPUs, memory size, the TD HOB\n"
			     "attributes, XFAM, MRCONFIGID, MROWNER, MROWNERCONFIG: fields of "
			     "their "
			     "own\n"
			   : "the number and type of CPUs, memory size, the TD HOB\n"
			     "command line, kernel and initrd: firmware measures them, if at all\n"
			     "attributes, XFAM, MRCONFIGID, MROWNER, MROWNERCONFIG: fields of "
			     "their "
			     "own\n";
	default:
		return l->snp.kernel || l->flash_hashes
			   ? "memory size, devices, contents of the secrets and CPUID pages\n"
			     "policy, host data, ID block: fields of their own in the report\n"
			   : "memory size, devices, contents of the secrets and CPUID pages\n"
			     "command line, kernel and initrd by fw_cfg: nobody measures them\n"
			     "policy, host data, ID block: fields of their own in the report\n";
	}
}

void launch_defaults(struct launch *l, enum launch_platform p)
{
	memset(l, 0, sizeof(*l));
	l->platform = p;
	l->order = MRTD_PAGES;
	l->cpu = "max";
	l->snp = (struct snp_launch_input){
		.mode = MODE_SNP, .vcpus = 2, .signature = SNP_SIGNATURE_MAX, .features = 1
	};
	cca_launch_defaults(&l->cca);
}

void measure_launch(struct launch *l, struct measurement *m)
{
	const char *why = NULL;

	memset(m, 0, sizeof(*m));
	switch (l->platform) {
	case LAUNCH_CCA:
		l->cca.image = l->image;
		why = measure_cca(&l->cca, m->value, &m->size);
		break;
	case LAUNCH_SNP:
		why = measure_snp(&l->snp, l->image, m->value);
		m->size = l->snp.mode == MODE_SNP ? SNP_DIGEST : SEV_DIGEST;
		break;
	case LAUNCH_TDX:
		why = measure_tdx(l->image, l->order, m->value);
		m->size = MRTD_SIZE;
		break;
	}
	if (why != NULL) {
		m->size = 0;
		snprintf(m->why, sizeof(m->why), "%s", why);
		return;
	}
	if (l->platform == LAUNCH_SNP && l->snp.firmware_digest != NULL)
		depends(m, "firmware-digest: given; of the image only the tables at its end\n");
	else
		depends_file(m, "image", l->image);
	if (l->platform == LAUNCH_CCA)
		depends_cca(m, &l->cca);
	else if (l->platform == LAUNCH_SNP)
		depends_snp(m, l);
	else
		depends(m, "order: %s\n", l->order == MRTD_PAGES ? "pages" : "two-pass");
	if (l->flash_hashes)
		depends_payload(m, &l->payload, "flash");
}

/* ---- runtime registers ---- */
static const EVP_MD *register_md(enum evlog_hash hash)
{
	return hash == EVLOG_SHA256   ? EVP_sha256()
	       : hash == EVLOG_SHA384 ? EVP_sha384()
	       : hash == EVLOG_SHA512 ? EVP_sha512()
				      : NULL;
}

/* A register becomes the hash of itself and of the digest of what is measured. */
static void extend(const EVP_MD *md, uint8_t reg[64], struct bytes data)
{
	size_t size = (size_t)EVP_MD_get_size(md);
	uint8_t both[128];

	memcpy(both, reg, size);
	EVP_Digest(data.size > 0 ? (const void *)data.data : "", data.size, both + size, NULL, md,
		   NULL);
	EVP_Digest(both, 2 * size, reg, NULL, md, NULL);
}

size_t measure_options_register(enum evlog_hash hash, const char *options, uint8_t out[64])
{
	const EVP_MD *md = register_md(hash);

	if (md == NULL)
		return 0;
	memset(out, 0, 64);
	extend(md, out, (struct bytes){ (const uint8_t *)options, strlen(options) });
	return (size_t)EVP_MD_get_size(md);
}

size_t measure_linux_registers(enum evlog_hash hash, const struct linux_payload *p,
			       uint8_t out[4][64])
{
	const char *text = p->cmdline != NULL ? p->cmdline : "";
	const EVP_MD *md = register_md(hash);

	if (md == NULL)
		return 0;
	memset(out, 0, 4 * 64);
	extend(md, out[1], p->kernel);
	extend(md, out[2], p->initrd);
	extend(md, out[2], (struct bytes){ (const uint8_t *)text, strlen(text) });
	return (size_t)EVP_MD_get_size(md);
}

/* ---- our own hosts ---- */
static bool is(const char *option, const char *word)
{
	return option != NULL && strcmp(option, word) == 0;
}

static bool run_cca(const struct run_spec *s, struct cca_launch *c)
{
	if (!parse_size(s->mem, &c->ram_size) ||
	    (s->ram_base != NULL && !parse_size(s->ram_base, &c->ram_base)))
		return false;
	if (s->ipa_bits != 0)
		c->params.s2sz = (uint8_t)s->ipa_bits;
	if (is(s->hash, "sha512"))
		c->params.hash = RIM_SHA512;
	c->ripas_image = is(s->ripas, "image");
	c->dtb_place = is(s->dtb, "after") ? CCA_DTB_AFTER
		       : is(s->dtb, "low") ? CCA_DTB_LOW
					   : CCA_DTB_HIGH;
	return true;
}

void measure_run(const struct run_spec *s, const char *image, const uint8_t *dtb, size_t dtb_size,
		 struct measurement *m)
{
	struct launch l;
	struct bytes file;

	memset(m, 0, sizeof(*m));
	launch_defaults(&l, s->host == HOST_CCA   ? LAUNCH_CCA
			    : s->host == HOST_SNP ? LAUNCH_SNP
						  : LAUNCH_TDX);
	l.snp.vcpus = s->cpus;
	l.cca.dtb = (struct bytes){ dtb, dtb != NULL ? dtb_size : 0 };
	if (s->host != HOST_CCA && s->host != HOST_SNP && s->host != HOST_TDX) {
		snprintf(m->why, sizeof(m->why), "host %s measures nothing", host_name(s->host));
		return;
	}
	if (s->host == HOST_CCA && !run_cca(s, &l.cca)) {
		snprintf(m->why, sizeof(m->why), "--mem or --ram-base is no size");
		return;
	}
	file = file_read(image, IMAGE_MAX);
	if (file.data == NULL) {
		snprintf(m->why, sizeof(m->why), "cannot read %.80s: %s", image, strerror(errno));
		return;
	}
	l.image = file;
	measure_launch(&l, m);
	free((void *)file.data);
}
