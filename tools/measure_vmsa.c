/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU state a VMM launches a vCPU with, as it is measured (amd-snp sheet section 12.1). */
#include <string.h>
#include <strings.h>

#include "le.h"
#include "measure_launch.h"

static void segment(uint8_t *page, unsigned offset, unsigned sel, unsigned attr, uint64_t base)
{
	le_put(page + offset, sel, 2);
	le_put(page + offset + 2, attr, 2);
	le_put(page + offset + 4, 0xffff, 4);
	le_put(page + offset + 8, base, 8);
}

void measured_vmsa(uint8_t page[4096], enum snp_vmm vmm, uint32_t eip, uint32_t signature,
		   uint64_t features)
{
	bool ec2 = vmm == VMM_EC2, qemu = vmm == VMM_QEMU;

	memset(page, 0, 4096);
	segment(page, 0x00, 0, 0x93, 0); /* ES */
	segment(page, 0x10, 0xf000, ec2 && eip == 0xfffffff0 ? 0x9a : 0x9b, eip & 0xffff0000);
	segment(page, 0x20, 0, ec2 ? 0x92 : 0x93, 0);                        /* SS */
	segment(page, 0x30, 0, 0x93, 0);                                     /* DS */
	segment(page, 0x40, 0, 0x93, 0);                                     /* FS */
	segment(page, 0x50, 0, 0x93, 0);                                     /* GS */
	segment(page, 0x60, 0, 0, 0);                                        /* GDTR */
	segment(page, 0x70, 0, 0x82, 0);                                     /* LDTR */
	segment(page, 0x80, 0, 0, 0);                                        /* IDTR */
	segment(page, 0x90, 0, ec2 ? 0x83 : 0x8b, 0);                        /* TR */
	le_put(page + 0xd0, 0x1000, 8);                                      /* EFER */
	le_put(page + 0x148, 0x40, 8);                                       /* CR4 */
	le_put(page + 0x158, 0x10, 8);                                       /* CR0 */
	le_put(page + 0x160, 0x400, 8);                                      /* DR7 */
	le_put(page + 0x168, 0xffff0ff0, 8);                                 /* DR6 */
	le_put(page + 0x170, 2, 8);                                          /* RFLAGS */
	le_put(page + 0x178, eip & 0xffff, 8);                               /* RIP */
	le_put(page + 0x268, vmm == VMM_GCE ? 0x70106 : 0x7040600070406, 8); /* G_PAT */
	le_put(page + 0x310, qemu ? signature : 0x600, 8);                   /* RDX */
	le_put(page + 0x3b0, features, 8);                                   /* SEV_FEATURES */
	le_put(page + 0x3e8, 1, 8);                                          /* XCR0 */
	le_put(page + 0x408, qemu ? 0x1f80 : 0, 4);                          /* MXCSR */
	le_put(page + 0x410, qemu ? 0x37f : 0, 2);                           /* FCW */
}

/* QEMU's versions of a model ("-v2", "-IBPB") have its signature. */
bool snp_cpu_signature(const char *name, uint32_t *signature)
{
	static const struct {
		const char *name;
		uint32_t signature;
	} types[] = {
		{ "max", SNP_SIGNATURE_MAX }, { "EPYC", 0x00800f12 },
		{ "EPYC-Rome", 0x00830f10 },  { "EPYC-Milan", 0x00a00f11 },
		{ "EPYC-Genoa", 0x00a10f10 }, { "EPYC-Turin", 0x00b00f00 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t n = strlen(types[i].name);
		const char *rest = name + n;

		if (strncasecmp(name, types[i].name, n) != 0)
			continue;
		if (strncasecmp(rest, "-v", 2) == 0 && strlen(rest) == 3 && rest[2] >= '1' &&
		    rest[2] <= '9')
			rest += 3;
		if (i == 1 && strcasecmp(rest, "-IBPB") == 0)
			rest += 5;
		if (*rest == '\0') {
			*signature = types[i].signature;
			return true;
		}
	}
	return false;
}
