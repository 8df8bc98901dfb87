/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes over the end of a flash image: what launches has its sections in guest RAM, each page
 * once, and the digest of the tests' own measurement.
 * sources: hosts/x86/snp/guestmsg.c hosts/x86/snp/report.c hosts/x86/snp/certs.c hosts/x86/snp/launch.c hosts/x86/snp/image.c hosts/x86/snp/hashes.c hosts/x86/snp/measure.c hosts/x86/snp/vmsa.c hosts/x86/snp/secrets.c hosts/x86/snp/cpuid_page.c lib/status.c tools/flash.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c
 * libs: -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -Itools -I$(B)/keys
 */
/* clang-format on */
#include "fake_psp.h"
#include "measure_launch.h"
#include "snp_image.h"

static uint8_t image[IMAGE_BYTES];

/* Input: u16 place, u8 length, so many bytes; again. The image around them is a good one. */
static void spoil(const uint8_t *data, size_t size)
{
	make_image(image);
	while (size >= 4) {
		size_t at = META_AT + (data[0] | (size_t)data[1] << 8) % (IMAGE_BYTES - META_AT);
		size_t n = MIN((size_t)data[2] % 16 + 1, MIN(size - 3, IMAGE_BYTES - at));

		memcpy(image + at, data + 3, n);
		data += 3 + n;
		size -= 3 + n;
	}
}

static void check_sections(void)
{
	struct snp_image parsed;

	if (snp_image_parse(fake.image, &parsed) != NULL || parsed.count > SNP_SECTIONS_MAX)
		__builtin_trap();
	for (unsigned i = 0; i < parsed.count; i++) {
		const struct snp_section *s = &parsed.sections[i];

		if (s->gpa % PAGE_SIZE != 0 || s->size == 0 || s->gpa + s->size > FAKE_RAM)
			__builtin_trap();
	}
}

static void launch(bool hashes)
{
	static const uint8_t kernel[] = "a kernel";
	struct snp_launch_input in = {
		.mode = MODE_SNP,
		.vcpus = 1,
		.signature = FAKE_SIGNATURE,
		.features = 1,
		.kernel = hashes,
		.kernel_data = { kernel, sizeof(kernel) },
	};
	const char *why;
	uint8_t want[48];

	config.hashes = hashes;
	fake.payload[PAYLOAD_KERNEL] = (struct blob){ kernel, sizeof(kernel) };
	memset(fake.type, 0, sizeof(fake.type));
	if (fake_launch((struct blob){ image, sizeof(image) }) != NULL)
		return;
	check_sections();
	/* One vCPU: where an AP starts does not count. What predicts is stricter with the table
	 * than a host, which takes a spoilt one for its end. */
	why = measure_snp(&in, (struct bytes){ image, sizeof(image) }, want);
	if (why != NULL ? strstr(why, "GUIDed table") == NULL
			: memcmp(want, fake.measurement, sizeof(want)) != 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	spoil(data, size);
	launch(false);
	launch(true);
	return 0;
}
