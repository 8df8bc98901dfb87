/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of `postern measure`: which platform has which, and what they set. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "measure_local.h"
#include "verify.h"

#define ON_CCA         (1u << LAUNCH_CCA)
#define ON_SNP         (1u << LAUNCH_SNP)
#define ON_TDX         (1u << LAUNCH_TDX)
#define ON_ALL         (ON_CCA | ON_SNP | ON_TDX)

#define FILE_MAX_BYTES (256u << 20)

enum opt {
	O_PLATFORM,
	O_CPUS,
	O_MEM,
	O_APPEND,
	O_KIND,
	O_LOG,
	O_JSON,
	O_VMM,
	O_MODE,
	O_VCPU_TYPE,
	O_VCPU_SIG,
	O_FEATURES,
	O_KERNEL,
	O_INITRD,
	O_HASHES,
	O_FIRMWARE_DIGEST,
	O_ORDER,
	O_DTB,
	O_DTB_BASE,
	O_DTB_ROOM,
	O_RAM_BASE,
	O_IPA_BITS,
	O_HASH,
	O_RIPAS,
	O_NUM_BPS,
	O_NUM_WPS,
	O_PMU_CTRS,
	O_SVE_VL,
	O_HELP,
	O_COUNT
};

static const struct {
	const char *name;
	unsigned platforms;
	bool flag;
} table[O_COUNT] = {
	[O_PLATFORM] = { "platform", ON_ALL, false },
	[O_CPUS] = { "cpus", ON_ALL, false },
	[O_MEM] = { "mem", ON_ALL, false },
	[O_APPEND] = { "append", ON_ALL, false },
	[O_KIND] = { "kind", ON_CCA | ON_TDX, false },
	[O_LOG] = { "log", ON_CCA | ON_TDX, false },
	[O_JSON] = { "json", ON_ALL, true },
	[O_VMM] = { "vmm", ON_SNP, false },
	[O_MODE] = { "mode", ON_SNP, false },
	[O_VCPU_TYPE] = { "vcpu-type", ON_SNP, false },
	[O_VCPU_SIG] = { "vcpu-sig", ON_SNP, false },
	[O_FEATURES] = { "features", ON_SNP, false },
	[O_KERNEL] = { "kernel", ON_ALL, false },
	[O_INITRD] = { "initrd", ON_ALL, false },
	[O_HASHES] = { "hashes", ON_SNP | ON_TDX, false },
	[O_FIRMWARE_DIGEST] = { "firmware-digest", ON_SNP, false },
	[O_ORDER] = { "order", ON_TDX, false },
	[O_DTB] = { "dtb", ON_CCA, false },
	[O_DTB_BASE] = { "dtb-base", ON_CCA, false },
	[O_DTB_ROOM] = { "dtb-room", ON_CCA, false },
	[O_RAM_BASE] = { "ram-base", ON_CCA, false },
	[O_IPA_BITS] = { "ipa-bits", ON_CCA, false },
	[O_HASH] = { "hash", ON_CCA, false },
	[O_RIPAS] = { "ripas", ON_CCA, false },
	[O_NUM_BPS] = { "num-bps", ON_CCA, false },
	[O_NUM_WPS] = { "num-wps", ON_CCA, false },
	[O_PMU_CTRS] = { "pmu-ctrs", ON_CCA, false },
	[O_SVE_VL] = { "sve-vl", ON_CCA, false },
	[O_HELP] = { "help", ON_ALL, true },
};

static int wrong(const char *name, const char *value, const char *want)
{
	fprintf(stderr, "postern: --%s %s: want %s\n", name, value, want);
	return EXIT_USAGE;
}

/* Which of "a|b|c" the word is; -1: none. */
static int choice(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (int i = 0;; i++) {
		size_t len = strcspn(words, "|");

		if (len == n && memcmp(words, word, n) == 0)
			return i;
		if (words[len] == '\0')
			return -1;
		words += len + 1;
	}
}

static bool number(const char *text, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out <= max;
}

static int read_option(const char *name, const char *path, struct bytes *out)
{
	*out = file_read(path, FILE_MAX_BYTES);
	if (out->data != NULL)
		return EXIT_PASS;
	fprintf(stderr, "postern: --%s %s: %s\n", name, path, strerror(errno));
	return EXIT_ENVIRONMENT;
}

