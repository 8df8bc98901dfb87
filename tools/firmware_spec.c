/* SPDX-License-Identifier: BSD-2-Clause */
/* A run of the firmware: where it finds what it boots, what vouches for that, what fits a host.
 * Pure C. */
#include <string.h>

#include "payload.h"

/* Linux to its shell takes 3 to 8 G instructions and some 100,000 exits; from a disk by fw_cfg on
 * TDX each byte of a kernel is an exit. */
#define FIRMWARE_EXITS 40000000ULL
#define FIRMWARE_INSNS 40000000000ULL

static bool has_table(enum host_kind h)
{
	return h == HOST_SNP || h == HOST_TDX;
}

enum boot_way run_boot(const struct run_spec *s)
{
	if (s->boot != BOOT_ANY)
		return s->boot;
	/* A TD has no string form of port input. */
	return s->kernel != NULL && s->uki == NULL && s->disk == NULL && s->host == HOST_SNP
		   ? BOOT_FW_CFG
		   : BOOT_DISK;
}

enum hash_place run_hashes(const struct run_spec *s)
{
	if (s->hashes != HASHES_DEFAULT)
		return s->hashes;
	if (s->kernel == NULL || s->unmeasured || !has_table(s->host))
		return HASHES_NONE;
	return run_boot(s) == BOOT_FW_CFG && s->host == HOST_SNP ? HASHES_HOST : HASHES_FLASH;
}

void firmware_defaults(struct run_spec *s)
{
	if (!s->firmware)
		return;
	if (!s->exits_given)
		s->exits = FIRMWARE_EXITS;
	if (!s->insns_given)
		s->insns = FIRMWARE_INSNS;
	if (!s->devices_given)
		s->devices =
		    DEVICE_RNG | (run_boot(s) == BOOT_DISK || s->disk != NULL ? DEVICE_BLK : 0);
}

const char *cmdline_misfit(const char *cmdline, bool disk)
{
	size_t n = cmdline != NULL ? strlen(cmdline) : 0;

	if (n > CMDLINE_TEXT_MAX)
		return "the command line is longer than 2047 bytes";
	if (n > 0 && strpbrk(cmdline, "\r\n") != NULL)
		return "a line break in the command line";
	if (disk && n > 0 && strchr(" \t", cmdline[n - 1]) != NULL)
		return "white space at the end of the command line, which is cut when a unified "
		       "kernel image is read";
	return NULL;
}

static const char *source_misfit(const struct run_spec *s)
{
	bool disk = run_boot(s) == BOOT_DISK;

	if (s->kernel == NULL && s->uki == NULL && s->disk == NULL)
		return "--job firmware needs --kernel, --uki or --disk";
	if (s->kernel == NULL && (s->initrd != NULL || s->append != NULL))
		return "--initrd and --append need --kernel";
	if (s->uki != NULL && s->disk != NULL)
		return "--uki and --disk: which of the two?";
	if (!disk && host_info(s->host)->arch == ARCH_ARM64)
		return "--boot fw_cfg is for snp, tdx and plain-x86";
	if (!disk && (s->kernel == NULL || s->uki != NULL))
		return "--boot fw_cfg needs --kernel, and no --uki";
	if (disk && (s->devices & DEVICE_BLK) == 0)
		return "a boot disk needs the blk device";
	return cmdline_misfit(s->append, disk);
}

static const char *hashes_misfit(const struct run_spec *s)
{
	if (s->hashes == HASHES_DEFAULT || s->hashes == HASHES_NONE)
		return NULL;
	if (!has_table(s->host))
		return "--hashes is for snp and tdx: on cca registers measure what is booted";
	if (s->kernel == NULL)
		return "--hashes needs --kernel: the hashes of what?";
	if (s->hashes == HASHES_HOST && (s->host != HOST_SNP || run_boot(s) != BOOT_FW_CFG))
		return "--hashes host is for snp and --boot fw_cfg";
	return NULL;
}

const char *firmware_misfit(const struct run_spec *base, enum host_kind h)
{
	struct run_spec s = *base;
	const char *why;

	s.host = h;
	if (!s.firmware)
		return s.initrd != NULL || s.boot != BOOT_ANY || s.unmeasured ||
			       s.hashes != HASHES_DEFAULT
			   ? "--initrd, --boot, --hashes and --unmeasured need --kernel"
			   : NULL;
	firmware_defaults(&s);
	if (host_info(h)->firmware != NULL)
		return "the machine has firmware of its own; --kernel is for cca, snp, tdx, "
		       "pkvm, plain-arm64 and plain-x86";
	if (s.workload != NULL || s.probe != NULL || s.accept != NULL || s.evidence_dir != NULL ||
	    s.party)
		return "--probe, --accept, --evidence and workloads are not for the firmware";
	if (s.unmeasured && s.image != NULL)
		return "--unmeasured and --image: which of the two?";
	why = source_misfit(&s);
	return why != NULL ? why : hashes_misfit(&s);
}
