/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure snp IMAGE VCPUS [SIGNATURE] | measure tdx IMAGE [two-pass]
 * Prints the launch digest or MRTD of a flash image as hex, computed by the tests' own code, for
 * comparison with the "measurement:" line of a host. SIGNATURE: leaf 1 EAX of the vCPUs; by default
 * that of QEMU's CPU model "max".
 */
#include <stdio.h>

#include "unit/measure_snp.h"
#include "unit/measure_tdx.h"

#define SIGNATURE_MAX 0x60fb1 /* family 15, model 107, stepping 1 */
#define IMAGE_MAX     (16u << 20)

static struct flash load(const char *path)
{
	static uint8_t data[IMAGE_MAX];
	FILE *f = fopen(path, "rb");
	struct flash image = { data, 0 };

	if (f == NULL) {
		fprintf(stderr, "measure: cannot read %s\n", path);
		exit(1);
	}
	image.n = fread(data, 1, IMAGE_MAX, f);
	fclose(f);
	return image;
}

int main(int argc, char **argv)
{
	struct snp_launch_input in = {
		.mode = MODE_SNP,
		.vcpus = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 1,
		.signature = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 0) : SIGNATURE_MAX,
		.features = 1,
	};
	const char *why =
	    "usage: measure snp IMAGE VCPUS [SIGNATURE] | measure tdx IMAGE [two-pass]";
	uint8_t digest[48];

	if (argc >= 4 && strcmp(argv[1], "snp") == 0)
		why = measure_snp(&in, load(argv[2]), digest);
	else if (argc >= 3 && strcmp(argv[1], "tdx") == 0)
		why = measure_tdx(load(argv[2]), argc > 3 ? MRTD_TWO_PASS : MRTD_PAGES, digest);
	if (why != NULL) {
		fprintf(stderr, "measure: %s\n", why);
		return 1;
	}
	for (unsigned i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf("\n");
	return 0;
}
