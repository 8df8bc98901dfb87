/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of one run, shared by run, faults and mutants. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

enum {
	OPT_HOST = 256,
	OPT_BUILD,
	OPT_IMAGE,
	OPT_QEMU,
	OPT_CPUS,
	OPT_MEM,
	OPT_ACCEPT,
	OPT_PROBE,
	OPT_FAULT,
	OPT_APPEND,
	OPT_EXPECT,
	OPT_RAM_BASE,
	OPT_RIPAS,
	OPT_DTB,
	OPT_DT_ORDER,
	OPT_CONSOLE,
	OPT_HASH,
	OPT_IPA_BITS,
	OPT_GPAW,
	OPT_MACHINE,
	OPT_RIPAS_CHUNK,
	OPT_MSI,
	OPT_SAVE_RESTORE,
	OPT_GRANULE,
	OPT_PVMFW,
	OPT_DT_LIE,
	OPT_NO_COOP,
	OPT_NO_TRACE,
	OPT_NO_TERMINAL,
	OPT_THREADS,
	OPT_ESP,
	OPT_EXITS,
	OPT_INSNS,
	OPT_MUTANT,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_SAVE,
	OPT_DEVICES,
	OPT_DISK,
	OPT_DISK_SIZE,
	OPT_JOB,
	OPT_WORKLOAD,
	OPT_EVIDENCE,
	OPT_CHALLENGE,
	OPT_EXPECTED,
	OPT_EXPECTED_IMAGE,
	OPT_ROOTS,
	OPT_PARTY,
	OPT_SECRET,
	OPT_STALE,
	OPT_DEBUG,
	OPT_MARK,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_UKI,
	OPT_BOOT,
	OPT_HASHES,
	OPT_UNMEASURED,
};

static const struct option options[] = {
	{ "host", required_argument, NULL, OPT_HOST },
	{ "build-dir", required_argument, NULL, OPT_BUILD },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "qemu-dir", required_argument, NULL, OPT_QEMU },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "accept", required_argument, NULL, OPT_ACCEPT },
	{ "probe", required_argument, NULL, OPT_PROBE },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "expect", required_argument, NULL, OPT_EXPECT },
	{ "ram-base", required_argument, NULL, OPT_RAM_BASE },
	{ "ripas", required_argument, NULL, OPT_RIPAS },
	{ "dtb", required_argument, NULL, OPT_DTB },
	{ "dt-order", required_argument, NULL, OPT_DT_ORDER },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "hash", required_argument, NULL, OPT_HASH },
	{ "ipa-bits", required_argument, NULL, OPT_IPA_BITS },
	{ "gpaw", required_argument, NULL, OPT_GPAW },
	{ "machine", required_argument, NULL, OPT_MACHINE },
	{ "ripas-chunk", required_argument, NULL, OPT_RIPAS_CHUNK },
	{ "msi", required_argument, NULL, OPT_MSI },
	{ "save-restore", required_argument, NULL, OPT_SAVE_RESTORE },
	{ "granule", required_argument, NULL, OPT_GRANULE },
	{ "pvmfw", optional_argument, NULL, OPT_PVMFW },
	{ "dt-lie", required_argument, NULL, OPT_DT_LIE },
	{ "no-coop", no_argument, NULL, OPT_NO_COOP },
	{ "no-trace", no_argument, NULL, OPT_NO_TRACE },
	{ "no-terminal", no_argument, NULL, OPT_NO_TERMINAL },
	{ "threads", no_argument, NULL, OPT_THREADS },
	{ "esp", no_argument, NULL, OPT_ESP },
	{ "exits", required_argument, NULL, OPT_EXITS },
	{ "insns", required_argument, NULL, OPT_INSNS },
	{ "mutant", required_argument, NULL, OPT_MUTANT },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "save", required_argument, NULL, OPT_SAVE },
	{ "devices", required_argument, NULL, OPT_DEVICES },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "disk-size", required_argument, NULL, OPT_DISK_SIZE },
	{ "job", required_argument, NULL, OPT_JOB },
	{ "workload", required_argument, NULL, OPT_WORKLOAD },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "challenge", required_argument, NULL, OPT_CHALLENGE },
	{ "expected", required_argument, NULL, OPT_EXPECTED },
	{ "expected-image", required_argument, NULL, OPT_EXPECTED_IMAGE },
	{ "roots", required_argument, NULL, OPT_ROOTS },
	{ "relying-party", no_argument, NULL, OPT_PARTY },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "stale", no_argument, NULL, OPT_STALE },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "mark", required_argument, NULL, OPT_MARK },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "uki", required_argument, NULL, OPT_UKI },
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "hashes", required_argument, NULL, OPT_HASHES },
	{ "unmeasured", no_argument, NULL, OPT_UNMEASURED },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool number(const char *name, const char *text, unsigned long long min,
		   unsigned long long max, unsigned long long *out)
{
	char *end;

	*out = strtoull(text, &end, 0);
	if (end != text && *end == '\0' && *out >= min && *out <= max)
		return true;
	fprintf(stderr, "postern: --%s %s: want a number from %llu to %llu\n", name, text, min,
		max);
	return false;
}

