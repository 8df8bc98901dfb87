/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Launch of the SNP model: digest against the tests' own measurement, pages, VMSAs against those of
 * sev-snp-measure, the CPUID filter, and every way an image can be wrong.
 * sources: hosts/x86/snp/guestmsg.c hosts/x86/snp/report.c hosts/x86/snp/certs.c hosts/x86/snp/launch.c hosts/x86/snp/image.c hosts/x86/snp/hashes.c hosts/x86/snp/measure.c hosts/x86/snp/vmsa.c hosts/x86/snp/secrets.c hosts/x86/snp/cpuid_page.c lib/status.c tools/flash.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c
 * libs: -lbearssl -lcrypto
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -Itools -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_psp.h"
#include "measure_launch.h"
#include "snp_image.h"
#include "vectors.h"

static u8 image[VECTOR_MAX];

static struct blob sample(void)
{
	fake_reset();
	make_image(image);
	return (struct blob){ image, IMAGE_BYTES };
}

static void assert_predicted(struct blob b)
{
	struct snp_launch_input in = {
		.mode = MODE_SNP,
		.vcpus = config.cpus,
		.signature = FAKE_SIGNATURE,
		.features = 1,
	};
	u8 want[48];

	assert_null(measure_snp(&in, (struct bytes){ b.data, b.size }, want));
	assert_memory_equal(fake.measurement, want, 48);
	assert_memory_equal(psp_guest.digest, want, 48);
}

static void digest(void **state)
{
	for (unsigned cpus = 1; cpus <= CORE_MAX_CPUS; cpus += 3) {
		struct blob b = sample();

		config.cpus = cpus;
		assert_null(fake_launch(b));
		assert_predicted(b);
	}
}

static void digest_of_ovmf(void **state)
{
	static const char *const names[] = { "snp/measure/ovmf_AmdSev_suffix.bin",
					     "snp/measure/ovmf_OvmfX64_suffix.bin" };
	/* golden.json: SNP, one EPYC vCPU, features 0x1, no kernel */
	static const u8 golden[2][4] = { { 0x19, 0x35, 0x8b, 0xa9 }, { 0xda, 0x02, 0x96, 0xde } };

	for (unsigned i = 0; i < 2; i++) {
		struct blob b = { image, 0 };

		fake_reset();
		b.size = read_file(vectors_path(names[i]), image, sizeof(image));
		if (b.size == 0)
			SKIP_WITHOUT(vectors_path(names[i]));
		assert_null(fake_launch(b));
		assert_predicted(b);
		assert_memory_equal(fake.measurement, golden[i], 4);
	}
}

static const u8 kernel[] = "a kernel", initrd[] = "an initrd";

static struct blob sample_with_kernel(bool with_initrd)
{
	struct blob b = sample();

	config.hashes = true;
	strcpy(config.append, "console=ttyS0");
	fake.payload[PAYLOAD_KERNEL] = (struct blob){ kernel, sizeof(kernel) };
	if (with_initrd)
		fake.payload[PAYLOAD_INITRD] = (struct blob){ initrd, sizeof(initrd) };
	return b;
}

/* As the tool predicts it, which golden values of sev-snp-measure check (test_measure_snp.c). */
static void digest_with_hashes(void **state)
{
	for (unsigned with_initrd = 0; with_initrd < 2; with_initrd++) {
		struct blob b = sample_with_kernel(with_initrd != 0);
		struct snp_launch_input in = {
			.mode = MODE_SNP,
			.vcpus = 1,
			.signature = FAKE_SIGNATURE,
			.features = 1,
			.kernel = true,
			.kernel_data = { kernel, sizeof(kernel) },
			.initrd = { initrd, with_initrd != 0 ? sizeof(initrd) : 0 },
			.cmdline = "console=ttyS0",
		};
		u8 want[48], room[IMAGE_ROOM] = { 0 };

		assert_null(fake_launch(b));
		assert_null(measure_snp(&in, (struct bytes){ b.data, b.size }, want));
		assert_memory_equal(fake.measurement, want, 48);
		/* The page is the table's alone. */
		assert_memory_equal(rmp_private(IMAGE_HASHES), room, sizeof(room));
		assert_memory_not_equal(rmp_private(IMAGE_HASHES) + 0xc00, room, 168);
		assert_memory_equal(rmp_private(IMAGE_HASHES) + 0xc00 + 168, room,
				    sizeof(room) - 168);
	}
}

