/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Launch measurements predicted from an image and the parameters of a launch: `postern measure`,
 * and `postern run --evidence`. Written from the specifications; shares nothing with the hosts.
 *
 *   cmd_measure.c  command line, output
 *   flash.c        a flash image's table of entries, from its end
 *   measure_cca.c  RIM (DEN0137; arm-cca sheet)
 *   measure_snp.c  SEV, SEV-ES and SNP launch digests (56860; amd-snp sheet)
 *   measure_tdx.c  MRTD (TDX module base specification; intel-tdx sheet section 10)
 */
#ifndef MEASURE_H
#define MEASURE_H

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

int cmd_measure(int argc, char **argv);

#endif