static bool word(const char *name, const char *text, const char *allowed)
{
	if (list_has(allowed, text))
		return true;
	fprintf(stderr, "postern: --%s %s: want one of %s\n", name, text, allowed);
	return false;
}

static bool fault_names(const char *list)
{
	char name[64];

	for (const char *p = list; *p != '\0';) {
		size_t n = strcspn(p, ",");

		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		if (fault_find(name) == NULL) {
			fprintf(stderr,
				"postern: no fault '%s'; postern list --faults lists them\n", name);
			return false;
		}
		p += n + (p[n] == ',');
	}
	return true;
}

static bool mutant(const char *text, struct run_spec *s)
{
	char *end;

	s->mutant = (unsigned)strtoul(text, &end, 10);
	s->mutant_negate = strcmp(end, ":negate") == 0;
	if (s->mutant != 0 && (*end == '\0' || s->mutant_negate || strcmp(end, ":drop") == 0))
		return true;
	fprintf(stderr, "postern: --mutant %s: want N, N:drop or N:negate\n", text);
	return false;
}

static bool number_option(int opt, const char *name, const char *arg, struct run_spec *s)
{
	unsigned long long n = 0;
	bool ok = false;

	switch (opt) {
	case OPT_CPUS:
		ok = number(name, arg, 1, 8, &n);
		s->cpus = (unsigned)n;
		break;
	case OPT_IPA_BITS:
		ok = number(name, arg, 32, 48, &n);
		s->ipa_bits = (unsigned)n;
		break;
	case OPT_GPAW:
		ok = number(name, arg, 48, 52, &n);
		s->gpaw = (unsigned)n;
		break;
	case OPT_RIPAS_CHUNK:
		ok = number(name, arg, 1, 1u << 20, &n);
		s->ripas_chunk = (unsigned long)n;
		break;
	case OPT_SAVE_RESTORE:
		ok = number(name, arg, 1, ~0ULL, &s->save_restore);
		break;
	case OPT_EXITS:
		ok = s->exits_given = number(name, arg, 1, ~0ULL, &s->exits);
		break;
	case OPT_INSNS:
		ok = s->insns_given = number(name, arg, 1, ~0ULL, &s->insns);
		break;
	default:
		break;
	}
	return ok;
}

/* A part that unused memory holds, too, would be found everywhere. */
static bool secret_fits(const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n; at += 8) {
		const uint8_t *part = p + (at + 8 <= n ? at : n - 8);

		if (memcmp(part, part + 1, 7) == 0)
			return false;
	}
	return true;
}

static bool secret_file(const char *path, struct run_spec *s)
{
	struct bytes b = file_read(path, sizeof(s->secret));
	bool ok = b.data != NULL && b.size >= 8 && secret_fits(b.data, b.size);

	if (ok) {
		memcpy(s->secret, b.data, b.size);
		s->secret_size = b.size;
	} else {
		fprintf(stderr,
			"postern: --secret %s: want a file of 8 to %zu bytes, no 8 of them alike\n",
			path, sizeof(s->secret));
	}
	free((void *)b.data);
	return ok;
}

static bool challenge(const char *hex, struct run_spec *s)
{
	uint8_t bytes[REPORT_DATA_SIZE];

	s->challenge = hex;
	if (hex_parse(hex, bytes, sizeof(bytes)))
		return true;
	fprintf(stderr, "postern: --challenge: want 64 bytes in hex\n");
	return false;
}

static bool job(const char *name, struct run_spec *s)
{
	if (strcmp(name, "workload") == 0 && s->workload == NULL)
		s->workload = "secret-release";
	if (strcmp(name, "firmware") == 0)
		s->firmware = true;
	return word("job", name, "probe,workload,firmware");
}

static bool evidence_option(int opt, const char *arg, struct run_spec *s)
{
	switch (opt) {
	case OPT_JOB:
		return job(arg, s);
	case OPT_WORKLOAD:
		s->workload = arg;
		return true;
	case OPT_EVIDENCE:
		s->evidence_dir = arg;
		return true;
	case OPT_CHALLENGE:
		return challenge(arg, s);
	case OPT_EXPECTED:
		s->expected = arg;
		return true;
	case OPT_EXPECTED_IMAGE:
		s->expected_image = arg;
		return true;
	case OPT_ROOTS:
		s->roots = arg;
		return true;
	case OPT_PARTY:
		return s->party = true;
	case OPT_SECRET:
		return secret_file(arg, s);
	case OPT_STALE:
		return s->stale = true;
	case OPT_MARK:
		s->mark = arg;
		return true;
	default:
		return s->debug = true;
	}
}