static void hashes_refused(size_t at, u64 value, unsigned bytes, const char *why)
{
	struct blob b = sample_with_kernel(true);

	image_put(image, at, value, bytes);
	assert_non_null(fake_launch(b));
	if (strstr(fake.message, why) == NULL)
		fail_msg("%s, want: %s", fake.message, why);
	for (size_t i = 0; i < ARRAY_SIZE(fake.type); i++)
		assert_int_equal(fake.type[i], 0);
	/* Nobody asks for hashes: nobody looks. */
	b = sample();
	image_put(image, at, value, bytes);
	assert_null(fake_launch(b));
	assert_predicted(b);
}

static void spoiled_hashes(void **state)
{
	const size_t section = META_SECTIONS + 36;
	struct blob b;

	hashes_refused(HASHES_ENTRY + 8, 25, 2, "no room");
	hashes_refused(HASHES_ENTRY + 10, 0, 1, "no room");
	hashes_refused(HASHES_ENTRY + 4, 175, 4, "no room");
	hashes_refused(HASHES_ENTRY + 4, 0, 4, "no room");
	hashes_refused(section + 8, 4, 4, "not one section");
	hashes_refused(section + 12 + 8, 0x10, 4, "not one section");
	hashes_refused(section + 4, 0x2000, 4, "not one page");
	hashes_refused(HASHES_ENTRY, IMAGE_HASHES - 1, 4, "not in their section");
	hashes_refused(HASHES_ENTRY, IMAGE_HASHES + 0x1000 - 175, 4, "not in their section");
	hashes_refused(HASHES_ENTRY, 0xffffffff, 4, "not in their section");
	b = sample_with_kernel(true);
	fake.payload[PAYLOAD_KERNEL].size = 0;
	assert_non_null(fake_launch(b));
	assert_non_null(strstr(fake.message, "no kernel"));
	/* The last place there is. */
	b = sample_with_kernel(true);
	image_put(image, HASHES_ENTRY, IMAGE_HASHES + 0x1000 - 176, 4);
	image_put(image, HASHES_ENTRY + 4, 176, 4);
	assert_null(fake_launch(b));
}

static u8 type_at(u64 gpa)
{
	size_t i;

	assert_true(fake_index(gpa, &i));
	return fake.type[i];
}

static void pages(void **state)
{
	struct blob b = sample();
	u8 zero[PAGE_SIZE] = { 0 };
	const u8 *secrets = rmp_private(0x802000);

	assert_null(fake_launch(b));
	assert_memory_equal(rmp_private(GIB(4) - IMAGE_BYTES), image, IMAGE_BYTES);
	assert_int_equal(type_at(GIB(4) - IMAGE_BYTES), 1);
	assert_int_equal(type_at(GIB(4) - 1), 1);
	assert_int_equal(type_at(GIB(4) - IMAGE_BYTES - 1), 0);
	assert_int_equal(type_at(0x7ff000), 0);
	assert_int_equal(type_at(0x800000), 3);
	assert_int_equal(type_at(0x801000), 3);
	assert_int_equal(type_at(0x802000), 5);
	assert_int_equal(type_at(0x803000), 6);
	assert_int_equal(type_at(0x804000), 3); /* no kernel, no hashes */
	assert_int_equal(type_at(0x805000), 0);
	assert_int_equal(type_at(0x806000), 3);
	assert_memory_equal(rmp_private(0x801000), zero, PAGE_SIZE);
	assert_memory_equal(rmp_private(0x806000), zero, PAGE_SIZE);
	/* The keys, and nothing that could be taken for an SVSM or for used sequence numbers. */
	assert_memory_equal(secrets + 0x20, psp_guest.vmpck, sizeof(psp_guest.vmpck));
	assert_memory_not_equal(secrets + 0x20, secrets + 0x40, 32);
	assert_memory_equal(secrets + 0xa0, zero, PAGE_SIZE - 0xa0);
	assert_int_equal(psp_guest.policy, 0x30000);
}

static void vmsa_pages(void **state)
{
	static const struct {
		const char *name;
		u32 eip;
		u64 features;
	} want[] = {
		{ "snp/measure/vmsa_qemu_EPYCv4_feat1_bsp.bin", 0xfffffff0, 0x1 },
		{ "snp/measure/vmsa_qemu_EPYCv4_feat1_ap.bin", IMAGE_RESET, 0x1 },
		{ "snp/measure/vmsa_qemu_EPYCv4_feat21_ap.bin", IMAGE_RESET, 0x21 },
	};
	u8 page[PAGE_SIZE];

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		if (read_file(vectors_path(want[i].name), image, sizeof(image)) == 0)
			SKIP_WITHOUT(vectors_path(want[i].name));
		psp_vmsa_init(page, want[i].eip, FAKE_SIGNATURE, want[i].features);
		assert_memory_equal(page, image, PAGE_SIZE);
	}
}

