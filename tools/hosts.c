/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of host: reference hosts (a monitor of ours under QEMU) and plain machines. */
#include <string.h>

#include "postern.h"

static const struct host_info hosts[HOST_KINDS] = {
	[HOST_CCA] = { "cca", "qemu-system-aarch64", "qemu-system-arm", "arm64/postern-probe.img",
		       "host-arm64/postern-host.elf", NULL, CVM_CCA, ARCH_ARM64 },
	[HOST_SNP] = { "snp", "qemu-system-x86_64", "qemu-system-x86", "x86_64/postern-probe.fd",
		       "host-x86/postern-host-snp.elf", NULL, CVM_SNP, ARCH_X86 },
	[HOST_TDX] = { "tdx", "qemu-system-x86_64", "qemu-system-x86", "x86_64/postern-probe.fd",
		       "host-x86/postern-host-tdx.elf", NULL, CVM_TDX, ARCH_X86 },
	[HOST_PKVM] = { "pkvm", "qemu-system-aarch64", "qemu-system-arm", "arm64/postern-probe.img",
			"host-arm64/postern-host-pkvm.elf", NULL, CVM_PKVM, ARCH_ARM64 },
	[HOST_PKVM_ANDROID] = { "pkvm-android", "qemu-system-aarch64", "qemu-system-arm",
				"arm64/postern-probe.img", "host-arm64/postern-host-pkvm.elf", NULL,
				CVM_PKVM, ARCH_ARM64 },
	[HOST_PLAIN_ARM64] = { "plain-arm64", "qemu-system-aarch64", "qemu-system-arm",
			       "arm64/postern-probe.img", NULL, NULL, CVM_PLAIN, ARCH_ARM64 },
	[HOST_PLAIN_X86] = { "plain-x86", "qemu-system-x86_64", "qemu-system-x86",
			     "x86_64/postern-probe.elf", NULL, NULL, CVM_PLAIN, ARCH_X86 },
	[HOST_UEFI_ARM64] = { "uefi-arm64", "qemu-system-aarch64",
			      "qemu-system-arm qemu-efi-aarch64", "arm64/postern-probe.img", NULL,
			      "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", CVM_PLAIN, ARCH_ARM64 },
	[HOST_UEFI_X86] = { "uefi-x86", "qemu-system-x86_64", "qemu-system-x86 ovmf",
			    "x86_64/postern-probe.efi", NULL, "/usr/share/ovmf/OVMF.fd", CVM_PLAIN,
			    ARCH_X86 },
};

const struct host_info *host_info(enum host_kind h)
{
	return &hosts[h];
}

const char *host_name(enum host_kind h)
{
	return hosts[h].name;
}

bool host_parse(const char *name, enum host_kind *h)
{
	for (int i = 0; i < HOST_KINDS; i++) {
		if (strcmp(hosts[i].name, name) == 0) {
			*h = (enum host_kind)i;
			return true;
		}
	}
	return false;
}

bool host_has_evidence(enum host_kind h)
{
	return (hosts[h].platform & (CVM_CCA | CVM_SNP | CVM_TDX)) != 0;
}

bool host_list(const char *list, enum host_kind *out, size_t *n)
{
	char name[32];

	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, p);
		if (*n == HOST_KINDS || !host_parse(name, &out[*n])) {
			fprintf(stderr, "postern: --host %s: want one of", name);
			for (int i = 0; i < HOST_KINDS; i++)
				fprintf(stderr, " %s", hosts[i].name);
			fputs("\n", stderr);
			return false;
		}
		(*n)++;
		p += len + (p[len] == ',');
	}
	return *n > 0;
}