/* ---- values ---- */
static int set_choice(struct measure_args *a, enum opt o, const char *v)
{
	static const struct {
		enum opt o;
		const char *words, *want;
	} list[] = {
		{ O_KIND, "probe|workload|firmware", "probe, workload or firmware" },
		{ O_HASHES, "host|flash|none", "host, flash or none" },
		{ O_VMM, "qemu|ec2|gce", "qemu, ec2 or gce" },
		{ O_MODE, "sev|sev-es|snp", "sev, sev-es or snp" },
		{ O_ORDER, "pages|two-pass", "pages or two-pass" },
		{ O_HASH, "sha256|sha512|sha384", "sha256, sha384 or sha512" },
		{ O_RIPAS, "all|image", "all or image" },
	};
	size_t i = 0;
	int n;

	while (list[i].o != o)
		i++;
	n = choice(list[i].words, v);
	if (n < 0)
		return wrong(table[o].name, v, list[i].want);
	if (o == O_KIND)
		a->workload = n == 1;
	else if (o == O_HASHES)
		a->hashes = HASHES_HOST + (enum hash_place)n;
	else if (o == O_VMM)
		a->launch.snp.vmm = (enum snp_vmm)n;
	else if (o == O_MODE)
		a->launch.snp.mode = (enum snp_mode)n;
	else if (o == O_ORDER)
		a->launch.order = (enum mrtd_order)n;
	else if (o == O_HASH)
		a->launch.cca.params.hash = (enum rim_hash)n;
	else
		a->launch.cca.ripas_image = n == 1;
	return EXIT_PASS;
}

static int set_small(struct measure_args *a, enum opt o, const char *v)
{
	struct rim_params *p = &a->launch.cca.params;
	const struct {
		enum opt o;
		unsigned min, max;
		uint8_t *to;
		const char *want;
	} list[] = {
		{ O_IPA_BITS, 32, 48, &p->s2sz, "a number from 32 to 48" },
		{ O_NUM_BPS, 1, 63, &p->num_bps, "a number from 1 to 63" },
		{ O_NUM_WPS, 1, 63, &p->num_wps, "a number from 1 to 63" },
		{ O_PMU_CTRS, 0, 31, &p->pmu_num_ctrs, "a number from 0 to 31" },
		{ O_SVE_VL, 0, 15, &p->sve_vl, "a number from 0 to 15" },
	};
	unsigned long long n;
	size_t i = 0;

	while (list[i].o != o)
		i++;
	if (!number(v, list[i].max, &n) || n < list[i].min)
		return wrong(table[o].name, v, list[i].want);
	*list[i].to = (uint8_t)n;
	if (o == O_PMU_CTRS)
		p->flags |= 4;
	if (o == O_SVE_VL)
		p->flags |= 2;
	return EXIT_PASS;
}

static int set_size(struct measure_args *a, enum opt o, const char *v)
{
	struct cca_launch *c = &a->launch.cca;

	if (o == O_DTB_BASE && choice("high|after|low", v) >= 0) {
		c->dtb_place = (enum cca_dtb)choice("high|after|low", v);
		return EXIT_PASS;
	}
	if (!parse_size(v, o == O_MEM        ? &c->ram_size
			   : o == O_RAM_BASE ? &c->ram_base
			   : o == O_DTB_BASE ? &c->dtb_base
					     : &c->dtb_room))
		return wrong(table[o].name, v,
			     o == O_DTB_BASE ? "high, after, low or an address"
					     : "a number, like 0x40000000, 64K or 2G");
	if (o == O_DTB_BASE)
		c->dtb_place = CCA_DTB_AT;
	return EXIT_PASS;
}