static bool firmware_option(int opt, const char *name, const char *arg, struct run_spec *s)
{
	switch (opt) {
	case OPT_KERNEL:
		s->kernel = arg;
		return s->firmware = true;
	case OPT_INITRD:
		s->initrd = arg;
		return true;
	case OPT_UKI:
		s->uki = arg;
		return s->firmware = true;
	case OPT_BOOT:
		s->boot = strcmp(arg, "disk") == 0 ? BOOT_DISK : BOOT_FW_CFG;
		return word(name, arg, "fw_cfg,disk");
	case OPT_HASHES:
		s->hashes = strcmp(arg, "host") == 0    ? HASHES_HOST
			    : strcmp(arg, "flash") == 0 ? HASHES_FLASH
							: HASHES_NONE;
		return word(name, arg, "host,flash,none");
	default:
		return s->unmeasured = true;
	}
}

static bool word_option(int opt, const char *name, const char *arg, struct run_spec *s)
{
	switch (opt) {
	case OPT_ACCEPT:
		s->accept = arg;
		return word(name, arg, "eager,lazy,parallel");
	case OPT_RIPAS:
		s->ripas = arg;
		return word(name, arg, "all,image");
	case OPT_DTB:
		s->dtb = arg;
		return word(name, arg, "high,after,low");
	case OPT_DT_ORDER:
		s->dt_order = arg;
		return word(name, arg, "normal,reversed");
	case OPT_CONSOLE:
		s->console = arg;
		return word(name, arg, "pl011,ns16550,none");
	case OPT_HASH:
		s->hash = arg;
		return word(name, arg, "sha256,sha512");
	case OPT_MSI:
		s->msi = arg;
		return word(name, arg, "its,its-kvm,gicv2m,none");
	case OPT_GRANULE:
		s->granule = arg;
		return word(name, arg, "4K,16K,64K");
	case OPT_MACHINE:
		s->machine = arg;
		return word(name, arg, "q35,pc");
	case OPT_FAULT:
		s->fault = arg;
		return fault_names(arg);
	case OPT_MUTANT:
		return mutant(arg, s);
	case OPT_DEVICES:
		s->devices_given = true;
		return devices_parse(arg, &s->devices);
	default:
		return number_option(opt, name, arg, s);
	}
}

static bool plain_option(int opt, const char *name, char *arg, struct run_spec *s,
			 const char **hosts)
{
	if (opt >= OPT_KERNEL)
		return firmware_option(opt, name, arg, s);
	if (opt >= OPT_JOB)
		return evidence_option(opt, arg, s);
	switch (opt) {
	case OPT_HOST:
		*hosts = arg;
		return true;
	case OPT_BUILD:
		s->build_dir = arg;
		return true;
	case OPT_IMAGE:
		s->image = arg;
		return true;
	case OPT_QEMU:
		s->qemu_dir = arg;
		return true;
	case OPT_MEM:
		s->mem = arg;
		return true;
	case OPT_PROBE:
		s->probe = arg;
		return true;
	case OPT_APPEND:
		s->append = arg;
		return true;
	case OPT_EXPECT:
		s->expect = arg;
		return true;
	case OPT_RAM_BASE:
		s->ram_base = arg;
		return true;
	case OPT_SAVE:
		s->save_dir = arg;
		return true;
	case OPT_DISK:
		s->disk = arg;
		return true;
	case OPT_DISK_SIZE:
		s->disk_size = arg;
		return true;
	case OPT_DT_LIE:
		s->dt_lie = arg;
		return true;
	case OPT_PVMFW:
		s->pvmfw = true;
		s->pvmfw_config = arg;
		return arg == NULL || word(name, arg, "1.2,1.1,1.0,1.9,2.0,none");
	case OPT_NO_COOP:
		return s->no_coop = true;
	case OPT_NO_TRACE:
		return s->no_trace = true;
	case OPT_NO_TERMINAL:
		return s->no_terminal = true;
	case OPT_THREADS:
		return s->threads = true;
	case OPT_ESP:
		return s->esp = true;
	case OPT_QUIET:
		return s->quiet = true;
	case OPT_VERBOSE:
		return s->verbose = true;
	default:
		return word_option(opt, name, arg, s);
	}
}

int run_options(int argc, char **argv, struct run_spec *s, const char **hosts)
{
	int opt, index = 0;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "h", options, &index)) != -1) {
		if (opt == '?')
			return EXIT_USAGE;
		if (opt != 'h' && !plain_option(opt, options[index].name, optarg, s, hosts))
			return EXIT_USAGE;
		if (opt == 'h')
			return -1;
	}
	if (optind < argc) {
		fprintf(stderr, "postern: I do not know '%s'; --help lists the options\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	return EXIT_PASS;
}