static void vmsas_of_a_launch(void **state)
{
	struct blob b = sample();

	config.cpus = 3;
	assert_null(fake_launch(b));
	assert_int_equal(le_get(snp_launch_vmsa(0) + 0x18, 8), 0xffff0000);
	assert_int_equal(le_get(snp_launch_vmsa(0) + 0x178, 8), 0xfff0);
	assert_int_equal(le_get(snp_launch_vmsa(1) + 0x18, 8), IMAGE_RESET & 0xffff0000);
	assert_int_equal(le_get(snp_launch_vmsa(2) + 0x178, 8), IMAGE_RESET & 0xffff);
	/* Without a reset block APs start where the BSP does. */
	b = sample();
	config.cpus = 2;
	image[RESET_ENTRY + 6] ^= 1;
	assert_null(fake_launch(b));
	assert_memory_equal(snp_launch_vmsa(1), snp_launch_vmsa(0), PAGE_SIZE);
}

static void vmsa_load(void **state)
{
	static struct vmcb c;
	struct vcpu v = { .vmcb = &c };
	u8 page[PAGE_SIZE];

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = (u8)(i * 7 + (i >> 8));
	memset(&c, 0x11, sizeof(c));
	snp_vmsa_load(&v, page);
	/* Offsets of the save area are the same in both, from 0x400 of the VMCB. */
	assert_int_equal(c.cs.selector, le_get(page + 0x10, 2));
	assert_int_equal(c.cs.attributes, le_get(page + 0x12, 2) & 0xfff);
	assert_int_equal(c.tr.limit, le_get(page + 0x94, 4));
	assert_int_equal(c.idtr.base, le_get(page + 0x88, 8));
	assert_int_equal(c.cpl, page[0xcb]);
	assert_memory_equal((u8 *)&c + 0x4d0, page + 0xd0, 8);
	assert_memory_equal((u8 *)&c + 0x548, page + 0x148, 0x38);
	assert_memory_equal((u8 *)&c + 0x600, page + 0x200, 0x48);
	assert_memory_equal((u8 *)&c + 0x668, page + 0x268, 8);
	assert_int_equal(v.reg[RAX], le_get(page + 0x1f8, 8));
	assert_int_equal(v.reg[RSP], le_get(page + 0x1d8, 8));
	assert_int_equal(v.reg[RCX], le_get(page + 0x308, 8));
	assert_int_equal(v.reg[RDX], le_get(page + 0x310, 8));
	assert_int_equal(v.reg[RBX], le_get(page + 0x318, 8));
	assert_int_equal(v.reg[RBP], le_get(page + 0x328, 8));
	assert_int_equal(v.reg[RSI], le_get(page + 0x330, 8));
	assert_int_equal(v.reg[RDI], le_get(page + 0x338, 8));
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(v.reg[R8 + i], le_get(page + 0x340 + 8 * i, 8));
	assert_int_equal(c.exit_code, 0x1111111111111111); /* control area is not the VMSA's */
}

/* ---- CPUID page ---- */
static u8 *entry_of(u8 *page, u32 leaf, u32 subleaf)
{
	for (u64 i = 0; i < le_get(page, 4); i++) {
		u8 *e = page + 16 + 48 * i;

		if (le_get(e, 4) == leaf && le_get(e + 4, 4) == subleaf)
			return e;
	}
	return NULL;
}

static void cpuid_page(void **state)
{
	struct blob b = sample();
	u8 *page = rmp_private(0x803000), *e;

	assert_null(fake_launch(b));
	assert_int_equal(fake.lines, 0);
	assert_true(le_get(page, 4) > 8 && le_get(page, 4) <= 64);
	assert_int_equal(le_get(page + 4, 4) | le_get(page + 8, 8), 0);
	e = entry_of(page, 0x80000000, 0);
	assert_int_equal(le_get(e + 24, 4), 0x8000001f);
	e = entry_of(page, 0x8000001f, 0);
	assert_int_equal(le_get(e + 24, 4), 0x1a);
	assert_int_equal(le_get(e + 28, 4), 51 | 5 << 6);
	e = entry_of(page, 0, 0);
	assert_int_equal(le_get(e + 24, 4), 0xb);
	assert_null(entry_of(page, 0xd, 0));
	assert_non_null(entry_of(page, 4, 2));
	assert_null(entry_of(page, 4, 3));
	assert_non_null(entry_of(page, 0xb, 1));
	assert_non_null(entry_of(page, 0x40000000, 0));
	assert_null(entry_of(page, 2, 0)); /* all zero */
}