static int set_snp(struct measure_args *a, enum opt o, const char *v)
{
	struct snp_launch_input *in = &a->launch.snp;
	unsigned long long n;

	switch (o) {
	case O_CPUS:
		if (!number(v, 4096, &n) || n == 0)
			return wrong("cpus", v, "a number from 1 to 4096");
		in->vcpus = (unsigned)n;
		return EXIT_PASS;
	case O_VCPU_TYPE:
		a->launch.cpu = v;
		if (!snp_cpu_signature(v, &in->signature))
			return wrong("vcpu-type", v,
				     "max, EPYC, EPYC-Rome, EPYC-Milan, EPYC-Genoa or EPYC-Turin, "
				     "or --vcpu-sig");
		return EXIT_PASS;
	case O_VCPU_SIG:
		a->launch.cpu = NULL;
		if (!number(v, UINT32_MAX, &n))
			return wrong("vcpu-sig", v, "EAX of CPUID leaf 1, like 0xa00f11");
		in->signature = (uint32_t)n;
		return EXIT_PASS;
	case O_FEATURES:
		if (!number(v, UINT64_MAX, &n))
			return wrong("features", v, "SEV_FEATURES, like 0x1");
		in->features = n;
		return EXIT_PASS;
	default:
		if (!hex_parse(v, a->firmware_digest, SNP_DIGEST))
			return wrong("firmware-digest", v, "96 hex digits");
		in->firmware_digest = a->firmware_digest;
		return EXIT_PASS;
	}
}

static int set_option(struct measure_args *a, enum opt o, const char *v)
{
	switch (o) {
	case O_PLATFORM: /* read before all others */
		return EXIT_PASS;
	case O_APPEND:
		a->append = a->payload.cmdline = v;
		return EXIT_PASS;
	case O_KERNEL:
		a->linux = true;
		return read_option("kernel", v, &a->payload.kernel);
	case O_INITRD:
		return read_option("initrd", v, &a->payload.initrd);
	case O_LOG:
		return read_option("log", v, &a->log);
	case O_DTB:
		return read_option("dtb", v, &a->launch.cca.dtb);
	case O_JSON:
		a->json = true;
		return EXIT_PASS;
	case O_KIND:
	case O_HASHES:
	case O_VMM:
	case O_MODE:
	case O_ORDER:
	case O_HASH:
	case O_RIPAS:
		return set_choice(a, o, v);
	case O_IPA_BITS:
	case O_NUM_BPS:
	case O_NUM_WPS:
	case O_PMU_CTRS:
	case O_SVE_VL:
		return set_small(a, o, v);
	case O_MEM:
	case O_RAM_BASE:
	case O_DTB_BASE:
	case O_DTB_ROOM:
		return set_size(a, o, v);
	default:
		return set_snp(a, o, v);
	}
}

/* ---- what does not go together ---- */
struct given {
	const char *value[O_COUNT];
};

static int refuse(const char *option, const char *why)
{
	fprintf(stderr, "postern: --%s: %s\n", option, why);
	return EXIT_USAGE;
}

static int check_snp(const struct given *g, const struct measure_args *a)
{
	const struct snp_launch_input *in = &a->launch.snp;

	if (g->value[O_APPEND] != NULL && g->value[O_KERNEL] == NULL)
		return refuse("append", "on snp it is measured only together with --kernel");
	if (g->value[O_KERNEL] != NULL && a->hashes == HASHES_NONE)
		return refuse("hashes", "without them nothing on snp measures the kernel");
	if (a->hashes == HASHES_FLASH && in->firmware_digest != NULL)
		return refuse("firmware-digest", "it has the flash file's hashes in it");
	if (g->value[O_FEATURES] != NULL && in->mode != MODE_SNP)
		return refuse("features", "only --mode snp measures them");
	if (in->firmware_digest != NULL && in->mode != MODE_SNP)
		return refuse("firmware-digest", "only --mode snp can start from it");
	if (g->value[O_VCPU_TYPE] != NULL && g->value[O_VCPU_SIG] != NULL)
		return refuse("vcpu-sig", "--vcpu-type says it already");
	if ((g->value[O_VCPU_TYPE] != NULL || g->value[O_VCPU_SIG] != NULL) &&
	    (in->vmm != VMM_QEMU || in->mode == MODE_SEV))
		return refuse(g->value[O_VCPU_TYPE] != NULL ? "vcpu-type" : "vcpu-sig",
			      "no such launch measures it");
	return EXIT_PASS;
}

