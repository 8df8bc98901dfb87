/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Launch measurements predicted from an image and the parameters of a launch: `postern measure`,
 * and `postern run --evidence`. Written from the specifications; shares nothing with the hosts.
 *
 *   measure_launch.h   the calculators, one file for each platform
 *   cmd_measure.c      command line
 *   measure_options.c  its options, and which platform has which
 *   measure_print.c    output
 *   measure_run.c      one launch of any platform, and those of our own hosts
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "measure_launch.h"
#include "postern.h"

#define MEASURE_MAX 64

struct measurement {
	size_t size;
	uint8_t value[MEASURE_MAX];
	char why[160];     /* size 0: what is wrong with the input */
	char depends[600]; /* the parameters the value depends on, one per line, "name: value" */
};

/* Predicts for a launch by our own hosts; dtb: the devicetree the realm was given (cca only). */
void measure_run(const struct run_spec *s, const char *image, const uint8_t *dtb, size_t dtb_size,
		 struct measurement *m);

/*
 * The register at index 3 (RTMR2, REM2) of a workload that was given these options: measured once,
 * into a register of zeros, by the hash of the platform's registers. Digest size; 0: no such hash.
 */
size_t measure_options_register(enum evlog_hash hash, const char *options, uint8_t out[64]);

/*
 * Registers of firmware that boots this payload, by their numbers in RTMR0.. or REM0..: the kernel
 * in 1; initrd, then command line, in 2; the others nobody extends. Digest size; 0: no such hash.
 */
size_t measure_linux_registers(enum evlog_hash hash, const struct linux_payload *p,
			       uint8_t out[4][64]);

int cmd_measure(int argc, char **argv);

/* ---- measure_run.c, measure_print.c ---- */
enum launch_platform { LAUNCH_CCA, LAUNCH_SNP, LAUNCH_TDX };

struct launch {
	enum launch_platform platform;
	struct bytes image;
	struct cca_launch cca;
	struct snp_launch_input snp;
	enum mrtd_order order;
	const char *cpu;   /* name of the CPU type, for people; NULL: given as a number */
	bool flash_hashes; /* the image's own table holds the hashes of this: */
	struct linux_payload payload;
};

void launch_defaults(struct launch *l, enum launch_platform p); /* our own host's */
void measure_launch(struct launch *l, struct measurement *m);

#define MEASURE_REGISTERS 4

struct measure_output {
	const char *platform;
	const struct measurement *m;
	const char *independent; /* what the measurement does not depend on, one per line */
	size_t registers;
	struct {
		const char *name; /* "rtmr2" */
		size_t size;
		uint8_t value[64];
		char depends[120];
	} reg[MEASURE_REGISTERS];
};

/* What a launch on that platform may change without changing the measurement. */
const char *launch_independent(const struct launch *l);
const char *launch_platform_name(const struct launch *l);
void measure_print(FILE *f, const struct measure_output *o); /* an `--expect` file */
void measure_json(FILE *f, const struct measure_output *o);

#endif
