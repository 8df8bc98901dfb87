/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern measure`: what an image will be measured as, before it is launched. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure_local.h"
#include "verify.h"

#define IMAGE_MAX (64u << 20)

static void usage(FILE *f)
{
	fputs(
	    "usage: postern measure IMAGE --platform cca|snp|tdx [OPTION...]\n"
	    "\n"
	    "Predicts the launch measurement (RIM, SNP launch digest, MRTD) from the image and "
	    "the\n"
	    "parameters of the launch, and says on which of them it depends. The output is what\n"
	    "`postern verify --expect FILE` reads. Defaults are those of `postern run`.\n"
	    "\n"
	    "  --cpus N            CPUs of the guest (2)\n"
	    "  --mem SIZE          memory of the guest (512M)\n"
	    "  --json              for programs\n"
	    "\n"
	    "a kernel, booted by the firmware\n"
	    "  --kernel FILE, --initrd FILE, --append TEXT\n"
	    "                      cca and tdx: predicts the registers as well\n"
	    "  --hashes host|flash|none   of them in the launch: as QEMU with kernel-hashes=on "
	    "(snp),\n"
	    "                      or in the table of the firmware's flash file (tdx), or none\n"
	    "\n"
	    "cca and tdx: runtime registers\n"
	    "  --kind KIND         the image's: probe, workload or firmware; a workload measures "
	    "its\n"
	    "                      options\n"
	    "  --append TEXT       the options of a workload; predicts rem2 or rtmr2\n"
	    "  --log FILE          an event log: predicts all four as it replays\n"
	    "\n"
	    "snp\n"
	    "  --vmm qemu|ec2|gce  who launches (qemu)\n"
	    "  --mode sev|sev-es|snp                (snp)\n"
	    "  --vcpu-type NAME    QEMU's CPU model (max), or\n"
	    "  --vcpu-sig NUMBER   EAX of its CPUID leaf 1\n"
	    "  --features NUMBER   SEV_FEATURES (0x1)\n"
	    "  --firmware-digest HEX   the chain after the image's pages, instead of hashing them\n"
	    "\n"
	    "tdx\n"
	    "  --order pages|two-pass  each page added and extended, or section by section "
	    "(pages)\n"
	    "\n"
	    "cca\n"
	    "  --dtb FILE          the devicetree the realm is given (postern run --save keeps "
	    "it)\n"
	    "  --dtb-base high|after|low|ADDRESS   where (high: below the end of RAM, 2 MiB "
	    "aligned)\n"
	    "  --dtb-room SIZE     of it that is measured, zeros behind the tree (64K)\n"
	    "  --ram-base ADDRESS  start of RAM (0x40000000)\n"
	    "  --ipa-bits N        IPA width, alias bit included (33)\n"
	    "  --hash sha256|sha384|sha512\n"
	    "  --ripas all|image   initial RIPAS RAM for all RAM, or where something is loaded "
	    "(all)\n"
	    "  --num-bps N, --num-wps N   breakpoints and watchpoints, less one (5, 3: QEMU's "
	    "max)\n"
	    "  --pmu-ctrs N, --sve-vl N   realm with PMU or SVE\n"
	    "\n"
	    "exit codes: 0 predicted; 2 wrong usage; 4 a file cannot be read, or is not fit for "
	    "the\n"
	    "            platform: what is wrong is said\n",
	    f);
}

static const char *register_name(enum launch_platform p, unsigned i)
{
	static const char *const names[2][4] = { { "rem0", "rem1", "rem2", "rem3" },
						 { "rtmr0", "rtmr1", "rtmr2", "rtmr3" } };

	return names[p == LAUNCH_TDX][i];
}

static enum evlog_hash register_hash(const struct launch *l)
{
	static const enum evlog_hash realm[] = { [RIM_SHA256] = EVLOG_SHA256,
						 [RIM_SHA512] = EVLOG_SHA512,
						 [RIM_SHA384] = EVLOG_SHA384 };

	return l->platform == LAUNCH_TDX ? EVLOG_SHA384 : realm[l->cca.params.hash];
}

static void from_options(const struct measure_args *a, struct measure_output *o)
{
	const char *options = a->append != NULL ? a->append : "";

	o->registers = 1;
	o->reg[0].name = register_name(a->launch.platform, 2);
	o->reg[0].size =
	    measure_options_register(register_hash(&a->launch), options, o->reg[0].value);
	snprintf(o->reg[0].depends, sizeof(o->reg[0].depends), "options: %.100s", options);
}

static void from_payload(const struct measure_args *a, struct measure_output *o)
{
	static const char *const depends[] = {
		"nothing: neither tables of the host's nor settings are measured",
		"kernel",
		"initrd, append",
	}; /* the last is left to what runs behind the kernel */
	uint8_t value[MEASURE_REGISTERS][64];
	size_t size = measure_linux_registers(register_hash(&a->launch), &a->payload, value);

	o->registers = ARRAY_SIZE(depends);
	for (unsigned i = 0; i < ARRAY_SIZE(depends); i++) {
		o->reg[i].name = register_name(a->launch.platform, i);
		o->reg[i].size = size;
		memcpy(o->reg[i].value, value[i], size);
		snprintf(o->reg[i].depends, sizeof(o->reg[i].depends), "%s", depends[i]);
	}
}

/* What the image will be, and what is measured beside it. */
static const char *place_hashes(struct measure_args *a)
{
	struct snp_launch_input *in = &a->launch.snp;

	a->launch.payload = a->payload;
	if (a->hashes == HASHES_HOST) {
		in->kernel = true;
		in->kernel_data = a->payload.kernel;
		in->initrd = a->payload.initrd;
		in->cmdline = a->payload.cmdline;
	}
	a->launch.flash_hashes = a->hashes == HASHES_FLASH;
	return a->launch.flash_hashes ? kernel_hashes_fill((uint8_t *)a->launch.image.data,
							   a->launch.image.size, &a->payload)
				      : NULL;
}

/* false, with the reason printed: no log of this platform's. */
static bool from_log(const struct measure_args *a, struct measure_output *o)
{
	struct evlog_registers r;
	enum status st = evlog_replay(a->log, &r);

	if (st == ST_OK && r.hash != register_hash(&a->launch)) {
		fputs("postern: the event log is not of the hash of the platform's registers\n",
		      stderr);
		return false;
	}
	if (st != ST_OK) {
		fprintf(stderr, "postern: the event log: %s\n", status_text(st));
		return false;
	}
	for (unsigned i = 0; i < MEASURE_REGISTERS; i++) {
		o->reg[i].name = register_name(a->launch.platform, i);
		o->reg[i].size = r.size;
		memcpy(o->reg[i].value, r.value[i + 1], r.size);
		snprintf(o->reg[i].depends, sizeof(o->reg[i].depends), "log: %u events",
			 r.events[i + 1]);
	}
	o->registers = MEASURE_REGISTERS;
	return true;
}

static int predict(struct measure_args *a)
{
	struct measure_output o = { .platform = launch_platform_name(&a->launch) };
	struct measurement m = { 0 };
	const char *why = place_hashes(a);

	if (why == NULL)
		measure_launch(&a->launch, &m);
	if (m.size == 0) {
		fprintf(stderr, "postern: %s: %s\n", a->image, why != NULL ? why : m.why);
		return EXIT_ENVIRONMENT;
	}
	o.m = &m;
	o.independent = launch_independent(&a->launch);
	if (a->log.data != NULL && !from_log(a, &o))
		return EXIT_ENVIRONMENT;
	if (a->log.data == NULL && a->workload)
		from_options(a, &o);
	if (a->log.data == NULL && a->linux && a->launch.platform != LAUNCH_SNP)
		from_payload(a, &o);
	if (a->json)
		measure_json(stdout, &o);
	else
		measure_print(stdout, &o);
	return EXIT_PASS;
}

int cmd_measure(int argc, char **argv)
{
	struct measure_args a;
	int code = measure_options(argc, argv, &a);

	if (code == EXIT_PASS && a.help) {
		usage(stdout);
		return EXIT_PASS;
	}
	if (code == EXIT_PASS) {
		a.launch.image = file_read(a.image, IMAGE_MAX);
		if (a.launch.image.data == NULL) {
			fprintf(stderr, "postern: cannot read %s: %s\n", a.image, strerror(errno));
			code = EXIT_ENVIRONMENT;
		}
	}
	if (code == EXIT_PASS)
		code = predict(&a);
	free((void *)a.launch.image.data);
	free((void *)a.launch.cca.dtb.data);
	free((void *)a.payload.kernel.data);
	free((void *)a.payload.initrd.data);
	free((void *)a.log.data);
	return code;
}