/* Before any value is looked at. */
static int check_platform(const struct given *g, enum launch_platform p)
{
	for (int o = 0; o < O_COUNT; o++)
		if (g->value[o] != NULL && (table[o].platforms & 1u << p) == 0) {
			fprintf(stderr, "postern: --%s: platform %s has no such thing\n",
				table[o].name, g->value[O_PLATFORM]);
			return EXIT_USAGE;
		}
	if (p == LAUNCH_CCA && g->value[O_DTB] == NULL)
		return refuse("dtb", "the RIM depends on the devicetree: which?");
	return EXIT_PASS;
}

static int check_payload(const struct given *g, const struct measure_args *a)
{
	if (a->linux && a->workload)
		return refuse("kernel", "no workload boots one");
	if (a->linux && g->value[O_LOG] != NULL)
		return refuse("log", "it says itself what was booted");
	if (!a->linux && g->value[O_INITRD] != NULL)
		return refuse("initrd", "only together with --kernel is it measured");
	if (!a->linux && g->value[O_HASHES] != NULL)
		return refuse("hashes", "of what? --kernel says it");
	if (a->hashes == HASHES_HOST && a->launch.platform == LAUNCH_TDX)
		return refuse("hashes", "no host adds some to a TD: want flash or none");
	return EXIT_PASS;
}

static int check_given(const struct given *g, const struct measure_args *a)
{
	int code = check_payload(g, a);

	if (code != EXIT_PASS)
		return code;
	if (a->launch.platform == LAUNCH_SNP)
		return check_snp(g, a);
	if (g->value[O_APPEND] != NULL && !a->workload && !a->linux)
		return refuse(
		    "append",
		    "only --kind workload measures it, into rtmr2 or rem2, or firmware with "
		    "--kernel; other images do not, and a devicetree has it inside");
	if (g->value[O_APPEND] != NULL && g->value[O_LOG] != NULL)
		return refuse("log", "it says itself what the options were");
	return EXIT_PASS;
}

/* 0 with everything collected; else a usage error. */
static int collect(int argc, char **argv, struct given *g)
{
	struct option options[O_COUNT + 1] = { { NULL, 0, NULL, 0 } };
	int opt;

	for (int o = 0; o < O_COUNT; o++)
		options[o] =
		    (struct option){ table[o].name, table[o].flag ? no_argument : required_argument,
				     NULL, 256 + o };
	optind = 1;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == '?')
			return EXIT_USAGE;
		opt = opt == 'h' ? O_HELP : opt - 256;
		if (g->value[opt] != NULL)
			return refuse(table[opt].name, "given twice");
		g->value[opt] = table[opt].flag ? "" : optarg;
	}
	return EXIT_PASS;
}

int measure_options(int argc, char **argv, struct measure_args *a)
{
	struct given g = { { NULL } };
	int code = collect(argc, argv, &g), p;

	memset(a, 0, sizeof(*a));
	if (code != EXIT_PASS)
		return code;
	a->help = g.value[O_HELP] != NULL;
	if (a->help)
		return EXIT_PASS;
	if (optind + 1 != argc) {
		fputs("postern: measure wants one image; --help lists the options\n", stderr);
		return EXIT_USAGE;
	}
	a->image = argv[optind];
	if (g.value[O_PLATFORM] == NULL)
		return refuse("platform", "which? cca, snp or tdx");
	p = choice("cca|snp|tdx", g.value[O_PLATFORM]);
	if (p < 0)
		return wrong("platform", g.value[O_PLATFORM], "cca, snp or tdx");
	code = check_platform(&g, (enum launch_platform)p);
	launch_defaults(&a->launch, (enum launch_platform)p);
	for (int o = 0; o < O_COUNT && code == EXIT_PASS; o++)
		if (g.value[o] != NULL)
			code = set_option(a, (enum opt)o, g.value[o]);
	if (code != EXIT_PASS)
		return code;
	code = check_given(&g, a);
	if (a->hashes == HASHES_DEFAULT && a->linux && p != LAUNCH_CCA)
		a->hashes = p == LAUNCH_SNP ? HASHES_HOST : HASHES_FLASH;
	return code;
}