static void cpuid_too_long(void **state)
{
	struct blob b = sample();

	fake.long_cpuid = 0x3f;
	assert_non_null(fake_launch(b));
	assert_non_null(strstr(fake.message, "CPUID"));
}

static void cpuid_rewritten(void **state)
{
	struct blob b = sample();

	fake.boastful_cpuid = true;
	assert_null(fake_launch(b));
	assert_int_equal(fake.lines, 1);
	assert_int_equal(psp_cpuid_check(rmp_private(0x803000)), 0);
	assert_predicted(b); /* the contents are in no measurement */
}

/* What the machine lacks, the host cannot claim: refused once, rewritten, accepted. */
static void cpuid_filter(void **state)
{
	u8 page[PAGE_SIZE], *e;

	sample();
	assert_true(snp_cpuid_table(&vcpus[0], page));
	assert_int_equal(psp_cpuid_check(page), 0);
	e = entry_of(page, 0x8000001f, 0);
	for (unsigned i = 24; i < 40; i++) { /* SVSM present, another C-bit, more guests... */
		e[i] ^= 0x20;
		assert_int_equal(psp_cpuid_check(page), 0x16);
		assert_int_equal(le_get(e + 24, 4), 0x1a);
		assert_int_equal(le_get(e + 28, 4), 51 | 5 << 6);
		assert_int_equal(le_get(e + 32, 8), 0);
		assert_int_equal(psp_cpuid_check(page), 0);
	}
	/* A host may list XSAVE's leaf: with the size of what every CPU has. */
	e = page + 16 + 48 * le_get(page, 4);
	le_put(page, le_get(page, 4) + 1, 4);
	le_put(e, 0xd, 4);
	le_put(e + 8, 1, 8);
	le_put(e + 28, 0x1000, 4);
	assert_int_equal(psp_cpuid_check(page), 0x16);
	assert_int_equal(le_get(e + 28, 4), 0x240);
	assert_int_equal(psp_cpuid_check(page), 0);

	fake.boastful_cpuid = true;
	assert_true(snp_cpuid_table(&vcpus[0], page));
	assert_int_equal(le_get(entry_of(page, 1, 0) + 32, 4) & BIT(24), 0); /* QEMU strips it */
	/* No XSAVE, and nothing that needs its state: XSAVE, OSXSAVE, AVX; AVX2; PKU. */
	assert_int_equal(le_get(entry_of(page, 1, 0) + 32, 4) & 0x1c000000, 0);
	assert_int_equal(le_get(entry_of(page, 7, 0) + 28, 4) & BIT(5), 0);
	assert_int_equal(le_get(entry_of(page, 7, 0) + 32, 4) & BIT(3), 0);
	le_put(entry_of(page, 1, 0) + 32, 0xffffffff, 4);
	assert_int_equal(psp_cpuid_check(page), 0x16);
	assert_int_equal(le_get(entry_of(page, 1, 0) + 32, 4) & BIT(24), 0);
	assert_int_equal(le_get(entry_of(page, 7, 0) + 28, 4) & BIT(1), 0);
	assert_int_equal(psp_cpuid_check(page), 0);
	/* Longer than the page. */
	le_put(page, 65, 4);
	assert_int_equal(psp_cpuid_check(page), 0x16);
	assert_int_equal(le_get(page, 4), 64);
}

/* ---- hostile images ---- */
static void assert_refused(size_t at, u64 value, unsigned bytes, const char *why)
{
	struct blob b = sample();

	image_put(image, at, value, bytes);
	if (fake_launch(b) == NULL)
		fail_msg("launched, want: %s", why);
	if (strstr(fake.message, why) == NULL)
		fail_msg("%s, want: %s", fake.message, why);
	/* Refused before anything was loaded. */
	for (size_t i = 0; i < ARRAY_SIZE(fake.type); i++)
		assert_int_equal(fake.type[i], 0);
}

