/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of `postern measure` know of each other. */
#ifndef MEASURE_LOCAL_H
#define MEASURE_LOCAL_H

#include "measure.h"

struct measure_args {
	struct launch launch;
	const char *image;
	const char *append; /* NULL: none given */
	bool workload;      /* an image that measures its options */
	bool linux;         /* firmware and its payload: */
	enum hash_place hashes;
	struct linux_payload payload;
	bool json, help;
	struct bytes log;
	uint8_t firmware_digest[SNP_DIGEST];
};

/* EXIT_PASS, or the exit code, with what is wrong printed. */
int measure_options(int argc, char **argv, struct measure_args *a);

#endif