static void spoiled_tables(void **state)
{
	assert_refused(IMAGE_BYTES - 48, 0, 1, "no GUIDed table");
	assert_refused(TABLE_TOTAL, 17, 2, "shorter than its footer");
	assert_refused(TABLE_TOTAL, 0xffff, 2, "longer than the image");
	assert_refused(TABLE_TOTAL, IMAGE_BYTES - 50 + 19, 2, "longer than the image");
	assert_refused(TABLE_TOTAL, 18, 2, "no SEV metadata");
	assert_refused(TABLE_TOTAL, 18 + 21, 2, "no SEV metadata");
	assert_refused(META_ENTRY + 4, 17, 2, "no SEV metadata"); /* length of the entry */
	assert_refused(META_ENTRY + 4, 0, 2, "no SEV metadata");
	assert_refused(META_ENTRY + 4, 18, 2, "no SEV metadata");
	assert_refused(META_ENTRY + 4, 23, 2, "no SEV metadata");
	assert_refused(META_ENTRY + 4, 45, 2, "no SEV metadata");
	assert_refused(META_ENTRY + 6, 0, 1, "no SEV metadata");
	assert_refused(META_ENTRY, IMAGE_BYTES + 1, 4, "offset outside");
	assert_refused(META_ENTRY, 0xffffffff, 4, "offset outside");
	assert_refused(META_ENTRY, 15, 4, "offset outside");
	assert_refused(META_ENTRY, 0, 4, "offset outside");
	assert_refused(META_AT, 0x20, 1, "signature");
	assert_refused(META_AT + 12, 33, 4, "too many");
	assert_refused(META_AT + 12, 0xffffffff, 4, "too many");
	assert_refused(META_AT + 4, 16 + 12 * 5 - 1, 4, "length");
	assert_refused(META_AT + 4, 0, 4, "length");
}

static void metadata_at_the_end(void **state)
{
	struct blob b = sample();

	/* Sixteen bytes from the end there is room for a header without sections. */
	memcpy(image + IMAGE_BYTES - 16, image + META_AT, 16);
	image_put(image, META_ENTRY, 16, 4);
	assert_non_null(fake_launch(b));
	assert_non_null(strstr(fake.message, "run past"));
	fake_reset();
	image_put(image, IMAGE_BYTES - 4, 0, 4);
	assert_null(fake_launch(b));
	assert_predicted(b);
}

static void spoiled_sections(void **state)
{
	const size_t s = META_SECTIONS;

	assert_refused(s, 0x800800, 4, "not page aligned");
	assert_refused(s + 4, 0, 4, "size");
	assert_refused(s + 4, 0x1001, 4, "size");
	assert_refused(s + 12 + 4, 0x2000, 4, "one page each");
	assert_refused(s + 24 + 4, 0x2000, 4, "one page each");
	assert_refused(s, 0xa00000, 4, "not in guest RAM");
	assert_refused(s, 0xfffff000, 4, "not in guest RAM"); /* the firmware itself */
	assert_refused(s + 4, 0xfffff000, 4, "not in guest RAM");
	assert_refused(s, 0x8ff000, 4, "not in guest RAM"); /* its second page */
	assert_refused(s + 12, 0x801000, 4, "overlaps");
	assert_refused(s + 48, 0x800000, 4, "overlaps");
	assert_refused(s + 4, 0x3000, 4, "overlaps");
}

static void sizes(void **state)
{
	struct blob b = sample();

	assert_non_null(fake_launch((struct blob){ b.data, 0 }));
	assert_non_null(strstr(fake.message, "size"));
	assert_non_null(fake_launch((struct blob){ b.data, 4095 }));
	assert_non_null(strstr(fake.message, "size"));
	assert_non_null(fake_launch((struct blob){ b.data, FIRMWARE_MAX + PAGE_SIZE }));
	assert_non_null(strstr(fake.message, "size"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest),
		cmocka_unit_test(digest_of_ovmf),
		cmocka_unit_test(digest_with_hashes),
		cmocka_unit_test(spoiled_hashes),
		cmocka_unit_test(pages),
		cmocka_unit_test(vmsa_pages),
		cmocka_unit_test(vmsas_of_a_launch),
		cmocka_unit_test(vmsa_load),
		cmocka_unit_test(cpuid_page),
		cmocka_unit_test(cpuid_too_long),
		cmocka_unit_test(cpuid_rewritten),
		cmocka_unit_test(cpuid_filter),
		cmocka_unit_test(spoiled_tables),
		cmocka_unit_test(metadata_at_the_end),
		cmocka_unit_test(spoiled_sections),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
